"""The keyword index as one search sees it: several segments, of which some rows are gone. Pure."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.columns import NO_DATE, Columns
from vault_engine.index.keyword.postings import (
    FIELD_GAP,
    LENGTHS,
    Floats,
    Ints,
    Mask,
    Posting,
    Postings,
    Shorts,
    slices,
)

K1 = 0.9  # saturation: how soon a second occurrence stops mattering
B = 0.6  # how far a long row is held against itself

_FREQUENT = 8  # a term that more than one row in so many holds is remembered for all rows
_REMEMBERED_BYTES = 16_000_000
_MOST = 3  # where more than one in so many of a term's rows is asked for, all are looked at


class Part:
    """A segment, and which of its rows are still there."""

    def __init__(self, postings: Postings, columns: Columns, note_of_row: Ints, alive: Mask | None, first: int) -> None:
        """Join what belongs together.

        Args:
            postings: of the segment's rows.
            columns: of the segment's notes.
            note_of_row: which of the columns' notes each row is of, shape ``(rows,)``.
            alive: which rows are still there, shape ``(rows,)``; None if all are.
            first: the number that the segment's first row has among all rows.
        """
        self.postings, self.columns, self.note_of_row = postings, columns, note_of_row
        self.alive, self.first = alive, first

    @property
    def rows(self) -> slice:
        """Which of all rows are this segment's."""
        return slice(self.first, self.first + self.postings.row_count)

    @cached_property
    def dead(self) -> Ints:
        """The rows that are gone, as the segment numbers them."""
        return np.zeros(0, np.int32) if self.alive is None else np.flatnonzero(~self.alive).astype(np.int32)

    @cached_property
    def length_counts(self) -> Ints:
        """How many living rows have each of the lengths that `LENGTHS` lists."""
        gone = np.bincount(self.postings.lengths[self.dead], minlength=256)
        return (self._all_length_counts - gone).astype(np.int32)

    @cached_property
    def _all_length_counts(self) -> NDArray[np.intp]:
        return np.bincount(self.postings.lengths, minlength=256)

    def again(self, alive: Mask | None, first: int) -> "Part":
        """Give the same segment with other rows alive, or in another place."""
        part = Part(self.postings, self.columns, self.note_of_row, alive, first)
        part._all_length_counts = self._all_length_counts
        return part

    def frequency(self, term: int) -> int:
        """Count the living rows that hold a term themselves."""
        frequency = int(self.postings.frequencies[term])
        if not len(self.dead):
            return frequency
        span = self.postings.span(term)
        rows, counts = self.postings.rows[span], self.postings.counts[span]
        at = np.searchsorted(rows, self.dead)
        at[at == len(rows)] = 0
        return frequency - int(((rows[at] == self.dead) & (counts[at] > 0)).sum())

    def holders(self, term: int) -> Posting:
        """Give the rows that hold a term themselves, as the segment numbers them, and its weight in each."""
        posting = self.postings.posting(term)
        if int(self.postings.frequencies[term]) == len(posting.rows):
            return posting
        own = self.postings.counts[self.postings.span(term)] > 0
        return Posting(posting.rows[own], posting.weights[own])

    def places_of(self, term: int, within: Ints | None) -> tuple[Ints, Shorts]:
        """Give row, as the segment numbers it, and position of each time a term occurs.

        Other rows than those ``within`` may be left out.
        """
        if within is None:
            return self.postings.places_of(term)
        span = self.postings.span(term)
        rows, counts = self.postings.rows[span], self.postings.counts[span]
        low, high = np.searchsorted(within, [self.rows.start, self.rows.stop])
        if _MOST * (high - low) > len(rows):
            return self.postings.places_of(term)
        wanted = within[low:high] - np.int32(self.first)
        at = np.searchsorted(rows, wanted)
        at = at[(at < len(rows)) & (rows[np.minimum(at, len(rows) - 1)] == wanted)]
        starts = np.cumsum(counts, dtype=np.int64) - counts + self.postings.place_starts[term]
        places = self.postings.places[slices(starts[at], counts[at])]
        return np.repeat(rows[at], counts[at]), places

    def is_in(self, field: str, rows: Ints, places: Shorts) -> Mask:
        """Say which positions in rows are in a field."""
        number = self.postings.fields.index(field)
        bounds = self.postings.bounds
        inside: Mask = (places >= bounds[rows, number]) & (places < bounds[rows, number + 1])
        return inside


class Found(NamedTuple):
    """A term in a segment."""

    part: Part
    term: int  # its number there


