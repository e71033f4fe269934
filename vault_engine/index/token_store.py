"""The vectors of the tokens of chunks on disk, in 8 bits, by the key of the chunk.

Two files: a log with an entry of 32 bytes a chunk, and what the entries tell of. Both are only appended to, the log
last; dropping chunks writes new files and puts the new log in the place of the old one. Nothing of it is trusted: what
a crash cut short or damaged fails the sum in its entry and counts as not there.
"""

import os
import struct
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.record import KEY_BYTES
from vault_engine.index.vector_log import MAX_DIM, Keys
from vault_engine.index.vector_view import KeyRows

_MAGIC = b"mwTok\x01\x00\x00"  # another number when anything is kept otherwise
_HEAD = struct.Struct("<8sQI12x")  # magic, generation, dimension; as long as an entry
_ENTRY = np.dtype([("key", "u1", (KEY_BYTES,)), ("at", "<u8"), ("count", "<u4"), ("sum", "<u4")])
_SCALE_BYTES = 4
_AT_ONCE = 256  # chunks held in memory while files are written anew


class Tokens(NamedTuple):
    """The vectors of a text's tokens in 8 bits, each of length 1 before."""

    codes: NDArray[np.int8]  # shape (tokens, dim)
    scales: NDArray[np.float32]  # shape (tokens,): what a token's codes are multiplied with


class _Log(NamedTuple):
    """What the log said when it was read."""

    generation: int
    dim: int  # 0: there is none
    entries: NDArray[np.void]  # of `_ENTRY`, shape (n,)
    rows: KeyRows


_NONE = _Log(0, 0, np.empty(0, _ENTRY), KeyRows.of(np.empty((0, KEY_BYTES), np.uint8), np.empty(0, np.int64)))


