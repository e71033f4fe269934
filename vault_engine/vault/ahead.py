"""Making durable while more is being written, so that there is little left to wait for in the end."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from vault_engine.vault.place import CAN_SYNC_ALL, Place, place_of, sync_all

BYTES_BETWEEN = 16 << 20


class SyncAhead:
    """Syncs the file system of a folder now and then, in a thread, which nearly always waits for the disk.

    It promises nothing: who must know that all is durable calls `sync_all` in the end. That is told of every failure
    since its folder was opened, and the syncs here open the folder anew lest one of theirs count as told.
    """

    def __init__(self, folder: Place) -> None:
        self._folder = Path(folder.folder)
        self._bytes = 0  # written since the last one began
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def wrote(self, count: int) -> None:
        """Take note that so many bytes are being written; returns at once."""
        self._bytes += count
        if self._bytes >= BYTES_BETWEEN and CAN_SYNC_ALL and (self._last is None or self._last.done()):
            self._bytes = 0
            self._last = self._thread.submit(self._sync)

    def close(self) -> None:
        """Wait for the last one to end."""
        self._thread.shutdown()

    def _sync(self) -> None:
        with suppress(OSError), place_of(self._folder, "-") as anew:
            sync_all(anew)
