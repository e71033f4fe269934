"""A record keeps one revision and proves itself; a pack is a file of records, written only at its end.

    magic 4 | stored length 4 | raw length 4 | SHA-256 32 | CRC-32 of these 44 bytes 4 | codec 1 | payload

Numbers are little-endian. The codec stands outside the checksum, so that erasing a revision changes one byte of the
header, which no power cut can tear; the content's SHA-256 covers it well enough. Packs of other devices arrive by
sync: nothing in one is believed before it is checked, and no length in one decides how much is read or allocated.
"""

import errno
import json
import os
import re
import stat
import struct
import sys
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vault_engine.errors import MemwellError
from vault_engine.vault.files import sha256_hex, write_atomic

MAX_STORED_BYTES = 64 << 10  # a revision that takes more has a file of its own
MAX_RAW_BYTES = 16 << 20
MAX_PACK_BYTES = 16 << 20  # far more than we write into one; what stands behind is not looked at

RAW, ZLIB, ERASED = b"r", b"z", b"e"  # ERASED differs from both in four bits or more

_MAGIC = b"\xabMR1"
_HEADER = struct.Struct("<4sII32sIc")
_CHECKED_BYTES = 44
_SALVAGE_BYTES = 1 << 30  # the most content that is hashed to find the records behind a damaged one
_SMALL_BYTES = 8 << 10
_FIRST_READ_BYTES = 8 << 10
_UNINDEXED_RECORDS = 4096  # more than these, and the sidecar is written again
_SIDECAR_FORMAT = f"1-{sys.byteorder}"
_PACK_NAME = re.compile(r"[0-9]{6}\.pack")
_SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class Record(NamedTuple):
    """What a record's header says, and where the record stands in its pack."""

    offset: int  # of the header
    sha256: str
    codec: bytes
    raw: int  # bytes of the content
    payload: int  # offset
    end: int  # first byte after the payload

    @property
    def erased(self) -> bool:
        """Whether the revision was erased, or its erasing was begun."""
        return self.codec == ERASED


class Gap(NamedTuple):
    """Bytes of a pack that are no record: damaged, or cut short."""

    start: int
    end: int


def encode(data: bytes, sha256: str, *, quick: bool = False) -> bytes | None:
    """Make the record of ``data``, whose SHA-256 the caller has at hand.

    Args:
        data: the content.
        sha256: its hash.
        quick: do not compress what fits as it is.

    Returns:
        The record, or None if ``data`` is too large for a pack.
    """
    codec, payload = RAW, data
    if not (quick and len(data) <= MAX_STORED_BYTES):
        compressed = _compressed(data)
        if len(compressed) < len(data):
            codec, payload = ZLIB, compressed
    if len(payload) > MAX_STORED_BYTES or len(data) > MAX_RAW_BYTES:
        return None
    checked = _HEADER.pack(_MAGIC, len(payload), len(data), bytes.fromhex(sha256), 0, codec)[:_CHECKED_BYTES]
    return b"".join((checked, zlib.crc32(checked).to_bytes(4, "little"), codec, payload))


def walk(data: bytes, start: int = 0, salvage_bytes: float = _SALVAGE_BYTES) -> Iterator[Record | Gap]:
    """Go through the bytes of a pack from ``start`` on, where a record begins.

    Up to the first gap a record's content is not looked at. Behind it, what looks like a header may be the content of
    a note, so that only a record whose content is whole counts there.
    """
    at = start
    while at < len(data):
        record = _record_at(data, at)
        if record is None:
            yield from _salvaged(data, at, salvage_bytes)
            return
        yield record
        at = record.end


def records_in(data: bytes) -> Iterator[Record]:
    """Give the records in the bytes of a pack, erased ones too."""
    return (part for part in walk(data) if isinstance(part, Record))


def problems(data: bytes) -> Iterator[tuple[int, str, str]]:
    """Say at which offset of a pack something is wrong, what, and the revision that it has cost."""
    for part in walk(data):
        if isinstance(part, Gap):
            at_end = part.end == len(data)
            yield part.start, f"{part.end - part.start} bytes are {'cut short' if at_end else 'no record'}", ""
        elif not is_whole(part, data):
            erasing = f"erasing {part.sha256} was begun and not finished: do it again"
            problem = erasing if part.erased else f"the content of {part.sha256} is damaged"
            yield part.offset, problem, "" if part.erased else part.sha256


