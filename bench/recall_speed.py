"""How long `recall` takes over many turns of conversations, ranked again or not, in a process that follows the vault.

The conversations of a LoCoMo file are taken so many times, each time with other names of notes, so that every turn has
vectors of its own. Making these takes minutes; --cache keeps them.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.machine import facts_line, isolated_env, median, p95, size_of, table
from bench.timing import timed
from memwell_cli.evaluation.corpus import fill_vault
from memwell_cli.evaluation.locomo import read_conversations
from vault_engine import Engine, Mode

_NOTHING_KEPT = "late_megabytes = 0\n"
_WAYS: dict[str, dict[str, Any]] = {
    "keyword": {"mode": Mode.KEYWORD},
    "not ranked again": {"rerank": False},
    "default: turns ranked again": {},
    "--rerank": {"rerank": True},
}


def row_of(name: str, engine: Engine, questions: Sequence[str], how: dict[str, Any]) -> tuple[str, ...]:
    """Ask everything once; give the figures in milliseconds, by the wall and of this process's processor time."""
    took = [timed(engine.recall, question, **how)[1] for question in questions]
    both = [one.wall_ms for one in took], [one.cpu_s * 1000 for one in took]
    return (name, *(f"{figure(values):.1f}" for values in both for figure in (median, p95)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.recall_speed", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="locomo10.json, or a part of it")
    parser.add_argument("--times", type=int, default=4, help="how often its conversations are taken")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--only-make", action="store_true", help="make vault and vectors, and measure nothing")
    parser.add_argument("--cache", type=Path, help="keep vault and index here")
    options = parser.parse_args(arguments)
    corpora = read_conversations(json.loads(options.file.read_text("utf-8")), (), by_session=False)
    asked = sorted({question.text for corpus in corpora for question in corpus.questions})
    questions = random.Random(1).sample(asked, min(options.questions, len(asked)))
    with tempfile.TemporaryDirectory(prefix="memwell-recall-") as scratch:
        folder = options.cache or Path(scratch)
        notes = {
            f"{corpus.name}-{number}-{path.replace('/', f'/{number}')}": text
            for number in range(options.times)
            for corpus in corpora
            for path, text in corpus.notes.items()
        }
        fill_vault(folder / "vault", notes)
        env = isolated_env(folder / "index")
        with Engine.open(folder / "vault", env=env) as engine:
            engine.build_index()
        if not options.only_make:
            _measure(folder, env, questions)
    print(facts_line())
    return 0


def _measure(folder: Path, env: dict[str, str], questions: Sequence[str]) -> None:
    rows: list[tuple[str, ...]] = [("recall", "p50 ms", "p95 ms", "CPU p50", "CPU p95")]
    with Engine.open(folder / "vault", env=env) as engine:
        engine.recall("the model is loaded now")
        engine.watch()
        for name, how in _WAYS.items():
            rows.append(row_of(name, engine, questions, how))
        note_count = engine.status().notes
    bare = folder / "bare"
    shutil.copytree(folder / "index", bare, ignore=shutil.ignore_patterns("late-*"))
    settings = folder / "vault" / ".memwell" / "config.toml"
    before = settings.read_text("utf-8")
    try:
        settings.write_text(_NOTHING_KEPT + before, "utf-8")
        with Engine.open(folder / "vault", env=isolated_env(bare)) as engine:
            engine.recall("the model is loaded now")
            engine.watch()
            for name in ("--rerank, vectors of tokens made meanwhile", "… and asked again"):
                rows.append(row_of(name, engine, questions, {"rerank": True}))
    finally:
        settings.write_text(before, "utf-8")
        shutil.rmtree(bare)
    kept = sum(file.stat().st_size for file in (folder / "index").rglob("late-*.i8"))
    print(table(rows))
    print(f"{note_count:,} turns; vectors of tokens {kept / max(note_count, 1) / 1000:.1f} kB a turn;", end=" ")
    print(f"index and vectors {size_of(folder / 'index') / 1e6:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
