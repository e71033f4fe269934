"""What the verbs answer that are not asked every day: see `results`."""

from dataclasses import dataclass
from typing import Literal, get_args

from vault_engine.engine.results import IndexState


@dataclass(frozen=True)
class Created:
    """A folder is a vault now."""

    path: str
    action: Literal["created", "unchanged"]
    kind: Literal["plain", "obsidian", "logseq"]  # whose vault it was before, if anyone's
    notes: int  # how many were there already
    inside: str | None  # the vault it lies in, if it does


@dataclass(frozen=True)
class RawNote:
    """One note, byte for byte."""

    path: str
    data: bytes
    problem: str | None


@dataclass(frozen=True)
class NoteLine:
    """One note in a list."""

    id: str | None
    path: str
    title: str
    category: str
    type: str | None
    status: str | None
    tags: tuple[str, ...]
    updated: str | None
    size: int  # bytes
    archived: str | None  # its name in the archive, if it is forgotten


@dataclass(frozen=True)
class Listed:
    """Some of a vault's notes, by path."""

    notes: tuple[NoteLine, ...]
    total: int  # how many there are, shown or not


@dataclass(frozen=True)
class Restored:
    """An archived note is back."""

    id: str | None
    path: str
    sha256: str


@dataclass(frozen=True)
class Built:
    """The index has been brought up to date."""

    added: int
    edited: int
    gone: int
    embedded: int  # chunks that have a vector now and had none
    index: IndexState


@dataclass(frozen=True)
class IndexChecked:
    """What a comparison of the index with the notes has found."""

    notes: int
    damaged: tuple[str, ...]  # files that are not as they were written
    differing: tuple[str, ...]  # notes of which it knew something else
    differing_parts: tuple[str, ...]  # of postings and filters, where it was right about every note
    damaged_vectors: int
    repaired: bool  # all that was found is mended

    @property
    def is_right(self) -> bool:
        """Whether nothing was found."""
        return not (self.damaged or self.differing or self.differing_parts or self.damaged_vectors)


@dataclass(frozen=True)
class LinkView:
    """One link of a note, and where it leads."""

    kind: str  # how it is written: wiki, md, reference, frontmatter; in Logseq also tag and block
    target: str  # as written, without heading and block
    path: str | None  # the file it means
    state: Literal["resolved", "unresolved", "ambiguous"]
    candidates: tuple[str, ...]  # every file it could mean, where there are several
    heading: tuple[str, ...]  # from the outermost inwards
    block: str | None
    anchor: Literal["found", "missing"] | None  # its heading or block; None: it names none, or nobody can tell
    alias: str | None
    embed: bool
    line: int
    key: str | None  # of a property's link: where in the frontmatter
    relation: str | None  # of a line ``- [[target]] (relation)`` under ``## Links``
    alias_of: tuple[str, ...]  # notes that have an unresolved target for an alias


@dataclass(frozen=True)
class Links:
    """Every link of a note, those of its properties first."""

    path: str
    links: tuple[LinkView, ...]
    problem: str | None  # why these may not be all of them, or not to be trusted


@dataclass(frozen=True)
class BacklinkView:
    """One link to a note."""

    path: str  # of the note or canvas it stands in
    line: int | None  # None in a canvas's text
    text: str  # the line it stands in, at most 200 characters
    kind: str  # as of `LinkView`, or canvas
    heading: tuple[str, ...]
    block: str | None
    alias: str | None
    relation: str | None


@dataclass(frozen=True)
class Backlinks:
    """Every link to a note, by the path it stands in."""

    path: str
    links: tuple[BacklinkView, ...]


FindingKind = Literal[
    "broken link",
    "ambiguous link",
    "alias-only link",
    "missing heading",
    "missing block",
    "duplicate name",
    "twin name",
    "bad properties",
    "old tags",
    "name",
    "conflict copy",
    "likely conflict copy",
    "merge markers",
    "not UTF-8",
    "not on this device",
    "unreadable",
]
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)


@dataclass(frozen=True)
class Finding:
    """Something in a vault that a person may want to mend."""

    kind: FindingKind
    path: str
    line: int | None
    problem: str  # in words
    target: str | None = None  # what a link or a finding is about, as far as it has a name
    suggestions: tuple[str, ...] = ()  # what to write instead, or the paths to choose from


@dataclass(frozen=True)
class Checked:
    """A whole vault was looked through; nothing was changed."""

    notes: int
    links: int  # of the notes and canvases
    findings: tuple[Finding, ...]  # by path and line
