"""Which files the vault holds now, with the signature that tells whether one has changed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vault_engine.vault.paths import is_conflict_copy, is_ignored, is_note

LOGSEQ_FOLDER = "logseq"


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


def walk(root: Path) -> Walk:
    """List the vault. Hidden and junk names, symbolic links and Logseq's own folder are not part of it."""
    notes: dict[str, Signature] = {}
    others: list[str] = []
    copies: list[str] = []
    unreadable: list[str] = []
    for path, entry in _files(root, unreadable):
        if is_conflict_copy(path):
            copies.append(path)
        elif is_note(path):
            if signature := _signature(entry):
                notes[path] = signature
        else:
            others.append(path)
    return Walk(notes, tuple(others), tuple(copies), tuple(unreadable))


def signature_of(path: Path) -> Signature:
    """Look at one file.

    Raises:
        OSError: it is not there or may not be looked at.
    """
    return _as_signature(path.stat(follow_symlinks=False))


def _files(root: Path, unreadable: list[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            entries = list(os.scandir(f"{root}/{prefix}"))
        except OSError:
            unreadable.append(prefix or ".")
            continue
        for entry in entries:
            path = prefix + entry.name
            if is_ignored(entry.name) or entry.is_symlink():
                continue
            if not _is_text(entry.name):
                unreadable.append(ascii(path))
                continue
            if entry.is_dir(follow_symlinks=False):
                if not _is_logseq_own(path, entry):
                    folders.append(path + "/")
            elif entry.is_file(follow_symlinks=False):
                yield path, entry


def _is_text(name: str) -> bool:
    """Say whether a name is Unicode; Linux allows any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_logseq_own(path: str, entry: os.DirEntry[str]) -> bool:
    return path == LOGSEQ_FOLDER and (Path(entry.path) / "config.edn").exists()


def _signature(entry: os.DirEntry[str]) -> Signature | None:
    try:
        return _as_signature(entry.stat(follow_symlinks=False))
    except OSError:  # gone between the listing and the look
        return None


def _as_signature(found: os.stat_result) -> Signature:
    return Signature(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
