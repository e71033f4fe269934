"""`move` when something goes wrong: a crash, a refusal, somebody who edits at that moment."""

import errno

import pytest
from moving import NOTES, files_of, opened, own_entries
from stops import Fail, Killed, Operations, Stop, watched

from vault_engine import Engine, MemwellError
from vault_engine.engine.move import finish_moves, move, undo_move
from vault_engine.engine.session import Session
from vault_engine.errors import (
    BadInput,
    NotConfirmed,
    NoteChanged,
)
from vault_engine.journal.entry import Op


class Trial:
    """One vault for one trial, made anew for every stop."""

    def __init__(self, folder, env) -> None:
        self.folder, self.env, self.count = folder, env, 0

    def again(self) -> Session:
        self.count += 1
        self.vault = self.folder / f"trial-{self.count}"
        Engine.create(self.vault)
        (self.vault / "a").mkdir()
        for path in ("a/N.md", "a/B.md"):
            (self.vault / path).write_bytes(NOTES[path].encode())
        return opened(self.vault, self.env | {"MEMWELL_CACHE_DIR": str(self.folder / f"cache-{self.count}")})

    def run(self, operations_at, monkeypatch):
        """Move ``a/N.md``, with the operations watched; give the session, them and what it ended with."""
        session = self.again()
        session.refresh()
        operations = operations_at(self.vault)
        with watched(operations, monkeypatch):
            try:
                move(session, "a/N", "b/C")
            except (Exception, Killed) as error:  # noqa: BLE001 - which it was is what the test is about
                return session, operations, error
        return session, operations, None


@pytest.fixture
def trial(tmp_path, env):
    """A vault to be broken over and over."""
    return Trial(tmp_path, env)


def steps_of(counted: Operations) -> list[int]:
    """Give every operation from the first journal entry on, and some of those that only get things ready."""
    first = next(number for number, seen in enumerate(counted.seen, 1) if "/journal" in seen)
    return [*range(1, first, 4), *range(first, len(counted.seen) + 1)]


def test_a_killed_move_is_taken_back_by_undo(trial, monkeypatch):
    """Killed before a file operation: each file whole, old or new; undo gives every byte back."""
    _, counted, error = trial.run(lambda vault: Operations(0, vault), monkeypatch)
    assert error is None
    after = files_of(trial.vault)
    trial.again()
    before = files_of(trial.vault)
    for step in steps_of(counted):
        _, _, ended = trial.run(lambda vault, step=step: Stop(step, vault), monkeypatch)
        assert isinstance(ended, Killed)
        found = files_of(trial.vault)
        assert all(data in (before.get(path), after.get(path), before["a/N.md"]) for path, data in found.items())
        session = opened(trial.vault, trial.env)
        if "b/C.md" in found:
            undo_move(session)

        assert (before, []) == (files_of(trial.vault), session.journal.verify())


def test_a_killed_move_is_finished_by_a_repair(trial, monkeypatch):
    """What the crash left is done from the revisions; a file that somebody has edited since is left alone."""
    _, counted, _ = trial.run(lambda vault: Operations(0, vault), monkeypatch)
    after = files_of(trial.vault)
    finished = 0
    for step in steps_of(counted):
        trial.run(lambda vault, step=step: Stop(step, vault), monkeypatch)
        session = opened(trial.vault, trial.env)
        if "b/C.md" not in files_of(trial.vault):
            continue
        done, left = finish_moves(session)
        finished += bool(done)

        assert (after, ()) == (files_of(trial.vault), left)
        assert ([], ((), ())) == (session.journal.verify(), finish_moves(session))
    assert finished


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_a_failed_move_changes_nothing(trial, monkeypatch, for_good):
    """Whichever operation is refused before the file has its new name: the files are as they were.

    After that, the move is done: what could not be rewritten is named and can be finished later.
    """
    _, counted, _ = trial.run(lambda vault: Operations(0, vault), monkeypatch)
    after = files_of(trial.vault)
    trial.again()
    before = files_of(trial.vault)
    for step in steps_of(counted):
        session, _, ended = trial.run(
            lambda vault, step=step: Fail(step, vault, errno.ENOSPC, for_good=for_good), monkeypatch
        )
        assert ended is None or isinstance(ended, MemwellError)
        if ended is None or isinstance(ended, NotConfirmed):
            finish_moves(session)
            assert after == files_of(trial.vault), counted.seen[step - 1]
        else:
            assert before == files_of(trial.vault), counted.seen[step - 1]
            move(session, "a/N", "b/C")
            assert after == files_of(trial.vault)
        assert [] == session.journal.verify()


def test_a_failed_move_is_entered_as_aborted(trial, monkeypatch):
    """The move and each rewriting that belongs to it; so there is nothing to undo."""
    _, counted, _ = trial.run(lambda vault: Operations(0, vault), monkeypatch)
    first = next(number for number, seen in enumerate(counted.seen, 1) if seen.startswith("renameat2"))

    session, _, ended = trial.run(lambda vault: Fail(first, vault, errno.EACCES), monkeypatch)

    assert isinstance(ended, MemwellError)
    entries = own_entries(session)
    announced = {entry.id: entry.change.op for entry in entries if entry.change.op is not Op.ABORT}
    assert [Op.MOVE, Op.WRITE, Op.WRITE] == list(announced.values())
    assert set(announced) == {entry.ref for entry in entries if entry.change.op is Op.ABORT}
    with pytest.raises(BadInput, match="no move to undo"):
        undo_move(session)


def test_a_note_edited_during_the_move_is_left_and_named(session, vault, notes, monkeypatch):
    """The editor's text stays; all other links follow."""
    renamed = type(session.vault).move

    def rename_then_edit(self, path, to):
        renamed(self, path, to)
        (vault / "other.md").write_bytes(b"edited")

    monkeypatch.setattr(type(session.vault), "move", rename_then_edit)
    moved = move(session, "a/N", "C")

    assert ["other.md"] == [problem.path for problem in moved.left]
    assert b"edited" == files_of(vault)["other.md"]
    assert notes["a/B.md"] != files_of(vault)["a/B.md"]
    (aborted,) = [entry for entry in own_entries(session) if entry.change.op is Op.ABORT]
    assert "other.md" == aborted.change.path


def test_a_note_edited_before_the_move_stops_it(session, vault, notes, monkeypatch):
    """Between the plan and the first step: nothing is changed."""
    announce = type(session.vault).staged

    def edit_then_stage(self, path, data, **options):
        (vault / "other.md").write_bytes(b"edited")
        return announce(self, path, data, **options)

    monkeypatch.setattr(type(session.vault), "staged", edit_then_stage)
    with pytest.raises(NoteChanged) as raised:
        move(session, "a/N", "C")

    assert "edited" == raised.value.text
    assert notes | {"other.md": b"edited"} == files_of(vault)
