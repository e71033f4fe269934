"""Looking at the best rows again, more closely than the search can look at all: three ways, each in bounded time.

`Late` compares every word of the question with every word of a text, by the packaged model's own vectors of them.
`CrossEncoder` runs a model from a local folder, `RerankEndpoint` asks a server. One that fails or takes too long is no
error of the search: the order stays, and the answer says why.
"""

import hashlib
import json
import math
import os
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import NO_RERANKER, Config
from vault_engine.errors import RerankerFailed
from vault_engine.index.embedder import FastembedModel, packaged_model_folder

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]

LATE = "late"
BUDGET_S = 2.0  # for all texts of one question, loading the model apart
_REMEMBERED = 4_000  # texts whose vectors `Late` holds: about 15 kB each
_MAX_CHARS = 2_000  # of a text that is looked at
_SCALE = 127


class Reranking(Protocol):
    """Judges rows of the index."""

    def __call__(self, question: str, rows: NDArray[np.int64]) -> Floats:
        """Say how well each row answers, in [0, 1]; shape ``(len(rows),)``.

        Raises:
            RerankerFailed: that is impossible now, or takes too long.
        """
        ...


class Weigh(Protocol):
    """Says how much a word of a question tells."""

    def __call__(self, word: str) -> float:
        """Give its weight; 0 for a stop word."""
        ...


class Reranker(Protocol):
    """Anything that judges how well texts answer a question."""

    def judge(self, question: str, texts: Sequence[str], weigh: Weigh) -> Floats:
        """Say how well each text answers, in [0, 1]; shape ``(len(texts),)``. Raises as `Reranking` does."""
        ...


def make_reranker(config: Config) -> Reranker | None:
    """Give the reranker that the settings name; None for ``none``. Loads nothing yet.

    Raises:
        RerankerFailed: the setting is none we know.
    """
    setting = config.reranker
    if setting == NO_RERANKER:
        return None
    if setting == LATE:
        return Late()
    if setting.startswith(("http://", "https://")):
        return RerankEndpoint(setting, config.reranker_key)
    folder = Path(setting).expanduser()
    if folder.is_dir():
        return CrossEncoder(folder.resolve())
    raise RerankerFailed(setting, "neither none, late, a folder, nor an http(s) address")


class _Tokens(NamedTuple):
    """The vectors of a text's tokens in 8 bits, each of length 1 before, and where they stand."""

    codes: Codes  # shape (tokens, dim)
    scales: Floats  # shape (tokens,)
    spans: tuple[tuple[int, int], ...]


class Late:
    """Late interaction: for each word of the question the most alike word of a text, weighted by what it tells.

    (MaxSim: Khattab & Zaharia, "ColBERT", 2020.) Made for short texts, such as turns of a conversation.
    """

    def __init__(self, model: FastembedModel | None = None) -> None:
        self._model = model or FastembedModel(LATE, folder=packaged_model_folder())
        self._remembered: OrderedDict[str, _Tokens] = OrderedDict()

    def judge(self, question: str, texts: Sequence[str], weigh: Weigh) -> Floats:
        """See `Reranker.judge`."""
        try:
            asked = self._tokens(question)
        except Exception as error:
            raise RerankerFailed(LATE, str(error) or type(error).__name__) from error
        told = np.array([weigh(_word_at(question, start)) for start, _ in asked.spans], np.float32)
        if not told.any():
            told[:] = 1
        ends, scores = _deadline(), []
        for text in texts:
            held = self._held(text)
            scores.append(_max_sim(asked, held, told))
            _check(LATE, ends)
        return np.array(scores, np.float32)

    def _held(self, text: str) -> _Tokens:
        key = text[:_MAX_CHARS]
        found = self._remembered.pop(key, None) or self._tokens(key)
        self._remembered[key] = found
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return found

    def _tokens(self, text: str) -> _Tokens:
        """Give the vectors of a text's tokens, those that only mark its ends left out."""
        vectors, offsets = self._model.token_vectors(text)
        inside = [at for at, (start, end) in enumerate(offsets) if end > start]
        chosen = vectors[inside] / np.maximum(np.linalg.norm(vectors[inside], axis=1, keepdims=True), 1e-9)
        scales = np.abs(chosen).max(axis=1, initial=1e-9) / _SCALE
        codes = np.rint(chosen / scales[:, np.newaxis]).astype(np.int8)
        return _Tokens(codes, scales.astype(np.float32), tuple(offsets[at] for at in inside))


