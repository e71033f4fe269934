"""Embedders that count what they are asked, and chunks that are only texts."""

import hashlib
import threading
from collections.abc import Callable, Sequence

import numpy as np

from vault_engine.config import Config
from vault_engine.errors import EmbedderFailed
from vault_engine.index.embeddings import Embeddings, Question
from vault_engine.vault.lock import Lock


class FakeEmbedder:
    """Gives each text a vector of its own, of the model's own."""

    texts_a_call = 4

    def __init__(self, name: str, dim: int = 16) -> None:
        self.name, self.dim = name, dim
        self.texts: list[str] = []
        self.questions: list[str] = []
        self.fails = False
        self.before_each: Callable[[], object] = lambda: None
        self.on_load: Callable[[], object] = lambda: None

    def load(self) -> None:
        self.on_load()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.before_each()
        if self.fails:
            raise EmbedderFailed(self.name, "told to")
        self.texts += texts
        return np.array([self.vector(text) for text in texts], np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        self.questions.append(text)
        return self.vector(text)

    def vector(self, text: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(f"{self.name}{text}".encode()).digest()[:4], "big")
        vector = np.random.default_rng(seed).standard_normal(self.dim)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class FakeChunks:
    """Texts that wait to be embedded."""

    def __init__(self, *texts: str) -> None:
        self.set(*texts)

    def set(self, *texts: str) -> None:
        self._texts = {hashlib.sha256(text.encode()).digest()[:16]: text for text in texts}
        self._keys = np.frombuffer(b"".join(self._texts), np.uint8).reshape(-1, 16)

    def keys(self) -> np.ndarray:
        return self._keys

    def texts(self, keys: np.ndarray) -> dict[bytes, str]:
        return {key.tobytes(): self._texts[key.tobytes()] for key in keys if key.tobytes() in self._texts}


def opened(folder, embedder: str = "packaged") -> Embeddings:
    """Open the embeddings of a folder as another process would."""
    return Embeddings(
        Config(root=folder, embedder=embedder, cache_dir=folder / "cache"), Lock(folder / "cache" / "lock")
    )


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start some work in a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def keys_of(*numbers: int) -> np.ndarray:
    """Give keys that hold numbers, shape ``(len(numbers), 16)``."""
    return np.frombuffer(b"".join(number.to_bytes(16, "big") for number in numbers), np.uint8).reshape(-1, 16)


def cosines_of(question: Question, chunks: FakeChunks) -> np.ndarray | None:
    """Give the cosine of a question and each chunk; None where there are no vectors of the question's model."""
    view = question.vectors.view
    if not len(view) or view.dim != len(question.vector):
        return None
    return view.cosines(question.vector, view.rows(chunks.keys()))
