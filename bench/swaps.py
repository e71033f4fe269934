"""Several processes change the same notes by compare-and-swap: each names the revision it has read, or is refused.

Each successful change adds a token of its own. At the end the journal must give one chain of revisions for each note,
without a fork, and every token that was acknowledged must be in the revision that its change made. Ends with 1 when
something was lost, when an unforeseen error came, or when the slowest process got less than a third of what the
fastest got.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

from bench.kept import Line, Revisions, happened, journal, notes, sha256
from bench.machine import facts, facts_line, isolated_env, table
from vault_engine import Actor, Engine, Kind, Memory, MemwellError
from vault_engine.engine import Append

CATEGORY = "shared"
MOST_UNFAIR = 3.0  # changes of the fastest process for one of the slowest
_LINES_KEPT = 40  # of a note; older tokens are in its revisions
_START_S = 120.0  # a process has that long to begin
_FINDINGS_SHOWN = 10


class Swap(NamedTuple):
    """One change that was acknowledged."""

    path: str
    token: str
    actor: str
    before: str
    after: str


class Outcome(NamedTuple):
    """What all the changes came to."""

    processes: int
    swaps: int
    conflicts: int
    seconds: float
    swaps_per_s: float
    unfairness: float  # changes of the fastest process for one of the slowest
    findings: tuple[str, ...]


def work(
    vault: Path, number: int, env: Mapping[str, str], ready: Barrier, left: "Synchronized[int]", report: Path
) -> None:
    """Change one note after the other until enough was done by all; write what was done to ``report``."""
    actor, random_source = Actor("agent", f"process{number}", "python"), random.Random(number)
    swaps: list[Swap] = []
    conflicts, unforeseen = 0, ""
    with Engine.open(vault, actor=actor, env=env) as engine:
        paths = [line.path for line in engine.list().notes]
        ready.wait()
        while left.value > 0 and not unforeseen:
            try:
                swaps.append(_swap(engine, random_source.choice(paths), actor.name, len(swaps)))
            except MemwellError as error:
                conflicts += 1
                unforeseen = "" if error.kind is Kind.CONFLICT else repr(error)
            except Exception as error:  # noqa: BLE001 - which one does not matter: it is no MemwellError
                unforeseen = repr(error)
            else:
                with left.get_lock():
                    left.value -= 1
    report.write_text(json.dumps({"swaps": swaps, "conflicts": conflicts, "unforeseen": unforeseen}), "utf-8")


def race(processes: int, swaps: int, count: int, folder: Path) -> Outcome:
    """Let the processes make that many changes of ``count`` notes in a fresh vault, and look at what came of it."""
    vault, env = folder / "vault", isolated_env(folder / "cache", "none")
    Engine.create(vault)
    with Engine.open(vault, env=env) as engine:
        for number in range(count):
            engine.remember(Memory(f"Note {number}\n", category=CATEGORY, key=f"n{number}"))
    context = multiprocessing.get_context("spawn")
    ready, left = context.Barrier(processes + 1), context.Value("i", swaps)
    reports = [folder / f"{number}.json" for number in range(processes)]
    running = [
        context.Process(target=work, args=(vault, number, env, ready, left, report))
        for number, report in enumerate(reports)
    ]
    for process in running:
        process.start()
    ready.wait(_START_S)
    began = time.monotonic()
    for process in running:
        process.join()
    return _outcome(vault, env, reports, time.monotonic() - began)


def chain_problems(path: str, lines: Sequence[Line], now: str) -> Iterator[str]:
    """Say where a note's changes are no chain that leads to its bytes of today."""
    own = [line for line in lines if line.path == path]
    for one, following in pairwise(own):
        if one.after != following.before:
            yield f"{path}: entry {following.seq} replaces {following.before[:8]}, not {one.after[:8]} of {one.seq}"
    if own and own[-1].after != now:
        yield f"{path} holds {now[:8]}, not {own[-1].after[:8]} as the journal says"
    yield from (
        f"{path}: {times} changes made {name[:8]}"
        for name, times in Counter(line.after for line in own).items()
        if times > 1
    )


def lost(swaps: Sequence[Swap], lines: Sequence[Line], revisions: Mapping[str, bytes]) -> Iterator[str]:
    """Name every change whose token, or whose entry in the journal, is not there."""
    entered = {(line.path, line.before, line.after, line.actor) for line in lines}
    for swap in swaps:
        if swap.token.encode() not in revisions.get(swap.after, b"").split():
            yield f"{swap.token} is not in the revision {swap.after[:8]}"
        if (swap.path, swap.before, swap.after, swap.actor) not in entered:
            yield f"the journal has no entry for {swap.token}"


def _swap(engine: Engine, path: str, name: str, count: int) -> Swap:
    """Add a token to a note: at its end, or in a new text of its last lines, where it has become long."""
    token = f"{name}-{count}"
    note = engine.raw(path)
    read, lines = sha256(note.data), note.data.decode().split("\n")
    if len(lines) < _LINES_KEPT:
        after = engine.edit(path, Append(token), expected=read).sha256
    else:
        text = "\n".join([*lines[-_LINES_KEPT // 2 :], token])
        category, _, key = path.removesuffix(".md").rpartition("/")
        after = engine.remember(Memory(text, category=category, key=key, expected=read)).sha256
    return Swap(path, token, name, read, after)


def _outcome(vault: Path, env: Mapping[str, str], reports: Sequence[Path], took_s: float) -> Outcome:
    told = [json.loads(report.read_text("utf-8")) for report in reports if report.exists()]
    swaps = [Swap(*swap) for one in told for swap in one["swaps"]]
    with Engine.open(vault, env=env) as engine:
        found = engine.verify(read_data=True)
        findings = [f"verify: {one.path}: {one.problem}" for one in found.damaged + found.missing + found.differing]
    lines = happened(journal(vault))
    for path, data in notes(vault).items():
        findings += chain_problems(path, lines, sha256(data))
    findings += lost(swaps, lines, Revisions(vault, env).all_of(lines))
    findings += [f"a process ended with {one['unforeseen']}" for one in told if one["unforeseen"]]
    findings += ["a process died"] * (len(reports) - len(told))
    counts = [len(one["swaps"]) for one in told]
    unfairness = max(counts, default=0) / max(1, min(counts, default=0))
    conflicts = sum(one["conflicts"] for one in told)
    rate = round(len(swaps) / took_s, 1)
    return Outcome(len(reports), len(swaps), conflicts, round(took_s, 1), rate, round(unfairness, 2), tuple(findings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.swaps", description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--swaps", type=int, default=10_000, help="successful ones, of all processes together")
    parser.add_argument("--notes", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to put the vault; without it, a temporary folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings here as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-swaps-", dir=options.folder) as folder:
        outcome = race(options.processes, options.swaps, options.notes, Path(folder))
    print(table([Outcome._fields[:-1], tuple(str(value) for value in outcome[:-1])]))
    print("\n".join(outcome.findings[:_FINDINGS_SHOWN]) or "nothing was lost")
    if outcome.unfairness > MOST_UNFAIR:
        print(f"unfair: the fastest process made {outcome.unfairness} changes for one of the slowest")
    print(facts_line())
    if options.json:
        report = {"format": 1, "machine": facts(), "outcome": outcome._asdict()}
        options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if outcome.findings or outcome.unfairness > MOST_UNFAIR else 0


if __name__ == "__main__":
    sys.exit(main())
