"""Which term stands in which row, where and how weightily: sorted arrays of one segment. Pure.

A row is one chunk. Its fields are laid one after the other in one space of positions, so that one inverted index
serves them all: the title holds a word if the word has a position within the title's bounds there. A term's weight in
a row is the sum, over the fields it stands in, of the field's weight times its count there: the "one field of weighted
tokens" form of BM25F (Robertson, Zaragoza & Taylor, "Simple BM25 Extension to Multiple Weighted Fields", 2004). The
chunks around a row may add to its weights too; what only they hold has a count of 0 in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from whoosh.util.numeric import byte_to_length

from vault_engine.index.keyword.strings import Strings

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Offsets = NDArray[np.int64]
Shorts = NDArray[np.uint16]
Mask = NDArray[np.bool_]
Weights = NDArray[np.uint8] | NDArray[np.uint16] | Floats
"""Weights as they are kept: as whole multiples of a quarter where all of them are, else as they are."""

FIELD_WEIGHTS: Mapping[str, float] = {
    "title": 2.0,
    "aliases": 2.0,
    "headings": 1.5,
    "tags": 1.5,
    "properties": 1.0,
    "body": 1.0,
}
MAX_POSITION = 65_535  # what is further on counts as standing there
FIELD_GAP = 128  # between the last position of a field and the first of the next: no phrase is that loose
LENGTHS = np.array([byte_to_length(byte) for byte in range(256)], np.float32)  # what a byte of `lengths` stands for

_UNIT = np.float32(0.25)  # a power of two, so that going from one form of a weight to the other loses nothing
_POSTINGS_AT_ONCE = 1 << 20  # bounds the memory that bringing them together takes
_ARRAYS = ("starts", "frequencies", "place_starts", "rows", "weights", "counts", "places", "bounds", "lengths")


class Posting(NamedTuple):
    """The rows that hold a term, or have it nearby."""

    rows: Ints  # ascending, shape (n,)
    weights: Floats  # shape (n,)


@dataclass(frozen=True, slots=True)
class Postings:
    """The inverted index of some rows.

    The postings of term ``t`` are the slice ``starts[t]:starts[t + 1]`` of ``rows``, ``weights`` and ``counts``, and
    the positions of all of them, one posting after the other, are ``places[place_starts[t]:place_starts[t + 1]]``.
    """

    fields: tuple[str, ...]
    terms: Strings
    starts: Offsets  # shape (terms + 1,)
    frequencies: Ints  # rows that hold the term themselves, shape (terms,)
    place_starts: Offsets  # shape (terms + 1,)
    rows: Ints  # ascending within a term
    weights: Weights  # see `weights_at`
    counts: Shorts  # in one byte each, where that is enough; 0: only the chunks around it hold the term
    places: Shorts  # ascending within a posting
    bounds: Shorts  # where each field begins, and where the last ends, shape (rows, fields + 1)
    lengths: NDArray[np.uint8]  # the sum of a row's weights, as a number of `LENGTHS`, shape (rows,)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.lengths)

    def span(self, term: int) -> slice:
        """Give the slice of a term's postings."""
        return slice(int(self.starts[term]), int(self.starts[term + 1]))

    def posting(self, term: int) -> Posting:
        """Give the rows that hold a term, or have it nearby."""
        span = self.span(term)
        return Posting(self.rows[span], self.weights_at(span))

    def weights_at(self, places: slice | Offsets) -> Floats:
        """Give the weights of some postings."""
        return _as_floats(self.weights[places])

    def places_of(self, term: int) -> tuple[Ints, Shorts]:
        """Give row and position of each time a term occurs, in order; shapes ``(occurrences,)``."""
        span = self.span(term)
        places = self.places[int(self.place_starts[term]) : int(self.place_starts[term + 1])]
        return np.repeat(self.rows[span], self.counts[span]), places

    def _in_order(self) -> Self:
        """Bring the postings of each term in the order of their rows, if they are not."""
        follows = self.rows[1:] > self.rows[:-1]
        follows[self.starts[1:-1] - 1] = True  # a term's first row follows nothing
        if bool(follows.all()):
            return self
        order = np.argsort((np.repeat(np.arange(len(self.terms)), np.diff(self.starts)) << 32) | self.rows)
        firsts = _starts(self.counts)[order]
        counts = self.counts[order]
        places = self.places[slices(firsts, counts)]
        return replace(self, rows=self.rows[order], weights=self.weights[order], counts=counts, places=places)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give everything as arrays."""
        names = np.frombuffer("\n".join(self.fields).encode(), np.uint8)
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return arrays | {"fields": names, "terms": self.terms.blob, "term_starts": self.terms.starts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Make postings of what `arrays` gave, without a copy.

        Raises:
            KeyError: an array is missing.
        """
        terms = Strings(arrays["terms"], arrays["term_starts"])  # type: ignore[arg-type]
        fields = tuple(arrays["fields"].tobytes().decode().split("\n"))
        return cls(fields, terms, **{name: arrays[name] for name in _ARRAYS})  # type: ignore[arg-type]


