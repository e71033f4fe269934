"""`move`: a note gets another path and no link breaks. `undo_move`: every byte as before."""

import errno
import json
import os
import stat
import unicodedata
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving import CANVAS, files_of, opened, own_entries
from stops import Fail, watched

from vault_engine import Engine, MemwellError
from vault_engine.engine.move import MAX_FILES_UNASKED, LinkEdit, move, plan_move, undo_move
from vault_engine.errors import (
    BadInput,
    BadName,
    NameTaken,
    NeedsConfirmation,
    NoteChanged,
    NoteDamaged,
)
from vault_engine.journal.entry import Op
from vault_engine.note import LinkFormat
from vault_engine.vault import store


def test_a_move_takes_every_link_along(session, vault, notes):
    """In text, properties, Markdown, embeds, canvases and in the note itself; code and plain words stay."""
    done = move(session, "a/N", "b/c/New name")

    assert {
        "b/c/New name.md": b"# N\n[[../../a/B]] [[New name#N]]\n",
        "a/B.md": b"---\nup: '[[New name]]' # c\n---\r\n[[New name|n]] [t](New%20name.md \"x\") `[[N]]`\r\n",
        "other.md": b"\xef\xbb\xbf![[New name#H|100]]",
        "plain.md": notes["plain.md"],
        "map.canvas": CANVAS.replace("a/N.md", "b/c/New name.md").encode(),
    } == files_of(vault)
    assert ("a/N.md", "b/c/New name.md") == (done.old, done.new)
    assert ("a/B.md", "b/c/New name.md", "map.canvas", "other.md") == done.files
    assert LinkEdit("a/B.md", 2, "N", "New name") == done.links[0]


def test_a_move_and_its_rewrites_are_in_the_journal(session, vault, notes):
    """The move first; each other file after it, with the move's id, each with the bytes it had kept."""
    done = move(session, "a/N", "C")

    first, *writes = own_entries(session)
    assert (done.entry, Op.MOVE, "a/N.md", "C.md") == (first.id, first.change.op, first.change.path, first.change.to)
    assert [("a/B.md", done.entry), ("C.md", done.entry), ("map.canvas", done.entry), ("other.md", done.entry)] == [
        (write.change.path, write.ref) for write in writes
    ]
    assert {"move a/N.md -> C.md"} == {write.change.reason for write in writes}
    held = notes | {"C.md": notes["a/N.md"]}
    assert [held[entry.change.path] for entry in (first, *writes)] == [
        session.revisions.get(entry.change.before) for entry in (first, *writes)
    ]
    assert [session.vault.revision_of(write.change.path) for write in writes] == [
        write.change.after for write in writes
    ]
    assert [] == session.journal.verify()


def test_a_dry_run_shows_the_plan_and_writes_nothing(session, vault, notes):
    """The same answer as the move itself, without an entry."""
    plan = plan_move(session, "a/N", "C")
    dry = move(session, "a/N", "C", dry_run=True)

    assert (notes, []) == (files_of(vault), session.journal.files())
    assert (None, len(dry.files)) == (dry.entry, plan.files)
    assert [edit.before.encode() for edit in plan.edits] == [notes[edit.path] for edit in plan.edits]
    done = move(session, "a/N", "C")
    assert (dry.files, dry.links) == (done.files, done.links)
    assert {edit.after.encode() for edit in plan.edits} <= set(files_of(vault).values())


def test_undo_restores_every_byte_and_the_mode(session, vault, notes):
    """Of every file; and it can't be done twice."""
    (vault / "a/N.md").chmod(0o640)
    (vault / "a/B.md").chmod(0o600)
    done = move(session, "a/N", "b/C")
    modes = [stat.S_IMODE((vault / path).stat().st_mode) for path in ("b/C.md", "a/B.md")]

    undone = undo_move(session)

    assert notes == files_of(vault)
    assert [0o640, 0o600] == modes
    assert modes == [stat.S_IMODE((vault / path).stat().st_mode) for path in ("a/N.md", "a/B.md")]
    assert ("b/C.md", "a/N.md", ("a/B.md", "a/N.md", "map.canvas", "other.md")) == (
        undone.old,
        undone.new,
        undone.files,
    )
    back = next(entry for entry in session.journal.entries() if entry.id == undone.entry)
    assert (done.entry, f"undo of {done.entry}") == (back.ref, back.change.reason)
    with pytest.raises(BadInput, match="no move to undo"):
        undo_move(session)
    with pytest.raises(BadInput, match="undone already"):
        undo_move(session, done.entry)
    with pytest.raises(BadInput, match="no move X"):
        undo_move(session, "X")


