"""How long something takes, by the wall and by the processor."""

import time
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Took(NamedTuple):
    """Seconds by the wall and of this process's processor time."""

    wall_s: float
    cpu_s: float

    @property
    def wall_ms(self) -> float:
        """Milliseconds by the wall."""
        return self.wall_s * 1000


def timed(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, Took]:
    """Do something and say how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(*args, **kwargs)
    return result, Took(time.perf_counter() - wall, time.process_time() - cpu)
