"""Links, tags and fields inside one run of text: a paragraph, a heading or a table cell.

One pass from left to right. Escapes, code spans, HTML and math bind tighter than links, links tighter than
tags. Every look ahead is remembered or bounded, so the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from vault_engine.note.links import (
    Definition,
    Reference,
    decode_destination,
    definition_label,
    is_external,
    read_destination,
    split_target,
    split_wikilink,
    written_path_end,
)
from vault_engine.note.model import Field, Link, LinkKind, Tag
from vault_engine.note.tags import TAG_NAME, is_tag

# Every alternative begins with a character, not a repetition: that lets the search skip what begins none.
_ALWAYS = r"\\[!-/:-@\[-`{-~]|``*+|<|\$\$*+|#"
_SINGLE = r"|!\[++|\[\[*+|\]\]*+"
_DOUBLE = r"|!\[\[++(?:!?\[\[++)*+|\[\[++(?:!?\[\[++)*+|\]\]++"  # neighbours at once: the last one counts
_TOKENS = {  # by what can matter: single brackets, double ones, fields
    (single, double, fields): re.compile(
        _ALWAYS + (_SINGLE if single else _DOUBLE if double else "") + ("|::" if fields else "")
    )
    for single in (False, True)
    for double in (False, True)
    for fields in (False, True)
}
_TICKS = re.compile(r"`+")
_MATH_CLOSE = re.compile(r"(?<=[^\s\\$])\$(?![0-9$])")
_AUTOLINK = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+>")
_TAG_TO_END = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*+(?:\s(?:[^<>\"'`\[\]]|\"[^\"]*\"|'[^']*')*+)?+/?")
_LABEL = re.compile(r"\[(?P<label>(?:\\.|[^\[\]\\]){0,999}+)\]", re.DOTALL)
_FIELD_BRACKET = re.compile(r"[\[\]()]")
_BRACKETED_FIELD = re.compile(r"[\[(][^\[\]()\n:]{1,100}::")
_KEY_FORMATTING = " \t\r*_~|"
_NO_KEY = re.compile(r"[`\])]")
_INDENT = re.compile(r"^[ \t]*+", re.MULTILINE)
_MAX_FIELD_KEY = 100
_CLOSES = {"[": "]", "(": ")"}


class Run(NamedTuple):
    """Text of neighbouring lines without what encloses them, and where each piece of it came from."""

    text: str
    starts: Sequence[int]  # of the pieces, in the run
    offsets: Sequence[int]  # of the pieces, in the note

    def offset(self, position: int) -> int:
        """Where a position of the run lies in the note."""
        if len(self.starts) == 1:
            return self.offsets[0] + position
        index = bisect_right(self.starts, position) - 1
        return self.offsets[index] + position - self.starts[index]


Inline = tuple[list[Link], list[Tag], list[Field]]  # what a run holds, each in order of appearance


def scan_inline(run: Run, definitions: Mapping[str, Definition], line_at: Callable[[int], int]) -> Inline:
    """Find the links, tags and fields of a run.

    Args:
        run: the text to read.
        definitions: the note's destinations of reference links, by label.
        line_at: gives the number of the line that holds an offset of the note.
    """
    scanner = _Scanner(run, definitions)
    scanner.scan()
    links, tags = scanner.links, scanner.tags
    if len(links) > 1:
        links.sort(key=itemgetter(0))
    return (
        [_link(run, line_at, *written) for written in links],
        [Tag(name, run.offset(start)) for name, start in tags] if tags else [],
        scanner.fields,
    )


def _link(
    run: Run,
    line_at: Callable[[int], int],
    start: int,
    end: int,
    kind: LinkKind,
    embed: bool,
    reference: Reference,
    alias: str | None,
    target_start: int,
    target_length: int,
) -> Link:
    """Make a link of what the scanner found from ``start`` to ``end`` of the run."""
    first = run.offset(start)
    target, heading, block, subpath = reference
    line, target_end = line_at(first), target_start + target_length
    last = run.offset(end - 1) + 1
    return Link(kind, embed, target, heading, block, alias, first, last, line, target_start, target_end, subpath)


class _Scanner:
    """One pass over a run. Made for every paragraph, so what few need stays a default of the class."""

    single = False  # whether single brackets can make a link
    wiki_start = -1  # the latest "[[" that is still open
    wiki_embed = False  # whether "!" stands before it
    barrier = 0  # no Markdown link may begin before: links do not nest
    escape_end = -1
    html_failed = 0  # no tag begins before: an attempt already read up to here
    fields_from = 0  # no field begins before
    tick_runs: dict[int, list[int]] | None = None  # by length: where runs of backticks begin
    math_closers: list[int] | None = None
    line_starts: list[int] | None = None  # without the blanks a line begins with
    last: dict[str, int] | None = None  # where marks that close something stand last

    def __init__(self, run: Run, definitions: Mapping[str, Definition]) -> None:
        self.run = run
        self.text = run.text
        self.definitions = definitions
        self.links: list[Any] = []  # what `_link` takes
        self.fields: list[Field] = []
        self.tags: list[tuple[str, int]] = []
        self.openers: list[tuple[int, int, bool]] = []  # runs of "[": first, end, whether "!" stands before

    def scan(self) -> None:
        text = self.text
        double = "]]" in text
        self.single = "](" in text or bool(self.definitions and "]" in text)
        search = _TOKENS[self.single, double, "::" in text].search
        position = 0
        while found := search(text, position):
            start, end = found.span()
            match text[start]:
                case "[" | "!":
                    position = self._open(start, end)
                case "]":
                    position = self._close(start, end)
                case "#":
                    position = self._tag(start)
                case "\\":
                    self.escape_end = position = end
                case "`":
                    position = self._code_end(start, end)
                case "<":
                    position = self._html_end(start)
                case "$":
                    position = self._math_end(start, end)
                case _:
                    position = self._field(start, end)

    def _code_end(self, start: int, end: int) -> int:
        length = end - start
        close = self.text.find(self.text[start:end], end)
        if close < 0:
            return end
        if self.text[close - 1] != "`" and not self.text.startswith("`", close + length):
            return close + length
        if self.tick_runs is None:  # the nearest run is a longer one: look for one of this length only once
            self.tick_runs = {}
            for found in _TICKS.finditer(self.text, start):
                self.tick_runs.setdefault(found.end() - found.start(), []).append(found.start())
        closers = self.tick_runs.get(length, [])
        index = bisect_left(closers, end)
        return closers[index] + length if index < len(closers) else end

    def _last(self, mark: str) -> int:
        if self.last is None:
            self.last = {mark: self.text.rfind(mark) for mark in ("-->", "$$", ")")}
        return self.last[mark]

    def _html_end(self, start: int) -> int:
        if self.text.startswith("<!--", start):
            return self.text.index("-->", start) + 3 if self._last("-->") > start else start + 4
        if autolink := _AUTOLINK.match(self.text, start):
            return autolink.end()
        if start < self.html_failed or not (tag := _TAG_TO_END.match(self.text, start)):
            return start + 1
        if self.text.startswith(">", tag.end()):
            return tag.end() + 1
        self.html_failed = tag.end()
        return start + 1

    def _math_end(self, start: int, end: int) -> int:
        if end - start > 1:
            return self.text.index("$$", end) + 2 if self._last("$$") >= end else end
        if end == len(self.text) or self.text[end].isspace():
            return end
        if self.math_closers is None:
            self.math_closers = [found.start() for found in _MATH_CLOSE.finditer(self.text)]
        index = bisect_left(self.math_closers, end + 1)
        if index == len(self.math_closers):
            return end
        close = self.math_closers[index]
        return end if self.text.find("\n", end, close) >= 0 else close + 1

    def _tag(self, start: int) -> int:
        if start and start != self.escape_end and not self.text[start - 1].isspace():
            return start + 1
        name = TAG_NAME.match(self.text, start + 1)
        if name is None:
            return start + 1
        if is_tag(name[0]):
            self.tags.append((name[0], start))
        return name.end()

    def _open(self, start: int, end: int) -> int:
        if self.single:
            first = start + (self.text[start] == "!")
            self.openers.append((first, end, first > start))
        if end - start >= 2 and self.text[end - 2] == "[":
            self.wiki_start = end - 2
            self.wiki_embed = end - 2 > start and self.text[end - 3] == "!"
        return end

    def _pop_opener(self) -> tuple[int, bool]:
        """Take the innermost open bracket: its place, and whether it opens an embed."""
        first, end, embed = self.openers.pop()
        if end - first > 1:
            self.openers.append((first, end - 1, embed))
            return end - 1, False
        return first, embed

    def _drop_openers(self, count: int) -> None:
        """Close as many of the innermost open brackets."""
        while count > 0 and self.openers:
            first, end, embed = self.openers.pop()
            if end - first > count:
                self.openers.append((first, end - count, embed))
            count -= end - first

    def _close(self, start: int, end: int) -> int:
        """Handle a run of closing brackets, the first two of which may end a wikilink."""
        if self.wiki_start >= 0 and end - start >= 2:
            self._close_wiki(self.wiki_start, start)
            start += 2
        if end - start > 1 and not self.definitions:  # only the last bracket can have a destination behind it
            self._drop_openers(end - 1 - start)
            start = max(start, end - 1)
        while start < end and self.openers:
            if destination_end := self._close_markdown(start):
                return destination_end
            start += 1
        return end

    def _close_wiki(self, start: int, close: int) -> None:
        self.wiki_start = -1
        embed = self.wiki_embed
        while self.openers and self.openers[-1][1] > start:
            first, _, marked = self.openers.pop()
            if first < start:
                self.openers.append((first, start, marked))
        inside = self.text[start + 2 : close]
        if not inside.strip() or "\n" in inside:
            return
        self._drop_tags(start)
        reference, alias = split_wikilink(inside)
        target_start = self.run.offset(start + 2)
        span = (start - embed, close + 2)
        self.links.append((*span, LinkKind.WIKI, embed, reference, alias, target_start, len(reference.target)))

    def _close_markdown(self, close: int) -> int | None:
        """Handle one closing bracket; the end of the link it completes, if it does."""
        start, embed = self._pop_opener()
        if start < self.barrier and not embed:
            return None
        opens = self.text.startswith("(", close + 1) and close < self._last(")")
        if opens and (found := read_destination(self.text, close + 2)):
            first, last, end = found
            written = Definition(self.text[first:last], self.run.offset(first))
            self._add_markdown(LinkKind.MARKDOWN, embed, written, start, close, end)
            return end
        return self._close_reference(start, close, embed=embed) if self.definitions else None

    def _close_reference(self, start: int, close: int, *, embed: bool) -> int | None:
        """Handle ``[text][label]``, ``[label][]`` and ``[label]``."""
        label, end = self.text[start + 1 : close] if close - start < 1000 else "", close + 1
        if named := _LABEL.match(self.text, end):
            label, end = named["label"] or label, named.end()
        definition = self.definitions.get(definition_label(label))
        if definition is None:
            return None
        self._add_markdown(LinkKind.REFERENCE, embed, definition, start, close, end)
        return end

    def _add_markdown(
        self, kind: LinkKind, embed: bool, definition: Definition, start: int, close: int, end: int
    ) -> None:
        self._drop_tags(start)
        if not embed:
            self.barrier = start
        written = definition.written
        if not written or is_external(written):
            return
        reference = split_target(decode_destination(written))
        alias, length = self.text[start + 1 : close], written_path_end(written)
        self.links.append((start - embed, end, kind, embed, reference, alias, definition.start, length))

    def _drop_tags(self, start: int) -> None:
        """What looked like a tag since ``start`` is part of a link."""
        while self.tags and self.tags[-1][1] >= start:
            self.tags.pop()

    def _field(self, start: int, end: int) -> int:
        """Handle ``::``: it makes a field of the brackets it stands in, else of the whole line."""
        if start < self.fields_from:
            return end
        if self.line_starts is None:
            self.line_starts = [found.end() for found in _INDENT.finditer(self.text)]
        line_start = self.line_starts[bisect_right(self.line_starts, start) - 1]
        first = max(self.fields_from, line_start, start - _MAX_FIELD_KEY)
        window = self.text[first:start]
        opening = first + max(window.rfind("["), window.rfind("("))
        line_end = self.text.find("\n", end)
        line_end = len(self.text) if line_end < 0 else line_end
        if opening >= first:
            self._bracketed_field(opening, start, line_end)
        elif first == line_start:
            self._line_field(line_start, start, line_end)
        return end

    def _bracketed_field(self, opening: int, colons: int, line_end: int) -> None:
        depth = 0
        closing = _CLOSES[self.text[opening]]
        for bracket in _FIELD_BRACKET.finditer(self.text, colons, line_end):
            if bracket[0] == self.text[opening]:
                depth += 1
            elif bracket[0] == closing:
                depth -= 1
                if depth < 0:
                    self._add_field(opening + 1, colons, bracket.start())
                    self.fields_from = bracket.end()
                    return
        self.fields_from = line_end

    def _line_field(self, line_start: int, colons: int, line_end: int) -> None:
        if _BRACKETED_FIELD.search(self.text, colons, line_end) is None:
            self._add_field(line_start, colons, line_end)
            self.fields_from = line_end

    def _add_field(self, start: int, colons: int, end: int) -> None:
        key = self.text[start:colons].strip(_KEY_FORMATTING)
        if key and _NO_KEY.search(key) is None:
            start = colons - len(self.text[start:colons].lstrip(" \t"))
            self.fields.append(Field(key, self.text[colons + 2 : end].strip(), self.run.offset(start)))
