"""The vectors of a vault's chunks: made by the embedder the settings name, kept by content, asked by cosine.

One process embeds at a time, and another takes its place within a second when it dies; searches never wait for it.
After a change of the model the vectors of the model before answer until the new ones are complete.

A failing embedder is never an error here: `problem` says what is wrong, and keyword search goes on without it.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from vault_engine.config import Config
from vault_engine.errors import EmbedderFailed, MemwellError, StorageFailed, VaultBusy, VaultDenied
from vault_engine.index.embedder import (
    PACKAGED_MODEL,
    Embedder,
    FastembedModel,
    Vectors,
    is_local,
    make_embedder,
    packaged_model_folder,
)
from vault_engine.index.tombstones import KEPT_DAYS, read_tombstones, tombstones, unneeded, write_tombstones
from vault_engine.index.vector_log import Keys
from vault_engine.index.vector_view import VectorView
from vault_engine.index.vectors import VectorStore
from vault_engine.vault.files import explained, write_atomic
from vault_engine.vault.lock import Lock

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""

LOADING = "the embedder is still being loaded"

_TEXTS_AT_ONCE = 64  # held in memory, and taken by length
_TURN_S = 1.0  # between two tries to embed, while another process does
_SOON_S = 0.25  # what a question waits for another who is embedding the little there is
_LOOK_S = 0.01
_SERVING = "embeddings-serving"
_TOMBSTONES = ".unneeded"


class Chunks(Protocol):
    """The chunks of a vault, as `Embeddings` asks for them. Called from the thread that embeds."""

    def keys(self) -> Keys:
        """Give the key of every chunk there is now, distinct, shape ``(n, 16)``; the same array while that is so."""
        ...

    def texts(self, keys: Keys) -> Mapping[bytes, str]:
        """Give by key what is to be embedded of some chunks, without those that are not as they were."""
        ...


class Question(NamedTuple):
    """A question that was embedded, and the vectors of the same model."""

    vector: Vectors
    vectors: VectorStore


class _Model(NamedTuple):
    setting: str
    embedder: Embedder
    vectors: VectorStore


class _Asked(NamedTuple):
    """What `waiting` answered last, and to what."""

    keys: Keys
    view: VectorView
    alive: int  # of its vectors: one that proves damaged is gone
    waiting: Keys


class Embeddings:
    """Turns chunks into vectors once, and compares them with questions.

    Threads may ask while one of them embeds.
    """

    def __init__(self, config: Config, lock: Lock) -> None:
        """Open what there is. Loads no model.

        Args:
            config: the vault's settings.
            lock: of the index: held for a moment whenever vectors are kept.
        """
        self._problem: str | None = None
        self._config, self._lock = config, lock
        self._turn = Lock(config.cache_dir / "embedding.lock")
        self._loading = threading.Lock()
        self._is_load_due = False
        self._asked: _Asked | None = None
        self._model: _Model | None = None
        try:
            self._model = self._opened(config.embedder, offline=False)
        except EmbedderFailed as error:
            self._problem = str(error)
        self._before = self._model_before()
        for old in config.cache_dir.glob("embeddings-*.bin"):  # as they were kept once
            with suppress(OSError):
                old.unlink()

    # ---- what there is

    @property
    def name(self) -> str | None:
        """The name of the embedder that the settings name; None without one."""
        return self._model.embedder.name if self._model else None

    @property
    def serving(self) -> str | None:
        """The name of the embedder whose vectors answer: for a while that of the one before. None without one."""
        model = self._serving()
        return model.embedder.name if model else None

    @property
    def vectors(self) -> VectorView | None:
        """The vectors that answer, as they are now; None where there are none."""
        model = self._serving()
        return model.vectors.view if model and len(model.vectors) else None

    @property
    def problem(self) -> str | None:
        """Why questions can't be embedded now, in words; None if they can, as far as is known."""
        return LOADING if self._is_loading else self._problem

    def waiting(self, keys: Keys) -> Keys:
        """Give those keys of chunks that should have a vector and have none, shape ``(n, 16)``.

        Args:
            keys: of all chunks there are; the same array as the last time is quick. Once none waits, the embedder that
                the settings name takes the place of the one before.
        """
        if self._model is None:
            return keys[:0]
        asked, view = self._asked, self._model.vectors.view
        if asked is None or asked.keys is not keys or asked.view is not view or asked.alive != len(view):
            self._asked = asked = _Asked(keys, view, len(view), keys[view.rows(keys) < 0])
        if len(keys) and not len(asked.waiting):
            self._switch()
        return asked.waiting

    @property
    def _is_loading(self) -> bool:
        return self._serving() is not None and (self._is_load_due or self._loading.locked())

    # ---- asking

    def packaged_model(self) -> FastembedModel:
        """Give the model that comes with Memwell: the one that embeds the vault, if that is it."""
        mine = (model.embedder for model in self._models() if isinstance(model.embedder, FastembedModel))
        packaged = FastembedModel(f"packaged:{PACKAGED_MODEL}", folder=packaged_model_folder())
        return next((model for model in mine if model.name == packaged.name), packaged)

    def expect_load(self) -> None:
        """Say that another thread is about to `load`: until it has, questions are not embedded, nor wait for that."""
        self._is_load_due = True

    def load(self) -> None:
        """Get the embedder ready for the first question. Questions are not embedded meanwhile."""
        with self._loading:
            try:
                if model := self._serving():
                    model.embedder.load()
            except EmbedderFailed as error:
                self._problem = str(error)
            finally:
                self._is_load_due = False

    def load_new(self) -> None:
        """Take in the vectors that other processes have made."""
        for model in self._models():
            model.vectors.load_new()

    def question(self, text: str) -> Question | None:
        """Embed a question; None when that is impossible now, and `problem` says why."""
        model = self._serving()
        if model is None or self._is_loading:
            return None
        try:
            vector = model.embedder.embed_query(_as_unicode(text))
        except EmbedderFailed as error:
            self._problem = str(error)
            return None
        self._problem = None
        if model.vectors.dim not in (0, len(vector)):
            self._clear(model.vectors)  # another model goes by the same name now
        return Question(vector, model.vectors)

    # ---- embedding

    def embed_few(self, chunks: Chunks, limit: int) -> int:
        """Embed what a question would otherwise miss, at most ``limit`` chunks; return how many.

        Nothing while another thread or process embeds; if that has as little to do, it is waited for a moment.
        """
        self.load_new()
        waiting = self.waiting(chunks.keys())
        if not len(waiting):
            return 0
        until = time.monotonic() + (_SOON_S if len(waiting) <= limit else 0)
        while True:
            with self._my_turn() as mine:
                if mine:
                    return self._embed(chunks, limit, threading.Event(), None)
            if time.monotonic() >= until:
                return 0
            time.sleep(_LOOK_S)
            self.load_new()
            if not len(self.waiting(chunks.keys())):
                return 0

    def fill(self, chunks: Chunks, *, stop: threading.Event | None = None, progress: Progress | None = None) -> int:
        """Embed until no chunk waits, the embedder fails or ``stop`` is set; return how many were embedded here.

        While another process embeds, its vectors are taken in, and it is tried again each second to take its place.
        """
        stop, done = stop or threading.Event(), 0
        self.load_new()
        while len(waiting := self.waiting(chunks.keys())) and not stop.is_set():
            if progress:
                total = len(chunks.keys())
                progress(total - len(waiting), total)
            with self._my_turn() as mine:
                made = self._embed(chunks, None, stop, progress) if mine else 0
            done += made
            if mine and not made:
                break
            if not mine:
                stop.wait(_TURN_S)
                self.load_new()
        return done

    def keep_only(self, keys: Keys) -> None:
        """Forget all other vectors, on disk too, and every vector of embedders that no longer answer.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: they could not be removed.
        """
        logs = [model.vectors.log for model in self._models()]
        with explained(self._config.cache_dir), self._lock.held():
            for model in self._models():
                model.vectors.keep_only(keys)
                model.vectors.log.with_suffix(_TOMBSTONES).unlink(missing_ok=True)
            for file in self._config.cache_dir.glob("embeddings-*.*"):
                if not any(file.stem.startswith(log.stem) for log in logs):
                    file.unlink(missing_ok=True)

    def carry_over(self, old: Keys, new: Keys) -> None:
        """Give new keys the vectors of old ones, one by one, where they have none; not where that can't be done now.

        Args:
            old: shape ``(n, 16)``.
            new: the same.
        """
        with suppress(MemwellError), explained(self._config.cache_dir), self._lock.held(wait_s=0):
            for vectors in (model.vectors for model in self._models()):
                vectors.load_new()
                view = vectors.view
                _, firsts = np.unique(new, axis=0, return_index=True)
                rows = view.rows(old[firsts])
                firsts, rows = firsts[rows >= 0], rows[rows >= 0]
                if (is_whole := view.check(rows)).any():
                    vectors.append(new[firsts[is_whole]], view.vectors[rows[is_whole]])

    def bury(self, keys: Keys, today: int) -> int:
        """Note since when no chunk needs a vector; drop those that none has needed for long, and say how many.

        Args:
            keys: of all chunks there are.
            today: the number of the day, counted from any.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: nothing was dropped, or not everywhere.
        """
        dropped = 0
        with explained(self._config.cache_dir), self._lock.held():
            for vectors in (model.vectors for model in self._models()):
                vectors.load_new()
                there, file = vectors.view.keys[vectors.view.alive], vectors.log.with_suffix(_TOMBSTONES)
                before = read_tombstones(file)
                stones = tombstones(before, unneeded(there, keys), today)
                old = stones["day"] <= today - KEPT_DAYS
                if old.any():
                    vectors.keep_only(unneeded(there, stones["key"][old]))
                    dropped += int(old.sum())
                if len(before) or len(stones):
                    write_tombstones(file, stones[~old])
        return dropped

    def check(self) -> int:
        """Look for damaged vectors, which wait to be embedded again from now on, and return how many there are.

        Reads all there are; the few that an answer depends on are looked at in any case.
        """
        return sum(model.vectors.check() for model in self._models())

    # ---- the parts

    @contextmanager
    def _my_turn(self) -> Iterator[bool]:
        """Say whether this thread may embed, as no other does in any process, and keep it so inside the block."""
        with ExitStack() as held:
            try:
                held.enter_context(self._turn.held(wait_s=0))
                mine = True
            except VaultBusy:
                mine = False
            except MemwellError:  # the cache folder can't be written: each process has its own vectors
                mine = True
            yield mine

    def _embed(self, chunks: Chunks, limit: int | None, stop: threading.Event, progress: Progress | None) -> int:
        """Embed what waits, a few texts at a time, each of which is kept at once."""
        assert self._model is not None
        self.load_new()
        keys = chunks.keys()
        waiting, done = self.waiting(keys)[:limit], 0
        skipped = len(keys) - len(waiting)
        try:
            for start in range(0, len(waiting), _TEXTS_AT_ONCE):
                generation = self._model.vectors.view.generation
                texts = sorted(chunks.texts(waiting[start : start + _TEXTS_AT_ONCE]).items(), key=_length)
                step = self._model.embedder.texts_a_call
                for at in range(0, len(texts), step):
                    if stop.is_set():
                        return done
                    if not self._embed_batch(self._model, texts[at : at + step], generation, stop):
                        return done
                    done += len(texts[at : at + step])
                    if progress:
                        progress(skipped + done, len(keys))
            self._problem = None
        except EmbedderFailed as error:
            self._problem = str(error)
        finally:
            self._tidy(self._model.vectors)
        self.waiting(chunks.keys())
        return done

    def _embed_batch(
        self, model: _Model, texts: Sequence[tuple[bytes, str]], generation: int, stop: threading.Event
    ) -> bool:
        """Embed and keep a few texts; say whether to go on, which is not so where they may have been purged since."""
        vectors = model.embedder.embed([_as_unicode(text) for _, text in texts])
        keys = np.frombuffer(b"".join(key for key, _ in texts), np.uint8).reshape(len(texts), -1)
        while not stop.is_set():  # else the index may have been closed meanwhile
            try:
                with explained(model.vectors.log), self._lock.held(wait_s=_TURN_S):
                    model.vectors.load_new()
                    if generation not in (0, model.vectors.view.generation):
                        return False
                    model.vectors.append(keys, vectors)
            except VaultBusy:
                continue
            except (VaultDenied, StorageFailed):
                model.vectors.keep_in_memory(keys, vectors)
            return True
        return False

    def _tidy(self, vectors: VectorStore) -> None:
        with suppress(MemwellError), explained(vectors.log), self._lock.held():
            vectors.tidy()

    def _clear(self, vectors: VectorStore) -> None:
        with suppress(MemwellError), explained(vectors.log), self._lock.held():
            vectors.clear()

    # ---- which model answers

    def _models(self) -> tuple[_Model, ...]:
        return tuple(model for model in (self._model, self._before) if model)

    def _serving(self) -> _Model | None:
        return self._before or self._model

    def _opened(self, setting: str, *, offline: bool) -> _Model | None:
        embedder = make_embedder(replace(self._config, embedder=setting), offline=offline)
        if embedder is None:
            return None
        vectors = VectorStore(_log_of(self._config.cache_dir, embedder.name))
        vectors.load_new()
        return _Model(setting, embedder, vectors)

    def _model_before(self) -> _Model | None:
        """Open the embedder that answered the last time, if it is another one and still can."""
        last, setting = self._answered_last()
        if self._model is None or last == _short(self._model.embedder.name) or not setting:
            return None
        with suppress(EmbedderFailed):
            model = self._opened(setting, offline=True)
            if model and _short(model.embedder.name) == last and len(model.vectors):
                return model
        return None

    def _switch(self) -> None:
        """Let the embedder of the settings answer, now and the next time."""
        if self._model is None:
            return
        self._before = None
        name = _short(self._model.embedder.name)
        if self._answered_last()[0] != name:
            setting = self._model.setting if is_local(self._model.setting) else ""  # an address may hold a password
            with suppress(MemwellError):
                folder = self._config.cache_dir
                write_atomic(folder / _SERVING, f"{name}\n{setting}".encode(), folder)

    def _answered_last(self) -> tuple[str, str]:
        """Give the short name and the setting of the embedder that answered last; "" for what is not known."""
        with suppress(OSError, ValueError):
            name, _, setting = (self._config.cache_dir / _SERVING).read_text("utf-8").partition("\n")
            return name, setting if is_local(setting) else ""
        return "", ""


def _log_of(folder: Path, name: str) -> Path:
    return folder / f"embeddings-{_short(name)}.log"


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def _length(item: tuple[bytes, str]) -> int:
    return len(item[1])


def _as_unicode(text: str) -> str:
    """Replace halves of surrogate pairs, which no tokeniser and no JSON takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