class Keywords:
    """All segments. Rows are numbered through; those that are gone count for nothing.

    Immutable but for what it remembers.
    """

    def __init__(self, parts: Sequence[Part], *, k1: float = K1, b: float = B) -> None:
        """Join segments.

        Args:
            parts: with ``first`` ascending, so that no two share a row.
            k1: of BM25F: how soon a second occurrence stops mattering.
            b: of BM25F: how far a long row is held against itself.
        """
        self.parts, self.k1, self.b = tuple(parts), k1, b
        self.row_count = max((part.rows.stop for part in parts), default=0)
        self._frequencies: dict[bytes, int] = {}
        self._remembered: dict[bytes, Floats] = {}

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields that rows are made of."""
        return self.parts[0].postings.fields if self.parts else ()

    @cached_property
    def _length_counts(self) -> Ints:
        return np.sum([part.length_counts for part in self.parts], axis=0) if self.parts else np.zeros(256, np.int32)

    @cached_property
    def live_count(self) -> int:
        """How many rows are there."""
        return int(self._length_counts.sum())

    @cached_property
    def total_length(self) -> float:
        """The sum of the lengths of the rows that are there."""
        return float(self._length_counts @ LENGTHS.astype(np.float64))

    @cached_property
    def average_length(self) -> float:
        """The average length of the rows that are there; 1 if none is or all are empty."""
        return self.total_length / max(self.live_count, 1) or 1.0

    @cached_property
    def norms(self) -> Floats:
        """What the length of each row adds below the line of BM25, shape ``(rows,)``."""
        by_length = self.norms_of(LENGTHS, self.average_length)
        norms = np.zeros(self.row_count, np.float32)
        for part in self.parts:
            norms[part.rows] = by_length[part.postings.lengths]
        return norms

    @cached_property
    def lengths(self) -> Floats:
        """How long each row is, as `LENGTHS` has it, shape ``(rows,)``."""
        lengths = np.zeros(self.row_count, np.float32)
        for part in self.parts:
            lengths[part.rows] = LENGTHS[part.postings.lengths]
        return lengths

    def norms_of(self, lengths: NDArray[Any], average: float) -> Floats:
        """Say what lengths add below the line of BM25, of which one is the average."""
        return np.asarray(self.k1 * (1 - self.b + self.b * lengths / average), np.float32)

    @cached_property
    def alive(self) -> Mask:
        """Which rows are there, shape ``(rows,)``."""
        alive = np.zeros(self.row_count, np.bool_)
        for part in self.parts:
            alive[part.rows] = True if part.alive is None else part.alive
        return alive

    @cached_property
    def dead(self) -> Ints:
        """The rows that are not there, ascending."""
        return (
            np.flatnonzero(~self.alive).astype(np.int32) if self.live_count < self.row_count else np.zeros(0, np.int32)
        )

    def find(self, term: bytes) -> list[Found]:
        """Give a term wherever it is."""
        found = ((part, part.postings.terms.find(term)) for part in self.parts)
        return [Found(part, number) for part, number in found if number is not None]

    def frequency(self, term: bytes) -> int:
        """Count the rows that hold a term."""
        frequency = self._frequencies.get(term)
        if frequency is None:
            frequency = self._frequencies[term] = sum(part.frequency(number) for part, number in self.find(term))
        return frequency

    def idf(self, frequency: float, count: int | None = None) -> float:
        """Say how much a term tells that so many rows hold, of ``count`` or else of all: never negative."""
        count = self.live_count if count is None else count
        return float(np.log1p((count - frequency + 0.5) / (frequency + 0.5)))

    def add_to(self, scores: Floats, term: bytes) -> None:
        """Add to the scores of all rows, shape ``(rows,)``, what a term is worth in each, or near it."""
        found = self.find(term)
        frequency = self.frequency(term) if found else 0
        if not frequency:
            return
        worth = self._remembered.get(term)
        if worth is None and _FREQUENT * frequency > self.live_count:
            worth = np.zeros(self.row_count, np.float32)
            self._add(worth, found, frequency)
            if (len(self._remembered) + 1) * worth.nbytes > _REMEMBERED_BYTES:
                self._remembered.clear()
            self._remembered[term] = worth
        if worth is not None:
            scores += worth
        else:
            self._add(scores, found, frequency)

    def _add(self, scores: Floats, found: Sequence[Found], frequency: int) -> None:
        factor = np.float32(self.idf(frequency) * (self.k1 + 1))
        for part, number in found:
            rows, weights = part.postings.posting(number)
            scores[part.rows][rows] += saturated(weights, self.norms[part.rows][rows], factor)

    def holders(self, term: bytes) -> Posting:
        """Give the rows that hold a term, ascending, and its weight in each; some may be dead."""
        found = [(part.first, part.holders(number)) for part, number in self.find(term)]
        if len(found) == 1:
            first, (rows, weights) = found[0]
            return Posting(rows + np.int32(first) if first else rows, weights)
        if not found:
            return Posting(np.zeros(0, np.int32), np.zeros(0, np.float32))
        rows = np.concatenate([rows + np.int32(first) for first, (rows, _) in found])
        return Posting(rows, np.concatenate([weights for _, (_, weights) in found]))

    def holders_in(self, field: str, term: bytes) -> Posting:
        """Give the rows that hold a term in a field, ascending, and how often they do; some may be dead."""
        rows = self.places(term, field)[0]
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))
        return Posting(rows[firsts], np.diff(firsts, append=len(rows)).astype(np.float32))

    def places(self, term: bytes, field: str | None = None, within: Ints | None = None) -> tuple[Ints, Shorts]:
        """Give row and position of each time a term occurs, in order.

        Args:
            term: what occurs.
            field: only in this field.
            within: other rows, of all rows, may be left out; ascending.
        """
        rows, places = [np.zeros(0, np.int32)], [np.zeros(0, np.uint16)]
        for part, number in self.find(term):
            found, at = part.places_of(number, within)
            if field is not None:
                inside = part.is_in(field, found, at)
                found, at = found[inside], at[inside]
            rows.append(found + np.int32(part.first))
            places.append(at)
        return np.concatenate(rows), np.concatenate(places)

    def having(self, name: str, value: str) -> Mask:
        """Say which rows are of notes that have a value; of a nested property also a value below it."""
        return self._rows_of(part.columns.having(name, value) for part in self.parts)

    def between(self, name: str, low: float | None, high: float | None, *, open_low: bool, open_high: bool) -> Mask:
        """Say which rows are of notes whose number or date is in a range, as `Columns.between` has it."""
        return self._rows_of(
            part.columns.between(name, low, high, open_low=open_low, open_high=open_high) for part in self.parts
        )

    def numbers(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the number that the note of each row states, NaN for none; shape ``(len(rows),)``."""
        return np.asarray(self._noted(rows, lambda columns: columns.numbers.get(name), np.nan), np.float64)

    def dates(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the date that the note of each row states, in microseconds since 1970; `NO_DATE` for none."""
        return np.asarray(self._noted(rows, lambda columns: columns.dates.get(name), NO_DATE), np.int64)

    def words_in(self, field: str, rows: NDArray[np.int64]) -> Floats:
        """Count the words of a field of each row, stop words too; shape ``(len(rows),)``."""
        counts = np.zeros(len(rows), np.float32)
        for part in self.parts:
            number = part.postings.fields.index(field)
            at, own = self._at(part, rows)
            bounds = part.postings.bounds[own].astype(np.int64)
            counts[at] = np.maximum(bounds[:, number + 1] - bounds[:, number] - FIELD_GAP, 0)
        return counts

    def _noted(self, rows: NDArray[np.int64], column: Callable[[Columns], NDArray[Any] | None], none: Any) -> Any:
        values = np.full(len(rows), none)
        for part in self.parts:
            if (noted := column(part.columns)) is not None:
                at, own = self._at(part, rows)
                values[at] = noted[part.note_of_row[own]]
        return values

    def _at(self, part: Part, rows: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Say which of some rows are a part's, and how it numbers them."""
        at = np.flatnonzero((rows >= part.rows.start) & (rows < part.rows.stop))
        return at, rows[at] - part.first

    def stating(self, name: str) -> Mask:
        """Say which rows are of notes that have any value of a property, be it a word, a number or a date."""
        return self._rows_of(part.columns.stating(name) for part in self.parts)

    def _rows_of(self, notes: Iterator[Ints]) -> Mask:
        rows = np.zeros(self.row_count, np.bool_)
        for part, found in zip(self.parts, notes, strict=True):
            if len(found):
                mask = np.zeros(part.columns.note_count, np.bool_)
                mask[found] = True
                rows[part.rows] = mask[part.note_of_row]
        return rows


def saturated(weights: Floats, norms: Floats, factor: np.float32 | Floats) -> Floats:
    """Give ``factor * weight / (weight + norm)``, the heart of BM25."""
    below = norms + weights
    np.divide(weights, below, out=below)
    below *= factor
    return below
