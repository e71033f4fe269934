"""Many arrays in one file, read by memory map: what the segments of the index are kept in.

A head names each array with its type, shape, place and checksum; the arrays follow. Nothing in such a file is
executed, and nothing is believed that its checksum does not confirm.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

_MAGIC = b"memwellI"
_HEAD = struct.Struct("<8sII")  # magic, length of the head's JSON, its CRC-32
_ALIGNED = 64  # bytes: a cache line
_KINDS = "biuf"  # booleans and numbers; no objects
_BLOCK = 1 << 20


class ContainerDamaged(Exception):
    """A file is not as it was written. Never leaves the index: what was in it is built again."""


class _Entry(NamedTuple):
    """Where an array is in the file."""

    name: str
    kind: str
    shape: tuple[int, ...]
    offset: int
    checksum: int  # CRC-32


def write_arrays(file: Path, arrays: Arrays, notes: Mapping[str, Any]) -> None:
    """Write arrays, and what JSON can hold about them, into a new file.

    Raises:
        OSError: it can't be written.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    entries: list[_Entry] = []
    offset = 0  # from the end of the head: how long that is, depends on what it says
    for name, array in whole.items():
        entries.append(_Entry(name, array.dtype.str, array.shape, offset, zlib.crc32(_bytes(array))))
        offset += _padded(array.nbytes)
    head = json.dumps({"notes": notes, "arrays": entries}).encode()
    with file.open("xb") as handle:
        handle.write(_HEAD.pack(_MAGIC, len(head), zlib.crc32(head)) + head)
        handle.write(bytes(_padded(handle.tell()) - handle.tell()))
        for array in whole.values():
            handle.write(_bytes(array))
            handle.write(bytes(_padded(array.nbytes) - array.nbytes))


def open_arrays(file: Path, *, verify: bool) -> tuple[dict[str, NDArray[Any]], Mapping[str, Any]]:
    """Map a file's arrays into memory, read-only; give also what was noted beside them.

    Args:
        file: what `write_arrays` wrote.
        verify: read everything and compare it with the checksums; else only the head.

    Raises:
        ContainerDamaged: the file is not there, or not as it was written.
    """
    try:
        with file.open("rb") as handle:
            notes, entries, start = _read_head(handle)
            if verify:
                _verify(handle, entries, start)
        mapped: NDArray[np.uint8] = np.memmap(file, np.uint8, "r")
        return {one.name: _cut(mapped, one, start) for one in entries}, notes
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ContainerDamaged(f"{file.name}: {error}") from error


def _read_head(handle: BinaryIO) -> tuple[Mapping[str, Any], list[_Entry], int]:
    magic, length, checksum = _HEAD.unpack(handle.read(_HEAD.size).ljust(_HEAD.size, b"\0"))
    head = handle.read(length) if magic == _MAGIC else b""
    if magic != _MAGIC or len(head) < length or zlib.crc32(head) != checksum:
        raise ContainerDamaged("the head is not as it was written")
    said = json.loads(head)
    entries = [_Entry(name, kind, tuple(shape), offset, crc) for name, kind, shape, offset, crc in said["arrays"]]
    return said["notes"], entries, _padded(_HEAD.size + length)


def _verify(handle: BinaryIO, entries: list[_Entry], start: int) -> None:
    """Compare every array with its checksum; by reading, so that no more memory is held than a block."""
    for one in entries:
        handle.seek(start + one.offset)
        left, checksum = _size(one), 0
        while left and (block := handle.read(min(left, _BLOCK))):
            checksum = zlib.crc32(block, checksum)
            left -= len(block)
        if left or checksum != one.checksum:
            raise ContainerDamaged(f"{one.name} is not as it was written")


def _cut(mapped: NDArray[np.uint8], one: _Entry, start: int) -> NDArray[Any]:
    span = mapped[start + one.offset : start + one.offset + _size(one)]
    return np.asarray(span).view(np.dtype(one.kind)).reshape(one.shape)


def _size(one: _Entry) -> int:
    kind = np.dtype(one.kind)
    if kind.kind not in _KINDS:
        raise ContainerDamaged(f"{one.name} holds no numbers")
    return int(np.prod(one.shape, dtype=np.int64)) * kind.itemsize


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
