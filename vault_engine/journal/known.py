"""What each note should hold by the journals of all devices, kept up line by line and from process to process."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from vault_engine.errors import MemwellError
from vault_engine.garbage import collecting_later
from vault_engine.journal.entry import Entry, Op
from vault_engine.journal.replay import Head, Heads
from vault_engine.journal.segment import Listed, lines
from vault_engine.journal.store import Appended, Journal
from vault_engine.vault.files import explained, sha256_hex, write_atomic

FORMAT = 2

_MAX_LINE_BYTES = 1 << 20
_WORTH_SAVING = 100  # entries; fewer are read again by the next process


class _Read(NamedTuple):
    """How far one file of the journal has been taken in."""

    size: int = 0  # bytes
    last: str = ""  # SHA-256 of the last line: as lines are chained, the file still begins as it did
    seen: tuple[int, int, int] = (0, 0, 0)  # size, mtime and inode of the file then


class Known:
    """The heads of all notes. What is kept on disk can be deleted: it is then read from the journals again."""

    def __init__(self, journal: Journal, local_dir: Path) -> None:
        self._journal = journal
        self._file = local_dir / "heads.json"
        self._temporary_dir = local_dir / "tmp"
        self._heads: Heads | None = None
        self._read: dict[str, _Read] = {}
        self._unsaved = 0
        self._purged: list[str] = []
        self._paths: set[str] = set()
        self._newest = ""  # time of the newest entry
        self._appended = 0  # of the journal, at the last `catch_up`
        self.on_entries: Callable[[Sequence[Entry]], None] | None = None  # is told what `catch_up` has taken in

    def get(self, path: str) -> Head | None:
        """Give the head of a note, as of the last `catch_up` or entry of this process."""
        return self._current().get(path)

    def current(self) -> dict[str, str]:
        """Give the SHA-256 of every note there should be, by path, as `get` does."""
        return self._current().current()

    def catch_up(self) -> None:
        """Take in what the journals of all devices have got since the last time."""
        self._appended = self._journal.appended
        fresh = self._fresh(self._journal.listed())
        heads = self._loaded()
        fresh.sort(key=lambda one: one.ts)
        for entry in fresh:
            heads.feed(entry)
        self._journal.newest = max([self._journal.newest, self._newest, *(entry.ts for entry in fresh)])
        self._newest = self._journal.newest
        changes = [entry.change for entry in fresh if entry.change.op is not Op.EVENT]
        self._paths.update(path for change in changes for path in (change.path, change.to) if path)
        self._purged += [entry.change.before for entry in fresh if entry.change.op is Op.PURGE]
        self._unsaved += len(fresh)
        if fresh and self.on_entries:
            self.on_entries(fresh)

    def take_paths(self) -> set[str]:
        """Give the paths that the journals have told something of lately, and forget them."""
        paths, self._paths = self._paths, set()
        return paths

    def take_purged(self) -> list[str]:
        """Give the revisions that are to be erased by what the journals have got lately, and forget them."""
        purged, self._purged = self._purged, []
        return purged

    def save(self) -> None:
        """Keep what is known for the next process, if it has become much."""
        if self._heads is None or self._unsaved < _WORTH_SAVING:
            return
        heads = self._heads.to_json()
        body = json.dumps(
            {"format": FORMAT, "read": self._read, "purged": self._purged, "newest": self._newest, "heads": heads}
        ).encode()
        with suppress(MemwellError):  # the journals have it all
            write_atomic(self._file, sha256_hex(body).encode() + b"\n" + body, self._temporary_dir)
            self._unsaved = 0

    def _fresh(self, found: list[Listed]) -> list[Entry]:
        """Read what the files have got since; everything, if one of them is not as it was or is not there."""
        self._loaded()
        fresh: list[Entry] = []
        recent = self._journal.take_appended()
        names = set()
        for listed in found:
            names.add(f"{listed.device}/{listed.name}")
            new = self._new_entries(listed, recent)
            if new is None:
                break
            fresh += new
        else:
            if self._read.keys() <= names:
                return fresh
        self._heads, self._read = Heads(), {}
        return [entry for listed in found for entry in self._new_entries(listed) or ()]

    def _new_entries(self, listed: Listed, recent: Appended | None = None) -> list[Entry] | None:
        """Read what a file has got since; None if what was read of it has changed."""
        name = f"{listed.device}/{listed.name}"
        known = self._read.get(name, _Read())
        seen = (listed.size, listed.mtime_ns, listed.inode)
        if seen == known.seen:
            return []
        if recent and recent.listed == listed and recent.start == known.size:
            self._read[name] = _Read(listed.size, sha256_hex(recent.last), seen)
            return list(recent.entries)
        with explained(listed.path):
            try:
                with listed.file.open("rb") as handle:
                    if known.size and _last_line(handle, known.size) != known.last:
                        return None
                    handle.seek(known.size)
                    data = handle.read()
            except FileNotFoundError:
                return None if known.size else []
        whole = data[: data.rfind(b"\n") + 1]
        last = sha256_hex(whole[whole.rfind(b"\n", 0, -1) + 1 :]) if whole else known.last
        self._read[name] = _Read(known.size + len(whole), last, seen)
        return [line.entry for line in lines(whole) if line.entry]

    def _current(self) -> Heads:
        if self._appended != self._journal.appended:
            self.catch_up()
        return self._loaded()

    def _loaded(self) -> Heads:
        if self._heads is None:
            with collecting_later():
                self._heads = self._load() or Heads()
        return self._heads

    def _load(self) -> Heads | None:
        try:
            seal, _, body = self._file.read_bytes().partition(b"\n")
            if seal.decode() != sha256_hex(body):
                return None
            stored: Any = json.loads(body)
            if stored["format"] != FORMAT:
                return None
            heads = Heads.from_json(stored["heads"])
            read = {name: _Read(size, last, tuple(seen)) for name, (size, last, seen) in stored["read"].items()}
            purged = [str(sha256) for sha256 in stored["purged"]]
            newest = str(stored["newest"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        self._read, self._purged, self._newest = read, [*purged, *self._purged], newest
        return heads


def _last_line(handle: BinaryIO, size: int) -> str:
    """Give the SHA-256 of the line that ends after ``size`` bytes."""
    start = max(0, size - _MAX_LINE_BYTES)
    handle.seek(start)
    before = handle.read(size - start)
    return sha256_hex(before[before.rfind(b"\n", 0, -1) + 1 :]) if len(before) == size - start else ""
