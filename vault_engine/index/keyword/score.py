"""BM25F over segments: how well each row answers a set of terms. Pure."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.segments import Floats, Ints, Segment

K1 = 0.9  # saturation: how soon a second occurrence stops mattering
B = 0.6  # how far a long row is held against itself


def score_rows(terms: Iterable[int], segments: Sequence[Segment], lengths: Floats, alive: NDArray[np.bool_]) -> Floats:
    """Score every row, shape ``(rows,)``; 0 where no term matches.

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
        return scores
    norms = K1 * (1 - B + B * lengths / max(float(lengths[alive].mean()), 1e-9))
    for term in terms:
        rows, weights = _living(segments, term, alive)
        idf = float(np.log1p((row_count - len(rows) + 0.5) / (len(rows) + 0.5)))
        scores[rows] += idf * weights * (K1 + 1) / (weights + norms[rows])
    return scores


def _living(segments: Sequence[Segment], term: int, alive: NDArray[np.bool_]) -> tuple[Ints, Floats]:
    found = [segment.postings(term) for segment in segments]
    rows = np.concatenate([rows for rows, _ in found])
    weights = np.concatenate([weights for _, weights in found])
    kept = alive[rows]
    return rows[kept], weights[kept]