class CrossEncoder:
    """A cross-encoder from a local folder, run by fastembed without any network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: Any = None

    def judge(self, question: str, texts: Sequence[str], weigh: Weigh) -> Floats:  # noqa: ARG002  it knows by itself
        """See `Reranker.judge`."""
        name = str(self._folder)
        try:
            if self._loaded is None:
                self._loaded = _load_cross_encoder(self._folder)
            ends, scores = _deadline(), []
            for text in texts:
                scores += self._loaded.rerank(question, [text[:_MAX_CHARS]], batch_size=1)
                _check(name, ends)
            return _as_shares(scores, len(texts))
        except RerankerFailed:
            raise
        except Exception as error:
            raise RerankerFailed(name, next(iter(str(error).splitlines()), "") or type(error).__name__) from error


class RerankEndpoint:
    """A ``/rerank`` endpoint as Cohere, Jina, TEI and llama.cpp have it, written ``http://host/v1#MODEL``."""

    def __init__(self, setting: str, key: str | None) -> None:
        url, _, self._model = setting.partition("#")
        self._name, self._url, self._key = setting, f"{url.rstrip('/')}/rerank", key

    def judge(self, question: str, texts: Sequence[str], weigh: Weigh) -> Floats:  # noqa: ARG002  it knows by itself
        """See `Reranker.judge`."""
        cut = [text[:_MAX_CHARS] for text in texts]
        asked: dict[str, object] = {"query": question, "documents": cut, "top_n": len(cut)}
        body = json.dumps(asked | ({"model": self._model} if self._model else {})).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        try:
            request = urllib.request.Request(self._url, body, headers)
            with urllib.request.urlopen(request, timeout=BUDGET_S) as response:
                return _as_shares(_scores_of(json.load(response), len(cut)), len(cut))
        except urllib.error.HTTPError as error:
            raise RerankerFailed(self._name, f"the endpoint answered {error.code} {error.reason}") from error
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise RerankerFailed(self._name, str(error) or type(error).__name__) from error


def reranking(reranker: Reranker, text_of: Callable[[int], str], weigh: Weigh) -> Reranking:
    """Let a reranker judge rows.

    Args:
        reranker: judges texts.
        text_of: gives the text of a row.
        weigh: says how much a word tells.
    """

    def judge(question: str, rows: NDArray[np.int64]) -> Floats:
        return reranker.judge(question, [text_of(row) for row in rows.tolist()], weigh)

    return judge


def _max_sim(asked: _Tokens, held: _Tokens, told: Floats) -> float:
    if not len(held.codes) or not len(asked.codes):
        return 0.0
    products = asked.codes.astype(np.float32) @ held.codes.T.astype(np.float32)
    best = (products * held.scales).max(axis=1) * asked.scales
    return float(np.clip(best @ told / told.sum(), 0, 1))


def _word_at(text: str, start: int) -> str:
    """Give the word that a place in a text belongs to."""
    first = last = start
    while first and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum():
        last += 1
    return text[first:last]


def _as_shares(scores: Sequence[float], expected: int) -> Floats:
    """Bring scores into [0, 1]: those of models are logits, unless all are in it already."""
    values = np.asarray(scores, np.float64)
    if values.shape != (expected,) or not np.isfinite(values).all():
        raise ValueError(f"{values.shape} scores for {expected} texts")
    if len(values) and (values.min() < 0 or values.max() > 1):
        values = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return np.asarray(values, np.float32)


def _scores_of(answer: Any, expected: int) -> list[float]:
    """Read what the endpoint says: a list of results, with the place of each text and its score."""
    results = answer["results"] if isinstance(answer, dict) else answer
    scores = [math.nan] * expected
    for result in results:
        place = result["index"]
        if not isinstance(place, int) or not 0 <= place < expected:
            raise ValueError(f"the endpoint judged text {place!r} of {expected}")
        scores[place] = float(result["relevance_score"] if "relevance_score" in result else result["score"])
    if any(math.isnan(score) for score in scores):
        raise ValueError("the endpoint left texts out")
    return scores


def _load_cross_encoder(folder: Path) -> Any:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    model_file = next(name for name in ("model.onnx", "onnx/model.onnx") if (folder / name).exists())
    name = f"memwell/{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    if not any(known["model"] == name for known in TextCrossEncoder.list_supported_models()):
        TextCrossEncoder.add_custom_model(model=name, sources=ModelSource(hf=name), model_file=model_file)
    return TextCrossEncoder(name, threads=1, specific_model_path=str(folder), local_files_only=True)


def _deadline() -> float:
    return time.monotonic() + BUDGET_S


def _check(name: str, ends: float) -> None:
    if time.monotonic() > ends:
        raise RerankerFailed(name, f"took longer than {BUDGET_S:g} s")
