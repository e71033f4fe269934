"""How well all that a note or a folder holds answers, not only its best part. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.live import Keywords, saturated


class Wholes(NamedTuple):
    """Groups of rows, each taken as one text; shape ``(groups,)`` each."""

    sizes: NDArray[np.int64]  # how many rows it has
    scores: NDArray[np.float32]  # BM25; 0 for one that holds no word asked for


def wholes(terms: Sequence[str], keywords: Keywords, group_of: NDArray[np.int32], may: NDArray[np.bool_]) -> Wholes:
    """Compare groups of rows with the words of a question.

    Args:
        terms: of the question.
        keywords: of all rows.
        group_of: the number of each row's group, shape ``(rows,)``.
        may: which rows count, shape ``(rows,)``.
    """
    members = group_of[may]
    sizes = np.bincount(members)
    lengths = np.bincount(members, keywords.lengths[may])
    count = int(np.count_nonzero(sizes))
    norms = keywords.norms_of(lengths, float(lengths.sum()) / max(count, 1) or 1.0)
    scores = np.zeros(len(sizes), np.float32)
    for term in terms:
        rows, weights = keywords.holders(term.encode())
        kept = may[rows]
        held = np.bincount(group_of[rows[kept]], weights[kept], len(sizes)).astype(np.float32)
        idf = keywords.idf(int(np.count_nonzero(held)), count)
        scores += saturated(held, norms, np.float32(idf * (keywords.k1 + 1)))
    return Wholes(sizes, scores)
