"""Notes as what they say: their text apart from their properties. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault_engine.engine.find import find
from vault_engine.engine.history import show_at
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.index.filters import SITUATION
from vault_engine.index.record import Record, describe
from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.search.query import MAX_QUERY_CHARS
from vault_engine.search.situations import is_situation
from vault_engine.vault.reach import Within, is_within


@dataclass(frozen=True)
class NoteParts:
    """One note, taken apart."""

    id: str | None
    path: str
    title: str
    category: str
    key: str
    type: str | None
    status: str | None
    tags: tuple[str, ...]
    properties: Mapping[str, Any]
    body: str  # what stands below the frontmatter, without line ends around it
    sha256: str
    pinned: bool
    verified: bool

    @property
    def name(self) -> str:
        """What it can be asked for by: its id, else its path."""
        return self.id or self.path


def parts(
    session: Session, ref: str, at: str | None = None, *, is_use: bool = False, within: Within = None
) -> NoteParts:
    """Take a note apart; as if there were no notes but those ``within`` reach.

    Args:
        session: the open vault.
        ref: the note, by any of its names.
        at: a time, or any other name of a version that `history.diff` takes; without it the note as it is now.
        is_use: whether it counts as a use of the note.
        within: what may be reached.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VersionMissing: the note was not there then.
        BadInput, NoteDamaged: as `history.diff`.
        VaultDenied: the file may not be read.
    """
    if at is not None:
        then = show_at(session, ref, at, within=within)
        return _taken_apart(session, then.path, then.data)
    with session.guard:
        session.bring_in()
        found = _parts(session, find(ref, session.index.records, within))
    if is_use:
        session.count_uses(found)
    return found


def situated(session: Session, text: str, *, limit: int = 10, within: Within = None) -> tuple[NoteParts, ...]:
    """Give the notes one of whose situations (``recall_when``) a text names with all its words, by path.

    Raises:
        BadInput: the text is empty or too long, or the limit not positive.
    """
    if not text.strip() or len(text) > MAX_QUERY_CHARS:
        raise BadInput(f"a situation has 1 to {MAX_QUERY_CHARS:,} characters")
    if limit < 1:
        raise BadInput(f"limit {limit} is not positive")
    with session.guard:
        session.bring_in()
        records, terms_of = session.index.records, session.index.analyser.counts
        asked = terms_of(text).keys()
        stating = (records[path] for path in records.having(SITUATION, "true") if is_within(path, within))
        found = [one for one in stating if is_situation(one.properties.get("recall_when"), asked, terms_of)]
        return tuple(_parts(session, one) for one in found[:limit])


def _parts(session: Session, record: Record) -> NoteParts:
    return _taken_apart(session, record.path, session.vault.read(record.path))


def _taken_apart(session: Session, path: str, data: bytes) -> NoteParts:
    fresh = describe(path, data, session.index.rules).record
    text = data.decode("utf-8", "replace")
    return NoteParts(
        id=fresh.id,
        path=fresh.path,
        title=fresh.title,
        category=fresh.category,
        key=fresh.key,
        type=fresh.type,
        status=fresh.status,
        tags=fresh.tags,
        properties=dict(fresh.properties),
        body=text[read_frontmatter(text).body_start :].strip("\r\n"),
        sha256=fresh.sha256,
        pinned=fresh.is_pinned,
        verified=fresh.is_verified,
    )
