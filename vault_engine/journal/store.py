"""The journal on disk: ``journal/<device>/<year>-<month>.jsonl``.

One writer per file, so that git and Syncthing never meet two versions of one. The caller holds the vault's lock
while it appends.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ulid import ULID

from vault_engine.errors import HalfMoved, MemwellError, NotConfirmed
from vault_engine.journal.entry import NO_PREVIOUS, Actor, Change, Entry, Op, decode, encode
from vault_engine.vault.files import explained, fsync_folder

_TAIL_BYTES = 1 << 20  # more than the longest line


class Damage(NamedTuple):
    """One place where the journal is not as it was written."""

    file: str  # device and month, as below the journal's folder
    line: int  # counts from 1
    problem: str


class Journal:
    """Appends to this device's journal, reads every device's."""

    def __init__(self, folder: Path, device: Callable[[], str], quarantine: Path) -> None:
        """Open the journal.

        Args:
            folder: holds the journals of all devices.
            device: says what this one is called; asked when there is something to append.
            quarantine: where lines go that a crash cut short.
        """
        self._folder = folder
        self._device = device
        self._quarantine = quarantine

    @contextmanager
    def announced(self, change: Change, *, at: datetime, actor: Actor, ref: str | None = None) -> Iterator[str]:
        """Enter ``change`` durably, then let the block do it; if the block fails, enter that it did not happen.

        Args:
            change: what the block does.
            at: the time.
            actor: who does it.
            ref: the id of the entry that this one belongs to.

        Yields:
            The id of the entry.
        """
        entry_id = self._append(change, at=at, actor=actor, ref=ref)
        try:
            yield entry_id
        except (NotConfirmed, HalfMoved):  # it did happen, at least in part
            raise
        except MemwellError:
            with suppress(MemwellError):  # the failure to report is the block's, not this one's
                self._append(change._replace(op=Op.ABORT), at=at, actor=actor, ref=entry_id)
            raise

    def files(self) -> list[Path]:
        """List the files of all devices, each device's in the order they were written."""
        return sorted(self._folder.glob("*/*.jsonl"))

    def entries(self) -> list[Entry]:
        """Read every device's entries, oldest first. Damaged lines are left out here and named by `verify`."""
        found: list[Entry] = []
        for file in self.files():
            for line in file.read_bytes().split(b"\n")[:-1]:
                with suppress(ValueError):
                    found.append(decode(line))
        return sorted(found, key=lambda entry: entry.ts)

    def verify(self) -> list[Damage]:
        """Check every line's hash, and each device's chain and numbering."""
        damages: list[Damage] = []
        by_device: dict[str, Entry | None] = {}
        for file in self.files():
            device = file.parent.name
            by_device[device] = _check(file, by_device.get(device), damages)
        return damages

    def _append(self, change: Change, *, at: datetime, actor: Actor, ref: str | None = None) -> str:
        own = self._folder / self._device()
        file = own / f"{at:%Y-%m}.jsonl"
        with explained(file):
            own.mkdir(parents=True, exist_ok=True)
            last = self._last_entry(own)
            entry_id = str(ULID.from_datetime(at))
            line = encode(
                change,
                seq=last.seq + 1 if last else 1,
                id=entry_id,
                ts=at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
                actor=actor,
                prev=last.h if last else NO_PREVIOUS,
                ref=ref,
            )
            _append_durably(file, line)
        return entry_id

    def _last_entry(self, own: Path) -> Entry | None:
        """Give the last entry of this device. A damaged line is passed over here and named by `verify`."""
        for file in sorted(own.glob("*.jsonl"), reverse=True):
            for line in reversed(self._whole_lines(file)):
                with suppress(ValueError):
                    return decode(line)
        return None

    def _whole_lines(self, file: Path) -> list[bytes]:
        """Read the end of a file, after moving a last line that a crash cut short out of the way."""
        tail = _read_tail(file)
        whole, _, torn = tail.rpartition(b"\n")
        if torn:
            self._set_aside(file, torn)
        return whole.split(b"\n")

    def _set_aside(self, file: Path, torn: bytes) -> None:
        self._quarantine.mkdir(parents=True, exist_ok=True)
        name = f"journal-{file.stem}-{os.urandom(4).hex()}"
        (self._quarantine / name).write_bytes(torn)
        with file.open("r+b") as handle:
            handle.truncate(file.stat().st_size - len(torn))
            os.fsync(handle.fileno())


def _read_tail(file: Path) -> bytes:
    with file.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - _TAIL_BYTES))
        return handle.read()


def _append_durably(file: Path, line: bytes) -> None:
    """Append one line and fsync; take back what a full disk left of it."""
    is_new = not file.exists()
    with file.open("ab") as handle:
        size = handle.tell()
        try:
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())
        except OSError:
            with suppress(OSError):
                os.truncate(file, size)
            raise
    if is_new:
        fsync_folder(file.parent)
        fsync_folder(file.parent.parent)


def _check(file: Path, previous: Entry | None, damages: list[Damage]) -> Entry | None:
    """Check one file after ``previous``; give its last readable entry."""
    name = f"{file.parent.name}/{file.name}"
    *lines, tail = file.read_bytes().split(b"\n")
    if _is_entry(tail[:-1]):  # anything else was cut short by a crash, before it was acknowledged
        damages.append(Damage(name, len(lines) + 1, "the line's end was changed"))
    for number, line in enumerate(lines, 1):
        try:
            entry = decode(line)
        except ValueError as error:
            damages.append(Damage(name, number, str(error)))
            continue
        expected = (previous.seq + 1, previous.h) if previous else (1, NO_PREVIOUS)
        if (entry.seq, entry.prev) != expected:
            damages.append(Damage(name, number, "a line before this one is missing or changed"))
        previous = entry
    return previous


def _is_entry(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True
