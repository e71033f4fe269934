"""Finding notes of one category that contradict each other, and settling that."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nlargest
from typing import NamedTuple

from vault_engine.config import RULES
from vault_engine.engine.changing import writing
from vault_engine.engine.pair_judges import make_pair_judge
from vault_engine.engine.recalling import updated_of
from vault_engine.engine.results import Problem
from vault_engine.engine.second_opinion import MOST_ASKED, Opinion, Weighed, second_opinion
from vault_engine.engine.session import Session
from vault_engine.engine.superseding import Pair, diff_of, plan, reasons_of
from vault_engine.engine.together import MAX_TOGETHER, write_together
from vault_engine.errors import BadInput, JudgeFailed, MemwellError
from vault_engine.index.filters import moment_of
from vault_engine.index.record import Record, decode, stem_of
from vault_engine.journal.entry import Actor
from vault_engine.lifecycle.contradict import Claim, Verdict, VerdictKind, claims, compare, undecided
from vault_engine.lifecycle.pairing import pairs
from vault_engine.note.validity import VALID_FROM, validity
from vault_engine.search.query import UNTRUSTED, Query
from vault_engine.search.run import DEPRECATED
from vault_engine.vault.copies import conflict_base

MOST_NOTES = 5_000  # of one category
MAX_FOUND = 1_000
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_BOTH = 2
_SURER = 0.2  # a confidence higher by so much counts for more than a later date


@dataclass(frozen=True)
class Contradiction:
    """Two notes that can't both hold now."""

    kind: str  # update or contradiction
    why: str
    old: str  # the path of the older or less certain one
    new: str
    old_says: str  # the sentences
    new_says: str
    undecided: str | None  # why nothing tells which of them holds; then neither is superseded
    judge: str = RULES  # who says so: the rules, or the name of the model


@dataclass(frozen=True)
class Contradictions:
    """What was found, and what was done about it."""

    found: tuple[Contradiction, ...]
    total: int  # how many there are, shown or not
    notes: int  # looked at
    compared: int  # pairs of notes
    left_out: tuple[Problem, ...]  # categories too large, and notes that could not be read or changed
    resolved: int  # of those found, or how many would be after a dry run
    entry: str | None  # of the journal, to take all of it back by; None after a dry run
    diff: str  # of what changes, as ``diff -u`` writes it; "" where nothing was to be resolved
    judge: str = RULES  # who was asked beside the rules, by name
    asked: int = 0  # pairs of sentences about which it was
    unasked: int = 0  # and about which there was no time or room to ask
    dismissed: tuple[Contradiction, ...] = ()  # what the rules found and the model says is none
    degraded: str | None = None  # why the rules alone judged what a model was to


@dataclass
class Looked:
    """What the rules say of the notes of some categories."""

    found: list[Weighed] = field(default_factory=list)
    undecided: list[tuple[float, Weighed]] = field(default_factory=list)  # how alike two are, and they; those most
    undecided_count: int = 0  # of all such pairs
    notes: int = 0
    compared: int = 0  # pairs of notes
    left_out: list[Problem] = field(default_factory=list)


class Read(NamedTuple):
    """A note and what it claims."""

    record: Record
    said: tuple[Claim, ...]


