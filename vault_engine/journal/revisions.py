"""The bytes that notes had, by their SHA-256: what an overwritten or archived note can be brought back from.

    revisions/<device>/000001.pack    records (`pack`), written by that device only, so that git and Syncthing never
                                      meet two versions of a file; a pack that has reached 1 MiB is followed by the next
    revisions/ab/cdef…                one revision, zlib-compressed: those too large for a pack, and all of older vaults
    local/revisions.index             where each revision stands, derived

A device relies on its own packs and on the loose files: what stands in the pack of another device is given out, but
kept again when it is put, for that device may drop it. The caller keeps threads apart, and holds the vault's lock
for all but reading.
"""

import errno
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from vault_engine.journal.appending import Appender
from vault_engine.journal.loose import read_loose
from vault_engine.journal.pack import (
    MAX_PACK_BYTES,
    Gap,
    Places,
    Record,
    encode,
    erase_records,
    is_whole,
    opened,
    packs_in,
    problems,
    read_content,
    read_pack,
    records_in,
    sound_end,
    walk,
)
from vault_engine.vault.files import explained, fsync_folder, make_folder, sha256_hex, write_atomic
from vault_engine.vault.place import Place, place_of, rename_new

FULL_PACK_BYTES = 1 << 20
_BATCH_BYTES = 256 << 10
_NAME = re.compile(r"[0-9a-f]{64}")


class Erased(NamedTuple):
    """What became of revisions that were to be erased."""

    erased: tuple[str, ...]  # those of which this call erased something
    left: Mapping[str, int]  # by revision: in how many records of other devices it still is


class Pruned(NamedTuple):
    """What was dropped, or would be."""

    dropped: int  # records and loose files
    bytes_freed: int


class RevisionDamage(NamedTuple):
    """One place where what was kept is not as it was written."""

    file: str  # below the folder of revisions
    offset: int  # in bytes
    problem: str
    sha256: str = ""  # of the revision that it has cost, where its name can still be read


