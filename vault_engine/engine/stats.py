"""What a vault consists of, counted from the index's columns."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from vault_engine.engine.session import Session, timestamp
from vault_engine.engine.survey import DAY_US, Survey
from vault_engine.index.filters import CATEGORY, PINNED, STATUS, TIER, TYPE, VERIFIED
from vault_engine.vault.reach import Within

_WITHIN_DAYS = (1, 7, 30, 90, 365)
_NONE = "(none)"


@dataclass(frozen=True)
class Stats:
    """How many notes there are of each kind, how old and how large they are."""

    notes: int
    bytes: int
    median_bytes: int
    largest_bytes: int
    categories: dict[str, int]  # by category as notes are filed, in small letters; the most first
    types: dict[str, int]  # "(none)": those that state none
    tiers: dict[str, int]
    statuses: dict[str, int]
    pinned: int
    verified: int
    changed_within: dict[str, int]  # by days, "1" to "365"; a note counts in each that fits
    oldest: str | None  # when the note was changed that nobody has changed for the longest time
    newest: str | None


def stats(session: Session, *, within: Within = None) -> Stats:
    """Count what there is.

    Raises:
        VaultMissing: the vault's folder is gone.
    """
    with session.guard:
        session.bring_in()
        return counted(Survey(session, within))


def counted(survey: Survey) -> Stats:
    """Count what there is, by the index as it is."""
    sizes, changed = survey.sizes, survey.changed_us
    is_any = len(survey) > 0
    ages = (survey.now_us - changed) / DAY_US
    return Stats(
        notes=len(survey),
        bytes=int(sizes.sum()),
        median_bytes=int(np.median(sizes)) if is_any else 0,
        largest_bytes=int(sizes.max(initial=0)),
        categories=_counts(survey, CATEGORY),
        types=_counts(survey, TYPE),
        tiers=_counts(survey, TIER),
        statuses=_counts(survey, STATUS),
        pinned=int(survey.having(PINNED, "true").sum()),
        verified=int(survey.having(VERIFIED, "true").sum()),
        changed_within={str(days): int((ages <= days).sum()) for days in _WITHIN_DAYS},
        oldest=_moment(int(changed.min())) if is_any else None,
        newest=_moment(int(changed.max())) if is_any else None,
    )


def _counts(survey: Survey, name: str) -> dict[str, int]:
    column = survey.column(name)
    counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1).tolist()
    named = zip((_NONE, *column.values), counts, strict=True)
    return dict(sorted(((value, count) for value, count in named if count), key=lambda one: (-one[1], one[0])))


def _moment(us: int) -> str:
    return timestamp(datetime.fromtimestamp(us / 1e6, UTC))
