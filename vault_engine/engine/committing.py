"""Committing in the background, when a vault has been quiet for a while: see `git`, which is loaded for it then."""

import threading
import time

import vault_engine.engine as verbs
from vault_engine.engine.session import Session

QUIET_S = 5.0
AT_MOST_S = 60.0  # a vault that is never quiet is committed this often all the same
RETRY_S = 60.0  # after a problem that may have gone away by itself


class Committer:
    """Commits in a thread of its own, when the vault has been quiet for a while. Never raises, never in the way."""

    def __init__(self, session: Session, *, quiet_s: float = QUIET_S, at_most_s: float = AT_MOST_S) -> None:
        self._session = session
        self._quiet_s = quiet_s
        self._at_most_s = at_most_s
        self._poked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memwell-git", daemon=True)
        self.problem: str | None = None  # why the last try came to nothing

    def start(self) -> None:
        """Begin, with what earlier processes may have left."""
        self._poked.set()
        self._thread.start()

    def poke(self) -> None:
        """Say that something may have changed. Takes no time."""
        self._poked.set()

    def stop(self) -> None:
        """End, after a commit that is being made. What is waiting stays so, for the next process."""
        self._stopping.set()
        self._poked.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        again = False
        while not self._stopping.is_set():
            if self._poked.wait(RETRY_S if again else None) and not self._is_quiet():
                return
            again = self._commit()

    def _is_quiet(self) -> bool:
        """Wait until nobody has poked for a while, but not forever; False when it is time to stop."""
        end = time.monotonic() + self._at_most_s
        while (left_s := end - time.monotonic()) > 0:
            self._poked.clear()
            if self._stopping.is_set() or not self._poked.wait(min(self._quiet_s, left_s)):
                break
        self._poked.clear()
        return not self._stopping.is_set()

    def _commit(self) -> bool:
        """Commit, and say whether to try again soon."""
        try:
            outcome = verbs.git.commit_pending(self._session, thorough=False)
        except Exception as error:  # noqa: BLE001 - a thread that dies would commit nothing any more and not say so
            self.problem = verbs.git.said(error)
            return True
        self.problem = outcome.reason if isinstance(outcome, verbs.git.Postponed) else None
        if isinstance(outcome, verbs.git.Postponed):
            return verbs.git.load_setting(self._session) is not None
        return outcome.waiting > 0
