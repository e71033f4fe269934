"""Files of our own, whole or not at all. How a note is written stands in `store` and `swap`.

The order is: write a temporary file on the same file system, fsync it, rename it over the target, fsync the
folder. A crash before the rename leaves the old file and a stray temporary one; after it, the new file.
"""

import errno
import hashlib
import os
import stat
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from types import TracebackType

from vault_engine.config import MEMWELL_DIR
from vault_engine.errors import StorageFailed, VaultDenied, VaultMissing

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_SUCH_THING = (errno.EINVAL, errno.ENOTSUP)  # a file system that syncs no folders


def sha256_hex(data: bytes) -> str:
    """Name a revision: the SHA-256 of its bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class explained:  # noqa: N801 - reads as a word in a `with`; a class, because a write enters ten of them
    """Turn the system's refusal of what happens inside into an error that says where.

    Raises:
        VaultDenied: permission is missing or the file system is read-only.
        StorageFailed: the disk is full or broken, a name is too long and the like.
    """

    __slots__ = ("_where",)

    def __init__(self, where: str | Path) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, OSError):
            raise refusal(self._where, error) from error


def refusal(where: str | Path, error: OSError) -> VaultDenied | StorageFailed:
    """Say where the system has refused something; for what is done too often for `explained`."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    kind = VaultDenied if error.errno in _DENIED else StorageFailed
    return kind(str(where), reason)


def write_atomic(target: Path, data: bytes, temporary_folder: Path, *, mode: int | None = None) -> None:
    """Write ``data`` to a file of our own, whole or not at all.

    Args:
        target: the file; its folder is made if need be.
        data: what it shall hold.
        temporary_folder: on the same file system.
        mode: its permissions; without it those of the file that is there.

    Raises:
        VaultDenied, StorageFailed: it is not there, or may not survive a power failure.
    """
    temporary = temporary_folder / f"{os.getpid()}-{os.urandom(8).hex()}"
    with explained(target):
        try:
            make_folder(temporary_folder)
            make_folder(target.parent)
            _write_new(temporary, data, _mode_of(target) if mode is None else mode)
            temporary.replace(target)
            fsync_folder(target.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder and those above it, durably; what is there already is fine.

    Raises:
        VaultMissing: a vault's own folder would be among them. A vault that is gone, with its drive or by another
            name, shall not seem to be there and empty.
    """
    missing = list(takewhile(lambda each: not each.is_dir(), (folder, *folder.parents)))
    for each in missing:
        if each.name == MEMWELL_DIR:
            raise VaultMissing(str(each.parent), "is not there any more")
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)  # another process may be faster
        fsync_folder(each.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can: Windows opens no folder, and journals renames."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SUCH_THING:
            raise
    finally:
        os.close(handle)


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _write_new(path: Path, data: bytes, mode: int | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        path.chmod(mode)  # the umask may have taken bits away that the file has
