"""One name in one folder that is held open: read it, write it, rename it, wherever the folder's path leads meanwhile.

Every function here is one step of a durable write, or a look; the order of the steps is the caller's. The errors are
the system's own (OSError), but for what is no file that a note may be, which is a `BadName`. A file with several
hard links looks like any other: who minds looks at ``look(place).st_nlink``.
"""

import ctypes
import errno
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from vault_engine.errors import BadName
from vault_engine.vault.beneath import NO_HANDLE, open_folder_of, sync_handle

if sys.platform == "linux":
    import fcntl

_BINARY = getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY | getattr(os, "O_CLOEXEC", 0)

_READ_AT_ONCE = 1 << 20
_NO_REPLACE = 0x4 if sys.platform == "darwin" else 0x1
_EXCHANGE = 0x2  # the same on Linux and macOS
_RENAMEAT2 = {"x86_64": 316, "aarch64": 276}  # the number of the system call, for a C library that has no name for it
_CANT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_CANT_LINK = (*_CANT, errno.EPERM, errno.EMLINK)
_MAY_NOT = (*_CANT, errno.EPERM, errno.EACCES)

CAN_SYNC_ALL = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "syncfs")
"""Whether `sync_all` does anything here; else each file must be synced as it is written."""

_ACCESS_LIST = "system.posix_acl_access"
_ACCESS_LIST_FOR_NEW = "system.posix_acl_default"
_COPY_ACCESS_LIST_AND_ATTRIBUTES = 0x5  # of macOS's fcopyfile


class Place(NamedTuple):
    """One name in one folder that is held open, so that nothing done to the path in between leads elsewhere.

    Whoever made it closes it, by ``with`` or `close`.
    """

    folder: str  # for messages, and for platforms without folder handles
    name: str
    handle: int  # of the open folder; -1 where the platform has none (Windows): then the path is used
    path: str = ""  # as it was asked for, for messages

    @property
    def file(self) -> Path:
        """The file by its path, which may lead elsewhere by now."""
        return Path(self.folder, self.name)

    def close(self) -> None:
        """Let go of the folder."""
        if self.handle != NO_HANDLE:
            os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def place_of(root: Path, path: str, *, create: bool = False) -> Place:
    """Hold the folder of ``path`` open, strictly beneath ``root``; no link below ``root`` is followed.

    If the folder is moved while it is held, its files are still meant, not what has its path now. With ``create``,
    missing folders are made, durably.

    Args:
        root: a folder, which may itself be reached through links.
        path: relative to it, with ``/``; checked by `check_path` where it comes from outside.
        create: make the folders that are missing.

    Raises:
        BadName: a symbolic link is on the way, or the path leads out of ``root``.
        OSError: FileNotFoundError where the folder is missing, NotADirectoryError where it is a file, and so on.
    """
    handle = open_folder_of(root, path, create=create)
    folder, _, name = path.rpartition("/")
    return Place(f"{root}/{folder}", name, handle, path)


def read(place: Place) -> bytes:
    """Give the bytes of a regular file.

    Raises:
        BadName: it is a symbolic link, a pipe, a socket or a device.
        OSError: FileNotFoundError, IsADirectoryError and so on.
    """
    handle, found = _open_regular(place)
    try:
        return _read_all(handle, found.st_size)
    finally:
        os.close(handle)


def look(place: Place) -> os.stat_result | None:
    """Say what is there, a link itself and not what it leads to; None if nothing is."""
    name, folder = _at(place)
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def write_new(place: Place, data: bytes, *, mode: int | None, like: Place | None = None, sync: bool = True) -> None:
    """Write a file as `begin_new` does and close it as `finish_new` does; on a failure nothing of it is left."""
    finish_new(place, begin_new(place, data, mode=mode, like=like), sync=sync)


def finish_new(place: Place, handle: int, *, sync: bool = True) -> None:
    """Close a file that `begin_new` has written, durably or not; on a failure nothing of it is left.

    Raises:
        OSError: the disk did not take it.
    """
    try:
        try:
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)  # which may fail as well, where a file system writes late
    except BaseException:
        with suppress(OSError):
            remove(place)
        raise


