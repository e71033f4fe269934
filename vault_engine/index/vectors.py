"""The vectors of one model on disk, by the content they were made of, so that nothing is ever embedded twice.

Three files: a log that says which rows there are (`vector_log`), the rows as 32-bit floats, and the same in 8 bits, for
scanning. All are only appended to, rows first, and mapped into memory by every process. Compaction writes new files of
rows under another generation, then puts a new log in the place of the old one. None of it is synced or trusted: what a
crash cut short or damaged fails its checksum and is embedded again.
"""

import mmap
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.embedder import Vectors
from vault_engine.index.record import KEY_BYTES
from vault_engine.index.vector_log import Added, Keys, Place, Read, pack, unpack
from vault_engine.index.vector_view import KeyRows, Rows, VectorView, checksums, quantised

_NEW_ROWS = 4096  # found by sorting them anew with every change; beyond, they are old
_ROWS_A_RECORD = 1024  # of a log that was written anew
_RECORDS_WORTH_A_NEW_LOG = 256
_FRESH_ROWS = 2048  # a power failure may have lost what was written last
_TOLD_BY = 256  # bytes: some records' sums are among them
_LOOKED_AT = 2048  # rows compared with their checksums at a time


class _State(NamedTuple):
    """What tells one state of a log from another."""

    inode: int
    size: int
    mtime_ns: int


