"""Being told that the vault changes. Events are hints: they say when to look, never what is there."""

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from vault_engine.vault.paths import is_ignored

_GATHER_MS = 50  # events this close together are one hint
_LOOK_S = 60  # look this often without any event: some file systems send none


class Watcher:
    """Calls back, in a thread of its own, whenever something in a folder may have changed."""

    def __init__(self, root: Path, on_hint: Callable[[], None]) -> None:
        self._root = root
        self._on_hint = on_hint
        self.problem: str | None = None  # why events do not arrive, in words
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memwell-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for a call that is running."""
        self._stop.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            for _ in watch(
                self._root,
                watch_filter=self._concerns_notes,
                debounce=4 * _GATHER_MS,
                step=_GATHER_MS,
                rust_timeout=1000 * _LOOK_S,
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                self._on_hint()
        except Exception as error:  # noqa: BLE001 - no more watches to be had, the folder gone: look by the clock
            self.problem = str(error)
            while not self._stop.wait(_LOOK_S):
                self._on_hint()

    def _concerns_notes(self, _change: Change, path: str) -> bool:
        try:
            parts = Path(path).relative_to(self._root).parts
        except ValueError:
            return True
        return not any(is_ignored(part) for part in parts)
