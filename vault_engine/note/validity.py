"""When what a note says holds: its properties ``valid_from`` and ``valid_to``. Pure.

A bound is a day or a moment of ISO 8601: ``2026-11-21``, ``2026-11-21T14:30``, ``2026-11-21T14:30:00+01:00``. A day
is its first moment. Without a zone it is UTC, as all times in notes are, so that a vault means the same everywhere.
"""

from __future__ import annotations

import re
from calendar import monthrange, timegm
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VALID_FROM = "valid_from"
VALID_TO = "valid_to"

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r" ?(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>\d\d):?(?P<zone_minute>\d\d))?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a note holds; None is open."""

    start: int | None  # the first moment, in microseconds since 1970 UTC
    end: int | None  # the first moment at which it no longer holds
    problem: str | None  # which property can't be read, or makes no sense

    def holds(self, moment: int) -> bool:
        """Say whether the note holds at a moment, in microseconds since 1970 UTC."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


def validity(properties: Mapping[str, Any]) -> Validity:
    """Read both bounds; one that is missing or can't be read is open."""
    bounds: dict[str, int | None] = {}
    problems: list[str] = []
    for name in (VALID_FROM, VALID_TO):
        value = properties.get(name)
        bounds[name] = microseconds(value) if isinstance(value, str) else None
        if bounds[name] is None and value not in (None, ""):
            problems.append(f"{name} is no date: {str(value)[:40]!r}")
    start, end = bounds[VALID_FROM], bounds[VALID_TO]
    if start is not None and end is not None and end <= start:
        problems.append(f"{VALID_TO} is not after {VALID_FROM}, so it never holds")
    return Validity(start, end, "; ".join(problems) or None)


def microseconds(text: str) -> int | None:
    """Read a day or moment of ISO 8601 as microseconds since 1970 UTC; None if it is none."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, zone_hour, zone_minute = (
        int(found[name] or 0)
        for name in ("year", "month", "day", "hour", "minute", "second", "zone_hour", "zone_minute")
    )
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    if max(hour, zone_hour) > 23 or max(minute, second, zone_minute) > 59:
        return None
    east = (zone_hour * 3600 + zone_minute * 60) * (-1 if found["sign"] == "-" else 1)
    fraction = int((found["fraction"] or "0").ljust(6, "0")[:6])
    return (timegm((year, month, day, hour, minute, second)) - east) * 1_000_000 + fraction
