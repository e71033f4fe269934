"""Segments over each other: a later one's notes hide those of the same paths before it."""

from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.catalogue import as_array
from vault_engine.index.filters import PATH
from vault_engine.index.generation import Entry
from vault_engine.index.keyword.columns import NO_DATE
from vault_engine.index.keyword.live import Part
from vault_engine.index.record import LinkRecord, Record
from vault_engine.index.segment import Segment
from vault_engine.index.turns import SegmentTurns, segment_turns
from vault_engine.vault.reach import MAX_KEPT, WORKSPACES, Reach, Within, is_within
from vault_engine.vault.walk import Signature

_JUST_NOW = np.iinfo(np.int64).max  # of a file too fresh to be sure of its time
_RECORDS_HELD = 4096  # decoded; more are decoded again


class Place(NamedTuple):
    """Where a note is."""

    layer: "Layer"
    number: int


@dataclass(slots=True, eq=False)
class Layer:
    """A segment, and which of its notes still count."""

    segment: Segment
    entry: Entry | None = None  # its file; None while only this process has it
    alive: NDArray[np.bool_] = field(init=False)  # shape (notes,)
    dead: int = 0
    hidden: list[tuple[str, Place]] = field(default_factory=list)  # notes before, that this one hides or says are gone
    _part: Part | None = field(default=None, init=False)
    _turns: SegmentTurns | None = field(default=None, init=False)
    _reached: dict[Within, NDArray[np.bool_]] = field(default_factory=dict, init=False)
    _is_as_part: bool = field(default=False, init=False)  # no note was hidden or shown since the part was made

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.segment), np.bool_)

    def hide(self, number: int) -> None:
        """Have a note count no more."""
        self.alive[number], self._is_as_part = False, False
        self.dead += 1

    def show(self, number: int) -> None:
        """Have a hidden note count again."""
        self.alive[number], self._is_as_part = True, False
        self.dead -= 1

    def part(self, first: int) -> Part:
        """Give the rows for a search in which ``first`` is the number of the first one.

        What was found out about them is kept as long as it holds: most changes are to other layers.
        """
        if self._part is None:
            segment = self.segment
            self._part = Part(segment.postings, segment.columns, segment.catalogue.note_of_row(), None, first)
            self._is_as_part = not self.dead
        if not self._is_as_part or self._part.first != first:
            self._part, self._is_as_part = self._part.again(self._alive_rows(), first), True
        return self._part

    def reached(self, within: str | Reach) -> NDArray[np.bool_]:
        """Say which notes of the segment may be reached, living or not, shape ``(notes,)``; looked up once."""
        if within not in self._reached:
            if len(self._reached) >= MAX_KEPT:
                self._reached.clear()
            folder = within.folder if isinstance(within, Reach) else within
            reached = np.full(len(self.segment), folder is None)
            for number in self.segment.columns.having(PATH, folder or WORKSPACES).tolist():  # it compares without case
                reached[number] = is_within(self.segment.catalogue.paths[number], within)
            self._reached[within] = reached
        return self._reached[within]

    @property
    def has_turns(self) -> bool:
        """Whether anything in the segment looks like a turn of a conversation."""
        return bool(self.segment.catalogue.turns.lengths.any())

    def turns(self) -> SegmentTurns:
        """Give what looks like turns of conversations, living or not; looked for once."""
        if self._turns is None:
            catalogue = self.segment.catalogue
            self._turns = segment_turns(catalogue.paths, catalogue.first_rows, catalogue.turns)
        return self._turns

    def _alive_rows(self) -> NDArray[np.bool_] | None:
        """Say which rows count, shape ``(rows,)``; None when all do."""
        return np.repeat(self.alive, np.diff(self.segment.catalogue.first_rows)) if self.dead else None


