"""Archiving what has expired or faded, and moving notes between tiers by how they are used: planned, shown, done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vault_engine.config import TIERS
from vault_engine.engine.changing import check_here, editable_text, writing
from vault_engine.engine.edit import applied
from vault_engine.engine.lifecycle import keep_age
from vault_engine.engine.resting import when_rested
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.engine.superseding import diff_of
from vault_engine.engine.survey import Survey
from vault_engine.engine.together import (
    MAX_TOGETHER,
    Archival,
    Rewrite,
    archival,
    carry_together,
    write_together,
)
from vault_engine.errors import BadInput, MemwellError, NoteChanged
from vault_engine.index.filters import CATEGORY, PINNED, TIER, TYPE, VERIFIED
from vault_engine.journal.entry import Actor
from vault_engine.lifecycle.sweep import Limits, Mask, choose
from vault_engine.lifecycle.tiers import RULES, Life, Tier, TierRules, tier_of
from vault_engine.note.change import SetProperty
from vault_engine.vault.files import sha256_hex

_TIER = "tier"  # the property


@dataclass(frozen=True, slots=True)
class SweepFilter:
    """Which notes a sweep may take, and what they must have come to; without a limit, those that have expired."""

    category: str | None = None  # or one below
    type: str | None = None
    tier: str | None = None
    below: float | None = None  # strength, in [0, 1]
    older_than_days: float | None = None  # since it was changed
    max_share: float = 0.1  # of all notes that one run may take, in (0, 1]


@dataclass(frozen=True)
class SweptNote:
    """One note that goes into the archive."""

    path: str
    why: str
    decay: float  # its strength, 4 digits
    age_days: float  # since it was changed, 2 digits


@dataclass(frozen=True)
class Swept:
    """Notes went into the archive, or would after a dry run."""

    dry_run: bool
    archived: tuple[SweptNote, ...]  # the weakest first
    notes: int  # how many there are in the vault
    found: int  # that have come so far, those left for another run included
    spared: int  # that have come so far too, and are pinned, verified, core or damaged
    left: tuple[Problem, ...]  # notes that could not be moved, and why
    entry: str | None  # of the journal, to take all of it back by; None where nothing was done


@dataclass(frozen=True)
class TierChange:
    """A note's tier now, and the one that it should have."""

    path: str
    before: str
    after: str
    uses: int

    @property
    def why(self) -> str:
        """What the journal says of it."""
        return f"tier {self.before} -> {self.after}: {self.uses} uses"


@dataclass(frozen=True)
class Promoted:
    """Notes have other tiers, or would after a dry run."""

    dry_run: bool
    changes: tuple[TierChange, ...]
    total: int  # that should have another tier, those left for another run included
    left: tuple[Problem, ...]  # notes that can't be changed, and why
    entry: str | None  # of the journal, to take all of it back by; None where nothing was done
    diff: str  # as ``diff -u`` writes it


def sweep(session: Session, wanted: SweepFilter, *, dry_run: bool = True, actor: Actor | None = None) -> Swept:
    """Move notes into the archive that have expired, or faded or aged as far as is said. Nothing is erased.

    Pinned, verified and damaged notes and those of the tier core are spared. At most `MOST_AT_ONCE` go at once.

    Args:
        session: the open vault.
        wanted: which notes.
        dry_run: only say which.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: a limit is out of bounds, or there is no such tier.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """
    limits = limits_of(wanted)
    if dry_run:
        with session.guard:
            session.bring_in()
            return to_sweep(Survey(session), wanted, limits)
    with writing(session, actor) as author:
        planned = to_sweep(Survey(session), wanted, limits)
        ready, left = archivals(session, [one.path for one in planned.archived])
        if not ready:
            return _done(planned, left, None)
        reasons = {one.path: f"sweep: {one.why}" for one in planned.archived}
        done = carry_together(session, author, ready, reasons)
        return _done(planned, [*left, *done.left], done.entry)


def to_sweep(survey: Survey, wanted: SweepFilter, limits: Limits, spared: Collection[str] = ()) -> Swept:
    """Say what a sweep would take; some notes may be spared by their paths too."""
    aged = survey.aged
    numbers = survey.numbers_of(spared)
    is_spared = aged.is_spared.copy()
    is_spared[numbers[numbers >= 0]] = True
    chosen = choose(replace(aged, is_spared=is_spared), _meant(survey, wanted), limits)
    notes = tuple(_note(survey, number, limits) for number in chosen.taken.tolist())
    return Swept(True, notes, len(survey), chosen.found, chosen.spared, (), None)


def promote(
    session: Session, *, limit: int = MAX_TOGETHER, dry_run: bool = True, actor: Actor | None = None
) -> Promoted:
    """Give notes that state a tier the one that they should have by how they were used; all of them or none.

    A note gets no younger by it, nor is that a use. What is pinned or verified does not go down.

    Args:
        session: the open vault.
        limit: how many at once, the most used first, at most `MAX_TOGETHER`.
        dry_run: only say which.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: the limit is out of bounds.
        NoteChanged, VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """
    if not 1 <= limit <= MAX_TOGETHER:
        raise BadInput(f"limit {limit} is not between 1 and {MAX_TOGETHER}")
    if dry_run:
        with session.guard:
            session.bring_in()
            return to_promote(session, Survey(session), limit)[0]

    def write() -> Promoted:
        with writing(session, actor) as author:
            planned, rewrites = to_promote(session, Survey(session), limit)
            if not rewrites:
                return replace(planned, dry_run=False)
            keep_ages(session, rewrites)
            reasons = {one.path: one.why for one in planned.changes}
            entry = write_together(session, author, rewrites, reasons)
            return replace(planned, dry_run=False, entry=entry)

    return when_rested(write)


