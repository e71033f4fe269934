"""Embeddings by content: one append-only file a model, so that nothing is ever embedded twice.

The file is a 16-byte head (magic, dimension) and records of a chunk's key and its vector. A record that a crash cut
short is dropped and written again; a vector that is not of length 1 was damaged and is dropped too.
"""

import os
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.embedder import Vectors
from vault_engine.index.record import KEY_BYTES

_HEAD = struct.Struct("<8sI4x")
_MAGIC = b"memwellV"
_UNIT_TOLERANCE = 1e-3
_MAX_DIM = 8192


class VectorStore:
    """The embeddings of one model, in memory and in their file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.dim = 0
        self._row_of: dict[bytes, int] = {}
        self._blocks: list[Vectors] = []
        self._read_to = 0  # bytes of the file that are in memory; 0: it is not one to go on with

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._row_of

    @property
    def matrix(self) -> Vectors:
        """All vectors, shape ``(n, dim)``, each of length 1."""
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0] if self._blocks else np.empty((0, self.dim), np.float32)

    def rows(self, keys: Iterable[str]) -> NDArray[np.int64]:
        """Give the row of each key in `matrix`, -1 where there is no vector yet."""
        return np.fromiter((self._row_of.get(bytes.fromhex(key), -1) for key in keys), np.int64)

    def clear(self) -> None:
        """Forget everything in memory; the file is written anew by the next `append`."""
        self.dim = self._read_to = 0
        self._row_of, self._blocks = {}, []

    def load_new(self) -> None:
        """Take in what was appended to the file since, by this process or another."""
        try:
            with self.file.open("rb") as handle:
                dim = _read_head(handle.read(_HEAD.size))
                size = handle.seek(0, os.SEEK_END)
                if self._read_to and (dim != self.dim or size < self._read_to):
                    self.clear()  # another process has begun it anew
                self.dim = self.dim or dim
                if dim != self.dim:
                    return
                handle.seek(self._read_to or _HEAD.size)
                data = handle.read()
        except (OSError, ValueError):
            self._read_to = 0
            return
        kind = _record(dim)
        records = np.frombuffer(data, kind, count=len(data) // kind.itemsize)
        self._read_to = (self._read_to or _HEAD.size) + records.nbytes
        whole = _is_whole(records["vector"])
        if len(records) and not whole.any():  # the head is damaged: nothing in the file is what it seems
            self.clear()
        self._take(records["key"][whole], records["vector"][whole])

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep new vectors in memory only. Vectors of another dimension replace those of the model before."""
        if self.dim != vectors.shape[1]:
            self.clear()
        self.dim = vectors.shape[1]
        self._take(_as_keys(keys), vectors)

    def append(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep new vectors, in the file too. The caller holds the index's lock.

        Raises:
            OSError: the file can't be written; the vectors are in memory all the same.
        """
        self.add(keys, vectors)
        records = np.zeros(len(keys), _record(self.dim))
        records["key"], records["vector"] = _as_keys(keys), vectors
        self._write(records.tobytes())

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget all other vectors, in the file too. The caller holds the index's lock.

        Raises:
            OSError: the file can't be written anew; what is lost is embedded again.
        """
        self.load_new()
        kept = [key for key in keys if key in self]
        vectors = self.matrix[self.rows(kept)]
        self.clear()
        self.file.unlink(missing_ok=True)
        if kept:
            self.append(kept, vectors)

    def _take(self, keys: NDArray[np.void], vectors: Vectors) -> None:
        fresh = []
        for position, key in enumerate(keys):
            if key.tobytes() not in self._row_of:
                self._row_of[key.tobytes()] = len(self._row_of)
                fresh.append(position)
        if fresh:
            self._blocks.append(np.array(vectors[fresh], np.float32))

    def _write(self, data: bytes) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab") as handle:
            if not self._read_to:
                handle.truncate(0)
                handle.write(_HEAD.pack(_MAGIC, self.dim))
            elif torn := (handle.tell() - _HEAD.size) % _record(self.dim).itemsize:
                handle.truncate(handle.tell() - torn)
            handle.write(data)
            handle.flush()
            self._read_to = handle.tell()


def _as_keys(keys: Sequence[str]) -> NDArray[np.void]:
    return np.array([bytes.fromhex(key) for key in keys], f"V{KEY_BYTES}")


def _is_whole(vectors: Vectors) -> NDArray[np.bool_]:
    """Say which vectors are as they were written, shape ``(n,)``: of length 1, or 0 for a text without any meaning."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return np.asarray((np.abs(squares - 1) < _UNIT_TOLERANCE) | (squares == 0))


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
