"""Late interaction: each word of a question with the most alike word of a text, weighted by what it tells.

(MaxSim: Khattab & Zaharia, "ColBERT", 2020.) By the packaged model's vectors of tokens, which are kept on disk; made
for short texts, such as turns of a conversation.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import LATE_RERANKER
from vault_engine.errors import RerankerFailed
from vault_engine.index.token_store import Tokens
from vault_engine.index.token_vectors import QuestionTokens, TokenVectors
from vault_engine.search.evidence import AskedWord, evidence, met_by
from vault_engine.search.judging import BUDGET_S, Deadline, Floats, Judged, Weigh
from vault_engine.search.weights import Weights


class Late:
    """Judges by late interaction; see `Reranker`."""

    def __init__(self, tokens: TokenVectors, most_made: int | None = None, *, partly: bool = False) -> None:
        """Get ready.

        Args:
            tokens: makes and keeps the vectors.
            most_made: of how many texts they may be made while somebody waits; None: of all.
            partly: whether the first texts are judged all the same where more would have to be made.
        """
        self._tokens, self._most_made, self._partly = tokens, most_made, partly

    def judge(self, question: str, texts: Sequence[Judged], weigh: Weigh) -> Floats | None:
        """See `Reranker.judge`."""
        found = self._both(question, texts)
        return max_sim(*found, _told(question, found[0], weigh)) if found else None

    def judge_together(
        self, question: str, texts: Sequence[Judged], group_of: NDArray[np.int64], weigh: Weigh
    ) -> Floats | None:
        """Say how well all texts of a group answer together, as if they were one; otherwise as `judge`.

        Args:
            question: the text.
            texts: parts of notes, say.
            group_of: a number for the group of each text, shape ``(len(texts),)``.
            weigh: says how much a word tells.

        Returns:
            What the group of each text is worth, shape ``(len(texts),)``; None: too many would have to be made.
        """
        found = self._both(question, texts)
        if found is None or len(found[1]) < len(texts):
            return None
        whole, place = _joined_by(group_of, found[1])
        return max_sim(found[0], whole, _told(question, found[0], weigh))[place]

    def look_for_evidence(
        self,
        question: str,
        texts: Sequence[Judged],
        group_of: NDArray[np.int64],
        word: Callable[[str], AskedWord],
        weights: Weights,
    ) -> Floats | None:
        """Say how well the words of a question are met by all texts of a group; otherwise as `judge_together`.

        Args:
            question: the text.
            texts: parts of notes, say.
            group_of: a number for the group of each text, shape ``(len(texts),)``.
            word: says what is known of a word.
            weights: what counts for how much.
        """
        found = self._both(question, texts)
        if found is None or len(found[1]) < len(texts):
            return None
        asked, held = found
        whole, place = _joined_by(group_of, held)
        spans = [_span_at(question, start) for start in asked.starts]
        _, word_of = np.unique([start for start, _ in spans], return_inverse=True)
        words = [word(question[start:end]) for start, end in dict.fromkeys(spans)]
        return evidence(asked, word_of, words, whole, weights)[place]

    def _both(self, question: str, texts: Sequence[Judged]) -> tuple[QuestionTokens, list[Tokens]] | None:
        """Give the tokens of a question and of the first texts; None: too many would have to be made."""
        held = self._tokens.kept([text.key for text in texts])
        missing = [at for at, one in enumerate(held) if one is None]
        if self._most_made is not None and len(missing) > self._most_made:
            if not self._partly:
                return None
            held, missing = held[: missing[self._most_made]], missing[: self._most_made]
        made: dict[bytes, Tokens] = {}
        generation = self._tokens.generation
        try:
            asked = self._tokens.question(question)
            deadline = Deadline(LATE_RERANKER, BUDGET_S)
            for at in missing:
                deadline.left_s()
                held[at] = one = self._tokens.make(texts[at].read())
                if texts[at].is_current():
                    made[texts[at].key] = one
        except RerankerFailed:
            raise
        except Exception as error:
            raise RerankerFailed(LATE_RERANKER, str(error) or type(error).__name__) from error
        finally:
            self._tokens.keep(made, generation)
        return asked, [one for one in held if one is not None]


def max_sim(asked: QuestionTokens, texts: Sequence[Tokens], told: Floats) -> Floats:
    """Say how well each text answers, shape ``(len(texts),)``, in [0, 1]; 0 for one without words.

    Args:
        asked: the question.
        texts: their tokens.
        told: how much each token of the question tells, shape ``(tokens,)``, not all 0.
    """
    if not len(told):
        return np.zeros(len(texts), np.float32)
    # One by one: products of many texts make the algebra library start threads.
    scores = [float(told @ met_by(asked, text) / told.sum()) for text in texts]
    return np.clip(np.array(scores, np.float32), 0, 1)


def _joined_by(group_of: NDArray[np.int64], held: Sequence[Tokens]) -> tuple[list[Tokens], NDArray[np.int64]]:
    """Give each group's texts as one, and which of these each text is in."""
    groups, place = np.unique(group_of, return_inverse=True)
    return [
        _joined([held[at] for at in np.flatnonzero(place == group).tolist()]) for group in range(len(groups))
    ], place


def _joined(texts: Sequence[Tokens]) -> Tokens:
    return Tokens(np.concatenate([one.codes for one in texts]), np.concatenate([one.scales for one in texts]))


def _told(question: str, asked: QuestionTokens, weigh: Weigh) -> Floats:
    words = (question[slice(*_span_at(question, start))] for start in asked.starts)
    told = np.array([weigh(word) for word in words], np.float32)
    return told if told.any() else np.ones_like(told)


def _span_at(text: str, start: int) -> tuple[int, int]:
    """Say where the word that a place in a text belongs to begins and ends."""
    first = last = start
    while first and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum():
        last += 1
    return first, last
