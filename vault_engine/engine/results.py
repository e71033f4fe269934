"""What the engine answers: frozen values that the interfaces show as they are. Times are ISO 8601 in UTC.

No slots: the MCP library would take a slot's descriptor for a default.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from vault_engine.search.query import Mode


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
class Forgotten:
    """A note is in the archive now."""

    id: str | None
    path: str
    archived: str  # its name there
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