def test_moves_are_undone_from_the_last_one(session, vault, notes):
    """Without an id, the latest that was not undone; with one, that one, if nothing stands in its way."""
    first = move(session, "a/N", "C")
    between = files_of(vault)
    move(session, "C", "D")
    with pytest.raises(NoteChanged):
        undo_move(session, first.entry)

    undo_move(session)
    assert between == files_of(vault)
    undo_move(session)
    assert notes == files_of(vault)


@pytest.mark.parametrize("edited", ["C.md", "a/B.md", "map.canvas"])
def test_what_was_edited_since_is_not_undone(session, vault, notes, edited):
    """One changed file, and nothing is touched."""
    move(session, "a/N", "C")
    with (vault / edited).open("ab") as file:
        file.write(b" ")
    after = files_of(vault)

    with pytest.raises(NoteChanged):
        undo_move(session)

    assert after == files_of(vault)


def test_many_files_need_a_yes(session, vault, write_note):
    """More than twenty: nothing is written, and the error says how many."""
    write_note("N.md", "x")
    for number in range(MAX_FILES_UNASKED):
        write_note(f"{number}.md", "[[N]]")
    before = files_of(vault)

    with pytest.raises(NeedsConfirmation) as raised:
        move(session, "N", "C")

    assert (MAX_FILES_UNASKED + 1, before, []) == (raised.value.files, files_of(vault), own_entries(session))
    assert MAX_FILES_UNASKED + 1 == len(move(session, "N", "C", dry_run=True).files)
    assert MAX_FILES_UNASKED + 1 == len(move(session, "N", "C", yes=True).files)
    undo_move(session)
    assert before == files_of(vault)


def test_a_duplicate_name_lengthens_links_to_the_other_file(session, vault, write_note):
    """Both notes are meant by their full paths from then on."""
    write_note("one/A.md", "x")
    write_note("two/B.md", "y")
    write_note("Src.md", "[[A]] [[B]]")

    move(session, "two/B", "two/A")

    assert b"[[one/A]] [[two/A]]" == files_of(vault)["Src.md"]


@pytest.mark.parametrize(
    ("link_format", "expected"),
    [(LinkFormat.SHORTEST, "[[C]]"), (LinkFormat.RELATIVE, "[[../y/C]]"), (LinkFormat.ABSOLUTE, "[[y/C]]")],
)
def test_links_are_written_as_the_owner_wants(session, vault, write_note, link_format, expected):
    """The format of new links is the caller's to say."""
    write_note("A.md", "x")
    write_note("x/Src.md", "[[A]]")

    move(session, "A", "y/C", link_format=link_format)

    assert expected.encode() == files_of(vault)["x/Src.md"]


@pytest.mark.parametrize(
    ("given", "new"),
    [
        ("C", "C.md"),
        ("C.md", "C.md"),
        ("v1.2", "v1.2.md"),
        ("x/", "x/N.md"),
        ("/", "N.md"),
        (" Cafe\u0301 ", "Café.md"),
        ("A/N", None),
        ("odd:#/C", "odd:#/C.md"),
        ("CAFÉ/C", "cafe\u0301/C.md"),
        ("n", "n.md"),
    ],
)
def test_where_a_note_goes(session, vault, write_note, given, new):
    """With or without extension, into a folder, in NFC; folders that are there keep their spelling."""
    write_note("a/N.md", "x")
    write_note("odd:#/other.md", "x")
    write_note("cafe\u0301/other.md", "x")
    if new is None:
        with pytest.raises(BadInput, match="already"):
            move(session, "a/N", given)
    else:
        assert new == move(session, "a/N", given).new
        assert new in files_of(vault)


@pytest.mark.parametrize(
    "given",
    [
        "", "../x", "/x/y", "a//b", "x\\y", ".hidden", "C#", "a|b", "[x]", "con", "x:y", "x./C", "C\0", "\ud800",
        "node_modules/x", "x (conflicted copy 2026-01-02 101112)", "x" * 300, "x^/y", "C.",
    ],
)  # fmt: skip
def test_names_that_no_note_may_have(session, vault, notes, given):
    """What leads out of the vault, breaks links or can't be stored everywhere: BadName, nothing changed."""
    with pytest.raises(BadName):
        move(session, "a/N", given)

    assert notes == files_of(vault)


@pytest.mark.parametrize("there", ["C.md", "c.md", "Cafe\u0301.md", ".C.md.icloud", "C.md/x.md"])
def test_a_name_that_is_taken(session, vault, write_note, there):
    """By a file, a folder, by what differs in case or Unicode form only, or by a file that iCloud has taken away."""
    write_note("A.md", "x")
    write_note(there, "y")
    before = files_of(vault)

    with pytest.raises(NameTaken):
        move(session, "A", "Café" if there.startswith("Caf") else "C")

    assert before == files_of(vault)


