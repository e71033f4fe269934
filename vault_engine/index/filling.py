"""Embedding in the background, so that nobody who asks waits for it."""

import threading
from collections.abc import Callable
from contextlib import suppress

from vault_engine.errors import MemwellError
from vault_engine.index.embeddings import Chunks, Embeddings

_AGAIN_S = 60.0  # after which an embedder that failed is tried again
_STOPPING_S = 2.0  # an embedder takes less for its few texts, but for an endpoint that does not answer


class Filling:
    """Loads the embedder and embeds what waits, in a thread of its own, whenever it is poked."""

    def __init__(
        self,
        source: Callable[[], tuple[Embeddings, Chunks]],
        today: Callable[[], int] = lambda: 0,
        then: Callable[[threading.Event], object] = lambda _: None,
    ) -> None:
        """Get ready.

        Args:
            source: gives what to embed with, and what; asked in the thread, at every poke.
            today: gives the number of the day; once a day is looked for vectors that nobody needs.
            then: called whenever all is embedded, to make what else is wanted until the event is set.
        """
        self._source, self._today, self._then = source, today, then
        self._buried_on: int | None = None
        self._poked, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="memwell-embed", daemon=True)

    def start(self) -> None:
        """Begin to wait for pokes."""
        self._thread.start()

    def poke(self) -> None:
        """Say that chunks may wait."""
        self._poked.set()

    def stop(self) -> None:
        """Stop, and wait for the few texts at hand to be embedded, but no longer than two seconds."""
        self._stop.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join(_STOPPING_S)

    def _run(self) -> None:
        self._poked.wait()
        is_loaded = False
        while not self._stop.is_set():
            self._poked.clear()
            with suppress(MemwellError):  # whatever it is, the next question meets it too and says so
                embeddings, chunks = self._source()
                if not is_loaded:
                    embeddings.load()
                    is_loaded = True
                embeddings.fill(chunks, stop=self._stop)
                self._bury(embeddings, chunks)
                self._then(self._stop)
            self._poked.wait(_AGAIN_S)

    def _bury(self, embeddings: Embeddings, chunks: Chunks) -> None:
        keys, today = chunks.keys(), self._today()
        if self._buried_on != today and not self._stop.is_set() and len(keys) and not len(embeddings.waiting(keys)):
            self._buried_on = today
            embeddings.bury(keys, today)
