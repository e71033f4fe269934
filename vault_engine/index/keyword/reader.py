"""The keyword index as a reader of Whoosh's, so that any query of Whoosh's runs. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from whoosh.fields import Schema
from whoosh.matching import LeafMatcher, ReadTooFar
from whoosh.reading import IndexReader, TermInfo

from vault_engine.index.keyword.columns import NO_DATE, microseconds
from vault_engine.index.keyword.distance import near
from vault_engine.index.keyword.live import Keywords
from vault_engine.index.keyword.model import COMBINED
from vault_engine.index.keyword.postings import LENGTHS, Ints, Posting
from vault_engine.index.keyword.schema import Date, Number
from vault_engine.index.keyword.strings import Strings

_EPOCH = datetime(1970, 1, 1)


class Reader(IndexReader):  # type: ignore[misc]
    """What Whoosh's searcher and queries ask of an index. Document numbers are rows.

    The words of ``title`` and its like are listed as those of all fields: what lists them asks for each whether it is
    there.
    """

    def __init__(self, keywords: Keywords, schema: Schema) -> None:
        self.keywords, self.schema = keywords, schema
        self._numbers: dict[str, list[bytes]] = {}

    # ---- rows

    def doc_count_all(self) -> int:
        """Count the rows, those that are gone too."""
        return self.keywords.row_count

    def doc_count(self) -> int:
        """Count the rows that are there."""
        return self.keywords.live_count

    def has_deletions(self) -> bool:
        """Say whether any row is gone."""
        return self.keywords.live_count < self.keywords.row_count

    def is_deleted(self, docnum: int) -> bool:
        """Say whether a row is gone."""
        return docnum < self.keywords.row_count and not self.keywords.alive[docnum]  # Whoosh looks one row too far

    def stored_fields(self, docnum: int) -> dict[str, Any]:  # noqa: ARG002  Whoosh's own
        """Give nothing: what notes hold is theirs to say."""
        return {}

    # ---- words

    def indexed_field_names(self) -> list[str]:
        """List the fields."""
        return list(self.schema.names())

    def __contains__(self, term: tuple[str, str | bytes]) -> bool:
        field, text = term
        return field in self.schema and len(self._posting(field, text).rows) > 0

    def all_terms(self) -> Iterator[tuple[str, bytes]]:
        """Give every field with every term of it."""
        for field in sorted(self.schema.names()):
            yield from self.terms_from(field, b"")

    def terms_from(self, fieldname: str, prefix: str | bytes) -> Iterator[tuple[str, bytes]]:
        """Give a field with each of its terms that is not below ``prefix``."""
        first = self._bytes(fieldname, prefix)
        return ((fieldname, term) for term in self._terms(fieldname, first, None))

    def expand_prefix(self, fieldname: str, prefix: str | bytes) -> Iterator[bytes]:
        """Give the terms of a field that begin with ``prefix``."""
        first = self._bytes(fieldname, prefix)
        return self._terms(fieldname, first, first)

    def terms_within(self, fieldname: str, text: str, maxdist: int, prefix: int = 0) -> Iterator[str]:
        """Give the terms of a field that are at most ``maxdist`` edits away and begin the same."""
        listed = (
            [strings[n] for n in near(strings, text, int(maxdist), prefix)] for strings in self._strings(fieldname)
        )
        return (term.decode("utf-8", "replace") for term in _distinct(merge(*listed)))

    def frequency(self, fieldname: str, text: str | bytes) -> float:
        """Give the sum of a term's weights."""
        return float(self._posting(fieldname, text).weights.sum())

    def doc_frequency(self, fieldname: str, text: str | bytes) -> int:
        """Count the rows with a term."""
        if fieldname == COMBINED:
            return self.keywords.frequency(self._bytes(fieldname, text))
        return len(self._posting(fieldname, text).rows)

    def term_info(self, fieldname: str, text: str | bytes) -> TermInfo:
        """Give what is known of a term."""
        rows, weights = self._posting(fieldname, text)
        if not len(rows):
            return TermInfo(minlength=1)
        limits = float(weights.sum()), len(rows), 1, int(LENGTHS[-1]), float(weights.max()), int(rows[0]), int(rows[-1])
        return TermInfo(*limits)

    def postings(self, fieldname: str, text: str | bytes, scorer: Any = None) -> "PostingMatcher":
        """Give what goes through the rows with a term."""
        return PostingMatcher(self, fieldname, self._bytes(fieldname, text), scorer)

    # ---- lengths

    def field_length(self, fieldname: str) -> float:
        """Give the sum of the lengths of a field; only the combined one has lengths."""
        return self.keywords.total_length if fieldname == COMBINED else float(self.keywords.live_count)

    def doc_field_length(self, docnum: int, fieldname: str, default: float = 0) -> float:
        """Give the length of a row's field."""
        if fieldname != COMBINED:
            return 1.0
        part = next((part for part in self.keywords.parts if part.rows.start <= docnum < part.rows.stop), None)
        return float(LENGTHS[part.postings.lengths[docnum - part.first]]) if part else default

    def min_field_length(self, fieldname: str) -> float:  # noqa: ARG002  Whoosh's own
        """Give what no field is shorter than."""
        return 0.0

    def max_field_length(self, fieldname: str) -> float:  # noqa: ARG002  Whoosh's own
        """Give what no field is longer than."""
        return float(LENGTHS[-1])

    def has_vector(self, docnum: int, fieldname: str) -> bool:  # noqa: ARG002  Whoosh's own
        """Say no: rows do not list their terms."""
        return False

    # ---- the parts

    def _bytes(self, field: str, text: str | bytes) -> bytes:
        if isinstance(text, bytes):
            return text
        if isinstance(self.schema[field], Number | Date) and not text:
            return b""
        made: bytes = self.schema[field].to_bytes(text)
        return made

    def _posting(self, field: str, text: str | bytes) -> Posting:
        """Give the living rows that have a term, and its weight in each."""
        term = self._bytes(field, text)
        if field == COMBINED:
            rows, weights = self.keywords.holders(term)
        elif field in self.keywords.fields:
            rows, weights = self.keywords.holders_in(field, term)
        else:
            rows = self._rows_with(field, term)
            weights = np.ones(len(rows), np.float32)
        if not len(self.keywords.dead):
            return Posting(rows, weights)
        kept = self.keywords.alive[rows]
        return Posting(rows[kept], weights[kept])

    def _rows_with(self, field: str, term: bytes) -> Ints:
        kind = self.schema[field]
        if isinstance(kind, Number | Date):
            value = kind.from_bytes(term)
            at = microseconds(value) if isinstance(value, datetime) else value
            mask = self.keywords.between(field, at, at, open_low=False, open_high=False)
        else:
            mask = self.keywords.having(field, term.decode("utf-8", "replace"))
        return np.flatnonzero(mask).astype(np.int32)

    def _terms(self, field: str, first: bytes, prefix: bytes | None) -> Iterator[bytes]:
        """Give the terms of a field from ``first`` on, or while they begin with ``prefix``; each once, in order."""
        if isinstance(self.schema[field], Number | Date):
            terms = self._number_terms(field)
            return iter(terms[bisect_left(terms, first) :])
        return _distinct(merge(*(_listed(strings, first, prefix) for strings in self._strings(field))))

    def _strings(self, field: str) -> Iterable[Strings]:
        parts = self.keywords.parts
        if field == COMBINED or field in self.keywords.fields:
            return [part.postings.terms for part in parts]
        return [part.columns.keywords[field].values for part in parts if field in part.columns.keywords]

    def _number_terms(self, field: str) -> list[bytes]:
        """Give the numbers or dates of a column as the terms they would be in an index of Whoosh's."""
        terms = self._numbers.get(field)
        if terms is None:
            found: set[Any] = set()
            for part in self.keywords.parts:
                dates, numbers = part.columns.dates.get(field), part.columns.numbers.get(field)
                if isinstance(self.schema[field], Date) and dates is not None:
                    found |= {_EPOCH + timedelta(microseconds=at) for at in set(dates.tolist()) - {NO_DATE}}
                elif isinstance(self.schema[field], Number) and numbers is not None:
                    found |= set(numbers[~np.isnan(numbers)].tolist())
            terms = self._numbers[field] = sorted(map(self.schema[field].to_bytes, found))
        return terms


