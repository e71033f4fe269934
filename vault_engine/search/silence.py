"""Whether anything answers a question at all: an empty answer is better than a bad one. Pure.

Two looks. The first asks how much of the question a row holds in words, and how near it is in meaning; that settles
most questions. Where both are weak, the best rows are compared with the question word by word.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.errors import RerankerFailed
from vault_engine.search.weights import Weights

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_WORD = re.compile(r"\w+")

CloserLook = Callable[[str, Numbers, Numbers], Floats | None]
"""Says how alike a question and rows are, word by word, those of one note together: question, rows, their notes."""


class Found(NamedTuple):
    """Rows that may be hits, and what is known of each; shape ``(n,)`` each."""

    rows: Numbers
    notes: Numbers  # a number for the note of each
    covered: Floats  # the share of the question that it holds in words
    nearness: Floats  # in meaning, in [0, 1]
    lengths: Floats  # in words


def nothing_answers(question: str, found: Found, look_closer: CloserLook, weights: Weights) -> bool:
    """Say whether none of some rows answers a question.

    The likeness of unrelated texts grows with the logarithm of their length: among more words, one is more alike. So
    that part is taken off. And of a question of few words, one that happens to be met is much of it.

    Args:
        question: the text.
        found: the rows.
        look_closer: compares them with the question; where it fails, they count as answers.
        weights: what is doubtful, and what convinces.
    """
    worth = found.covered + found.nearness
    if not len(worth) or worth.max() >= weights.doubtful:
        return False
    best = np.argsort(-worth, kind="stable")[: weights.looked_at_closer]
    _, group = np.unique(found.notes[best], return_inverse=True)
    words = np.bincount(group, found.lengths[best])[group]
    by_chance = weights.alike_by_length * np.log((words + 1) / weights.usual_words)
    asked = min(max(len(_WORD.findall(question)), 1), weights.most_question_words)
    needed = weights.convincing - weights.met_by_chance * math.log(asked / weights.usual_question_words)
    try:
        likeness = look_closer(question, found.rows[best], found.notes[best])
    except RerankerFailed:
        return False
    near = weights.convincing_nearness * found.nearness[best]
    return likeness is not None and bool((likeness - by_chance + near).max() < needed)
