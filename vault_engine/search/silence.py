"""Whether anything answers a question at all: an empty answer is better than a bad one. Pure.

Two looks. The first asks how much of the question a row holds in words, and how near it is in meaning; that settles
most questions. Where both are weak, the best rows are compared with the question word by word.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vault_engine.errors import RerankerFailed
from vault_engine.index.keyword.live import Keywords
from vault_engine.search.rerank import Reranking
from vault_engine.search.weights import Weights

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def evidence(terms: Iterable[str], keywords: Keywords, rows: Rows, cosines: Floats, weights: Weights) -> Floats:
    """Say what speaks for each row: the share of the question it holds, by what its words tell, plus its nearness.

    Args:
        terms: of the question, each once.
        keywords: of the index.
        rows: those that may be hits, shape ``(n,)``.
        cosines: of the rows with the question, shape ``(n,)``; NaN where a row has no vector yet.
        weights: of a long question only so many missing words count against a row.

    Returns:
        Shape ``(n,)``, from 0 to 2.
    """
    held, told = np.zeros(keywords.row_count, np.float32), 0.0
    for term in terms:
        idf = keywords.idf(keywords.frequency(term.encode()))
        held[keywords.holders(term.encode()).rows] += np.float32(idf)
        told += idf
    of_rows = held[rows]
    missing = np.clip(told - of_rows, 0, weights.most_missing)
    covered = of_rows / np.maximum(of_rows + missing, np.float32(1e-6))
    return np.asarray(covered + np.clip(np.nan_to_num(cosines), 0, 1), np.float32)


def nothing_answers(
    question: str, rows: Rows, worth: Floats, lengths: Floats, look_closer: Reranking, weights: Weights
) -> bool:
    """Say whether none of some rows answers a question.

    The likeness of unrelated texts grows with the logarithm of their length: among more words, one is more alike. So
    that part is taken off.

    Args:
        question: the text.
        rows: those that may be hits, shape ``(n,)``.
        worth: of the rows, as `evidence` gives it.
        lengths: of the rows in words, shape ``(n,)``.
        look_closer: compares a text with the question word by word; where it fails, the rows count as answers.
        weights: what is doubtful, and what convinces.
    """
    if not len(rows) or worth.max() >= weights.doubtful:
        return False
    best = np.argsort(-worth, kind="stable")[: weights.looked_at_closer]
    by_chance = weights.alike_by_length * np.log((lengths[best] + 1) / weights.usual_words)
    try:
        likeness = look_closer(question, rows[best])
    except RerankerFailed:
        return False
    return likeness is not None and bool((likeness - by_chance).max() < weights.convincing)
