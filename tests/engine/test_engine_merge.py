"""A change made to an older revision goes into the note as it is now, or the note stays untouched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine import Memory
from vault_engine.engine.changing import writing
from vault_engine.engine.merging import merged
from vault_engine.errors import CannotMerge, NoteChanged
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.note import FrontmatterState
from vault_engine.note.change import Append, Replace, SetProperty
from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.vault.files import sha256_hex

BASE = "---\ntags: [a]\nstate: open\n---\n\n# Head\n\none\n\ntwo\n\nthree\n"


@pytest.fixture
def note(engine, write_note):
    """A note that the journal knows, and what it is known by."""
    write_note("n.md", BASE)
    with writing(engine._session, None):
        pass
    return sha256_hex(BASE.encode())


def test_an_edit_goes_where_the_person_has_changed_nothing(engine, write_note, note, vault):
    """By the first eight digits of what was read."""
    write_note("n.md", BASE.replace("three", "THREE"))
    engine.edit("n.md", Replace("one", "ONE"), expected=note[:8], merge=True)

    assert BASE.replace("three", "THREE").replace("one", "ONE") == (vault / "n.md").read_text()


@pytest.mark.parametrize("expected", ["01234567", "0" * 64])
def test_a_revision_that_never_was_is_no_base(engine, write_note, note, vault, expected):
    """Nothing is written."""
    with pytest.raises(NoteChanged):
        engine.edit("n.md", Replace("one", "ONE"), expected=expected, merge=True)

    assert BASE == (vault / "n.md").read_text()


def test_a_base_that_is_not_kept_any_more(engine, write_note, note, vault):
    """Pruned, say."""
    write_note("n.md", "else\n")
    with writing(engine._session, None):
        engine._session.revisions.prune(set())

    with pytest.raises(NoteChanged) as error:
        engine.edit("n.md", Append("x"), expected=note, merge=True)
    assert ("else\n", "else\n") == (error.value.text, (vault / "n.md").read_text())


def test_digits_that_mean_two_revisions_mean_none(engine, write_note, note):
    """Which of them was read, nobody can tell."""
    session = engine._session
    twin = Change(Op.EXTERNAL, "n.md", note, note[:8] + "f" * 56)
    with session.vault.lock.held():
        session.journal.note([twin], at=session.now(), actor=Actor("external", "x"))
    write_note("n.md", BASE.replace("three", "THREE"))

    with pytest.raises(NoteChanged):
        engine.edit("n.md", Append("x"), expected=note[:8], merge=True)


def test_a_note_read_under_its_old_name_is_still_known(engine, write_note, note, vault):
    """What was read then is part of its history."""
    engine.move("n.md", "m.md", yes=True)
    write_note("m.md", BASE.replace("three", "THREE"))
    engine.edit("m.md", Replace("one", "ONE"), expected=note, merge=True)

    assert BASE.replace("three", "THREE").replace("one", "ONE") == (vault / "m.md").read_text()


@pytest.mark.parametrize(
    "text",
    [BASE.replace("\n", "\r\n"), "\ufeff" + BASE, BASE + "  \n\n\t\n", BASE.rstrip("\n")],
    ids=["CRLF", "BOM", "blanks at the end", "no last line break"],
)
def test_what_the_person_has_keeps_its_bytes(engine, write_note, vault, text):
    """Line ends, the mark at the start, blanks: all but what was asked for."""
    write_note("n.md", text)
    with writing(engine._session, None):
        pass
    write_note("n.md", text.replace("three", "THREE"))
    engine.edit("n.md", Replace("one", "ONE"), expected=sha256_hex(text.encode()), merge=True)

    assert text.replace("three", "THREE").replace("one", "ONE").encode() == (vault / "n.md").read_bytes()


def test_changes_of_one_line_can_not_be_merged(engine, write_note, note, vault):
    """The error has the lines as they were read, and the note's text; the note is untouched."""
    now = BASE.replace("one", "uno")
    write_note("n.md", now)
    with pytest.raises(CannotMerge) as error:
        engine.edit("n.md", Replace("one", "eins"), expected=note, merge=True)

    assert ((8,), now, now) == (error.value.lines, error.value.text, (vault / "n.md").read_text())


def test_a_memory_is_merged_too(engine, vault):
    """By its category and key; what the person wrote elsewhere in the note stays."""
    first = engine.remember(Memory("one\n\ntwo\n\nthree", "a", "k"))
    file = vault / first.path
    file.write_bytes(file.read_bytes().replace(b"three", b"THREE"))
    engine.remember(Memory("ONE\n\ntwo\n\nthree", "a", "k", expected=first.sha256, merge=True))

    assert b"ONE\n\ntwo\n\nTHREE" in file.read_bytes()


def test_a_property_both_added_is_not_there_twice(engine, write_note, note, vault):
    """In two places, so that no line of the two is the same place."""
    write_note("n.md", BASE.replace("tags:", "source: mine\ntags:"))
    with pytest.raises(CannotMerge) as error:
        engine.edit("n.md", SetProperty("source", "ours"), expected=note, merge=True)

    assert 1 == (vault / "n.md").read_text().count("source:")
    assert error.value.text == (vault / "n.md").read_text()


LINES = st.lists(
    st.sampled_from(["---\n", "a: 1\n", "a: 2\n", "b: [x\n", "b: x\n", "- y\n", "text\n", "\n"]), max_size=8
).map("".join)


@given(LINES, LINES, LINES)
def test_no_merge_breaks_properties_that_both_could_read(base, ours, theirs):
    """Whatever the three are."""
    try:
        result = merged("n.md", base.encode(), ours, theirs.encode())
    except CannotMerge:
        return
    readable = {FrontmatterState.OK, FrontmatterState.EMPTY}
    sides = {read_frontmatter(side).state for side in (ours, theirs)}
    assert read_frontmatter(result.decode()).state in readable | sides
