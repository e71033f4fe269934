"""Hits that differ: what says the same as a better hit comes later. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def varied(scores: Sequence[float], likeness: NDArray[np.float32], count: int, weight: float) -> list[int]:
    """Choose hits one by one, each time the one with the best score less its likeness to those chosen.

    (Maximal marginal relevance: Carbonell & Goldstein, 1998.)

    Args:
        scores: in [0, 1], best first.
        likeness: of each two hits, in [0, 1], shape ``(n, n)``.
        count: how many to choose at most.
        weight: of the likeness, in [0, 1].

    Returns:
        The places of those chosen, in order.
    """
    left, chosen = list(range(len(scores))), list[int]()
    most = np.zeros(len(scores), np.float32)  # the likeness to the most alike of those chosen
    while left and len(chosen) < count:
        at = max(left, key=lambda place: (scores[place] * (1 - weight * float(most[place])), -place))
        left.remove(at)
        chosen.append(at)
        most = np.maximum(most, likeness[at])
    return chosen
