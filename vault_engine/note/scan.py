"""The block structure of a body, as far as links, tags, headings and block ids need it.

CommonMark's container rules, line by line: quotes and lists enclose; code, HTML and display math hide what
they hold; neighbouring text lines form one run that the inline scanner reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vault_engine.note.inline import Run, scan_inline
from vault_engine.note.model import Block, Heading, Link, Tag

_MAX_CONTAINERS = 64
_QUOTE = -1

_LINE = re.compile(r"[^\n]*+(?:\n|\Z)")
_BULLET = re.compile(r"(?:[-+*]|(?P<number>[0-9]{1,9})[.)])(?=[ \t]|$)")
_FENCE = re.compile(r"(?P<marks>`{3,})[^`]*+$|(?P<tildes>~{3,})")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_CLOSING_HASHES = re.compile(r"(?:(?<=[ \t])|^)#+$")
_BLOCK_ID = re.compile(r"\^(?P<id>[A-Za-z0-9-]+)$")
_BAR = re.compile(r"\\.|\|", re.DOTALL)
_HTML_UNTIL = (  # what opens the block, what ends it
    (re.compile(r"<!--"), re.compile(r"-->")),
    (
        re.compile(r"<(?:script|pre|style|textarea)(?:[\s>]|$)", re.IGNORECASE),
        re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
)
_BLANK_LINE = re.compile(r"^$")
_MATH_MARKS = re.compile(r"\$\$")
_HTML_BLOCK = re.compile(
    r"</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|"
    r"dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|"
    r"legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|"
    r"tbody|td|tfoot|th|thead|title|tr|track|ul)(?:[\s>]|/>|$)",
    re.IGNORECASE,
)
_HTML_LINE = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*+(?:\s(?:[^<>\"'`]|\"[^\"]*\"|'[^']*')*+)?+>\s*+$")


@dataclass(slots=True)
class Found:
    """What a body holds, each in order of appearance."""

    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def scan_body(text: str, start: int) -> Found:
    """Read the body that begins at ``start``; offsets and lines count from the start of the text."""
    scanner = _Scanner(text)
    number = text.count("\n", 0, start) + 1
    for line in _LINE.finditer(text, start):
        scanner.read(line.start(), line.end(), number)
        number += 1
    scanner.flush()
    return scanner.found


@dataclass(slots=True)
class _Place:
    """How far a line has been read: its next character that is no blank."""

    position: int
    column: int
    base: int = 0  # column at which the content of the innermost container begins

    @property
    def indent(self) -> int:
        return self.column - self.base


@dataclass(slots=True)
class _Hidden:
    """An open block whose content is not read."""

    depth: int  # number of containers around it
    fence: str  # the marks that opened code, empty for HTML and math
    close: re.Pattern[str]  # what ends HTML and math

    def ends(self, rest: str, indent: int) -> bool:
        """Whether a line is the last of the block."""
        if self.fence:
            return indent < 4 and len(rest) >= len(self.fence) and not rest.strip(self.fence[0])
        return self.close.search(rest) is not None


@dataclass(slots=True)
class _Scanner:
    text: str
    found: Found = field(default_factory=Found)
    containers: list[int] = field(default_factory=list)  # _QUOTE, or the width of a list item's indent
    hidden: _Hidden | None = None
    paragraph: list[tuple[int, int]] = field(default_factory=list)  # spans of its lines
    paragraph_line: int = 0
    paragraph_start: int = 0  # first character of its first line
    line_start: int = 0
    line_end: int = 0  # without trailing white space
    number: int = 0

    def read(self, start: int, end: int, number: int) -> None:
        """Take in the next line."""
        content = self.text[start:end].rstrip()
        self.line_start, self.line_end, self.number = start, start + len(content), number
        place = self._skip_blanks(start, 0)
        matched = self._match(place)
        if self.hidden is not None and matched >= self.hidden.depth:
            if self.hidden.ends(self.text[place.position : self.line_end], place.indent):
                self.hidden = None
            return
        self.hidden = None
        self._read_open(place, matched)

    def _skip_blanks(self, position: int, column: int) -> _Place:
        text, end = self.text, self.line_end
        while position < end:
            if text[position] == " ":
                column += 1
            elif text[position] == "\t":
                column += 4 - column % 4
            else:
                break
            position += 1
        return _Place(position, column)

    def _advance(self, place: _Place, width: int) -> None:
        """Go past a marker of the given width and the blanks after it."""
        after = self._skip_blanks(place.position + width, place.column + width)
        place.position, place.column = after.position, after.column

    def _match(self, place: _Place) -> int:
        """Go through the open containers this line continues; their number."""
        for depth, container in enumerate(self.containers):
            if container == _QUOTE:
                if place.indent > 3 or not self.text.startswith(">", place.position, self.line_end):
                    return depth
                self._enter_quote(place)
            elif place.position == self.line_end or place.indent >= container:
                place.base += container
            else:
                return depth
        return len(self.containers)

    def _enter_quote(self, place: _Place) -> None:
        marker = place.column + 1
        self._advance(place, 1)
        place.base = marker + 1 if place.column > marker else marker

    def _read_open(self, place: _Place, matched: int) -> None:
        """Read a line that no hidden block swallows."""
        opened = self._open_containers(place, matched)
        rest = self.text[place.position : self.line_end]
        if not rest:
            self.flush()
            del self.containers[matched + opened :]
            return
        continues = bool(self.paragraph) and not opened
        if continues and matched == len(self.containers) and self._setext(rest, place):
            return
        if place.indent >= 4:
            if not continues:
                self._leave(matched, opened)
                return
        elif self._starts_block(rest, continues):
            self._leave(matched, opened)
            self._start_block(rest, place)
            return
        if not continues:
            self._leave(matched, opened)
            self.paragraph_line, self.paragraph_start = self.number, self.line_start
        self.paragraph.append((place.position, self.line_end))

    def _leave(self, matched: int, opened: int) -> None:
        """Close the containers this line does not continue."""
        self.flush()
        if not opened:
            del self.containers[matched:]

    def _open_containers(self, place: _Place, matched: int) -> int:
        """Enter the quotes and list items that begin on this line; their number."""
        opened = 0
        while place.indent < 4 and place.position < self.line_end and len(self.containers) < _MAX_CONTAINERS:
            if self.text[place.position] == ">":
                self._leave(matched, opened)
                self._enter_quote(place)
                self.containers.append(_QUOTE)
            elif marker := self._bullet(place, interrupts=not opened and matched == len(self.containers)):
                self._leave(matched, opened)
                self._enter_item(place, marker)
            else:
                break
            opened += 1
        return opened

    def _bullet(self, place: _Place, *, interrupts: bool) -> re.Match[str] | None:
        marker = _BULLET.match(self.text, place.position, self.line_end)
        if marker is None or _is_rule(self.text[place.position : self.line_end]):
            return None
        numbered_late = marker["number"] is not None and int(marker["number"]) != 1
        if interrupts and self.paragraph and (numbered_late or marker.end() == self.line_end):
            return None
        return marker

    def _enter_item(self, place: _Place, marker: re.Match[str]) -> None:
        width = marker.end() - marker.start()
        indent, after = place.indent, place.column + width
        self._advance(place, width)
        gap = place.column - after
        if gap > 4 or place.position == self.line_end:
            gap = 1
        self.containers.append(indent + width + gap)
        place.base += indent + width + gap

    def _setext(self, rest: str, place: _Place) -> bool:
        """Whether the line underlines the open paragraph, which then becomes a heading."""
        if place.indent > 3 or rest[0] not in "=-" or rest.strip(rest[0]):
            return False
        text = " ".join(self.text[a:b] for a, b in self.paragraph)
        level = 1 if rest[0] == "=" else 2
        self.found.headings.append(Heading(level, text, self.paragraph_start, self.paragraph_line))
        self.flush()
        return True

    def _starts_block(self, rest: str, continues: bool) -> bool:
        if rest[0] not in "#`~<$*-_":
            return False
        return (
            _HEADING.match(rest) is not None
            or _FENCE.match(rest) is not None
            or _is_rule(rest)
            or (rest[0] == "<" and _html_close(rest, continues=continues) is not None)
            or rest.startswith("$$")
        )

    def _start_block(self, rest: str, place: _Place) -> None:
        depth = len(self.containers)
        if heading := _HEADING.match(rest):
            self._heading(heading, place.position)
        elif fence := _FENCE.match(rest):
            self.hidden = _Hidden(depth, fence["marks"] or fence["tildes"], _BLANK_LINE)
        elif rest[0] == "<":
            self._html(rest, depth)
        elif rest.startswith("$$"):
            self._math(rest, place.position, depth)

    def _heading(self, heading: re.Match[str], position: int) -> None:
        start = position + heading.end()
        text = _CLOSING_HASHES.sub("", self.text[start : self.line_end]).rstrip()
        level = len(heading[1])
        self.found.headings.append(Heading(level, text, self.line_start, self.number))
        self.paragraph, self.paragraph_line = [(start, start + len(text))], self.number
        self.flush()

    def _html(self, rest: str, depth: int) -> None:
        close = _html_close(rest, continues=False)
        if close is not None and not close.search(rest):
            self.hidden = _Hidden(depth, "", close)

    def _math(self, rest: str, position: int, depth: int) -> None:
        """Hide display math up to its closing marks; without these the dollars are text."""
        if "$$" in rest[2:] or self.text.find("$$", position + 2) < 0:
            self.paragraph = [(position, self.line_end)]
            self.paragraph_line, self.paragraph_start = self.number, self.line_start
        else:
            self.hidden = _Hidden(depth, "", _MATH_MARKS)

    def flush(self) -> None:
        """Close the open paragraph and read what it holds."""
        if not self.paragraph:
            return
        spans, self.paragraph = self.paragraph, []
        header = self._table_header(spans)
        self._inline(spans[:header], self.paragraph_line)
        for index, span in enumerate(spans[header:], header):
            for cell in self._cells(span):
                self._inline([cell], self.paragraph_line + index)
        self._block_id(*spans[-1])

    def _inline(self, spans: list[tuple[int, int]], line: int) -> None:
        """Read neighbouring lines as one text; without a bracket or a hash there is nothing to find."""
        text = "\n".join(self.text[start:end] for start, end in spans)
        if "[" not in text and "#" not in text:
            return
        starts, length = [], 0
        for start, end in spans:
            starts.append(length)
            length += end - start + 1
        links, tags = scan_inline(Run(text, starts, [start for start, _ in spans], line))
        self.found.links += links
        self.found.tags += tags

    def _block_id(self, start: int, end: int) -> None:
        caret = self.text.rfind("^", start, end)
        if caret >= 0 and (found := _BLOCK_ID.match(self.text[max(start, caret - 1) : end].lstrip())):
            self.found.blocks.append(Block(found["id"], caret))

    def _table_header(self, spans: list[tuple[int, int]]) -> int:
        """The index of the line that heads a table; the number of lines if there is none."""
        for index in range(1, len(spans)):
            start, end = spans[index]
            if self.text[start] in "|:-" and _is_delimiter(self.text[start:end]):
                columns = sum(1 for _ in self._columns(spans[index]))
                if columns == sum(1 for _ in self._columns(spans[index - 1])):
                    return index - 1
        return len(spans)

    def _columns(self, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The cells of a table row without what stands before a leading or after a trailing bar."""
        return (cell for cell in self._cells(span) if self.text[cell[0] : cell[1]].strip(" \t|"))

    def _cells(self, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The parts of a table row, each but the first beginning with its bar."""
        start, end = span
        for bar in _BAR.finditer(self.text, start, end):
            if bar[0] == "|":
                yield start, bar.start()
                start = bar.start()
        yield start, end


def _is_rule(rest: str) -> bool:
    """Whether the line is a thematic break."""
    mark = rest[0]
    return mark in "*-_" and not rest.strip(mark + " \t") and rest.count(mark) >= 3


def _is_delimiter(rest: str) -> bool:
    """Whether the line may separate the head of a table from its rows."""
    return "|" in rest and "-" in rest and not rest.strip("|:- \t")


def _html_close(rest: str, *, continues: bool) -> re.Pattern[str] | None:
    """What ends the HTML block beginning here, None if none begins."""
    for opening, closing in _HTML_UNTIL:
        if opening.match(rest):
            return closing
    if _HTML_BLOCK.match(rest) or (not continues and _HTML_LINE.match(rest)):
        return _BLANK_LINE
    return None
