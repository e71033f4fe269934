"""How records come into packs: behind those of one that is there, or as a pack of their own in one step."""

import os
import weakref
from contextlib import suppress
from pathlib import Path

from vault_engine.journal.pack import encode, open_plain, write_at


class Appender:
    """A pack held open for appending. The caller holds the vault's lock."""

    def __init__(self, path: Path) -> None:
        """Open a pack that is there.

        Raises:
            OSError: it can't be opened for writing.
        """
        self.path = path
        self._handle = open_plain(path, os.O_RDWR | os.O_APPEND)
        self.close = weakref.finalize(self, os.close, self._handle)
        opened_file = os.fstat(self._handle)
        self._identity = (opened_file.st_dev, opened_file.st_ino)
        self.size = self._durable = opened_file.st_size

    def size_found(self) -> int:
        """Give the size of the file as other processes may have changed it; -1 if another one is at the path."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return -1
        return found.st_size if (found.st_dev, found.st_ino) == self._identity else -1

    def append(self, records: bytes) -> int:
        """Append whole records, which are durable only after `sync`; give the offset of the first.

        Raises:
            OSError: the disk is full or broken. Everything since the last `sync` was taken back.
        """
        start = self.size
        try:
            write_at(self._handle, start, records)
        except OSError:
            self._take_back()
            raise
        self.size += len(records)
        return start

    def sync(self) -> None:
        """Make durable what was appended.

        Raises:
            OSError: the disk did not confirm it. Everything since the last `sync` was taken back: after such a
                failure what can be read is not always what is on the disk.
        """
        if self._durable == self.size:
            return
        try:
            os.fsync(self._handle)
        except OSError:
            if self.size_found() == self.size:
                self._take_back()
            raise
        finally:
            self._durable = self.size

    def _take_back(self) -> None:
        self.size = self._durable
        with suppress(OSError):  # then the pack ends with half a record, which the next writer finds
            os.ftruncate(self._handle, self._durable)


class NewPack:
    """The records of one pack, as they come."""

    def __init__(self) -> None:
        self.offsets: dict[str, int] = {}  # of each record, by the SHA-256 of its content
        self.size = 0  # bytes
        self._records: list[bytes] = []

    def add(self, sha256: str, data: bytes) -> None:
        """Add what comes with its SHA-256; what is too large for any pack is left out."""
        if record := encode(data, sha256, quick=True):
            self.offsets[sha256] = self.size
            self.size += len(record)
            self._records.append(record)

    def take(self) -> bytes:
        """Give the bytes of the pack, and let go of them."""
        data = b"".join(self._records)
        self._records.clear()
        return data
