"""Bringing together what two wrote on one base, line by line, where neither touched what the other did. Pure.

Only a line feed ends a line, after a carriage return or not. A line keeps its end, and with another end it is another
line. Any ``str`` is a text.

Lines are matched by patience: those that stand once on either side are anchors, and what lies between two anchors is
matched in the same way. A stretch without anchors gets the shortest edit, if that is short. All this within a number
of steps that no text exceeds: a stretch beyond it counts as changed as a whole, together with lines below it that are
like its own. What can't be told in time is an overlap rather than a merge.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

MAX_STEPS = 1_000_000  # lines looked at in one comparison; about half a second
MAX_EDITS = 200  # lines added and removed in one stretch without anchors

_NO_NEWLINE = "\\ No newline at end of file\n"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FENCE = re.compile(r"---[ \t]*\r?\n?")
_UPDATED = re.compile(r"""updated:[ \t]+["']?(\d{4}-\d\d-\d\d[^"'#\r\n]*)["']?[ \t]*\r?\n""")


@dataclass(frozen=True)
class Merged:
    """Both sides' changes in one text."""

    text: str


@dataclass(frozen=True)
class Overlap:
    """One place that both changed, each in its own way, or with no unchanged line between their changes."""

    start: int  # the first line of the place in the base, counted from 1
    end: int  # the line after its last; ``start``, if both added lines before it
    base: str  # what stands there
    ours: str
    theirs: str


@dataclass(frozen=True)
class Overlapping:
    """The sides can't be brought together without choosing."""

    overlaps: tuple[Overlap, ...]  # in order, at least one


class _Block(NamedTuple):
    """Lines that both texts have."""

    old: int  # the first, counted from 0
    new: int
    length: int


