"""Entering in the background what has to wait: the backlog, in portions, and deletions, until they are believed."""

import threading
import time

from vault_engine.engine.external import enter_backlog, enter_external_if_free
from vault_engine.engine.session import Session
from vault_engine.engine.vanished import GRACE_NS

_PAUSE_S = 0.03  # about twice as long as a portion takes: most who come meanwhile find the vault free
_OTHERS_S = 0.005  # long enough for who waits in another process to notice that the vault is free


class Adopting:
    """Enters the backlog of a session in a thread of its own, whenever it is poked, and deletions some time later."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._poked, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="memwell-adopt", daemon=True)

    def start(self) -> None:
        """Begin to wait for pokes."""
        self._thread.start()

    def poke(self) -> None:
        """Say that there may be something to enter."""
        self._poked.set()

    def stop(self) -> None:
        """Stop after the portion at hand. What is left, the next process finds."""
        self._stop.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._poked.wait(GRACE_NS / 1e9 if self._session.leaving else None)
            self._poked.clear()
            if self._session.leaving:
                enter_external_if_free(self._session, following=True)
            while not self._stop.is_set() and enter_backlog(self._session):
                self._stop.wait(_PAUSE_S)


def enter_backlog_for(session: Session, seconds: float) -> None:
    """Enter the backlog for at most so long; for a process that is about to end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and enter_backlog(session):
        time.sleep(_OTHERS_S)
