"""What one paragraph holds: its tables, definitions and block id here, links, tags and fields in `inline`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vault_engine.note.inline import Run, scan_inline
from vault_engine.note.links import Definition, definition_label, read_definition
from vault_engine.note.model import Block, Callout, Field, Heading, Link, Tag

Span = tuple[int, int]

_MARKS = ("]]", "](", "#", "^", "::")  # without one of these a paragraph holds nothing to be found
_MARKS_WITH_DEFINITIONS = ("]", "#", "^", "::")
_BEGINNINGS = {  # what has to stand at some such mark, else it is the address of a page or within a word
    "](": re.compile(r"\]\((?!https?://)"),
    "#": re.compile(r"(?:(?<![^\s\\>\ufeff])|(?<=\\[!-/:-@\[-`{-~]))#(?=[^\s#])"),
}
_ONE_PIECE = (0,)
_BLOCK_ID = re.compile(r"(?:(?<=\s)|^)\^(?P<id>[A-Za-z0-9-]+)\s*+$")
_BAR = re.compile(r"\\.|\|", re.DOTALL)
_LINE = re.compile(r"[^\n]++")


@dataclass(slots=True)
class Found:
    """What a body holds, each in order of appearance."""

    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    callouts: list[Callout] = field(default_factory=list)
    code: list[Span] = field(default_factory=list)  # fenced blocks, with their fences


class TextReader:
    """Reads paragraphs, headings and table cells, and keeps what it finds."""

    def __init__(self, text: str, start: int) -> None:
        """Take the text of a note; definitions may stand behind the links that use them, so they are awaited."""
        self.text = text
        self.found = Found()
        self._definitions: dict[str, Definition] = {}
        self._waiting: list[list[Span]] | None = [] if text.find("]:", start) >= 0 else None
        self._marks = _present(_MARKS, text, start)
        self._counted = (0, 1)  # an offset and the number of its line

    def heading(self, level: int, text: str, start: int) -> None:
        """Keep a heading whose line begins at ``start``."""
        self.found.headings.append(Heading(level, text, start, self.line_at(start)))

    def line_at(self, offset: int) -> int:
        """The number of the line that holds an offset, from 1; asked in the order of the text."""
        known, line = self._counted
        if offset < known:  # a heading that only its underline showed to be one
            line -= self.text.count("\n", offset, known)
        else:
            line += self.text.count("\n", known, offset)
        self._counted = offset, line
        return line

    def read(self, spans: list[Span]) -> None:
        """Read neighbouring lines as one paragraph, now or when all definitions are known."""
        if self._waiting is None:
            self._read(spans)
            return
        if self.text.startswith("[", spans[0][0]):
            spans = self._without_definitions(spans)
        if spans:
            self._waiting.append(spans)

    def finish(self) -> Found:
        """Read what waited for definitions; give everything that was found."""
        waiting, self._waiting = self._waiting, None
        if self._definitions:
            self._marks = _present(_MARKS_WITH_DEFINITIONS, self.text, 0)
        for spans in waiting or ():
            self._read(spans)
        return self.found

    def _read(self, spans: list[Span]) -> None:
        """Read one paragraph, unless it holds none of the marks."""
        text, start, end = self.text, spans[0][0], spans[-1][1]
        for mark in self._marks:  # five searches for a text are much faster than one for a pattern
            at = text.find(mark, start, end)
            if at >= 0 and (mark not in _BEGINNINGS or _BEGINNINGS[mark].search(text, at, end)):
                break
        else:
            return
        if text.find("|", start, end) < 0:
            self._inline(spans)
        else:
            self._table(spans)
        if text.find("^", start, end) >= 0:
            self._block_id(*spans[-1])

    def _inline(self, spans: list[Span]) -> None:
        if len(spans) == 1:
            start, end = spans[0]
            run = Run(self.text[start:end], _ONE_PIECE, (start,))
        else:
            text = "\n".join(self.text[start:end] for start, end in spans)
            starts, length = [], 0
            for start, end in spans:
                starts.append(length)
                length += end - start + 1
            run = Run(text, starts, [start for start, _ in spans])
        links, tags, fields = scan_inline(run, self._definitions, self.line_at)
        self.found.links += links
        self.found.tags += tags
        self.found.fields += fields

    def _without_definitions(self, spans: list[Span]) -> list[Span]:
        """Take in the definitions a paragraph begins with; the lines after them."""
        lines = list(self._lines(spans))
        while lines and (found := read_definition(self.text, *lines[0])):
            label, definition = found
            self._definitions.setdefault(definition_label(label), definition)
            lines.pop(0)
        return lines

    def _lines(self, spans: list[Span]) -> Iterator[Span]:
        for start, end in spans:
            for line in _LINE.finditer(self.text, start, end):
                yield line.span()

    def _block_id(self, start: int, end: int) -> None:
        """Keep the id that ends the paragraph, if one does."""
        caret = self.text.rfind("^", start, end)
        if caret >= 0 and (found := _BLOCK_ID.search(self.text[max(start, caret - 1) : end])):
            self.found.blocks.append(Block(found["id"], caret))

    def _table(self, spans: list[Span]) -> None:
        """Read what may be a table: the text before its head as one, then cell by cell."""
        lines = list(self._lines(spans))
        header = self._table_header(lines)
        if header == len(lines):
            self._inline(spans)
            return
        if header:
            self._inline(lines[:header])
        for line in lines[header:]:
            for cell in self._cells(line):
                self._inline([cell])

    def _table_header(self, lines: list[Span]) -> int:
        """The index of the line that heads a table; the number of lines if there is none."""
        for index in range(1, len(lines)):
            start, end = lines[index]
            may_be = self.text[start] in " \t|:-" and _is_delimiter(self.text[start:end].strip())
            if may_be and self._columns(lines[index]) == self._columns(lines[index - 1]):
                return index - 1
        return len(lines)

    def _columns(self, line: Span) -> int:
        """The number of cells in a table row, without what stands before a leading or after a trailing bar."""
        cells = [self.text[start:end].strip() for start, end in self._cells(line)]
        return len(cells) - (not cells[0]) - (cells[-1] == "|")

    def _cells(self, line: Span) -> Iterator[Span]:
        """The parts of a table row, each but the first beginning with its bar."""
        start, end = line
        for bar in _BAR.finditer(self.text, start, end):
            if bar[0] == "|":
                yield start, bar.start()
                start = bar.start()
        yield start, end


def _present(marks: tuple[str, ...], text: str, start: int) -> tuple[str, ...]:
    """Those of the marks that the text holds at all."""
    return tuple(mark for mark in marks if text.find(mark, start) >= 0)


def _is_delimiter(line: str) -> bool:
    """Whether the line may separate the head of a table from its rows."""
    return "|" in line and "-" in line and not line.strip("|:- \t")
