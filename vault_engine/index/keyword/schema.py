"""The fields that a query can name, as Whoosh's schema. Pure."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from whoosh import query
from whoosh.analysis import Composable, Token
from whoosh.fields import DATETIME, ID, NUMERIC, TEXT, Schema
from whoosh.qparser.common import QueryParserError

from vault_engine.index.keyword.analyse import Analyser, Word, composed
from vault_engine.index.keyword.columns import encoded
from vault_engine.index.keyword.model import COMBINED
from vault_engine.index.keyword.postings import FIELD_WEIGHTS

PROPERTIES = ("tag", "type", "category", "tier", "status", "path", "key", "id", "link", "source", "agent", "trust")
NUMBERS = ("importance", "confidence")
DATES = ("date", "created", "updated", "valid_from", "valid_to", "expires")

_DATE = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d))?Z?)?)?)?", re.ASCII)


class WhooshAnalyser(Composable):  # type: ignore[misc]
    """An `Analyser` as Whoosh's schema, query parser and highlighter want it."""

    def __init__(self, analyser: Analyser) -> None:
        self.analyser = analyser

    def __call__(
        self,
        value: str,
        positions: bool = False,
        chars: bool = False,
        keeporiginal: bool = False,
        removestops: bool = True,
        tokenize: bool = True,
        start_pos: int = 0,
        start_char: int = 0,
        mode: str = "",
        **kwargs: Any,
    ) -> Iterator[Token]:
        """Give the terms of a text as Whoosh's tokens: one object, changed from term to term, as is usual there.

        The whole text as it is without ``tokenize``: Whoosh asks so for ``begin*`` and the like.
        """
        token = Token(positions=positions, chars=chars, removestops=removestops, mode=mode, **kwargs)
        text = composed(value)
        whole = [Word(0, 0, len(text), text)] if text else []
        for word in self.analyser.tokens(text) if tokenize else whole:
            token.text, token.boost, token.pos = word.term, 1.0, start_pos + word.position
            token.startchar, token.endchar = start_char + word.start, start_char + word.end
            if keeporiginal:
                token.original = text[word.start : word.end]
            yield token


class Property(ID):  # type: ignore[misc]
    """A property with values that are compared as a whole, without case."""

    def __init__(self, name: str) -> None:
        super().__init__(analyzer=_Whole(name))
        self.scorable = False


class _Whole(Composable):  # type: ignore[misc]
    """Gives the whole value of a property as one term."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, value: str, tokenize: bool = True, **kwargs: Any) -> Iterator[Token]:
        """Give the value in the form in which it is kept; the beginning of one keeps its last slash."""
        token = Token(**kwargs)
        begin = value.lstrip("#") if self.name == "tag" else value
        kept = encoded(self.name, value) if tokenize else encoded("", begin)
        token.text, token.pos, token.startchar, token.endchar = kept.decode("utf-8", "replace"), 0, 0, len(value)
        if token.text:
            yield token


class _Ranged:
    """A property of which ranges can be asked for: one value is the range from it to it."""

    parse_range: Callable[..., query.Query]

    def parse_query(self, fieldname: str, qstring: str, boost: float = 1.0) -> query.Query:
        """Ask for a value, or for any."""
        if qstring == "*":
            return query.Every(fieldname, boost=boost)
        return self.parse_range(fieldname, qstring, qstring, False, False, boost)


class Number(_Ranged, NUMERIC):  # type: ignore[misc]
    """A property with a number."""

    def __init__(self) -> None:
        super().__init__(float, shift_step=0)
        self.scorable = False

    def parse_range(
        self, fieldname: str, start: str | None, end: str | None, startexcl: bool, endexcl: bool, boost: float = 1.0
    ) -> query.Query:
        """Ask for a range of numbers."""
        low, high = (None if limit is None else _number(limit) for limit in (start, end))
        return query.NumericRange(fieldname, low, high, startexcl, endexcl, boost=boost)


class Date(_Ranged, DATETIME):  # type: ignore[misc]
    """A property with a date: 2026, 2026-11, 2026-11-21 or 2026-11-21T10:30, in UTC.

    What is less than a moment is all of it: ``created:2026-11`` is in November, ``created:>2026-11`` after November.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shift_step = 0
        self.scorable = False

    def parse_range(
        self, fieldname: str, start: str | None, end: str | None, startexcl: bool, endexcl: bool, boost: float = 1.0
    ) -> query.Query:
        """Ask for the time from one to another."""
        low = None if start is None else period(start)[1 if startexcl else 0]
        high = None if end is None else period(end)[0 if endexcl else 1]
        return query.DateRange(fieldname, low, high, endexcl=True, boost=boost)


def make_schema(analyser: Analyser, fields: tuple[str, ...] = tuple(FIELD_WEIGHTS)) -> Schema:
    """Make the schema of an index whose rows have these fields; ``text`` is all of them together."""
    words = WhooshAnalyser(analyser)
    schema: dict[str, Any] = {name: TEXT(analyzer=words) for name in (COMBINED, *fields)}
    schema |= {name: Property(name) for name in PROPERTIES}
    schema |= {name: Number() for name in NUMBERS}
    return Schema(**schema, **{name: Date() for name in DATES})


def period(text: str) -> tuple[datetime, datetime]:
    """Give the first moment of a year, month, day, minute or second, and the first one after it.

    Raises:
        QueryParserError: it is none, or the last one there is.
    """
    match = _DATE.fullmatch(text.strip())
    if not match:
        raise QueryParserError(f"{text.strip()!r} is no date (write 2026, 2026-11 or 2026-11-21)")
    year, month, day, hour, minute, second = (None if part is None else int(part) for part in match.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0)
        if month is None:
            return start, start.replace(year=start.year + 1)
        if day is None:
            return start, (start + timedelta(days=31)).replace(day=1)
        length = (timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1))
        return start, start + length[(hour is not None) + (second is not None)]
    except (ValueError, OverflowError):
        raise QueryParserError(f"{text.strip()!r} is no date") from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        raise QueryParserError(f"{text!r} is no number")
    return number
