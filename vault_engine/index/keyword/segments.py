"""Which term stands in which row, and how weightily: immutable segments of sorted arrays, and the terms' numbers.

A row is one chunk. A term's weight in a row is the sum, over the fields it stands in, of the field's weight times
its count there: the "one field of weighted tokens" form of BM25F (Robertson, Zaragoza & Taylor, "Simple BM25
Extension to Multiple Weighted Fields", 2004).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


class Vocabulary:
    """Numbers the terms in the order they were first seen. Grows; never renumbers."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self._numbers = {term: number for number, term in enumerate(terms)}

    def number(self, term: str) -> int:
        """Give the number of a term, a new one if need be."""
        return self._numbers.setdefault(term, len(self._numbers))

    def find(self, term: str) -> int | None:
        """Give the number of a term that has one."""
        return self._numbers.get(term)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings of some rows, by term.

    The postings of ``terms[i]`` are ``rows[starts[i]:starts[i + 1]]`` and the same slice of ``weights``.
    """

    terms: Ints  # shape (t,), ascending
    starts: NDArray[np.int64]  # shape (t + 1,)
    rows: Ints  # shape (p,), ascending within a term
    weights: Floats  # shape (p,)

    def postings(self, term: int) -> tuple[Ints, Floats]:
        """Give the rows that hold a term, and its weight in each."""
        at = int(np.searchsorted(self.terms, term))
        if at == len(self.terms) or self.terms[at] != term:
            return self.rows[:0], self.weights[:0]
        span = slice(int(self.starts[at]), int(self.starts[at + 1]))
        return self.rows[span], self.weights[span]


def weigh(fields: Iterable[tuple[float, Mapping[str, int]]]) -> dict[str, float]:
    """Add up a row's terms: ``fields`` are pairs of a field's weight and its terms with their counts."""
    weights: dict[str, float] = {}
    for field_weight, counts in fields:
        for term, count in counts.items():
            weights[term] = weights.get(term, 0.0) + field_weight * count
    return weights


def make_segment(rows: Mapping[int, Mapping[str, float]], vocabulary: Vocabulary) -> Segment:
    """Turn weighed rows, by row number, into postings."""
    terms: list[int] = []
    row_numbers: list[int] = []
    weights: list[float] = []
    for row, weighed in rows.items():
        terms.extend(vocabulary.number(term) for term in weighed)
        row_numbers.extend([row] * len(weighed))
        weights.extend(weighed.values())
    return _invert(np.array(terms, np.int32), np.array(row_numbers, np.int32), np.array(weights, np.float32))


def merge(segments: Sequence[Segment], new_row: Ints) -> Segment:
    """Make one segment of several; row ``r`` becomes ``new_row[r]``, and is left out where that is negative."""
    terms = np.concatenate([np.repeat(s.terms, np.diff(s.starts)) for s in segments])
    rows = new_row[np.concatenate([s.rows for s in segments])]
    weights = np.concatenate([s.weights for s in segments])
    kept = rows >= 0
    return _invert(terms[kept], rows[kept], weights[kept])


def _invert(terms: Ints, rows: Ints, weights: Floats) -> Segment:
    order = np.lexsort((rows, terms))
    terms = terms[order]
    distinct, first = np.unique(terms, return_index=True)
    starts = np.append(first, len(terms)).astype(np.int64)
    return Segment(distinct, starts, rows[order], weights[order])
