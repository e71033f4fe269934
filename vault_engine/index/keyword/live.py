"""The keyword index as one search sees it: several segments, of which some rows are gone. Pure."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vault_engine.index.keyword.columns import Columns
from vault_engine.index.keyword.postings import LENGTHS, Floats, Ints, Mask, Posting, Postings, Shorts

K1 = 0.9  # saturation: how soon a second occurrence stops mattering
B = 0.6  # how far a long row is held against itself


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
        counts = np.bincount(self.postings.lengths, minlength=256)
        return (counts - np.bincount(self.postings.lengths[self.dead], minlength=256)).astype(np.int32)

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
        by_length = (self.k1 * (1 - self.b + self.b * LENGTHS / self.average_length)).astype(np.float32)
        norms = np.zeros(self.row_count, np.float32)
        for part in self.parts:
            norms[part.rows] = by_length[part.postings.lengths]
        return norms

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

    def idf(self, frequency: float) -> float:
        """Say how much a term tells that so many rows hold: never negative."""
        return float(np.log1p((self.live_count - frequency + 0.5) / (frequency + 0.5)))

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

    def places(self, term: bytes, field: str | None = None) -> tuple[Ints, Shorts]:
        """Give row and position of each time a term occurs, in order; in one field, if one is given."""
        rows, places = [np.zeros(0, np.int32)], [np.zeros(0, np.uint16)]
        for part, number in self.find(term):
            in_part, at = part.postings.places_of(number)
            if field is not None:
                inside = self._within(part, field, in_part, at)
                in_part, at = in_part[inside], at[inside]
            rows.append(in_part + np.int32(part.first))
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

    def _rows_of(self, notes: Iterator[Ints]) -> Mask:
        rows = np.zeros(self.row_count, np.bool_)
        for part, found in zip(self.parts, notes, strict=True):
            if len(found):
                mask = np.zeros(part.columns.note_count, np.bool_)
                mask[found] = True
                rows[part.rows] = mask[part.note_of_row]
        return rows

    @staticmethod
    def _within(part: Part, field: str, rows: Ints, places: Shorts) -> Mask:
        """Say which positions are in a field."""
        number = part.postings.fields.index(field)
        bounds = part.postings.bounds
        inside: Mask = (places >= bounds[rows, number]) & (places < bounds[rows, number + 1])
        return inside