def begin_new(place: Place, data: bytes, *, mode: int | None, like: Place | None = None) -> int:
    """Write a file that was not there, all of it, and leave it open; on a failure nothing of it is left.

    Args:
        place: where; its name must be free.
        data: the whole content.
        mode: its permission bits, whatever the umask: until all is written only the owner may read it. None: those
            that every new file gets, from the beginning.
        like: a file whose extended attributes and access list it shall have, and owner and group where the system
            permits that.

    Returns:
        Its handle, for `finish_new`, which makes the content durable. The name is not: that is `sync_folder`.

    Raises:
        FileExistsError: something has that name, be it a link that leads nowhere.
        OSError: the disk is full and the like.
    """
    name, folder = _at(place)
    handle = os.open(name, _NEW, 0o666 if mode is None else 0o600, dir_fd=folder)
    try:
        _write_all(handle, data)
        if like is not None:
            _copy_attributes(like, handle)
        if mode is not None:
            _set_mode(place, handle, mode)
    except BaseException:
        os.close(handle)
        with suppress(OSError):
            remove(place)
        raise
    return handle


def rename_new(source: Place, target: Place) -> None:
    """Rename a file to a name that is free.

    Nothing is ever replaced, except on a disk with neither such a rename nor hard links, if a file appears between
    the look and the rename. With hard links, a crash may leave the file under both names.

    Raises:
        FileExistsError: the name is taken; nothing was done.
        OSError: nothing was done.
    """
    try:
        _rename_flagged(source, target, _NO_REPLACE)
    except OSError as error:
        if error.errno not in _CANT:
            raise
        if os.name == "nt":
            os.rename(source.file, target.file)  # noqa: PTH104 - never replaces there
        else:
            _link_and_remove(source, target)


def exchange(source: Place, target: Place) -> bool:
    """Swap two files' names in one step. False, with nothing done, where the platform or file system can't.

    Raises:
        FileNotFoundError: one of them is not there; nothing was done.
        OSError: nothing was done.
    """
    try:
        _rename_flagged(source, target, _EXCHANGE)
    except OSError as error:
        if error.errno not in _CANT:
            raise
        return False
    return True


def replace(source: Place, target: Place) -> None:
    """Rename a file over whatever has the name."""
    (old, old_folder), (new, new_folder) = _at(source), _at(target)
    os.replace(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)


def remove(place: Place) -> None:
    """Remove a file; that it is not there is fine."""
    name, folder = _at(place)
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def sync_folder(place: Place) -> None:
    """Make the names in the place's folder durable; without effect where the platform or file system can't."""
    sync_handle(place.handle)


def sync_all(place: Place) -> None:
    """Make all durable that was written to the file system of the place's folder, if `CAN_SYNC_ALL`.

    Raises:
        OSError: the disk failed, or has failed to take something since the last time.
    """
    if CAN_SYNC_ALL and place.handle != NO_HANDLE:
        _syncfs(place.handle)


def hands_down(place: Place) -> bool:
    """Say whether the place's folder gives a group or an access list to what is made in it, and not to what is moved.

    Raises:
        OSError: as the system says it.
    """
    if place.handle == NO_HANDLE:
        return False
    if os.fstat(place.handle).st_mode & stat.S_ISGID:
        return True
    with _where_permitted():
        return hasattr(os, "listxattr") and _ACCESS_LIST_FOR_NEW in os.listxattr(place.handle)
    return False


def has_writer(place: Place) -> bool | None:
    """Say whether a process, this one included, has the file open for writing or mapped so that it can write.

    None where that can't be told: only Linux knows, for files of one's own, and not on every file system.
    Who opens the file for writing at this very moment waits some microseconds, and is not noticed.

    Raises:
        BadName, OSError: as `read`.
    """
    if sys.platform != "linux":
        return None
    handle, _ = _open_regular(place)
    try:
        # The kernel signals a lease's holder that somebody wants to write. The signal is SIGIO unless told otherwise,
        # which ends the process; SIGURG does nothing.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    finally:
        os.close(handle)
    return False


def can_exchange(folder: Path) -> bool:
    """Try on two files of its own whether names in ``folder`` can be exchanged; False also if it can't be written."""
    name = f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        with place_of(folder, f"{name}-a") as one, place_of(folder, f"{name}-b") as other:
            try:
                write_new(one, b"a", mode=0o600, sync=False)
                write_new(other, b"b", mode=0o600, sync=False)
                return exchange(one, other) and (read(one), read(other)) == (b"b", b"a")
            finally:
                remove(one)
                remove(other)
    except OSError:
        return False


def _at(place: Place) -> tuple[str, int | None]:
    """Name a file as the system shall find it: in its open folder, or by its whole path."""
    if place.handle == NO_HANDLE:
        return str(place.file), None
    return place.name, place.handle


