"""Late interaction: each word of a question with the most alike word of a text, weighted by what it tells.

(MaxSim: Khattab & Zaharia, "ColBERT", 2020.) By the packaged model's vectors of tokens, which are kept on disk; made
for short texts, such as turns of a conversation.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import LATE_RERANKER
from vault_engine.errors import RerankerFailed
from vault_engine.index.token_store import Tokens
from vault_engine.index.token_vectors import QuestionTokens, TokenVectors
from vault_engine.search.judging import BUDGET_S, Deadline, Floats, Judged, Weigh


class Late:
    """Judges by late interaction; see `Reranker`."""

    def __init__(self, tokens: TokenVectors, most_made: int | None = None) -> None:
        """Get ready.

        Args:
            tokens: makes and keeps the vectors.
            most_made: of how many texts they may be made while somebody waits; None: of all.
        """
        self._tokens, self._most_made = tokens, most_made

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
            What the group of each text is worth, shape ``(len(texts),)``.
        """
        found = self._both(question, texts)
        if found is None:
            return None
        asked, held = found
        groups, place = np.unique(group_of, return_inverse=True)
        whole = [_joined([held[at] for at in np.flatnonzero(place == group)]) for group in range(len(groups))]
        return max_sim(asked, whole, _told(question, asked, weigh))[place]

    def _both(self, question: str, texts: Sequence[Judged]) -> tuple[QuestionTokens, list[Tokens]] | None:
        """Give the tokens of a question and of some texts; None: too many would have to be made."""
        held = self._tokens.kept([text.key for text in texts])
        missing = [at for at, one in enumerate(held) if one is None]
        if self._most_made is not None and len(missing) > self._most_made:
            return None
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
    words, weights = asked.tokens.codes.astype(np.float32), told * asked.tokens.scales / told.sum()

    def score(text: Tokens) -> float:  # one by one: products of many texts make the algebra library start threads
        if not len(text.codes):
            return 0.0
        return float(weights @ ((words @ text.codes.T.astype(np.float32)) * text.scales).max(axis=1))

    return np.clip(np.array([score(text) for text in texts], np.float32), 0, 1)


def _joined(texts: Sequence[Tokens]) -> Tokens:
    return Tokens(np.concatenate([one.codes for one in texts]), np.concatenate([one.scales for one in texts]))


def _told(question: str, asked: QuestionTokens, weigh: Weigh) -> Floats:
    told = np.array([weigh(_word_at(question, start)) for start in asked.starts], np.float32)
    return told if told.any() else np.ones_like(told)


def _word_at(text: str, start: int) -> str:
    """Give the word that a place in a text belongs to."""
    first = last = start
    while first and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum():
        last += 1
    return text[first:last]