def keep_ages(session: Session, rewrites: Sequence[Rewrite]) -> None:
    """Have notes stay as old as they are, though what is only reckoned of them is about to be written into them."""
    counted = session.counters.load()
    for one in rewrites:
        keep_age(session, session.index.records[one.path], sha256_hex(one.after), counted)


def limits_of(wanted: SweepFilter) -> Limits:
    """Check what a sweep is asked for.

    Raises:
        BadInput: a limit is out of bounds, or there is no such tier.
    """
    if wanted.below is not None and not 0 <= wanted.below <= 1:
        raise BadInput(f"a strength below {wanted.below:g} can't be asked for: it lies between 0 and 1")
    if wanted.older_than_days is not None and not 0 <= wanted.older_than_days <= 1_000_000:
        raise BadInput(f"{wanted.older_than_days:g} days is no age")
    if not 0 < wanted.max_share <= 1:
        raise BadInput(f"a share of {wanted.max_share:g} is not above 0 and at most 1")
    if wanted.tier is not None and tier_of(wanted.tier) is None:
        raise BadInput(f"there is no tier {wanted.tier!r} (there are: {', '.join(TIERS)})")
    return Limits(wanted.below, wanted.older_than_days, wanted.max_share)


def _meant(survey: Survey, wanted: SweepFilter) -> Mask:
    meant = np.ones(len(survey), np.bool_)
    for column, value in ((CATEGORY, wanted.category), (TYPE, wanted.type)):
        if value is not None:
            meant &= survey.having(column, value)
    if wanted.tier is not None:
        tiers = survey.column(TIER)
        is_it = np.array([*(tier_of(one) is tier_of(wanted.tier) for one in tiers.values), False], np.bool_)
        meant &= is_it[tiers.codes]
    return meant


def _note(survey: Survey, number: int, limits: Limits) -> SweptNote:
    aged = survey.aged
    strength, age = float(aged.strength[number]), float(aged.age_days[number])
    why = []
    if limits.below is not None:
        why.append(f"faded to {strength:.2f}")
    if limits.older_than_days is not None:
        why.append(f"not changed for {age:.0f} days")
    return SweptNote(survey.path(number), ", ".join(why) or "expired", round(strength, 4), round(age, 2))


def archivals(session: Session, paths: Sequence[str]) -> tuple[list[Archival], list[Problem]]:
    """Make notes ready to be archived that are as the index knows them; name those that are not. The vault is held."""
    ready, left = list[Archival](), list[Problem]()
    names: set[str] = set()
    for path in paths:
        try:
            check_here(session, path)
            one = archival(session, path, names)
            if one.before != (known := session.indexed(path)):  # somebody has saved it since it was judged
                raise NoteChanged(path, known, one.before)
        except MemwellError as error:
            left.append(Problem(path, str(error)))
        else:
            ready.append(one)
            names.add(one.archived)
    return ready, left


def _done(planned: Swept, left: Sequence[Problem], entry: str | None) -> Swept:
    stayed = {problem.path for problem in left}
    archived = tuple(one for one in planned.archived if one.path not in stayed)
    return replace(planned, dry_run=False, archived=archived, left=tuple(left), entry=entry)


def to_promote(
    session: Session, survey: Survey, limit: int, spared: Collection[str] = ()
) -> tuple[Promoted, list[Rewrite]]:
    """Say which notes get another tier, and how they change; those ``spared`` are left as they are."""
    wanted = _wanted_tiers(survey, RULES.with_days(session.config.tier_days))
    wanted = [one for one in wanted if survey.path(one[0]) not in spared]
    changes, left, rewrites = list[TierChange](), list[Problem](), list[Rewrite]()
    for number, tier in wanted:
        if len(changes) == limit:
            break
        path = survey.path(number)
        record = session.index.records[path]
        try:
            check_here(session, path)
            before = session.vault.read(path)
            text = editable_text(session, path, before)
            after = applied(session, path, text, [SetProperty(_TIER, tier.value)])
        except MemwellError as error:
            left.append(Problem(path, str(error)))
            continue
        rewrites.append(Rewrite(path, before, after.encode()))
        uses = int(survey.uses.times[number])
        changes.append(TierChange(path, record.text(_TIER) or "", tier.value, uses))
    return Promoted(True, tuple(changes), len(wanted), tuple(left), None, diff_of(rewrites)), rewrites


def _wanted_tiers(survey: Survey, rules: TierRules) -> list[tuple[int, Tier]]:
    """Say which notes should have another tier, the most used first."""
    column, aged = survey.column(TIER), survey.aged
    is_kept = survey.having(PINNED, "true") | survey.having(VERIFIED, "true")
    found = []
    for value, stated in enumerate(column.values):
        if (tier := tier_of(stated)) is None:
            continue
        for number in np.flatnonzero(column.codes == value).tolist():
            uses = int(survey.uses.times[number])
            life = Life(tier, uses, float(aged.idle_days[number]), float(aged.strength[number]), bool(is_kept[number]))
            if (after := rules.after_use(life)) is not tier:
                found.append((number, after))
    return sorted(found, key=lambda one: (-survey.uses.times[one[0]], one[0]))
