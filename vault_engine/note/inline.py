"""Links and tags inside one run of text: a paragraph, a heading or a table cell.

One pass from left to right. Escapes, code spans, HTML and math bind tighter than links, links tighter than
tags. Every look ahead is remembered or bounded, so the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from vault_engine.note.links import (
    Reference,
    decode_destination,
    is_external,
    read_destination,
    split_target,
    split_wikilink,
    written_path_end,
)
from vault_engine.note.model import Link, LinkKind, Tag
from vault_engine.note.tags import TAG_NAME, is_tag

_TOKEN = re.compile(r"\\[!-/:-@\[-`{-~]|`+|<|\$+|!?\[+|\]+|#")
_TOKEN_NO_BRACKETS = re.compile(r"\\[!-/:-@\[-`{-~]|`+|<|\$+|#")
_TICKS = re.compile(r"`+")
_MATH_CLOSE = re.compile(r"(?<=[^\s\\$])\$(?![0-9$])")
_AUTOLINK = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+>")
_TAG_TO_END = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*+(?:\s(?:[^<>\"'`\[\]]|\"[^\"]*\"|'[^']*')*+)?+/?")


@dataclass(slots=True)
class Run:
    """Text of neighbouring lines without what encloses them, and where each line came from."""

    text: str
    starts: list[int]  # of the lines, in the run
    offsets: list[int]  # of the lines, in the note
    line: int  # of the first line

    def offset(self, position: int) -> int:
        """Where a position of the run lies in the note."""
        index = bisect_right(self.starts, position) - 1
        return self.offsets[index] + position - self.starts[index]

    def line_at(self, position: int) -> int:
        """Which line of the note a position of the run lies on."""
        return self.line + bisect_right(self.starts, position) - 1


def scan_inline(run: Run) -> tuple[list[Link], list[Tag]]:
    """Find the links and tags of a run, each in order of appearance."""
    scanner = _Scanner(run, run.text)
    scanner.scan()
    scanner.links.sort(key=lambda link: link.start)
    return scanner.links, [Tag(name, run.offset(start)) for name, start in scanner.tags]


@dataclass
class _Scanner:
    run: Run
    text: str
    links: list[Link] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    openers: list[tuple[int, bool]] = field(default_factory=list)  # open "[" and whether "!" precedes
    wiki_start: int | None = None  # the latest "[[" that is still open
    barrier: int = 0  # no Markdown link may begin before: links do not nest
    escape_end: int = -1
    html_failed: int = 0  # no tag begins before: an attempt already read up to here

    def scan(self) -> None:
        token = _TOKEN if "]" in self.text else _TOKEN_NO_BRACKETS
        position = 0
        while found := token.search(self.text, position):
            position = self._read(found[0], found.start(), found.end())

    def _read(self, token: str, start: int, end: int) -> int:
        """Handle one token and say where to go on."""
        match token[0]:
            case "\\":
                self.escape_end = end
                return end
            case "`":
                return self._code_end(start, end)
            case "<":
                return self._html_end(start)
            case "$":
                return self._math_end(start, end)
            case "#":
                return self._tag(start)
            case "]":
                return self._close(start, end)
            case _:
                return self._open(start, end)

    @cached_property
    def _tick_runs(self) -> dict[int, list[int]]:
        runs: dict[int, list[int]] = {}
        for found in _TICKS.finditer(self.text):
            runs.setdefault(found.end() - found.start(), []).append(found.start())
        return runs

    @cached_property
    def _math_closers(self) -> list[int]:
        return [found.start() for found in _MATH_CLOSE.finditer(self.text)]

    @cached_property
    def _last(self) -> dict[str, int]:
        return {mark: self.text.rfind(mark) for mark in ("-->", "$$")}

    def _code_end(self, start: int, end: int) -> int:
        length = end - start
        closers = self._tick_runs.get(length, [])
        index = bisect_left(closers, end)
        return closers[index] + length if index < len(closers) else end

    def _html_end(self, start: int) -> int:
        if self.text.startswith("<!--", start):
            return self.text.index("-->", start) + 3 if self._last["-->"] > start else start + 4
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
            return self.text.index("$$", end) + 2 if self._last["$$"] >= end else end
        if end == len(self.text) or self.text[end].isspace():
            return end
        index = bisect_left(self._math_closers, end + 1)
        if index == len(self._math_closers):
            return end
        close = self._math_closers[index]
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
        embed = self.text[start] == "!"
        first = start + embed
        self.openers.append((first, embed))
        self.openers.extend((position, False) for position in range(first + 1, end))
        if end - first >= 2:
            self.wiki_start = end - 2
        return end

    def _close(self, start: int, end: int) -> int:
        """Handle a run of closing brackets, the first two of which may end a wikilink."""
        while start < end:
            if self.wiki_start is not None and end - start >= 2:
                self._close_wiki(self.wiki_start, start)
                start += 2
            elif destination_end := self._close_markdown(start):
                return destination_end
            else:
                start += 1
        return end

    def _close_wiki(self, start: int, close: int) -> None:
        self.wiki_start = None
        inside = self.text[start + 2 : close]
        embed = False
        while self.openers and self.openers[-1][0] >= start:
            embed = self.openers.pop()[1]
        if not inside.strip() or "\n" in inside:
            return
        self._drop_tags(start)
        reference, alias = split_wikilink(inside)
        target = (start + 2, start + 2 + len(reference.target))
        self._add(LinkKind.WIKI, embed, reference, alias, (start - embed, close + 2), target)

    def _close_markdown(self, close: int) -> int | None:
        """Handle one closing bracket; the end of the link it completes, if it does."""
        if not self.openers:
            return None
        start, embed = self.openers.pop()
        if not self.text.startswith("(", close + 1) or (start < self.barrier and not embed):
            return None
        found = read_destination(self.text, close + 2)
        if found is None:
            return None
        first, last, end = found
        written = self.text[first:last]
        self._drop_tags(start)
        if not embed:
            self.barrier = start
        if written and not is_external(written):
            reference = split_target(decode_destination(written))
            alias, target = self.text[start + 1 : close], (first, written_path_end(self.text, first, last))
            self._add(LinkKind.MARKDOWN, embed, reference, alias, (start - embed, end), target)
        return end

    def _drop_tags(self, start: int) -> None:
        """What looked like a tag since ``start`` is part of a link."""
        while self.tags and self.tags[-1][1] >= start:
            self.tags.pop()

    def _add(
        self,
        kind: LinkKind,
        embed: bool,
        reference: Reference,
        alias: str | None,
        span: tuple[int, int],
        target: tuple[int, int],
    ) -> None:
        self.links.append(
            Link(
                kind=kind,
                embed=embed,
                target=reference.target,
                heading=reference.heading,
                block=reference.block,
                alias=alias,
                start=self.run.offset(span[0]),
                end=self.run.offset(span[1] - 1) + 1,
                line=self.run.line_at(span[0]),
                target_start=self.run.offset(target[0]),
                target_end=self.run.offset(target[0]) + target[1] - target[0],
                subpath=reference.subpath,
            )
        )
