"""The only place where a measurement reaches past Memwell's public interface.

Nothing here fails where the engine's inside has changed: it gives None, and the figure is left out with a note.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from bench.peers.job import LIMIT, Search
from bench.peers.questions import Question
from bench.peers.vectors import Floats, vector_of
from bench.timing import timed
from vault_engine import Engine, Mode

EMBEDDER = "bench:clusters"
_MOVED = (ImportError, AttributeError, TypeError)


class RandomEmbedder:
    """Gives texts vectors without a model; ``key`` says by which part of a text."""

    name = EMBEDDER
    texts_a_call = 64

    def __init__(self, key: Callable[[str], str]) -> None:
        self._key = key

    def load(self) -> None:
        """There is nothing to get ready."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Give a row for each text."""
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Floats:
        """Give the vector of one text."""
        return vector_of(self._key(text))


@contextmanager
def random_embedder(key: Callable[[str], str]) -> Iterator[bool]:
    """Let engines that are opened meanwhile embed without a model; says whether that is possible."""

    def make_embedder(_config: object, **_how: object) -> RandomEmbedder:
        return RandomEmbedder(key)

    with ExitStack() as stack:
        try:
            stack.enter_context(mock.patch("vault_engine.index.embeddings.make_embedder", make_embedder))
        except _MOVED:
            yield False
        else:
            yield True


@contextmanager
def clock_stands_still() -> Iterator[None]:
    """Let every search be at one moment: how old a note is counts for its score."""
    with ExitStack() as stack:
        try:
            session = importlib.import_module("vault_engine.engine.session").Session
            stack.enter_context(mock.patch.object(session, "now_us", return_value=1_800_000_000_000_000))
        except _MOVED:
            pass
        yield


def scan_s(vault: Path) -> float | None:
    """Time the look at every file's name and stamp."""
    try:
        return timed(importlib.import_module("vault_engine.vault.walk").walk, vault)[1].wall_s
    except _MOVED:
        return None


def search_alone(engine: Engine, mode: Mode, first: Question) -> Search | None:
    """Give what answers from the index as it is, without a look at the folder and without excerpts."""
    inside: Any = engine
    try:
        run, query = (importlib.import_module(f"vault_engine.search.{name}") for name in ("run", "query"))

        def search(question: Question) -> list[str]:
            index = inside._session.index
            tags = (question.tag,) if question.tag else ()
            wanted = query.Query(question.text, LIMIT, mode, question.category, question.type, tags)
            vector = index.embeddings.question(question.text) if mode is Mode.SEMANTIC else None
            return [hit.path for hit in run.search(index, wanted, vector, inside._session.now_us()).hits]

        search(first)
    except _MOVED:
        return None
    return search
