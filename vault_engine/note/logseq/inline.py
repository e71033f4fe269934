"""The references in one line of a Logseq block, in one pass from left to right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from vault_engine.note.links import (
    Reference,
    decode_destination,
    is_external,
    read_destination,
    split_target,
    written_path_end,
)
from vault_engine.note.model import Link, LinkKind

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# Every alternative begins with a character: that lets the search skip what begins none.
_TOKEN = re.compile(r"\\|`|\$|<!--|<|://|\{\{|!\[|\[|\]\(|\(\(|#")
_CODE = re.compile(r"``.+?``|`[^`]+`")
_MATH = re.compile(r"\$\$[^$]*+\$\$|\$(?![ $])[^$]++(?<![ (\[{])\$")
_HTML = re.compile(r"<[A-Za-z/][^<>]*+>")
_ADDRESS = re.compile(r"://[^\s\[\]<>{}]*+")
_LABEL_END = re.compile(r"\]\([^\s()]*+")
_EMBED = re.compile(r"\{\{\{?\s*+embed\s++", re.IGNORECASE)
_BLOCK_REF = re.compile(rf"\(\(({UUID.pattern})\)\)")
_WITH_BLANKS = re.compile(r"([^\s()\[\]<>\"'][^()\[\]<>\"']*+)\)")
_TAG_NAME = re.compile(r"(?:[^\s\[|#,\uff0c!?'\":]|\[(?!\[))++")
_AFTER_TAG = ";.*~=^"  # punctuation and emphasis that end a tag are no part of it
_PRIORITY = re.compile(r"\[#\w\]")
_PAGE_MARKS = re.compile(r"\[\[|\]\]")
_LABEL_MARKS = re.compile(r"\\.|\[|\]")


@dataclass(slots=True)
class Inline:
    """Reads lines of one text; what it has looked for in vain it does not look for again."""

    text: str
    comments: bool = True  # whether a comment opened from here on is ever closed

    def read(self, start: int, end: int, line: int) -> tuple[list[Link], int]:
        """Read the characters from ``start`` to ``end``, all on one line.

        Returns:
            The links in order, and where reading goes on: ``end``, or after a comment that goes beyond it.
        """
        if _TOKEN.search(self.text, start, end) is None:
            return [], end
        piece = _Line(self, self.text[start:end], start, line)
        position = 0
        while found := _TOKEN.search(piece.text, position):
            position = _READ[found[0]](piece, found.start())
        return piece.links, max(end, start + position)

    def comment_end(self, start: int) -> int:
        """Where the comment that opens at ``start`` ends; after its mark if it is not closed."""
        close = self.text.find("-->", start + 4) if self.comments else -1
        self.comments = close >= 0
        return close + 3 if self.comments else start + 4


@dataclass(slots=True)
class _Line:
    whole: Inline
    text: str
    base: int  # offset of its first character
    number: int
    links: list[Link] = field(default_factory=list)
    macros: bool = True  # whether a macro opened from here on is closed
    _pages: dict[int, int] | None = None
    _labels: dict[int, int] | None = None

    def escape(self, start: int) -> int:
        return start + 2

    def code(self, start: int) -> int:
        return self._past(_CODE, start)

    def math(self, start: int) -> int:
        return self._past(_MATH, start)

    def html(self, start: int) -> int:
        return self._past(_HTML, start)

    def address(self, start: int) -> int:
        return self._past(_ADDRESS, start)

    def label_end(self, start: int) -> int:
        """Skip the destination of a link whose label begins on an earlier line."""
        return self._past(_LABEL_END, start)

    def comment(self, start: int) -> int:
        return self.whole.comment_end(self.base + start) - self.base

    def _past(self, shape: re.Pattern[str], start: int) -> int:
        found = shape.match(self.text, start)
        return found.end() if found else start + 1

    def macro(self, start: int) -> int:
        """Skip a macro; only an embed holds references."""
        close = self.text.find("}}", start) if self.macros else -1
        if close < 0:
            self.macros = False
            return start + 2
        if embed := _EMBED.match(self.text, start):
            span = (start, close + 2)
            self._page_or_block(embed.end(), span, embed=True, alias=None)
        return close + 2

    def bracket(self, start: int) -> int:
        """Read ``[[page]]`` or ``[label](destination)``."""
        if (close := self.pages.get(start)) is not None:
            self._page_or_block(start, (start, close + 2), embed=False, alias=None)
            return close + 2
        priority = _PRIORITY.match(self.text, start)
        return self._labelled(start, start, embed=False) or (priority.end() if priority else start + 1)

    def image(self, start: int) -> int:
        return self._labelled(start, start + 1, embed=True) or start + 1

    def block_reference(self, start: int) -> int:
        found = _BLOCK_REF.match(self.text, start)
        if found is None:
            return start + 1
        self._page_or_block(start, found.span(), embed=False, alias=None)
        return found.end()

    def tag(self, start: int) -> int:
        """Read ``#name`` or ``#[[name of several words]]``."""
        if (close := self.pages.get(start + 1)) is not None:
            self._add_name(LinkKind.TAG, (start, close + 2), (start + 3, close))
            return close + 2
        found = _TAG_NAME.match(self.text, start + 1)
        name = found[0].rstrip(_AFTER_TAG) if found else ""
        if not name or self.text.startswith("&", start - 1 if start else 0):
            return start + 1
        end = start + 1 + len(name)
        self._add_name(LinkKind.TAG, (start, end), (start + 1, end))
        return end

    def _labelled(self, start: int, label: int, *, embed: bool) -> int | None:
        """Read a link whose label opens at ``label``; where it ends, or None if it is none."""
        close = self.labels.get(label)
        if close is None or not self.text.startswith("(", close + 1):
            return None
        inside, alias = close + 2, self.text[label + 1 : close]
        if (end := self._reference_end(inside)) is not None and self.text.startswith(")", end):
            self._page_or_block(inside, (start, end + 1), embed=embed, alias=alias)
            return end + 1
        found = read_destination(self.text, inside) or self._destination_with_blanks(inside)
        if found is None:
            return None
        first, last, end = found
        written = self.text[first:last]
        if written and not written.startswith("#") and not is_external(written):
            target = (first, first + written_path_end(written))
            reference = split_target(decode_destination(written))
            self._add(LinkKind.MARKDOWN, (start, end), target, reference, embed=embed, alias=alias)
        return end

    def _destination_with_blanks(self, start: int) -> tuple[int, int, int] | None:
        """Logseq also takes ``(../assets/my file.pdf)``."""
        found = _WITH_BLANKS.match(self.text, start)
        return (*found.span(1), found.end()) if found else None

    def _reference_end(self, start: int) -> int | None:
        if (close := self.pages.get(start)) is not None:
            return close + 2
        found = _BLOCK_REF.match(self.text, start)
        return found.end() if found else None

    def _page_or_block(self, start: int, span: tuple[int, int], *, embed: bool, alias: str | None) -> None:
        """Add the reference that begins at ``start``, if there is one."""
        if (close := self.pages.get(start)) is not None:
            self._add_name(LinkKind.WIKI, span, (start + 2, close), embed=embed, alias=alias)
        elif found := _BLOCK_REF.match(self.text, start):
            self._add(LinkKind.BLOCK, span, found.span(1), Reference("", (), found[1], ""), embed=embed, alias=alias)

    def _add_name(
        self,
        kind: LinkKind,
        span: tuple[int, int],
        target: tuple[int, int],
        *,
        embed: bool = False,
        alias: str | None = None,
    ) -> None:
        name = self.text[slice(*target)]
        start = target[0] + len(name) - len(name.lstrip())
        if name := name.strip():
            self._add(kind, span, (start, start + len(name)), Reference(name, (), None, ""), embed=embed, alias=alias)

    def _add(
        self,
        kind: LinkKind,
        span: tuple[int, int],
        target: tuple[int, int],
        reference: Reference,
        *,
        embed: bool,
        alias: str | None,
    ) -> None:
        self.links.append(
            Link(
                kind=kind,
                embed=embed,
                target=reference.target,
                heading=reference.heading,
                block=reference.block,
                alias=alias,
                start=self.base + span[0],
                end=self.base + span[1],
                line=self.number,
                target_start=self.base + target[0],
                target_end=self.base + target[1],
                subpath=reference.subpath,
            )
        )

    @property
    def pages(self) -> dict[int, int]:
        """Where each ``[[`` is closed, the nested ones inside the outer."""
        if self._pages is None:
            self._pages = _pairs(_PAGE_MARKS, self.text, "[[", "]]")
        return self._pages

    @property
    def labels(self) -> dict[int, int]:
        """Where each ``[`` is closed; empty in a line without labelled links."""
        if self._labels is None:
            self._labels = _pairs(_LABEL_MARKS, self.text, "[", "]") if "](" in self.text else {}
        return self._labels


def _pairs(marks: re.Pattern[str], text: str, opening: str, closing: str) -> dict[int, int]:
    pairs: dict[int, int] = {}
    open_marks: list[int] = []
    for mark in marks.finditer(text):
        if mark[0] == opening:
            open_marks.append(mark.start())
        elif mark[0] == closing and open_marks:
            pairs[open_marks.pop()] = mark.start()
    return pairs


_READ: dict[str, Callable[[_Line, int], int]] = {
    "\\": _Line.escape,
    "`": _Line.code,
    "$": _Line.math,
    "<!--": _Line.comment,
    "<": _Line.html,
    "://": _Line.address,
    "{{": _Line.macro,
    "[": _Line.bracket,
    "![": _Line.image,
    "](": _Line.label_end,
    "((": _Line.block_reference,
    "#": _Line.tag,
}
