"""What the index knows of one note: enough that no query opens a note before the final hits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import vault_engine.note as notes
from vault_engine.note import LinkKind, Profile, Rules
from vault_engine.note.logseq import page_name
from vault_engine.note.spoken import spoken
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import below_workspace

if TYPE_CHECKING:
    from vault_engine.note import Chunk, Note

MAX_PARSED_BYTES = 1 << 20
KEY_BYTES = 16
OBSIDIAN = Rules()
CONFLICTED = "holds the conflict markers of a merge: nothing of it is taken in until a person mends it"

# Frontmatter keys that say something about the note's keeping, not about its subject.
_KEEPING = frozenset(
    [
        "id",
        "category",
        "key",
        "tier",
        "importance",
        "confidence",
        "pinned",
        "always_on",
        "verified",
        "created",
        "updated",
        "valid_from",
        "valid_to",
        "expires",
        "source",
        "agent",
        "trust",
        "status",
        "supersedes",
        "shared_from",
        "shared_sha256",
        "superseded_by",
        "tags",
        "aliases",
        "title",
        "cssclasses",
        "publish",
        "permalink",
    ]
)


class ChunkRecord(NamedTuple):
    """Where a chunk stands in its note, and the key of its embedding."""

    start: int  # characters of the note's text
    end: int
    headings: tuple[str, ...]
    key: str  # first half of the SHA-256 of the text that is embedded, in hexadecimal
    turn: str = ""  # of a turn in a conversation its signs as one digit, and who speaks; see `note.spoken`


class LinkRecord(NamedTuple):
    """A link as written; the graph resolves it."""

    kind: LinkKind
    target: str
    embed: bool
    block: str | None
    relation: str = ""  # the property it stands in, or the word behind it under ``## Links``; of a plain link ""


@dataclass(frozen=True, slots=True)
class Record:
    """One note in the catalogue."""

    path: str
    sha256: str
    size: int  # bytes
    title: str
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    properties: Mapping[str, Any]
    links: tuple[LinkRecord, ...]
    blocks: tuple[str, ...]  # ids that other notes can name: only Logseq's are known without their file
    chunks: tuple[ChunkRecord, ...]
    problem: str | None  # what is wrong with the note, in words; it is searched all the same

    @property
    def id(self) -> str | None:
        """The identity that survives renames, where the note carries one."""
        return self.text("id")

    @property
    def category(self) -> str:
        """The category the note states, else the folder it is in, seen from its workspace."""
        return self.text("category") or below_workspace(self.path).rpartition("/")[0]

    @property
    def key(self) -> str:
        """The key the note states, else its file's name."""
        return self.text("key") or stem_of(self.path)

    @property
    def type(self) -> str | None:
        """What sort of memory the note says it is: decision, preference …"""
        return self.text("type")

    @property
    def status(self) -> str | None:
        """``deprecated`` for a note that another one replaced."""
        return self.text("status")

    @property
    def is_pinned(self) -> bool:
        """Whether the note is to be at hand always; ``always_on`` says the same in notes from elsewhere."""
        return self.properties.get("pinned") is True or self.properties.get("always_on") is True

    @property
    def is_verified(self) -> bool:
        """Whether somebody has checked the note."""
        return self.properties.get("verified") is True

    def text(self, name: str) -> str | None:
        """Give a property that is a text and not empty."""
        value = self.properties.get(name)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class Described:
    """A note made ready for the index: its record, and for each chunk what is searched."""

    record: Record
    embedded_texts: tuple[str, ...]  # for the embedder, one a chunk
    fields: tuple[Mapping[str, str], ...]  # for the keyword index, by field name, one a chunk


def stem_of(path: str) -> str:
    """Give the name of a note without its folders and extension."""
    return path.rpartition("/")[2].rpartition(".")[0]


