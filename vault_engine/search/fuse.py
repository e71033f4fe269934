"""From the legs' scores to one score a row, and from rows to notes. Pure.

The constants are in `weights`; they were measured with `memwell eval locomo` (959 questions about five conversations)
and bench.vault_questions (28 questions each about the documentation of Foam and of Logseq); see docs/performance.md.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.search.weights import WEIGHTS, Weights

Floats = NDArray[np.float32]


class Scored(NamedTuple):
    """One note's best row."""

    path: str
    row: int
    score: float  # in [0, 1]
    parts: Mapping[str, float] = {}  # what speaks for it: these add up to its relevance
    factors: Mapping[str, float] = {}  # and these multiply it
    linked: str | None = None  # the hit that it was found through


def saturate(scores: Floats, weights: Weights = WEIGHTS) -> Floats:
    """Bring BM25F scores, shape ``(rows,)``, into [0, 1) by ``s / (s + half_saturation)``, the same for every query."""
    return np.asarray(scores / (scores + np.float32(weights.half_saturation)), np.float32)


def shares(keyword: Floats | None, cosines: Floats | None, weights: Weights = WEIGHTS) -> dict[str, Floats]:
    """Combine the legs: a convex sum of values that are each in [0, 1], so that scores compare between queries.

    Args:
        keyword: shape ``(rows,)``, BM25F as `saturate` gives it; None if that leg did not run.
        cosines: shape ``(rows,)``, NaN where a row has no vector yet: where its words match, it counts as just near.
        weights: of the legs.

    Returns:
        What each leg adds, each of shape ``(rows,)``; 0 for a row that does not answer at all.
    """
    if cosines is None:
        return {"words": np.zeros(0, np.float32) if keyword is None else keyword}
    nearness = as_nearness(cosines)
    if keyword is None:
        return {"meaning": np.where(nearness >= weights.min_cosine, nearness, 0.0).astype(np.float32)}
    answers = (keyword > 0) | is_near(nearness, keyword, weights)
    nearness[np.isnan(cosines)] = weights.min_cosine
    share = np.float32(weights.semantic_share)
    return {
        "words": np.where(answers, (1 - share) * keyword, 0).astype(np.float32),
        "meaning": np.where(answers, share * nearness, 0).astype(np.float32),
    }


def as_nearness(cosines: Floats) -> Floats:
    """Bring cosines into [0, 1]; NaN, of a row without a vector, is 0."""
    return np.clip(np.nan_to_num(cosines, nan=0.0), 0.0, 1.0)


def semantic_share(covered: Floats, weights: Weights = WEIGHTS) -> float:
    """Say what meaning counts for: the more, the less of the question the best row holds in words.

    Args:
        covered: the share of the question that each row holds, shape ``(rows,)``, as `coverage` gives it.
        weights: between which shares it lies.
    """
    best = float(covered.max(initial=0))
    lacking = (weights.well_covered - best) / (weights.well_covered - weights.hardly_covered)
    lacking = min(max(lacking, 0.0), 1.0)
    return (1 - lacking) * weights.semantic_share + lacking * weights.semantic_share_alone


def fuse(keyword: Floats | None, cosines: Floats | None, weights: Weights = WEIGHTS) -> Floats:
    """Give the sum of `shares`, shape ``(rows,)``."""
    return total(shares(keyword, cosines, weights))


def is_near(nearness: Floats, keyword: Floats, weights: Weights = WEIGHTS) -> NDArray[np.bool_]:
    """Say which rows are near enough to answer though they share no word with the question."""
    floor = weights.min_cosine if keyword.any() else weights.min_cosine_alone
    return np.asarray(nearness >= floor)


def by_rank(keyword: Floats | None, cosines: Floats | None, weights: Weights = WEIGHTS) -> dict[str, Floats]:
    """Combine the legs by the ranks they give (reciprocal rank fusion), in [0, 1]; takes and gives as `shares`."""
    answers = fuse(keyword, cosines, weights) > 0
    legs = {"words": keyword, "meaning": None if cosines is None else np.nan_to_num(cosines, nan=-1.0)}
    running = {name: values for name, values in legs.items() if values is not None}
    parts = {}
    for name, values in running.items():
        rank = np.empty(len(values), np.float32)
        rank[np.argsort(-values, kind="stable")] = np.arange(len(values), dtype=np.float32)
        found = answers & (values > 0)
        worth = weights.rrf_k / (weights.rrf_k + rank) / len(running)
        parts[name] = np.where(found, worth, 0).astype(np.float32)
    return parts


def total(parts: Mapping[str, Floats]) -> Floats:
    """Add up what speaks for some rows, within [0, 1]."""
    return np.asarray(np.clip(np.sum(list(parts.values()), axis=0), 0, 1), np.float32)


def best_notes(rows: NDArray[np.int64], scores: Floats, owner: Callable[[int], str], limit: int) -> list[Scored]:
    """Give the best ``limit`` notes by their best row, best first; ties go by path.

    Args:
        rows: ascending, shape ``(n,)``.
        scores: of those rows, shape ``(n,)``; rows scored 0 are no hits.
        owner: says whose a row is.
        limit: how many notes at most.
    """
    best: dict[str, Scored] = {}
    lowest = 0.0  # of the best notes so far, once they are as many as are wanted
    for at in np.argsort(-scores, kind="stable").tolist():
        row, score = int(rows[at]), float(scores[at])
        if score <= 0 or (len(best) >= limit and score < lowest):
            break
        path = owner(row)
        if path not in best:
            best[path] = Scored(path, row, score)
            lowest = score  # they come in order
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.path))[:limit]
