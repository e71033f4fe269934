"""How much of a question a row holds in words. Pure."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.live import Keywords
from vault_engine.search.weights import Weights


def coverage(
    terms: Iterable[str], keywords: Keywords, rows: NDArray[np.int64], weights: Weights
) -> NDArray[np.float32]:
    """Say what share of a question each row holds, by what its words tell.

    Args:
        terms: of the question, each once.
        keywords: of the index.
        rows: those that may be hits, shape ``(n,)``.
        weights: of a long question only so many missing words count against a row.

    Returns:
        Shape ``(n,)``, from 0 to 1.
    """
    held, told = np.zeros(keywords.row_count, np.float32), 0.0
    for term in terms:
        idf = keywords.idf(keywords.frequency(term.encode()))
        held[keywords.holders(term.encode()).rows] += np.float32(idf)
        told += idf
    of_rows = held[rows]
    missing = np.clip(told - of_rows, 0, weights.most_missing)
    return np.asarray(of_rows / np.maximum(of_rows + missing, np.float32(1e-6)), np.float32)
