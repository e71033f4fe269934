"""One vault's notes on disk: read, write, move, archive, restore. The caller holds the lock while it writes.

No path is used twice: each file is reached through its folder, held open, and no symbolic link is followed.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from vault_engine.errors import (
    BadName,
    NameTaken,
    NoteChanged,
    NoteDamaged,
    NoteExists,
    NoteMissing,
    NoteOpen,
    VaultDenied,
    VaultMissing,
)
from vault_engine.vault.beneath import NO_HANDLE
from vault_engine.vault.files import explained, make_folder, sha256_hex
from vault_engine.vault.lock import Lock
from vault_engine.vault.many import Many
from vault_engine.vault.paths import check_path, placeholder_of
from vault_engine.vault.place import (
    Place,
    begin_new,
    can_exchange,
    finish_new,
    has_writer,
    look,
    place_of,
    read,
    remove,
    rename_new,
)
from vault_engine.vault.swap import Keep, Staged, confirm, put_new, put_over, wait_for_writer
from vault_engine.vault.walk import Walk, walk

ARCHIVE = "archive"
CANVAS = ".canvas"
LOCAL = "local"
TMP = "tmp"
SPARE = "displaced"

_ENDING = re.compile(r"\.\w+\Z")
_MARK = ".note"  # ends the names of temporary files of notes


class Vault:
    """The files of one vault. Paths are vault-relative; each is checked before it meets the disk."""

    def __init__(self, root: Path, memwell_dir: Path) -> None:
        self.root = root
        self.memwell_dir = memwell_dir
        self.local_dir = memwell_dir / LOCAL
        self.archive_dir = memwell_dir / ARCHIVE
        self.spare_dir = self.local_dir / SPARE
        self.lock = Lock(self.local_dir / "lock")

    def walk(self, below: str = "") -> Walk:
        """List every file of the vault, or those ``below`` one of its folders.

        Raises:
            VaultMissing: the folder is gone (an unmounted drive, say), which is not the same as empty.
        """
        if not self.root.is_dir():
            raise VaultMissing(str(self.root), "is not there any more")
        return walk(self.root, below)

    def read(self, path: str) -> bytes:
        """Give the bytes of a note.

        Raises:
            BadName: the path is none that a note may have.
            NoteMissing: there is no such file.
            VaultDenied: the file may not be read.
        """
        with explained(path):
            try:
                with self.place(path) as place:
                    return read(place)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise NoteMissing(path) from None

    def has(self, path: str) -> bool:
        """Say whether anything is at ``path``."""
        with explained(path), suppress(FileNotFoundError, NotADirectoryError), self.place(path) as place:
            return look(place) is not None
        return False

    def revision_of(self, path: str) -> str:
        """Give the SHA-256 of a note as it is now, "" when it is not there."""
        try:
            return sha256_hex(self.read(path))
        except NoteMissing:
            return ""

    @contextmanager
    def staged(self, path: str, data: bytes, *, sync: bool = True) -> Iterator[Staged]:
        """Give a temporary file with ``data`` and everything that the note at ``path`` has beside its text.

        Whatever is left of it at the end is removed.

        Args:
            path: the note.
            data: what it shall hold.
            sync: make the file durable, and hold nothing but its folder. Else that is for the caller, by
                `Staged.sync`, and the note's folder is held as well, where there is one.

        Raises:
            NoteDamaged: the note has another name elsewhere, which would go on naming the old text.
            NameTaken: a folder has the note's path.
            VaultDenied, StorageFailed: it can't be written, or the note may not be.
        """
        into = f"{LOCAL}/{TMP}/{self.temporary_name(path)}"
        with explained(path), place_of(self.memwell_dir, into, create=True) as temporary:
            staged = Staged(temporary, sha256_hex(data), self._place_if_there(path))
            try:
                staged.handle = self._begin(temporary, staged.target, path, data)
                if sync:
                    staged.sync(path)
                    staged.let_go()
                yield staged
            finally:
                staged.let_go()
                if staged.holds_ours:
                    with suppress(OSError):
                        remove(temporary)

    def put(self, staged: Staged, path: str, before: str, keep: Keep) -> None:
        """Put a staged file in the place of the note that holds the revision ``before``; "" for a new note.

        Raises as `swap.put_new` and `swap.put_over` do.

        Raises:
            NotConfirmed: it was done, but the disk did not confirm it.
        """
        with explained(path):
            if staged.target and staged.target.path == path:
                self._put(staged, staged.target, path, before, keep)
            else:
                with self.place(path, create=not before) as target:
                    self._put(staged, target, path, before, keep)

    def _put(self, staged: Staged, target: Place, path: str, before: str, keep: Keep) -> None:
        if before:
            put_over(staged, target, path, before, keep, self.spare_dir)
        else:
            put_new(staged, target, path)
        confirm(path, target)

    def put_beside(self, path: str, data: bytes, kind: str) -> str:
        """Write a conflict copy next to a note, unless it is there already; give its path.

        Args:
            path: the note.
            data: what the copy shall hold.
            kind: what its name says of it, in a form that `conflict_base` knows.

        Raises as `staged` and `put` do.
        """
        ending = _ENDING.search(path)
        stem, suffix = (path[: ending.start()], ending[0]) if ending else (path, "")
        for number in count(1):
            copy = f"{stem} ({kind}{f' {number}' if number > 1 else ''}){suffix}"
            found = self.revision_of(copy)
            if found == sha256_hex(data):
                return copy
            if not found:
                break
        with self.staged(copy, data) as staged:
            self.put(staged, copy, "", lambda _data: None)
        return copy

    def check_free(self, path: str, mover: str) -> None:
        """Check that the note at ``mover`` can have ``path`` without touching another file.

        Raises:
            NameTaken: a file is there, or iCloud keeps one there that is not on this device.
        """
        root = str(self.root)
        with explained(path):
            found = _lstat(f"{root}/{_checked(path)}")
            if found and stat.S_ISLNK(found.st_mode):
                raise BadName(path, "a symbolic link is there")
            if _lstat(f"{root}/{placeholder_of(path)}"):
                raise NameTaken(path, "iCloud keeps a file there that is not on this device")
            if found and not _is_one_entry(self.root / _checked(mover), self.root / path):
                raise NameTaken(path, "a file is there")

    def move(self, path: str, to: str) -> None:
        """Give a note another path.

        Raises:
            NameTaken: a file has that path.
            NoteMissing: there is no such note.
            NotConfirmed: it was done, but the disk did not confirm it.
            VaultDenied, StorageFailed: nothing was changed.
        """
        self.check_free(to, path)
        is_same_entry = os.path.lexists(self.root / to)
        with explained(path), self.place(path) as source, self.place(to, create=True) as target:
            if is_same_entry:
                _rename_onto_itself(source, target)
            else:
                _rename(source, target, path, to)
            confirm(path, target, source)

    def archive(self, path: str, archived: str, before: str) -> None:
        """Move a note into the archive, under the name that `free_archive_name` gave.

        Raises:
            NoteChanged: the note does not hold the revision ``before``. It still is where it was.
            NoteOpen: a program has the note open for writing.
            NameTaken: the archive has a note of that name by now.
            NoteMissing: there is no such note.
            NotConfirmed: it was done, but the disk did not confirm it.
            VaultDenied, StorageFailed: nothing was changed.
        """
        into = f"{ARCHIVE}/{_checked(archived)}"
        with (
            explained(path),
            self.place(path) as source,
            place_of(self.memwell_dir, into, create=True) as target,
        ):
            with suppress(FileNotFoundError):  # which the rename says better
                wait_for_writer(source, path)
            _rename(source, target, path, into)
            try:
                is_open, found = has_writer(target), sha256_hex(read(target))
            except BaseException:
                rename_new(target, source)
                raise
            if is_open or found != before:
                with suppress(FileExistsError):  # else it was saved anew meanwhile; what was there stays in the archive
                    rename_new(target, source)
                raise NoteOpen(path) if found == before else NoteChanged(path, before, self.revision_of(path))
            confirm(path, target, source)

    def restore(self, archived: str, path: str) -> None:
        """Move an archived note back to ``path``.

        Raises:
            NoteExists: another note has that path now.
            NoteMissing: the archive has no such note.
            NotConfirmed: it was done, but the disk did not confirm it.
            VaultDenied, StorageFailed: nothing was changed.
        """
        _checked(path)
        self.read_archived(archived)  # before a folder is made for it
        out_of = f"{ARCHIVE}/{archived}"
        with explained(path), place_of(self.memwell_dir, out_of) as source, self.place(path, create=True) as target:
            try:
                _rename(source, target, out_of, path)
            except NameTaken:
                raise NoteExists(path, self.revision_of(path), "restoring would replace it") from None
            confirm(path, target, source)

    def read_archived(self, archived: str) -> bytes:
        """Give the bytes of an archived note, by its name in the archive.

        Raises:
            NoteMissing: the archive has no such note.
        """
        with explained(archived):
            try:
                with place_of(self.memwell_dir, f"{ARCHIVE}/{_checked(archived)}") as place:
                    return read(place)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise NoteMissing(archived, where="the archive") from None

    def archived(self) -> list[str]:
        """List the archive's names: the path a note had, with `` (2)`` and so on from the second of one path."""
        return sorted(_files_below(self.archive_dir))

    def is_archived(self, archived: str) -> bool:
        """Say whether the archive has a note of that name."""
        return os.path.lexists(self.archive_dir / _checked(archived))

    def free_archive_name(self, path: str, taken: Collection[str] = ()) -> str:
        """Give the name under which the note at ``path`` can be archived without replacing an older one.

        None of those ``taken``, which other notes are about to have.
        """
        stem = path[: -len(".md")]
        name, count = path, 1
        while name in taken or os.path.lexists(self.archive_dir / name):
            count += 1
            name = f"{stem} ({count}).md"
        return name

    def erase_archived(self, archived: str) -> None:
        """Delete a note from the archive, for good; that it is not there is fine."""
        out_of = f"{ARCHIVE}/{_checked(archived)}"
        with (
            explained(archived),
            suppress(FileNotFoundError, NotADirectoryError),
            place_of(self.memwell_dir, out_of) as place,
        ):
            remove(place)
            confirm(archived, place)

    def exchanges(self) -> bool:
        """Say whether the vault's file system can let two files change places, which no save can slip through."""
        with suppress(OSError):  # it may be read-only
            make_folder(self.local_dir / TMP)
        return can_exchange(self.local_dir / TMP)

    def temporaries(self) -> list[Path]:
        """List the temporary files of processes that are no more. Only while holding the lock."""
        try:
            found = list((self.local_dir / TMP).iterdir())
        except OSError:
            return []
        return sorted(file for file in found if not _is_in_use(file.name))

    @contextmanager
    def many(self) -> Iterator[Many]:
        """Write many notes with one sync; see `Many`."""
        with (
            explained(self.local_dir),
            place_of(self.memwell_dir, f"{LOCAL}/{TMP}/-", create=True) as folder,
            ExitStack() as held,
        ):
            many = Many(self, folder, held)
            try:
                yield many
            finally:
                many.clear()

    # ---- for `Many`

    def place(self, path: str, *, create: bool = False) -> Place:
        """Hold the folder of a note open, for a ``with``."""
        return place_of(self.root, _checked(path), create=create)

    def temporary_name(self, path: str) -> str:
        """Give a new name for a temporary file for the note at ``path``."""
        return f"{os.getpid()}-{os.urandom(8).hex()}-{mark_of(path)}"

    def stage(self, temporary: Place, path: str, data: bytes, *, sync: bool, is_new: bool = False) -> None:
        """Write a temporary file with everything that the note at ``path`` has beside its text.

        A note that ``is_new`` is not looked for.
        """
        note = None if is_new else self._place_if_there(path)
        _checked(path)
        try:
            finish_new(temporary, self._begin(temporary, note, path, data), sync=sync)
        finally:
            if note:
                note.close()

    def _place_if_there(self, path: str) -> Place | None:
        try:
            return self.place(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _begin(self, temporary: Place, note: Place | None, path: str, data: bytes) -> int:
        """Write a temporary file for a note, which may not be there, and give its handle."""
        with suppress(FileNotFoundError):  # it has gone meanwhile: who puts the file in its place finds that out
            if note and (found := look(note)):
                _check_may_replace(path, note, found)
                return begin_new(temporary, data, mode=stat.S_IMODE(found.st_mode), like=note)
        return begin_new(temporary, data, mode=None)


def mark_of(path: str) -> str:
    """Give what the name of a temporary file for the note at ``path`` ends with."""
    return f"{sha256_hex(path.encode())[:16]}{_MARK}"


def _checked(path: str) -> str:
    """Check the path of a note or a canvas."""
    check_path(f"{path}.md" if path.lower().endswith(CANVAS) else path)
    return path


def _check_may_replace(path: str, note: Place, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise BadName(path, "a symbolic link leads out of the vault or to another note")
    if stat.S_ISDIR(found.st_mode):
        raise NameTaken(path, "a folder is there")
    if found.st_nlink > 1:
        raise NoteDamaged(path, "it has another name elsewhere (a hard link), which a change would cut off")
    if not _may_write(note):
        raise VaultDenied(path, "it is read-only")


def _may_write(note: Place) -> bool:
    if note.handle == NO_HANDLE:
        return os.access(note.file, os.W_OK)
    return os.access(note.name, os.W_OK, dir_fd=note.handle, effective_ids=os.access in os.supports_effective_ids)


def _rename(source: Place, target: Place, path: str, to: str) -> None:
    try:
        rename_new(source, target)
    except FileExistsError:
        raise NameTaken(to, "a file is there") from None
    except FileNotFoundError:
        raise NoteMissing(path) from None


def _rename_onto_itself(source: Place, target: Place) -> None:
    """Rename a file to a name that its disk takes for the same one, such as ``A.md`` to ``a.md``.

    Some disks do not take that in one step. The name in between is visible, so that no crash hides the note.
    """
    between = Place(source.folder, f"moving-{os.urandom(4).hex()}.md", source.handle)
    rename_new(source, between)
    try:
        rename_new(between, target)
    except FileExistsError:  # it has appeared just now
        rename_new(between, source)
        raise NameTaken(target.path, "a file is there") from None
    except OSError:
        rename_new(between, source)
        raise


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_one_entry(file: Path, other: Path) -> bool:
    """Whether both paths mean one name in one folder, on a disk that does not tell its spellings apart."""
    return other.samefile(file) and all(one.name != other.name for one in other.parent.iterdir())


def _is_in_use(name: str) -> bool:
    """Say whether a temporary file belongs to a process that lives and is not this one.

    Where that can't be told, those of notes belong to nobody: they are written by who holds the lock.
    """
    pid = name.partition("-")[0]
    if not pid.isdecimal() or os.name == "nt":
        return not name.endswith(_MARK)
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return int(pid) != os.getpid()


def _files_below(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.suffix.lower() == ".md" and file.is_file() and not file.is_symlink():
            yield file.relative_to(folder).as_posix()
