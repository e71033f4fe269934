"""Entering the backlog in the background, in portions, so that nobody waits long for the vault."""

import threading
import time

from vault_engine.engine.external import enter_backlog
from vault_engine.engine.session import Session

_PAUSE_S = 0.03  # about twice as long as a portion takes: most who come meanwhile find the vault free
_OTHERS_S = 0.005  # long enough for who waits in another process to notice that the vault is free


class Adopting:
    """Enters the backlog of a session in a thread of its own, whenever it is poked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._poked, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="memwell-adopt", daemon=True)

    def start(self) -> None:
        """Begin to wait for pokes."""
        self._thread.start()

    def poke(self) -> None:
        """Say that there may be a backlog."""
        self._poked.set()

    def stop(self) -> None:
        """Stop after the portion at hand. What is left, the next process finds."""
        self._stop.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while self._poked.wait() and not self._stop.is_set():
            self._poked.clear()
            while not self._stop.is_set() and enter_backlog(self._session):
                self._stop.wait(_PAUSE_S)


def enter_backlog_for(session: Session, seconds: float) -> None:
    """Enter the backlog for at most so long; for a process that is about to end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and enter_backlog(session):
        time.sleep(_OTHERS_S)