def contradictions(
    session: Session,
    category: str | None = None,
    *,
    limit: int = 50,
    resolve: bool = False,
    dry_run: bool = True,
    by_rules: bool = False,
    actor: Actor | None = None,
) -> Contradictions:
    """Find notes of one category that contradict each other by the rules of `lifecycle.contradict`.

    Where the settings name a model, it is asked about what they found and what they leave open. Only to list: what is
    resolved is what the rules found, so that it is what was shown before.

    A note that is deprecated, over, or a conflict copy is left out. To resolve is to supersede the less certain note of
    each pair, else the older one. What is pinned, what is as old and certain as the other, and what would give way to
    an untrusted note is left to a person.

    Args:
        session: the open vault.
        category: only this one and those below it.
        limit: how many to give and to resolve.
        resolve: supersede one of each pair, at most fifty at a time.
        dry_run: with ``resolve``, only say what would change.
        by_rules: ask no model, whatever the settings say.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: the limit is out of bounds.
        VaultBusy, VaultDenied, StorageFailed, NoteChanged: nothing was changed.
    """
    if not 1 <= limit <= MAX_FOUND:
        raise BadInput(f"limit {limit} is not between 1 and {MAX_FOUND:,}")
    if not resolve:
        return _listed(session, category, limit, by_rules=by_rules or session.config.contradictions == RULES)
    if dry_run:
        with session.guard:
            session.bring_in()
            found = _found(session, category, limit)
            settled, refused = _to_settle(session, found)
            return replace(
                found,
                resolved=len(settled),
                diff=diff_of(plan(session, settled)),
                left_out=(*found.left_out, *refused),
            )
    with writing(session, actor) as author:
        found = _found(session, category, limit)
        settled, refused = _to_settle(session, found)
        found = replace(found, left_out=(*found.left_out, *refused))
        if not settled:
            return found
        rewrites = plan(session, settled)
        entry = write_together(session, author, rewrites, reasons_of(settled))
        return replace(found, resolved=len(settled), entry=entry, diff=diff_of(rewrites))


def _to_settle(session: Session, found: Contradictions) -> tuple[list[Pair], list[Problem]]:
    """Choose what is superseded, each note once and by none that is itself; and say what can't be changed safely."""
    settled: dict[str, Pair] = {}
    refused: list[Problem] = []
    records = session.index.records
    for one in found.found:
        if one.undecided or one.old in settled or one.new in settled or len(settled) * 2 >= MAX_TOGETHER:
            continue
        pair = Pair(records[one.old], records[one.new], one.why)
        try:
            plan(session, [pair])
            settled[one.old] = pair
        except MemwellError as error:
            refused.append(Problem(one.old, str(error)))
    return list(settled.values()), refused


def _listed(session: Session, category: str | None, limit: int, *, by_rules: bool) -> Contradictions:
    """Look, and ask the model of the settings; while it thinks, others may use the vault."""
    with session.guard:
        session.bring_in()
        if by_rules:
            return _found(session, category, limit)
        looked = _looked(session, category, with_undecided=True)
    try:
        session.pair_judge = session.pair_judge or make_pair_judge(session.config)
    except JudgeFailed as error:
        return _told_of(looked, Opinion(tuple(looked.found), degraded=str(error)), limit)
    asked = [pair for _, pair in looked.undecided]
    return _told_of(looked, second_opinion(session.pair_judge, looked.found, asked), limit)


def _found(session: Session, category: str | None, limit: int) -> Contradictions:
    """Find by the rules alone."""
    looked = _looked(session, category)
    return _told_of(looked, Opinion(tuple(looked.found)), limit)


def _told_of(looked: Looked, opinion: Opinion, limit: int) -> Contradictions:
    found, dismissed = (
        sorted(map(_told, pairs), key=lambda one: (one.undecided is not None, one.old, one.new))
        for pairs in (opinion.conflicts, opinion.dismissed)
    )
    return Contradictions(
        found=tuple(found[:limit]),
        total=len(found),
        notes=looked.notes,
        compared=looked.compared,
        left_out=tuple(looked.left_out),
        resolved=0,
        entry=None,
        diff="",
        judge=opinion.judge,
        asked=opinion.asked,
        unasked=0 if opinion.judge == RULES else len(looked.found) + looked.undecided_count - opinion.asked,
        dismissed=tuple(dismissed[:limit]),
        degraded=opinion.degraded,
    )


def _looked(session: Session, category: str | None, *, with_undecided: bool = False) -> Looked:
    """Compare the notes of each category by the rules."""
    looked = Looked()
    for name, records in sorted(by_category(session, category).items()):
        if len(records) > MOST_NOTES:
            looked.left_out.append(
                Problem(name, f"has {len(records):,} notes, more than {MOST_NOTES:,}: name one below it")
            )
            continue
        read = claims_of(session, records, looked.left_out)
        looked.notes += len(read)
        candidates = pairs([one.said for one in read])
        looked.compared += len(candidates)
        for one, other in ((read[a], read[b]) for a, b in candidates):
            kind = _compared(one, other).kind
            if kind.is_conflict:
                old, new = _older_first(one, other)
                looked.found.append(Weighed(old.record, new.record, _compared(old, new)))
            elif with_undecided and kind is VerdictKind.RELATED:
                old, new = _older_first(one, other)
                said = undecided(old.said, new.said, same_subject=_same_subject(old.record, new.record))
                looked.undecided_count += len(said)
                looked.undecided += [(each.alike, Weighed(old.record, new.record, each.verdict)) for each in said]
        looked.undecided = nlargest(MOST_ASKED, looked.undecided, key=lambda each: each[0])
    return looked


