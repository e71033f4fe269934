"""What must hold of a vault after a crash: `check`, which `bench.crash_points` has made of every state a crash leaves.

Opening the vault recovers it. Then:

- every note holds what was acknowledged last, or, where a step was under way, what that step announced, whole;
- every change that was acknowledged is in the journal under its actor's name, and both its revisions are kept;
- journal and revisions verify, the next write works, nothing lies about, opening the vault again finds the same, and
  after `Engine.repair` nothing is left open: no links that a move has not reached.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.crash_steps import OURS, RECOVERY_NOTE, RECOVERY_STEP, Step, initial_notes, is_whole, steps_of
from bench.crash_writers import SMALL_JOURNAL
from bench.kept import ARCHIVE, Line, Revisions, archived, happened, journal, leftovers, notes, read_lines, sha256
from bench.machine import isolated_env
from vault_engine import Engine, Memory

VARIANT = "MEMWELL_CRASH_VARIANT"  # who did the steps
EARLIER_ACKS = "MEMWELL_CRASH_EARLIER_ACKS"  # of the run whose crash left what this run began with
KEEP_STATES = "MEMWELL_CRASH_STATES"  # where `keep` puts the states

_RECOVERY = Step("remember", RECOVERY_NOTE)
_LAST = Memory("After all that.\n", category="after", key="last")
_LAST_NOTE = "after/last.md"
_REVISIONS = "verify: revisions/"  # a crash leaves some by half that were not acknowledged; the next write mends that
_MAY_HAVE_HAPPENED = "NotConfirmed"  # every other error says that nothing was changed
_SHOWN = 4


class Broken(Exception):
    """Something that must hold does not."""


class Change(NamedTuple):
    """One note that an acknowledged step left different."""

    actor: str
    path: str
    sha256: str  # "" when it was gone then


class Promised:
    """What the acknowledgements say, read one by one."""

    def __init__(self, variant: str) -> None:
        self._steps = {**steps_of(variant), RECOVERY_STEP: _RECOVERY}
        self.notes = {path: sha256(text.encode()) for path, text in initial_notes().items()}
        self.unsettled: dict[str, Step] = {}  # notes that a step may have changed which was not acknowledged
        self.changes: list[Change] = []
        self.is_made = False  # whether the vault was
        self.broke: list[str] = []

    def take_run(self, lines: list[dict[str, Any]], numbers: list[int]) -> None:
        """Take in what one run has said; the step after the last it spoke of may have been under way."""
        for line in lines:
            self._take(line)
        last = lines[-1]["n"] if lines else 0
        if under_way := next((number for number in numbers if number > last), None):
            self._unsettle(self._steps[under_way])

    def _take(self, line: dict[str, Any]) -> None:
        if "broke" in line:
            self.broke.append(f"step {line['n']} ended with {line['broke']}, no MemwellError")
        elif line.get("refused") == _MAY_HAVE_HAPPENED:
            self._unsettle(self._steps[line["n"]])
        elif "refused" not in line:
            self._keep(line["actor"], line["notes"], is_made=line["n"] == 1)

    def _keep(self, actor: str, found: Mapping[str, str], *, is_made: bool) -> None:
        self.is_made |= is_made
        for path, name in found.items():
            self.unsettled.pop(path, None)
            if name != self.notes.get(path, ""):
                self.changes.append(Change(actor, path, name))
            self.notes[path] = name

    def _unsettle(self, step: Step) -> None:
        for path in step.touched:
            self.unsettled[path] = step


def check(folder: str, acks: str) -> None:
    """Check the vault in ``folder`` against a file of acknowledgements.

    Raises:
        Broken: something that must hold does not; the text says what.
    """
    vault, variant = Path(folder), os.environ.get(VARIANT, OURS)
    promised = Promised(variant)
    if earlier := os.environ.get(EARLIER_ACKS):
        promised.take_run(_read(Path(earlier)), list(steps_of(variant)))
        promised.take_run(_read(Path(acks)), [1, RECOVERY_STEP])
    else:
        promised.take_run(_read(Path(acks)), list(steps_of(variant)))
    with tempfile.TemporaryDirectory(prefix="cache-", dir=vault.parent) as cache:
        found = list(_problems(vault, promised, variant, isolated_env(Path(cache), "none")))
    if found:
        raise Broken(" | ".join([*found[:_SHOWN], *(["and more"] if len(found) > _SHOWN else [])]))


def keep(folder: str, acks: str) -> None:
    """Keep a state, as ``folder/state`` and ``folder/acks``, to begin another run with; finds nothing wrong."""
    kept = Path(tempfile.mkdtemp(prefix="state-", dir=os.environ[KEEP_STATES]))
    shutil.copytree(folder, kept / "state")
    shutil.copyfile(acks, kept / "acks")


def _read(acks: Path) -> list[dict[str, Any]]:
    """Read the acknowledgements; one without its newline had not been given yet."""
    return [json.loads(line) for line in acks.read_text("utf-8").split("\n")[:-1]]


def _problems(vault: Path, promised: Promised, variant: str, env: Mapping[str, str]) -> Iterator[str]:
    if not promised.is_made or variant != OURS:
        Engine.create(vault)
    with Engine.open(vault, env=env) as engine:
        yield from (problem for problem in _damages(engine) if not problem.startswith(_REVISIONS))
    yield from promised.broke
    lines = happened(journal(vault) if variant == OURS else read_lines([vault / SMALL_JOURNAL]))
    recovered = notes(vault) | archived(vault)
    yield from _note_problems(recovered, promised, lines)
    yield from (f"{change.path}: the journal lost {change}" for change in promised.changes if not _is_in(lines, change))
    if variant == OURS:
        yield from _lost_revisions(Revisions(vault, env), promised.changes)
    with Engine.open(vault, env=env) as engine:
        engine.remember(_LAST)
    if variant == OURS:
        yield from (f"left lying about: {name}" for name in leftovers(vault))
    with Engine.open(vault, env=env) as engine:
        yield from _damages(engine)
        again = notes(vault) | archived(vault)
        if variant == OURS:
            engine.repair()
            yield from _left_open(engine)
    last = again.pop(_LAST_NOTE, b"")
    if again != recovered or b"After all that." not in last:
        yield "the second opening finds other notes"


def _damages(engine: Engine) -> Iterator[str]:
    """Name what is damaged or missing by the engine's own word; a crash damages nothing."""
    found = engine.verify(read_data=True)
    yield from (f"verify: {one.path}: {one.problem}" for one in found.damaged + found.missing)


