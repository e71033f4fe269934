"""What a note is once it has been read: small frozen values, no behaviour beyond lookups.

Every offset counts characters of ``Note.text``, the whole text of the file; every line counts from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class FrontmatterState(StrEnum):
    """How much of the YAML head could be read. Only NONE, EMPTY and OK may be written to."""

    NONE = "none"
    EMPTY = "empty"
    OK = "ok"
    INVALID = "invalid"
    NON_MAPPING = "non_mapping"


class Profile(StrEnum):
    """Whose rules a vault follows: what its links mean and where its properties stand."""

    OBSIDIAN = "obsidian"
    LOGSEQ = "logseq"


class LinkKind(StrEnum):
    """Where and how a link is written."""

    WIKI = "wiki"
    MARKDOWN = "md"
    REFERENCE = "reference"  # [text][label], with the destination in a definition elsewhere
    PROPERTY = "frontmatter"
    TAG = "tag"  # Logseq only: there a tag is a link to the page of its name
    BLOCK = "block"  # Logseq only: ((id)), to a block anywhere in the graph


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """The YAML head of a note."""

    state: FrontmatterState
    properties: Mapping[str, Any]  # JSON values only; empty unless the state is OK
    start: int  # first character after the opening fence line; 0 without a block
    end: int  # first character of the closing fence line; 0 without a block
    body_start: int  # first character after the closing fence line
    problem: str | None = None  # why the state is INVALID or NON_MAPPING, with the line of the note


# What a body is full of are named tuples: making one costs a third of a frozen dataclass.


class Heading(NamedTuple):
    """One ATX or setext heading."""

    level: int  # 1 to 6
    text: str  # raw, without the marks
    start: int  # first character of its line
    line: int


class Link(NamedTuple):
    """One link to a file of the vault, written in the body or as a whole property value."""

    kind: LinkKind
    embed: bool
    target: str  # path part as written (Markdown: decoded), without subpath; a resolver finds the file
    heading: tuple[str, ...]  # chain from the outermost heading inwards, empty without one
    block: str | None
    alias: str | None
    start: int
    end: int  # first character after the link
    line: int
    target_start: int  # of the path part as written; of the whole quoted text where a property escapes something
    target_end: int
    subpath: str = ""  # as written, from its hash on
    key: str | None = None  # for property links: where in the frontmatter, such as "list.0"

    @property
    def looks_like_url(self) -> bool:
        """Whether a person meant an address: Obsidian still takes ``[[https://…]]`` for a note's name."""
        return "://" in self.target


class Pointer(Protocol):
    """The part of a link that says what it points to."""

    @property
    def kind(self) -> LinkKind:
        """How it is written."""

    @property
    def target(self) -> str:
        """The path or name, as written."""

    @property
    def block(self) -> str | None:
        """The id of a block."""


class LinkResolver(Protocol):
    """Finds the files that links mean, by the rules of one profile."""

    def find(self, link: Pointer, source: str) -> str | None:
        """The file that a link in the note at ``source`` means; None if no file answers."""

    def candidates(self, link: Pointer, source: str) -> tuple[str, ...]:
        """Every file it could mean where its name does not say which; empty where there is no doubt."""

    def depends_on_source(self, link: Pointer) -> bool:
        """Whether a link, written alike, may lead to another file from another note."""

    def keys(self, link: Pointer, source: str) -> tuple[str, ...]:
        """The names of which a file must have one for the link to mean it, whatever other files there are."""

    def names(self, path: str) -> tuple[str, ...]:
        """Every name that `keys` may give for a link to this file."""

    def missing(self, link: Pointer, source: str) -> str:
        """One name for the note that an unresolved link means, however and wherever the link is written."""

    def missing_keys(self, missing: str) -> tuple[str, ...]:
        """What `keys` gives for the links that `missing` gives this name, and maybe for others."""

    def within(self, may: Callable[[str], bool]) -> LinkResolver:
        """What finds them as if there were only those files that may be reached; it goes on to follow this one."""

    def add(self, path: str) -> None:
        """Take in a file of which only the path counts."""

    def remove(self, path: str) -> None:
        """Forget a file, if it is known."""


class Tag(NamedTuple):
    """One tag in the body."""

    name: str  # without the hash
    start: int  # offset of the hash


class Block(NamedTuple):
    """One block id, the target of ``[[note#^id]]``; in Logseq the value of an ``id::`` line."""

    id: str
    start: int  # offset of the caret; in Logseq of the id itself


class Field(NamedTuple):
    """One ``key:: value`` in the text. A candidate: plugins give it a meaning, Obsidian itself does not."""

    key: str  # without formatting
    value: str
    start: int


class Callout(NamedTuple):
    """One quote that begins with ``[!type]``."""

    type: str  # in lower case, as written otherwise
    fold: str  # "+" open, "-" closed, "" not foldable
    title: str
    start: int  # offset of the bracket


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
    properties: Mapping[str, Any]  # of the note as a whole; in Logseq also from its first lines
    fields: tuple[Field, ...] = ()
    callouts: tuple[Callout, ...] = ()
    conflicted: bool = False  # holds a merge's markers outside code: nobody's text until a person mends it

    @property
    def body(self) -> str:
        """Every character after the frontmatter."""
        return self.text[self.frontmatter.body_start :]

    @property
    def title_heading(self) -> str | None:
        """The text of the first level-1 heading."""
        return next((heading.text for heading in self.headings if heading.level == 1), None)