class Block(NamedTuple):
    """Postings of some rows by term, with the terms in any order."""

    terms: Ints  # distinct numbers, shape (t,)
    sizes: Offsets  # how many postings each term has, at least one, shape (t,)
    rows: Ints  # distinct within a term
    weights: Weights
    counts: Shorts
    places: Shorts


def merge(parts: Sequence[Postings], new_rows: Sequence[Ints]) -> Postings:
    """Make one of several: exactly what building the rows that are left over would give.

    Args:
        parts: at least one; all of the same fields.
        new_rows: for each part the new number of each of its rows, -1 for one that is dropped. Together they are all
            numbers from 0 to the number of rows left over, each once, in any order.
    """
    terms, numbers = _merged_terms([part.terms for part in parts])
    blocks = [_moved(part, rows, at) for part, rows, at in zip(parts, new_rows, numbers, strict=True)]
    row_count = sum(int((rows >= 0).sum()) for rows in new_rows)
    bounds = np.zeros((row_count, len(parts[0].fields) + 1), np.uint16)
    lengths = np.zeros(row_count, np.uint8)
    for part, rows in zip(parts, new_rows, strict=True):
        kept = rows >= 0
        bounds[rows[kept]], lengths[rows[kept]] = part.bounds[kept], part.lengths[kept]
    used = np.zeros(len(terms), np.bool_)
    for block in blocks:
        used[block.terms] = True
    ranks = np.cumsum(used, dtype=np.int32) - np.int32(1)
    left = Strings.of(list(compress(terms, used.tolist())))
    return weave(parts[0].fields, left, blocks, ranks, bounds, lengths)


def weave(
    fields: Sequence[str],
    terms: Strings,
    blocks: list[Block],
    ranks: Ints,
    bounds: Shorts,
    lengths: NDArray[np.uint8],
) -> Postings:
    """Make postings of blocks, which are used up one by one: at no time is everything in memory twice.

    Args:
        fields: the names of the fields.
        terms: all terms, in order.
        blocks: no two hold the same row.
        ranks: by number of a term in the blocks: its number in ``terms``.
        bounds: as in `Postings`.
        lengths: as in `Postings`.
    """
    sizes, place_sizes = np.zeros(len(terms) + 1, np.int64), np.zeros(len(terms) + 1, np.int64)
    frequencies = np.zeros(len(terms), np.int32)
    for block in blocks:
        numbers, firsts = ranks[block.terms] + 1, _starts(block.sizes)[:-1]
        sizes[numbers] += block.sizes
        if len(firsts):
            place_sizes[numbers] += np.add.reduceat(block.counts, firsts, dtype=np.int64)
            frequencies[numbers - 1] += np.add.reduceat(block.counts > 0, firsts, dtype=np.int32)
    starts, place_starts = np.cumsum(sizes), np.cumsum(place_sizes)
    weight_kind = np.result_type(np.uint8, *(_kind_of_weights(block.weights) for block in blocks))
    count_kind = np.result_type(np.uint8, *(np.min_scalar_type(block.counts.max(initial=0)) for block in blocks))
    rows, places = np.empty(starts[-1], np.int32), np.empty(place_starts[-1], np.uint16)
    weights, counts = np.empty(starts[-1], weight_kind), np.empty(starts[-1], count_kind)
    next_line, next_place = starts[:-1].copy(), place_starts[:-1].copy()
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        numbers, firsts, place_firsts = ranks[block.terms], _starts(block.sizes), _starts(block.counts)
        for some in _pieces(firsts):
            lines = slice(int(firsts[some.start]), int(firsts[some.stop]))
            at = slices(next_line[numbers[some]], block.sizes[some])
            rows[at], counts[at] = block.rows[lines], block.counts[lines]
            weights[at] = _as_kind(block.weights[lines], weight_kind)
            each = np.diff(place_firsts[firsts[some.start : some.stop + 1]])
            among = slice(int(place_firsts[lines.start]), int(place_firsts[lines.stop]))
            places[slices(next_place[numbers[some]], each)] = block.places[among]
            next_place[numbers[some]] += each
        next_line[numbers] += block.sizes
    made = Postings(
        tuple(fields), terms, starts, frequencies, place_starts, rows, weights, counts, places, bounds, lengths
    )
    return made._in_order()


