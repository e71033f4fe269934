"""Points in time as a person writes them. The clock is an argument.

A time without a zone is in the zone of this machine. A day stands for its end: what was known on a day is what was
known when it was over.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from vault_engine.errors import BadInput

FORMS = (
    "a day (2026-11-21, today, yesterday), a time of today (14:30), both (2026-11-21 14:30, with Z or +01:00 where it"
    " is not local time), an age (2h ago, 3 days ago) or now"
)

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d.*", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_AGE = re.compile(r"(\d{1,6}) ?([a-z]+) ago", re.ASCII)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
}


def read_moment(text: str, now: datetime) -> str:
    """Read a point in time; a day is its last microsecond.

    Args:
        text: one of `FORMS`; case and blanks around it do not matter.
        now: the time, with its zone.

    Returns:
        The moment as the journal writes it: ISO 8601 in UTC, to the microsecond.

    Raises:
        BadInput: it is none of these, or no such day exists.
    """
    with _explained(text):
        found = _read(text, now)
        return _written(found if isinstance(found, datetime) else _end_of(found))


def read_start(text: str, now: datetime) -> str:
    """Read a point in time; a day is its first microsecond. Takes, gives and raises what `read_moment` does."""
    with _explained(text):
        found = _read(text, now)
        return _written(found if isinstance(found, datetime) else _local(found, time()))


def read_validity_moment(text: str, now: datetime) -> str:
    """Read a point in time to compare with ``valid_from`` and ``valid_to``.

    Takes, gives and raises what `read_moment` does, but a day is the day as notes write it: ``2026-11-21``.
    """
    with _explained(text):
        found = _read(text, now)
        return _written(found) if isinstance(found, datetime) else found.isoformat()


@contextmanager
def _explained(text: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError, OSError):  # OSError: Windows, before 1970
        raise BadInput(f"{text[:60]!r} is no point in time: give {FORMS}") from None


def _read(text: str, now: datetime) -> datetime | date:
    words = " ".join(text.lower().split())
    today = now.astimezone().date()
    if words == "now":
        return now
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    if _DAY.fullmatch(words):
        return date.fromisoformat(words)
    if found := _TIME.fullmatch(words):
        return _local(today, time(int(found[1]), int(found[2]), int(found[3] or 0)))
    if (found := _AGE.fullmatch(words)) and found[2] in _UNITS:
        return now - int(found[1]) * _UNITS[found[2]]
    if not _DAY_AND_TIME.fullmatch(words):
        raise ValueError(words)
    read = datetime.fromisoformat(words.upper())
    return read if read.tzinfo else read.astimezone()


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at).astimezone()


def _end_of(day: date) -> datetime:
    return _local(day + timedelta(days=1), time()) - timedelta(microseconds=1)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
