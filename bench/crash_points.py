"""Crash the engine between its file operations, and fail them one by one; see whether every promise was kept.

A recorder (``crashlab.py``, an in-memory file system) notes each operation of `bench.crash_workload` once. From the
record it builds what a crash at each operation leaves under several models of what a disk keeps, and has
`bench.crash_check` look at each state. Ends with 1 when a promise was broken, and with 2 when the recorder can't run.

    python -m bench.crash_points --points 500              states a crash leaves
    python -m bench.crash_points --variant all --points 60 the same, and of small writers that leave out a step
    python -m bench.crash_points --recovery 20             crashes while what a crash left is opened and written to
    python -m bench.crash_points --faults 200              operations that the system refuses
"""

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench.crash_check import EARLIER_ACKS, KEEP_STATES, VARIANT
from bench.crash_steps import OURS, write_initial
from bench.crash_writers import PROTOCOLS
from bench.machine import facts, facts_line, table

ROOT = Path(__file__).parents[1]
CRASHLAB = ROOT.parent / "shared" / "tools" / "crashlab.py"
MODELS = "kill,killtorn,strict,ordered,metafirst,metanul,datafirst,torntail,random:3"
ERRNOS = "ENOSPC,ENOSPC+sticky,EIO,EROFS+sticky,EACCES"
_MODELS_OF_STARTS = "kill,ordered,random:1"
_SORTS_SHOWN = 8
_VARYING = re.compile(r"[0-9a-f-]*[0-9][0-9a-f-]*")


class Run(NamedTuple):
    """One call of the recorder."""

    name: str  # runs of one name are reported together
    mode: str  # explore | faults
    start: Path  # what the folder holds at the beginning, durably
    options: tuple[str, ...]
    variant: str = OURS
    workload: str = ""  # more arguments of the workload
    check: str = "check"
    env: tuple[tuple[str, str], ...] = ()


class Outcome(NamedTuple):
    """What one call found."""

    name: str
    operations: int  # of the file system, in the whole workload
    points: int  # crash points, or operations refused
    states: int  # different ones that were checked
    failing: int
    findings: tuple[str, ...]


def missing(crashlab: Path) -> str:
    """Say what the recorder lacks on this machine; "" if nothing."""
    lacks = {
        f"{crashlab} (name it with --crashlab)": not crashlab.is_file(),
        "/dev/fuse": not Path("/dev/fuse").exists(),
        "the command fusermount3 (Debian's package fuse3)": shutil.which("fusermount3") is None,
        "the module mfusepy (pip install mfusepy)": importlib.util.find_spec("mfusepy") is None,
    }
    return ", ".join(name for name, lacking in lacks.items() if lacking)


def explorations(start: Path, variant: str, options: argparse.Namespace) -> list[Run]:
    """Plan to look at every state that a crash of a variant leaves, the models shared out over the processors."""
    limits = ("--points", str(options.points), "--seed", str(options.seed))
    shares = _shared_out(options.models, options.jobs)
    return [Run(variant, "explore", start, ("--models", models, *limits), variant) for models in shares]


