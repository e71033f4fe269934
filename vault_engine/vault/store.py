"""One vault's notes on disk: read, write, move, archive, restore. The caller holds the lock while it writes."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from vault_engine.errors import BadName, NameTaken, NoteExists, NoteMissing, VaultMissing
from vault_engine.vault.files import commit, explained, mode_of, move, move_onto_itself, sha256_hex, staged
from vault_engine.vault.lock import Lock
from vault_engine.vault.paths import check_path, placeholder_of
from vault_engine.vault.walk import Walk, walk

ARCHIVE = "archive"
CANVAS = ".canvas"
LOCAL = "local"


class Vault:
    """The files of one vault. Paths are vault-relative; each is checked before it meets the disk."""

    def __init__(self, root: Path, memwell_dir: Path) -> None:
        self.root = root
        self.memwell_dir = memwell_dir
        self.local_dir = memwell_dir / LOCAL
        self.archive_dir = memwell_dir / ARCHIVE
        self.lock = Lock(self.local_dir / "lock")

    def walk(self) -> Walk:
        """List every file of the vault.

        Raises:
            VaultMissing: the folder is gone (an unmounted drive, say), which is not the same as empty.
        """
        if not self.root.is_dir():
            raise VaultMissing(str(self.root), "is not there any more")
        return walk(self.root)

    def read(self, path: str) -> bytes:
        """Give the bytes of a note.

        Raises:
            BadName: the path is none that a note may have.
            NoteMissing: there is no such file.
            VaultDenied: the file may not be read.
        """
        file = self._locate(path)
        with explained(path):
            try:
                return file.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise NoteMissing(path) from None

    def revision_of(self, path: str) -> str:
        """Give the SHA-256 of a note as it is now, "" when it is not there."""
        try:
            return sha256_hex(self.read(path))
        except NoteMissing:
            return ""

    def staged(self, path: str, data: bytes) -> AbstractContextManager[Path]:
        """Give a durable temporary file with ``data`` and the mode of the note at ``path``, to `commit`."""
        return staged(data, self.local_dir / "tmp", mode=mode_of(self._locate(path)))

    def commit(self, temporary: Path, path: str) -> None:
        """Put a staged file in the place of the note at ``path``, durably."""
        commit(temporary, self._locate(path))

    def check_free(self, path: str, mover: str) -> None:
        """Check that the note at ``mover`` can have ``path`` without touching another file.

        Raises:
            NameTaken: a file is there, or iCloud keeps one there that is not on this device.
        """
        file = self._locate(path)
        with explained(path):
            if os.path.lexists(self.root / placeholder_of(path)):
                raise NameTaken(path, "iCloud keeps a file there that is not on this device")
            if os.path.lexists(file) and not _is_one_entry(self._locate(mover), file):
                raise NameTaken(path, "a file is there")

    def move(self, path: str, to: str) -> None:
        """Give a note another path.

        Raises:
            NameTaken: a file has that path.
        """
        self.check_free(to, path)
        source, target = self._locate(path), self._locate(to)
        rename = move_onto_itself if os.path.lexists(target) else move
        rename(source, target)

    def archive(self, path: str, archived: str) -> None:
        """Move a note into the archive, under the name that `free_archive_name` gave."""
        move(self._locate(path), self.archive_dir / archived)

    def restore(self, archived: str, path: str) -> None:
        """Move an archived note back to ``path``.

        Raises:
            NoteExists: another note has that path now.
        """
        target = self._locate(path)
        if target.exists():
            raise NoteExists(path, self.revision_of(path), "restoring would replace it")
        move(self.archive_dir / check_path(archived), target)

    def read_archived(self, archived: str) -> bytes:
        """Give the bytes of an archived note, by its name in the archive."""
        with explained(archived):
            return (self.archive_dir / check_path(archived)).read_bytes()

    def archived(self) -> list[str]:
        """List the archive's names: the path a note had, with `` (2)`` and so on from the second of one path."""
        return sorted(_files_below(self.archive_dir))

    def free_archive_name(self, path: str) -> str:
        """Give the name under which the note at ``path`` can be archived without replacing an older one."""
        stem = path[: -len(".md")]
        name, count = path, 1
        while (self.archive_dir / name).exists():
            count += 1
            name = f"{stem} ({count}).md"
        return name

    def _locate(self, path: str) -> Path:
        """Say where a note is, or a canvas, refusing a path that a symbolic link leads out of the vault."""
        check_path(f"{path}.md" if path.lower().endswith(CANVAS) else path)
        file = self.root / path
        if file.is_symlink() or not _is_inside(file.parent, self.root):
            raise BadName(path, "a symbolic link leads out of the vault or to another note")
        return file


def _is_inside(folder: Path, root: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def _is_one_entry(file: Path, other: Path) -> bool:
    """Whether both paths mean one name in one folder, on a disk that does not tell its spellings apart."""
    return other.samefile(file) and all(one.name != other.name for one in other.parent.iterdir())


def _files_below(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.suffix.lower() == ".md" and file.is_file():
            yield file.relative_to(folder).as_posix()
