"""Events that tell what a task took, so that it can be seen whether memory helps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from vault_engine.engine.events import Event, Told
from vault_engine.errors import BadInput

BENCHMARK = "benchmark"
_MOST = 10**12  # turns or tokens; nobody counts further


@dataclass(frozen=True, slots=True)
class Task:
    """One task that somebody was given, and what it took."""

    description: str
    turns: int
    tokens: int
    memory_used: bool
    recalls: int = 0  # how often memory was asked
    success: bool = False


@dataclass(frozen=True)
class Means:
    """What tasks took on average, with memory or without."""

    memory_used: bool
    tasks: int
    turns: float
    tokens: float
    recalls: float
    success: float  # share of the tasks, in [0, 1]


def as_event(task: Task, *, agent: str | None = None) -> Event:
    """Make an event of what a task took.

    Raises:
        BadInput: it is not described, or a number is negative or beyond all bounds.
    """
    if not task.description.strip():
        raise BadInput("a benchmark needs to say what the task was")
    counts = {"turns": task.turns, "tokens": task.tokens, "recalls": task.recalls}
    for name, count in counts.items():
        if not 0 <= count <= _MOST:
            raise BadInput(f"{count} {name} are not between 0 and {_MOST:,}")
    if task.recalls and not task.memory_used:
        raise BadInput(f"memory was asked {task.recalls} times, so it was used")
    acted = counts | {"memory_used": task.memory_used, "success": task.success}
    return Event(type=BENCHMARK, evaluated=task.description, acted=acted, agent=agent)


def means(benchmarks: Iterable[Told | None]) -> tuple[Means, ...]:
    """Give the means of those with memory, then of those without; what says something else is left out."""
    tasks = [task for one in benchmarks if one and (task := _measured(one.acted))]
    groups = ((used, [task for task in tasks if task.memory_used is used]) for used in (True, False))
    return tuple(_mean(used, group) for used, group in groups if group)


class _Measured(NamedTuple):
    """What a task took, as an event told it."""

    memory_used: bool
    numbers: tuple[int, int, int]  # turns, tokens, recalls
    success: bool


def _measured(acted: Any) -> _Measured | None:
    match acted:
        case {
            "turns": int(turns),
            "tokens": int(tokens),
            "recalls": int(recalls),
            "memory_used": bool(used),
            "success": bool(success),
        } if all(0 <= count <= _MOST for count in (turns, tokens, recalls)):
            return _Measured(used, (turns, tokens, recalls), success)
    return None


def _mean(used: bool, tasks: list[_Measured]) -> Means:
    turns, tokens, recalls = (sum(column) / len(tasks) for column in zip(*(one.numbers for one in tasks), strict=True))
    return Means(used, len(tasks), turns, tokens, recalls, sum(one.success for one in tasks) / len(tasks))
