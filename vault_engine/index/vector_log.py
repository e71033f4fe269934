"""What a store of vectors says of its rows, as a sequence of records in an append-only file. Pure: bytes to values.

A record is a head and a payload, each with a sum of its own, so that damage costs one record: a damaged payload is
skipped, after a damaged head the next whole one is looked for. Every head tells dimension and generation, so no record
is special. What follows the last whole record was cut short by a crash.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.record import KEY_BYTES

Keys = NDArray[np.uint8]
"""Keys of chunks, shape ``(n, 16)``."""

MAX_DIM = 8192
_MAGIC = b"mwV\x02"  # another number when anything below, or in the files of rows, is kept otherwise
_HEAD = struct.Struct("<4sHIQQII")  # magic, dimension, count, generation, first row, sum of payload, sum of head
_SUM = struct.Struct("<I")
_ROW = np.dtype([("key", "u1", (KEY_BYTES,)), ("scale", "<f4"), ("sum", "<u4")])


class Place(NamedTuple):
    """Which files of rows a record is about."""

    generation: int
    dim: int


class Added(NamedTuple):
    """Rows that were written, one after the other. Of a key that was written twice the later row counts."""

    first: int
    keys: Keys
    scales: NDArray[np.float32]  # shape (n,): what the row's 8-bit numbers are multiplied with
    sums: NDArray[np.uint32]  # shape (n,): CRC-32 of the row's bytes


class Read(NamedTuple):
    """What a part of the file holds."""

    place: Place | None  # None: no whole record
    records: tuple[Added, ...]
    end: int  # bytes up to the end of the last whole record


def pack(place: Place, added: Added) -> bytes:
    """Write a record."""
    rows = np.empty(len(added.keys), _ROW)
    rows["key"], rows["scale"], rows["sum"] = added.keys, added.scales, added.sums
    payload = rows.tobytes()
    head = _HEAD.pack(_MAGIC, place.dim, len(rows), place.generation, added.first, zlib.crc32(payload), 0)[: -_SUM.size]
    return head + _SUM.pack(zlib.crc32(head)) + payload


def unpack(data: bytes) -> Read:
    """Read what is whole, up to a record of another place than the first one's."""
    place, records, end = None, [], 0
    for found, record, record_end in _whole(data):
        if place is not None and found != place:
            break
        place, end = found, record_end
        if record is not None:
            records.append(record)
    return Read(place, tuple(records), end)


def _whole(data: bytes) -> Iterator[tuple[Place, Added | None, int]]:
    """Give each record and where it ends; None for one whose payload is damaged."""
    at = data.find(_MAGIC)
    while 0 <= at <= len(data) - _HEAD.size:
        _, dim, count, generation, first, payload_sum, head_sum = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        if zlib.crc32(data[at : start - _SUM.size]) != head_sum or not 0 < dim <= MAX_DIM:
            at = data.find(_MAGIC, at + 1)
            continue
        end = start + count * _ROW.itemsize
        if end > len(data):
            return
        added = None
        if zlib.crc32(data[start:end]) == payload_sum:
            rows = np.frombuffer(data, _ROW, count, start)
            added = Added(first, rows["key"], rows["scale"], rows["sum"])
        yield Place(generation, dim), added, end
        at = data.find(_MAGIC, end)
