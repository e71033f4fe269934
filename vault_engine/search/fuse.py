"""From the legs' scores to one score a row, and from rows to notes. Pure.

The constants were measured with bench.locomo (959 questions about five conversations) and bench.vault_questions (28
questions each about the documentation of Foam and of Logseq); see docs/performance.md.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SEMANTIC_SHARE = 0.3
HALF_SATURATION = 10.0  # the BM25F score that counts as 0.5: about two rare words of the question
MIN_COSINE = 0.25  # a chunk that shares no word with the question must at least be this near
MIN_COSINE_ALONE = 0.35  # and this near where no chunk at all shares one: gibberish seldom comes nearer
SET_BACK_FACTOR = 0.5  # a note that another one replaced stands behind its successor


class Scored(NamedTuple):
    """One note's best row."""

    path: str
    row: int
    score: float  # in [0, 1]


def saturate(scores: Floats) -> Floats:
    """Bring BM25F scores, shape ``(rows,)``, into [0, 1) by ``s / (s + HALF_SATURATION)``, the same for every query."""
    return scores / (scores + np.float32(HALF_SATURATION))


def fuse(keyword: Floats | None, cosines: Floats | None) -> Floats:
    """Combine the legs: a convex sum of values that are each in [0, 1], so that scores compare between queries.

    Args:
        keyword: shape ``(rows,)``, BM25F as `saturate` gives it; None if that leg did not run.
        cosines: shape ``(rows,)``, NaN where a row has no vector yet: where its words match, it counts as just near.

    Returns:
        Shape ``(rows,)``; 0 for a row that does not answer at all.
    """
    if cosines is None:
        return np.zeros(0, np.float32) if keyword is None else keyword
    nearness = np.clip(np.nan_to_num(cosines, nan=0.0), 0.0, 1.0)
    if keyword is None:
        return np.where(nearness >= MIN_COSINE, nearness, 0.0).astype(np.float32)
    is_near = nearness >= (MIN_COSINE if keyword.any() else MIN_COSINE_ALONE)
    nearness[np.isnan(cosines)] = MIN_COSINE
    fused = (1 - SEMANTIC_SHARE) * keyword + SEMANTIC_SHARE * nearness
    return np.where((keyword > 0) | is_near, fused, 0.0).astype(np.float32)


def best_notes(rows: NDArray[np.int64], scores: Floats, owner: Callable[[int], str], limit: int) -> list[Scored]:
    """Give the best ``limit`` notes by their best row, best first; ties go by path.

    Args:
        rows: ascending, shape ``(n,)``.
        scores: of those rows, shape ``(n,)``; rows scored 0 are no hits.
        owner: says whose a row is.
        limit: how many notes at most.
    """
    best: dict[str, Scored] = {}
    for at in np.argsort(-scores, kind="stable").tolist():
        row, score = int(rows[at]), float(scores[at])
        if score <= 0 or (len(best) >= limit and score < min(hit.score for hit in best.values())):
            break
        best.setdefault(owner(row), Scored(owner(row), row, score))
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.path))[:limit]
