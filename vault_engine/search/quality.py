"""What a note is worth beside its relevance: factors, which only ever multiply it. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.search.times import DAY, Period, nearness
from vault_engine.search.weights import Weights

Floats = NDArray[np.float32]


class Stated(NamedTuple):
    """What the notes of some rows state of themselves; shape ``(n,)`` each."""

    dates: NDArray[np.int64]  # when it was changed last, in microseconds since 1970; `no_date`: it does not say
    times: NDArray[np.int64]  # all times that it is of, shape ``(k, n)``; `no_date`: none
    valid_to: NDArray[np.int64]
    expires: NDArray[np.int64]
    importance: NDArray[np.float64]  # NaN: it does not say
    confidence: NDArray[np.float64]
    pinned: NDArray[np.bool_]
    set_back: NDArray[np.bool_]  # replaced, or shown less of by its owner
    no_date: int


def factors(stated: Stated, now: int, periods: tuple[Period, ...], weights: Weights) -> dict[str, Floats]:
    """Give what relevance is multiplied with, by name; a note that states nothing has 1 everywhere.

    Args:
        stated: by the notes.
        now: the time, in microseconds since 1970.
        periods: times that the question names.
        weights: of the factors.
    """
    over = _is_before(stated.valid_to, now, stated.no_date) | _is_before(stated.expires, now, stated.no_date)
    age_days = np.maximum(now - stated.dates, 0) / DAY
    young = np.where(stated.dates == stated.no_date, 0, 0.5 ** (age_days / weights.half_life_days))
    importance = np.clip(np.nan_to_num(stated.importance, nan=0.5), 0, 1)
    confidence = np.clip(np.nan_to_num(stated.confidence, nan=1.0), 0, 1)
    found = {
        "set back": np.where(stated.set_back | over, weights.set_back, 1),
        "recency": 1 + weights.recency * young,
        "importance": 1 + weights.importance * (2 * importance - 1),
        "confidence": 1 - weights.confidence * (1 - confidence),
        "pinned": np.where(stated.pinned, 1 + weights.pinned, 1),
    }
    if periods:
        found["in time"] = 1 + weights.in_time * nearness(stated.times, periods, stated.no_date).max(axis=0)
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


def _is_before(dates: NDArray[np.int64], now: int, no_date: int) -> NDArray[np.bool_]:
    return np.asarray((dates != no_date) & (dates <= now))
