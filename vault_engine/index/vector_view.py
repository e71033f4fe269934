"""The vectors of one model as they are at one moment, searched by cosine.

Nothing moves under a reader, so he needs no lock. The rows are in memory maps that processes share; a row is compared
with its checksum when it is first used here.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.embedder import Vectors
from vault_engine.index.record import KEY_BYTES
from vault_engine.index.vector_log import Keys

Rows = NDArray[np.int64]
Codes = NDArray[np.int8]

_RERANKED = 4  # times as many as are asked for
_LEAST_RERANKED = 100
_GATHERED = 4  # a filter that lets less than one in so many rows pass is gathered; else scanning all is quicker
_HIGHEST_CODE = 127
_BLOCK = 4096  # rows whose codes are turned into floats at a time: in the processor's cache, and few calls


@dataclass(frozen=True, slots=True)
class KeyRows:
    """Finds the row of a key, for many keys at a time. Of equal keys the last row counts."""

    _high: NDArray[np.uint64]  # first halves, sorted
    _low: NDArray[np.uint64]
    rows: Rows

    @staticmethod
    def of(keys: Keys, rows: Rows) -> "KeyRows":
        """Sort the keys of rows."""
        high, low = _halves(keys)
        order = np.argsort(high, kind="stable")  # equal keys stay in the order of their rows
        if (high[order[1:]] == high[order[:-1]]).any():
            order = np.lexsort((low, high))
        high, low = high[order], low[order]
        is_last = np.ones(len(order), np.bool_)
        is_last[:-1] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        return KeyRows(high[is_last], low[is_last], rows[order[is_last]])

    def find(self, keys: Keys) -> Rows:
        """Give the row of each key, -1 where there is none."""
        found = np.full(len(keys), -1, np.int64)
        high, low = _halves(keys)
        at = np.searchsorted(self._high, high)
        asked = np.arange(len(keys))
        while True:  # once, but for keys that share their first halves
            asked = asked[at[asked] < len(self._high)]
            asked = asked[self._high[at[asked]] == high[asked]]
            if not len(asked):
                return found
            is_it = self._low[at[asked]] == low[asked]
            found[asked[is_it]] = self.rows[at[asked[is_it]]]
            asked = asked[~is_it]
            at[asked] += 1


@dataclass(frozen=True, slots=True)
class VectorView:
    """Rows of vectors. A row number stays what it is for as long as the generation is the same."""

    generation: int
    vectors: Vectors  # shape (n, dim), each of length 1
    codes: Codes  # the same in 8 bits, shape (n, dim); or (0, dim): there are none
    scales: Vectors  # shape (n,): what a row's codes are multiplied with
    sums: NDArray[np.uint32]  # shape (n,)
    keys: Keys
    alive: NDArray[np.bool_]  # shape (n,); a row that proves damaged is struck out here
    checked: NDArray[np.bool_]  # shape (n,): compared with its sum
    old: KeyRows  # of the first rows
    new: KeyRows  # of the others: few, sorted anew with every change

    @staticmethod
    def empty(dim: int = 0) -> "VectorView":
        """Give a view of nothing."""
        keys, none = np.empty((0, KEY_BYTES), np.uint8), np.empty(0, np.bool_)
        floats, index = np.empty((0, dim), np.float32), KeyRows.of(keys, np.empty(0, np.int64))
        sums = np.empty(0, np.uint32)
        return VectorView(
            0, floats, floats.astype(np.int8), floats[:, 0] if dim else np.empty(0, np.float32), sums, keys, none,
            none.copy(), index, index,
        )  # fmt: skip

    def __len__(self) -> int:
        return int(np.count_nonzero(self.alive))

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 before the first one."""
        return int(self.vectors.shape[1])

    def rows(self, keys: Keys) -> Rows:
        """Give the row of each key, shape ``(len(keys),)``; -1 where there is no vector."""
        found = self.old.find(keys)
        found[~self._is_alive(found)] = -1
        if len(self.new.rows):
            missing = np.flatnonzero(found < 0)
            newer = self.new.find(keys[missing])
            newer[~self._is_alive(newer)] = -1
            found[missing] = newer
        return found

    def cosines(self, question: Vectors, rows: Rows) -> Vectors:
        """Give the cosine of a question and each row, shape ``(len(rows),)``, exact; NaN for -1 and a damaged row."""
        cosines = np.full(len(rows), np.nan, np.float32)
        known = self._is_alive(rows)
        known[known] = self.check(rows[known])
        if not known.any():
            return cosines
        if np.count_nonzero(known) * _GATHERED < len(self.vectors):
            cosines[known] = self.vectors[rows[known]] @ question
        else:
            cosines[known] = (self.vectors @ question)[rows[known]]
        return cosines

    def nearest(self, question: Vectors, rows: Rows | None, count: int) -> tuple[Rows, Vectors]:
        """Give the rows most like a question, best first, and their cosines; both shape ``(at most count,)``.

        Args:
            question: of length 1, shape ``(dim,)``.
            rows: those that may answer, distinct, -1 allowed; None: all.
            count: how many are wanted.
        """
        while True:
            allowed = self._allowed(rows)
            best = self._candidates(question, allowed, max(_RERANKED * count, _LEAST_RERANKED))
            if self.check(best).all():  # else without the damaged ones
                break
        if not len(best):
            return best, np.empty(0, np.float32)
        cosines = self.vectors[best] @ question
        order = np.lexsort((best, -cosines))[:count]
        return best[order], cosines[order]

    def check(self, rows: Rows) -> NDArray[np.bool_]:
        """Say which rows are as they were written, shape ``(len(rows),)``, and strike out the others."""
        for row in rows[~self.checked[rows]].tolist():
            if zlib.crc32(self.vectors[row]) == self.sums[row]:
                self.checked[row] = True
            else:
                self.alive[row] = False
        return np.asarray(self.checked[rows] & self.alive[rows])

    def _is_alive(self, rows: Rows) -> NDArray[np.bool_]:
        if not len(self.alive):
            return np.zeros(len(rows), np.bool_)
        return (rows >= 0) & self.alive[rows]

    def _allowed(self, rows: Rows | None) -> Rows:
        return np.flatnonzero(self.alive) if rows is None else rows[self._is_alive(rows)]

    def _candidates(self, question: Vectors, rows: Rows, wanted: int) -> Rows:
        """Give rows among which the nearest are: ``wanted`` of them, or all."""
        if len(rows) <= wanted:
            return rows
        if len(rows) * _GATHERED < len(self.vectors):
            products = self._products(question, rows)
        else:
            products = self._products(question, None)[rows]
        # A damaged row may give no number at all, which sorts among the best, and is found out there.
        return rows[np.argpartition(products, len(rows) - wanted)[-wanted:]]

    def _products(self, question: Vectors, rows: Rows | None) -> Vectors:
        """Compare a question with rows, or with all, about: by the 8-bit numbers, where there are any."""
        if not len(self.codes):
            return np.asarray((self.vectors if rows is None else self.vectors[rows]) @ question)
        if rows is None:
            return np.asarray(_dots(question, self.codes) * self.scales)
        return np.asarray(_dots(question, self.codes[rows]) * self.scales[rows])


