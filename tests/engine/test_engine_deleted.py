"""That a note was deleted is believed a moment later: who deletes it may be about to write it again, or elsewhere."""

import os

import pytest

from vault_engine.engine import adopting, vanished
from vault_engine.engine.external import enter_external_if_free
from vault_engine.journal.entry import Op


@pytest.fixture
def told(engine, write_note):
    """Three notes that the journal knows; the function lets the one who follows the vault look, and gives what is
    entered since.
    """
    for name in "abc":
        write_note(f"sub/{name}.md", f"---\nid: {name * 8}\n---\nnote {name}\n")
    session = engine._session

    def look():
        before = len(session.journal.entries())
        session.refresh(wait=False)
        enter_external_if_free(session, following=True)
        return [
            (entry.change.path, entry.change.to or "", bool(entry.change.before), bool(entry.change.after))
            for entry in session.journal.entries()[before:]
            if entry.change.op is Op.EXTERNAL
        ]

    assert 3 == len(look())
    return look


def a_while_later(folder):
    """As if nothing had happened in a folder for a while."""
    os.utime(folder, ns=(0, 0))


def test_a_deletion_is_entered_when_the_folder_has_rested(told, vault):
    """Not at once, and once."""
    (vault / "sub" / "b.md").unlink()
    at_once = told()
    a_while_later(vault / "sub")

    assert ([], [("sub/b.md", "", True, False)], []) == (at_once, told(), told())


def test_a_folder_that_is_gone_is_asked_after_in_the_one_above(told, vault):
    """There its name was taken out."""
    for name in "abc":
        (vault / "sub" / f"{name}.md").unlink()
    (vault / "sub").rmdir()
    at_once = told()
    a_while_later(vault)

    assert ([], 3) == (at_once, len(told()))


def test_a_folder_from_the_future_does_not_keep_a_note_alive(told, vault):
    """Its clock says nothing."""
    (vault / "sub" / "b.md").unlink()
    os.utime(vault / "sub", ns=(1 << 62, 1 << 62))

    assert [("sub/b.md", "", True, False)] == told()


def test_a_note_that_is_written_again_was_edited(told, vault, write_note):
    """As an editor does that deletes a note before it saves it."""
    (vault / "sub" / "b.md").unlink()
    at_once = told()
    write_note("sub/b.md", "written anew")

    assert ([], [("sub/b.md", "", True, True)]) == (at_once, told())


@pytest.mark.parametrize("body", ["note b\n", "note b, edited as well\n"])
def test_a_note_that_comes_back_elsewhere_was_renamed(told, vault, write_note, body):
    """Known by its text, or by its id where it was edited on the way: its history goes on."""
    (vault / "sub" / "b.md").unlink()
    at_once = told()
    write_note("elsewhere.md", f"---\nid: bbbbbbbb\n---\n{body}")

    assert ([], [("sub/b.md", "elsewhere.md", True, True)]) == (at_once, told())


def test_another_id_is_another_note(told, vault, write_note):
    """Neither the text nor the id is that of what is gone."""
    (vault / "sub" / "b.md").unlink()
    write_note("elsewhere.md", "---\nid: dddddddd\n---\nanother\n")
    entered = told()
    a_while_later(vault / "sub")

    assert ([("elsewhere.md", "", False, True)], [("sub/b.md", "", True, False)]) == (entered, told())


def test_a_writer_does_not_wait(told, engine, vault):
    """What it builds on has to be true now."""
    (vault / "sub" / "b.md").unlink()
    before = len(engine._session.journal.entries())
    engine._session.refresh(wait=False)
    engine.forget("sub/a.md")

    entered = [entry.change for entry in engine._session.journal.entries()[before:]]
    assert ("sub/b.md", "") in [(change.path, change.after) for change in entered if change.op is Op.EXTERNAL]
    assert engine.verify(read_data=True).is_whole


def test_who_follows_a_vault_enters_it_in_the_end(open_engine, write_note, vault, until, monkeypatch):
    """Nobody needs to come by."""
    monkeypatch.setattr(adopting, "GRACE_NS", 50_000_000)
    monkeypatch.setattr(vanished, "GRACE_NS", 50_000_000)
    note = write_note("a.md", "lantern")
    engine = open_engine()
    engine.watch()
    until(lambda: engine._session.known_sha256("a.md") != "")
    note.unlink()

    until(lambda: engine._session.known_sha256("a.md") == "")