class TokenStore:
    """Token vectors by chunk. Any thread may read; who changes it holds its lock."""

    def __init__(self, log: Path, most_bytes: int) -> None:
        """Name the store; `load_new` reads it.

        Args:
            log: the file that says what there is; the vectors lie beside it.
            most_bytes: how large the vectors may become on disk.
        """
        self._file, self._most_bytes = log, most_bytes
        self._mutex = threading.RLock()
        self._log = _NONE
        self._seen: tuple[int, ...] = ()  # of the log, as of the last look

    def load_new(self) -> None:
        """Take in what this process or another changed since. Costs a look when that is nothing."""
        with self._mutex:
            try:
                found = self._file.stat()
                seen = (found.st_ino, found.st_size, found.st_mtime_ns)
                if seen != self._seen:
                    self._log, self._seen = _read_log(self._file.read_bytes()), seen
            except FileNotFoundError:
                self._log, self._seen = _NONE, ()
            except OSError:  # it may not be read: what is known stays
                pass

    def has(self, keys: Keys) -> NDArray[np.bool_]:
        """Say which chunks there are, shape ``(len(keys),)``; whether they are whole is seen when they are read."""
        return np.asarray(self._log.rows.find(keys) >= 0)

    def read(self, keys: Keys) -> list[Tokens | None]:
        """Give the tokens of each chunk; None where there are none, or none that are as they were written."""
        with self._mutex:
            log, rows = self._log, self._log.rows.find(keys)
            try:
                with self._data_file(log.generation).open("rb") as data:
                    size = os.fstat(data.fileno()).st_size
                    return [_tokens(data, size, log, row) if row >= 0 else None for row in rows.tolist()]
            except OSError:
                return [None] * len(keys)

    @property
    def generation(self) -> int:
        """Another one whenever chunks are dropped; 0: there is nothing."""
        return self._log.generation

    @property
    def byte_count(self) -> int:
        """How many bytes the vectors take on disk."""
        with suppress(OSError):
            return self._data_file(self._log.generation).stat().st_size
        return 0

    def unneeded_bytes(self, keys: Keys) -> int:
        """Say how many bytes are of other chunks, or were written twice."""
        log = self._log
        needed = np.unique(log.rows.find(keys))
        needed = needed[needed >= 0]
        return self.byte_count - int(log.entries["count"][needed].sum()) * (log.dim + _SCALE_BYTES)

    # ---- changing it

    def append(self, keys: Keys, tokens: Sequence[Tokens], generation: int) -> bool:
        """Keep the tokens of some chunks; say False where nothing is kept: for want of room, or as chunks were dropped.

        Args:
            keys: distinct, shape ``(n, 16)``; a chunk that is there already is written anew.
            tokens: of each, all of one dimension.
            generation: the `generation` before their texts were read.

        Raises:
            OSError: they can't be written.
        """
        with self._mutex:
            self.load_new()
            dim = tokens[0].codes.shape[1]
            if generation not in (0, self._log.generation):
                return False
            if self.byte_count + sum(one.codes.nbytes + one.scales.nbytes for one in tokens) > self._most_bytes:
                return False
            if self._log.dim != dim:
                self._put_log(_new_generation(), dim, b"")
            with self._data_file(self._log.generation).open("ab") as data:
                entries = _write(data, keys, tokens)
            with self._file.open("ab") as handle:
                handle.truncate(handle.tell() // _ENTRY.itemsize * _ENTRY.itemsize)  # less what a crash cut short
                handle.write(entries.tobytes())
            self.load_new()
            return True

    def keep_only(self, keys: Keys) -> None:
        """Forget all other chunks, on disk too.

        Raises:
            OSError: the files can't be written anew, or the old ones not removed.
        """
        with self._mutex:
            self.load_new()
            kept = np.unique(keys[self.has(keys)], axis=0)
            if len(kept):
                generation = _new_generation()
                with self._data_file(generation).open("wb") as data:
                    entries = [
                        _write(data, part, self.read(part))
                        for part in np.split(kept, range(_AT_ONCE, len(kept), _AT_ONCE))
                    ]
                self._put_log(generation, self._log.dim, np.concatenate(entries).tobytes())
            else:
                self._file.unlink(missing_ok=True)
                self.load_new()
            for file in self._file.parent.glob(f"{self._file.stem}-*.i8"):
                if not len(kept) or file != self._data_file(self._log.generation):
                    file.unlink(missing_ok=True)

    def _put_log(self, generation: int, dim: int, entries: bytes) -> None:
        """Put a new log in the place of the old one, whole or not at all."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(".new")
        temporary.write_bytes(_HEAD.pack(_MAGIC, generation, dim) + entries)
        temporary.replace(self._file)
        self._seen = ()
        self.load_new()

    def _data_file(self, generation: int) -> Path:
        return self._file.with_name(f"{self._file.stem}-{generation:016x}.i8")


def _read_log(data: bytes) -> _Log:
    if len(data) < _HEAD.size:
        return _NONE
    magic, generation, dim = _HEAD.unpack_from(data)
    if magic != _MAGIC or not 0 < dim <= MAX_DIM:
        return _NONE
    count = (len(data) - _HEAD.size) // _ENTRY.itemsize
    entries = np.frombuffer(data, _ENTRY, count, _HEAD.size)
    keys = np.ascontiguousarray(entries["key"])
    return _Log(generation, dim, entries, KeyRows.of(keys, np.arange(count)))


def _new_generation() -> int:
    return int.from_bytes(os.urandom(8), "little")


def _write(data: BinaryIO, keys: Keys, tokens: Sequence[Tokens | None]) -> NDArray[np.void]:
    """Write the tokens of some chunks, those that there are, and give their entries."""
    entries = []
    for key, one in zip(keys, tokens, strict=True):
        if one is not None:
            packed = one.scales.astype("<f4").tobytes() + one.codes.tobytes()
            entries.append((key, data.tell(), len(one.codes), _sum(key.tobytes(), packed)))
            data.write(packed)
    return np.array(entries, _ENTRY)


def _tokens(data: BinaryIO, size: int, log: _Log, row: int) -> Tokens | None:
    """Read what an entry tells of; None where that is not as it was written."""
    entry = log.entries[row]
    at, count = int(entry["at"]), int(entry["count"])
    length = count * (log.dim + _SCALE_BYTES)
    if at + length > size:
        return None
    data.seek(at)
    packed = data.read(length)
    if _sum(entry["key"].tobytes(), packed) != int(entry["sum"]):
        return None
    scales = np.frombuffer(packed, "<f4", count)
    return Tokens(np.frombuffer(packed, np.int8, offset=count * _SCALE_BYTES).reshape(count, log.dim), scales)


def _sum(key: bytes, packed: bytes) -> int:
    return zlib.crc32(packed, zlib.crc32(key))
