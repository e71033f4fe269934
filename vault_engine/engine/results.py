"""What the engine answers: frozen values that the interfaces show as they are. Times are ISO 8601 in UTC.

No slots: the MCP library would take a slot's descriptor for a default.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from vault_engine.search.query import Mode


@dataclass(frozen=True)
class Created:
    """A folder is a vault now."""

    path: str
    action: Literal["created", "unchanged"]
    kind: Literal["plain", "obsidian", "logseq"]  # whose vault it was before, if anyone's
    notes: int  # how many were there already
    inside: str | None  # the vault it lies in, if it does


@dataclass(frozen=True)
class Remembered:
    """A memory is a note now."""

    action: Literal["created", "updated", "unchanged"]
    id: str | None
    path: str
    category: str
    key: str
    sha256: str  # of the note's bytes; name it as ``expected`` to change the note knowingly
    hints: tuple[str, ...] = ()
    inferred: dict[str, str] = field(default_factory=dict)  # type and tier that a new note does not state, by its text


@dataclass(frozen=True)
class Changed:
    """Part of a note is different now, or would be after a dry run."""

    action: Literal["updated", "unchanged"]
    id: str | None
    path: str
    before: str  # SHA-256 of the note's bytes before
    sha256: str  # and after
    diff: str  # the lines that differ: the first one's number, the old ones, the new ones; "" if none do


@dataclass(frozen=True)
class Explained:
    """All that made the score of a hit: the parts add up to its relevance, which the factors multiply."""

    parts: dict[str, float]
    factors: dict[str, float]  # those that are not 1
    linked: str | None  # the hit that it was found through


@dataclass(frozen=True)
class Hit:
    """One search result."""

    id: str | None
    path: str
    title: str
    score: float  # in [0, 1]
    excerpt: str  # the part that answers, on one line
    heading: str | None  # where in the note that is
    category: str
    type: str | None
    status: str | None
    tags: tuple[str, ...]
    updated: str | None
    why: tuple[str, ...] = ()  # in a few words: which of its words were asked for, meaning, links …
    created: str | None = None  # these three as the note states them
    source: str | None = None
    trust: str | None = None
    invisible: tuple[str, ...] = ()  # marks in what is shown that nobody sees, as of `NoteView`
    explain: Explained | None = None  # where it was asked for


@dataclass(frozen=True)
class Recalled:
    """Ranked notes."""

    mode: Mode  # which legs of the search ran
    hits: tuple[Hit, ...]
    notes_searched: int
    chunks_waiting: int  # without a vector so far: found by their words only
    degraded: str | None  # why it was less than the search that was asked for
    unused: tuple[str, ...] = ()  # what of a question in the query language could not be used, in words
    did_you_mean: str | None = None  # the question as it may have been meant, where no note has a word of it
    cursor: str | None = None  # what to ask the same question with for the hits behind these; None: there are none


@dataclass(frozen=True)
class NoteView:
    """One whole note."""

    id: str | None
    path: str
    title: str
    sha256: str
    properties: dict[str, Any]
    tags: tuple[str, ...]
    links: tuple[str, ...]  # files it links to
    backlinks: tuple[str, ...]  # notes that link to it
    unresolved: tuple[str, ...]  # link targets that no file answers to
    problem: str | None
    invisible: tuple[str, ...]  # marks in the text that nobody sees, as in U+202E: they may hide words from people
    text: str


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
class Forgotten:
    """A note is in the archive now."""

    id: str | None
    path: str
    archived: str  # its name there
    sha256: str


@dataclass(frozen=True)
class Restored:
    """An archived note is back."""

    id: str | None
    path: str
    sha256: str


@dataclass(frozen=True)
class Context:
    """What an agent should know at the start, as Markdown."""

    markdown: str  # "" when there is nothing to say
    notes: tuple[str, ...]  # paths of the notes it shows
    tokens: int  # estimated, four characters each
    mode: Mode | None  # which legs of the search ran; None without a query


@dataclass(frozen=True)
class IndexState:
    """How far the index has followed the notes."""

    notes: int
    chunks: int
    chunks_waiting: int  # without a vector so far
    links: int
    unresolved_links: int
    ambiguous_links: int
    embedder: str | None
    answering: str | None  # whose vectors answer: those of the embedder before, until the new ones are complete
    embedder_problem: str | None
    cache_dir: str
    cache_problem: str | None  # why the index can't be kept there for the next process
    rebuilt: tuple[str, ...]  # files of it that this process found damaged; what was in them it has read again


@dataclass(frozen=True)
class Problem:
    """Something about one file that its owner would want to know."""

    path: str
    problem: str


@dataclass(frozen=True)
class Status:
    """How the vault is."""

    vault: str
    notes: int
    other_files: int
    archived: int
    journal_entries: int
    journal_problems: tuple[Problem, ...]
    index: IndexState
    problems: tuple[Problem, ...]  # notes that are searched only in part or can't be edited
    conflict_copies: tuple[str, ...]
    writable: bool
    exchanges: bool  # whether the file system lets two files change places: what else is saved at that moment is safe
    polled: str | None = None  # why a process that follows the vault looks by the clock instead of being told
    missing: int = 0  # notes that are gone, so many that the journal is not told before their owner says so
    grooming: str | None = None  # how grooming by the clock goes, in words; None: it is off


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
