"""From the texts of rows to their postings. Pure."""

from array import array
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.analyse import Analyser, runs
from vault_engine.index.keyword.postings import (
    FIELD_GAP,
    FIELD_WEIGHTS,
    MAX_POSITION,
    Block,
    Floats,
    Ints,
    Offsets,
    Postings,
    Shorts,
    quantise,
    slices,
    weave,
)
from vault_engine.index.keyword.strings import Strings

_STOPPED = -1
_RUNS_AT_ONCE = 1 << 20  # bounds the memory that a cold build takes


class _Lines(NamedTuple):
    """Postings, one line each, in the order of their terms and of their rows within one."""

    terms: Ints
    rows: Ints
    weights: Floats
    counts: Shorts


class _Runs(dict[str, int]):
    """Numbers runs of letters and digits as they are first seen, and their terms with them."""

    def __init__(self, analyser: Analyser) -> None:
        self.terms: dict[str, int] = {}  # by term: its number, in the order of being first seen
        self.parts = array("i")  # the numbers of the terms of run 0, of run 1 ...; _STOPPED for a stop word
        self.ends = array("q")  # where in `parts` each run ends
        self._analyser = analyser

    def __missing__(self, run: str) -> int:
        for part in self._analyser.parts(run):
            self.parts.append(self.terms.setdefault(part.term, len(self.terms)) if part.term else _STOPPED)
        self.ends.append(len(self.parts))
        self[run] = len(self)
        return len(self) - 1


class Builder:
    """Takes rows one by one and makes postings of all of them."""

    def __init__(self, analyser: Analyser, weights: Mapping[str, float] = FIELD_WEIGHTS) -> None:
        """Begin without rows.

        Args:
            analyser: turns text into terms.
            weights: what one word in each field counts for; its order is the order of the fields.
        """
        self._names = tuple(weights)
        self._weights = np.array(list(weights.values()), np.float32)
        self._runs = _Runs(analyser)
        self._blocks: list[Block] = []
        self._bounds: list[Shorts] = []
        self._lengths: list[NDArray[np.uint8]] = []
        self._first = 0  # the first row that is in no block yet; what follows is of the rows from there on
        self._count = 0  # of these
        self._found = array("i")  # the numbers of all runs, in order
        self._ends = array("q")  # where in `_found` each field of each row ends

    def add(self, fields: Mapping[str, str]) -> int:
        """Add a row given as texts by field, those that are missing being empty; return its number."""
        if len(self._found) > _RUNS_AT_ONCE:
            self._make_block()
        for name in self._names:
            if text := fields.get(name):
                self._found.fromlist(list(map(self._runs.__getitem__, runs(text))))
            self._ends.append(len(self._found))
        self._count += 1
        return self._first + self._count - 1

    def finish(self) -> Postings:
        """Make the postings of all rows. The builder is used up."""
        self._make_block()
        encoded = [term.encode("utf-8", "surrogatepass") for term in self._runs.terms]
        order = sorted(range(len(encoded)), key=encoded.__getitem__)
        ranks = np.empty(len(order), np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        terms = Strings.of([encoded[number] for number in order])
        bounds, lengths = np.concatenate(self._bounds), np.concatenate(self._lengths)
        return weave(self._names, terms, self._blocks, ranks, bounds, lengths)

    def _make_block(self) -> None:
        """Turn the rows that are in no block yet into one."""
        terms, ends = self._occurrences()
        bounds, places = _layout(ends.reshape(self._count, len(self._names)))
        lines, places = self._invert(terms, np.diff(ends, prepend=0), places)
        lengths = np.bincount(lines.rows, lines.weights, self._count)
        firsts = np.flatnonzero(np.diff(lines.terms, prepend=-1))
        sizes = np.diff(firsts, append=len(lines.terms))
        rows = lines.rows + np.int32(self._first)
        self._blocks.append(Block(lines.terms[firsts], sizes, rows, lines.weights, lines.counts, places))
        self._bounds.append(bounds)
        self._lengths.append(quantise(lengths))
        self._first += self._count
        self._found, self._ends, self._count = array("i"), array("q"), 0

    def _occurrences(self) -> tuple[Ints, Offsets]:
        """Give the term at every position of every field, and where the fields end: shapes (n,), (rows * fields,)."""
        found, ends = np.array(self._found, np.int32), np.array(self._ends, np.int64)
        parts = np.array(self._runs.parts, np.int32)
        run_ends = np.array(self._runs.ends, np.int64)
        widths = np.diff(run_ends, prepend=np.int64(0))
        if bool((widths == 1).all()):
            return parts[found], ends
        firsts = (run_ends - widths)[found]
        position_ends = np.concatenate([[0], np.cumsum(widths[found])])
        return parts[slices(firsts, widths[found])], position_ends[ends]

    def _invert(self, terms: Ints, widths: Offsets, places: Shorts) -> tuple[_Lines, Shorts]:
        """Turn occurrences in order of their rows into postings in order of their terms, and their positions."""
        cells = np.repeat(np.arange(len(widths), dtype=np.int32), widths)
        keys = (terms.astype(np.int64) << 32) | np.arange(len(terms))
        keys = keys[terms != _STOPPED]
        keys.sort()
        order = keys & 0xFFFFFFFF
        terms = (keys >> 32).astype(np.int32)
        cells, places = cells[order], places[order]
        rows, fields = np.divmod(cells, np.int32(len(self._names)))
        firsts = _firsts(terms, rows)
        counts = np.diff(firsts, append=len(terms))
        weights = _summed(self._weights[fields], firsts)
        if len(counts) and int(counts.max()) > MAX_POSITION:
            places = places[np.arange(len(places)) - np.repeat(firsts, counts) < MAX_POSITION]
            counts = np.minimum(counts, MAX_POSITION)
        return _Lines(terms[firsts], rows[firsts], weights, counts.astype(np.uint16)), places


def _firsts(terms: Ints, rows: Ints) -> Offsets:
    """Give where the term or the row differs from what is before."""
    differs = np.diff(terms, prepend=-1) != 0
    differs |= np.diff(rows, prepend=-1) != 0
    return np.flatnonzero(differs)


def _summed(values: NDArray[np.float32], firsts: Offsets) -> Floats:
    return np.add.reduceat(values, firsts, dtype=np.float32) if len(firsts) else np.zeros(0, np.float32)


def _layout(ends: Offsets) -> tuple[Shorts, Shorts]:
    """Lay the fields of each row one after the other.

    Args:
        ends: where each field ends among all positions, shape ``(rows, fields)``.

    Returns:
        The bounds of the fields, shape ``(rows, fields + 1)``, and the position of each occurrence within its row.
    """
    widths = np.diff(ends.ravel(), prepend=0)
    room = np.where(widths > 0, widths + FIELD_GAP, 0).reshape(ends.shape)
    bounds = np.zeros((ends.shape[0], ends.shape[1] + 1), np.int64)
    np.cumsum(room, axis=1, out=bounds[:, 1:])
    shifts = bounds[:, :-1].ravel() - (ends.ravel() - widths)
    places = np.repeat(shifts, widths)
    places += np.arange(len(places))
    return np.minimum(bounds, MAX_POSITION).astype(np.uint16), np.minimum(places, MAX_POSITION).astype(np.uint16)
