"""Being told that the vault changes. Events are hints: they say where to look, never what is there.

Where no event can be had, or not of what other machines do, the folder is looked at by the clock: often while it
changes, more and more rarely while it does not.
"""

import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from watchfiles import Change, watch

from vault_engine.vault.paths import is_ignored, is_note

_GATHER_MS = 15  # events this close together are one hint; who looks waits himself for what is being saved
_AT_MOST_MS = 200  # after the first event, however many follow
_MANY = 500  # notes; of more, a look at everything tells
_MANY_FOLDERS = 20
_TICK_MS = 5000  # how soon a wake-up from sleep is noticed
_SLEPT_S = 2.0  # a tick that came so much too late came after a sleep
_SOON_S = 1.0  # between two looks by the clock, after one that found something
_SLOWING = 1.5  # each look that finds nothing makes the wait for the next one so much longer


class Hint(NamedTuple):
    """Where something may have changed."""

    notes: frozenset[str]
    folders: frozenset[str]  # with all that is or was below


_NOWHERE = Hint(frozenset(), frozenset())
_EVERYWHERE = "."  # the path of the vault itself

OnHint = Callable[[Hint | None], bool]
"""Called with where to look, None for everywhere; says whether anything had changed."""


class _Stop(threading.Event):
    """Ends a watch. The library asks for it again and again, from when it watches on."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked_for = threading.Event()

    def is_set(self) -> bool:
        """Say whether to stop."""
        self.is_asked_for.set()
        return super().is_set()


class Watcher:
    """Calls back, in a thread of its own, whenever something in a folder may have changed."""

    def __init__(self, root: Path, on_hint: OnHint, *, look_s: float, polling: str | None = None) -> None:
        """Get ready.

        Args:
            root: the folder.
            on_hint: what to call.
            look_s: look at everything this often without any event, in seconds: some get lost.
            polling: why events are not relied on at all, in words; None if they are.
        """
        self._root = root
        self._on_hint = on_hint
        self._look_s = look_s
        self.polling = polling
        self._stop = _Stop()
        self._thread = threading.Thread(target=self._run, name="memwell-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def wait_until_watching(self) -> None:
        """Wait until events are told of, or nobody can tell of any."""
        self._stop.is_asked_for.wait()

    def stop(self) -> None:
        """Stop, and wait for a call that is running."""
        self._stop.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        if self.polling is None:
            try:
                self._follow_events()
            except Exception as error:  # noqa: BLE001 - no more watches to be had, the folder gone: look by the clock
                self.polling = str(error) or type(error).__name__
        self._stop.is_asked_for.set()
        self._look_by_the_clock()

    def _follow_events(self) -> None:
        looked = time.monotonic()
        last = time.monotonic(), time.time()
        for changes in watch(
            self._root,
            watch_filter=self._concerns_notes,
            debounce=_AT_MOST_MS,
            step=_GATHER_MS,
            rust_timeout=min(_TICK_MS, int(1000 * self._look_s)),
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            now = time.monotonic(), time.time()
            has_slept = (now[1] - last[1]) - (now[0] - last[0]) > _SLEPT_S  # the first stands still meanwhile
            last = now
            if has_slept or now[0] - looked >= self._look_s:
                looked = now[0]
                self._on_hint(None)
            elif changes and (hint := self._where(changes)) != _NOWHERE:
                self._on_hint(hint)

    def _look_by_the_clock(self) -> None:
        wait_s = _SOON_S
        while not self._stop.wait(min(wait_s, self._look_s)):
            wait_s = _SOON_S if self._on_hint(None) else min(wait_s * _SLOWING, self._look_s)

    def _where(self, changes: Collection[tuple[Change, str]]) -> Hint | None:
        """Say where to look for what changes are about; None for everywhere."""
        notes: set[str] = set()
        folders: set[str] = set()
        for file in {Path(path) for _, path in changes}:
            is_folder = file.is_dir()
            if is_note(file.name) and not is_folder:
                notes.add(self._path_of(file))
            elif is_folder or not file.exists():
                folders.add(self._path_of(file))
            else:
                folders.add(self._path_of(file.parent))
        is_small = len(notes) <= _MANY and len(folders) <= _MANY_FOLDERS and _EVERYWHERE not in notes | folders
        return Hint(frozenset(notes), frozenset(folders)) if is_small else None

    def _path_of(self, file: Path) -> str:
        """Give the path in the vault, even of what the system names in another way."""
        return file.relative_to(self._root).as_posix() if file.is_relative_to(self._root) else _EVERYWHERE

    def _concerns_notes(self, _change: Change, path: str) -> bool:
        try:
            parts = Path(path).relative_to(self._root).parts
        except ValueError:
            return True
        return not any(is_ignored(part) for part in parts)