class Revisions:
    """Content by hash. What this device keeps whole is not written again."""

    def __init__(self, folder: Path, device: Callable[[], str], local_dir: Path) -> None:
        """Open what is kept; nothing is read yet.

        Args:
            folder: holds the packs of all devices and the loose files.
            device: says what this one is called; asked when there is something to write.
            local_dir: for what is this machine's alone: the sidecar, temporary files, the quarantine.
        """
        self._folder, self._device = folder, device
        self._temporary_folder, self._quarantine = local_dir / "tmp", local_dir / "quarantine"
        self._places = Places(folder, local_dir / "revisions.index", self._temporary_folder)
        self._own = ""  # what this device's packs begin with, once it was asked for
        self._appender: Appender | None = None
        self._confirmed: dict[str, int] = {}  # by pack: up to where this process knows it to be durable

    def put(self, data: bytes, *, sync: bool = True) -> str:
        """Keep ``data`` and return its SHA-256. A damaged copy that is there is not relied on.

        Args:
            data: the bytes.
            sync: make them durable; else they are after `sync`.

        Raises:
            VaultDenied, StorageFailed: it is not kept.
        """
        sha256 = sha256_hex(data)
        if not self._is_kept(sha256):
            record = encode(data, sha256)
            if record is None:
                self._put_loose(sha256, data)
            else:
                self._append([(sha256, record)])
                if sync:
                    self.sync()
        return sha256

    def put_many(self, datas: Iterable[bytes]) -> list[str]:
        """Keep each of ``datas`` and return their SHA-256s; durable after `sync`. Most is not compressed.

        Raises:
            VaultDenied, StorageFailed: some are not kept.
        """
        hashed = [(sha256_hex(data), data) for data in datas]
        self.put_hashed(hashed)
        return [sha256 for sha256, _ in hashed]

    def put_hashed(self, hashed: Iterable[tuple[str, bytes]]) -> None:
        """Keep what comes with its SHA-256, as `put_many` does."""
        batch: dict[str, bytes] = {}
        waiting = 0
        loose = self._loose_folders()
        for sha256, data in hashed:
            if sha256 in batch:
                continue
            if (sha256[:2] in loose or self._places.of(sha256)) and self._is_kept(sha256):
                continue
            if (record := encode(data, sha256, quick=True)) is None:
                self._put_loose(sha256, data)
                continue
            batch[sha256] = record
            waiting += len(record)
            if waiting >= _BATCH_BYTES:
                self._append(batch.items())
                batch, waiting = {}, 0
        if batch:
            self._append(batch.items())

    def take_in(self, packs: Iterable[tuple[Place, Mapping[str, int]]]) -> None:
        """Give new packs their place, durably.

        Args:
            packs: files that are durable and hold nothing but records, each with where these are, by revision.

        Raises:
            VaultDenied, StorageFailed: some of them have no place, or the disk did not confirm it.
        """
        self.sync()
        self.close()
        self.mend()  # what is last now is not any more
        prefix = self._own_prefix()
        folder = self._folder / prefix
        with explained(folder):
            _make_private_folder(folder)
            with place_of(self._folder, f"{prefix}-") as held:
                for (place, offsets), name in zip(packs, self._free_names(), strict=False):
                    rename_new(place, Place(held.folder, name, held.handle))
                    self._places.add_pack(prefix + name, offsets, os.lstat(folder / name))
            self._sync_names(folder)

    def sync(self) -> None:
        """Make durable what `put` and `put_many` have kept.

        Raises:
            VaultDenied, StorageFailed: the disk did not confirm it; what was not durable yet is not kept.
        """
        if self._appender is not None:
            with explained(self._appender.path):
                self._appender.sync()
            self._confirmed[self._name_of(self._appender.path)] = self._appender.size

    def get(self, sha256: str) -> bytes:
        """Give the bytes of a revision.

        Raises:
            KeyError: it was never kept, was erased, or every copy is damaged.
        """
        if not _NAME.fullmatch(sha256):
            raise KeyError(sha256)
        data = self._find(sha256)
        if data is None and self._places.look_again():
            data = self._find(sha256)
        if data is None and self._places.rebuild():
            data = self._find(sha256)
        if data is None:
            raise KeyError(sha256)
        return data

    def __contains__(self, sha256: str) -> bool:
        """Say whether `get` would give the bytes, short of going through every pack."""
        if not _NAME.fullmatch(sha256):
            return False
        return self._find(sha256) is not None or (self._places.look_again() and self._find(sha256) is not None)

    def erase(self, names: Collection[str]) -> Erased:
        """Erase revisions for good from this device's packs, the loose files and the quarantine.

        A crash leaves each as it was, erased or half erased, never given out wrong; called again, it goes on. What was
        set aside or left over by a crash is removed if it names one of them.

        Raises:
            VaultDenied, StorageFailed: the disk refuses; some may be erased.
        """
        names = frozenset(names)
        self.mend()
        erased: set[str] = set()
        left: Counter[str] = Counter()
        for pack, _ in packs_in(self._folder):
            if pack.startswith(self._own_prefix()):
                erased |= self._erase_in(self._folder / pack, names)
            else:
                with suppress(OSError):
                    records = records_in(read_pack(self._folder / pack))
                    left.update(record.sha256 for record in records if record.sha256 in names and not record.erased)
        erased.update(self._remove_loose(names))
        self._remove_set_aside(names)
        return Erased(tuple(sorted(erased)), left)

    def prune(self, keep: Container[str], *, dry_run: bool = False) -> Pruned:
        """Drop what is not in ``keep`` from this device's packs and the loose files.

        A pack is written anew beside the old one and takes its name; one with damage is left as it is.

        Args:
            keep: the SHA-256s of the revisions to keep.
            dry_run: only say what would be dropped.

        Raises:
            VaultDenied, StorageFailed: the disk refuses; nothing of ``keep`` is lost.
        """
        self.sync()
        dropped = freed = 0
        own = self._own_packs()
        for pack in own:
            with explained(self._folder / pack):
                data = read_pack(self._folder / pack)
            parts = list(walk(data))
            kept = [part for part in parts if isinstance(part, Record) and not part.erased and part.sha256 in keep]
            if len(kept) == len(parts) or len(data) == MAX_PACK_BYTES or any(isinstance(part, Gap) for part in parts):
                continue
            rest = b"".join(data[record.offset : record.end] for record in kept)
            dropped, freed = dropped + len(parts) - len(kept), freed + len(data) - len(rest)
            if not dry_run:
                self._replace(pack, rest, is_last=pack == own[-1])
        loose = [(sha256, size) for sha256, size in self._loose_files() if sha256 not in keep]
        if not dry_run:
            self._remove_loose([sha256 for sha256, _ in loose])
            self._places.look_again()
        return Pruned(dropped + len(loose), freed + sum(size for _, size in loose))

    def verify(self) -> list[RevisionDamage]:
        """Read every pack of every device and every loose file; erased revisions are in order."""
        damages: list[RevisionDamage] = []
        for pack, seen in packs_in(self._folder):
            try:
                data = read_pack(self._folder / pack)
            except OSError as error:
                damages.append(RevisionDamage(pack, 0, f"can't be read: {error.strerror}"))
                continue
            damages += [RevisionDamage(pack, *found) for found in problems(data)]
            if seen.st_size > MAX_PACK_BYTES:
                damages.append(RevisionDamage(pack, MAX_PACK_BYTES, "the pack is longer than any may be"))
        for sha256, _ in self._loose_files():
            if read_loose(self._loose(sha256), sha256) is None:
                file = f"{sha256[:2]}/{sha256[2:]}"
                damages.append(RevisionDamage(file, 0, "can't be read, or its content is not what its name says"))
        return damages

    def mend(self) -> list[str]:
        """Move what a crash cut short at the end of this device's last pack to the quarantine; say so in words.

        Raises:
            VaultDenied, StorageFailed: it can't be moved.
        """
        own = self._own_packs()
        return self._mend(own[-1], 0) if own else []

    def names(self) -> set[str]:
        """Give every revision of which there is a record or a loose file, by header and name alone."""
        found = {sha256 for sha256, _ in self._loose_files()}
        for pack, _ in packs_in(self._folder):
            with suppress(OSError):
                found.update(r.sha256 for r in records_in(read_pack(self._folder / pack)) if not r.erased)
        return found

    def count(self) -> int:
        """Count the revisions that `names` gives."""
        return len(self.names())

    def close(self) -> None:
        """Let go of the pack that is open for appending, synced or not; the next `put` opens it again."""
        if self._appender is not None:
            self._appender.close()
            self._appender = None

    def _find(self, sha256: str) -> bytes | None:
        for pack, offset in self._places.of(sha256):
            if found := self._read(pack, offset, sha256):
                return found[0]
        return read_loose(self._loose(sha256), sha256)

    def _read(self, pack: str, offset: int, sha256: str) -> tuple[bytes, int] | None:
        try:
            return read_content(f"{self._folder}/{pack}", offset, sha256)
        except OSError:
            return None

    def _mend(self, pack: str, sound: int) -> list[str]:
        """Mend one pack, of which the first ``sound`` bytes are known to be whole records."""
        file = self._folder / pack
        with explained(file):
            data = read_pack(file)
            end = sound_end(data, sound)
            if end == len(data) or os.lstat(file).st_size > MAX_PACK_BYTES:
                return []
            aside = self._quarantine / f"revisions-{file.stem}-{sha256_hex(data[end:])[:16]}"
            write_atomic(aside, data[end:], self._temporary_folder)
            with opened(file, os.O_RDWR) as handle:
                os.ftruncate(handle, end)
                os.fsync(handle)
        return [f"the last {len(data) - end} bytes of {pack} were cut short by a crash; they are in {aside.name}"]

    def _erase_in(self, file: Path, names: Collection[str]) -> set[str]:
        with explained(file):
            data = read_pack(file)
            named = [record for record in records_in(data) if record.sha256 in names]
            records = [record for record in named if not (record.erased and is_whole(record, data))]
            if records:
                erase_records(file, records)
        return {record.sha256 for record in records}

    def _is_kept(self, sha256: str) -> bool:
        """Say whether this device keeps a revision whole, durably from now on."""
        own = self._own_prefix()
        for pack, offset in self._places.of(sha256):
            if pack.startswith(own) and (found := self._read(pack, offset, sha256)):
                self._confirm(pack, found[1])
                return True
        loose = self._loose(sha256)
        return os.path.lexists(loose) and read_loose(loose, sha256) is not None

    def _confirm(self, pack: str, end: int) -> None:
        """See to it that a pack is durable up to ``end``: the process that wrote there may have died before it was."""
        if self._confirmed.get(pack, 0) < end:
            file = self._folder / pack
            with explained(file), opened(file, os.O_RDWR if os.name == "nt" else os.O_RDONLY) as handle:
                size = os.fstat(handle).st_size
                os.fsync(handle)
            self._confirmed[pack] = size

    def _append(self, records: Collection[tuple[str, bytes]]) -> None:
        appender = self._ready()
        with explained(appender.path):
            offset = appender.append(b"".join(record for _, record in records))
        pack = self._name_of(appender.path)
        for sha256, record in records:
            self._places.add(pack, sha256, offset)
            offset += len(record)

    def _ready(self) -> Appender:
        """Give the pack to append to: it ends with a whole record, and has room."""
        appender = self._appender
        if appender is None or appender.size_found() != appender.size:
            appender = self._reopened()
        if appender is None or appender.size >= FULL_PACK_BYTES:
            self.sync()
            appender = self._begun()
        self._appender = appender
        return appender

    def _reopened(self) -> Appender | None:
        """Open the last pack again, which another process may have changed; None if there is none."""
        self.sync()
        known = self._appender
        self.close()
        own = self._own_packs()
        if not own:
            return None
        file = self._folder / own[-1]
        is_longer = known is not None and known.path == file and known.size_found() > known.size
        self._mend(own[-1], known.size if known is not None and is_longer else 0)
        self._places.look_again()
        with explained(file):
            appender = Appender(file)
            if not appender.size:  # whoever made it may have died before its name was durable
                self._sync_names(file.parent)
        return appender

    def _begun(self) -> Appender:
        folder = self._folder / self._own_prefix()
        with explained(folder):
            _make_private_folder(folder)
            file = folder / next(self._free_names())
            with opened(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
                pass
            self._sync_names(folder)
            return Appender(file)

    def _free_names(self) -> Iterator[str]:
        """Give the names of the packs that come next."""
        own = self._own_packs()
        for number in count(int(own[-1][-11:-5]) + 1 if own else 1):
            if not os.path.lexists(f"{self._folder}/{self._own_prefix()}{number:06}.pack"):  # a link or a folder, say
                yield f"{number:06}.pack"

    def _sync_names(self, folder: Path) -> None:
        for changed in (folder, self._folder, self._folder.parent):
            fsync_folder(changed)

    def _replace(self, pack: str, data: bytes, *, is_last: bool) -> None:
        """Give a pack other bytes; one without any goes, except the last: its number must not come again."""
        self.close()
        self._confirmed.pop(pack, None)
        file = self._folder / pack
        if data or is_last:
            write_atomic(file, data, self._temporary_folder)
        else:
            with explained(file):
                file.unlink()
                fsync_folder(file.parent)

    def _own_prefix(self) -> str:
        if not self._own:
            self._own = f"{self._device()}/"
        return self._own

    def _own_packs(self) -> list[str]:
        return [pack for pack, _ in packs_in(self._folder) if pack.startswith(self._own_prefix())]

    def _name_of(self, file: Path) -> str:
        return self._own_prefix() + file.name

    def _loose(self, sha256: str) -> str:
        return f"{self._folder}/{sha256[:2]}/{sha256[2:]}"

    def _put_loose(self, sha256: str, data: bytes) -> None:
        file = Path(self._loose(sha256))
        with explained(file):
            _make_private_folder(file.parent)
        write_atomic(file, zlib.compress(data), self._temporary_folder)

    def _loose_folders(self) -> set[str]:
        """Name the folders that loose files may be in; packs of devices are in others."""
        try:
            return {entry.name for entry in os.scandir(self._folder)}
        except OSError:
            return set()

    def _loose_files(self) -> Iterator[tuple[str, int]]:
        """Give each loose revision and how many bytes it takes."""
        for folder in self._folder.glob("[0-9a-f][0-9a-f]"):
            for file in folder.glob("*") if not folder.is_symlink() else ():
                sha256 = folder.name + file.name
                if _NAME.fullmatch(sha256):
                    with suppress(OSError):
                        yield sha256, os.lstat(file).st_size

    def _remove_loose(self, names: Iterable[str]) -> list[str]:
        removed = [sha256 for sha256 in names if _NAME.fullmatch(sha256) and os.path.lexists(self._loose(sha256))]
        files = [Path(self._loose(sha256)) for sha256 in removed]
        with explained(self._folder):
            for file in files:
                file.unlink(missing_ok=True)
            for folder in {file.parent for file in files}:
                fsync_folder(folder)
        return removed

    def _remove_set_aside(self, names: Iterable[str]) -> None:
        """Remove what names a revision from the quarantine, and from what a crash left among the temporary files."""
        digests = [bytes.fromhex(sha256) for sha256 in names if _NAME.fullmatch(sha256)]
        with explained(self._quarantine):
            for file in [*self._quarantine.glob("revisions-*"), *self._temporary_folder.glob("*")]:
                data = file.read_bytes() if file.is_file() else b""
                if any(digest in data for digest in digests):
                    file.unlink()
                    fsync_folder(file.parent)


def _make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner may read, and those above it, durably; a link in its place is refused."""
    make_folder(folder, mode=0o700)
    if folder.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
