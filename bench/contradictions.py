"""How well `compare` tells updates and contradictions from paraphrases and look-alikes, on labelled pairs.

The pairs are JSON Lines: ``{"id": 1, "old": "…", "new": "…", "verdict": "update"}``. The rules were made looking at
those with even ids; those with odd ids were labelled before and were only counted. Beside them stands what other
memories go by: the Jaccard similarity of character trigrams, from 0.7 a duplicate, below 0.4 a conflict.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from operator import and_
from pathlib import Path
from typing import Any, NamedTuple

from bench.extraction import share
from bench.machine import table
from vault_engine.lifecycle.contradict import VerdictKind, claims, compare

PAIRS = Path(__file__).parent / "data" / "contradictions.jsonl"
DUPLICATE, CONFLICT = 0.7, 0.4  # similarities of trigrams


class Judged(NamedTuple):
    """What was said of a pair, as far as both sets of rules can say it."""

    is_same: bool
    is_conflict: bool
    kind: str = ""


def read(file: Path = PAIRS) -> list[dict[str, Any]]:
    """Read the labelled pairs."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def ours(old: str, new: str) -> Judged:
    """Judge a pair by our rules."""
    kind = compare(claims(old), claims(new)).kind
    return Judged(kind is VerdictKind.SAME, kind.is_conflict, kind.value)


def by_letters(old: str, new: str) -> Judged:
    """Judge a pair by trigrams."""
    one, two = ({text[at : at + 3] for at in range(len(text) - 2)} for text in (old, new))
    alike = len(one & two) / max(len(one | two), 1)
    return Judged(alike >= DUPLICATE, alike < CONFLICT)


def wanted(pair: dict[str, Any]) -> Judged:
    """Give what a pair is labelled as."""
    kind = VerdictKind(pair["verdict"])
    return Judged(kind is VerdictKind.SAME, kind.is_conflict, kind.value)


def quality(
    pairs: Iterable[dict[str, Any]], judge: Callable[[str, str], Judged]
) -> dict[str, tuple[float, float, int]]:
    """Give precision and recall in percent and the count, of conflicts, of duplicates, and of each verdict."""
    judged = [(judge(pair["old"], pair["new"]), wanted(pair)) for pair in pairs]
    figures = {}
    for name in ("is_conflict", "is_same", *(kind.value for kind in VerdictKind)):
        said = [_is(name, one) for one, _ in judged]
        so = [_is(name, label) for _, label in judged]
        right = sum(map(and_, said, so))
        figures[name] = (share(right, sum(said)), share(right, sum(so)), sum(so))
    return figures


def _is(name: str, one: Judged) -> bool:
    return bool(getattr(one, name)) if name in Judged._fields else one.kind == name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.contradictions", description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="list the pairs with even ids that are judged wrongly")
    options = parser.parse_args(arguments)
    pairs = read()
    rows: list[tuple[str, ...]] = [("pairs", "rules", "what", "n", "precision %", "recall %")]
    for half, parity in {"even ids": 0, "odd ids": 1}.items():
        part = [pair for pair in pairs if pair["id"] % 2 == parity]
        for name, judge in {"ours": ours, "trigrams": by_letters}.items():
            for what, (precision, recall, count) in quality(part, judge).items():
                if what.startswith("is_") or (name == "ours" and what != VerdictKind.SAME):
                    rows.append((half, name, what.removeprefix("is_"), str(count), f"{precision:.1f}", f"{recall:.1f}"))
    print(table(rows))
    for pair in pairs:
        if options.wrong and pair["id"] % 2 == 0 and (said := ours(pair["old"], pair["new"])).kind != pair["verdict"]:
            print(f"{pair['verdict']:>13} {said.kind:>13} {pair['old']} | {pair['new']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