def _open_regular(place: Place) -> tuple[int, os.stat_result]:
    """Open a regular file for reading, and nothing else, and say what it is; an open of a pipe does not wait."""
    if place.handle == NO_HANDLE:  # such a platform has no way to refuse links as it opens
        _refuse_special(place)
    name, folder = _at(place)
    try:
        handle = os.open(name, _READ, dir_fd=folder)
    except OSError:
        _refuse_special(place)
        raise
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode):
        return handle, found
    os.close(handle)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place.name)
    raise _not_regular(place)


def _refuse_special(place: Place) -> None:
    found = look(place)
    if found and not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise _not_regular(place, is_link=stat.S_ISLNK(found.st_mode))


def _not_regular(place: Place, *, is_link: bool = False) -> BadName:
    return BadName(place.path or place.name, "a symbolic link is there" if is_link else "it is no regular file")


def _read_all(handle: int, size: int) -> bytes:
    """Read an open file to its end, which is expected after ``size`` bytes."""
    data = os.read(handle, size + 1)
    while len(data) != size and (more := os.read(handle, _READ_AT_ONCE)):
        data += more
    return data


def _write_all(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _set_mode(place: Place, handle: int, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(handle, mode)
    else:  # Windows, before Python 3.13
        place.file.chmod(mode)


def _copy_attributes(like: Place, handle: int) -> None:
    """Copy what a file has beside content and mode, as far as the system permits."""
    with _where_permitted():
        model, found = _open_regular(like)
        try:
            _copy_owner(found, handle)
            if sys.platform == "darwin":
                _copy_on_macos(model, handle)
            elif hasattr(os, "listxattr"):
                _copy_extended(model, handle)
        finally:
            os.close(model)


def _copy_owner(wanted: os.stat_result, handle: int) -> None:
    own = os.fstat(handle)  # on Windows both owners are 0
    if wanted.st_gid != own.st_gid:
        with _where_permitted():
            os.fchown(handle, -1, wanted.st_gid)
    if wanted.st_uid != own.st_uid:
        with _where_permitted():
            os.fchown(handle, wanted.st_uid, -1)


def _copy_extended(model: int, handle: int) -> None:
    names = os.listxattr(model)
    for name in names:
        if name.startswith("user.") or name == _ACCESS_LIST:
            with _where_permitted():
                os.setxattr(handle, name, os.getxattr(model, name))
    # A new file gets an access list from its folder, if that has one to give; its model may have none.
    if _ACCESS_LIST not in names and _ACCESS_LIST in os.listxattr(handle):
        with _where_permitted():
            os.removexattr(handle, _ACCESS_LIST)


@contextmanager
def _where_permitted() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _MAY_NOT:
            raise


def _link_and_remove(source: Place, target: Place) -> None:
    (old, old_folder), (new, new_folder) = _at(source), _at(target)
    try:
        os.link(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _CANT_LINK:
            raise
    else:
        _remove_linked(source, target)
        return
    if look(target) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name)
    os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)


def _remove_linked(source: Place, target: Place) -> None:
    """Take the old name off a file that has both; if that is refused, the new one."""
    name, folder = _at(source)
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        remove(target)
        raise


def _rename_flagged(source: Place, target: Place, flags: int) -> None:
    (old, _), (new, _) = _at(source), _at(target)
    _renameat2(source.handle, old, target.handle, new, flags)


def _renameat2(old_folder: int, old: str, new_folder: int, new: str, flags: int) -> None:
    """Rename with flags: Linux's ``renameat2``, macOS's ``renameatx_np``.

    Raises:
        OSError: ENOSYS where the platform has no such call, EINVAL or ENOTSUP where the file system has none.
    """
    call = _rename_call()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), new)
    if call(old_folder, os.fsencode(old), new_folder, os.fsencode(new), flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old, None, new)


@cache
def _rename_call() -> Callable[..., int] | None:
    if os.name == "nt":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    text, number = ctypes.c_char_p, ctypes.c_int
    prototype = ctypes.CFUNCTYPE(number, number, text, number, text, ctypes.c_uint, use_errno=True)
    for name in ("renameat2", "renameatx_np"):
        with suppress(AttributeError):
            return prototype((name, library))
    is_known = sys.platform == "linux" and sys.maxsize > 2**32
    by_number = _RENAMEAT2.get(os.uname().machine) if is_known else None
    return partial(library.syscall, by_number) if by_number else None


def _syncfs(handle: int) -> None:
    if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _copy_on_macos(model: int, handle: int) -> None:
    copy = ctypes.CDLL(None, use_errno=True).fcopyfile
    copy.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    if copy(model, handle, None, _COPY_ACCESS_LIST_AND_ATTRIBUTES) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