class VectorStore:
    """The vectors of one model. Threads may read `view` and call any method; writers hold the index's lock besides."""

    def __init__(self, log: Path) -> None:
        """Name the store; `load_new` reads it.

        Args:
            log: the file that says which rows there are; the files of rows lie beside it.
        """
        self.log = log
        self.view = VectorView.empty()
        self._mutex = threading.RLock()
        self._maps: tuple[mmap.mmap | None, ...] = ()
        self._seen: _State | None = None  # the log as of the last look
        self._read_to = 0  # bytes of the log that are in the view
        self._last_bytes = b""  # of those: they tell that it is still the same log
        self._records = 0  # how many of its records were read
        self._in_memory = False  # rows are kept that could not be written: from then on the file is let alone

    def __len__(self) -> int:
        return len(self.view)

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 before the first one."""
        return self.view.dim

    # ---- following the file

    def load_new(self) -> None:
        """Take in what this process or another appended to the files since. Costs a look when that is nothing."""
        with self._mutex:
            if self._in_memory:
                return
            try:
                if _state(self.log.stat()) != self._seen or self._is_cut_off():
                    self._load()
            except FileNotFoundError:
                self.view, self._maps, self._seen = VectorView.empty(), (), None
                self._read_to, self._last_bytes, self._records = 0, b"", 0
            except OSError:  # it may not be read: what is known stays
                self._seen = None

    def _load(self) -> None:
        """Read what is new of the log, or all of it where it is not the one that was read before."""
        with self.log.open("rb") as handle:
            state = _state(os.fstat(handle.fileno()))
            handle.seek(self._read_to - len(self._last_bytes))
            goes_on = handle.read(len(self._last_bytes)) == self._last_bytes  # a new log may have the old one's inode
            start = self._read_to if goes_on and not self._is_cut_off() else 0
            handle.seek(start)
            data = handle.read()
            read = unpack(data)
        before = self.view if start else VectorView.empty()
        if read.place:
            self._take(before, read.place, read)
        elif not start:
            self.view, self._maps = before, ()
        self._seen = state
        self._read_to = start + read.end
        self._last_bytes = ((self._last_bytes if start else b"") + data[: read.end])[-_TOLD_BY:]
        self._records = (self._records if start else 0) + len(read.records)

    def _take(self, before: VectorView, place: Place, read: Read) -> None:
        """Make a view of the rows so far and those that records tell of."""
        if not before.dim:
            before = replace(VectorView.empty(place.dim), generation=place.generation)
        known = max([len(before.alive), *(added.first + len(added.keys) for added in read.records)])
        vectors, rows_map = _mapped(self._rows_file(place), known, place.dim, np.dtype("<f4"))
        codes, codes_map = _mapped(self._codes_file(place), len(vectors), place.dim, np.dtype(np.int8))
        view = _extended(before, read.records, vectors, codes if len(codes) == len(vectors) else codes[:0])
        if not len(before.alive):
            _strike_out_damaged(view, max(known - _FRESH_ROWS, 0))
        self.view, self._maps = _findable(view), (rows_map, codes_map)

    def _is_cut_off(self) -> bool:
        """Say whether a mapped file has become shorter: reading what is gone would end the process."""
        return any(mapped is not None and mapped.size() < len(mapped) for mapped in self._maps)

    def check(self) -> int:
        """Compare every row with its checksum, let go of those that are damaged and return how many."""
        view = self.view
        before = len(view)
        _strike_out_damaged(view, 0)
        return before - len(view)

    # ---- changing it: the caller holds the index's lock

    def append(self, keys: Keys, vectors: Vectors) -> None:
        """Keep new vectors, those of keys that have none. Vectors of another dimension replace all there are.

        Args:
            keys: distinct, shape ``(n, 16)``.
            vectors: of length 1 or 0, shape ``(n, dim)``.

        Raises:
            OSError: they can't be written.
        """
        with self._mutex:
            self.load_new()
            if self._in_memory:
                self.keep_in_memory(keys, vectors)
                return
            if self.dim not in (0, vectors.shape[1]):
                self.clear()
            is_new = self.view.rows(keys) < 0
            if is_new.any():
                self._write(keys[is_new], _as_numbers(vectors[is_new]))
                self.load_new()

    def keep_in_memory(self, keys: Keys, vectors: Vectors) -> None:
        """Keep new vectors that can't be written, and let the files alone from now on."""
        with self._mutex:
            vectors = _as_numbers(vectors)
            view = self.view if self.dim == vectors.shape[1] else VectorView.empty(vectors.shape[1])
            codes, scales = quantised(vectors)
            added = Added(len(view.alive), keys, scales, checksums(vectors))
            codes = np.concatenate([view.codes, codes]) if len(view.codes) == len(view.alive) else view.codes
            self.view = _findable(_extended(view, [added], np.concatenate([view.vectors, vectors]), codes))
            self._in_memory = True

    def keep_only(self, keys: Keys) -> None:
        """Forget all other vectors, on disk too.

        Raises:
            OSError: the files can't be written anew, or the old ones not removed.
        """
        with self._mutex:
            self.load_new()
            kept = np.unique(self.view.rows(keys))
            kept = kept[kept >= 0]
            kept = kept[self.view.check(kept)]
            place = self._new_place(self.dim)
            if len(kept):
                self._write_rows(place, kept)
                self._put_log(place, _records_of(self.view, kept, np.arange(len(kept))))
            else:
                self.log.unlink(missing_ok=True)
            self._in_memory, self._seen = False, None
            self.load_new()
            self._remove_files(but=place)

    def tidy(self) -> None:
        """Write the log anew where many small appends have made it slow to read, and remove what a crash left.

        The rows stay where they are.

        Raises:
            OSError: it can't be written, or a file not removed.
        """
        with self._mutex:
            self.load_new()
            if self._records > _RECORDS_WORTH_A_NEW_LOG + 2 * len(self) // _ROWS_A_RECORD and not self._in_memory:
                rows = np.flatnonzero(self.view.alive)
                self._put_log(self._place(), _records_of(self.view, rows, rows))
                self._seen = None
                self.load_new()
            if self.dim and not self._in_memory:
                self._remove_files(but=self._place())

    def clear(self) -> None:
        """Forget every vector, on disk too.

        Raises:
            OSError: the files can't be removed.
        """
        self.keep_only(np.empty((0, KEY_BYTES), np.uint8))

    # ---- the parts

    def _write(self, keys: Keys, vectors: Vectors) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        place = self._place() if self.dim else self._new_place(vectors.shape[1])
        codes, scales = quantised(vectors)
        with self._rows_file(place).open("ab") as floats, self._codes_file(place).open("ab") as small:
            first = max(len(self.view.alive), -(-floats.tell() // (4 * place.dim)))  # no row is written twice
            _write_at(floats, first * 4 * place.dim, vectors)
            self._complete_codes(small, place.dim)
            _write_at(small, first * place.dim, codes)
        self._append_record(pack(place, Added(first, keys, scales, checksums(vectors))))

    def _complete_codes(self, small: BinaryIO, dim: int) -> None:
        """Write the 8-bit numbers of rows again that their file lacks."""
        have = small.tell() // dim
        if have < len(self.view.vectors):
            lacking = self.view.vectors[have:]
            small.truncate(have * dim)
            small.write(quantised(lacking)[0].tobytes())

    def _append_record(self, record: bytes) -> None:
        """Append to the log, in place of what a crash cut short."""
        with self.log.open("ab") as handle:
            if handle.tell() != self._read_to:
                handle.truncate(self._read_to)
            handle.write(record)

    def _write_rows(self, place: Place, rows: Rows) -> None:
        """Write some rows of the view to files of their own."""
        with self._rows_file(place).open("wb") as floats, self._codes_file(place).open("wb") as small:
            for part in np.split(rows, range(_ROWS_A_RECORD, len(rows), _ROWS_A_RECORD)):
                floats.write(self.view.vectors[part].tobytes())
                small.write(quantised(self.view.vectors[part])[0].tobytes())

    def _put_log(self, place: Place, records: Iterable[Added]) -> None:
        """Put a new log in the place of the old one, whole or not at all."""
        temporary = self.log.with_suffix(".new")
        temporary.write_bytes(b"".join(pack(place, record) for record in records))
        temporary.replace(self.log)

    def _remove_files(self, *, but: Place) -> None:
        kept = (self._rows_file(but), self._codes_file(but))
        for file in self.log.parent.glob(f"{self.log.stem}-*"):
            if file not in kept or not self.dim:
                file.unlink(missing_ok=True)

    def _place(self) -> Place:
        return Place(self.view.generation, self.dim)

    def _new_place(self, dim: int) -> Place:
        return Place(int.from_bytes(os.urandom(8), "little"), dim)

    def _rows_file(self, place: Place) -> Path:
        return self.log.with_name(f"{self.log.stem}-{place.generation:016x}.f32")

    def _codes_file(self, place: Place) -> Path:
        return self.log.with_name(f"{self.log.stem}-{place.generation:016x}.i8")


def _state(found: os.stat_result) -> _State:
    return _State(found.st_ino, found.st_size, found.st_mtime_ns)


def _extended(view: VectorView, added: Sequence[Added], vectors: Vectors, codes: NDArray[np.int8]) -> VectorView:
    """Give a view of more rows; those that no record tells of, or that the files lack, are not alive."""
    count, before = len(vectors), min(len(view.alive), len(vectors))
    grown = replace(
        view,
        vectors=vectors,
        codes=codes,
        scales=_grown(view.scales, count),
        sums=_grown(view.sums, count),
        keys=_grown(view.keys, count),
        alive=_grown(view.alive, count),
        checked=_grown(view.checked, count),
    )
    if before < len(view.alive):  # the files have become shorter
        grown = replace(grown, old=_none_found(), new=_none_found())
    for record in added:
        rows = slice(record.first, min(record.first + len(record.keys), count))
        length = max(rows.stop - rows.start, 0)
        grown.keys[rows], grown.scales[rows] = record.keys[:length], record.scales[:length]
        grown.sums[rows], grown.alive[rows] = record.sums[:length], True
    return grown


def _findable(view: VectorView) -> VectorView:
    """Sort the keys of new rows, of all rows where the new ones are many; only the last row of a key stays alive."""
    first = int(view.old.rows.max(initial=-1)) + 1
    if first == 0 or len(view.alive) - first > _NEW_ROWS:
        return replace(view, old=_sorted(view, 0), new=_none_found())
    new = _sorted(view, first)
    replaced = view.old.find(view.keys[new.rows])
    view.alive[replaced[replaced >= 0]] = False
    return replace(view, new=new)


def _sorted(view: VectorView, first: int) -> KeyRows:
    rows = first + np.flatnonzero(view.alive[first:])
    found = KeyRows.of(view.keys[rows], rows)
    view.alive[first:] = False
    view.alive[found.rows] = True
    return found


def _as_numbers(vectors: Vectors) -> Vectors:
    return np.nan_to_num(np.asarray(vectors, np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _strike_out_damaged(view: VectorView, first: int) -> None:
    """Compare the rows from ``first`` on with their checksums, and their 8-bit numbers with them."""
    rows = first + np.flatnonzero(view.alive[first:])
    for part in np.split(rows, range(_LOOKED_AT, len(rows), _LOOKED_AT)):
        view.alive[part[~_are_whole(view, part)]] = False


def _are_whole(view: VectorView, rows: Rows) -> NDArray[np.bool_]:
    """Say which rows are as they were written, in 8 bits too, shape ``(len(rows),)``."""
    whole = view.check(rows)
    if len(view.codes):
        whole[whole] = (quantised(view.vectors[rows[whole]])[0] == view.codes[rows[whole]]).all(axis=1)
    return whole


def _mapped(file: Path, count: int, dim: int, kind: np.dtype[Any]) -> tuple[NDArray[Any], mmap.mmap | None]:
    """Map the first ``count`` rows of a file, or as many as there are."""
    row_bytes = dim * kind.itemsize
    with suppress(OSError, ValueError), file.open("rb") as handle:
        count = min(count, os.fstat(handle.fileno()).st_size // row_bytes)
        if count:
            mapped = mmap.mmap(handle.fileno(), count * row_bytes, access=mmap.ACCESS_READ)
            return np.frombuffer(mapped, kind).reshape(count, dim), mapped
    return np.empty((0, dim), kind), None


def _none_found() -> KeyRows:
    return VectorView.empty().old


def _grown(values: NDArray[Any], count: int) -> NDArray[Any]:
    grown = np.zeros((count, *values.shape[1:]), values.dtype)
    grown[: len(values)] = values[:count]
    return grown


def _records_of(view: VectorView, rows: Rows, numbers: Rows) -> Iterable[Added]:
    """Tell of rows under other numbers, of neighbours together."""
    ends = np.flatnonzero(np.diff(numbers) != 1) + 1
    for run in np.split(np.arange(len(rows)), ends):
        for part in np.split(run, range(_ROWS_A_RECORD, len(run), _ROWS_A_RECORD)):
            own = rows[part]
            if len(own):
                yield Added(int(numbers[part[0]]), view.keys[own], view.scales[own], view.sums[own])


def _write_at(file: BinaryIO, at: int, values: NDArray[Any]) -> None:
    """Write at a place beyond the end of what was written before."""
    if file.tell() != at:
        file.truncate(at)
        file.seek(at)
    file.write(np.ascontiguousarray(values).tobytes())
