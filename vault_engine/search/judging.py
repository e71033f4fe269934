"""What it means to judge how well texts answer a question, and in what time."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vault_engine.errors import JudgeFailed, RerankerFailed

Floats = NDArray[np.float32]

BUDGET_S = 2.0  # for all texts of one question, loading a model apart
MAX_CHARS = 2_000  # of a text that is looked at


class Judged(NamedTuple):
    """A text that is to be judged."""

    key: bytes  # of its chunk
    read: Callable[[], str]
    is_current: Callable[[], bool] = lambda: True  # whether what `read` gives is still what the chunk held


class Weigh(Protocol):
    """Says how much a word of a question tells."""

    def __call__(self, word: str) -> float:
        """Give its weight; 0 for a stop word."""
        ...


class Reranker(Protocol):
    """Anything that judges how well texts answer a question."""

    def judge(self, question: str, texts: Sequence[Judged], weigh: Weigh) -> Floats | None:
        """Say how well each text answers, in [0, 1].

        Returns:
            Shape ``(n,)``, of the first n texts, the likeliest; more would take too long now. None: any would.

        Raises:
            RerankerFailed: that is impossible, or took too long.
        """
        ...


class Deadline:
    """When judging has to be done."""

    def __init__(
        self, name: str, budget_s: float, failure: type[RerankerFailed | JudgeFailed] = RerankerFailed
    ) -> None:
        """Begin to count.

        Args:
            name: of the reranker, or whatever else judges.
            budget_s: how long it may take.
            failure: what is raised when it is over.
        """
        self._name, self._budget_s, self._failure = name, budget_s, failure
        self._ends = time.monotonic() + budget_s

    def left_s(self) -> float:
        """Say how much time is left.

        Raises:
            RerankerFailed, JudgeFailed: none is.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self._failure(self._name, f"took longer than {self._budget_s:g} s")
        return left


def as_shares(scores: Sequence[float], expected: int) -> Floats:
    """Bring scores into [0, 1]: those of models are logits, unless all are in it already.

    Raises:
        ValueError: they are not as many, or no numbers.
    """
    values = np.asarray(scores, np.float64)
    if values.shape != (expected,) or not np.isfinite(values).all():
        raise ValueError(f"{values.shape} scores for {expected} texts")
    if len(values) and (values.min() < 0 or values.max() > 1):
        values = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return np.asarray(values, np.float32)
