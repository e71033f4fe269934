"""How long something takes, by the wall and by the processor."""

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

R = TypeVar("R")


class Took(NamedTuple):
    """Seconds by the wall and of this process's processor time."""

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], R]) -> tuple[R, Took]:
    """Do something and say how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Took(time.perf_counter() - wall, time.process_time() - cpu)


def timed_ms(work: Callable[[], R]) -> tuple[R, float]:
    """Do something and say how many milliseconds passed."""
    result, took = timed(work)
    return result, took.wall_s * 1000
