"""What speaks for the turns of conversations, beside their own words and meaning. Pure.

A turn is short, and what it answers stands in the turn before it. Notes are not like that: lent words were measured to
harm them, so nothing here concerns a row that `index.turns` does not count as a turn.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.live import Keywords, saturated
from vault_engine.index.turns import Turns
from vault_engine.note.spoken import Sign
from vault_engine.search.weights import TurnWeights

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

_WHEN = re.compile(
    r"\s*(?:when|since when|until when|how long|what (?:date|day|month|year|time)|which (?:date|day|month|year)"
    r"|(?:in|on) (?:what|which) (?:date|day|month|year)|what (?:is|was) the (?:date|day))\b",
    re.IGNORECASE,
)


class ByWords(NamedTuple):
    """How well the turns fit the question's words, shape ``(turns,)`` each."""

    scores: Floats  # BM25, the words of the turns around counted in
    covered: Floats  # how much of what the question's words tell a turn holds itself, in [0, 1]
    may: Mask  # which turns may answer; the others count as if they said nothing


@dataclass(frozen=True, slots=True)
class TurnFeatures:
    """The features of some turns by name, each in [0, 1], shape ``(n,)``."""

    values: Mapping[str, Floats]

    def parts(self, weights: TurnWeights) -> dict[str, Floats]:
        """Give what each feature adds to the score, which is the sum."""
        return {
            name: values * np.float32(getattr(weights, name) / weights.total) for name, values in self.values.items()
        }


def by_words(
    terms: Sequence[str], keywords: Keywords, turns: Turns, allowed: Mask | None, weights: TurnWeights
) -> ByWords:
    """Compare all turns with the words of a question; turns that may not answer lend no words either."""
    rows = turns.rows
    scores, covered, told = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32), 0.0
    may = np.ones(len(rows), np.bool_) if allowed is None else allowed[rows]
    for term in terms:
        holders, weight = keywords.holders(term.encode())
        idf = keywords.idf(keywords.frequency(term.encode()))
        told += idf
        at = turns.place_of[holders]
        own = np.zeros(len(rows), np.float32)
        own[at[at >= 0]] = weight[at >= 0]
        own[~may] = 0
        if own.any():
            covered += np.float32(idf) * (own > 0)
            total = own + sum(turns.shifted(own, steps) * np.float32(share) for steps, share in weights.lent)
            scores += saturated(total, keywords.norms[rows], np.float32(idf * (keywords.k1 + 1)))
    scores[~may] = 0
    return ByWords(scores, covered / np.float32(max(told, 1e-9)), may)


def turn_features(
    question: str,
    turns: Turns,
    fits: ByWords,
    words: Floats,
    cosines: Floats | None,
    lengths: Floats,
    weights: TurnWeights,
) -> TurnFeatures:
    """Say what speaks for each turn.

    Args:
        question: the text.
        turns: all of them; n.
        fits: as `by_words` gives it.
        words: its scores, brought into [0, 1), shape ``(n,)``.
        cosines: of the turns with the question, shape ``(n,)``, NaN for those not compared; None: no vectors.
        lengths: of the turns in words, shape ``(n,)``.
        weights: of the features.
    """
    near = np.zeros(len(turns), np.float32) if cosines is None else np.clip(np.nan_to_num(cosines), 0, 1)
    near[~fits.may] = 0
    window = _window(near, turns)
    fit = weights.evidence_words * words + weights.evidence_meaning * near + weights.evidence_window * window
    fit[~fits.may] = 0
    asks = (turns.signs & Sign.ASKS) > 0
    names_a_time = (turns.signs & Sign.NAMES_A_TIME) > 0
    zero = np.zeros(len(turns), np.float32)
    return TurnFeatures(
        {
            "words": words,
            "meaning": near,
            "window": window,
            "conversation": _of_conversation(fit, turns, weights.best_turns),
            "answers": turns.shifted(fit * asks, 1),
            "around": np.maximum(turns.shifted(fit, 1), turns.shifted(fit, -1)),
            "time": names_a_time.astype(np.float32) if asks_when(question) else zero,
            "speaker": _speaks(question, turns),
            "own_words": fits.covered,
            "length": np.minimum(np.log1p(lengths) / np.float32(np.log1p(weights.many_words)), 1).astype(np.float32),
            "asks": ((turns.signs & Sign.IS_QUESTION) > 0).astype(np.float32),
        }
    )


def asks_when(question: str) -> bool:
    """Say whether a question asks for a time. Knows English only."""
    return _WHEN.match(question) is not None


def _window(near: Floats, turns: Turns) -> Floats:
    """Give about the cosine of the mean of each turn's vector and those beside it."""
    count = 1 + sum(turns.shifted(np.ones(len(turns), np.float32), steps) for steps in (1, -1))
    # Of k vectors that are alike as neighbours are, the mean is so much shorter than each of them.
    shorter = np.sqrt((1 + (count - 1) * np.float32(0.35)) / count)
    return np.minimum((near + turns.shifted(near, 1) + turns.shifted(near, -1)) / count / shorter, 1).astype(np.float32)


def _of_conversation(fit: Floats, turns: Turns, best: int) -> Floats:
    """Give each turn the mean of the best turns of its conversation."""
    order = np.lexsort((-fit, turns.conversation))
    of = turns.conversation[order]
    firsts = np.flatnonzero(np.diff(of, prepend=-1))
    rank = np.arange(len(of)) - np.repeat(firsts, np.diff(firsts, append=len(of)))
    taken = order[rank < best]
    sums = np.bincount(turns.conversation[taken], fit[taken], int(turns.conversation.max(initial=0)) + 1)
    return np.asarray(sums[turns.conversation] / best, np.float32)


def _speaks(question: str, turns: Turns) -> Floats:
    """Say which turns are of somebody whom the question names."""
    asked = question.casefold()
    named = np.array([re.search(rf"\b{re.escape(name)}\b", asked) is not None for name in turns.speakers], np.float32)
    return named[turns.speaker]
