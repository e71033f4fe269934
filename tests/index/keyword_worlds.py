"""Small keyword indexes to test with, and a plain way to say what must be in one."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from vault_engine.index.keyword.analyse import Analyser, runs
from vault_engine.index.keyword.build import Builder
from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.keyword.live import Keywords, Part
from vault_engine.index.keyword.postings import FIELD_GAP, FIELD_WEIGHTS, LENGTHS, Postings

ENGLISH = Analyser("en")
WORDS = [
    "berth",
    "tide",
    "wind",
    "storm",
    "of",
    "the",
    "harbour",
    "Harbours",
    "buoy",
    "lantern",
    "潮位データ",
    "mole",
    "mooring",
    "moorings",
    "v1.2",
    "it's",
]

a_text = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
a_row = st.fixed_dictionaries({}, optional={"title": a_text, "tags": a_text, "headings": a_text, "body": a_text})
some_rows = st.lists(a_row, max_size=12)


def build(rows: Sequence[Mapping[str, str]], **options) -> Postings:
    builder = Builder(ENGLISH, **options)
    for row in rows:
        builder.add(row)
    return builder.finish()


def keywords_of(*parts: Sequence[Mapping[str, str]], dead: Sequence[int] = (), notes=(), **options) -> Keywords:
    """One segment a part; each row a note of its own; the rows numbered in ``dead`` are gone."""
    made, first = [], 0
    for rows in parts:
        postings = build(rows, **options)
        count = postings.row_count
        alive = np.array([first + row not in dead for row in range(count)], np.bool_)
        columns = make_columns([dict(notes[first + row]) if notes else {} for row in range(count)])
        made.append(Part(postings, columns, np.arange(count, dtype=np.int32), None if alive.all() else alive, first))
        first += count
    return Keywords(made)


def expected_lines(rows: Sequence[Mapping[str, str]]) -> dict[tuple[bytes, int], tuple[float, list[int]]]:
    """Weight and positions by term and row, worked out one word at a time."""
    found: dict[tuple[bytes, int], tuple[float, list[int]]] = {}
    for number, row in enumerate(rows):
        base = 0
        for name, weight in FIELD_WEIGHTS.items():
            words = [part.term for run in runs(row.get(name, "")) for part in ENGLISH.parts(run)]
            for position, term in enumerate(words):
                if term:
                    so_far, places = found.setdefault((term.encode(), number), (0.0, []))
                    found[term.encode(), number] = (so_far + weight, [*places, base + position])
            base += len(words) + FIELD_GAP if words else 0
    return found


def quantised(length: float) -> float:
    """The length that an index keeps for a row of this length."""
    return min((float(kept) for kept in LENGTHS if kept >= length), default=float(LENGTHS[-1]))