def quantised(vectors: Vectors) -> tuple[Codes, Vectors]:
    """Give vectors in 8 bits, shape ``(n, dim)``, and what each is to be multiplied with, shape ``(n,)``."""
    scales = np.abs(vectors).max(axis=1, initial=0) / _HIGHEST_CODE
    scales[scales == 0] = 1
    return np.rint(vectors / scales[:, np.newaxis]).astype(np.int8), scales.astype(np.float32)


def checksums(vectors: Vectors) -> NDArray[np.uint32]:
    """Give the CRC-32 of each row, shape ``(n,)``."""
    return np.fromiter((zlib.crc32(row) for row in np.ascontiguousarray(vectors)), np.uint32, len(vectors))


def _dots(question: Vectors, codes: Codes) -> NDArray[Any]:
    """Multiply a question with rows of codes, shape ``(len(codes),)``; the scale is the same for all."""
    if dots_of_codes := _numkong():
        return np.asarray(dots_of_codes(quantised(question[np.newaxis])[0], codes, "dot")).reshape(-1)
    dots, floats = np.empty(len(codes), np.float32), np.empty((min(_BLOCK, len(codes)), len(question)), np.float32)
    for start in range(0, len(codes), _BLOCK):
        block = codes[start : start + _BLOCK]
        floats[: len(block)] = block
        np.dot(floats[: len(block)], question, out=dots[start : start + len(block)])
    return dots


@cache
def _numkong() -> Callable[[Codes, Codes, str], Any] | None:
    """Give what multiplies codes without turning them into floats, where the extra ``fast`` is installed."""
    try:
        from numkong import cdist
    except ImportError:
        return None
    return cast("Callable[[Codes, Codes, str], Any]", cdist)


def _halves(keys: Keys) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    halves = np.ascontiguousarray(keys).view("<u8")
    return halves[:, 0], halves[:, 1]
