"""Scoring rows by the words of a text, and taking the best: what most questions need, and nothing of Whoosh's. Pure."""

import numpy as np

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.live import Keywords
from vault_engine.index.keyword.postings import Floats

BLOCK = 256  # rows that `top_rows` looks at together


def score_text(text: str, keywords: Keywords, analyser: Analyser) -> Floats:
    """Score every row against the distinct words of a text, shape ``(rows,)``; 0 where nothing matches.

    A row is also worth what the chunks around it hold.
    """
    scores = np.zeros(keywords.row_count, np.float32)
    for term in analyser.counts(text):
        keywords.add_to(scores, term.encode())
    scores[keywords.dead] = 0
    return scores


def top_rows(scores: Floats, count: int) -> list[int]:
    """Give the best rows, best first, ties by number; at most ``count``, and none that is scored 0.

    Looks at the maxima of blocks first, and then only into blocks that can hold one of the best.
    """
    whole = len(scores) // BLOCK * BLOCK
    maxima = scores[:whole].reshape(-1, BLOCK).max(axis=1)
    if whole < len(scores):
        maxima = np.append(maxima, scores[whole:].max())
    if len(maxima) > count:
        lowest = max(float(np.partition(maxima, -count)[-count]), 0.0)
        blocks = np.flatnonzero(maxima >= lowest)
        rows = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        rows = rows[: np.searchsorted(rows, len(scores))]
        tied = rows[scores[rows] == lowest][:count] if lowest > 0 else rows[:0]
        rows = np.sort(np.concatenate([rows[scores[rows] > lowest], tied]))
    else:
        rows = np.flatnonzero(scores > 0)
    if len(rows) > count:
        lowest = float(np.partition(scores[rows], -count)[-count])
        rows = rows[scores[rows] >= lowest]
    best = rows[np.argsort(-scores[rows], kind="stable")[:count]]
    found: list[int] = best.tolist()
    return found
