"""Opening a folder strictly beneath another one, so that no symbolic link on the way leads elsewhere.

To check a path and then to use it leaves a moment in which a folder can become a link. Here the kernel resolves and
checks in one step (``openat2``, Linux), or each folder is opened from within the one above it, links refused. The
handle that results means the folder itself, whatever its path leads to later. Windows has no such handles: there
the path is checked as well as can be.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from vault_engine.errors import BadName

NO_HANDLE = -1

_HAS_HANDLES = os.open in os.supports_dir_fd
# Android ends a program that makes a system call its list does not know.
_HAS_OPENAT2 = sys.platform == "linux" and not hasattr(sys, "getandroidapilevel")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_OPENAT2 = 437  # the number of the system call, the same on all of Linux's architectures but one, where it fails
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_HOW = struct.pack("=QQQ", _FOLDER, 0, _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH)  # flags, mode, resolve
# An old kernel; a sandbox that knows no openat2; a folder was renamed just then, and the kernel does not say more.
_TRY_OTHERWISE = (errno.ENOSYS, errno.EPERM, errno.EAGAIN)
_NO_NAMES = frozenset({"", ".", ".."})
_LINK = "a symbolic link leads out of the vault or to another note"


def open_folder_of(root: Path, path: str, *, create: bool = False) -> int:
    """Open the folder that holds ``path``, which is relative to ``root``, and give its handle for the caller to close.

    ``root`` itself may be reached through links. With ``create``, missing folders are made, durably.

    Returns:
        The handle, `NO_HANDLE` where the platform has none for folders.

    Raises:
        BadName: a symbolic link is on the way, or the path is not one beneath ``root``.
        OSError: as the system says it, FileNotFoundError where a folder is missing.
    """
    folders = path.split("/")
    if "\0" in path or not _NO_NAMES.isdisjoint(folders):
        raise BadName(path, "it is no path beneath the vault")
    folders.pop()
    if not _HAS_HANDLES:
        _check_whole(root, path, create)
        return NO_HANDLE
    handle = os.open(root, _FOLDER)
    if not folders:
        return handle
    try:
        return _open(handle, folders, create)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EXDEV, errno.EMLINK) or _is_link_among(handle, folders):
            raise BadName(path, _LINK) from error
        raise
    finally:
        os.close(handle)


def sync_handle(handle: int) -> None:
    """Make the names in an open folder durable; without effect where the file system has no such thing."""
    if handle == NO_HANDLE:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _open(root: int, folders: list[str], create: bool) -> int:
    try:
        return _openat2(root, "/".join(folders))
    except FileNotFoundError:
        if not create:
            raise
    except OSError as error:
        if error.errno not in _TRY_OTHERWISE:
            raise
    return _walk(root, folders, create)


def _walk(root: int, folders: list[str], create: bool) -> int:
    """Open one folder from within the other, making those that are missing."""
    handle = os.dup(root)
    for folder in folders:
        above = handle
        try:
            handle = _step(above, folder, create)
        finally:
            os.close(above)
    return handle


def _step(above: int, folder: str, create: bool) -> int:
    try:
        return os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):  # another process was faster; that it has synced already can't be known
        os.mkdir(folder, dir_fd=above)
    sync_handle(above)
    return os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=above)


def _is_link_among(root: int, folders: list[str]) -> bool:
    """Say whether a link was the reason, which the system tells in several ways. Nothing is opened by it."""
    for depth in range(len(folders)):
        try:
            found = os.stat("/".join(folders[: depth + 1]), dir_fd=root, follow_symlinks=False)
        except OSError:
            return False
        if stat.S_ISLNK(found.st_mode):
            return True
    return False


def _check_whole(root: Path, path: str, create: bool) -> None:
    """Check a path where folders have no handles. What is done to it afterwards can't be noticed."""
    real = Path(os.path.realpath(root), path)

    def check() -> None:
        # Also finds what only Windows has: short names (``MEMWEL~1``), junctions.
        if os.path.normcase(os.path.realpath(root / path)) != os.path.normcase(real):
            raise BadName(path, _LINK)

    check()
    if create:
        real.parent.mkdir(parents=True, exist_ok=True)
        check()
    os.scandir(real.parent).close()  # fails as opening a folder does: it is missing, or a file


def _openat2(above: int, path: str) -> int:
    """Open a folder beneath an open one without following any link.

    Raises:
        OSError: ELOOP or EXDEV for a link or an escape, ENOSYS where the system has no such call.
    """
    call = _openat2_call() if _HAS_OPENAT2 else None
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    handle = call(_OPENAT2, above, os.fsencode(path), _HOW, len(_HOW))
    if handle < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return handle


@cache
def _openat2_call() -> Callable[..., int]:
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
    return call
