"""Being told that the vault changes. Events are hints: they say when to look, never what is there."""

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from watchfiles import Change, watch

from vault_engine.vault.paths import is_ignored, is_note

_GATHER_MS = 50  # events this close together are one hint
_MANY = 500  # notes; of more than that, and of folders, a look at everything tells
_LOOK_S = 60  # look this often without any event: some file systems send none


class Watcher:
    """Calls back, in a thread of its own, whenever something in a folder may have changed."""

    def __init__(self, root: Path, on_hint: Callable[[set[str] | None], None]) -> None:
        """Get ready; ``on_hint`` is called with the notes that may have changed, None when anything may have."""
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
            for changes in watch(
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
                self._on_hint(self._notes(changes))
        except Exception as error:  # noqa: BLE001 - no more watches to be had, the folder gone: look by the clock
            self.problem = str(error)
            while not self._stop.wait(_LOOK_S):
                self._on_hint(None)

    def _notes(self, changes: Collection[tuple[Change, str]]) -> set[str] | None:
        """Give the notes that changes are about; None where it is not that simple."""
        files = {Path(path) for _, path in changes}
        if not 0 < len(files) <= _MANY or not all(is_note(file.name) and not file.is_dir() for file in files):
            return None
        return {file.relative_to(self._root).as_posix() for file in files}

    def _concerns_notes(self, _change: Change, path: str) -> bool:
        try:
            parts = Path(path).relative_to(self._root).parts
        except ValueError:
            return True
        return not any(is_ignored(part) for part in parts)
