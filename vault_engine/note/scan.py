"""The block structure of a body, as far as links, tags, headings and block ids need it.

CommonMark's container rules, line by line: quotes and lists enclose; code, HTML and display math hide what
they hold; neighbouring text lines form one paragraph that is read as a whole. Lines that can be nothing but
text, and list items that hold nothing but text, are most of every note: these are taken in one match each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vault_engine.note.model import Callout
from vault_engine.note.text import Found, Span, TextReader

_MAX_CONTAINERS = 64
_QUOTE = -1

_TEXT_START = (  # what a line can begin with and be neither a block of its own nor the underline of a heading
    r"(?:[^\s>#`~<$*_+=\-0-9]|[*_]{1,3}+(?=[^\s*_])|#(?=[^#\s])|`(?!``)|~(?!~~)|\$(?!\$))"
)
_LINES = rf"{_TEXT_START}[^\n]*+(?:\n|\Z)(?:[ \t]*+{_TEXT_START}[^\n]*+(?:\n|\Z))*+"
_OTHERS = (
    r"|(?P<blank>(?:[ \t\r]*+\n)++)"
    r"|(?P<heading>(#{1,6})[ \t]++([^\n]*+)(?:\n|\Z))"
    rf"|(?P<item>([ \t]*+)([-+*]|[0-9]{{1,9}}[.)]) (?={_TEXT_START})[^\n]*+(?:\n|\Z))"
)
_PIECE = re.compile(rf"(?P<text>{_LINES})" + _OTHERS)
_INDENTED_CODE = re.compile(r"(?:(?: {4}| {0,3}\t)[^\n]*+(?:\n|\Z))++")
_PIECE_IN_PARAGRAPH = re.compile(rf"(?P<text>[ \t]*+{_LINES})" + _OTHERS)
_TEXT, _BLANK, _ATX, _ITEM = (_PIECE.groupindex[name] for name in ("text", "blank", "heading", "item"))
_BLANKS = re.compile(r"[ \t]*+")
_QUOTES = re.compile(r"(?:> (?![ \t]))*+")
_BULLET = re.compile(r"(?:[-+*]|(?P<number>[0-9]{1,9})[.)])(?=[ \t]|$)")
_FENCE = re.compile(r"(?P<marks>`{3,})[^`]*+$|(?P<tildes>~{3,})")
_FENCE_LINE = re.compile(r"^ {0,3}(`{3,}+|~{3,}+)[^\S\n]*+$", re.MULTILINE)
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_CLOSING_HASHES = re.compile(r"(?:(?<=[ \t])|^)#+$")
_CALLOUT = re.compile(r"\[!(?P<type>[^\]|\n]++)(?:\|[^\]\n]*+)?\](?P<fold>[-+]?)(?P<title>.*)")
_MARKS_AND_BLANKS = {mark: re.compile(rf"[{re.escape(mark)} \t]++") for mark in "*-_"}
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
_BLANK_LINE = re.compile(r"^[^\S\n]*+$", re.MULTILINE)
_MATH_MARKS = re.compile(r"\$\$")
_HTML_BLOCK = re.compile(
    r"</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|"
    r"dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|"
    r"legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|"
    r"tbody|td|tfoot|th|thead|title|tr|track|ul)(?:[\s>]|/>|$)",
    re.IGNORECASE,
)
_HTML_LINE = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*+(?:\s(?:[^<>\"'`]|\"[^\"]*\"|'[^']*')*+)?+>\s*+$")


def scan_body(text: str, start: int) -> Found:
    """Read the body that begins at ``start``; offsets and lines count from the start of the text."""
    reader = TextReader(text, start)
    _Scanner(text, reader).scan(start)
    return reader.finish()


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

    start: int
    depth: int  # number of containers around it
    fence: str  # the marks that opened code, empty for HTML and math
    close: re.Pattern[str]  # what ends HTML and math

    def ends(self, rest: str, indent: int) -> bool:
        """Whether a line is the last of the block."""
        if self.fence:
            return indent < 4 and len(rest) >= len(self.fence) and not rest.strip(self.fence[0])
        return self.close.search(rest) is not None

    def end_in(self, text: str, position: int) -> int:
        """Where the block ends that no container encloses: behind the line that closes it."""
        if self.fence:
            lines = _FENCE_LINE.finditer(text, position)
            closing = next((line for line in lines if line[1].startswith(self.fence)), None)
        else:
            closing = self.close.search(text, position)
        return len(text) if closing is None else _next_line(text, closing.end())


@dataclass(slots=True)
class _Scanner:
    text: str
    reader: TextReader
    containers: list[int] = field(default_factory=list)  # _QUOTE, or the width of a list item's indent
    hidden: _Hidden | None = None
    paragraph: list[Span] = field(default_factory=list)  # spans of its lines; neighbours may share one
    paragraph_start: int = 0  # first character of its first line
    line_start: int = 0
    line_end: int = 0  # without trailing white space

    def scan(self, position: int) -> None:
        """Read from a line's start to the end of the text, by pieces whose first character tells what they are."""
        text, size = self.text, len(self.text)
        while position < size:
            if self.hidden is not None:
                position = self._read_hidden(position, self.hidden)
                continue
            piece = (_PIECE_IN_PARAGRAPH if self.paragraph else _PIECE).match(text, position)
            if piece is None:
                position = self._read_other(position)
                continue
            start, position = piece.span()
            kind = piece.lastindex
            if kind == _TEXT:
                if not self.paragraph:
                    self.containers.clear()
                    self.paragraph_start = start
                self.paragraph.append((start, position - (text[position - 1] == "\n")))
            elif kind == _BLANK:
                if self.paragraph:
                    self.flush()
                if _QUOTE in self.containers:
                    del self.containers[self.containers.index(_QUOTE) :]
            elif kind == _ATX:
                if self.paragraph:
                    self.flush()
                self.containers.clear()
                self._heading(start, len(piece[_ATX + 1]), *piece.span(_ATX + 2))
            elif not self._enter_text_item(piece):
                position = self._read_other(start)
        self.flush()
        if self.hidden is not None:
            self._close_hidden(self.hidden, size)

    def _read_other(self, start: int) -> int:
        """Read what no piece is: indented code at once, else one line; give the start of what follows."""
        if not self.paragraph and not self.containers and (code := _INDENTED_CODE.match(self.text, start)):
            return code.end()
        return self._read_line(start)

    def _read_hidden(self, position: int, hidden: _Hidden) -> int:
        if hidden.depth:
            return self._read_line(position)
        end = hidden.end_in(self.text, position)
        self._close_hidden(hidden, end)
        return end

    def _close_hidden(self, hidden: _Hidden, end: int) -> None:
        self.hidden = None
        if hidden.fence:
            self.reader.found.code.append((hidden.start, end))

    def _enter_text_item(self, item: re.Match[str]) -> bool:
        """Enter a list item whose first line holds text, in the plain cases; say whether it was one."""
        blanks, marker = item[_ITEM + 1], item[_ITEM + 2]
        column = len(blanks.expandtabs(4)) if "\t" in blanks else len(blanks)
        base = matched = 0
        for width in self.containers if column or _QUOTE in self.containers else ():
            if width == _QUOTE:
                return False
            if column < base + width:
                break
            base += width
            matched += 1
        may_not_interrupt = self.paragraph and matched == len(self.containers) and marker[0] not in "-+*"
        if column - base > 3 or may_not_interrupt or matched == _MAX_CONTAINERS:
            return False
        if self.paragraph:
            self.flush()
        del self.containers[matched:]
        self.containers.append(column - base + len(marker) + 1)
        self.paragraph_start = item.start()
        start, end = item.end(_ITEM + 2) + 1, item.end()
        self.paragraph.append((start, end - (self.text[end - 1] == "\n")))
        return True

    def _read_line(self, start: int) -> int:
        """Take in one line, whatever it is; give the start of the next."""
        next_start = _next_line(self.text, start)
        content = self.text[start:next_start].rstrip()
        self.line_start, self.line_end = start, start + len(content)
        quotes = self._quotes_on(start)
        place = self._skip_blanks(start + 2 * quotes, 2 * quotes)
        place.base = 2 * quotes
        matched = self._match(place, quotes)
        if (hidden := self.hidden) is not None:
            if matched >= hidden.depth:
                if hidden.ends(self.text[place.position : self.line_end], place.indent):
                    self._close_hidden(hidden, next_start)
                return next_start
            self._close_hidden(hidden, start)
        self._read_open(place, matched)
        return next_start

    def _skip_blanks(self, position: int, column: int) -> _Place:
        blanks = _BLANKS.match(self.text, position, self.line_end)
        end = blanks.end() if blanks else position
        if self.text.find("\t", position, end) < 0:
            return _Place(end, column + end - position)
        for blank in self.text[position:end]:
            column += 4 - column % 4 if blank == "\t" else 1
        return _Place(end, column)

    def _advance(self, place: _Place, width: int) -> None:
        """Go past a marker of the given width and the blanks after it."""
        after = self._skip_blanks(place.position + width, place.column + width)
        place.position, place.column = after.position, after.column

    def _quotes_on(self, start: int) -> int:
        """How many of the open containers a line continues in the plainest form, where all of them are quotes."""
        if not self.containers or self.containers.count(_QUOTE) < len(self.containers):
            return 0
        quotes = _QUOTES.match(self.text, start, self.line_end)
        return min(len(self.containers), (quotes.end() - start) // 2) if quotes else 0

    def _match(self, place: _Place, first: int) -> int:
        """Go through the open containers this line continues, from the ``first`` on; their number."""
        for depth, container in enumerate(self.containers[first:], first):
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
            self.paragraph_start = self.line_start
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
                self._callout(place.position)
            elif marker := self._bullet(place, interrupts=not opened and matched == len(self.containers)):
                self._leave(matched, opened)
                self._enter_item(place, marker)
            else:
                break
            opened += 1
        return opened

    def _callout(self, position: int) -> None:
        """Read the head of a callout, if the quote entered here is one."""
        if callout := _CALLOUT.match(self.text, position, self.line_end):
            kind = callout["type"].strip().lower()
            self.reader.found.callouts.append(Callout(kind, callout["fold"], callout["title"].strip(), position))

    def _bullet(self, place: _Place, *, interrupts: bool) -> re.Match[str] | None:
        marker = _BULLET.match(self.text, place.position, self.line_end)
        if marker is None or _is_rule(self.text, place.position, self.line_end):
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
        lines = "\n".join(self.text[start:end] for start, end in self.paragraph).split("\n")
        text = " ".join(line.strip() for line in lines)
        level = 1 if rest[0] == "=" else 2
        self.reader.heading(level, text, self.paragraph_start)
        self.flush()
        return True

    def _starts_block(self, rest: str, continues: bool) -> bool:
        if rest[0] not in "#`~<$*-_":
            return False
        return (
            _HEADING.match(rest) is not None
            or _FENCE.match(rest) is not None
            or _is_rule(rest, 0, len(rest))
            or (rest[0] == "<" and _html_close(rest, continues=continues) is not None)
            or rest.startswith("$$")
        )

    def _start_block(self, rest: str, place: _Place) -> None:
        if heading := _HEADING.match(rest):
            self._heading(self.line_start, len(heading[1]), place.position + heading.end(), self.line_end)
        elif fence := _FENCE.match(rest):
            self._hide(fence["marks"] or fence["tildes"], _BLANK_LINE)
        elif rest[0] == "<":
            close = _html_close(rest, continues=False)
            if close is not None and not close.search(rest):
                self._hide("", close)
        elif rest.startswith("$$"):
            self._math(rest, place.position)

    def _hide(self, fence: str, close: re.Pattern[str]) -> None:
        self.hidden = _Hidden(self.line_start, len(self.containers), fence, close)

    def _heading(self, line_start: int, level: int, start: int, end: int) -> None:
        text = self.text[start:end].rstrip()
        if text.endswith("#"):
            text = _CLOSING_HASHES.sub("", text).rstrip()
        self.reader.heading(level, text, line_start)
        if text:
            self.reader.read([(start, start + len(text))])

    def _math(self, rest: str, position: int) -> None:
        """Hide display math up to its closing marks; without these the dollars are text."""
        if "$$" in rest[2:] or self.text.find("$$", position + 2) < 0:
            self.paragraph = [(position, self.line_end)]
            self.paragraph_start = self.line_start
        else:
            self._hide("", _MATH_MARKS)

    def flush(self) -> None:
        """Close the open paragraph and read what it holds."""
        if self.paragraph:
            spans, self.paragraph = self.paragraph, []
            self.reader.read(spans)


def _next_line(text: str, position: int) -> int:
    """The start of the line after the one that holds ``position``."""
    return text.find("\n", position) + 1 or len(text)


def _is_rule(text: str, start: int, end: int) -> bool:
    """Whether what stands there, to the end of its line, is a thematic break."""
    mark = text[start]
    if mark not in "*-_" or text[end - 1] != mark:
        return False
    marks = _MARKS_AND_BLANKS[mark].match(text, start, end)
    return marks is not None and marks.end() == end and text.count(mark, start, end) >= 3


def _html_close(rest: str, *, continues: bool) -> re.Pattern[str] | None:
    """What ends the HTML block beginning here, None if none begins."""
    for opening, closing in _HTML_UNTIL:
        if opening.match(rest):
            return closing
    if _HTML_BLOCK.match(rest) or (not continues and _HTML_LINE.match(rest)):
        return _BLANK_LINE
    return None
