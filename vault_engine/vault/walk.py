"""Which files the vault holds now, with the signature that tells whether one has changed."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vault_engine.vault.paths import NOTE_SUFFIX, evicted_name, is_conflict_copy, is_ignored

LOGSEQ_FOLDER = "logseq"

_DATALESS_FLAGS = 0x40000000  # SF_DATALESS of macOS
_DATALESS_ATTRIBUTES = 0x400000 | 0x1000  # FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS and _OFFLINE of Windows
_TELLS_DATALESS = hasattr(os.stat_result, "st_flags") or hasattr(os.stat_result, "st_file_attributes")


class Signature(NamedTuple):
    """What the file system says of a file without opening it. ``ctime_ns`` catches a copied-back mtime."""

    size: int  # bytes
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Walk:
    """One look at the whole vault; paths are vault-relative with ``/``."""

    notes: dict[str, Signature]
    others: tuple[str, ...]  # attachments, canvases …: what links may also point to
    conflict_copies: tuple[str, ...]
    unreadable: tuple[str, ...]  # folders that could not be listed, names that are no text
    placeholders: tuple[str, ...] = ()  # files moved off the disk: not gone, and not to be opened unasked

    def with_below(self, folder: str, found: "Walk") -> "Walk":
        """Give this look with what a later one at a folder has found there; the folder may have been a file."""

        def is_elsewhere(path: str) -> bool:
            return path != folder and not path.startswith(f"{folder}/")

        return Walk(
            {path: seen for path, seen in self.notes.items() if is_elsewhere(path)} | found.notes,
            (*filter(is_elsewhere, self.others), *found.others),
            (*filter(is_elsewhere, self.conflict_copies), *found.conflict_copies),
            (*(path for path in self.unreadable if is_elsewhere(path.rstrip("/"))), *found.unreadable),
            (*filter(is_elsewhere, self.placeholders), *found.placeholders),
        )


def walk(root: Path, below: str = "") -> Walk:
    """List the vault, or what is ``below`` one of its folders; nothing if that is not there.

    Hidden and junk names, symbolic links and Logseq's own folder are not part of it.
    """
    notes: dict[str, Signature] = {}
    others: list[str] = []
    copies: list[str] = []
    unreadable: list[str] = []
    evicted: list[str] = []
    for path, entry in _files(root, below, unreadable, evicted):
        if is_conflict_copy(path):
            copies.append(path)
        elif not path.lower().endswith(NOTE_SUFFIX):
            others.append(path)
        elif found := _look(entry):
            if _TELLS_DATALESS and is_dataless(found):
                evicted.append(path)
            else:
                notes[path] = Signature(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if evicted:  # a file may be back while its placeholder has stayed
        evicted = sorted(set(evicted) - notes.keys() - set(others) - set(copies))
    return Walk(notes, tuple(others), tuple(copies), tuple(unreadable), tuple(evicted))


def signature_of(path: Path) -> Signature:
    """Look at one file.

    Raises:
        OSError: it is not there or may not be looked at.
    """
    return _as_signature(path.stat(follow_symlinks=False))


def is_dataless(found: os.stat_result) -> bool:
    """Say whether a cloud holds the file's content and reading it would download it."""
    flags, attributes = getattr(found, "st_flags", 0), getattr(found, "st_file_attributes", 0)
    return bool(flags & _DATALESS_FLAGS or attributes & _DATALESS_ATTRIBUTES)


def _files(root: Path, below: str, unreadable: list[str], evicted: list[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    folders = [f"{below}/"] if below else [""]
    if below and not _is_part(root, below):
        return
    while folders:
        prefix = folders.pop()
        try:
            entries = list(os.scandir(f"{root}/{prefix}"))
        except OSError:
            unreadable.append(prefix or ".")
            continue
        for entry in entries:
            path = prefix + entry.name
            if is_ignored(entry.name):
                if (name := evicted_name(entry.name)) and _is_text(name) and entry.is_file(follow_symlinks=False):
                    evicted.append(prefix + name)
                continue
            if entry.is_symlink():
                continue
            if not _is_text(entry.name):
                unreadable.append(ascii(path))
                continue
            if entry.is_dir(follow_symlinks=False):
                if not _is_logseq_own(path, entry):
                    folders.append(path + "/")
            elif entry.is_file(follow_symlinks=False):
                yield path, entry


def _is_part(root: Path, folder: str) -> bool:
    """Say whether a folder is there and is part of the vault, as are those it is in."""
    names = folder.split("/")
    if any(is_ignored(name) or not _is_text(name) for name in names):
        return False
    if names[0] == LOGSEQ_FOLDER and (root / LOGSEQ_FOLDER / "config.edn").exists():
        return False
    parents = ("/".join(names[:count]) for count in range(1, len(names) + 1))
    try:
        return all(stat.S_ISDIR(os.lstat(f"{root}/{parent}").st_mode) for parent in parents)
    except OSError:
        return False


def _is_text(name: str) -> bool:
    """Say whether a name is Unicode; Linux allows any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_logseq_own(path: str, entry: os.DirEntry[str]) -> bool:
    return path == LOGSEQ_FOLDER and (Path(entry.path) / "config.edn").exists()


def _look(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:  # gone between the listing and the look
        return None


def _as_signature(found: os.stat_result) -> Signature:
    return Signature(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