def test_a_case_only_rename(session, vault, write_note):
    """The file, and the links that spell its name; undo brings back both."""
    write_note("A.md", "[[A]]")
    write_note("B.md", "[[A]] [[a]]")
    before = files_of(vault)

    move(session, "A", "a")

    assert {"a.md": b"[[a]]", "B.md": b"[[a]] [[a]]"} == files_of(vault)
    undo_move(session)
    assert before == files_of(vault)


def test_a_disk_that_takes_two_names_for_one_needs_two_steps(tmp_path, monkeypatch):
    """Refused at any step, the note has the old name or the new one."""
    monkeypatch.setattr(os.path, "lexists", lambda path: Path(path).name.lower() == "a.md")
    monkeypatch.setattr(store, "_is_one_entry", lambda file, other: True)
    for step in range(1, 20):
        folder = tmp_path / str(step)
        folder.mkdir()
        (folder / "A.md").write_bytes(b"x")
        with watched(Fail(step, folder, errno.EACCES), monkeypatch), suppress(MemwellError):
            store.Vault(folder, folder / ".memwell").move("A.md", "a.md")

        assert files_of(folder) in ({"A.md": b"x"}, {"a.md": b"x"})


def test_names_in_another_unicode_form_stay(session, vault, write_note):
    """A note with a decomposed name keeps it in another folder; other such notes are not renamed."""
    name = unicodedata.normalize("NFD", "Café.md")
    write_note(name, "x")
    write_note(f"x/{name}", "[[A]]")
    write_note("A.md", "[[x/Café]]")

    move(session, name, "y/Café")
    move(session, "A", "B")

    assert {f"y/{name}": b"x", f"x/{name}": b"[[B]]", "B.md": b"[[x/Caf\xc3\xa9]]"} == files_of(vault)


@pytest.mark.parametrize("text", [b"[[A]] \xff", b"---\nexcalidraw-plugin: parsed\n---\n[[A]]\n"])
def test_a_note_that_cannot_be_edited_stops_the_move(session, vault, write_note, text):
    """If its links would have to change; else it is nobody's business."""
    write_note("A.md", b"\xff")
    write_note("odd.md", text)
    write_note("B.md", "[[A]]")
    before = files_of(vault)

    with pytest.raises(NoteDamaged, match=r"odd\.md"):
        move(session, "A", "C")

    assert before == files_of(vault)
    move(session, "A", "x/A")
    assert before | {"x/A.md": b"\xff"} == files_of(vault) | {"A.md": b"\xff"}


def test_links_beyond_what_the_index_reads(session, vault, write_note):
    """A very long note is read whole before a move."""
    write_note("A.md", "x")
    write_note("long.md", "word\n" * 300_000 + "[[A]]")

    move(session, "A", "C")

    assert files_of(vault)["long.md"].endswith(b"\n[[C]]")


def test_a_file_that_a_cloud_has_taken_away_is_still_a_file(session, vault, write_note):
    """Its name counts when links are written; and it can't be moved itself."""
    write_note("one/.A.md.icloud", "")
    write_note("two/B.md", "y")
    write_note("Src.md", "[[B]]")

    assert "two/A" == move(session, "two/B", "two/A").links[0].new
    with pytest.raises(NameTaken):
        move(session, "Src", "one/a")


_NAMES = st.sampled_from(["A", "B", "x/A", "x/B", "y/A", "y/x/C"])
_TEXTS = st.lists(
    st.one_of(
        _NAMES.map(lambda name: f"[[{name}]]"), _NAMES.map(lambda name: f"[t]({name}.md)"), st.sampled_from("a \n")
    ),
    max_size=6,
).map("".join)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(_NAMES, _TEXTS, min_size=1, max_size=5), _NAMES, st.sampled_from(LinkFormat), st.data())
def test_undo_gives_back_every_byte_of_any_vault(tmp_path_factory, texts, new, link_format, data):
    """Whatever was linked to whatever, and however: after a move and its undo nothing has changed."""
    folder = tmp_path_factory.mktemp("any")
    vault = folder / "vault"
    Engine.create(vault)
    for path, text in texts.items():
        (vault / path).parent.mkdir(parents=True, exist_ok=True)
        (vault / f"{path}.md").write_bytes(text.encode())
    session = opened(vault, {"MEMWELL_CACHE_DIR": str(folder / "cache"), "MEMWELL_EMBEDDER": "none"})
    before = files_of(vault)
    if new in texts:
        return
    move(session, data.draw(st.sampled_from(sorted(texts))) + ".md", new, link_format=link_format)
    assert before != files_of(vault)

    undo_move(session)

    assert before == files_of(vault)


def test_the_answer_can_be_written_as_json(session, notes):
    """It is what the interfaces show."""
    assert "b/C.md" == json.loads(json.dumps(asdict(move(session, "a/N", "b/C"))))["new"]