def content(record: Record, data: bytes) -> bytes | None:
    """Give the content of a record in the pack's bytes, or None if it is damaged or erased."""
    payload = data[record.payload : record.end]
    if record.codec == ZLIB:
        payload = _inflated(payload, record.raw)
    elif record.codec != RAW:
        return None
    return payload if sha256_hex(payload) == record.sha256 else None


def is_whole(record: Record, data: bytes) -> bool:
    """Say whether a record is as it was written, or erased for good."""
    if record.erased:
        return not data[record.payload : record.end].strip(b"\0")
    return content(record, data) is not None


def sound_end(data: bytes, start: int = 0) -> int:
    """Say where the last whole record of a pack ends, walking from ``start``; what follows was cut short.

    A record whose erasing was begun counts as whole: what is left of it must not be moved anywhere.
    """
    records = [part for part in walk(data, start, inf) if isinstance(part, Record)]
    return next((record.end for record in reversed(records) if record.erased or is_whole(record, data)), start)


def read_pack(path: Path) -> bytes:
    """Read a pack, of a file that is too long the beginning.

    Raises:
        OSError: it can't be read, or is no plain file.
    """
    with opened(path) as handle:
        return read_at(handle, 0, min(os.fstat(handle).st_size, MAX_PACK_BYTES))


def read_content(path: str, offset: int, sha256: str) -> tuple[bytes, int] | None:
    """Read one revision from where its record is said to stand.

    Returns:
        The content and where its record ends, or None if it is not there whole.

    Raises:
        OSError: the pack can't be read.
    """
    with opened(path) as handle:
        size = os.fstat(handle).st_size - offset
        data = read_at(handle, offset, min(size, _FIRST_READ_BYTES))
        record = _record_at(data, 0, size)
        if record is None or record.sha256 != sha256:
            return None
        if record.end > len(data):
            data += read_at(handle, offset + len(data), record.end - len(data))
    found = content(record, data)
    return None if found is None else (found, offset + record.end)


