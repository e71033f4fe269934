"""Bringing what came from another machine into the vault: any file, by the protocol by which notes are written.

Nothing is replaced or removed but for the bytes that were expected, and what a path may not lead to is refused.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from typing import NamedTuple, Protocol

from vault_engine.engine.session import Session
from vault_engine.errors import BadName, NoteChanged, NoteMissing
from vault_engine.vault.files import explained, sha256_hex
from vault_engine.vault.paths import check_path
from vault_engine.vault.place import CAN_SYNC_ALL, Place, look, place_of, read, remove, rename_new, sync_all
from vault_engine.vault.store import LOCAL, TMP, Vault
from vault_engine.vault.swap import Keep, Staged, confirm, put_new, put_over, wait_for_writer

_AT_ONCE = 500  # files that are staged together
_BYTES_AT_ONCE = 64 << 20
_GIT_OWN = re.compile(r"\.git[ .:]*|\.git[ .]*:.*|git~[0-9]+", re.IGNORECASE)
_EXECUTABLE = 0o111


class FileChange(NamedTuple):
    """What becomes of one file."""

    path: str
    before: str | None  # the name of what it holds; None: it is not there
    after: str | None  # of what it shall hold; None: it goes
    is_executable: bool = False


class Objects(Protocol):
    """Contents by name: those that another machine has sent, and those that a pull meets here."""

    @property
    def empty(self) -> str:
        """The name of no bytes."""

    def name(self, data: bytes) -> str:
        """Hold ``data`` and give its name."""

    def fetch(self, names: Iterable[str]) -> None:
        """Have these at hand.

        Raises:
            MemwellError: one is missing or damaged.
        """

    def read(self, name: str) -> bytes:
        """Give what a name stands for."""

    def sha256(self, name: str) -> str:
        """Give the SHA-256 of what a name stands for."""


class AnyFiles(Vault):
    """The files of a vault that need not be notes: attachments, settings of editors, what is in ``.memwell``."""

    def place(self, path: str, *, create: bool = False) -> Place:
        """Hold the folder of a file open, for a ``with``."""
        return place_of(self.root, check_file(path), create=create)

    def take_away(self, path: str, before: str, keep: Keep) -> None:
        """Remove a file that holds the bytes of the SHA-256 ``before``; that it is not there is fine.

        Raises:
            NoteChanged: it holds something else, and still does.
            NoteOpen: a program has it open for writing.
        """
        into = f"{LOCAL}/{TMP}/{self.temporary_name(path)}"
        with explained(path):
            try:
                with self.place(path) as place, place_of(self.memwell_dir, into, create=True) as temporary:
                    wait_for_writer(place, path)
                    rename_new(place, temporary)
                    try:
                        data = read(temporary)
                    except BaseException:
                        rename_new(temporary, place)
                        raise
                    if (found := sha256_hex(data)) != before:
                        keep(data)
                        with suppress(FileExistsError):  # it was saved anew meanwhile
                            rename_new(temporary, place)
                        raise NoteChanged(path, before, found)
                    remove(temporary)
                    if not CAN_SYNC_ALL:
                        confirm(path, place)
            except (FileNotFoundError, NotADirectoryError):
                return
        self._remove_empty_folders(path)

    def sync_everything(self) -> None:
        """Make all that was done durable, where that is one step; else each step was."""
        with explained(self.root), place_of(self.memwell_dir, f"{LOCAL}/{TMP}/-", create=True) as temporaries:
            sync_all(temporaries)

    def _put(self, staged: Staged, target: Place, path: str, before: str, keep: Keep) -> None:
        if before:
            put_over(staged, target, path, before, keep, self.spare_dir)
        else:
            put_new(staged, target, path)
        if not CAN_SYNC_ALL:
            confirm(path, target)

    def _remove_empty_folders(self, path: str) -> None:
        """Do as git does, which knows no empty folders."""
        folder = (self.root / path).parent
        with suppress(OSError):
            while folder != self.root and not folder.is_symlink():
                folder.rmdir()
                folder = folder.parent


def check_file(path: str) -> str:
    """Return ``path`` if it may name a file that comes from another machine.

    Raises:
        BadName: it leads out of the vault, into git's own folder or to what belongs to this machine alone.
    """
    parts = path.split("/")
    if any(_GIT_OWN.fullmatch(part) for part in parts):
        raise BadName(path[:200], "it belongs to git")
    if path.casefold().startswith(".memwell/local/") or path.casefold() in (".memwell", ".memwell/local"):
        raise BadName(path[:200], "it belongs to one machine")
    check_path("/".join(part.lstrip(".") for part in parts) + ".md")
    return path


def read_file(files: AnyFiles, path: str) -> bytes | None:
    """Give the bytes of a file, None if it is not there.

    Raises:
        BadName: the path is none that a file may have, or leads over a link.
        VaultDenied: it can't be read.
    """
    try:
        return files.read(path)
    except NoteMissing:
        return None


def apply(session: Session, files: AnyFiles, changes: Sequence[FileChange], objects: Objects) -> None:
    """Make the changes, durably: what is new first, so that a text on its way to another path is never gone.

    Raises:
        NoteChanged: a file holds something else by now. It still does; what came before it in the list was done.
        MemwellError: as the vault says it.
    """
    writes = iter([change for change in changes if change.after is not None])
    while chunk := _chunk(writes, objects):
        with ExitStack() as stack:
            staged: list[tuple[FileChange, Staged]] = []
            for change, data in chunk:
                file = stack.enter_context(files.staged(change.path, data, sync=not CAN_SYNC_ALL))
                file.let_go()  # who has a file open for writing is taken for somebody else
                staged.append((change, file))
            files.sync_everything()
            for change, file in staged:
                before = objects.sha256(change.before) if change.before is not None else ""
                files.put(file, change.path, before, _keep(session))
                _set_executable(files, change)
    for change in changes:
        if change.after is None and change.before is not None:
            files.take_away(change.path, objects.sha256(change.before), _keep(session))
    files.sync_everything()


def _keep(session: Session) -> Keep:
    def keep(data: bytes) -> None:
        session.revisions.put(data)

    return keep


def _chunk(writes: Iterable[FileChange], objects: Objects) -> list[tuple[FileChange, bytes]]:
    """Take some of the writes that are left, with what they write."""
    found: list[tuple[FileChange, bytes]] = []
    size = 0
    for change in islice(writes, _AT_ONCE):
        found.append((change, objects.read(change.after or "")))
        size += len(found[-1][1])
        if size >= _BYTES_AT_ONCE:
            break
    return found


def _set_executable(files: AnyFiles, change: FileChange) -> None:
    """Let a file be run, or not, as it is with its owner elsewhere; where that can't be, it is as it is."""
    if os.name == "nt":
        return
    with suppress(OSError), files.place(change.path) as place:
        found = look(place)
        if found is None or bool(found.st_mode & stat.S_IXUSR) == change.is_executable:
            return
        handle = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=place.handle)
        try:
            mode = stat.S_IMODE(found.st_mode)
            readable = (mode & 0o444) >> 2
            os.fchmod(handle, mode | readable if change.is_executable else mode & ~_EXECUTABLE)
        finally:
            os.close(handle)
