"""The vectors of the tokens of chunks, for comparing each word of a question with each word of a text.

They come from the packaged model, whatever embeds the vault, and are kept on disk as long as there is room. Whether
they are there is never a matter of right or wrong: what is missing is made again from the text.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from vault_engine.errors import EmbedderFailed, MemwellError
from vault_engine.index.embedder import FastembedModel
from vault_engine.index.token_store import Tokens, TokenStore
from vault_engine.index.vector_log import Keys
from vault_engine.index.vector_view import quantised
from vault_engine.vault.files import explained
from vault_engine.vault.lock import Lock

_IN_MEMORY = 2_000  # texts whose vectors are held that could not be written: about 12 kB each
_MAX_CHARS = 2_000  # of a text that is looked at
_TEXTS_AT_ONCE = 32


Progress = Callable[[int, int], None]
"""Called with how many chunks have theirs and how many should."""


class QuestionTokens(NamedTuple):
    """The vectors of a question's tokens, where in it each begins, and what number each has.

    The model lists whole words by how much they are used, so a higher number is that of a rarer word.
    """

    tokens: Tokens
    starts: tuple[int, ...]
    numbers: tuple[int, ...]


class JudgedTexts(Protocol):
    """The chunks whose token vectors should be there. Called from the thread that makes them."""

    def keys(self) -> Keys:
        """Give their keys, distinct, shape ``(n, 16)``."""
        ...

    def texts(self, keys: Keys) -> Mapping[bytes, str]:
        """Give by key what is judged of some chunks, without those that are not as they were."""
        ...


class TokenVectors:
    """Makes and keeps the token vectors of one vault's chunks. Threads may ask while one of them makes more."""

    def __init__(self, cache_dir: Path, most_bytes: int, model: FastembedModel) -> None:
        """Open what there is. Loads no model.

        Args:
            cache_dir: of the vault.
            most_bytes: how large they may become on disk.
            model: makes them.
        """
        self._model, self._cache_dir, self._most_bytes = model, cache_dir, most_bytes
        name = hashlib.sha256(model.name.encode()).hexdigest()[:12]
        self._store = TokenStore(cache_dir / f"late-{name}.log", most_bytes)
        self._lock = Lock(cache_dir / "late.lock")
        self._mutex = threading.Lock()
        self._unwritten: OrderedDict[bytes, Tokens] = OrderedDict()
        self._full_at = -1 if most_bytes else 0  # bytes on disk when there was no more room
        self._store.load_new()

    @property
    def byte_count(self) -> int:
        """How many bytes they take on disk."""
        return self._store.byte_count

    @property
    def generation(self) -> int:
        """Another one whenever chunks are dropped."""
        return self._store.generation

    def question(self, text: str) -> QuestionTokens:
        """Give the tokens of a question.

        Raises:
            EmbedderFailed: the model can't be run.
        """
        return self._made(text)

    def make(self, text: str) -> Tokens:
        """Give the tokens of a text. Raises as `question` does."""
        return self._made(text[:_MAX_CHARS]).tokens

    def kept(self, keys: Sequence[bytes]) -> list[Tokens | None]:
        """Give the tokens of each chunk, None where they have to be made."""
        self._store.load_new()
        with self._mutex:
            unwritten = [self._unwritten.get(key) for key in keys]
        return [one or two for one, two in zip(unwritten, self._store.read(_as_keys(keys)), strict=True)]

    def keep(self, made: Mapping[bytes, Tokens], generation: int) -> None:
        """Keep tokens on disk, or for this process alone where that can't be done now.

        Args:
            made: by chunk.
            generation: the `generation` before their texts were read.
        """
        if not made or self._written(made, generation):
            return
        with self._mutex:
            self._unwritten |= made
            while len(self._unwritten) > _IN_MEMORY:
                self._unwritten.popitem(last=False)

    def fill(
        self, chunks: JudgedTexts, stop: threading.Event | None = None, progress: Progress = lambda _done, _total: None
    ) -> int:
        """Make what is missing until nothing is, there is no more room, another does it, or ``stop`` is set."""
        stop, done = stop or threading.Event(), 0
        self._store.load_new()
        if self._store.byte_count == self._full_at:
            return 0
        keys = chunks.keys()
        missing = keys[~self._store.has(keys)]
        with suppress(EmbedderFailed):
            for start in range(0, len(missing), _TEXTS_AT_ONCE):
                self._store.load_new()  # another process may be at it
                made, generation = {}, self._store.generation
                part = missing[start : start + _TEXTS_AT_ONCE]
                for key, text in chunks.texts(part[~self._store.has(part)]).items():
                    if stop.is_set():
                        break
                    made[key] = self.make(text)
                if made and not self._written(made, generation):
                    self._full_at = self._store.byte_count
                    break
                done += len(made)
                progress(len(keys) - len(missing) + done, len(keys))
                if stop.is_set():
                    break
        return done

    def keep_only(self, keys: Keys) -> None:
        """Forget all other chunks, on disk too.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: they could not be removed.
        """
        with self._mutex:
            self._unwritten.clear()
        with explained(self._cache_dir), self._lock.held():
            self._store.keep_only(keys)

    def tidy(self, keys: Keys) -> None:
        """Forget chunks that nobody needs, once they are half of all; or every one, where the bound is lower now."""
        self._store.load_new()
        if self._store.byte_count > self._most_bytes:
            keys = keys[:0]
        if 2 * self._store.unneeded_bytes(keys) > self._store.byte_count:
            with suppress(MemwellError):
                self.keep_only(keys)

    def _written(self, made: Mapping[bytes, Tokens], generation: int) -> bool:
        with suppress(MemwellError), explained(self._cache_dir), self._lock.held(wait_s=0):
            return self._store.append(_as_keys(list(made)), list(made.values()), generation)
        return False

    def _made(self, text: str) -> QuestionTokens:
        """Run the model; leave out tokens that mark the text's ends or are no part of a word."""
        text = text.encode("utf-8", "replace").decode("utf-8")  # halves of surrogate pairs
        vectors, offsets, numbers = self._model.token_vectors(text)
        inside = [at for at, (start, end) in enumerate(offsets) if any(map(str.isalnum, text[start:end]))]
        chosen = vectors[inside] / np.maximum(np.linalg.norm(vectors[inside], axis=1, keepdims=True), 1e-9)
        starts = tuple(offsets[at][0] for at in inside)
        return QuestionTokens(Tokens(*quantised(chosen)), starts, tuple(numbers[at] for at in inside))


def _as_keys(keys: Sequence[bytes]) -> Keys:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1 if keys else 16)