def quantise(lengths: NDArray[np.number]) -> NDArray[np.uint8]:
    """Bring lengths into one byte each, as Whoosh does (``whoosh.util.numeric.length_to_byte``)."""
    return np.minimum(np.searchsorted(LENGTHS, lengths), 255).astype(np.uint8)


def _as_floats(weights: Weights) -> Floats:
    if weights.dtype == np.float32:
        return weights  # type: ignore[return-value]
    floats = weights.astype(np.float32)
    floats *= _UNIT
    return floats


def _as_kind(weights: Weights, kind: np.dtype[Any]) -> Weights:
    """Bring weights into another form, which can hold them."""
    if weights.dtype == np.float32 and kind != np.float32:
        return (weights / _UNIT).astype(kind)
    return _as_floats(weights) if kind == np.float32 else weights


def _kind_of_weights(weights: Weights) -> np.dtype[Any]:
    """Say in which form weights take the least room."""
    multiples = weights / _UNIT if weights.dtype == np.float32 else weights
    most = int(multiples.max(initial=0))
    if most > MAX_POSITION or (weights.dtype == np.float32 and bool((multiples != np.floor(multiples)).any())):
        return np.dtype(np.float32)
    return np.min_scalar_type(most)


def _merged_terms(parts: Sequence[Strings]) -> tuple[list[bytes], list[Ints]]:
    """Give all terms in order, and for each part the new numbers of its terms."""
    if len(parts) == 1:
        return list(parts[0]), [np.arange(len(parts[0]), dtype=np.int32)]
    terms = sorted({term for part in parts for term in part})
    numbers = {term: number for number, term in enumerate(terms)}
    return terms, [np.fromiter(map(numbers.__getitem__, part), np.int32, len(part)) for part in parts]


def _moved(part: Postings, new_row: Ints, numbers: Ints) -> Block:
    """Give the postings of a part that are left over, with new numbers for rows and terms."""
    sizes, rows = np.diff(part.starts), new_row[part.rows]
    kept = rows >= 0
    if bool(kept.all()):
        return Block(numbers, sizes, rows, part.weights, part.counts, part.places)
    sizes = np.diff(_starts(kept)[part.starts])
    places = part.places[np.repeat(kept, part.counts)]
    return Block(numbers[sizes > 0], sizes[sizes > 0], rows[kept], part.weights[kept], part.counts[kept], places)


def _pieces(firsts: Offsets) -> Iterator[slice]:
    """Cut the terms of a block, given where the postings of each begin, where about so many postings have passed."""
    cuts = np.searchsorted(firsts, np.arange(0, int(firsts[-1]), _POSTINGS_AT_ONCE)).tolist()
    yield from (slice(low, high) for low, high in pairwise([*cuts, len(firsts) - 1]) if low < high)


def _starts(sizes: NDArray[np.generic]) -> Offsets:
    """Give where each of some neighbours begins, and where the last ends."""
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def slices(starts: Offsets, sizes: NDArray[np.integer]) -> Offsets:
    """Give all numbers of several slices, one slice after the other."""
    ends = np.cumsum(sizes, dtype=np.int64)
    numbers = np.repeat(starts - (ends - sizes), sizes)
    numbers += np.arange(len(numbers))
    return numbers