class PostingMatcher(LeafMatcher):  # type: ignore[misc]
    """Goes through the rows that hold a term, as Whoosh's matchers do."""

    def __init__(self, reader: Reader, field: str, term: bytes, scorer: Any, at: int = 0) -> None:
        self._reader, self._field, self._bytes = reader, field, term
        self._term = (field, term)
        self.scorer, self.format = scorer, reader.schema[field].format
        rows, weights = reader._posting(field, term)
        self._rows, self._weights, self._at = rows.tolist(), weights.tolist(), at
        self._places: dict[int, list[int]] | None = None

    def is_active(self) -> bool:
        """Say whether there is a current row."""
        return self._at < len(self._rows)

    def reset(self) -> None:
        """Go back to the first row."""
        self._at = 0

    def copy(self) -> "PostingMatcher":
        """Give another one that is as far."""
        return PostingMatcher(self._reader, self._field, self._bytes, self.scorer, self._at)

    def supports_block_quality(self) -> bool:
        """Say no: there are no blocks, everything is looked at."""
        return False

    def id(self) -> int:
        """Give the current row."""
        row: int = self._rows[self._at]
        return row

    def all_ids(self) -> Iterator[int]:
        """Give all rows."""
        return iter(self._rows)

    def next(self) -> None:
        """Go to the next row."""
        if not self.is_active():
            raise ReadTooFar
        self._at += 1

    def skip_to(self, id: int) -> None:
        """Go to the first row that is not below ``id``."""
        if not self.is_active():
            raise ReadTooFar
        self._at = bisect_left(self._rows, id, self._at)

    def weight(self) -> float:
        """Give the term's weight in the current row."""
        weight: float = self._weights[self._at]
        return weight

    def score(self) -> float:
        """Give the score of the current row."""
        return float(self.scorer.score(self)) if self.scorer else self.weight()

    def supports(self, astype: str) -> bool:
        """Say what `value_as` can give."""
        return astype in ("weight", "frequency", "positions") and self._field in (
            COMBINED,
            *self._reader.keywords.fields,
        )

    def value_as(self, astype: str) -> Any:
        """Give positions, weight or number of positions in the current row."""
        if astype == "weight":
            return self.weight()
        if self._places is None:
            rows, places = self._reader.keywords.places(self._bytes, None if self._field == COMBINED else self._field)
            pairs = zip(rows.tolist(), places.tolist(), strict=True)
            self._places = {row: [place for _, place in group] for row, group in groupby(pairs, itemgetter(0))}
        places_here = self._places[self.id()]
        return places_here if astype == "positions" else len(places_here)


def _listed(strings: Strings, first: bytes, prefix: bytes | None) -> Iterator[bytes]:
    numbers = range(strings.first_from(first), len(strings)) if prefix is None else strings.beginning_with(prefix)
    return map(strings.__getitem__, numbers)


def _distinct(terms: Iterable[bytes]) -> Iterator[bytes]:
    return (term for term, _ in groupby(terms))