def decode(data: bytes) -> tuple[str, str | None]:
    """Read a note's bytes as text; say what is wrong where they are not whole UTF-8 or too many."""
    shown = data[:MAX_PARSED_BYTES]
    try:
        text, problem = shown.decode("utf-8"), None
    except UnicodeDecodeError as error:
        cut_short = len(data) > len(shown) and error.start > len(shown) - 4
        problem = None if cut_short else f"not UTF-8 (byte {error.start})"
        text = shown.decode("utf-8", "replace")
    if len(data) > len(shown):
        problem = f"{len(data) / 1e6:.1f} MB: only the first {MAX_PARSED_BYTES >> 20} MiB is searched"
    return text, problem


def describe(path: str, data: bytes, rules: Rules = OBSIDIAN) -> Described:
    """Read one note for the index. Of a merge left half done only the name is taken."""
    text, problem = decode(data)
    note = notes.parse(text, rules.profile)
    if note.conflicted:
        note, problem = notes.parse(""), CONFLICTED
    title = title_of(note, path, rules)
    related = notes.relations(note, rules.profile)
    slices = notes.chunks(_searchable(note, path))
    embedded_texts = tuple(embedded_text(title, chunk.headings, chunk.text) for chunk in slices)
    record = Record(
        path=path,
        sha256=sha256_hex(data),
        size=len(data),
        title=title,
        aliases=note.aliases,
        tags=note.tags,
        properties=note.properties,
        links=tuple(
            LinkRecord(link.kind, link.target, link.embed, link.block, related.get(link.start, ""))
            for link in note.links
        ),
        blocks=tuple(block.id for block in note.blocks) if rules.profile is Profile.LOGSEQ else (),
        chunks=tuple(
            ChunkRecord(chunk.start, chunk.end, chunk.headings, key_of(embedded), _turn(chunk.text))
            for chunk, embedded in zip(slices, embedded_texts, strict=True)
        ),
        problem=problem or note.frontmatter.problem,
    )
    fields = tuple(_fields(record, chunk, first=chunk.ordinal == 0) for chunk in slices)
    return Described(record, embedded_texts, fields)


def title_of(note: Note, path: str, rules: Rules = OBSIDIAN) -> str:
    """Give the name a person would call the note by: its ``title``, else its first heading, else the file's.

    In Logseq the name of the page, which its file's name spells.
    """
    stated = note.properties.get("title")
    if isinstance(stated, str) and stated.strip():
        return stated.strip()
    if rules.profile is Profile.LOGSEQ:
        return page_name(path, rules.logseq)
    return note.title_heading or stem_of(path)


def _searchable(note: Note, path: str) -> Note:
    """Leave out the data of a drawing."""
    end = notes.searchable_end(note, path)
    return note if end == len(note.text) else notes.parse(note.text[:end])


def embedded_text(title: str, headings: Sequence[str], text: str) -> str:
    """Put a chunk's place before its text: a slice alone often does not say what it is about."""
    place = " > ".join((title, *(heading for heading in headings if heading != title)))
    return f"{place}\n{text.strip()}"


def judged_text(embedded: str) -> str:
    """Give what of an embedded text is compared with a question word by word: of a turn only what is said."""
    said = embedded.partition("\n")[2]
    return said if spoken(said) else embedded


def key_of(embedded_text: str) -> str:
    """Give the key of a chunk by what of it is embedded."""
    return hashlib.sha256(embedded_text.encode("utf-8", "surrogatepass")).hexdigest()[: 2 * KEY_BYTES]


def _turn(text: str) -> str:
    turn = spoken(text)
    return f"{turn.signs:d}{turn.speaker}" if turn else ""


def _fields(record: Record, chunk: Chunk, *, first: bool) -> Mapping[str, str]:
    fields = {
        "title": f"{record.title}\n{stem_of(record.path)}" if record.title != stem_of(record.path) else record.title,
        "aliases": "\n".join(record.aliases),
        "headings": "\n".join(chunk.headings),
        "tags": "\n".join(record.tags),
        "body": chunk.text,
    }
    if first:
        fields["properties"] = "\n".join(_property_texts(record.properties))
    return fields


def _property_texts(properties: Mapping[str, Any]) -> list[str]:
    texts: list[str] = []
    for name, value in properties.items():
        if name not in _KEEPING:
            items = value if isinstance(value, list) else [value]
            texts += [str(item) for item in items if isinstance(item, str | int | float) and not isinstance(item, bool)]
    return texts