class Layers(Mapping[str, Record]):
    """Every note there is, by path, and the segments that hold them. Records are decoded when they are asked for."""

    def __init__(self, layers: Iterable[Layer] = ()) -> None:
        self.layers: list[Layer] = []
        self.version = 0  # grows with every change
        self._where: dict[str, Place] = {}
        self._signatures: dict[str, Signature | None] = {}
        self._decoded: dict[str, Record] = {}
        self._changed: set[str] | None = None  # None: nobody has asked yet
        self.lost: set[str] = set()  # notes that went with segments which others took away
        for layer in layers:
            self.push(layer)

    # ---- the notes

    def __getitem__(self, path: str) -> Record:
        record = self._decoded.get(path)
        if record is None:
            layer, number = self._where[path]
            record = layer.segment.catalogue.record(number)
            if len(self._decoded) >= _RECORDS_HELD:
                self._decoded.clear()
            self._decoded[path] = record
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._where)

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, path: object) -> bool:
        return path in self._where

    def keys(self) -> KeysView[str]:
        """Give the paths, as a set that costs nothing."""
        return self._where.keys()

    def place(self, path: str) -> Place:
        """Say where a note is. Raises KeyError: there is none."""
        return self._where[path]

    def selected(self, wanted: Sequence[tuple[str, str]]) -> list[str]:
        """List the notes that have every one of these values in those filter columns, in order of their paths."""
        found: list[str] = []
        for layer in self.layers:
            columns, kept = layer.segment.columns, layer.alive.copy()
            for column, value in wanted:
                has_it = np.zeros(len(kept), np.bool_)
                has_it[columns.having(column, value)] = True
                kept &= has_it
            found += (layer.segment.catalogue.paths[number] for number in np.flatnonzero(kept).tolist())
        return sorted(found)

    def newest(self, count: int) -> list[str]:
        """List the notes that were changed last, as they say themselves or else their files; the newest first."""
        moments: list[NDArray[np.int64]] = []
        for layer in self.layers:
            catalogue, dates = layer.segment.catalogue, layer.segment.columns.dates
            seen = catalogue.signatures[:, 1]
            latest = np.where(seen < 0, _JUST_NOW, seen // 1000)
            for name in ("created", "updated"):
                if name in dates:
                    latest = np.where(dates[name] != NO_DATE, dates[name], latest)
            moments.append(np.where(layer.alive, latest, NO_DATE))
        every = np.concatenate([np.empty(0, np.int64), *moments])
        firsts = np.cumsum([0, *map(len, moments)])
        best = np.argsort(~every, kind="stable")[:count]  # -every would have what is dead first: it overflows
        found = []
        for at in best[every[best] != NO_DATE].tolist():
            number = int(np.searchsorted(firsts, at, "right")) - 1
            found.append(self.layers[number].segment.catalogue.paths[at - int(firsts[number])])
        return found

    def having(self, column: str, value: str) -> list[str]:
        """List the notes that have a value in a filter column, in order of their paths."""
        return sorted(
            layer.segment.catalogue.paths[number]
            for layer in self.layers
            for number in layer.segment.columns.having(column, value).tolist()
            if layer.alive[number]
        )

    @property
    def signatures(self) -> Mapping[str, Signature | None]:
        """What was seen of each note's file, by path; None where it must be looked at again."""
        return self._signatures

    def signatures_of(self, paths: Iterable[str]) -> NDArray[np.int64]:
        """Give what was seen of some notes' files as an array, shape ``(n, 3)``."""
        return as_array(self._signatures[path] for path in paths)

    def links(self) -> Iterator[tuple[str, tuple[LinkRecord, ...]]]:
        """Give every note with its links, segment by segment; nothing else of the notes is decoded."""
        for layer in self.layers:
            catalogue = layer.segment.catalogue
            for path, links, is_alive in zip(catalogue.paths, catalogue.links(), layer.alive.tolist(), strict=True):
                if is_alive:
                    yield path, links

    def take_changed(self) -> set[str]:
        """Give the notes that came, changed or went since this was asked last; none when it is asked first."""
        changed, self._changed = self._changed, set()
        return changed or set()

    def share(self, seen: Mapping[str, Signature]) -> None:
        """Hold what a look has seen as the look holds it, where it is what is known: so it is in memory only once."""
        known = self._signatures
        for path, signature in seen.items():
            if known.get(path) == signature:
                known[path] = signature

    def see(self, path: str, signature: Signature | None) -> None:
        """Note that a note's file looks different and holds the same bytes."""
        self._signatures[path] = signature

    # ---- the segments

    def push(self, layer: Layer) -> None:
        """Lay a segment over the others."""
        self.layers.append(layer)
        self.version += 1
        segment = layer.segment
        for path in segment.gone:
            self._hide(layer, path)
        paths = list(segment.catalogue.paths)
        for path in self._where.keys() & set(paths):
            self._hide(layer, path)
        self._where.update(zip(paths, map(Place, repeat(layer), range(len(paths))), strict=False))
        self._signatures.update(zip(paths, segment.catalogue.seen(), strict=True))
        self._note_changed(paths)

    def pop(self) -> Layer:
        """Take the last segment away; what it hid counts again. It may be pushed again, over what is there then."""
        layer = self.layers.pop()
        self.version += 1
        for path in layer.segment.catalogue.paths:
            if (place := self._where.get(path)) and place.layer is layer:
                self._forget(path)
        for path, place in layer.hidden:
            self._where[path] = place
            self._signatures[path] = place.layer.segment.catalogue.signature(place.number)
            place.layer.show(place.number)
        self._note_changed(path for path, _ in layer.hidden)
        layer.hidden.clear()
        return layer

    def _hide(self, layer: Layer, path: str) -> None:
        place = self._where.get(path)
        if place is None:
            return
        place.layer.hide(place.number)
        layer.hidden.append((path, place))
        self._forget(path)

    def _forget(self, path: str) -> None:
        del self._where[path], self._signatures[path]
        self._decoded.pop(path, None)
        self._note_changed((path,))

    def _note_changed(self, paths: Iterable[str]) -> None:
        if self._changed is not None:
            self._changed.update(paths)
