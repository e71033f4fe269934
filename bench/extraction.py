"""How well `extract` finds what sentences say, on labelled ones.

The sentences are JSON Lines: ``{"id": 1, "text": "…", "kind": "fact" or null, "negated": false}``. The rules were made
looking at those with even ids; those with odd ids were labelled before and were only counted.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.machine import table
from vault_engine.lifecycle.extract import ItemKind, extract

SENTENCES = Path(__file__).parent / "data" / "extraction.jsonl"


def read(file: Path = SENTENCES) -> list[dict[str, Any]]:
    """Read the labelled sentences."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def found_in(text: str) -> tuple[str | None, bool]:
    """Say what is found in one sentence, and whether negated."""
    items = extract(text)
    return (items[0].kind.value, items[0].negated) if items else (None, False)


def share(part: int, whole: int) -> float:
    """Give a share in percent; of nothing it is all."""
    return 100 * part / whole if whole else 100.0


def quality(labelled: Iterable[dict[str, Any]]) -> dict[str, tuple[float, float, int]]:
    """Give precision and recall of each kind and of all together in percent, and how many sentences are of it.

    A sentence counts as found where its kind and its negation are right.
    """
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for one in labelled:
        kind, negated = found_in(one["text"])
        for name, count in ((kind, said), (one["kind"], wanted)):
            if name:
                count.update((name, "all"))
        if kind and (kind, negated) == (one["kind"], one["negated"]):
            right.update((kind, "all"))
    names = [*(kind.value for kind in ItemKind), "all"]
    return {name: (share(right[name], said[name]), share(right[name], wanted[name]), wanted[name]) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="list the sentences with even ids that are judged wrongly")
    options = parser.parse_args(arguments)
    labelled = read()
    halves = {"even ids": 0, "odd ids": 1}
    rows: list[tuple[str, ...]] = [("sentences", "kind", "n", "precision %", "recall %")]
    for half, parity in halves.items():
        for name, (precision, recall, count) in quality(one for one in labelled if one["id"] % 2 == parity).items():
            rows.append((half, name, str(count), f"{precision:.1f}", f"{recall:.1f}"))
    print(table(rows))
    for one in labelled:
        wanted = (one["kind"], one["negated"])
        if options.wrong and one["id"] % 2 == 0 and found_in(one["text"]) != wanted:
            print(one["id"], wanted, found_in(one["text"]), one["text"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