class Stretch(NamedTuple):
    """A part of each of two texts, from and up to a line."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


class _Place(NamedTuple):
    """A part of the base, and what each side has there."""

    start: int  # in the base, counted from 0
    end: int
    base: list[str]
    ours: list[str]
    theirs: list[str]


def merge(base: str, ours: str, theirs: str) -> Merged | Overlapping:
    """Bring together what two made of ``base``.

    The result holds every line that one side added, and every line that neither removed, and no other. It is the same
    with the sides exchanged. What both changed in the same way is changed once. Changes without an unchanged line
    between them overlap; so do different lines that both added in one place, at the end for instance.

    One line is merged by itself: the property ``updated`` of a note. Where each side gave it another date, on one
    line, and all else can be brought together, the later one is taken.
    """
    merged = _merge(base, ours, theirs)
    if isinstance(merged, Overlapping) and (alike := _updated_alike(base, ours, theirs)):
        again = _merge(*alike)
        return again if isinstance(again, Merged) else merged
    return merged


def unified_diff(old: str, new: str, old_name: str, new_name: str, context: int = 3) -> str:
    """Write the differences as ``diff -u`` does, without times; "" if there are none.

    Args:
        old: the text before.
        new: the text after.
        old_name: stands in the first line; quoted if it holds control characters.
        new_name: stands in the second.
        context: how many unchanged lines to show around each change.
    """
    old_lines, new_lines = _lines(old), _lines(new)
    found = [f"--- {_quoted(old_name)}\n", f"+++ {_quoted(new_name)}\n"]
    for group in _near(changes_between(old_lines, new_lines), max(context, 0), len(old_lines)):
        first, last = group[0], group[-1]
        found.append(f"@@ -{_range(first.old_start, last.old_end)} +{_range(first.new_start, last.new_end)} @@\n")
        at = first.old_start
        for stretch in group[1:-1]:
            found += _marked(" ", old_lines[at : stretch.old_start])
            found += _marked("-", old_lines[stretch.old_start : stretch.old_end])
            found += _marked("+", new_lines[stretch.new_start : stretch.new_end])
            at = stretch.old_end
        found += _marked(" ", old_lines[at : last.old_end])
    return "".join(found) if len(found) > 2 else ""


def _lines(text: str) -> list[str]:
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


# ---- merging


def _merge(base: str, ours: str, theirs: str) -> Merged | Overlapping:
    base_lines = _lines(base)
    merged: list[str] = []
    overlaps: list[Overlap] = []
    at = 0
    for place in _places(base_lines, _lines(ours), _lines(theirs)):
        merged += base_lines[at : place.start]
        at = place.end
        if place.theirs in (place.base, place.ours):
            merged += place.ours
        elif place.ours == place.base:
            merged += place.theirs
        else:
            texts = ("".join(lines) for lines in (place.base, place.ours, place.theirs))
            overlaps.append(Overlap(place.start + 1, place.end + 1, *texts))
    merged += base_lines[at:]
    return Overlapping(tuple(overlaps)) if overlaps else Merged("".join(merged))


def _places(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[_Place]:
    """Give each place that a side changed; changes that touch are one place."""
    changes = sorted(
        (change, side) for side, lines in enumerate((ours, theirs)) for change in changes_between(base, lines)
    )
    shifts = [0, 0]  # of each side's lines against the base, behind the places so far
    index = 0
    while index < len(changes):
        start, end = changes[index][0][:2]
        before = tuple(shifts)
        while index < len(changes) and changes[index][0].old_start <= end:
            change, side = changes[index]
            end = max(end, change.old_end)
            shifts[side] = change.new_end - change.old_end
            index += 1
        our_part = ours[start + before[0] : end + shifts[0]]
        yield _Place(start, end, base[start:end], our_part, theirs[start + before[1] : end + shifts[1]])


def _updated_alike(base: str, ours: str, theirs: str) -> tuple[str, str, str] | None:
    """Give all three the later ``updated``; None unless each has it, with a date, and both sides changed it."""
    texts = [_lines(text) for text in (base, ours, theirs)]
    found = [(at, date, lines[at]) for lines in texts for at, date in _updated(lines)]
    if len(found) < len(texts) or found[0][2] in (found[1][2], found[2][2]):
        return None
    _, line = max((date, line) for _, date, line in found[1:])
    base, ours, theirs = (
        "".join([*lines[:at], line, *lines[at + 1 :]]) for lines, (at, _, _) in zip(texts, found, strict=True)
    )
    return base, ours, theirs


def _updated(lines: list[str]) -> list[tuple[int, str]]:
    """Find the one line of the frontmatter that says ``updated``, and its date; nothing if it says anything else."""
    if not lines or not _FENCE.fullmatch(lines[0].removeprefix("\ufeff")):
        return []
    end = next((at for at, line in enumerate(lines) if at and _FENCE.fullmatch(line)), 0)
    found = [at for at in range(1, end) if lines[at].startswith("updated:")]
    if len(found) != 1 or lines[found[0] + 1].startswith((" ", "\t")):
        return []
    dated = _UPDATED.fullmatch(lines[found[0]])
    return [(found[0], dated[1])] if dated else []


# ---- what changed


def changes_between(old: list[str], new: list[str]) -> list[Stretch]:
    """Give what was changed, in order; no two share a line."""
    numbers: dict[str, int] = {}
    comparison = _Comparison(
        [numbers.setdefault(line, len(numbers)) for line in old],
        [numbers.setdefault(line, len(numbers)) for line in new],
    )
    blocks = sorted(block for block in comparison.blocks() if block.length)
    ends = [_Block(0, 0, 0), *blocks, _Block(len(old), len(new), 0)]
    changes: list[Stretch] = []
    limit = len(old)
    for one, other in reversed(list(pairwise(ends))):
        change = Stretch(one.old + one.length, other.old, one.new + one.length, other.new)
        if change in comparison.unresolved:
            changes.append(_widened(change, old, new, limit))
        elif change.old_start < change.old_end or change.new_start < change.new_end:
            changes.append(_slid(change, old, new, limit))
        limit = changes[-1].old_start if changes else limit
    return changes[::-1]


def _slid(change: Stretch, old: list[str], new: list[str], limit: int) -> Stretch:
    """Take the last of equal lines for those that were added or removed: so it is the same ones for both sides."""
    old_start, old_end, new_start, new_end = change
    if old_start < old_end and new_start < new_end:
        return change
    lines, start, end = (old, old_start, old_end) if old_start < old_end else (new, new_start, new_end)
    by = 0
    while old_end + by < limit and lines[start + by] == lines[end + by]:
        by += 1
    return Stretch(old_start + by, old_end + by, new_start + by, new_end + by)


def _widened(change: Stretch, old: list[str], new: list[str], limit: int) -> Stretch:
    """Take in the lines below that may be what was added or removed, where it is not known what was."""
    old_start, old_end, new_start, new_end = change
    involved = {*old[old_start:old_end], *new[new_start:new_end]}
    by = 0
    while old_end + by < limit and old[old_end + by] in involved:
        by += 1
    return Stretch(old_start, old_end + by, new_start, new_end + by)


class _Comparison:
    """One comparison of two texts, whose lines are numbers: equal ones for equal lines."""

    def __init__(self, old: Sequence[int], new: Sequence[int]) -> None:
        self._old, self._new = old, new
        self._steps_left = MAX_STEPS
        self.unresolved: set[Stretch] = set()  # the stretches that take more steps than there are

    def blocks(self) -> list[_Block]:
        """Give the lines that are matched, in no order."""
        found: list[_Block] = []
        open_stretches = [Stretch(0, len(self._old), 0, len(self._new))]
        while open_stretches:
            stretch = self._trim(open_stretches.pop(), found)
            if stretch.old_start == stretch.old_end or stretch.new_start == stretch.new_end:
                continue
            self._steps_left -= stretch.old_end - stretch.old_start + stretch.new_end - stretch.new_start
            if self._steps_left < 0:
                self.unresolved.add(stretch)
                continue
            if anchors := self._anchors(stretch):
                found += anchors
                ends = [*anchors, _Block(stretch.old_end, stretch.new_end, 0)]
                open_stretches.append(Stretch(stretch.old_start, ends[0].old, stretch.new_start, ends[0].new))
                open_stretches += [
                    Stretch(one.old + 1, other.old, one.new + 1, other.new) for one, other in pairwise(ends)
                ]
            else:
                found += self._shortest_edit(stretch)
        return found

    def _trim(self, stretch: Stretch, found: list[_Block]) -> Stretch:
        """Take what is equal at the beginning and at the end into ``found``."""
        old, new = self._old, self._new
        old_start, old_end, new_start, new_end = stretch
        while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
            old_start, new_start = old_start + 1, new_start + 1
        while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
            old_end, new_end = old_end - 1, new_end - 1
        found.append(_Block(stretch.old_start, stretch.new_start, old_start - stretch.old_start))
        found.append(_Block(old_end, new_end, stretch.old_end - old_end))
        return Stretch(old_start, old_end, new_start, new_end)

    def _anchors(self, stretch: Stretch) -> list[_Block]:
        """Match lines that stand once on either side: the most of them that have one order."""
        in_old = _once(self._old, stretch.old_start, stretch.old_end)
        in_new = _once(self._new, stretch.new_start, stretch.new_end)
        pairs = [(at, in_new[line]) for line, at in in_old.items() if line in in_new]
        return [_Block(*pairs[index], 1) for index in _longest_increasing([new for _, new in pairs])]

    def _shortest_edit(self, stretch: Stretch) -> list[_Block]:
        """Match what the shortest edit leaves (Myers)."""
        old, new = self._old[stretch.old_start : stretch.old_end], self._new[stretch.new_start : stretch.new_end]
        furthest = {1: 0}  # by diagonal, old line minus new line: how many old lines are passed
        rounds: list[dict[int, int]] = []
        for edits in range(MAX_EDITS + 1):
            rounds.append(dict(furthest))
            for diagonal in range(-edits, edits + 1, 2):
                begin = furthest[diagonal + 1] if _adds(furthest, diagonal, edits) else furthest[diagonal - 1] + 1
                x = begin
                while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                    x += 1
                furthest[diagonal] = x
                self._steps_left -= x - begin + 1
                if x >= len(old) and x - diagonal >= len(new):
                    return [
                        _Block(stretch.old_start + at, stretch.new_start + other, length)
                        for at, other, length in _walked_back(rounds, len(old), len(new))
                    ]
            if self._steps_left < 0:
                break
        self.unresolved.add(stretch)
        return []


def _once(lines: Sequence[int], start: int, end: int) -> dict[int, int]:
    """Say where each line is that stands once between two places, in order."""
    found: dict[int, int] = {}
    repeated: set[int] = set()
    for at in range(start, end):
        if lines[at] in found:
            repeated.add(lines[at])
        found[lines[at]] = at
    return {line: at for line, at in found.items() if line not in repeated}


def _longest_increasing(numbers: Sequence[int]) -> list[int]:
    """Give the indexes of a longest increasing selection of different numbers."""
    tails: list[int] = []  # by length less one: the smallest number that such a selection ends with
    at: list[int] = []  # its index
    previous: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(tails, number)
        previous.append(at[length - 1] if length else -1)
        tails[length : length + 1] = [number]
        at[length : length + 1] = [index]
    chosen: list[int] = []
    index = at[-1] if at else -1
    while index >= 0:
        chosen.append(index)
        index = previous[index]
    return chosen[::-1]


def _adds(furthest: dict[int, int], diagonal: int, edits: int) -> bool:
    """Whether the best way to a diagonal adds a line; else it removes one."""
    if diagonal in (-edits, edits):
        return diagonal == -edits
    return furthest[diagonal - 1] < furthest[diagonal + 1]


def _walked_back(rounds: list[dict[int, int]], old: int, new: int) -> Iterator[_Block]:
    """Give the matched lines on the way to the end, which is ``old`` and ``new`` lines from the start."""
    for edits in range(len(rounds) - 1, 0, -1):
        furthest, diagonal = rounds[edits], old - new
        before = diagonal + 1 if _adds(furthest, diagonal, edits) else diagonal - 1
        old_before = furthest[before]
        new_before = old_before - before
        length = min(old - old_before, new - new_before)
        yield _Block(old - length, new - length, length)
        old, new = old_before, new_before
    yield _Block(0, 0, old)


# ---- writing differences


def _near(changes: list[Stretch], context: int, old_length: int) -> Iterator[list[Stretch]]:
    """Put changes together that share context; each group stands between two stretches for its context."""
    start = 0
    for index, change in enumerate(changes):
        is_last = index + 1 == len(changes)
        if is_last or changes[index + 1].old_start - change.old_end > 2 * context:
            first = changes[start]
            before = min(context, first.old_start)
            after = min(context, old_length - change.old_end)
            head = Stretch(first.old_start - before, first.old_start, first.new_start - before, first.new_start)
            tail = Stretch(change.old_end, change.old_end + after, change.new_end, change.new_end + after)
            yield [head, *changes[start : index + 1], tail]
            start = index + 1


def _range(start: int, end: int) -> str:
    """Name lines as ``diff -u`` does: an empty range by the line before it."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) if _CONTROL.search(name) else name
