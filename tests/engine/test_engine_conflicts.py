"""`conflicts`: the copies of sync tools are listed, compared and resolved, and nothing of either text is lost."""

import pytest
from history_helpers import save

from vault_engine.engine.conflicts import ConflictCopy
from vault_engine.errors import BadInput, EditRefused, NoteAmbiguous, NoteChanged, NoteMissing
from vault_engine.vault.files import sha256_hex

BASE = "# A\n\nfirst\n\nsecond\n\nthird\n\nfourth\n"
OURS = BASE.replace("first", "first, from here")
THEIRS = BASE.replace("fourth", "fourth, from there")
BOTH = OURS.replace("fourth", "fourth, from there")
COPY = "a.sync-conflict-20261121-101112-ABCDEF7.md"


@pytest.fixture
def parted(engine, vault):
    """A note that was changed here, and beside it what another device had made of its first version."""
    save(engine, vault, "a.md", BASE)
    save(engine, vault, "a.md", OURS)
    (vault / COPY).write_text(THEIRS, "utf-8", newline="")
    return engine


def texts(vault):
    """Give the text of every note and copy."""
    return {file.name: file.read_text("utf-8") for file in vault.glob("*.md")}


def archived(vault):
    """Give the texts in the archive."""
    return [file.read_text("utf-8") for file in sorted((vault / ".memwell" / "archive").rglob("*.md"))]


def test_a_copy_is_listed_with_how_it_differs(parted):
    """The lines that only one of the two has."""
    assert (ConflictCopy(COPY, "a.md", note_is_there=True, certain=True, added=2, removed=2),) == (
        parted.conflicts().copies
    )


def test_a_name_that_people_give_is_a_copy_if_it_holds_much_the_same(engine, vault):
    """And one whose note is not there only if no person can have chosen its name."""
    for name, text in {"b.md": BASE, "b 2.md": THEIRS, "c.md": BASE, "c 2.md": "else\n", "d 2.md": BASE}.items():
        (vault / name).write_text(text, "utf-8")
    (vault / "e (conflicted copy 2026-01-02).md").write_text(BASE, "utf-8")

    found = {one.path: (one.note, one.note_is_there, one.certain) for one in engine.conflicts().copies}

    assert {
        "b 2.md": ("b.md", True, False),
        "e (conflicted copy 2026-01-02).md": ("e.md", False, True),
    } == found


def test_a_copy_is_shown_beside_its_note(parted):
    """With the version that both came from, and the places that both changed."""
    shown = parted.show_conflict(COPY)

    assert (sha256_hex(BASE.encode()), ()) == (shown.parted, shown.overlaps)
    assert {"-first, from here", "+first", "-fourth", "+fourth, from there"} < set(shown.diff.splitlines())
    assert shown == parted.show_conflict("a.md") == parted.show_conflict("a")


@pytest.mark.parametrize(("take", "text"), [("ours", OURS), ("theirs", THEIRS), ("merge", BOTH)])
def test_what_is_taken_is_the_note_and_the_copy_is_archived(parted, vault, take, text):
    """The journal says why, and in whose name; undo brings back what was replaced."""
    done = parted.resolve_conflict(COPY, take)

    assert {"a.md": text} == texts(vault)
    assert [THEIRS] == archived(vault)
    assert (sha256_hex(OURS.encode()), sha256_hex(text.encode())) == (done.before, done.sha256)
    assert () == parted.conflicts().copies
    if take != "ours":
        newest = parted.history("a.md").versions[0]
        assert (f"{take} of {COPY}", "tester") == (newest.reason, newest.actor.name)
        parted.undo("a.md")
        assert {"a.md": OURS} == texts(vault)


def test_an_archived_copy_can_be_brought_back(parted, vault):
    """By the path it had."""
    parted.resolve_conflict(COPY, "theirs")

    parted.restore(COPY)

    assert {"a.md": THEIRS, COPY: THEIRS} == texts(vault)


def test_a_dry_run_says_what_would_change_and_writes_nothing(parted, vault):
    """As `diff -u` writes it."""
    before, entries = texts(vault), len(parted._session.journal.entries())

    done = parted.resolve_conflict(COPY, "merge", dry_run=True)

    assert (["-fourth", "+fourth, from there"], None) == (done.diff.splitlines()[-2:], done.archived)
    assert (before, entries) == (texts(vault), len(parted._session.journal.entries()))


