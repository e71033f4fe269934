"""Text to unit vectors: the model that ships with us, another local or downloadable one, or an endpoint.

Nothing here is imported or loaded before the first vector is asked for: the vault works without.
"""

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import Config
from vault_engine.errors import EmbedderFailed

Vectors = NDArray[np.float32]

PACKAGED_MODEL = "all-MiniLM-L6-v2-int8"
MODEL_LANGUAGE = "en"  # what the packaged model was made for
_PACKAGED = f"packaged:{PACKAGED_MODEL}"
_BATCH = 1  # quantised by the batch: alone, a text always has the same vector. Padding would cost more than it gains
_TIMEOUT_S = 60.0
_QUERY_TIMEOUT_S = 5.0  # somebody waits for the answer
_HIGHEST_DIM = 8192


class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Tell the vectors of one model from another's; the embeddings of a vault are kept by it."""
        ...

    @property
    def texts_a_call(self) -> int:
        """How many texts to give `embed` at a time: what is lost when it is cut short, and what stopping waits for."""
        ...

    def load(self) -> None:
        """Get ready, so that the first question is answered as quickly as the next. Raises as `embed` does."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Turn the texts of notes into rows of length 1, shape ``(len(texts), dim)``, in the order given.

        Raises:
            EmbedderFailed: the model is missing or the endpoint does not answer.
        """
        ...

    def embed_query(self, text: str) -> Vectors:
        """Turn a question into one vector of length 1, shape ``(dim,)``. Raises as `embed` does."""
        ...


def make_embedder(config: Config, *, offline: bool = False) -> Embedder | None:
    """Give the embedder that the settings name; None for ``none``. Loads nothing yet.

    Args:
        config: the settings.
        offline: download no model that is not on this machine.

    Raises:
        EmbedderFailed: the setting is none we know.
    """
    setting = config.embedder
    if setting == "none":
        return None
    if setting == "packaged":
        return FastembedModel(_PACKAGED, folder=packaged_model_folder())
    if setting.startswith(("http://", "https://")):
        return Endpoint(setting, config.embedder_key)
    if setting.startswith("fastembed:"):
        return FastembedModel(setting, model=setting.removeprefix("fastembed:"), offline=offline)
    folder = Path(setting).expanduser()
    if folder.is_dir():
        return FastembedModel(f"folder:{folder.resolve()}", folder=folder.resolve())
    raise EmbedderFailed(setting, "neither packaged, none, fastembed:MODEL, a folder, nor an http(s) address")


def is_local(setting: str) -> bool:
    """Say whether an embedder runs on this machine and needs no key; ``none`` does not run."""
    return setting != "none" and not setting.startswith(("http://", "https://"))


def packaged_model_folder() -> Path:
    """Say where the model that ships with Memwell lies."""
    return Path(str(files("vault_engine.index"))) / "models" / PACKAGED_MODEL


class FastembedModel:
    """A model run by fastembed: from a local folder without any network, or by a name fastembed knows."""

    texts_a_call = 8

    def __init__(self, name: str, *, folder: Path | None = None, model: str = "", offline: bool = False) -> None:
        self.name = name
        self._folder, self._model, self._offline = folder, model, offline
        self._loaded: Any = None
        self._last: tuple[str, Vectors] | None = None  # a question, and the vectors of its tokens

    def load(self) -> None:
        """See `Embedder.load`."""
        self._model_loaded()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        rows = list(self._model_loaded().embed(texts, batch_size=_BATCH))
        return unit_rows(np.asarray(rows, np.float32).reshape(len(texts), -1))

    def embed_query(self, text: str) -> Vectors:
        """See `Embedder.embed_query`."""
        if self._folder is None:
            vector = np.asarray(next(iter(self._model_loaded().query_embed(text))), np.float32)
        else:  # the mean of its tokens, which may be asked for next
            vector = self._run(text).mean(axis=0)
        return unit_rows(vector[np.newaxis]).reshape(-1)

    def token_vectors(self, text: str) -> tuple[Vectors, list[tuple[int, int]], list[int]]:
        """Give the vector of each token of a text, shape ``(n, dim)``, where in the text it stands, and its number.

        Tokens that only mark the text's ends stand nowhere: from 0 to 0. The number is that of the model's list of
        tokens. Raises as `embed` does.
        """
        vectors = self._run(text)
        (encoded,) = self._model_loaded().model.tokenize([text])
        return vectors, [tuple(offset) for offset in encoded.offsets], list(encoded.ids)

    def _run(self, text: str) -> Vectors:
        """Give the vectors of a text's tokens, those of the last text without running the model again."""
        last = self._last
        if last is None or last[0] != text:
            vectors = np.asarray(self._model_loaded().model.onnx_embed([text]).model_output[0], np.float32)
            self._last = last = text, vectors
        return last[1]

    def _model_loaded(self) -> Any:
        if self._loaded is None:
            try:
                self._loaded = (
                    _load_folder(self._folder) if self._folder else _load_named(self._model, offline=self._offline)
                )
            except Exception as error:
                raise EmbedderFailed(self.name, first_line(error)) from error
        return self._loaded


