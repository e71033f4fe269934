"""Following a vault in the background: looking where something changes, embedding, committing, entering what is new.

Where the settings say so, it is groomed by the clock as well.
"""

import threading
import time
from typing import TYPE_CHECKING

import vault_engine.engine as verbs
from vault_engine.engine.adopting import Adopting
from vault_engine.engine.committing import Committer
from vault_engine.engine.external import enter_external_if_free
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.filling import Filling
from vault_engine.index.store import Refreshed
from vault_engine.sync.mounts import why_poll
from vault_engine.sync.watch import Hint, Watcher

if TYPE_CHECKING:
    from vault_engine.engine import routine  # noqa: F401 - as `verbs.…`

_WORTH_SAVING = 50  # changes; fewer are kept at the end, or read again by the next process
_OTHERS_S = 0.005  # long enough for who waits for a look to have his answer first: to enter what is new may take longer


class Following:
    """The threads that keep one session abreast of its vault."""

    def __init__(self, session: Session) -> None:
        self._session = session
        config = session.config
        polling = why_poll(config.root, config.watch)
        self._watcher = Watcher(config.root, self._follow, look_s=config.look_seconds, polling=polling)
        self._committer = Committer(session)
        self._adopting = Adopting(session)
        self._routine = verbs.routine.Routine(session) if config.groom_hours else None
        self._filling = Filling(
            lambda: (session.index.embeddings, session.index.chunks(session.guard)),
            lambda: session.now().toordinal(),
            session.fill_token_vectors,
        )
        self._starting = threading.Thread(target=self._follow, name="memwell-start", daemon=True)

    def start(self) -> None:
        """Begin, with a look at everything."""
        self._session.expect_load()
        for each in (self._watcher, self._starting, self._filling, self._committer, self._adopting):
            each.start()
        if self._routine:
            self._routine.start()

    def wait_for_first_look(self) -> None:
        """Wait until everything was looked at once."""
        self._starting.join()

    def stop(self) -> None:
        """Stop, and wait for what is under way."""
        self._filling.stop()
        if self._routine:
            self._routine.stop()
        self._watcher.stop()
        self._starting.join()
        self._adopting.stop()
        self._committer.stop()
        self._session.is_watched = False

    def _follow(self, hint: Hint | None = None) -> bool:
        """Bring the index up to date, and have what is new embedded without keeping a recall waiting.

        Args:
            hint: where something may have changed; None for everywhere.

        Returns:
            Whether anything had.
        """
        try:
            self._committer.poke()
            done = self._look(hint)
            time.sleep(_OTHERS_S)
            self._filling.poke()
            with self._session.guard:
                enter_external_if_free(self._session, following=True)
                self._session.known.catch_up()  # what was just entered is news for who follows the journal
                index = self._session.index
                index.save(at_least=_WORTH_SAVING)
            self._adopting.poke()
            index.fold(self._session.guard)
            if self._routine and any(done):
                self._routine.poke()
            return any(done)
        except MemwellError:
            return False  # whatever it is, the next recall meets it too and says so

    def _look(self, hint: Hint | None) -> Refreshed:
        """Take in what may have changed; what is being saved, a moment later, without keeping anybody waiting."""
        session = self._session
        with session.guard:
            done = session.refresh(wait=False) if hint is None else session.look_at(*hint.notes, folders=hint.folders)
            session.has_news = True
            session.is_watched = self._watcher.polling is None  # before the guard is free: who waits need not look too
            wait_ns = session.index.unsettled_ns
        if wait_ns:
            time.sleep(wait_ns / 1e9)
            with session.guard:
                done = done.plus(session.look_again())
        return done
