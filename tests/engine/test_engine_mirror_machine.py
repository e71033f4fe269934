"""A vault and a folder, edited at random on both sides and brought together, at times by a run that is killed."""

import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from mirroring import LONG_AGO_NS, files
from stops import Fail, Killed, Stop, watched

from vault_engine import Actor, Engine
from vault_engine.engine import Extra, MirrorTerms
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index import reading

PATHS = ("a.md", "b.md", "x/a.md", "x/c.md", "y/z/d.md")
SIDES = st.sampled_from(("vault", "folder"))
NUMBERS = st.integers(0, 5)
BLOCK = re.compile(r"\n\n<!-- memwell:links -->\n(?s:.*)<!-- /memwell:links -->(?=\n)")


class MirrorMachine(RuleBasedStateMachine):
    """People and agents on two sides; each run of the sync is held against the laws.

    Any rule can be drawn at any time: how far a killed run came is not always the same, so nothing may hang on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        Engine.create(self.root / "vault")
        (self.root / "target").mkdir()
        self.env = {"MEMWELL_CACHE_DIR": str(self.root / "cache"), "MEMWELL_EMBEDDER": "none"}
        self.engine = self.opened()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(Session, "now", lambda _: datetime.now(UTC) + timedelta(days=self.days))
        self.patch.setattr(reading, "_SETTLED_NS", 0)  # what was changed just now would be of that day, not of its own
        self.days = 0
        self.extras = frozenset[Extra]()
        self.count = 0
        self.added: set[str] = set()  # lines that were added since both sides were the same

    def teardown(self) -> None:
        self.engine.close()
        self.patch.undo()
        shutil.rmtree(self.root)

    def opened(self) -> Engine:
        return Engine.open(self.root / "vault", actor=Actor("agent", "tester", "python"), env=self.env)

    def folder(self, side: str) -> Path:
        return self.root / ("vault" if side == "vault" else "target")

    def notes(self, side: str) -> list[str]:
        return [name for name in files(self.folder(side)) if "conflicted copy" not in name]

    def save(self, side: str, path: str, text: str) -> None:
        """Write a note as an editor would, a while ago."""
        self.count += 1
        file = self.folder(side) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, ns=(LONG_AGO_NS + self.count * 10**9,) * 2)

    def lines(self, side: str) -> Counter[str]:
        """Count every line there is on one side."""
        return Counter(line for data, _ in files(self.folder(side)).values() for line in data.decode().splitlines())

    @contextmanager
    def removing(self, side: str) -> Iterator[None]:
        """Leave out of what must be kept what somebody removes on a side: that is meant, if both had it by then.

        After a run that was cut short two notes may have a line, of which one is removed here and the other there.
        """
        before = self.lines(side)
        yield
        self.added -= (before - self.lines(side)).keys()

    def line(self) -> str:
        self.count += 1
        return f"line {self.count}"

    # ---- what people do

    @rule(side=SIDES, number=NUMBERS, lines=st.integers(1, 6), has_id=st.booleans(), links=st.booleans())
    def create(self, side: str, number: int, lines: int, has_id: bool, links: bool) -> None:
        path = PATHS[number % len(PATHS)]
        if (self.folder(side) / path).exists():
            return
        new = [self.line() for _ in range(lines)]
        self.added.update(new)
        head = [f"id: n{self.count}"] * has_id + ["uses: '[[x/a]]'"] * links
        text = "\n".join((["---", *head, "---"] if head else []) + new)
        self.save(side, path, f"{text}\n[[b]]\n")

    @rule(side=SIDES, number=NUMBERS, at=NUMBERS, removes=st.integers(0, 2), adds=st.booleans())
    def edit(self, side: str, number: int, at: int, removes: int, adds: bool) -> None:
        if not (paths := self.notes(side)):
            return
        path = paths[number % len(paths)]
        text = (self.folder(side) / path).read_text()
        below = "".join(BLOCK.findall(text))  # what is between the comments, `unlink` changes
        lines = BLOCK.sub("", text).splitlines(keepends=True)
        body = next((n + 1 for n in range(1, len(lines)) if lines[n] == "---\n"), 0) if lines[:1] == ["---\n"] else 0
        start = body + at % (len(lines) - body + 1)
        new = [f"{self.line()}\n"] * adds
        self.added.update(line.strip() for line in new)
        lines[start : start + removes] = new
        own = "".join(lines)
        if own_of(own.encode()):  # a note that has become empty is left alone
            with self.removing(side):
                self.save(side, path, f"{own.rstrip()}{below}{own[len(own.rstrip()) :]}")

    @rule(number=NUMBERS)
    def unlink(self, number: int) -> None:
        """Somebody deletes the links that were added below a note."""
        if paths := self.notes("folder"):
            path = paths[number % len(paths)]
            text = (self.folder("folder") / path).read_text()
            if BLOCK.search(text):
                self.save("folder", path, BLOCK.sub("", text))

    @rule(side=SIDES, number=NUMBERS)
    def delete(self, side: str, number: int) -> None:
        if paths := self.notes(side):
            with self.removing(side):
                (self.folder(side) / paths[number % len(paths)]).unlink()

    @rule(side=SIDES, number=NUMBERS, to=NUMBERS)
    def rename(self, side: str, number: int, to: int) -> None:
        paths, new = self.notes(side), self.folder(side) / PATHS[to % len(PATHS)]
        if paths and not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            (self.folder(side) / paths[number % len(paths)]).rename(new)

    @rule(number=NUMBERS, to=NUMBERS)
    def move(self, number: int, to: int) -> None:
        """An agent renames a note, links included."""
        if paths := self.notes("vault"):
            with suppress(MemwellError):
                self.engine.move(paths[number % len(paths)], PATHS[to % len(PATHS)], yes=True)

    @rule(extras=st.frozensets(st.sampled_from(Extra)), days=st.integers(0, 40))
    def show(self, extras: frozenset[Extra], days: int) -> None:
        """Something else is to be shown from now on, and time goes by."""
        self.extras, self.days = extras, self.days + days

    @rule(number=NUMBERS)
    def read(self, number: int) -> None:
        """An agent reads a note, which is counted."""
        if paths := self.notes("vault"):
            with suppress(MemwellError):
                self.engine.read(paths[number % len(paths)])

    # ---- bringing both together

    @rule()
    def sync(self) -> None:
        """Both are the same, nothing that was added is lost, and a second run writes nothing."""
        done = self.engine.mirror(self.root / "target", MirrorTerms(yes=True, extras=self.extras))
        assert () == done.problems
        ours, theirs = files(self.root / "vault"), files(self.root / "target")
        again = self.engine.mirror(self.root / "target", MirrorTerms(extras=self.extras))
        assert ((), ()) == (again.changes, again.problems)
        assert (ours, theirs) == (files(self.root / "vault"), files(self.root / "target"))
        own = {name: own_of(data) for name, (data, _) in theirs.items() if "conflicted copy" not in name}
        assert {name: data.decode() for name, (data, _) in ours.items()} == own
        kept = {line for data, _ in theirs.values() for line in data.decode().splitlines()}
        assert set() == self.added - kept
        self.added = set()

    @rule(at=st.integers(1, 120))
    def sync_killed(self, at: int) -> None:
        with pytest.MonkeyPatch.context() as patch, watched(Stop(at, self.root), patch), suppress(Killed):
            self.engine.mirror(self.root / "target", MirrorTerms(yes=True, extras=self.extras))
        self.engine = self.opened()
        self.tidy_check()

    @rule(at=st.integers(1, 120))
    def sync_failing(self, at: int) -> None:
        with pytest.MonkeyPatch.context() as patch, watched(Fail(at, self.root, 28), patch), suppress(MemwellError):
            self.engine.mirror(self.root / "target", MirrorTerms(yes=True, extras=self.extras))

    def tidy_check(self) -> None:
        """After a kill each line that was added is in some file, be it one that the next run takes up."""
        every = {
            line
            for file in self.root.rglob("*")
            if file.is_file() and (".memwell" not in file.parts or "archive" in file.parts or "tmp" in file.parts)
            for line in file.read_bytes().decode("utf-8", "replace").splitlines()
        }
        assert set() == self.added - every


def own_of(data: bytes) -> str:
    """Leave out the links and properties that were added, and fences that are there only for these."""
    text = re.sub(r"(?m)^(decay_score|access_count|last_accessed): .*\n", "", BLOCK.sub("", data.decode()))
    return text.removeprefix("---\n---\n")


def run_machine(examples: int, steps: int) -> None:
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(MirrorMachine, settings=limits)


def test_whatever_people_agents_and_crashes_do_both_sides_come_together():
    """A sample of the runs."""
    random.seed(0)
    run_machine(15, 20)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_is_done_both_sides_come_together_for_long():
    """Many more."""
    run_machine(150, 40)
