"""The rows of all notes at one moment, numbered through: what one search sees from its start to its end."""

from bisect import bisect_right
from copy import copy
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.columns import NO_DATE
from vault_engine.index.keyword.live import Keywords, Part
from vault_engine.index.layers import Layers
from vault_engine.index.record import KEY_BYTES
from vault_engine.index.turns import Turns, conversations
from vault_engine.index.vector_view import VectorView
from vault_engine.vault.reach import MAX_KEPT, Within

_JUST_NOW = np.iinfo(np.int64).max  # of a file too fresh to be sure of its time


class Row(NamedTuple):
    """Which chunk a row of the index is."""

    path: str
    ordinal: int


class View:
    """Every row there is; those of notes that are gone or were replaced count for nothing."""

    def __init__(self, notes: Layers) -> None:
        self.version = notes.version
        self._notes = notes
        self.reach: Within = None  # whose rows count
        self._within: dict[Within, View] = {}
        self._counting = [layer.alive.copy() for layer in notes.layers]  # by segment: which notes count
        self._vectors: tuple[VectorView, NDArray[np.int64]] | None = None
        self._layers = tuple(notes.layers)
        self._segments = [layer.segment for layer in notes.layers]
        self._firsts = list(accumulate((segment.row_count for segment in self._segments), initial=0))
        self.keywords = Keywords([layer.part(first) for layer, first in zip(notes.layers, self._firsts, strict=False)])

    def __len__(self) -> int:
        return self._firsts[-1]

    @property
    def note_count(self) -> int:
        """How many notes there are."""
        return sum(int(notes.sum()) for notes in self._counting)

    def within(self, within: Within) -> "View":
        """Give the view of what may be reached: rows keep their numbers, and those of other notes count for nothing.

        So nothing that is found, scored, counted or suggested depends on those. None is the whole vault.
        """
        if within is None:
            return self
        if within not in self._within:
            if len(self._within) >= MAX_KEPT:
                self._within.clear()
            view = copy(self)
            for name in ("distinct_keys", "turns", "turn_keys"):
                view.__dict__.pop(name, None)
            view._within, view.reach = {}, within
            reached = [layer.reached(within) for layer in self._layers]
            view._counting = [own & here for own, here in zip(self._counting, reached, strict=True)]
            both = zip(self.keywords.parts, reached, strict=True)
            view.keywords = Keywords([_only(part, here) for part, here in both])
            self._within[within] = view
        return self._within[within]

    @cached_property
    def keys(self) -> NDArray[np.uint8]:
        """The key of each row's embedding, shape ``(rows, KEY_BYTES)``."""
        return np.concatenate([np.empty((0, KEY_BYTES), np.uint8), *(one.catalogue.keys for one in self._segments)])

    @cached_property
    def turns(self) -> Turns | None:
        """The turns of all conversations; None where there are none."""
        if not any(layer.has_turns for layer in self._layers):
            return None
        parts, alive = [layer.turns() for layer in self._layers], [part.alive for part in self.keywords.parts]
        return conversations(parts, self._firsts[:-1], alive, len(self))

    def stated_dates(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give when the note of each row was changed last as it says itself, else made; `NO_DATE`: it does not say."""
        updated, created = (self.keywords.dates(name, rows) for name in ("updated", "created"))
        return np.where(updated != NO_DATE, updated, created)

    def told_dates(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the times that the note of each row is of, shape ``(2, n)``; `NO_DATE`: it says none.

        That is its date, where it has one or is named by a day; else when it was changed last and when it was made.
        """
        date, updated, created = (self.keywords.dates(name, rows) for name in ("date", "updated", "created"))
        return np.where(date != NO_DATE, date, np.stack([updated, created]))

    @cached_property
    def changed(self) -> NDArray[np.int64]:
        """When the note of each row was changed last, in microseconds since 1970: as it says itself, else its file."""
        seen = [
            np.repeat(np.where(mtime < 0, _JUST_NOW, mtime // 1000), np.diff(one.catalogue.first_rows))
            for one in self._segments
            for mtime in (one.catalogue.signatures[:, 1],)
        ]
        stated = self.stated_dates(np.arange(len(self)))
        return np.where(stated != NO_DATE, stated, np.concatenate([np.empty(0, np.int64), *seen]))

    @cached_property
    def note_of_row(self) -> NDArray[np.int32]:
        """A number for the note of each row, shape ``(rows,)``."""
        counts = [np.diff(one.catalogue.first_rows) for one in self._segments]
        rows = np.concatenate([np.zeros(0, np.int64), *counts])
        return np.repeat(np.arange(len(rows), dtype=np.int32), rows)

    @cached_property
    def folder_of_row(self) -> NDArray[np.int32]:
        """A number for the folder that the note of each row lies in, shape ``(rows,)``."""
        numbers: dict[str, int] = {}
        folders = [
            numbers.setdefault(path.rpartition("/")[0], len(numbers))
            for one in self._segments
            for path in one.catalogue.paths
        ]
        return np.array(folders, np.int32)[self.note_of_row]

    def first_row(self, path: str) -> int | None:
        """Give the row of a note's first chunk; None for no note."""
        if path not in self._notes:
            return None
        layer, number = self._notes.place(path)
        first = int(layer.segment.catalogue.first_rows[number])
        return self._firsts[self._layers.index(layer)] + first

    def owner(self, row: int) -> Row:
        """Say which chunk a row is."""
        number = bisect_right(self._firsts, row, hi=len(self._segments)) - 1
        catalogue, row = self._segments[number].catalogue, row - self._firsts[number]
        note = int(catalogue.first_rows.searchsorted(np.int32(row), "right")) - 1
        return Row(catalogue.paths[note], row - int(catalogue.first_rows[note]))

    def vectors(self, store: VectorView) -> NDArray[np.int64]:
        """Give the row that each row has in a store of vectors, -1 where it has none yet; shape ``(rows,)``."""
        if self._vectors is None or self._vectors[0] is not store:
            self._vectors = store, store.rows(self.keys)
        return self._vectors[1]

    @cached_property
    def distinct_keys(self) -> NDArray[np.uint8]:
        """The distinct keys of the rows that count, shape ``(n, KEY_BYTES)``."""
        alive = self.keys if not len(self.keywords.dead) else self.keys[self.keywords.alive]
        return _distinct(alive)

    @cached_property
    def turn_keys(self) -> NDArray[np.uint8]:
        """The distinct keys of the turns of conversations, shape ``(n, KEY_BYTES)``."""
        return _distinct(self.keys[self.turns.rows]) if self.turns is not None else self.keys[:0]

    def notes_with(self, keys: NDArray[np.uint8]) -> list[str]:
        """List notes that together have every chunk of those keys."""
        voids = _as_void(self.keys)
        rows = np.flatnonzero(np.isin(voids, _as_void(keys)) & self.keywords.alive)
        _, firsts = np.unique(voids[rows], return_index=True)
        return list(dict.fromkeys(self.owner(row).path for row in rows[np.sort(firsts)].tolist()))


def _only(part: Part, notes: NDArray[np.bool_]) -> Part:
    """Give the rows of a segment, only those of some notes alive."""
    alive = notes[part.note_of_row]
    return part.again(alive if part.alive is None else alive & part.alive, part.first)


def _distinct(keys: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give each of some keys once, in order of their bytes."""
    heads = np.ascontiguousarray(keys).view(">u8")[:, 0].astype(np.uint64)  # quicker to sort than whole keys
    order = np.argsort(heads)
    ordered, heads = np.take(keys, order, axis=0), heads[order]
    is_alike = heads[1:] == heads[:-1]
    is_same = (ordered[1:][is_alike] == ordered[:-1][is_alike]).all(axis=1)
    if not is_same.all():  # two that are not the same begin alike
        return np.unique(_as_void(keys)).view(np.uint8).reshape(-1, KEY_BYTES)
    is_first = np.concatenate([np.ones(min(len(keys), 1), np.bool_), ~is_alike])
    return np.take(ordered, np.flatnonzero(is_first), axis=0)


def _as_void(keys: NDArray[np.uint8]) -> NDArray[np.void]:
    return np.ascontiguousarray(keys).view(f"V{KEY_BYTES}").reshape(-1)
