"""Properties that a note has only in a folder which is kept in step: its decay, and how often it was used. Pure.

They are added behind the note's own, one a line, and each line is remembered, so that it is taken out again to the
character. A line that a person has changed is theirs and becomes part of the note; a property of that name which the
note has itself is never touched.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from vault_engine.note.edit import Refused, set_properties
from vault_engine.note.emit import pair_lines
from vault_engine.note.frontmatter import BOM, block_span, read_frontmatter
from vault_engine.note.model import FrontmatterState

DECAY, COUNT, LAST = "decay_score", "access_count", "last_accessed"
WORTH_SHOWING = 0.05  # a smaller change of a decay is not written

_NAMES = (DECAY, COUNT, LAST)
FENCES = "---"  # remembered where the note had no properties, so that the fences are ours too
_DAY = "@"
_UNSURE = _DAY  # the day is not known: what is remembered behind it may have been written or not


class Extra(StrEnum):
    """What can be shown of a note besides what it says."""

    DECAY = "decay"
    COUNTERS = "counters"


KEY_OF: Mapping[Extra, str] = {Extra.DECAY: DECAY, Extra.COUNTERS: COUNT}  # the property that each always has


def differs(shown: object, decay: float) -> bool:
    """Say whether a decay differs from the one shown so much that it is worth writing."""
    if not isinstance(shown, int | float) or isinstance(shown, bool):
        return True
    return round(abs(shown - round(decay, 2)), 6) >= WORTH_SHOWING


def with_properties(text: str, values: Mapping[str, Any], day: str) -> tuple[str, tuple[str, ...]]:
    """Add properties to a note; give its text, and what the additions are remembered by.

    Where that can't be done without touching anything else, and of a note without text, nothing is added.

    Args:
        text: the note.
        values: by name; one that the note has itself is left out.
        day: when that is done, as a date of ISO 8601.
    """
    head = read_frontmatter(text)
    new = {name: value for name, value in values.items() if name not in head.properties}
    edited = set_properties(text, new)
    nothing = text, marks_of_day(day)
    if not new or not text.strip() or isinstance(edited, Refused):
        return nothing
    fences = (FENCES,) if head.state is FrontmatterState.NONE else ()
    marks = (*marks_of(new), *fences, *marks_of_day(day))
    return (edited.text, marks) if without_properties(edited.text, marks) == text else nothing


def without_properties(text: str, marks: Collection[str]) -> str:
    """Take out what `with_properties` added, as remembered by the marks it gave."""
    if not (span := block_span(text)):
        return text
    start, end, body_start = span
    lines = text[start:end].split("\n")
    kept = "\n".join(line for line in lines if line.rstrip("\r") not in marks or not _is_line(line))
    if FENCES in marks and not kept:
        return text[: int(text.startswith(BOM))] + text[body_start:]
    return text[:start] + kept + text[end:]


def lines_like_ours(text: str) -> tuple[str, ...]:
    """Give the lines of a note's head that `with_properties` may have added to it."""
    span = block_span(text)
    lines = text[span[0] : span[1]].split("\n") if span else ()
    return tuple(line.rstrip("\r") for line in lines if _is_line(line))


def property_marks(marks: Iterable[str]) -> tuple[str, ...]:
    """Leave out of what a file is remembered by what is about other additions."""
    return tuple(filter(_is_of_properties, marks))


def link_marks(marks: Iterable[str]) -> tuple[str, ...]:
    """Leave out of what a file is remembered by what is about properties."""
    return tuple(mark for mark in marks if not _is_of_properties(mark))


def either(old: Iterable[str], new: Collection[str]) -> tuple[str, ...]:
    """Give what a file is remembered by that was written in one of two ways, or in part in the one and the other."""
    return (*dict.fromkeys(mark for mark in old if mark not in (*new, _UNSURE)), _UNSURE, *new)


def still_there(marks: Iterable[str], there: Container[str]) -> tuple[str, ...]:
    """Leave out of what a file is remembered by the lines that it does not have any more."""
    return tuple(mark for mark in marks if mark in there or mark == FENCES or mark.startswith(_DAY))


def marks_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what remembers values that were written, by name."""
    return tuple(line for name, value in values.items() for line in pair_lines(name, value))


def marks_of_day(day: str) -> tuple[str, ...]:
    """Give what remembers a day on which additions were written, as a date of ISO 8601, and nothing else."""
    return (_DAY + day,)


def day_of(marks: Collection[str]) -> str | None:
    """Give the day on which additions were written last; None for never, or if that is not sure."""
    days = [mark.removeprefix(_DAY) for mark in marks if mark.startswith(_DAY)]
    return days[-1] if days and _UNSURE not in marks else None


def names_of(marks: Iterable[str]) -> frozenset[str]:
    """Give the names of the properties that were added."""
    return frozenset(mark.partition(":")[0] for mark in marks if _is_line(mark))


def values_of(marks: Sequence[str]) -> dict[str, Any]:
    """Give the values that were added, by name; those that were written last, if that is not sure."""
    last = max((at for at, mark in enumerate(marks) if mark == _UNSURE), default=-1)
    lines = "".join(f"{mark}\n" for mark in marks[last + 1 :] if _is_line(mark))
    return dict(read_frontmatter(f"---\n{lines}---\n").properties) if lines else {}


def _is_of_properties(mark: str) -> bool:
    return _is_line(mark) or mark == FENCES or mark.startswith(_DAY)


def _is_line(line: str) -> bool:
    return line.partition(":")[0] in _NAMES
