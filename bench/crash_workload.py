"""What `bench.crash_points` crashes: the steps of `bench.crash_steps`, each acknowledged once it is done.

Runs as ``python -m bench.crash_workload FOLDER ACKS``. Each line of ACKS is one JSON object, written with one system
call after the step: what its files hold now, or with which error it was refused.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.crash_steps import OURS, RECOVERY_NOTE, RECOVERY_STEP, STEPS, Step, actor_of, steps_of
from bench.crash_writers import PROTOCOLS, ByEngine, SmallWriter
from bench.kept import sha256_at
from bench.machine import isolated_env
from vault_engine import MemwellError


class Acks:
    """The file of acknowledgements; each line arrives whole."""

    def __init__(self, file: Path) -> None:
        self._handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, number: int, **facts: Any) -> None:
        """Add one line."""
        os.write(self._handle, json.dumps({"n": number, **facts}).encode() + b"\n")


def run_steps(steps: Mapping[int, Step], vault: Path, acks: Acks, do: Callable[[int, Step], None]) -> bool:
    """Do the steps, acknowledge each, and go on past those that are refused; say whether nothing else happened."""
    for number, step in steps.items():
        try:
            do(number, step)
        except MemwellError as error:
            acks.write(number, refused=type(error).__name__, said=str(error))
            continue
        except Exception as error:  # noqa: BLE001 - which one does not matter: it is no MemwellError
            acks.write(number, broke=repr(error))
            return False
        acks.write(number, actor=actor_of(number), notes={path: sha256_at(vault / path) for path in step.touched})
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash_workload", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("acks", type=Path)
    parser.add_argument("--variant", choices=(OURS, *PROTOCOLS), default=OURS)
    parser.add_argument("--recover", action="store_true", help="only open what a crash left, and write once")
    options = parser.parse_args(arguments)
    acks = Acks(options.acks)
    steps = steps_of(options.variant)
    with tempfile.TemporaryDirectory(prefix="memwell-crash-") as cache:
        if options.variant != OURS:
            small = SmallWriter(options.folder, PROTOCOLS[options.variant])
            return 0 if run_steps(steps, options.folder, acks, small.do) else 1
        writer = ByEngine(options.folder, isolated_env(Path(cache), "none"))
        if options.recover:
            steps = {1: STEPS[0], RECOVERY_STEP: Step("remember", RECOVERY_NOTE)}
        done = run_steps(steps, options.folder, acks, writer.do)
        try:
            writer.close()
        except MemwellError as error:
            acks.write(RECOVERY_STEP + 1, refused=type(error).__name__, said=str(error))
        return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
