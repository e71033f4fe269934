"""What counting uses costs a recall, and what it takes to say how far notes have faded.

The same questions are asked in turn with and without being counted, in one process, so that both meet the same machine.
A note's strength is computed for any number of notes at once, from arrays; `lifecycle decay` reads those of a vault.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import facts, facts_line, isolated_env, median, p95, table
from bench.timing import timed
from bench.vault_maker import words, write_vault
from vault_engine import Engine
from vault_engine.engine import DecayFilter
from vault_engine.engine.decay import NEVER, strengths
from vault_engine.engine.recalling import answered, recall
from vault_engine.search.query import Mode, Query

_WORDS = 400  # of the most frequent, of which questions are made


def recalls(notes: int, questions: int, folder: Path) -> dict[str, list[float]]:
    """Time recalls in a vault of so many notes, counted and not, and what `lifecycle decay` takes there; in ms."""
    vault = folder / f"vault-{notes}"
    Engine.create(vault)
    write_vault(vault, notes)
    took: dict[str, list[float]] = {"recall, not counted": [], "recall, counted": [], "counting alone": []}
    asked = words(_WORDS)
    with Engine.open(vault, env=isolated_env(folder / f"index-{notes}", "none")) as engine:
        engine.build_index()
        engine.watch()  # as a server does
        session = engine._session
        for number in range(questions):
            query = Query(f"{asked[number % _WORDS]} {asked[number * 7 % _WORDS]}", mode=Mode.KEYWORD)
            in_turn = [("recall, counted", recall), ("recall, not counted", answered)]
            for name, ask in in_turn if number % 2 else reversed(in_turn):
                found, spent = timed(ask, session, query)
                took[name].append(spent.wall_ms)
            took["counting alone"].append(timed(session.count_uses, *found.hits)[1].wall_ms)
        took["lifecycle decay, all notes"] = [timed(engine.decay, DecayFilter())[1].wall_ms for _ in range(5)]
    return took


def curve(notes: int, rounds: int) -> list[float]:
    """Time the strengths of so many notes; in ms."""
    source = np.random.default_rng(0)
    ages, uses = source.uniform(0, 1000, notes), source.integers(0, 40, notes).astype(np.float64)
    half_lives, floors = source.choice([30.0, 60.0, 90.0, 120.0, NEVER], notes), source.choice([0.0, 0.2, 1.0], notes)
    return [timed(strengths, ages, uses, half_lives, floors)[1].wall_ms for _ in range(rounds)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.decay", description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=int, default=1000, help="of the vault")
    parser.add_argument("--questions", type=int, default=1000, help="each is asked twice")
    parser.add_argument("--faded", type=int, default=100_000, help="notes whose strengths are computed at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="memwell-decay-") as scratch:
        took = recalls(options.notes, options.questions, Path(scratch))
    took[f"strengths of {options.faded:,} notes"] = curve(options.faded, 50)
    figures: dict[str, Any] = {
        name: {"p50_ms": round(median(times), 3), "p95_ms": round(p95(times), 3)} for name, times in took.items()
    }
    rows = [(name, str(each["p50_ms"]), str(each["p95_ms"])) for name, each in figures.items()]
    print(f"{options.notes:,} notes\n{table([('', 'p50 ms', 'p95 ms'), *rows])}\n\n{facts_line()}")
    if options.json:
        options.json.write_text(json.dumps({"format": 1, "machine": facts(), "figures": figures}, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
