"""Which notes a sweep archives. Pure: it chooses among arrays, and says what it spared."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_AT_ONCE = 1_000  # notes: the vault is held while they are archived

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aged:
    """What is known of n notes, each array of shape ``(n,)``."""

    strength: Numbers  # in [0, 1]
    age_days: Numbers  # since it was changed
    idle_days: Numbers  # since it was changed or used
    days_left: Numbers  # until it expires, by what it states or by its tier; not above 0: it has
    is_spared: Mask  # pinned, verified, of the tier core; damaged, so that nobody can tell

    def __len__(self) -> int:
        return len(self.strength)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is archived: all that passes both limits given; without any, what has expired."""

    below: float | None = None  # strength
    older_than_days: float | None = None
    max_share: float = 0.1  # of all notes, in (0, 1]; one note may always go


class Chosen(NamedTuple):
    """What a sweep takes."""

    taken: NDArray[np.int64]  # numbers of notes, the weakest first
    found: int  # how many the limits let through, those left for another run included
    spared: int  # how many more they would have let through


def choose(notes: Aged, wanted: Mask, limits: Limits) -> Chosen:
    """Choose what a sweep archives.

    Args:
        notes: all there are.
        wanted: which of them are meant, shape ``(n,)``.
        limits: what they must have come to.
    """
    passes = wanted & _passing(notes, limits)
    found = np.flatnonzero(passes & ~notes.is_spared)
    order = np.lexsort((found, -notes.idle_days[found], notes.strength[found]))
    most = min(max(int(len(notes) * limits.max_share), 1), MOST_AT_ONCE)
    return Chosen(found[order][:most], len(found), int((passes & notes.is_spared).sum()))


def _passing(notes: Aged, limits: Limits) -> Mask:
    if limits.below is None and limits.older_than_days is None:
        return notes.days_left <= 0
    passes = np.ones(len(notes), np.bool_)
    if limits.below is not None:
        passes &= notes.strength < limits.below
    if limits.older_than_days is not None:
        passes &= notes.age_days > limits.older_than_days
    return passes
