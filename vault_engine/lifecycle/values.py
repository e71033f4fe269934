"""Values that a sentence holds: numbers with their units, dates, times of day, how often. Pure.

Two ways to write one value give equal ones: "2 minutes" and "120 s", "9:30" and "09:30", "every hour" and "hourly".
"""

import re
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORDS = {**{word: number for number, word in enumerate(_SMALL)}, **_TENS, "hundred": 100, "thousand": 1000}
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINALS = {word: place for place, word in enumerate(_PLACES, 1)}
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "billion": 1e9}
_OFTEN = {"hourly": 3600, "daily": 86400, "nightly": 86400, "weekly": 604800, "monthly": 2629800, "yearly": 31557600}

# Unit to its dimension and how many of the dimension's own unit it is.
_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("ms", "millisecond"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "second"), ("time", 1)),
    **dict.fromkeys(("min", "minute"), ("time", 60)),
    **dict.fromkeys(("h", "hr", "hour"), ("time", 3600)),
    **dict.fromkeys(("d", "day", "night", "morning"), ("time", 86400)),
    "week": ("time", 604800),
    "month": ("time", 2629800),
    "quarter": ("time", 7889400),
    "year": ("time", 31557600),
    **{unit: ("bytes", 1e3**power) for power, units in enumerate(("byte", "kb", "mb", "gb", "tb")) for unit in [units]},
    **{f"{name}byte": ("bytes", 1e3**power) for power, name in enumerate(("kilo", "mega", "giga", "tera"), 1)},
    **{f"{name}ib": ("bytes", 1024.0**power) for power, name in enumerate("kmgt", 1)},
    **dict.fromkeys(("€", "eur", "euro"), ("EUR", 1)),
    **dict.fromkeys(("$", "usd", "dollar"), ("USD", 1)),
    **dict.fromkeys(("%", "percent"), ("percent", 1)),
    **dict.fromkeys(("m", "meter", "metre"), ("length", 1)),
    **dict.fromkeys(("km", "kilometer", "kilometre"), ("length", 1000)),
    **dict.fromkeys(("g", "gram"), ("mass", 1)),
    **dict.fromkeys(("kg", "kilogram", "kilo"), ("mass", 1000)),
}

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*"
_COUNT = rf"{_NUMBER}|(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MONTH = (
    r"(?P<{}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_FOUND = re.compile(
    r"\b(?P<year>(?:19|20)\d\d)-(?P<month>[01]\d)(?:-(?P<day>[0-3]\d))?\b"
    r"|\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?: ?(?P<half>[ap])\.?m\b\.?)?"
    r"|\b(?P<full>1[0-2]|0?[1-9]) ?(?P<noon>[ap])\.?m\b\.?"
    rf"|\b(?P<d1>[0-3]?\d)(?:st|nd|rd|th)?\.? (?:of )?{_MONTH.format('m1')}(?:,? (?P<y1>(?:19|20)\d\d))?"
    rf"|\b{_MONTH.format('m2')} (?P<d2>[0-3]?\d)(?:st|nd|rd|th)?(?!\d)(?:,? (?P<y2>(?:19|20)\d\d))?"
    rf"|\b{_MONTH.format('m3')} (?P<y3>(?:19|20)\d\d)\b"
    rf"|(?:(?<=in )|(?<=until )|(?<=since )|(?<=by )|(?<=to )|(?<=till )){_MONTH.format('m4')}"
    rf"|\b(?:every |on )?(?P<weekday>{'|'.join(_DAYS)})s?\b"
    rf"|\bevery (?P<each>{_UNIT})\b|\b(?P<often>{'|'.join(_OFTEN)})\b"
    rf"|\b(?P<ordinal>{'|'.join(_ORDINALS)})\b|(?<![\w.])(?P<place>\d+)(?:st|nd|rd|th)\b"
    rf"|(?:(?P<money>[€$]) ?)?(?<![\w.])(?P<version>v)?(?P<count>{_COUNT})"
    rf"(?: ?(?P<scale>million|billion|thousand|k|m)\b(?! ?\d))?(?:[ -]?(?P<unit>{_UNIT})(?:s\b|\b|(?<=%)))?",
    re.IGNORECASE | re.ASCII,
)
_DIMENSION = {"time": "duration"}
_MANY_DIGITS = 15


class Value(NamedTuple):
    """One value."""

    dimension: str  # number, duration, bytes, date, clock, weekday, often, ordinal, EUR …: only like is compared
    amount: tuple[float | str | None, ...]  # of a date year, month and day; of all else one number

    def differs(self, other: "Value") -> bool:
        """Say whether two values of a dimension can't both be meant: of dates, what both tell is compared."""
        if self.dimension != "date":
            return self.amount != other.amount
        told = [(one, two) for one, two in zip(self.amount, other.amount, strict=True) if None not in (one, two)]
        return any(one != two for one, two in told) or not told


class Found(NamedTuple):
    """A value and where it stands."""

    value: Value
    start: int
    end: int


def values(text: str) -> list[Found]:
    """Give the values in a text, in their order."""
    return [Found(value, *found.span()) for found in _FOUND.finditer(text) if (value := _value(found))]


def _value(found: re.Match[str]) -> Value | None:
    one = found.groupdict()
    if one["year"]:
        return Value("date", (float(one["year"]), float(one["month"]), float(one["day"]) if one["day"] else None))
    if one["hour"]:
        return Value("clock", (_hour(one["hour"], one["half"]) * 60 + float(one["minute"]),))
    if one["full"]:
        return Value("clock", (_hour(one["full"], one["noon"]) * 60,))
    for number in "1234":
        if month := one.get(f"m{number}"):
            return _date(month, one.get(f"y{number}"), one.get(f"d{number}"))
    if one["weekday"]:
        return Value("weekday", (float(_DAYS.index(one["weekday"].lower())),))
    if one["each"] or one["often"]:
        seconds = _OFTEN[one["often"].lower()] if one["often"] else _UNITS[one["each"].lower()][1]
        return Value("often", (float(seconds),))
    if one["ordinal"] or one["place"]:
        return Value("ordinal", (float(one["place"] or _ORDINALS[one["ordinal"].lower()]),))
    return _number(one)


def _number(one: dict[str, str | None]) -> Value | None:
    """Read a number with its unit; one with several points is a version."""
    text = (one["count"] or "").lower()
    digits = text.replace(",", "")
    if digits.count(".") > 1 or one["version"] or len(digits) > _MANY_DIGITS:
        return Value("number", (digits,))
    amount = float(_WORDS.get(text) or (digits if digits[0].isdigit() else 0))
    amount *= _SCALES[one["scale"].lower()] if one["scale"] else 1
    unit = (one["unit"] or one["money"] or "").lower()
    if not unit:
        return Value("number", (digits if "." in digits and not one["scale"] else amount,))
    dimension, factor = _UNITS[unit]
    return Value(_DIMENSION.get(dimension, dimension), (round(amount * factor, 6),))


def _date(month: str, year: str | None, day: str | None) -> Value:
    number = _MONTHS.index(month[:3].lower()) + 1
    return Value("date", (float(year) if year else None, float(number), float(day) if day else None))


def _hour(hour: str, half: str | None) -> float:
    return float(hour) % 12 + (12 if half.lower() == "p" else 0) if half else float(hour)