class Endpoint:
    """An OpenAI-compatible ``/embeddings`` endpoint, written ``http://host/v1#MODEL``."""

    texts_a_call = 32

    def __init__(self, setting: str, key: str | None) -> None:
        url, _, model = setting.partition("#")
        if not model:
            raise EmbedderFailed(setting, "an endpoint names its model after '#', as in http://localhost:11434/v1#NAME")
        self.name = setting
        self._url, self._model, self._key = f"{url.rstrip('/')}/embeddings", model, key

    def load(self) -> None:
        """See `Embedder.load`: there is nothing to get ready."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        return unit_rows(self._ask(texts, _TIMEOUT_S))

    def embed_query(self, text: str) -> Vectors:
        """See `Embedder.embed_query`."""
        return unit_rows(self._ask([text], _QUERY_TIMEOUT_S)).reshape(-1)

    def _ask(self, texts: Sequence[str], timeout_s: float) -> Vectors:
        body = json.dumps({"model": self._model, "input": list(texts)}).encode()
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            request = urllib.request.Request(self._url, body, headers)
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                return _vectors_of(json.load(response), len(texts))
        except urllib.error.HTTPError as error:
            raise EmbedderFailed(self.name, f"the endpoint answered {error.code} {error.reason}") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EmbedderFailed(self.name, first_line(error)) from error


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _vectors_of(answer: Any, expected: int) -> Vectors:
    rows = [item["embedding"] for item in sorted(answer["data"], key=lambda item: item.get("index", 0))]
    vectors = np.asarray(rows, np.float32)
    if vectors.ndim != 2 or len(vectors) != expected or not np.isfinite(vectors).all():
        raise ValueError(f"the endpoint sent {vectors.shape} numbers for {expected} texts")
    return vectors


def silence_telemetry() -> None:
    """Have the library that runs models send nothing and keep no identifier; to be called before it is loaded."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def _load_folder(folder: Path) -> Any:
    silence_telemetry()
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    model_file = next(name for name in ("model.onnx", "onnx/model.onnx") if (folder / name).exists())
    name = f"memwell/{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    if not any(known["model"] == name for known in TextEmbedding.list_supported_models()):
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf=name),  # never asked: the folder is given
            dim=_dim_of(folder),
            model_file=model_file,
        )
    return TextEmbedding(name, specific_model_path=str(folder), local_files_only=True, threads=1)


def _load_named(model: str, *, offline: bool) -> Any:
    silence_telemetry()
    from fastembed import TextEmbedding

    return TextEmbedding(model, threads=1, local_files_only=offline)


def _dim_of(folder: Path) -> int:
    dim = json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"]
    if not isinstance(dim, int) or not 0 < dim <= _HIGHEST_DIM:
        raise ValueError(f"config.json states hidden_size {dim!r}")
    return dim


def first_line(error: BaseException) -> str:
    """Say in a line why a model can't be used."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
