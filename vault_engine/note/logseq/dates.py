"""Days written by a pattern such as ``MMM do, yyyy``, in English, whatever the machine speaks."""

from __future__ import annotations

import re
from calendar import monthrange, weekday
from functools import lru_cache

_TOKEN = re.compile(r"'([^']*+)'|(yyyy|yy|MMMM|MMM|MM|M|dd|do|d|EEEE|EEE|EE|E)|(.)", re.DOTALL)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHAPES = {
    "yyyy": "(?P<year>[0-9]{4})",
    "yy": "(?P<year>[0-9]{2})",
    "MMMM": f"(?P<month>{'|'.join(_MONTHS)})",
    "MMM": f"(?P<month>{'|'.join(name[:3] for name in _MONTHS)})",
    "MM": "(?P<month>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "dd": "(?P<day>[0-9]{2})",
    "do": "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)",
    "d": "(?P<day>[0-9]{1,2})",
}


def write_day(iso_day: str, pattern: str) -> str:
    """Write a day such as ``2024-01-05`` by a pattern: ``Jan 5th, 2024``."""
    year, month, day = (int(part) for part in iso_day.split("-"))
    name, day_name = _MONTHS[month - 1], _WEEKDAYS[weekday(year, month, day)]
    parts = {
        "yyyy": f"{year:04}",
        "yy": f"{year % 100:02}",
        "MMMM": name,
        "MMM": name[:3],
        "MM": f"{month:02}",
        "M": str(month),
        "dd": f"{day:02}",
        "do": f"{day}{_suffix(day)}",
        "d": str(day),
        "EEEE": day_name,
    }
    return "".join(
        parts.get(token[2], day_name[:3]) if token[2] else _literal(token) for token in _TOKEN.finditer(pattern)
    )


def read_day(text: str, pattern: str) -> str | None:
    """Read a day written by a pattern, names without case; None if it is not one."""
    shape = _shape(pattern)
    found = shape.fullmatch(text) if shape else None
    if found is None:
        return None
    year, month, day = int(found["year"]), _month(found["month"]), int(found["day"])
    year += 2000 if len(found["year"]) == 2 else 0
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    return f"{year:04}-{month:02}-{day:02}"


@lru_cache(maxsize=64)
def _shape(pattern: str) -> re.Pattern[str] | None:
    """The expression a day must fit; None if the pattern does not name year, month and day once each."""
    tokens = list(_TOKEN.finditer(pattern))
    kinds = sorted(token[2][0] for token in tokens if token[2] and token[2][0] != "E")
    if kinds != ["M", "d", "y"]:
        return None
    parts = (_SHAPES.get(token[2], "[a-z]+") if token[2] else re.escape(_literal(token)) for token in tokens)
    return re.compile("".join(parts), re.IGNORECASE | re.ASCII)


def _literal(token: re.Match[str]) -> str:
    if token[1] is None:
        return str(token[3])
    return token[1] or "'"  # two quotes in a row are one


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return next(number for number, name in enumerate(_MONTHS, 1) if name[:3].lower() == written[:3].lower())


def _suffix(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
