"""A write that is stopped or refused at any file operation leaves one whole note and a journal that verifies."""

import errno
import shutil
from pathlib import Path

import pytest
from stops import Fail, Killed, Operations, Stop, watched

from vault_engine import Engine, Memory, MemwellError
from vault_engine.engine import Event
from vault_engine.errors import NotConfirmed

OLD = Memory("# Berths\n\nThere are forty.\n", category="facts", key="berths")
NEW = Memory("# Berths\n\nThere are fifty.\n", category="facts", key="berths")
FIRST = Memory("# Tides\n\nHigh water at noon.\n", category="new/folder", key="tides")
NOTE = "facts/berths.md"


def create(engine: Engine) -> None:
    engine.remember(FIRST)


def update(engine: Engine) -> None:
    engine.remember(NEW)


def forget(engine: Engine) -> None:
    engine.forget(NOTE)


def restore(engine: Engine) -> None:
    engine.restore("facts/gone.md")


def tell(engine: Engine) -> None:
    engine.record(Event(acted="The berths were counted.", note=NOTE))


VERBS = (create, update, forget, restore, tell)


class Trial:
    """One vault for one trial, with one note there and one forgotten; made as often as there are stops."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.pattern, self.vault = folder / "pattern", folder / "trial"
        self.env = env
        Engine.create(self.pattern)
        with Engine.open(self.pattern, env=env) as engine:
            engine.remember(OLD)
            engine.remember(Memory("Gone.", category="facts", key="gone"))
            engine.forget("facts/gone")

    def again(self) -> None:
        shutil.rmtree(self.vault, ignore_errors=True)
        shutil.copytree(self.pattern, self.vault)

    def open(self) -> Engine:
        return Engine.open(self.vault, env=self.env)

    def notes(self) -> dict[str, bytes]:
        """Give every note, in the vault or in the archive, with its bytes."""
        own = self.vault / ".memwell"
        found = [
            file for file in self.vault.rglob("*.md") if own not in file.parents or own / "archive" in file.parents
        ]
        return {file.relative_to(self.vault).as_posix(): file.read_bytes() for file in found}

    def strays(self) -> list[str]:
        return [file.name for file in (self.vault / ".memwell" / "local" / "tmp").glob("*")]

    def run(self, verb, operations: Operations, monkeypatch: pytest.MonkeyPatch) -> BaseException | None:
        """Do ``verb`` with its operations watched; give what it ended with."""
        self.again()
        engine = self.open()
        engine.status()
        with watched(operations, monkeypatch):
            try:
                verb(engine)
            except (Exception, Killed) as error:  # noqa: BLE001 - which it was is what the test is about
                return error
        return None

    def problems(self) -> list[str]:
        with self.open() as engine:
            return [problem.problem for problem in engine.status().journal_problems]


@pytest.fixture
def trial(tmp_path, env):
    """A vault to be broken over and over."""
    return Trial(tmp_path, env)


def without_time(notes: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Leave out the properties that differ between two runs of one verb."""
    changing = (b"id:", b"created:", b"updated:")
    return {path: [line for line in data.split(b"\n") if not line.startswith(changing)] for path, data in notes.items()}


def steps_of(trial: Trial, verb, monkeypatch) -> int:
    """Run the verb to its end; give the number of its file operations."""
    operations = Operations(0, trial.vault)
    assert trial.run(verb, operations, monkeypatch) is None
    return len(operations.seen)


def is_removal(operations: Operations, step: int) -> bool:
    """Say whether what was refused is the removal of a temporary file, which the next process does."""
    return operations.seen[step - 1].startswith("unlink")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_a_killed_write_leaves_the_old_note_or_the_new(trial, verb, monkeypatch):
    """Killed before any file operation, then reopened: each note whole, old or new; a journal that verifies."""
    steps = steps_of(trial, verb, monkeypatch)
    after = without_time(trial.notes())
    trial.again()
    before = without_time(trial.notes())
    wrong = []
    for step in range(1, steps + 1):
        operations = Stop(step, trial.vault)
        ended = trial.run(verb, operations, monkeypatch)
        assert isinstance(ended, Killed)
        if without_time(trial.notes()) not in (before, after) or trial.problems():
            wrong.append((operations.seen[-1], trial.notes(), trial.problems()))

    assert [] == wrong
    assert steps > (10 if verb in (create, update) else 5)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_a_killed_write_can_be_done_again(trial, verb, monkeypatch):
    """Whatever was left lying around, the next process does the same thing and the journal goes on."""
    steps = steps_of(trial, verb, monkeypatch)
    after = without_time(trial.notes())
    for step in range(1, steps + 1):
        trial.run(verb, Stop(step, trial.vault), monkeypatch)
        if without_time(trial.notes()) != after:
            with trial.open() as engine:
                verb(engine)

        assert (after, []) == (without_time(trial.notes()), trial.problems())


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_a_refused_write_says_so_and_changes_nothing(trial, verb, number, for_good, monkeypatch):
    """Whichever operation the system refuses: a MemwellError and the notes as they were; or it did happen, and well.

    Or it did happen and the disk did not confirm it, which is said.

    Either way nothing lies about, the journal verifies, and the next write works.
    """
    steps = steps_of(trial, verb, monkeypatch)
    after = without_time(trial.notes())
    trial.again()
    before = without_time(trial.notes())
    wrong = []
    for step in range(1, steps + 1):
        operations = Fail(step, trial.vault, number, for_good=for_good)
        ended = trial.run(verb, operations, monkeypatch)
        expected = after if ended is None or isinstance(ended, NotConfirmed) else before
        faults = [
            f"raised {ended!r}" if ended is not None and not isinstance(ended, MemwellError) else "",
            "the notes are not as said" if without_time(trial.notes()) != expected else "",
            f"left {trial.strays()}" if trial.strays() and not (for_good or is_removal(operations, step)) else "",
            f"journal: {trial.problems()}" if trial.problems() else "",
        ]
        with trial.open() as engine:
            engine.remember(Memory("And another.", key=f"another{step}"))
        if any(faults):
            wrong.append((operations.seen[step - 1], *filter(None, faults)))

    assert [] == wrong


def test_a_refused_write_is_entered_as_aborted(trial, monkeypatch):
    """When the note itself can't be put in its place, the journal says that the announced change did not happen."""
    operations = Operations(0, trial.vault)
    trial.run(update, operations, monkeypatch)
    step = next(number for number, seen in enumerate(operations.seen, 1) if seen.startswith("renameat2"))
    ended = trial.run(update, Fail(step, trial.vault, errno.ENOSPC), monkeypatch)

    assert isinstance(ended, MemwellError)
    (file,) = (trial.vault / ".memwell" / "journal").rglob("*.jsonl")
    assert b'"op":"write"' in file.read_bytes().splitlines()[-2]
    assert b'"op":"abort"' in file.read_bytes().splitlines()[-1]
