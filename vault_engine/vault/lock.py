"""One writer at a time. The lock is the kernel's, so it dies with its process and can't be stale."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_engine.errors import VaultBusy
from vault_engine.vault.files import explained, make_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WAIT_S = 10.0

_LOOK_S = 0.002  # between two tries: a write takes about that long, and the kernel has no queue with a time limit
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Lock:
    """The lock of one vault or index. Re-entrant within a thread; excludes other threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0
        self._handle = -1

    @contextmanager
    def held(self, *, wait_s: float = WAIT_S) -> Iterator[None]:
        """Hold the lock inside the block.

        Raises:
            VaultBusy: somebody else has it and did not let go within ``wait_s`` seconds.
            VaultDenied: the lock file can't be opened for writing.
        VaultMissing: it would be in a vault that is not there.
        """
        until = time.monotonic() + wait_s
        if not self._threads.acquire(timeout=max(wait_s, 0)):
            raise VaultBusy(str(self._path.parent), wait_s)
        try:
            if self._depth == 0:
                self._handle = self._take(until, wait_s)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    os.close(self._handle)
        finally:
            self._threads.release()

    def _take(self, until: float, wait_s: float) -> int:
        with explained(self._path):
            while True:
                handle = self._open()
                try:
                    if _try(handle) and _is_at(handle, self._path):
                        return handle
                except BaseException:
                    os.close(handle)
                    raise
                os.close(handle)
                if time.monotonic() >= until:
                    raise VaultBusy(str(self._path.parent), wait_s)
                time.sleep(_LOOK_S)

    def _open(self) -> int:
        try:
            return os.open(self._path, _OPEN, 0o600)
        except FileNotFoundError:
            make_folder(self._path.parent)
            return os.open(self._path, _OPEN, 0o600)


def _try(handle: int) -> bool:
    """Take the lock of an open file, if nobody has it. Closing the file lets go of it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the latter on Windows
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Say whether the file is still the one of that name: one that was deleted keeps nobody out."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))  # noqa: PTH116 - it is done with every change
    except FileNotFoundError:
        return False
