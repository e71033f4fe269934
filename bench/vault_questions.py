"""How well recall answers questions over a vault of real notes.

The questions are JSON Lines: ``{"query": "…", "notes": ["path of a note that answers it", …]}``. Two sets come along
in bench/data, for the documentation of Foam and of Logseq (both MIT), written before any answer was looked at.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.machine import facts_line, isolated_env, median, p95, table
from bench.timing import timed
from memwell_cli.evaluation.ranking import Quality
from vault_engine import Engine, Mode
from vault_engine.engine import WEIGHTS

DEPTH = 10


_WAYS: dict[str, dict[str, Any]] = {
    "hybrid": {},
    "hybrid, by the best part alone": {"weights": replace(WEIGHTS, whole=0.0), "rerank": False},
    "hybrid, ranked again": {"rerank": True},
    "keyword": {"mode": Mode.KEYWORD},
    "semantic": {"mode": Mode.SEMANTIC},
}


def ask(engine: Engine, questions: Sequence[dict[str, Any]], how: dict[str, Any]) -> tuple[Quality, list[float]]:
    """Ask every question in one way; give the ranks and what each answer took, in milliseconds."""
    quality, took = Quality(), []
    for question in questions:
        recalled, one = timed(engine.recall, question["query"], limit=DEPTH, **how)
        quality.add([hit.path for hit in recalled.hits], question["notes"])
        took.append(one.wall_ms)
    return quality, took


def _words(note: Path) -> int:
    return len(note.read_text("utf-8").split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.vault_questions", description=__doc__.splitlines()[0])
    parser.add_argument("vault", type=Path, help="a folder of notes; a copy of it is asked")
    parser.add_argument("questions", type=Path, help="JSON Lines")
    parser.add_argument("--long", type=int, default=0, metavar="WORDS", help="only of notes with so many words")
    options = parser.parse_args(arguments)
    questions = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines() if line.strip()]
    rows: list[tuple[str, ...]] = [("how", "questions", "hit@1", "hit@3", "hit@10", "MRR@10", "p50 ms", "p95 ms")]
    with tempfile.TemporaryDirectory(prefix="memwell-questions-") as scratch:
        vault = Path(scratch) / "vault"
        shutil.copytree(options.vault, vault)
        questions = [one for one in questions if all(_words(vault / note) >= options.long for note in one["notes"])]
        Engine.create(vault)
        with Engine.open(vault, env=isolated_env(Path(scratch) / "index")) as engine:
            engine.build_index()
            engine.recall("the model is loaded now")
            for name, how in _WAYS.items():
                quality, took = ask(engine, questions, how)
                figures = (*map(quality.recall_any, (1, 3, 10)), quality.mrr, median(took), p95(took))
                rows.append((name, str(len(questions)), *(f"{figure:.1f}" for figure in figures)))
    print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
