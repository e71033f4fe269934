"""Which notes could link to each other: unlinked ones of one category that are about the same thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vault_engine.engine.contradicting import compared, holds
from vault_engine.engine.resembling import ASKED_CHARS, COMPARED_CHARS, similarity_of
from vault_engine.engine.session import Session
from vault_engine.engine.survey import DAY_US
from vault_engine.errors import MemwellError
from vault_engine.index.record import Record, decode
from vault_engine.journal.entry import Op
from vault_engine.journal.replay import happened
from vault_engine.lifecycle.contradict import Claim, VerdictKind, claims
from vault_engine.note import Profile
from vault_engine.search.query import UNTRUSTED
from vault_engine.search.similar import with_like_words
from vault_engine.vault.reach import Reach, workspace_of

RELATION = "related"
LOOKED_AT = 200  # notes in one run
_NEWEST = 100  # of them; the others take turns by the day
_NEAREST = 5  # notes that each is compared with
_ALIKE = 0.3  # the share of words that both have, of the words of either
_REASON = "linked to"


@dataclass(frozen=True)
class NewLink:
    """A link that one note gets to another of its category."""

    path: str
    to: str
    similarity: float  # the share of words that both have, in [0, 1]

    @property
    def why(self) -> str:
        """What the journal says of it."""
        return f"{_REASON} {self.to}: {self.similarity:.0%} alike"


@dataclass(frozen=True)
class Linking:
    """Links that there could be, the likeliest first."""

    links: tuple[NewLink, ...]
    looked_at: int  # notes without any link
    unlinked: int  # how many there are


NOTHING = Linking((), 0, 0)


def to_link(session: Session, most: int) -> Linking:
    """Say which links there could be. The session is free between two notes, so that nobody waits for long.

    A pair that a run has linked before is left alone, whatever became of that link.

    Args:
        session: the open vault, brought up to date.
        most: how many at most, one for each note.
    """
    if not most or session.index.rules.profile is Profile.LOGSEQ:  # whose outlines have no place for them
        return NOTHING
    with session.guard:
        unlinked = _unlinked(session)
    paths = _now(unlinked, session.now_us() // DAY_US)
    found = [one for path in paths for one in _partners(session, path)]
    found.sort(key=lambda one: (-one.similarity, one.path))
    chosen: dict[str, NewLink] = {}
    linked = _linked_before(session) if found else frozenset()
    for one in found:
        if len(chosen) == most:
            break
        is_there = one.path in chosen or (one.to in chosen and chosen[one.to].to == one.path)
        if not (is_there or (one.path, one.to) in linked or (one.to, one.path) in linked):
            chosen[one.path] = one
    return Linking(tuple(chosen.values()), len(paths), len(unlinked))


def _unlinked(session: Session) -> list[str]:
    """Give the notes that link to none and that none links to, those first that changed last."""
    arrays, records = session.index.graph.arrays, session.index.records
    paths = [arrays.node(number).name for number in arrays.orphans().tolist()]
    signatures = records.signatures_of(paths)
    newest = sorted(range(len(paths)), key=lambda number: (-int(signatures[number][1]), paths[number]))
    return [paths[number] for number in newest]


def _now(paths: Sequence[str], day: int) -> Sequence[str]:
    """Choose those that are looked at on a day: the newest, and of the others as many as there is room for."""
    first, rest = paths[:_NEWEST], paths[_NEWEST:]
    if not rest:
        return first
    room = LOOKED_AT - _NEWEST
    start = day * room % len(rest)
    return [*first, *[*rest[start:], *rest[:start]][:room]]


def _partners(session: Session, path: str) -> Iterator[NewLink]:
    """Give the notes that a note could link to, in the words that it shares with them."""
    with session.guard:
        record = session.index.records.get(path)
        now = session.now_us()
        if record is None or not _may_link(record, now) or not (said := _said(session, path)):
            return
        asked = " ".join(claim.text for claim in said)[:ASKED_CHARS]
        within = Reach(workspace=workspace) if (workspace := workspace_of(path)) else None
        for name in with_like_words(session.index, asked, record.category, _NEAREST, within):
            other = session.index.records[name]
            if name == path or other.category != record.category or workspace_of(name) != workspace:
                continue
            if _may_link(other, now) and (others := _said(session, name)):
                alike = similarity_of(said, others)
                if alike >= _ALIKE and compared(record, said, other, others).kind is VerdictKind.RELATED:
                    yield NewLink(path, name, alike)


def _may_link(record: Record, now: int) -> bool:
    is_trusted = (record.text("trust") or "").casefold() != UNTRUSTED
    return bool(record.category) and is_trusted and holds(record, now)


def _said(session: Session, path: str) -> tuple[Claim, ...]:
    try:
        return claims(decode(session.vault.read(path))[0][:COMPARED_CHARS])
    except MemwellError:  # it went away
        return ()


def _linked_before(session: Session) -> frozenset[tuple[str, str]]:
    """Give the pairs that the journal says were linked."""
    said = (f"{_REASON} ", f'"op":"{Op.ABORT.value}"')
    return frozenset(
        (entry.change.path, part.removeprefix(f"{_REASON} ").rpartition(": ")[0])
        for entry in happened(one for text in said for one in session.journal.entries(holding=text))
        for part in entry.change.reason.split("; ")
        if part.startswith(f"{_REASON} ")
    )
