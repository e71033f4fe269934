"""After a crash: what was announced is settled by what the notes hold, no note is written, no text is lost."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from stops import Killed, Operations, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.engine.changing import writing
from vault_engine.engine.recover import was_made
from vault_engine.errors import MemwellError
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.replay import happened, heads
from vault_engine.note.change import Append
from vault_engine.vault import swap
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import mark_of

AGENT = Actor("agent", "someone")
DEAD = "999999999"  # no process has this number
OLD, NEW, THIRD = b"old\n", b"new\n", b"third\n"


def create(engine: Engine) -> None:
    engine.remember(Memory("High water at noon.", "new/folder", "tides"))


def update(engine: Engine) -> None:
    engine.remember(Memory("There are fifty.", "facts", "berths"))


def archive(engine: Engine) -> None:
    engine.forget("facts/berths.md")


def restore(engine: Engine) -> None:
    engine.restore("facts/gone.md")


def move(engine: Engine) -> None:
    engine.move("facts/berths.md", "facts/moorings.md", yes=True)


def bulk(engine: Engine) -> None:
    memories = [Memory(f"text {n}", "facts", key) for n, key in enumerate(("berths", "x", "y"))]
    engine.remember_many([*memories, Memory("one", "new", "z"), Memory("two", "new", "zz")])


VERBS = (create, update, archive, restore, move, bulk)


class Trial:
    """One vault for one trial: a note with a link to itself, one that links to it, one forgotten."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.pattern, self.vault, self.env = folder / "pattern", folder / "trial", env
        Engine.create(self.pattern)
        with Engine.open(self.pattern, env=env) as engine:
            engine.remember(Memory("There are forty. See [[berths]].", "facts", "berths"))
            engine.remember(Memory("See [[berths]].", "facts", "other"))
            engine.remember(Memory("Gone.", "facts", "gone"))
            engine.forget("facts/gone.md")

    def again(self) -> None:
        shutil.rmtree(self.vault, ignore_errors=True)
        shutil.copytree(self.pattern, self.vault)

    def open(self) -> Engine:
        return Engine.open(self.vault, env=self.env)

    def run(self, verb, operations: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do the verb in a copy of the pattern, as far as the power lasts."""
        self.again()
        engine = self.open()
        engine._session.refresh()
        with watched(operations, monkeypatch):
            try:
                verb(engine)
            except Killed:
                pass
            except MemwellError as error:
                raise AssertionError(f"{operations.seen[-1]}: {error}") from error

    def notes(self) -> dict[str, bytes]:
        found = (file for file in self.vault.rglob("*.md") if ".memwell" not in file.parts or "archive" in file.parts)
        return {file.relative_to(self.vault).as_posix(): file.read_bytes() for file in found}

    def recover(self, operations: Operations | None = None, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        """Let the next process hold the vault once."""
        with self.open() as engine:
            engine._session.refresh()
            if operations is None or monkeypatch is None:
                with writing(engine._session, None):
                    return
            with watched(operations, monkeypatch):
                try:
                    with writing(engine._session, None):
                        pass
                except Killed:
                    pass

    def faults(self) -> list[str]:
        """Say what recovery should have settled and has not."""
        with self.open() as engine:
            session = engine._session
            entries = session.journal.entries()
            disk = {path: sha256_hex(data) for path, data in self.notes().items() if "archive/" not in path}
            lost = [e.id for e in happened(entries) if e.change.after and e.change.after not in session.revisions]
            unmade = [entry for entry in happened(entries) if entry.actor.kind == "external"]
            return [
                *(damage.problem for damage in session.journal.verify()),
                *(f"{entry.change.op} open" for entry in session.journal.unsettled()),
                *(f"{file.name} left" for file in session.vault.temporaries() if file.name.endswith(".note")),
                *(f"{one} is not kept" for one in lost),
                *(f"{entry.change} was nobody's" for entry in unmade),
                *(["the heads are not what is there"] if disk != heads(entries) else []),
            ]


@pytest.fixture
def trial(tmp_path, env):
    """A vault to be broken over and over."""
    return Trial(tmp_path, env)


def steps_of(trial: Trial, verb, monkeypatch) -> int:
    operations = Operations(0, trial.vault)
    trial.run(verb, operations, monkeypatch)
    return len(operations.seen)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_a_crash_at_any_operation_is_settled_by_what_the_notes_hold(trial, verb, monkeypatch):
    """Made or not made, and nobody's work is taken for a person's; recovery leaves every note as it finds it."""
    steps = steps_of(trial, verb, monkeypatch)
    wrong = []
    for step in range(1, steps + 1):
        operations = Stop(step, trial.vault)
        trial.run(verb, operations, monkeypatch)
        left = trial.notes()
        trial.recover()
        faults = [*trial.faults(), *(["recovery wrote a note"] if trial.notes() != left else [])]
        if faults:
            wrong.append((operations.seen[-1], faults))

    assert [] == wrong
    assert steps > 5


def check_crash_in_recovery(trial, verb, stride, monkeypatch):
    """Crash the verb, and then its recovery at any operation; the next recovery mends it all."""
    wrong, crashes = [], 0
    for step in range(1, steps_of(trial, verb, monkeypatch) + 1, stride):
        number = 0
        while True:
            number += 1
            trial.run(verb, Stop(step, trial.vault), monkeypatch)
            left, recovery = trial.notes(), Stop(number, trial.vault)
            trial.recover(recovery, monkeypatch)
            if len(recovery.seen) < number:
                break
            crashes += 1
            trial.recover()
            if faults := trial.faults() or ["a note was written"] * (trial.notes() != left):
                wrong.append((step, recovery.seen[-1], faults))
    assert [] == wrong
    assert crashes > 0


@pytest.mark.parametrize("verb", [update, move], ids=lambda verb: verb.__name__)
def test_a_recovery_that_crashes_is_recovered_from(trial, verb, monkeypatch):
    """Some of the crashes of each verb, and every one of the recovery."""
    check_crash_in_recovery(trial, verb, 7, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_every_recovery_that_crashes_is_recovered_from(trial, verb, monkeypatch):
    """Every crash of each verb, and every one of its recovery."""
    check_crash_in_recovery(trial, verb, 1, monkeypatch)


# ---- one announcement at a time


@pytest.fixture
def announce(engine, write_note):
    """Announces a change of a note that holds the old text, as a process that dies then would have."""
    write_note("a.md", OLD)
    session = engine._session
    with writing(session, None):
        pass

    def announce(*changes: Change) -> None:
        with session.vault.lock.held():
            session.revisions.put(NEW)
            session.journal.announce(changes, at=session.now(), actor=AGENT)

    return announce


WRITE = Change(Op.WRITE, "a.md", sha256_hex(OLD), sha256_hex(NEW))


def ops_after_recovery(open_engine) -> list[tuple[Op, str]]:
    """Let another process recover; give what the journal has got since the notes were first entered."""
    engine = open_engine()
    with writing(engine._session, None):
        pass
    return [(entry.change.op, entry.change.path) for entry in engine._session.journal.entries()[1:]]


@pytest.mark.parametrize(
    ("found", "settled"),
    [
        (OLD, [Op.ABORT]),  # it was not made
        (NEW, []),  # it was
        (THIRD, [Op.EXTERNAL]),  # it was, and somebody has changed the note since
        (None, [Op.EXTERNAL]),  # and has deleted it
    ],
    ids=["not made", "made", "changed since", "deleted since"],
)
def test_what_a_note_holds_says_what_became_of_a_change(announce, write_note, vault, open_engine, found, settled):
    """A third text is no reason to say that the change was not made."""
    announce(WRITE)
    (vault / "a.md").unlink()
    if found is not None:
        write_note("a.md", found)

    assert [Op.WRITE, *settled] == [op for op, _ in ops_after_recovery(open_engine)]


def test_links_that_should_follow_a_move_that_was_not_made_did_not(announce, open_engine):
    """Even though their note, under its new name, does not hold what it held before."""
    move = Change(Op.MOVE, "a.md", sha256_hex(OLD), sha256_hex(OLD), to="b.md")
    announce(move, WRITE._replace(path="b.md"))

    ops = ops_after_recovery(open_engine)
    assert [(Op.MOVE, "a.md"), (Op.WRITE, "b.md"), (Op.ABORT, "b.md"), (Op.ABORT, "a.md")] == ops


def test_a_move_to_the_path_it_has_was_made(engine, announce):
    """There was nothing to do."""
    same = sha256_hex(OLD)

    assert was_made(engine._session, Change(Op.MOVE, "a.md", same, same, to="a.md"))


def test_text_that_came_out_of_its_place_is_kept(announce, write_note, vault, open_engine):
    """An editor saved as the note was exchanged, and the process died before it could put that back."""
    announce(WRITE)
    write_note("a.md", NEW)
    displaced = vault / ".memwell" / "local" / "tmp" / f"{DEAD}-0-{mark_of('a.md')}"
    displaced.write_bytes(THIRD)

    assert [Op.WRITE, Op.EXTERNAL, Op.EXTERNAL] == [op for op, _ in ops_after_recovery(open_engine)]
    session = open_engine()._session
    session.known.catch_up()
    kept = session.journal.entries()[-2].change
    assert (THIRD, WRITE.after) == (session.revisions.get(kept.after), kept.before)
    assert (False, NEW) == (displaced.exists(), (vault / "a.md").read_bytes())
    assert WRITE.after == session.known.current()["a.md"]


def test_a_crash_after_such_text_was_entered_leaves_the_change_to_be_settled(announce, vault, open_engine, monkeypatch):
    """And the text is entered once."""
    announce(WRITE)
    (vault / ".memwell" / "local" / "tmp" / f"{DEAD}-0-{mark_of('a.md')}").write_bytes(THIRD)
    dying = open_engine()
    monkeypatch.setattr(dying._session.journal, "abort", killed)
    with pytest.raises(Killed), writing(dying._session, None):
        pass

    ops = [op for op, _ in ops_after_recovery(open_engine)]
    assert ([Op.WRITE, Op.EXTERNAL, Op.ABORT], 1) == (ops[:3], ops[:3].count(Op.EXTERNAL))
    assert [] == open_engine()._session.journal.unsettled()


def killed(*_, **__):
    raise Killed


def test_half_a_temporary_file_is_nobody_s_text(announce, vault, open_engine):
    """It was cut short before anything was announced."""
    half = vault / ".memwell" / "local" / "tmp" / f"{DEAD}-0-{mark_of('b.md')}"
    half.write_bytes(b"hal")

    assert ([], False) == (ops_after_recovery(open_engine), half.exists())


def test_the_files_of_another_thread_are_left_alone(announce, vault, open_engine):
    """It may be writing one of ours at this moment, for which it needs no lock."""
    file = vault / ".memwell" / "local" / "tmp" / f"{os.getpid()}-0123"
    file.write_bytes(b"x")
    ops_after_recovery(open_engine)

    assert file.exists()


def test_what_can_not_be_removed_is_no_obstacle(announce, vault, open_engine):
    """A folder, say, where a temporary file should be."""
    (vault / ".memwell" / "local" / "tmp" / f"{DEAD}-0-{mark_of('a.md')}").mkdir()
    announce(WRITE)

    assert [Op.WRITE, Op.ABORT] == [op for op, _ in ops_after_recovery(open_engine)]


# ---- old files that were set aside


@pytest.fixture
def spare(engine, vault, write_note):
    """Sets a file aside as an exchange does, long ago unless told otherwise, after the note was replaced."""
    write_note("a.md", OLD)
    with writing(engine._session, None):
        pass
    engine.edit("a.md", Append("new"))

    def set_aside(data: bytes, before: bytes = OLD) -> Path:
        file = vault / ".memwell" / "local" / "displaced" / f"{sha256_hex(before)}-1"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    return set_aside


@pytest.fixture
def later(monkeypatch):
    """Lets every file have been quiet for long enough."""
    monkeypatch.setattr("vault_engine.engine.recover._QUIET_S", 0.0)


def copies(vault: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(vault.glob("* (conflicted copy *).md"))]


def test_an_old_file_nobody_wrote_to_goes(engine, spare, later, vault):
    """It holds what is in the history."""
    file = spare(OLD)
    engine.remember(Memory("x"))

    assert (False, []) == (file.exists(), copies(vault))


def test_what_an_editor_wrote_to_an_old_file_becomes_a_conflict_copy(engine, spare, later, vault):
    """Beside the note, known to the walk as such, in the history in the name of somebody."""
    file = spare(THIRD)
    engine.remember(Memory("x"))

    assert (False, [THIRD]) == (file.exists(), copies(vault))
    (copy,) = engine.status().conflict_copies
    entry = next(e for e in engine._session.journal.entries() if e.change.path == copy)
    assert (Op.EXTERNAL, "somebody", sha256_hex(THIRD)) == (entry.change.op, entry.actor.name, entry.change.after)
    assert THIRD == engine._session.revisions.get(entry.change.after)
    assert engine.verify(read_data=True).is_whole


def test_an_editor_may_still_be_at_it(engine, spare, vault):
    """A file that was quiet for less than two seconds is looked at later."""
    file = spare(THIRD)
    engine.remember(Memory("x"))

    assert (True, []) == (file.exists(), copies(vault))


def test_what_the_note_holds_needs_no_copy(engine, spare, later, write_note, vault):
    """The editor has saved it there too."""
    spare(THIRD)
    write_note("a.md", THIRD)
    engine.remember(Memory("x"))

    assert [] == copies(vault)


def test_several_texts_become_several_copies(engine, spare, later, vault):
    """And one text, met again, no second one."""
    for data in (THIRD, b"fourth\n", THIRD):
        spare(data)
        engine.remember(Memory(data.decode()))

    assert sorted([THIRD, b"fourth\n"]) == sorted(copies(vault))


def test_an_old_file_of_a_note_nobody_knows_goes_to_the_quarantine(engine, spare, later, vault):
    """It is not deleted."""
    file = spare(THIRD, before=b"unknown")
    engine.remember(Memory("x"))

    assert THIRD == (vault / ".memwell" / "local" / "quarantine" / file.name).read_bytes()
    assert (False, []) == (file.exists(), copies(vault))


def test_a_rescue_that_crashes_is_done_again(engine, spare, later, vault, open_engine, monkeypatch):
    """Whichever operation it was, there is one copy and one entry in the end."""
    step, crashed = 0, True
    while crashed:
        step += 1
        spare(THIRD)
        dying, operations = open_engine(), Stop(step, vault)
        dying._session.refresh()
        with watched(operations, monkeypatch):
            try:
                with writing(dying._session, None):
                    crashed = False
            except Killed:
                pass
        with writing(open_engine()._session, None):
            pass
        entries = [e for e in engine._session.journal.entries() if "conflicted" in e.change.path and e.change.after]
        assert ([THIRD], 1) == (copies(vault), len({entry.change.after for entry in entries}))
    assert step > 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is so without help")
def test_an_exchange_that_can_not_tell_sets_the_old_file_aside(engine, spare, later, vault, monkeypatch):
    """So that what an editor writes to it afterwards is found."""
    monkeypatch.setattr(swap, "has_writer", lambda _place: None)
    with (vault / "a.md").open("r+b") as editor:
        engine.edit("a.md", Append("new"))
        editor.write(b"typed on and on\n")
    monkeypatch.undo()
    monkeypatch.setattr("vault_engine.engine.recover._QUIET_S", 0.0)
    engine.remember(Memory("x"))

    assert [True] == [b"typed on and on" in data for data in copies(vault)]
