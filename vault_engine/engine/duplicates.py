"""Which notes of one category say the same: exactly, or nearly."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from vault_engine.engine.contradicting import MOST_NOTES, by_category, claims_of, compared
from vault_engine.engine.resembling import MUCH_ALIKE, similarity_of
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.record import Record
from vault_engine.journal.counters import access_of
from vault_engine.lifecycle.contradict import VerdictKind
from vault_engine.lifecycle.pairing import pairs
from vault_engine.lifecycle.tiers import Tier, tier_of
from vault_engine.note import parse
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import workspace_of

_OWN = frozenset(("id", "key", "created", "updated", "agent", "decay_score"))  # in which copies may differ


@dataclass(frozen=True)
class Duplicate:
    """A note that says what another one of its category says."""

    path: str
    of: str  # the one that is kept
    similarity: float  # the share of words that both have, in [0, 1]
    exact: bool  # the same text, and the same properties but for names and dates
    said: str  # how they differ, or why the copy stays all the same; "" for a copy that may go


@dataclass(frozen=True)
class Duplicates:
    """The notes that say the same as others."""

    found: tuple[Duplicate, ...]  # exact ones first, then the most alike
    total: int  # how many there are, shown or not
    left_out: tuple[Problem, ...]  # categories too large, notes that can't be read


class _Copy(NamedTuple):
    record: Record
    properties: Mapping[str, Any]


def duplicates(session: Session, limit: int) -> Duplicates:
    """Find the notes that hold now and say the same as another one of their category. The session is held.

    Args:
        session: the open vault, brought up to date.
        limit: how many to give.
    """
    found: list[Duplicate] = []
    left_out: list[Problem] = []
    for name, records in sorted(by_category(session, None).items()):
        exact = _exact(session, records)
        found += exact
        copies = {one.path for one in exact}
        others = [record for record in records if record.path not in copies]
        if len(others) > MOST_NOTES:
            left_out.append(
                Problem(name, f"has {len(others):,} notes, more than {MOST_NOTES:,}: only exact copies told")
            )
            continue
        found += _near(session, others, left_out)
    found.sort(key=lambda one: (not one.exact, -one.similarity, one.path))
    return Duplicates(tuple(found[:limit]), len(found), tuple(left_out))


def _exact(session: Session, records: Sequence[Record]) -> list[Duplicate]:
    """Find what has the text of another note, byte for byte but for blank lines around it."""
    same: dict[tuple[str | None, str], list[_Copy]] = defaultdict(list)
    for record in records:
        try:
            note = parse(session.vault.read(record.path).decode(), session.index.rules.profile)
        except (MemwellError, UnicodeDecodeError):  # gone or damaged: others tell
            continue
        if body := note.body.strip():
            one = _Copy(record, {name: value for name, value in note.properties.items() if name not in _OWN})
            same[workspace_of(record.path), sha256_hex(body.encode())].append(one)
    found = []
    for copies in same.values():
        kept, *rest = sorted(copies, key=lambda one: _rank(session, one.record)) if copies[1:] else copies
        found += [_told(session, kept, one) for one in rest]
    return found


def _rank(session: Session, record: Record) -> tuple[Any, ...]:
    """Say which of several copies is kept: the first by this."""
    uses = access_of(session.counters.load(), record.path, record.id).times
    links = len(session.index.graph.backlinks_of(record.path))
    return (
        not record.is_pinned,
        not record.is_verified,
        -links,
        -uses,
        str(record.properties.get("created") or "~"),
        record.path,
    )


def _told(session: Session, kept: _Copy, copy: _Copy) -> Duplicate:
    """Say of a copy whether it may go."""
    record, why = copy.record, ""
    if differing := sorted(
        name for name in {*kept.properties, *copy.properties} if kept.properties.get(name) != copy.properties.get(name)
    ):
        why = f"states something else as {', '.join(differing)}"
    elif record.is_pinned or record.is_verified or tier_of(record.text("tier")) is Tier.CORE:
        why = "is pinned, verified or core"
    elif session.index.graph.backlinks_of(record.path):
        why = "is linked to"
    return Duplicate(record.path, kept.record.path, 1.0, not differing, why)


def _near(session: Session, records: Sequence[Record], left_out: list[Problem]) -> list[Duplicate]:
    read = claims_of(session, records, left_out)
    found = []
    for one, other in ((read[a], read[b]) for a, b in pairs([each.said for each in read])):
        alike = similarity_of(one.said, other.said)
        verdict = compared(one.record, one.said, other.record, other.said)
        if alike >= MUCH_ALIKE or verdict.kind is VerdictKind.SAME:
            kept, copy = sorted((one.record, other.record), key=lambda record: _rank(session, record))
            found.append(Duplicate(copy.path, kept.path, alike, False, f"{verdict.kind.value}: {verdict.why}"))
    return found
