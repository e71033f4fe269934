"""What a note is once it has been read: small frozen values, no behaviour beyond lookups.

Every offset counts characters of ``Note.text``, the whole text of the file; every line counts from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FrontmatterState(StrEnum):
    """How much of the YAML head could be read. Only NONE, EMPTY and OK may be written to."""

    NONE = "none"
    EMPTY = "empty"
    OK = "ok"
    INVALID = "invalid"
    NON_MAPPING = "non_mapping"


class LinkKind(StrEnum):
    """Where and how a link is written."""

    WIKI = "wiki"
    MARKDOWN = "md"
    PROPERTY = "frontmatter"


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """The YAML head of a note."""

    state: FrontmatterState
    properties: Mapping[str, Any]  # JSON values only; empty unless the state is OK
    start: int  # first character after the opening fence line; 0 without a block
    end: int  # first character of the closing fence line; 0 without a block
    body_start: int  # first character after the closing fence line
    problem: str | None = None  # why the state is INVALID or NON_MAPPING, with the line of the note


@dataclass(frozen=True, slots=True)
class Heading:
    """One ATX or setext heading."""

    level: int  # 1 to 6
    text: str  # raw, without the marks
    start: int  # first character of its line
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """One link to a file of the vault, written in the body or as a whole property value."""

    kind: LinkKind
    embed: bool
    target: str  # path part as written (Markdown: decoded), without subpath; Resolver finds the file
    heading: tuple[str, ...]  # chain from the outermost heading inwards, empty without one
    block: str | None
    alias: str | None
    start: int
    end: int  # first character after the link
    line: int
    key: str | None = None  # for property links: where in the frontmatter, such as "list.0"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag in the body."""

    name: str  # without the hash
    start: int  # offset of the hash


@dataclass(frozen=True, slots=True)
class Block:
    """One block id, the target of ``[[note#^id]]``."""

    id: str
    start: int  # offset of the caret


@dataclass(frozen=True, slots=True)
class Note:
    """One Markdown file as read: its text and what was found in it, in order of appearance."""

    text: str
    frontmatter: Frontmatter
    headings: tuple[Heading, ...]
    links: tuple[Link, ...]
    tags: tuple[str, ...]  # properties first, then inline; distinct without case, spelling first seen
    inline_tags: tuple[Tag, ...]  # every occurrence in the body
    blocks: tuple[Block, ...]
    aliases: tuple[str, ...]

    @property
    def body(self) -> str:
        """Every character after the frontmatter."""
        return self.text[self.frontmatter.body_start :]

    @property
    def title_heading(self) -> str | None:
        """The text of the first level-1 heading."""
        return next((heading.text for heading in self.headings if heading.level == 1), None)
