"""The parts of a Markdown text that are blocks in Logseq: headings, paragraphs, and the items of its lists. Pure.

One scanner reads notes and pages: a page is a text that holds nothing but items. Each line belongs to one chunk or to
the lines after one that say nothing, so that the chunks put together are the text, character by character.

- A heading is a line that begins with ``#`` to ``######``.
- An item begins with a dash, at any depth, and goes on in lines that are indented below its text.
- Everything else up to a blank line, a heading or an item is one plain chunk: a paragraph, a table, a quote, a list
  with other marks. Code fences, ``$$`` and comments are never taken apart.

Headings and plain chunks have depth 0. The items of a list have depth 0 and more; those of a list that follows a
heading or plain chunk without a blank line are its children, until a blank line.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ITEM = re.compile(r"([ \t]*)-(?:[ \t]|\Z)")
_EMPTY_ITEM = re.compile(r"[ \t]*-[ \t]*\Z")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|\Z)")
_FENCE = re.compile(r"(`{3,})[^`]*\Z|(~{3,})")
_TAB = 4


class ChunkKind(StrEnum):
    """How a chunk is written in a note."""

    HEADING = "heading"
    PLAIN = "plain"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of a text."""

    kind: ChunkKind
    depth: int
    text: str  # its lines as they are
    gap: str  # the lines after them that say nothing: blank ones, and dashes without a text
    content: str  # what it says: without the dash and the indentation, lines separated by a line feed
    indent: str = ""  # what stands before an item's dash


@dataclass(frozen=True, slots=True)
class Chunks:
    """A text taken apart."""

    lead: str  # the lines at its beginning that say nothing
    chunks: tuple[Chunk, ...]


def chunks_of(text: str) -> Chunks:
    """Take a text apart, in time linear in its length."""
    return _Scanner(text).read()


