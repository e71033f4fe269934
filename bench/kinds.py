"""How well `infer` tells type and tier of texts that state none, on labelled ones.

The texts are JSON Lines: ``{"id": 1, "text": "…", "type": "fact" or null, "tier": "semantic" or null}``. The rules were
made looking at the first 96; those from 97 on came later and were only counted.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from bench.extraction import share
from bench.machine import table
from vault_engine.lifecycle.kinds import infer

TEXTS = Path(__file__).parent / "data" / "kinds.jsonl"
HELD_BACK = 97  # the first id of those that the rules were not made with
_WHAT = ("type", "tier")


def read(file: Path = TEXTS) -> list[dict[str, Any]]:
    """Read the labelled texts."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def said_of(text: str) -> dict[str, str | None]:
    """Say what is inferred of one text."""
    kind = infer(text)
    return {"type": kind.type, "tier": kind.tier.value if kind.tier else None}


def quality(labelled: Iterable[dict[str, Any]]) -> dict[str, tuple[float, float, int]]:
    """Give precision and recall in percent, and how many texts have one, of types and of tiers."""
    labelled = list(labelled)
    figures = {}
    for what in _WHAT:
        pairs = [(said_of(one["text"])[what], one[what]) for one in labelled]
        right = sum(said == so for said, so in pairs if said)
        wanted = sum(so is not None for _, so in pairs)
        figures[what] = (share(right, sum(said is not None for said, _ in pairs)), share(right, wanted), wanted)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.kinds", description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="list the first texts that are judged wrongly")
    options = parser.parse_args(arguments)
    labelled = read()
    rows: list[tuple[str, ...]] = [("texts", "what", "n", "precision %", "recall %")]
    made_with = [one for one in labelled if one["id"] < HELD_BACK]
    for name, part in {"made with": made_with, "held back": labelled[len(made_with) :]}.items():
        for what, (precision, recall, count) in quality(part).items():
            rows.append((name, what, str(count), f"{precision:.1f}", f"{recall:.1f}"))
    print(table(rows))
    of_both = itemgetter(*_WHAT)
    for one in made_with:
        if options.wrong and of_both(said_of(one["text"])) != of_both(one):
            print(one["id"], of_both(one), of_both(said_of(one["text"])), one["text"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
