"""From the text of a Logseq page to its blocks' properties, links, ids and headings.

A page is a list of blocks, each of which begins with a dash or a heading; what stands before the first is a block
too. Lines ``key:: value`` are properties: of the page in its first block, of their block elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vault_engine.note.frontmatter import read_head
from vault_engine.note.logseq.inline import UUID, Inline
from vault_engine.note.logseq.properties import (
    ALIASES,
    TAGS,
    is_property_name,
    page_names,
    property_name,
    read_value,
    read_yaml_value,
)
from vault_engine.note.model import Block, Frontmatter, FrontmatterState, Heading, Link, LinkKind
from vault_engine.note.tags import distinct
from vault_engine.note.yaml12 import Pair

_LINE = re.compile(r"[^\n]*+(?:\n|\Z)")
_BULLET = re.compile(r"[ \t]*+-(?:[ \t]++|$)")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]++|$)")
_PROPERTY = re.compile(r"([^\s:]++)::(?:[ \t]++(.*))?$")
_KEY = re.compile(r"[ \t]*+([^\s:]++)::[ \t]")
_DIRECTIVE = re.compile(r"#\+[A-Za-z_]++:?")
# What opens a part whose content is not read, what ends it: a later line, or for mathematics the next mark.
_HIDDEN = (
    (re.compile(r"```[^`]*+$"), re.compile(r"^[ \t]*+```[^\n]*+", re.MULTILINE)),
    (re.compile(r"~~~"), re.compile(r"^[ \t]*+~~~[^\n]*+", re.MULTILINE)),
    (re.compile(r"\$\$[^$]*+$"), re.compile(r"\$\$")),
    (re.compile(r":LOGBOOK:$", re.IGNORECASE), re.compile(r"^[ \t]*+:END:[^\n]*+", re.MULTILINE | re.IGNORECASE)),
    (
        re.compile(r"#\+BEGIN_(?:SRC|EXAMPLE|QUERY|EXPORT|COMMENT)(?:\s|$)", re.IGNORECASE),
        re.compile(r"^[ \t]*+#\+END_[^\n]*+", re.MULTILINE | re.IGNORECASE),
    ),
)

_SPECIAL_STARTS = frozenset("`~$:#")  # what opens one of these, or a directive


@dataclass(frozen=True, slots=True)
class LogseqPage:
    """One page as read, everything in order of appearance; offsets count characters of the whole text."""

    frontmatter: Frontmatter
    properties: dict[str, Any]  # of the page, by normalised name
    block_properties: tuple[dict[str, Any], ...]  # one for each block that has any
    keys: tuple[str, ...]  # normalised names of all properties, distinct
    links: tuple[Link, ...]
    aliases: tuple[str, ...]
    tags: tuple[str, ...]  # distinct without case
    blocks: tuple[Block, ...]  # where the id:: of a block stands
    headings: tuple[Heading, ...]


def read_page(text: str) -> LogseqPage:
    """Read a page. Every text is one; nothing is raised."""
    frontmatter, yaml = read_head(text)
    reader = _Reader(text, Inline(text), frontmatter)
    if yaml and frontmatter.state is FrontmatterState.OK:
        reader.read_frontmatter(yaml.pairs)
    reader.read_body(frontmatter.body_start)
    return reader.page()


def property_of_line(text: str, position: int) -> str | None:
    """The name of the property whose line ``key:: value`` holds this position of a page; None for other lines."""
    start = text.rfind("\n", 0, position) + 1
    bullet = _BULLET.match(text, start)
    found = _KEY.match(text, bullet.end() if bullet else start)
    return property_name(found[1]) if found and is_property_name(found[1]) else None


def page_refs(page: LogseqPage) -> tuple[str, ...]:
    """The names of the pages it refers to, distinct without case."""
    return distinct(page_names(page.links))


def block_refs(page: LogseqPage) -> tuple[str, ...]:
    """The ids of the blocks it refers to."""
    return distinct(link.block for link in page.links if link.kind is LinkKind.BLOCK and link.block)


@dataclass(slots=True)
class _Outline:
    """One block while it is read."""

    properties: dict[str, Any] = field(default_factory=dict)
    leads: bool = False  # whether it begins with a property
    other: bool = False  # whether it holds anything besides properties


@dataclass(slots=True)
class _Reader:
    text: str
    inline: Inline
    frontmatter: Frontmatter
    outlines: list[_Outline] = field(default_factory=lambda: [_Outline()])
    properties: dict[str, Any] = field(default_factory=dict)  # of the frontmatter
    keys: dict[str, None] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    resume: int = 0  # where a hidden part ends
    unclosed: set[re.Pattern[str]] = field(default_factory=set)  # ends that do not come any more

    def page(self) -> LogseqPage:
        own = self._page_block()
        properties = self.properties | (own.properties if own else {})
        return LogseqPage(
            frontmatter=self.frontmatter,
            properties=properties,
            block_properties=tuple(each.properties for each in self.outlines if each.properties and each is not own),
            keys=tuple(self.keys),
            links=tuple(self.links),
            aliases=distinct(name for key in properties if key in ALIASES for name in _texts(properties[key])),
            tags=distinct(self.tags),
            blocks=tuple(self.blocks),
            headings=tuple(self.headings),
        )

    def _page_block(self) -> _Outline | None:
        """The block whose properties are the page's: what stands before all others, or a first without text."""
        before = self.outlines[0]
        if before.leads or before.other:
            return before if before.leads else None
        first = self.outlines[min(1, len(self.outlines) - 1)]
        return first if first.leads and not first.other else None

    def read_frontmatter(self, pairs: Sequence[Pair]) -> None:
        line = _LineCount(self.text)
        for pair in pairs:
            key = property_name(pair.key)
            value, names = read_yaml_value(key, self.frontmatter.properties[pair.key])
            if value in (None, "", []):
                continue
            self.keys[key] = None
            self.properties[key] = value
            if key == TAGS:
                self.tags += names
            if key not in ALIASES:
                self.links += self._frontmatter_links(pair, self.frontmatter.start, names, line)

    def _frontmatter_links(self, pair: Pair, base: int, names: list[str], line: _LineCount) -> Iterator[Link]:
        """One link for each name, where it stands in the value; the whole pair if it is written otherwise."""
        start, end = base + pair.key_end, base + pair.end
        for name in names:
            found = self.text.find(name, start, end)
            start = found + len(name) if found >= 0 else end
            span = (found, start) if found >= 0 else (base + pair.start, end)
            number = line.at(span[0])
            yield Link(LinkKind.PROPERTY, False, name, (), None, None, *span, number, *span, key=pair.key)

    def read_body(self, start: int) -> None:
        number = self.text.count("\n", 0, start) + 1
        for line in _LINE.finditer(self.text, start):
            if line.end() > self.resume:
                self._line(line.start(), line[0].rstrip(), number)
            number += 1

    def _line(self, start: int, content: str, number: int) -> None:
        end = start + len(content)
        if self.resume > start:  # the rest of a line on which a hidden part ends
            self._inline(min(self.resume, end), end, number)
            return
        bullet = _BULLET.match(content)
        position = bullet.end() if bullet else len(content) - len(content.lstrip())
        is_marked = (bullet or not position) and content.startswith("#", position)
        heading = _HEADING.match(content, position) if is_marked else None
        if bullet or heading:
            self.outlines.append(_Outline())
        if position == len(content):
            return
        if heading:
            self.headings.append(Heading(len(heading[1]), content[heading.end() :], start, number))
            self.outlines[-1].other = True
            self._inline(start + heading.end(), end, number)
        elif "::" not in content or not self._property(start, content, position, number):
            self.outlines[-1].other = True
            if content[position] in _SPECIAL_STARTS:
                self._special(start + position, end, content[position:], number)
            else:
                self._inline(start + position, end, number)

    def _property(self, start: int, content: str, position: int, number: int) -> bool:
        """Take in a line ``key:: value``; an empty value is none. Whether the line is one."""
        found = _PROPERTY.match(content, position)
        if found is None or not is_property_name(found[1]):
            return False
        outline = self.outlines[-1]
        outline.leads = outline.leads or not outline.other
        if found[2]:
            key, span = property_name(found[1]), (start + found.start(2), start + found.end(2))
            outline.properties[key], links = read_value(self.inline, key, span, number)
            self.keys[key] = None
            if key == "id" and UUID.fullmatch(found[2]):
                self.blocks.append(Block(found[2], span[0]))
            if key == TAGS:
                self.tags += page_names(links)
            if key not in ALIASES:
                self.links += links
        return True

    def _special(self, start: int, end: int, content: str, number: int) -> None:
        """Take in a line of text that may open a hidden part, or say what comes."""
        for opening, closing in _HIDDEN:
            if opening.match(content) and closing not in self.unclosed:
                if close := closing.search(self.text, end if closing.flags & re.MULTILINE else start + 2):
                    self.resume = close.end()
                    return
                self.unclosed.add(closing)
        if directive := _DIRECTIVE.match(content):
            start += directive.end()
        self._inline(start, end, number)

    def _inline(self, start: int, end: int, number: int) -> None:
        links, self.resume = self.inline.read(start, end, number)
        if links:
            self.links += links
            self.tags += (link.target for link in links if link.kind is LinkKind.TAG)


@dataclass(slots=True)
class _LineCount:
    """Numbers of lines for offsets that mostly grow."""

    text: str
    position: int = 0
    number: int = 1

    def at(self, position: int) -> int:
        if position < self.position:  # a name that is not found stands for its whole pair
            self.number -= self.text.count("\n", position, self.position)
        else:
            self.number += self.text.count("\n", self.position, position)
        self.position = position
        return self.number


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]