def column_of(blank: str) -> int:
    """Say how far an indentation reaches, in columns."""
    return len(blank.expandtabs(_TAB))


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines = _LINE.findall(text)
        self.bare = [line.rstrip("\r\n") for line in self.lines]
        self.chunks: list[Chunk] = []
        self.columns: list[int] = []  # of the items that are open, the outermost first
        self.is_attached = False  # whether the list belongs to what stands before it
        self.silent = self._silent()
        self.solid_ends = self._solid_ends()

    def read(self) -> Chunks:
        at = self._after_blank(0)
        lead = "".join(self.lines[:at])
        while at < len(self.lines):
            end = self._chunk_end(at)
            after = self._after_blank(end)
            self._add(at, end, "".join(self.lines[end:after]))
            at = after
        return Chunks(lead, tuple(self.chunks))

    def _after_blank(self, at: int) -> int:
        """Pass the lines that say nothing."""
        while at < len(self.lines) and at in self.silent:
            at += 1
        return at

    def _silent(self) -> set[int]:
        """Find the lines that say nothing: blank ones, and dashes without a text or anything below them."""
        silent: set[int] = set()
        below = len(self.bare)  # the next line that says something
        for at in range(len(self.bare) - 1, -1, -1):
            if not self.bare[at].strip() or (_EMPTY_ITEM.match(self.bare[at]) and not self._has_below(at, below)):
                silent.add(at)
            else:
                below = at
        return silent

    def _has_below(self, at: int, below: int) -> bool:
        if below == len(self.bare):
            return False
        column = _column(self.bare[below])
        if _ITEM.match(self.bare[below]):
            return column > _column(self.bare[at])
        return not _HEADING.match(self.bare[below]) and (below == at + 1 or column >= _column(self.bare[at]) + 2)

    # ---- parts that are never taken apart

    def _solid_ends(self) -> dict[int, int]:
        """Give, for each line that opens such a part, the line after its end; what is not closed opens nothing."""
        ends: dict[int, int] = {}
        opened: tuple[int, str] | None = None
        missing: set[str] = set()  # ends that do not come any more
        at = 0
        while at < len(self.bare):
            line = self.bare[at].lstrip()
            if line.startswith("-"):
                line = line.lstrip("- \t")
            mark = opening_of(line)
            if mark and mark not in missing:
                opened = (at, mark)
                end = self._closing(at + 1, mark)
                if end is None:
                    missing.add(mark)
                else:
                    ends[opened[0]] = end
                    at = end
                    continue
            at += 1
        return ends

    def _closing(self, at: int, mark: str) -> int | None:
        for number in range(at, len(self.bare)):
            if closes(self.bare[number], mark):
                return number + 1
        return None

    # ---- where a chunk ends

    def _chunk_end(self, at: int) -> int:
        if item := _ITEM.match(self.bare[at]):
            return self._item_end(at, column_of(item[1]) + 2)
        if _HEADING.match(self.bare[at]):
            return at + 1
        at = self.solid_ends.get(at, at + 1)
        while at < len(self.lines) and not self._begins_another(at) and at not in self.silent:
            at = self.solid_ends.get(at, at + 1)
        return at

    def _item_end(self, at: int, inner: int) -> int:
        """Find where an item ends whose text begins in column ``inner``."""
        is_text = at not in self.solid_ends  # whose next line need not be indented
        at = self.solid_ends.get(at, at + 1)
        while at < len(self.lines):
            after = self._after_blank(at)
            if after == len(self.lines) or self._begins_another(after):
                return at
            line = self.bare[after]
            is_indented = _column(line) >= inner
            if not is_indented and (after > at or not is_text):
                return at
            is_text = after not in self.solid_ends
            at = self.solid_ends.get(after, after + 1)
        return at

    def _begins_another(self, at: int) -> bool:
        return bool(_ITEM.match(self.bare[at]) or _HEADING.match(self.bare[at]))

    # ---- what it is

    def _add(self, at: int, end: int, gap: str) -> None:
        text, lines = "".join(self.lines[at:end]), self.bare[at:end]
        item = _ITEM.match(lines[0])
        if item is None:
            self.columns = []
            kind = ChunkKind.HEADING if _HEADING.match(lines[0]) else ChunkKind.PLAIN
            self.chunks.append(Chunk(kind, 0, text, gap, "\n".join(lines)))
            return
        depth = self._depth(column_of(item[1]))
        first, *more = lines
        content = [first[item.end() :], *(_dedented(line, item[1]) for line in more)]
        self.chunks.append(Chunk(ChunkKind.ITEM, depth, text, gap, "\n".join(content), item[1]))

    def _depth(self, column: int) -> int:
        before = self.chunks[-1] if self.chunks else None
        if not self.columns:
            self.is_attached = before is not None and not before.gap
        elif column <= self.columns[0] and before and before.gap:
            self.is_attached = False
        while self.columns and self.columns[-1] >= column:
            self.columns.pop()
        self.columns.append(column)
        return len(self.columns) - 1 + self.is_attached


def _column(line: str) -> int:
    return column_of(line[: len(line) - len(line.lstrip())])


def opening_of(line: str) -> str | None:
    """Give the mark of a part that a line opens and does not close; None if it opens none."""
    if fence := _FENCE.match(line):
        return fence[1] or fence[2]
    if line.startswith("$$") and line.count("$$") == 1:
        return "$$"
    return "<!--" if line.startswith("<!--") and "-->" not in line else None


def closes(line: str, mark: str) -> bool:
    """Say whether a line ends a part that was opened with a mark."""
    if mark == "$$":
        return "$$" in line
    if mark == "<!--":
        return "-->" in line
    bare = line.strip()
    return bare.startswith(mark) and not bare.strip(mark[0])


def _dedented(line: str, indent: str) -> str:
    """Take off what an item's further lines are indented by."""
    if line.startswith(indent):
        rest = line[len(indent) :]
        return rest[2:] if rest.startswith("  ") else rest[1:] if rest[:1] in (" ", "\t") else rest
    return line.lstrip(" \t")
