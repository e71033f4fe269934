"""BM25F over segments: how well each row answers a set of terms. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.postings import Floats, Ints, Segment

K1 = 0.9  # saturation: how soon a second occurrence stops mattering
B = 0.6  # how far a long row is held against itself


class KeywordScores(NamedTuple):
    """The answer to one query, for all rows."""

    scores: Floats  # shape (rows,); 0 where no term matched
    best_possible: float  # what a row full of every term would get, so that scores can be scaled to [0, 1]


def score_rows(
    terms: Iterable[int], segments: Sequence[Segment], lengths: Floats, alive: NDArray[np.bool_]
) -> KeywordScores:
    """Score every row.

    Okapi BM25 with ``idf = ln(1 + (N - n + 0.5) / (n + 0.5))``, which is never negative (Robertson & Zaragoza,
    "The Probabilistic Relevance Framework", 2009, with Lucene's 1 inside the logarithm), on weighted counts.

    Args:
        terms: numbers of the query's terms.
        segments: all postings.
        lengths: shape ``(rows,)``, the sum of the weights in each row.
        alive: shape ``(rows,)``, false for rows whose note is gone.
    """
    scores = np.zeros(len(lengths), np.float32)
    row_count = int(alive.sum())
    if not row_count:
        return KeywordScores(scores, 0.0)
    norms = K1 * (1 - B + B * lengths / max(float(lengths[alive].mean()), 1e-9))
    best_possible = 0.0
    for term in terms:
        rows, weights = _living(segments, term, alive)
        if not len(rows):
            continue
        idf = float(np.log1p((row_count - len(rows) + 0.5) / (len(rows) + 0.5)))
        scores[rows] += idf * weights * (K1 + 1) / (weights + norms[rows])
        best_possible += idf * (K1 + 1)
    return KeywordScores(scores, best_possible)


def _living(segments: Sequence[Segment], term: int, alive: NDArray[np.bool_]) -> tuple[Ints, Floats]:
    found = [segment.postings(term) for segment in segments]
    rows = np.concatenate([rows for rows, _ in found])
    weights = np.concatenate([weights for _, weights in found])
    kept = alive[rows]
    return rows[kept], weights[kept]
