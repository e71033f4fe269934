"""What the processes of one vault share of the index: files of segments, and ``CURRENT``, which names those that count.

``CURRENT`` is replaced in one step, by who holds the index's lock; the files it names never change. Whatever is
missing, changed or of another format counts as not there.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vault_engine.vault.files import write_atomic

SUFFIX = ".segment"
_CURRENT = "CURRENT"
_NAME = re.compile(rf"[0-9a-f]{{16}}{SUFFIX}")


class Entry(NamedTuple):
    """A segment's file, and what the file system said of it once it was written."""

    name: str
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Generation:
    """Which segments count, the oldest first, and by which settings they were made."""

    settings: Mapping[str, Any]
    segments: tuple[Entry, ...] = ()


Stamp = tuple[int, int, int]
"""What tells whether ``CURRENT`` was replaced since it was looked at."""


def stamp(folder: Path) -> Stamp | None:
    """Look whether there is a ``CURRENT``, and which."""
    try:
        found = (folder / _CURRENT).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_current(folder: Path) -> Generation | None:
    """Give the generation that counts; None when there is none, or it can't be read."""
    try:
        checksum, _, text = (folder / _CURRENT).read_text("utf-8").partition("\n")
        if checksum != _checksum(text):
            return None
        said = json.loads(text)
        entries = tuple(Entry(*entry) for entry in said["segments"])
        return Generation(said["settings"], entries) if all(map(_is_ours, entries)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_current(folder: Path, generation: Generation) -> None:
    """Make a generation the one that counts. The caller holds the index's lock.

    Raises:
        OSError, MemwellError: it can't be written.
    """
    text = json.dumps({"settings": generation.settings, "segments": generation.segments})
    write_atomic(folder / _CURRENT, f"{_checksum(text)}\n{text}".encode(), folder)


def new_file(folder: Path) -> Path:
    """Name a file for a segment."""
    return folder / f"{os.urandom(8).hex()}{SUFFIX}"


def entry_of(file: Path) -> Entry:
    """Look at a segment's file.

    Raises:
        OSError: it is not there.
    """
    found = file.stat()
    return Entry(file.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def is_unchanged(folder: Path, entry: Entry) -> bool:
    """Say whether a segment's file looks as it did when it was written."""
    try:
        return entry_of(folder / entry.name) == entry
    except OSError:
        return False


def sweep(folder: Path, kept: Iterable[Entry]) -> None:
    """Delete the files of segments that no longer count. The caller holds the index's lock.

    Who still reads one goes on reading it; where a system does not allow that, the file stays for now.
    """
    names = {entry.name for entry in kept}
    for file in folder.glob(f"*{SUFFIX}"):
        if file.name not in names:
            with suppress(OSError):
                file.unlink()


def _is_ours(entry: Entry) -> bool:
    """Say whether an entry names a file beside `CURRENT`, as `new_file` does."""
    return isinstance(entry.name, str) and _NAME.fullmatch(entry.name) is not None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