@contextmanager
def opened(path: str | Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """Open a plain file, following no symbolic link at its name and waiting for nobody; a new one is its owner's.

    Raises:
        OSError: it can't be opened, or is a link, a device, a pipe.
    """
    handle = open_plain(path, flags)
    try:
        yield handle
    finally:
        os.close(handle)


def read_at(handle: int, offset: int, length: int) -> bytes:
    """Read ``length`` bytes, or as many as there are. Windows has no ``pread``."""
    os.lseek(handle, offset, os.SEEK_SET)
    data = os.read(handle, max(length, 0))
    while len(data) < length and (more := os.read(handle, length - len(data))):
        data += more
    return data


def erase_records(path: Path, records: list[Record]) -> None:
    """Overwrite the content of records with zeros, durably.

    They are marked first: a crash leaves a record that is still kept, one that says its erasing was begun, or one
    that is erased. Done again, it finishes.

    Raises:
        OSError: the disk refuses.
    """
    with opened(path, os.O_RDWR) as handle:
        for record in records:
            write_at(handle, record.payload - 1, ERASED)
        os.fsync(handle)
        for record in records:
            write_at(handle, record.payload, bytes(record.end - record.payload))
        os.fsync(handle)


class _Seen(NamedTuple):
    """A pack as it was when it was last gone through."""

    inode: int
    size: int
    changed_ns: int
    end: int  # of the records that follow each other without a gap


class Places:
    """Where each revision may stand. A hint: the pack may have changed since, so whoever reads there checks."""

    def __init__(self, folder: Path, sidecar: Path, temporary_folder: Path) -> None:
        self._folder, self._sidecar, self._temporary_folder = folder, sidecar, temporary_folder
        self._forget()
        self._loaded = False

    def of(self, sha256: str) -> list[tuple[str, int]]:
        """Give the packs, and the offsets in them, that may hold a revision."""
        if not self._loaded:
            self._load()
        key = _key(sha256)
        found = list(self._fresh.get(key, ()))
        row = bisect_left(self._keys, key)
        while row < len(self._keys) and self._keys[row] == key:
            found.append(self._rows[row])
            row += 1
        return [(pack, place & 0xFFFFFFFF) for place in found if (pack := self._packs[place >> 32])]

    def add(self, pack: str, sha256: str, offset: int) -> None:
        """Take note of a record."""
        place = self._number(pack) << 32 | offset
        known = self._fresh.setdefault(_key(sha256), [])
        if place not in known:
            known.append(place)

    def add_pack(self, pack: str, offsets: Mapping[str, int], found: os.stat_result) -> None:
        """Take note of a pack with nothing but whole records, by revision, which need not be gone through."""
        for sha256, offset in offsets.items():
            self.add(pack, sha256, offset)
        self._seen[pack] = _Seen(*_state(found), found.st_size)

    def look_again(self) -> bool:
        """Go through what was appended or replaced since the last look; say whether there was anything."""
        changed = False
        present = dict(packs_in(self._folder))
        for gone in self._seen.keys() - present.keys():
            self._drop(gone)
        for name, found in present.items():
            changed = self._look_at(name, found) or changed
        if len(self._fresh) > _UNINDEXED_RECORDS:
            self._save()
        return changed

    def rebuild(self) -> bool:
        """Forget the sidecar and go through every pack; say whether there was a sidecar to forget."""
        if not self._from_sidecar:
            return False
        self._forget()
        self.look_again()
        return True

    def _look_at(self, pack: str, found: os.stat_result) -> bool:
        seen = self._seen.get(pack)
        if seen is not None and seen[:3] == _state(found):
            return False
        if seen is not None and (seen.inode != found.st_ino or seen.size >= found.st_size):
            self._drop(pack)
        with suppress(OSError):
            self._scan(pack, found)
        return True

    def _load(self) -> None:
        self._loaded = True
        try:
            self._read_sidecar()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._forget()
        self.look_again()

    def _forget(self) -> None:
        self._packs: list[str] = []  # by number; "" for one that is no more
        self._numbers: dict[str, int] = {}
        self._seen: dict[str, _Seen] = {}
        self._keys: memoryview[int] = memoryview(b"").cast("Q")  # the first 8 bytes of each SHA-256, sorted
        self._rows: memoryview[int] = memoryview(b"").cast("Q")  # number of the pack << 32 | offset
        self._fresh: dict[int, list[int]] = {}  # by key: what is not in the rows yet
        self._from_sidecar = False

    def _number(self, pack: str) -> int:
        if pack not in self._numbers:
            self._numbers[pack] = len(self._packs)
            self._packs.append(pack)
        return self._numbers[pack]

    def _drop(self, pack: str) -> None:
        """Let go of all that is known of a pack."""
        if (number := self._numbers.pop(pack, None)) is not None:
            self._packs[number] = ""
        self._seen.pop(pack, None)

    def _scan(self, pack: str, found: os.stat_result) -> None:
        data = read_pack(self._folder / pack)
        start = self._seen[pack].end if pack in self._seen else 0
        parts = list(walk(data, start))
        if start and parts and isinstance(parts[0], Gap):
            # Not what was appended to the pack we know: another one may have taken its place.
            self._drop(pack)
            start, parts = 0, list(walk(data))
        for part in parts:
            if isinstance(part, Record) and not part.erased:
                self.add(pack, part.sha256, part.offset)
        end = next((part.start for part in parts if isinstance(part, Gap)), max(start, len(data)))
        self._seen[pack] = _Seen(*_state(found), end)

    def _read_sidecar(self) -> None:
        crc, _, rest = self._sidecar.read_bytes().partition(b"\n")
        if int(crc, 16) != zlib.crc32(rest):
            raise ValueError("the sidecar is damaged")
        head, _, rows = rest.partition(b"\n")
        said = json.loads(head)
        if said["format"] != _SIDECAR_FORMAT:
            raise ValueError("the sidecar is of another format")
        self._packs = [str(name) for name in said["packs"]]
        self._numbers = {name: number for number, name in enumerate(self._packs) if name}
        self._seen = {name: _Seen(*map(int, seen)) for name, seen in said["seen"].items()}
        half = len(rows) // 2
        self._keys, self._rows = memoryview(rows)[:half].cast("Q"), memoryview(rows)[half:].cast("Q")
        if half and int(np.asarray(self._rows).max()) >> 32 >= len(self._packs):
            raise ValueError("the sidecar names a pack that it does not list")
        self._from_sidecar = True

    def _save(self) -> None:
        """Write the sidecar. Where that fails, the next process goes through the packs again."""
        fresh = [(key, place) for key, places in self._fresh.items() for place in places]
        keys = np.concatenate([np.asarray(self._keys, np.uint64), np.array([key for key, _ in fresh], np.uint64)])
        rows = np.concatenate([np.asarray(self._rows, np.uint64), np.array([row for _, row in fresh], np.uint64)])
        there = np.array([bool(pack) for pack in self._packs], bool)[rows >> np.uint64(32)]
        keys, rows = keys[there], rows[there]
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = memoryview(keys[order]), memoryview(rows[order])
        self._fresh = {}
        head = {"format": _SIDECAR_FORMAT, "packs": self._packs, "seen": self._seen}
        rest = b"".join((json.dumps(head).encode(), b"\n", self._keys, self._rows))
        with suppress(MemwellError):
            write_atomic(self._sidecar, b"%08x\n%b" % (zlib.crc32(rest), rest), self._temporary_folder)


def packs_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Give each device's packs in the order they were begun, as ``device/000001.pack``; links are passed over."""
    for device in _in(folder):
        if device.is_dir(follow_symlinks=False):
            for file in _in(device.path):
                if _PACK_NAME.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                    with suppress(OSError):
                        yield f"{device.name}/{file.name}", os.lstat(file.path)


def _in(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _key(sha256: str) -> int:
    return int(sha256[:16], 16)


def _record_at(data: bytes, at: int, available: int | None = None) -> Record | None:
    """Read the header at ``at``; None if there is none, or its payload does not fit into what is available."""
    if len(data) - at < _HEADER.size:
        return None
    magic, stored, raw, digest, crc, codec = _HEADER.unpack_from(data, at)
    if magic != _MAGIC or zlib.crc32(data[at : at + _CHECKED_BYTES]) != crc:
        return None
    payload = at + _HEADER.size
    end = payload + stored
    if stored > MAX_STORED_BYTES or raw > MAX_RAW_BYTES or end > (len(data) if available is None else available):
        return None
    return Record(at, digest.hex(), codec, raw, payload, end)


def _salvaged(data: bytes, start: int, left: float) -> Iterator[Record | Gap]:
    """Find the whole records behind a place where none begins."""
    lost = at = start
    while left > 0 and (at := data.find(_MAGIC, at)) >= 0:
        record = _record_at(data, at)
        if record is not None:
            left -= record.raw + record.end - record.payload
        if record is None or not is_whole(record, data):
            at += 1
            continue
        if at > lost:
            yield Gap(lost, at)
        yield record
        lost = at = record.end
    if lost < len(data):
        yield Gap(lost, len(data))


def _compressed(data: bytes) -> bytes:
    """Compress; setting up zlib's usual window takes longer than packing a short note."""
    if len(data) > _SMALL_BYTES:
        return zlib.compress(data, 1)
    packer = zlib.compressobj(1, zlib.DEFLATED, 12, 5)
    return packer.compress(data) + packer.flush()


def _inflated(payload: bytes, raw: int) -> bytes:
    """Decompress to ``raw`` bytes and no more than one above."""
    try:
        return zlib.decompressobj().decompress(payload, raw + 1)
    except zlib.error:
        return b""


def open_plain(path: str | Path, flags: int) -> int:
    """Open a file as `opened` does; give its handle."""
    handle = os.open(path, flags | _SAFE_FLAGS, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return handle


def write_at(handle: int, offset: int, data: bytes) -> None:
    """Write all of ``data``. Windows has no ``pwrite``."""
    os.lseek(handle, offset, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
