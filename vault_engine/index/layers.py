"""Segments over each other: a later one's notes hide those of the same paths before it."""

from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.catalogue import as_array
from vault_engine.index.generation import Entry
from vault_engine.index.keyword.columns import NO_DATE
from vault_engine.index.record import Record
from vault_engine.index.segment import Segment
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

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.segment), np.bool_)

    def alive_rows(self) -> NDArray[np.bool_] | None:
        """Say which rows count, shape ``(rows,)``; None when all do."""
        if not self.dead:
            return None
        return np.repeat(self.alive, np.diff(self.segment.catalogue.first_rows))


class Layers(Mapping[str, Record]):
    """Every note there is, by path, and the segments that hold them. Records are decoded when they are asked for."""

    def __init__(self, layers: Iterable[Layer] = ()) -> None:
        self.layers: list[Layer] = []
        self.version = 0  # grows with every change
        self._where: dict[str, Place] = {}
        self._signatures: dict[str, Signature | None] = {}
        self._decoded: dict[str, Record] = {}
        self._changed: set[str] = set()
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
        best = np.argsort(-every, kind="stable")[:count]
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

    def take_changed(self) -> set[str]:
        """Give the notes that came, changed or went since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

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
        self._changed.update(paths)

    def pop(self) -> Layer:
        """Take the last segment away; what it hid counts again. It may be pushed again, over what is there then."""
        layer = self.layers.pop()
        self.version += 1
        for path in layer.segment.catalogue.paths:
            if (place := self._where.get(path)) and place.layer is layer:
                self._forget(path)
        for path, place in layer.hidden:
            self._changed.add(path)
            self._where[path] = place
            self._signatures[path] = place.layer.segment.catalogue.signature(place.number)
            place.layer.alive[place.number] = True
            place.layer.dead -= 1
        layer.hidden.clear()
        return layer

    def _hide(self, layer: Layer, path: str) -> None:
        place = self._where.get(path)
        if place is None:
            return
        place.layer.alive[place.number] = False
        place.layer.dead += 1
        layer.hidden.append((path, place))
        self._forget(path)

    def _forget(self, path: str) -> None:
        del self._where[path], self._signatures[path]
        self._decoded.pop(path, None)
        self._changed.add(path)
