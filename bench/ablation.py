"""What each part of the ranking is worth: LoCoMo's questions, asked through `Engine.recall` with one part left out.

With --noise every turn also states a random date, type, importance and confidence: what that costs is the price of
notes that state nonsense of themselves.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from bench.machine import facts_line, isolated_env, table
from memwell_cli.evaluation.corpus import Asking, Corpus, ask, fill_vault
from memwell_cli.evaluation.locomo import read_conversations
from memwell_cli.evaluation.ranking import Quality
from vault_engine import Engine, Mode
from vault_engine.engine import WEIGHTS, By, Fusion, TurnWeights, Weights

_NO_QUALITY: dict[str, Any] = {
    "recency": 0.0,
    "importance": 0.0,
    "confidence": 0.0,
    "pinned": 0.0,
    "in_time": 0.0,
    "set_back": 1.0,
}
_NO_FEATURES = ("lent", "evidence_words", "evidence_meaning", "evidence_window", "best_turns", "many_words", "words")
_TYPES = ("decision", "insight", "preference", "event", "idea")
_NOISE_DAYS = 730


def left_out() -> dict[str, Mapping[str, Any]]:
    """Name what can be left out, each with the arguments of `Engine.recall` that do so."""
    found: dict[str, Mapping[str, Any]] = {
        "nothing": {},
        "looking again": {"rerank": False},
        "meaning": {"mode": Mode.KEYWORD},
        "words": {"mode": Mode.SEMANTIC},
        "scores: ranks alone": {"fusion": Fusion.RRF},
        "the whole note or folder": {"weights": replace(WEIGHTS, whole=0.0)},
        "turns of a folder taken together": {"weights": replace(WEIGHTS, together=0.0)},
        "what notes state": {"weights": replace(WEIGHTS, **_NO_QUALITY)},
        "words lent by turns around": {"weights": _turns(lent=())},
    }
    for name in (one.name for one in fields(TurnWeights) if one.name not in _NO_FEATURES):
        found[f"turns: {name}"] = {"weights": _turns(**{name: 0.0})}
    return found


def _turns(**changed: Any) -> Weights:
    return replace(
        WEIGHTS, turns=replace(WEIGHTS.turns, **changed), turns_reranked=replace(WEIGHTS.turns_reranked, **changed)
    )


def noisy(corpus: Corpus, chance: random.Random) -> Corpus:
    """Let every note state something at random."""

    def with_noise(text: str) -> str:
        day = chance.randrange(_NOISE_DAYS)
        stated = (
            f"created: {2025 + day // 365}-{1 + day % 12:02}-{1 + day % 28:02}",
            f"type: {chance.choice(_TYPES)}",
            f"importance: {chance.random():.2f}",
            f"confidence: {chance.random():.2f}",
        )
        return text.replace("---\n", "---\n" + "".join(f"{line}\n" for line in stated), 1)

    notes = {path: with_noise(text) for path, text in corpus.notes.items()}
    return Corpus(f"{corpus.name}-noise", notes, corpus.questions)


@contextmanager
def opened(corpus: Corpus, folder: Path) -> Iterator[Engine]:
    """Open the vault of a corpus, made and indexed as far as it is not there yet."""
    fill_vault(folder / corpus.name, corpus.notes)
    with Engine.open(folder / corpus.name, env=isolated_env(folder / "index")) as engine:
        engine.build_index()
        engine.recall("the model is loaded now")
        engine.watch()  # so that not every question begins with a look at all notes
        yield engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.ablation", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="locomo10.json, or a part of it")
    parser.add_argument("--level", choices=["turn", "session"], default="turn")
    parser.add_argument("--without", action="append", metavar="PART", help="only these; repeatable")
    parser.add_argument("--noise", type=int, metavar="SEED", help="let notes state something at random")
    parser.add_argument("--cache", type=Path, help="keep vaults and indexes here")
    options = parser.parse_args(arguments)
    by_session = options.level == "session"
    corpora = read_conversations(json.loads(options.file.read_text("utf-8")), (), by_session=by_session)
    if options.noise is not None:
        chance = random.Random(options.noise)
        corpora = [noisy(corpus, chance) for corpus in corpora]
    parts = {name: how for name, how in left_out().items() if not options.without or name in options.without}
    found = {name: Quality() for name in parts}
    with tempfile.TemporaryDirectory(prefix="memwell-ablation-") as scratch:
        for corpus in corpora:
            with opened(corpus, options.cache or Path(scratch)) as engine:
                for name, how in parts.items():
                    asking = Asking({"by": By.FOLDER if by_session else By.NOTE, **how}, by_session)
                    found[name].ranks += ask(engine, corpus.questions, asking).ranks
    rows: list[tuple[str, ...]] = [("without", "questions", "any@1", "any@5", "any@10", "MRR@10")]
    for name, one in found.items():
        figures = (*map(one.recall_any, (1, 5, 10)), one.mrr)
        rows.append((name, str(len(one.ranks)), *(f"{figure:.1f}" for figure in figures)))
    print(table(rows))
    print(facts_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