def _left_open(engine: Engine) -> Iterator[str]:
    """Name what a write should have settled and entered, and `Engine.repair` finished."""
    found = engine.verify(read_data=True)
    yield from (f"left open: {one.path}: {one.problem}" for one in found.loose + found.differing)


def _note_problems(found: Mapping[str, bytes], promised: Promised, lines: list[Line]) -> Iterator[str]:
    for path in sorted({*found, *promised.notes, *promised.unsettled}):
        data = found.get(path)
        if data is not None and not is_whole(data):
            yield f"{path}: {len(data)} bytes, not one whole version"
        elif problem := _problem(path, data, promised, lines):
            yield f"{path}: {problem}"
    yield from _vanished(found, promised)


def _problem(path: str, data: bytes | None, promised: Promised, lines: list[Line]) -> str:
    name, wanted = "" if data is None else sha256(data), promised.notes.get(path, "")
    if name == wanted:
        return ""
    if step := promised.unsettled.get(path):
        if not name:
            return "" if step.verb in ("move", "forget", "restore") else "gone"
        if _is_announced(lines, path, name):
            return ""
        return "its change is not in the journal"
    return f"acknowledged as {wanted[:8] or 'gone'}, found as {name[:8] or 'gone'}"


def _vanished(found: Mapping[str, bytes], promised: Promised) -> Iterator[str]:
    """Name the notes that a step under way took from one place and brought to no other."""
    for step in dict.fromkeys(promised.unsettled.values()):
        own = [path for path in step.touched if path not in step.also]
        was_there = any(promised.notes.get(path) for path in own)
        if was_there and not any(path in found for path in own):
            yield f"{step.path}: neither at its old place nor at its new one"


def _is_announced(lines: list[Line], path: str, name: str) -> bool:
    """Say whether an agent's change, not aborted, gave the note those bytes, or brought it into the archive."""
    if path.startswith(ARCHIVE):
        return any(line.op == "archive" and line.before == name for line in lines)
    return any(line.op != "external" and path in (line.path, line.to) and line.after == name for line in lines)


def _is_in(lines: list[Line], change: Change) -> bool:
    """Say whether the journal has a change under its actor's name."""
    if change.path.startswith(ARCHIVE):
        return True  # the note's own path says it
    own = (line for line in lines if line.actor == change.actor and line.op != "external")
    if not change.sha256:
        return any(line.path == change.path and (line.to or not line.after) for line in own)
    return any(change.path in (line.path, line.to) and line.after == change.sha256 for line in own)


def _lost_revisions(revisions: Revisions, changes: list[Change]) -> Iterator[str]:
    for change in changes:
        if change.sha256 and revisions.get(change.sha256) is None:
            yield f"{change.path}: the revision {change.sha256[:8]} is not kept"
    for path, text in initial_notes().items():
        name = sha256(text.encode())
        if any(change.path == path for change in changes) and revisions.get(name) is None:
            yield f"{path}: what its owner wrote is not kept"
