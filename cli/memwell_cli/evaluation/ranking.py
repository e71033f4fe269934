"""How good rankings are: recall_any@k and the mean reciprocal rank in percent, and how sure they are."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 1_000
_SEED = 20_260_101  # the same questions give the same interval


class Interval(NamedTuple):
    """Where a figure lies with 95 % confidence."""

    low: float
    high: float


@dataclass(slots=True)
class Quality:
    """Ranks of the first right answer, one a question; None where none was among the hits."""

    ranks: list[int | None] = field(default_factory=list)  # from 1

    def add(self, found: Sequence[str], gold: Collection[str]) -> None:
        """Take in the answer to one question: the notes found, best first, and those that would be right."""
        self.ranks.append(next((rank for rank, name in enumerate(found, 1) if name in gold), None))

    def recall_any(self, k: int) -> float:
        """Say how many questions have a right answer among the first ``k``, in percent."""
        return _mean(self._hits(k))

    @property
    def mrr(self) -> float:
        """Give the mean of 1 / rank, 0 where nothing right was found, in percent."""
        return _mean(self._inverses())

    def interval(self, k: int | None) -> Interval:
        """Say how sure ``recall_any(k)`` is, or for None the `mrr`: by drawing the questions anew."""
        return _interval(self._values(k), _mean)

    def gain(self, other: "Quality", k: int | None) -> tuple[float, Interval]:
        """Say by how much this is better than another ranking of the same questions, question by question.

        Raises:
            ValueError: they are not as many.
        """
        if len(self.ranks) != len(other.ranks):
            raise ValueError(f"{len(other.ranks)} questions are compared with {len(self.ranks)}")
        differences = self._values(k) - other._values(k)
        return _mean(differences), _interval(differences, _mean)

    def as_json(self, *ks: int) -> dict[str, object]:
        """Give the figures in the shape of ``eval --json``."""
        return {
            "n": len(self.ranks),
            "recall_any": {str(k): round(self.recall_any(k), 2) for k in ks},
            "mrr": round(self.mrr, 2),
            "interval": {
                **{str(k): [round(each, 2) for each in self.interval(k)] for k in ks},
                "mrr": [round(each, 2) for each in self.interval(None)],
            },
            "ranks": self.ranks,
        }

    def _values(self, k: int | None) -> NDArray[np.float64]:
        return self._inverses() if k is None else self._hits(k)

    def _hits(self, k: int) -> NDArray[np.float64]:
        return np.array([rank is not None and rank <= k for rank in self.ranks], np.float64)

    def _inverses(self) -> NDArray[np.float64]:
        return np.array([1 / rank if rank else 0 for rank in self.ranks], np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return 100 * float(values.sum()) / max(len(values), 1)


def _interval(values: NDArray[np.float64], figure: Callable[[NDArray[np.float64]], float]) -> Interval:
    if not len(values):
        return Interval(0.0, 0.0)
    chance = np.random.default_rng(_SEED)
    drawn = [figure(values[chance.integers(0, len(values), len(values))]) for _ in range(_RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(float(low), float(high))
