"""Bytes to and from the disk. A file holds what it held before or all of what was written, never part of it.

The order is: write a temporary file on the same file system, fsync it, rename it over the target, fsync the
folder. A crash before the rename leaves the old file and a stray temporary one; after it, the new file.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_engine.errors import StorageFailed, VaultDenied

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


def sha256_hex(data: bytes) -> str:
    """Name a revision: the SHA-256 of its bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def explained(where: str | Path) -> Iterator[None]:
    """Turn the system's refusal of what happens inside into an error that says where.

    Raises:
        VaultDenied: permission is missing or the file system is read-only.
        StorageFailed: the disk is full or broken, a name is too long and the like.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        kind = VaultDenied if error.errno in _DENIED else StorageFailed
        raise kind(str(where), reason) from error


@contextmanager
def staged(data: bytes, folder: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Give a durable temporary file that holds ``data``; whatever is left of it at the end is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(mode)  # the umask may have taken bits away from an existing note's mode
        yield path
    finally:
        path.unlink(missing_ok=True)


def commit(temporary: Path, target: Path) -> None:
    """Rename a staged file over ``target`` and make the name durable."""
    made = _make_folders(target.parent)
    temporary.replace(target)
    for folder in made:
        fsync_folder(folder)


def write_atomic(target: Path, data: bytes, temporary_folder: Path) -> None:
    """Write ``data`` to ``target``, whole or not at all, keeping the mode of a file that is there."""
    with staged(data, temporary_folder, mode=mode_of(target)) as temporary:
        commit(temporary, target)


def mode_of(path: Path) -> int:
    """Give the permission bits of a file; for a new one, what the umask leaves of 0666."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o666 & ~_umask()


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the platform can."""
    if os.name == "nt":  # Windows can't open a folder for this; the rename itself is journalled by NTFS
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folders(folder: Path) -> list[Path]:
    """Create ``folder`` and say which folders now hold a new name: its own, and each parent of a new one."""
    changed = [folder]
    missing = folder
    while not missing.exists():
        missing = missing.parent
        changed.append(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return changed


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
