"""When the segments of the index are put together, and which. Pure."""

from collections.abc import Sequence

MAX_SEGMENTS = 8  # more would make each search look in more places
_MAX_DEAD = 0.25  # of a segment's notes


def plan_fold(sizes: Sequence[int], dead: Sequence[int]) -> int | None:
    """Say from which segment on all are to be put together; None when they are fine.

    A segment is copied when what came after it has grown as large, as in the logarithmic method (Bentley & Saxe,
    "Decomposable Searching Problems", 1980): each note is copied a few times in all, and the large segment seldom.

    Args:
        sizes: how many notes each segment holds, the oldest first.
        dead: how many of them are hidden by newer ones or gone.
    """
    for number, (size, hidden) in enumerate(zip(sizes, dead, strict=True)):
        if size >= MAX_SEGMENTS and hidden > _MAX_DEAD * size:
            return number
    if len(sizes) <= MAX_SEGMENTS:
        return None
    later = sum(sizes)
    for number, size in enumerate(sizes):
        later -= size
        if later >= size:
            return number
    return len(sizes) // 2
