"""Embeddings by content: one append-only file a model, so that nothing is ever embedded twice.

The file is a 16-byte head (magic, dimension) and records of a chunk's key and its vector. A record that a crash cut
short is dropped and written again; a vector that is not of length 1 was damaged and is dropped too.
"""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.embedder import Vectors
from vault_engine.index.record import KEY_BYTES

_HEAD = struct.Struct("<8sI4x")
_MAGIC = b"memwellV"
_UNIT_TOLERANCE = 1e-2
_MAX_DIM = 8192


class VectorStore:
    """The embeddings of one model, in memory and in their file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._dim = 0
        self._row_of: dict[bytes, int] = {}
        self._blocks: list[Vectors] = []
        self._read_to = 0  # bytes of the file that are in memory

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def matrix(self) -> Vectors:
        """All vectors, shape ``(n, dim)``, each of length 1."""
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0] if self._blocks else np.empty((0, self._dim), np.float32)

    def load_new(self) -> None:
        """Take in what was appended to the file since, by this process or another."""
        try:
            with self._file.open("rb") as handle:
                if not self._read_to:
                    self._dim = _read_head(handle.read(_HEAD.size))
                    self._read_to = _HEAD.size
                handle.seek(self._read_to)
                data = handle.read()
        except (OSError, ValueError):  # absent, or not one of ours: it is written anew
            return
        kind = _record(self._dim)
        records = np.frombuffer(data, kind, count=len(data) // kind.itemsize)
        self._read_to += records.nbytes
        self._take(records["key"], records["vector"])

    def rows(self, keys: Iterable[str]) -> NDArray[np.int64]:
        """Give the row of each key in `matrix`, -1 where there is no vector yet."""
        return np.fromiter((self._row_of.get(bytes.fromhex(key), -1) for key in keys), np.int64)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._row_of

    def append(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep new vectors. The caller holds the index's lock.

        Raises:
            ValueError: they are of another dimension than those kept: the model is not the one of that name.
            OSError: the file can't be written; the vectors are in memory all the same.
        """
        self._dim = self._dim or vectors.shape[1]
        records = np.zeros(len(keys), _record(self._dim))
        records["key"] = np.array([bytes.fromhex(key) for key in keys], f"V{KEY_BYTES}")
        records["vector"] = vectors
        self._take(records["key"], records["vector"])
        self._write(records.tobytes())

    def _take(self, keys: NDArray[np.void], vectors: Vectors) -> None:
        whole = np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT_TOLERANCE
        fresh = []
        for position in np.flatnonzero(whole):
            key = keys[position].tobytes()
            if key not in self._row_of:
                self._row_of[key] = len(self._row_of)
                fresh.append(position)
        if fresh:
            self._blocks.append(np.array(vectors[fresh], np.float32))

    def _write(self, data: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        itemsize = _record(self._dim).itemsize
        with self._file.open("ab") as handle:
            size = handle.tell()
            if size < _HEAD.size or not self._read_to:
                handle.truncate(0)
                handle.write(_HEAD.pack(_MAGIC, self._dim))
                self._read_to = _HEAD.size
            elif torn := (size - _HEAD.size) % itemsize:
                handle.truncate(size - torn)
            handle.write(data)
            handle.flush()
            self._read_to = handle.tell()


def _record(dim: int) -> np.dtype[np.void]:
    return np.dtype([("key", f"V{KEY_BYTES}"), ("vector", "<f4", (dim,))])


def _read_head(head: bytes) -> int:
    """Give the dimension a file's head states.

    Raises:
        ValueError: it is not the head of such a file.
    """
    if len(head) < _HEAD.size:
        raise ValueError("too short")
    magic, dim = _HEAD.unpack(head)
    if magic != _MAGIC or not 0 < dim <= _MAX_DIM:
        raise ValueError("not an embeddings file")
    return int(dim)