def test_changes_of_one_place_are_not_merged(parted, vault):
    """The place is named; nothing is written."""
    (vault / COPY).write_text(BASE.replace("first", "first, from there"), "utf-8")

    assert (3,) == parted.show_conflict(COPY).overlaps
    with pytest.raises(EditRefused, match="line 3"):
        parted.resolve_conflict(COPY, "merge")
    assert OURS == texts(vault)["a.md"]
    assert [] == archived(vault)


def test_properties_that_do_not_go_together_are_not_merged(engine, vault):
    """Though no line was changed by both: the same property twice can't be read."""
    save(engine, vault, "a.md", "---\na: 1\nz: 9\n---\ntext\n")
    save(engine, vault, "a.md", "---\nb: 2\na: 1\nz: 9\n---\ntext\n")
    (vault / COPY).write_text("---\na: 1\nz: 9\nb: 3\n---\ntext\n", "utf-8", newline="")

    with pytest.raises(EditRefused, match="take one"):
        engine.resolve_conflict(COPY, "merge")


def test_the_version_that_a_copy_came_from_is_not_the_newest_one(engine, vault):
    """Else what was changed here since would count as taken back by the copy."""
    save(engine, vault, "a.md", BASE)
    save(engine, vault, "a.md", OURS)
    save(engine, vault, "a.md", OURS.replace("second", "second, too"))
    (vault / COPY).write_text(THEIRS, "utf-8", newline="")

    engine.resolve_conflict(COPY, "merge")

    assert {"a.md": BOTH.replace("second", "second, too")} == texts(vault)


def test_a_copy_that_is_an_older_version_adds_nothing(engine, vault):
    """Merged, the note stays as it is."""
    save(engine, vault, "a.md", BASE)
    save(engine, vault, "a.md", OURS)
    (vault / COPY).write_text(BASE, "utf-8", newline="")

    engine.resolve_conflict(COPY, "merge")

    assert {"a.md": OURS} == texts(vault)


def test_without_a_version_that_both_came_from_nothing_is_merged(engine, vault):
    """There is nothing to tell who changed what."""
    (vault / "a.md").write_text(OURS, "utf-8")
    (vault / COPY).write_text(THEIRS, "utf-8")

    assert (None, None) == (engine.show_conflict(COPY).parted, engine.show_conflict(COPY).overlaps)
    with pytest.raises(EditRefused, match="no version"):
        engine.resolve_conflict(COPY, "merge")
    assert {"a.md": OURS, COPY: THEIRS} == texts(vault)


def test_a_note_that_is_gone_comes_back_from_its_copy(engine, vault):
    """There is nothing to merge with, and nothing to keep."""
    (vault / COPY).write_text(THEIRS, "utf-8", newline="")

    with pytest.raises(EditRefused, match="not there"):
        engine.resolve_conflict(COPY, "merge")
    engine.resolve_conflict(COPY, "theirs")

    assert ({"a.md": THEIRS}, [THEIRS]) == (texts(vault), archived(vault))


def test_bytes_that_are_no_text_are_taken_as_they_are(parted, vault):
    """But not merged."""
    (vault / COPY).write_bytes(b"\xff\x00")

    with pytest.raises(EditRefused, match="UTF-8"):
        parted.resolve_conflict(COPY, "merge")
    parted.resolve_conflict(COPY, "theirs")

    assert b"\xff\x00" == (vault / "a.md").read_bytes()


def test_a_copy_of_an_attachment_is_listed_and_left_alone(engine, vault):
    """It takes the program it belongs to."""
    (vault / "p.png").write_bytes(b"1")
    (vault / "p.sync-conflict-20261121-101112-ABCDEF7.png").write_bytes(b"2")

    (one,) = engine.conflicts().copies

    assert ("p.png", None, None) == (one.note, one.added, one.removed)
    with pytest.raises(EditRefused, match="no note"):
        engine.resolve_conflict(one.path, "ours")


def test_what_does_not_mean_one_copy_is_refused(parted, vault):
    """Nothing is written."""
    (vault / "a.sync-conflict-20261122-101112-ABCDEF7.md").write_text(THEIRS, "utf-8")

    with pytest.raises(NoteAmbiguous):
        parted.resolve_conflict("a.md", "ours")
    with pytest.raises(NoteMissing):
        parted.resolve_conflict("b.md", "ours")
    with pytest.raises(BadInput, match="none of ours, theirs, merge"):
        parted.resolve_conflict(COPY, "both")
    with pytest.raises(NoteChanged):
        parted.resolve_conflict(COPY, "theirs", expected="0" * 64)
    assert OURS == texts(vault)["a.md"]
    assert [] == archived(vault)
