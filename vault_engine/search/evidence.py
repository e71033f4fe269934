"""How well the words of a question are met by a text, each by its most alike word there. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.token_store import Tokens
from vault_engine.index.token_vectors import QuestionTokens
from vault_engine.search.weights import Weights

Floats = NDArray[np.float32]


class AskedWord(NamedTuple):
    """A word of a question."""

    text: str
    told: float  # how much it tells; 0 for a stop word
    is_known: bool  # whether any note holds it


def met_by(asked: QuestionTokens, text: Tokens) -> Floats:
    """Say how alike each token of a question is to the most alike one of a text, shape ``(tokens,)``."""
    words = asked.tokens.codes.astype(np.float32)
    if not len(text.codes):
        return np.zeros(len(words), np.float32)
    alike = (words @ text.codes.T.astype(np.float32)) * text.scales
    return np.asarray(alike.max(axis=1) * asked.tokens.scales, np.float32)


def evidence(
    asked: QuestionTokens,
    word_of: NDArray[np.int64],
    words: Sequence[AskedWord],
    texts: Sequence[Tokens],
    weights: Weights,
) -> Floats:
    """Say how well the words of a question are met by each text, shape ``(len(texts),)``, in [0, 1].

    A word counts by how rare it is, here and in the language, and is met no better than its worst piece: pieces alone
    are like pieces of any word. A name of letters and digits is met by itself or not at all: it has no other words.

    Args:
        asked: the question.
        word_of: of which word each of its tokens is a piece, ascending, shape ``(tokens,)``.
        words: all of which there is a token.
        texts: their tokens.
        weights: what is rare.
    """
    if not words:
        return np.zeros(len(texts), np.float32)
    firsts = np.flatnonzero(np.diff(word_of, prepend=-1))
    pieces = np.diff(firsts, append=len(word_of))
    numbers = np.array(asked.numbers)[firsts]
    rarity = np.where(pieces > 1, 1.0, _rarity(numbers, weights))
    told = np.array([word.told for word in words])
    counts = (told if told.any() else np.ones_like(told)) * pieces * rarity
    may_be_met = np.array([word.is_known or not _is_code(word.text) for word in words])
    met = [np.clip(np.minimum.reduceat(met_by(asked, text), firsts), 0, 1) * may_be_met for text in texts]
    return np.asarray(np.array(met) @ counts / counts.sum(), np.float32)


def _rarity(numbers: NDArray[np.int64], weights: Weights) -> NDArray[np.float64]:
    """Say how rare whole words are in the language, from their places in the model's list of them."""
    rank = np.log(np.maximum(numbers, weights.common_word) / weights.common_word)
    return np.asarray(np.maximum(rank / np.log(weights.rare_word / weights.common_word), weights.least_rarity) ** 0.5)


def _is_code(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))