def by_category(session: Session, category: str | None) -> dict[str, list[Record]]:
    """Give the notes that hold now, by category."""
    now, wanted = session.now_us(), Query("-", category=category or None)
    found: dict[str, list[Record]] = defaultdict(list)
    for record in session.index.records.values():
        if wanted.allows(record) and holds(record, now):
            found[record.category].append(record)
    return found


def holds(record: Record, now_us: int) -> bool:
    """Say whether a note holds at a time: it is not deprecated, over, damaged, or a conflict copy."""
    end = validity(record.properties).end
    is_over = record.status == DEPRECATED or (end is not None and end <= now_us)
    return not (is_over or record.problem or conflict_base(record.path))


def claims_of(session: Session, records: Sequence[Record], left_out: list[Problem]) -> list[Read]:
    """Read what notes claim; those that can't be read are added to what is left out."""
    read = []
    for record in records:
        try:
            said = claims(decode(session.vault.read(record.path))[0])
        except MemwellError as error:
            left_out.append(Problem(record.path, str(error)))
            continue
        if said:
            read.append(Read(record, said))
    return read


def compared(one: Record, said: Sequence[Claim], other: Record, others: Sequence[Claim]) -> Verdict:
    """Compare two notes."""
    return compare(said, others, same_subject=_same_subject(one, other))


def _older_first(one: Read, other: Read) -> tuple[Read, Read]:
    """Put two notes in order, so that why they contradict each other is said in it too."""
    return (one, other) if _is_older(one.record, other.record)[0] else (other, one)


def _compared(one: Read, other: Read) -> Verdict:
    return compared(one.record, one.said, other.record, other.said)


def _same_subject(one: Record, other: Record) -> bool | None:
    """Say whether two notes are about one thing, as titles that both were given tell."""
    titles = [record.title.casefold() for record in (one, other) if record.title != stem_of(record.path)]
    return titles[0] == titles[1] if len(titles) == _BOTH else None


def _told(pair: Weighed) -> Contradiction:
    """Say of two notes which is to go, the older one, and why that can't be told."""
    old, new, verdict, judge = pair
    _, why_not = _is_older(old, new)
    if old.is_pinned:
        why_not = f"{old.path} is pinned"
    if _is_untrusted(new) and not _is_untrusted(old):
        why_not = f"{new.path} is not trusted"
    return Contradiction(verdict.kind.value, verdict.why, old.path, new.path, verdict.old, verdict.new, why_not, judge)


def _is_untrusted(record: Record) -> bool:
    return (record.text("trust") or "").casefold() == UNTRUSTED


def _is_older(one: Record, other: Record) -> tuple[bool, str | None]:
    """Say whether the first of two notes is to give way, and why that can't be told."""
    surer = _confidence(other) - _confidence(one)
    if abs(surer) >= _SURER:
        return surer > 0, None
    first, second = _since(one), _since(other)
    if first and second and first != second:
        return first < second, None
    ids = one.id or "", other.id or ""
    if all(map(_ULID.fullmatch, ids)) and ids[0] != ids[1]:  # made in one second; the ids tell the order
        return ids[0] < ids[1], None
    return True, "nothing tells which is newer"


def _confidence(record: Record) -> float:
    stated = record.properties.get("confidence")
    return float(stated) if isinstance(stated, int | float) and not isinstance(stated, bool) else 1.0


def _since(record: Record) -> datetime | None:
    """Say since when a note holds: as it states, else when it was changed last."""
    return moment_of(record.properties.get(VALID_FROM)) or moment_of(updated_of(record))
