"""The vectors of a vault's chunks: made by the embedder the settings name, kept by content, asked by cosine.

A failing embedder is never an error here: `problem` says what is wrong, and keyword search goes on without it.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import Config
from vault_engine.errors import EmbedderFailed, MemwellError
from vault_engine.index.embedder import Embedder, Vectors, make_embedder
from vault_engine.index.vectors import VectorStore
from vault_engine.vault.files import explained
from vault_engine.vault.lock import Lock

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""

_BATCH = 32  # written to disk together


class Embeddings:
    """Turns chunks into vectors once, and compares them with questions."""

    def __init__(self, config: Config, lock: Lock) -> None:
        self.problem: str | None = None
        self._lock = lock
        self._embedder: Embedder | None = None
        try:
            self._embedder = make_embedder(config)
        except EmbedderFailed as error:
            self.problem = str(error)
        self._store = VectorStore(_file_of(config.cache_dir, self._embedder))
        self._store.load_new()

    @property
    def name(self) -> str | None:
        """The embedder's name; None without one."""
        return self._embedder.name if self._embedder else None

    def missing(self, key: str) -> bool:
        """Say whether a chunk should have a vector and has none."""
        return self._embedder is not None and key not in self._store

    def load(self) -> None:
        """Get the embedder ready for the first question."""
        try:
            if self._embedder:
                self._embedder.load()
        except EmbedderFailed as error:
            self.problem = str(error)

    def load_new(self) -> None:
        """Take in the vectors that other processes have made."""
        self._store.load_new()

    def keep_only(self, keys: Collection[str]) -> None:
        """Forget all other vectors, on disk too, and every vector of embedders that were used before.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: they could not be removed.
        """
        with explained(self._store.file), self._lock.held():
            self._store.keep_only(keys)
            for file in self._store.file.parent.glob("embeddings-*.bin"):
                if file != self._store.file:
                    file.unlink(missing_ok=True)

    def embed(self, keys: Sequence[str], texts: Sequence[str], progress: Callable[[int], None]) -> int:
        """Make and keep the vectors of chunks; return how many were made before the embedder failed, if it did.

        Args:
            keys: of the chunks, distinct.
            texts: what to embed, one a key.
            progress: called with the size of each batch that is done.
        """
        if self._embedder is None:
            return 0
        done = 0
        try:
            for at in range(0, len(texts), _BATCH):
                batch = slice(at, at + _BATCH)
                self._embed_batch(self._embedder, keys[batch], texts[batch])
                done += len(texts[batch])
                progress(len(texts[batch]))
            self.problem = None
        except EmbedderFailed as error:
            self.problem = str(error)
        return done

    def question(self, text: str) -> Vectors | None:
        """Embed a question, shape ``(dim,)``; None when that is impossible, and `problem` says why."""
        if self._embedder is None:
            return None
        try:
            question = self._embedder.embed_query(_as_unicode(text))
        except EmbedderFailed as error:
            self.problem = str(error)
            return None
        self.problem = None
        return question

    def cosines(self, question: Vectors, keys: Sequence[str]) -> Vectors | None:
        """Give the cosine of a question and each chunk, shape ``(len(keys),)``; NaN for a chunk without a vector.

        None when there is no vector at all.
        """
        if self._store.dim != len(question):
            self._store.clear()
        if not len(self._store):
            return None
        return _spread(self._store.matrix @ question, self._store.rows(keys))

    def _embed_batch(self, embedder: Embedder, keys: Sequence[str], texts: Sequence[str]) -> None:
        vectors = embedder.embed([_as_unicode(text) for text in texts])
        try:
            with explained(self._store.file), self._lock.held():
                self._store.load_new()
                self._store.append(keys, vectors)
        except MemwellError:
            self._store.add(keys, vectors)  # not for the next process, then


def _spread(cosines: Vectors, rows: NDArray[np.int64]) -> Vectors:
    spread = np.full(len(rows), np.nan, np.float32)
    known = rows >= 0
    spread[known] = cosines[rows[known]]
    return spread


def _file_of(folder: Path, embedder: Embedder | None) -> Path:
    name = embedder.name if embedder else "none"
    return folder / f"embeddings-{hashlib.sha256(name.encode()).hexdigest()[:12]}.bin"


def _as_unicode(text: str) -> str:
    """Replace halves of surrogate pairs, which no tokeniser and no JSON takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
