"""Bytes to and from the disk. A file holds what it held before or all of what was written, never part of it.

The order is: write a temporary file on the same file system, fsync it, rename it over the target, fsync the
folder. A crash before the rename leaves the old file and a stray temporary one; after it, the new file.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vault_engine.errors import NotConfirmed, StorageFailed, VaultDenied

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
def staged(data: bytes, folder: Path, *, mode: int) -> Iterator[Path]:
    """Give a durable temporary file that holds ``data``; whatever is left of it at the end is removed.

    Raises:
        VaultDenied, StorageFailed: it can't be written.
    """
    path = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _write_new(path, data, mode)
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def commit(temporary: Path, target: Path) -> None:
    """Rename a staged file to ``target``, replacing what is there, and make the name durable.

    Raises:
        NotConfirmed: the file is in its place, but the disk did not confirm it.
        VaultDenied, StorageFailed: nothing was changed.
    """
    _rename(temporary, target, durable=[])


def move(source: Path, target: Path) -> None:
    """Rename a file and make both the new name and the loss of the old one durable. Raises as `commit` does."""
    _rename(source, target, durable=[source.parent])


def move_onto_itself(source: Path, target: Path) -> None:
    """Rename a file to a name that its disk takes for the same one, such as ``A.md`` to ``a.md``.

    Some disks do not take that in one step. The name in between is visible, so that no crash hides the note.
    Raises as `commit` does.
    """
    between = source.with_name(f"moving-{os.urandom(4).hex()}{source.suffix}")
    with explained(target):
        source.replace(between)
    try:
        move(between, target)
    except (VaultDenied, StorageFailed) as error:
        if not isinstance(error, NotConfirmed):
            with explained(source):
                between.replace(source)
        raise


def _rename(source: Path, target: Path, *, durable: list[Path]) -> None:
    with explained(target), ExitStack() as handles:
        # Opened before the rename: from then on, as little as possible may fail.
        folders = [handles.enter_context(_opened(folder)) for folder in _make_folders(target.parent) + durable]
        source.replace(target)
        try:
            for folder in folders:
                os.fsync(folder)
        except OSError as error:
            raise NotConfirmed(str(target), os.strerror(error.errno or 0)) from error


def write_atomic(target: Path, data: bytes, temporary_folder: Path) -> None:
    """Write ``data`` to ``target``, whole or not at all, keeping the mode of a file that is there.

    Raises:
        VaultDenied, StorageFailed: it is not there, or may not survive a power failure.
    """
    with staged(data, temporary_folder, mode=mode_of(target)) as temporary:
        try:
            commit(temporary, target)
        except NotConfirmed as error:
            raise StorageFailed(error.where, error.reason) from error


def mode_of(path: Path) -> int:
    """Give the permission bits of a file; for a new one, what the umask leaves of 0666."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o666 & ~_umask()


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the platform can."""
    with _opened(folder) as handle:
        os.fsync(handle)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)  # the umask may have taken bits away that an existing note has


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder for fsync. Windows can't; there the rename itself is journalled by the file system."""
    handle = os.open(os.devnull if os.name == "nt" else folder, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        yield handle
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
