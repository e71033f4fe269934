"""How the processes of one vault keep one index: each follows what the others publish, and publishes what it has read.

Who publishes holds the index's lock for as long as that takes, so it frees itself when its process dies. Nobody
waits for it: a process that finds it taken keeps what it has read to itself for now.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.index import generation
from vault_engine.index.container import ContainerDamaged
from vault_engine.index.fold import plan_fold
from vault_engine.index.generation import Entry, Generation, Stamp
from vault_engine.index.layers import Layer, Layers
from vault_engine.index.segment import Segment, join, open_segment, with_signatures
from vault_engine.vault.files import explained, fsync_folder
from vault_engine.vault.lock import Lock

_TRIES = 5  # to read a generation that others replace meanwhile


class Shared:
    """The segments on disk, and how far this process has followed them."""

    def __init__(self, folder: Path, lock: Lock, settings: Mapping[str, Any]) -> None:
        """Keep segments in ``folder``; those made by other ``settings`` do not count."""
        self._folder = folder
        self._lock = lock
        self._settings = settings
        self._stamp: Stamp | None = None
        self.problem: str | None = None  # why the index can't be kept, in words
        self.damaged: list[str] = []  # what was found damaged, and has been read from the notes again

    def follow(self, layers: Layers) -> None:
        """Take in what others have published."""
        found = generation.stamp(self._folder)
        if found == self._stamp:
            return
        for _ in range(_TRIES):
            entries = self._entries()
            try:
                self._align(layers, entries)
                return
            except FileNotFoundError:  # swept away, as it was replaced meanwhile
                continue
            finally:
                self._stamp = found
                found = generation.stamp(self._folder)

    def publish(self, layers: Layers, *, most: int | None = None, whole: bool = False) -> bool:
        """Let the others have what only this process has, and put small segments together.

        Args:
            layers: what this process has.
            most: how many notes may be copied to put segments together; None: as many as pays.
            whole: put all together, so that nothing is left of notes that are gone.

        Returns:
            Whether it was done; else `problem` says why not, or somebody else is publishing.
        """
        try:
            with self._lock.held(wait_s=0), explained(self._folder):
                self.follow(layers)
                if whole and layers.layers:
                    folding = Folding(layers, 0)
                    _replace(layers, folding, folding.joined())
                else:
                    _fold(layers, 0, most)
                self._write(layers)
        except VaultBusy:
            return False
        except MemwellError as error:
            self.problem = str(error)
            return False
        self.problem = None
        return True

    def fold(self, current: Callable[[], Layers], guard: AbstractContextManager[object]) -> None:
        """Put large segments together while others search.

        Given up where the segments were replaced meanwhile, by this process or another.

        Args:
            current: gives the layers there are.
            guard: keeps other threads from them; held only at the beginning and the end.
        """
        with guard:
            layers = current()
            folding = _planned(layers, 0, None)
        if folding is None:
            return
        joined = folding.joined()
        with suppress(VaultBusy), guard, self._lock.held(wait_s=0):
            if current() is not layers:
                return
            self.follow(layers)
            if layers.layers[folding.start : folding.start + len(folding.run)] == folding.run:
                _replace(layers, folding, joined)
                self.publish(layers, most=0)

    def discard(self) -> None:
        """Forget every segment on disk.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: it can't be done.
        """
        with self._lock.held(), explained(self._folder):
            generation.write_current(self._folder, Generation(self._settings))
            generation.sweep(self._folder, ())
            self._stamp = generation.stamp(self._folder)

    def check(self) -> list[str]:
        """Read every segment whole; say what is damaged."""
        found = []
        for entry in self._entries():
            try:
                open_segment(self._folder / entry.name, verify=True)
            except ContainerDamaged as error:
                found.append(str(error))
        return found

    def _entries(self) -> tuple[Entry, ...]:
        current = generation.read_current(self._folder)
        return current.segments if current and current.settings == self._settings else ()

    def _align(self, layers: Layers, entries: tuple[Entry, ...]) -> None:
        """Have the layers begin with the segments of a generation; what was not published comes last, as before."""
        own, known = [], set(layers)
        while layers.layers and layers.layers[-1].entry is None:
            own.append(layers.pop())
        same = 0
        for layer, entry in zip(layers.layers, entries, strict=False):
            if layer.entry != entry:
                break
            same += 1
        while len(layers.layers) > same:
            layers.pop()
        try:
            for entry in entries[same:]:
                if (segment := self._open(entry)) is not None:
                    layers.push(Layer(segment, entry))
        finally:
            for layer in reversed(own):
                layers.push(layer)
            layers.lost |= known - layers.keys()

    def _open(self, entry: Entry) -> Segment | None:
        """Open a segment, read whole first if its file does not look as it did; None when it is damaged.

        Raises:
            FileNotFoundError: it is not there.
        """
        file = self._folder / entry.name
        try:
            return open_segment(file, verify=not generation.is_unchanged(self._folder, entry))
        except ContainerDamaged as error:
            if isinstance(error.__cause__, FileNotFoundError) and generation.stamp(self._folder) != self._stamp:
                raise error.__cause__ from None
            self.damaged.append(str(error))
            return None

    def _write(self, layers: Layers) -> None:
        written = False
        for layer in layers.layers:
            if layer.entry is None:
                file = generation.new_file(self._folder)
                layer.segment.write(file)
                layer.entry = generation.entry_of(file)
                written = True
        entries = tuple(layer.entry for layer in layers.layers if layer.entry)
        if not written and entries == self._entries():
            return
        fsync_folder(self._folder)
        generation.write_current(self._folder, Generation(self._settings, entries))
        generation.sweep(self._folder, entries)
        self._stamp = generation.stamp(self._folder)


def fold_own(layers: Layers, *, most: int) -> None:
    """Put segments together that only this process has, where that pays and no more than ``most`` notes are copied."""
    first = len(layers.layers)
    while first and layers.layers[first - 1].entry is None:
        first -= 1
    _fold(layers, first, most)


class Folding:
    """Segments that are being put together, by a thread that nobody waits for."""

    def __init__(self, layers: Layers, start: int) -> None:
        """Begin with the segments from ``start`` on, as they are now."""
        self.start = start
        self.run = layers.layers[start:]
        self._kept = [np.flatnonzero(layer.alive) for layer in self.run]
        self._gone = {path for layer in self.run for path in layer.segment.gone if path not in layers} if start else ()
        self._signatures = layers.signatures_of(self._paths())

    def joined(self) -> Segment:
        """Put them together. What happens to them meanwhile, later segments tell."""
        joined = join([layer.segment for layer in self.run], self._kept, gone=tuple(sorted(self._gone)))
        return with_signatures(joined, self._signatures)

    def _paths(self) -> Iterator[str]:
        for layer, numbers in zip(self.run, self._kept, strict=True):
            yield from layer.segment.catalogue.paths.take(numbers)


def _fold(layers: Layers, first: int, most: int | None) -> None:
    """Put segments together, of those from ``first`` on, where that pays."""
    if (folding := _planned(layers, first, most)) is not None:
        _replace(layers, folding, folding.joined())


def _planned(layers: Layers, first: int, most: int | None) -> Folding | None:
    """Say which segments from ``first`` on to put together, without copying more than ``most`` notes."""
    while first < len(layers.layers):
        run = layers.layers[first:]
        sizes = [len(layer.segment) for layer in run]
        start = plan_fold(sizes, [layer.dead for layer in run])
        if start is None:
            return None
        if most is None or sum(sizes[start:]) <= most:
            return Folding(layers, first + start)
        first += start + 1
    return None


def _replace(layers: Layers, folding: Folding, joined: Segment) -> None:
    """Lay a segment in the place of those it was made of."""
    later = [layers.pop() for _ in range(len(layers.layers) - folding.start)][::-1][len(folding.run) :]
    layers.push(Layer(joined))
    for layer in later:
        layers.push(layer)
