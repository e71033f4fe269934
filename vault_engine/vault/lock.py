"""One writer at a time. The lock is the kernel's, so it dies with its process and can't be stale."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vault_engine.errors import VaultBusy
from vault_engine.vault.files import explained

WAIT_S = 10.0


class Lock:
    """The lock of one vault or index. Re-entrant within a thread; excludes other threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path)

    @contextmanager
    def held(self, *, wait_s: float = WAIT_S) -> Iterator[None]:
        """Hold the lock inside the block.

        Raises:
            VaultBusy: somebody else has it and did not let go within ``wait_s`` seconds.
            VaultDenied: the lock file can't be opened for writing.
        """
        with explained(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=wait_s)
            except Timeout:
                raise VaultBusy(str(self._path.parent), wait_s) from None
        try:
            yield
        finally:
            self._lock.release()
