"""The times that a question names, in words or as dates. English words; the clock is an argument. Pure."""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY = 86_400_000_000  # microseconds
_UNITS = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.25}
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "a few": 3,
    "few": 3,
}
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)
_COUNT = r"\d{1,4}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True))

_DATE = re.compile(r"\b((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?\b")
_MONTH_NAMED = re.compile(
    rf"\b(?:in|since|during|of|last|this|from)\s+({_MONTH})\b(?:\s*,?\s*((?:19|20)\d\d))?|\b({_MONTH})\s+((?:19|20)\d\d)\b"
)
_YEAR = re.compile(r"\b(?:in|since|during|of)\s+((?:19|20)\d\d)\b")
_AGO = re.compile(rf"\b({_COUNT})\s+(day|week|month|year)s?\s+ago\b")
_LAST_FEW = re.compile(rf"\b(?:last|past)\s+({_COUNT})\s+(day|week|month|year)s?\b")
_LAST = re.compile(r"\b(last|this|past)\s+(day|week|month|year)\b")
_DAYS = {"today": 0, "this morning": 0, "tonight": 0, "yesterday": 1, "last night": 1}
_DAY_NAMED = re.compile("|".join(rf"\b{name}\b" for name in _DAYS))


class Period(NamedTuple):
    """From when until when, in microseconds since 1970 UTC; the end is not in it."""

    start: int
    end: int


def periods_in(question: str, now: int, date_of: Callable[[int, int, int], int | None]) -> tuple[Period, ...]:
    """Give the periods that a question names, as ``last week``, ``3 days ago``, ``in March 2026``, ``2026-03-01``.

    Args:
        question: the text.
        now: the time, in microseconds since 1970.
        date_of: gives the first moment of a year, month and day; None where there is no such day.
    """
    text = " ".join(question.casefold().split())
    found: list[Period | None] = []
    for named in _DATE.finditer(text):
        found.append(_dated(date_of, int(named[1]), int(named[2]), int(named[3] or 0)))
    for named in _MONTH_NAMED.finditer(text):
        month, year = _MONTHS.index(named[1] or named[3]) + 1, named[2] or named[4]
        found.append(_dated(date_of, int(year), month, 0) if year else _last_month(date_of, now, month))
    if not found:
        found += [_dated(date_of, int(named[1]), 0, 0) for named in _YEAR.finditer(text)]
    for named in _AGO.finditer(text):
        days, unit = _count(named[1]) * _UNITS[named[2]], _UNITS[named[2]]
        found.append(_around(now, days + unit / 2, days - unit / 2))
    found += [_around(now, _count(named[1]) * _UNITS[named[2]], 0) for named in _LAST_FEW.finditer(text)]
    for named in _LAST.finditer(text):
        unit = _UNITS[named[2]]
        found.append(_around(now, unit, 0) if named[1] != "last" else _around(now, 2 * unit, 0))
    for named in _DAY_NAMED.finditer(text):
        start = (now // DAY - _DAYS[named[0]]) * DAY
        found.append(Period(start, start + DAY))
    return tuple(dict.fromkeys(period for period in found if period))


def nearness(moments: NDArray[np.int64], periods: tuple[Period, ...], none: int) -> NDArray[np.float32]:
    """Say how near moments are to the nearest of some periods: 1 within it, 0 from twice its length away on.

    Args:
        moments: in microseconds since 1970, of any shape.
        periods: at least one.
        none: what stands for no moment, which is near to nothing.
    """
    best = np.zeros(moments.shape, np.float32)
    there = moments != none
    for start, end in periods:
        away = np.maximum(np.maximum(start - moments[there], moments[there] - (end - 1)), 0).astype(np.float64)
        best[there] = np.maximum(best[there], np.clip(1 - away / (2.0 * (end - start)), 0, 1))
    return best


def _count(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _around(now: int, first_days: float, last_days: float) -> Period:
    return Period(now - int(first_days * DAY), now - int(max(last_days, 0) * DAY) + 1)


def _dated(date_of: Callable[[int, int, int], int | None], year: int, month: int, day: int) -> Period | None:
    start = date_of(year, month or 1, day or 1)
    if day:
        return Period(start, start + DAY) if start is not None else None
    end = date_of(year + (not month or month == 12), month % 12 + 1 if month else 1, 1)
    return Period(start, end) if start is not None and end is not None else None


def _last_month(date_of: Callable[[int, int, int], int | None], now: int, month: int) -> Period | None:
    """Give the last month of a name that has begun."""
    year = 1970 + int(now / DAY / 365.2425)
    for one in (year + 1, year, year - 1):
        period = _dated(date_of, one, month, 0)
        if period and period.start <= now:
            return period
    return None
