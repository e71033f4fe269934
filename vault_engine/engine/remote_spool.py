"""Contents on their way from a bucket: each checked against its name, in files of this machine's, not in memory.

What a pull that was cut short has fetched is there for the next one. Nothing in the folder is trusted: a file counts
if its bytes have the SHA-256 that is its name.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from vault_engine.engine.maintain import Progress
from vault_engine.engine.session import Session
from vault_engine.errors import BucketDamaged, StorageFailed
from vault_engine.sync.bucket import Bucket, in_parallel
from vault_engine.sync.bucket_format import OBJECTS, PART_BYTES, Entry, entry_of, name_of, parts_of
from vault_engine.vault.files import explained, make_folder

MISSING = "is missing"
DAMAGED = "does not hold what its name says"


class Spool:
    """Contents by their SHA-256."""

    def __init__(self, session: Session, bucket: Bucket, folder: Path, progress: Progress | None) -> None:
        self._session, self._bucket, self._folder, self._progress = session, bucket, folder, progress
        self._entries: dict[str, Entry] = {}  # what is known of contents, by SHA-256
        self._here: Mapping[str, str] = {}  # files of the vault that hold some
        self._read_here: Callable[[str], bytes | None] = lambda _: None
        self._fetched: set[str] = set()
        self.empty = name_of(b"")

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take in how the contents of files are cut into objects."""
        self._entries |= {entry.sha256: entry for entry in entries}

    def learn_here(self, paths: Mapping[str, str], read: Callable[[str], bytes | None]) -> None:
        """Take in which file of the vault holds which content, and how one is read."""
        self._here, self._read_here = paths, read

    def entry(self, name: str) -> Entry:
        """Describe a content that was named here."""
        return self._entries[name]

    def name(self, data: bytes) -> str:
        """Hold ``data`` and give its name.

        Raises:
            StorageFailed: the disk is full.
        """
        entry = entry_of(data)
        if entry.sha256 not in self._fetched:
            self._entries[entry.sha256] = entry
            for part, part_data in zip(entry.objects, parts_of(data), strict=True):
                self._hold(part, part_data)
            self._fetched.add(entry.sha256)
        return entry.sha256

    def fetch(self, names: Iterable[str]) -> None:
        """Have these at hand, from the history, the vault or the bucket.

        Raises:
            BucketDamaged: an object is missing or is not what its name says.
            BucketUnusable: it can't be had.
            StorageFailed: the disk is full.
        """
        wanted = sorted({*names} - self._fetched)
        far = [name for name in wanted if not self._is_near(name)]
        parts = list(dict.fromkeys(part for name in far for part in self._entries[name].objects))
        missing = [part for part in parts if not self._holds(part)]
        for done, _ in enumerate(in_parallel(self._fetch_part, missing), 1):
            if self._progress:
                self._progress("fetching", done, len(missing))
        self._fetched |= {*wanted}

    def read(self, name: str) -> bytes:
        """Give what a name stands for.

        Raises:
            StorageFailed: the disk has not kept it.
        """
        with suppress(KeyError), self._session.guard:
            return self._session.revisions.get(name)
        with suppress(OSError):
            data = b"".join((self._folder / part).read_bytes() for part in self._entries[name].objects)
            if name_of(data) == name:
                return data
        raise StorageFailed(str(self._folder), "what was fetched is not there any more")

    def sha256(self, name: str) -> str:
        """Give the name itself."""
        return name

    def clear(self) -> None:
        """Forget all that was fetched: it is where it belongs."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._fetched = set()

    def _is_near(self, name: str) -> bool:
        with self._session.guard:
            if name in self._session.revisions:
                return True
        if name in self._here and (data := self._read_here(self._here[name])) is not None:
            return self.name(data) == name
        return False

    def _fetch_part(self, name: str) -> None:
        key = self._bucket.address.key(OBJECTS, name)
        data = self._bucket.get(key, PART_BYTES)
        if data is None or name_of(data) != name:
            raise BucketDamaged(str(self._bucket.address), key, MISSING if data is None else DAMAGED)
        self._hold(name, data)

    def _holds(self, name: str) -> bool:
        try:
            return name_of((self._folder / name).read_bytes()) == name
        except OSError:
            return False

    def _hold(self, name: str, data: bytes) -> None:
        temporary = self._folder / f"{os.getpid()}-{os.urandom(8).hex()}"
        with explained(self._folder):
            make_folder(self._folder)
            try:
                temporary.write_bytes(data)
                temporary.replace(self._folder / name)
            finally:
                temporary.unlink(missing_ok=True)