def refusals(start: Path, options: argparse.Namespace) -> list[Run]:
    """Plan to have operations refused, for each errno the same ones."""
    points = str(max(1, options.faults // len(ERRNOS.split(","))))
    shares = _shared_out(ERRNOS, options.jobs)
    limits = ("--points", points, "--seed", str(options.seed))
    return [Run("faults", "faults", start, ("--errnos", errnos, *limits)) for errnos in shares]


def recoveries(start: Path, scratch: Path, options: argparse.Namespace) -> list[Run]:
    """Take some states that a crash leaves, and plan to crash whoever opens and writes to each."""
    states = scratch / "states"
    states.mkdir()
    limits = ("--models", _MODELS_OF_STARTS, "--points", str(options.recovery), "--seed", str(options.seed))
    run(Run("", "explore", start, limits, check="keep", env=((KEEP_STATES, str(states)),)), options.crashlab)
    found = sorted(states.iterdir())
    chosen = found[:: max(1, len(found) // options.recovery)][: options.recovery]
    return [
        Run(
            "recovery",
            "explore",
            state / "state",
            ("--models", options.models, "--seed", str(options.seed)),
            workload="--recover",
            env=((EARLIER_ACKS, str(state / "acks")),),
        )
        for state in chosen
    ]


def run(planned: Run, crashlab: Path) -> Outcome:
    """Call the recorder.

    Raises:
        RuntimeError: it gave no report; the text is what it said.
    """
    workload = f"{sys.executable} -m bench.crash_workload {{dir}} {{acks}} --variant {planned.variant}"
    env = {**os.environ, VARIANT: planned.variant, "PYTHONPATH": str(ROOT), **dict(planned.env)}
    with tempfile.TemporaryDirectory(prefix="memwell-crash-") as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, str(crashlab), planned.mode, "--cmd", f"{workload} {planned.workload}"]
        command += ["--check-py", f"{ROOT / 'bench' / 'crash_check.py'}:{planned.check}", "--init", str(planned.start)]
        command += [*planned.options, "--json", str(report)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if not report.exists():
            raise RuntimeError(f"the recorder failed:\n{done.stderr or done.stdout}")
        return _outcome(planned.name, json.loads(report.read_text("utf-8")), done.stderr)


def total(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Add up the outcomes of each name."""
    by_name: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_name.setdefault(one.name, []).append(one)
    return [
        Outcome(
            name,
            max(one.operations for one in found),
            sum(one.points for one in found) if name == "recovery" else max(one.points for one in found),
            sum(one.states for one in found),
            sum(one.failing for one in found),
            tuple(finding for one in found for finding in one.findings),
        )
        for name, found in by_name.items()
    ]


def _outcome(name: str, report: dict[str, Any], said: str) -> Outcome:
    stats, fails = report["stats"], report["fails"]
    findings = [f"{one['model']} after {one['prev']}, before {one['next']}: {one['msg']}" for one in fails]
    if "writer exit status" in said:
        findings.insert(0, f"the workload itself failed: {said}")
    return Outcome(
        name,
        stats["operations"],
        stats.get("crash_points", stats.get("runs", 0)),
        stats.get("distinct_states_checked", stats.get("runs", 0)),
        len(findings),
        tuple(findings),
    )


def _shared_out(names: str, jobs: int) -> list[str]:
    split = names.split(",")
    return [",".join(split[first::jobs]) for first in range(min(jobs, len(split)))]


def _plan(start: Path, scratch: Path, options: argparse.Namespace) -> list[Run]:
    if options.faults:
        return refusals(start, options)
    if options.recovery:
        return recoveries(start, scratch, options)
    variants = [OURS, *PROTOCOLS] if options.variant == "all" else [options.variant]
    return [planned for variant in variants for planned in explorations(start, variant, options)]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.crash_points", description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=500, metavar="N", help="crash at most at N operations (0: all)")
    parser.add_argument("--models", default=MODELS, help="what the disk keeps, as crashlab.py names it")
    parser.add_argument("--variant", choices=(OURS, *PROTOCOLS, "all"), default=OURS)
    parser.add_argument("--recovery", type=int, default=0, metavar="N", help="crash the recovery from N states")
    parser.add_argument("--faults", type=int, default=0, metavar="N", help="refuse operations, in N runs")
    parser.add_argument("--crashlab", type=Path, default=CRASHLAB, metavar="FILE", help="the recorder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings here as well")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    options = _options(arguments)
    if lacking := missing(options.crashlab):
        print(f"nothing was tried: this machine lacks {lacking}", file=sys.stderr)
        return 2
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="memwell-crash-") as scratch:
        start = Path(scratch) / "start"
        start.mkdir()
        write_initial(start)
        planned = _plan(start, Path(scratch), options)
        with ThreadPoolExecutor(options.jobs) as pool:
            outcomes = total(list(pool.map(lambda one: run(one, options.crashlab), planned)))
    print(table([("variant", "operations", "points", "states", "failing"), *(_row(one) for one in outcomes)]))
    for one in outcomes:
        print("".join(f"\n{one.name}: {line}" for line in _digest(one.findings)), end="")
    seconds = round(time.perf_counter() - began, 1)
    print(f"\n{seconds} s, {facts_line()}")
    if options.json:
        report = {"format": 1, "machine": facts(), "seconds": seconds, "outcomes": [one._asdict() for one in outcomes]}
        options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if any(one.failing for one in outcomes) else 0


def _digest(findings: Sequence[str]) -> list[str]:
    """Show one finding of each sort, with their number; those are of one sort that differ in digits only."""
    sorts: dict[str, list[str]] = {}
    for finding in findings:
        what = finding.rpartition("Broken: ")[2].partition(" | ")[0]
        sorts.setdefault(_VARYING.sub("#", what), []).append(finding)
    most = sorted(sorts.values(), key=len, reverse=True)
    return [f"{len(found)} like: {found[0]}" for found in most[:_SORTS_SHOWN]]


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (outcome.name, *(str(value) for value in outcome[1:5]))


if __name__ == "__main__":
    sys.exit(main())
