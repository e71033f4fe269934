"""How far notes have faded: told at any time, and written into them where that is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from vault_engine.engine.decay import NEVER, RULES, DecayRules, strengths
from vault_engine.engine.edit import edit, edited
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session, timestamp
from vault_engine.engine.survey import Survey
from vault_engine.errors import BadInput, MemwellError
from vault_engine.index.filters import moment_of
from vault_engine.index.record import Record
from vault_engine.journal.counters import Counted, access_of
from vault_engine.journal.entry import Actor
from vault_engine.lifecycle.sweep import Mask
from vault_engine.note.change import SetProperty
from vault_engine.search.query import Query
from vault_engine.sync.shown import DECAY, differs
from vault_engine.vault.files import sha256_hex

_DAY_US = 86_400 * 1_000_000
_DIGITS = 4
_REASON = "decay"
_LEFT = f"its property {DECAY} is no number, so somebody else's: it is left"


@dataclass(frozen=True, slots=True)
class DecayFilter:
    """Which notes are meant: those that pass every filter given."""

    category: str | None = None  # or one below
    type: str | None = None
    below: float | None = None  # only what has faded below it, in [0, 1]
    limit: int | None = None  # the weakest so many
    paths: tuple[str, ...] | None = None  # these, in this order; then nothing else of the filter counts


@dataclass(frozen=True)
class Faded:
    """How far one note has faded."""

    id: str | None
    path: str
    title: str
    category: str
    type: str | None
    decay: float  # in [0, 1]: 1 is as strong as on the first day; 4 digits
    confidence: float  # what the note states, else its type's, times its decay; in [0, 1], 4 digits
    age_days: float  # since it was last changed; 2 digits
    half_life_days: float | None  # by its type, before its uses make it longer; None: it does not fade
    access_count: int  # on this machine
    last_accessed: str | None
    changed: str  # when, by `updated`, else `created`, else the file's time
    pinned: bool
    verified: bool


@dataclass(frozen=True)
class Decaying:
    """Notes by how far they have faded, the weakest first."""

    notes: tuple[Faded, ...]
    total: int  # how many there are without the limit


@dataclass(frozen=True)
class DecayChange:
    """The decay that a note states now, or would."""

    path: str
    before: float | None
    after: float


@dataclass(frozen=True)
class Materialised:
    """Decay was written into notes, or would be by a dry run."""

    dry_run: bool
    changes: tuple[DecayChange, ...]
    problems: tuple[Problem, ...]  # notes that were left, and why


def decaying(session: Session, wanted: DecayFilter) -> Decaying:
    """Say how far notes have faded by now.

    Raises:
        BadInput: the limit is not positive, or ``below`` not between 0 and 1.
        VaultMissing: the vault's folder is gone.
    """
    if wanted.limit is not None and wanted.limit < 1:
        raise BadInput(f"limit {wanted.limit} is not positive")
    if wanted.below is not None and not 0 <= wanted.below <= 1:
        raise BadInput(f"a decay below {wanted.below:g} can't be asked for: it lies between 0 and 1")
    with session.guard:
        session.bring_in()
        survey = Survey(session)
        decays = np.round(survey.aged.strength, _DIGITS)
        is_meant = _meant(survey, wanted) & (decays < (np.inf if wanted.below is None else wanted.below))
        meant = np.flatnonzero(is_meant)
        weakest = meant[np.argsort(decays[meant], kind="stable")]
        if wanted.limit is not None and wanted.limit < len(weakest):  # of those as weak as the last, the path decides
            weakest = weakest[decays[weakest] <= decays[weakest[wanted.limit - 1]]]
        ordered = sorted((decays[number], survey.path(number)) for number in weakest.tolist())
        found = faded(session, [path for _, path in ordered[: wanted.limit]], survey.now_us)
    return Decaying(tuple(found), len(meant))


def _meant(survey: Survey, wanted: DecayFilter) -> Mask:
    """Say which notes are meant, however far they have faded."""
    if wanted.paths is not None:
        numbers = survey.numbers_of(wanted.paths)
        is_meant = np.zeros(len(survey), np.bool_)
        is_meant[numbers[numbers >= 0]] = True
        return is_meant
    is_meant = np.ones(len(survey), np.bool_)
    for column, value in Query("*", category=wanted.category, type=wanted.type).filters:
        is_meant &= survey.having(column, value)
    return is_meant


def materialise(
    session: Session, wanted: DecayFilter, *, dry_run: bool = False, actor: Actor | None = None
) -> Materialised:
    """Write their decay into notes, as the property ``decay_score``, where it differs by 0.05 or more.

    Nothing else of a note changes, nor the age that its decay is reckoned from.

    Raises as `decaying` does; a note that can't be edited is left and named.
    """
    changes: list[DecayChange] = []
    problems: list[Problem] = []
    counted = session.counters.load()
    for one in decaying(session, wanted).notes:
        record = session.index.records.get(one.path)
        stated = record.properties.get(DECAY) if record else None
        if record is None or not differs(stated, one.decay):
            continue
        if stated is not None and not is_number(stated):
            problems.append(Problem(one.path, _LEFT))
            continue
        after = round(one.decay, 2)
        try:
            state_properties(session, record, {DECAY: after}, counted, reason=_REASON, dry_run=dry_run, actor=actor)
        except MemwellError as error:
            problems.append(Problem(one.path, str(error)))
        else:
            changes.append(DecayChange(one.path, stated, after))
    return Materialised(dry_run, tuple(changes), tuple(problems))


def state_properties(
    session: Session,
    record: Record,
    values: dict[str, Any],
    counted: Counted,
    *,
    reason: str,
    dry_run: bool,
    actor: Actor | None,
) -> None:
    """Write what is reckoned of a note, by what has been ``counted``, into it: it gets no younger, nor is that a use.

    Raises what `edit` does.
    """
    edits = [SetProperty(name, value) for name, value in values.items()]
    with session.guard:
        _, new = edited(session, record, edits, record.sha256, merge=False)
    if not dry_run:
        keep_age(session, record, sha256_hex(new), counted)
        edit(session, record.path, edits, expected=record.sha256, actor=actor, reason=reason, is_use=False)


def keep_age(session: Session, record: Record, sha256: str, counted: Counted) -> None:
    """Have a note stay as old as it is, though its file is about to be written with what is only reckoned of it."""
    if _stated(record) is None:
        since = _changed_us(session, record, counted, session.now_us())
        session.counters.says_as_before(record.path, sha256, since)


def faded(session: Session, paths: Iterable[str], now_us: int | None = None) -> list[Faded]:
    """Say how far some notes have faded, in the order given, by the index as of the last refresh."""
    records = [session.index.records[path] for path in paths]
    counted, now = session.counters.load(), session.now_us() if now_us is None else now_us
    rules = RULES.with_settings(session.config.half_lives, session.config.confidences)
    changed = [_changed_us(session, one, counted, now) for one in records]
    uses = [access_of(counted, one.path, one.id) for one in records]
    half_lives = [rules.half_life_of(one.type) for one in records]
    ages = np.maximum(now - np.array(changed, np.float64), 0.0) / _DAY_US
    floors = [rules.floor(pinned=one.is_pinned, verified=one.is_verified) for one in records]
    decays = strengths(
        ages, np.array([one.times for one in uses], np.float64), np.array(half_lives), np.array(floors), rules
    )
    return [
        Faded(
            id=record.id,
            path=record.path,
            title=record.title,
            category=record.category,
            type=record.type,
            decay=round(decay, _DIGITS),
            confidence=round(_stated_confidence(record, rules) * decay, _DIGITS),
            age_days=round(age, 2),
            half_life_days=None if half_life == NEVER else half_life,
            access_count=used.times,
            last_accessed=_moment(used.last_us) if used.last_us else None,
            changed=_moment(since),
            pinned=record.is_pinned,
            verified=record.is_verified,
        )
        for record, decay, age, half_life, used, since in zip(
            records, decays.tolist(), ages.tolist(), half_lives, uses, changed, strict=True
        )
    ]


def is_number(value: object) -> bool:
    """Say whether a property's value is one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _changed_us(session: Session, record: Record, counted: Counted, now: int) -> int:
    """Say when a note was last changed, in microseconds: as it says itself, else by its file."""
    if stated := _stated(record):
        return int(stated.timestamp() * 1_000_000)
    since = counted.said_before.get(record.path, {}).get(record.sha256)
    if since is not None:
        return since
    seen = session.index.records.signatures.get(record.path)
    return seen.mtime_ns // 1000 if seen else now


def _stated_confidence(record: Record, rules: DecayRules) -> float:
    stated = record.properties.get("confidence")
    if isinstance(stated, int | float) and is_number(stated) and 0 <= stated <= 1:
        return float(stated)
    return rules.confidence_of(record.type)


def _stated(record: Record) -> datetime | None:
    return moment_of(record.properties.get("updated")) or moment_of(record.properties.get("created"))


def _moment(us: int) -> str:
    return timestamp(datetime.fromtimestamp(us / 1e6, UTC))
