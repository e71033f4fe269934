"""Looking at the best rows again, more closely than the search can look at all: four ways, each in bounded time.

`Late` compares every word of the question with every word of a text. `CrossEncoder` runs a model from a local folder,
`RerankEndpoint` and `ChatEndpoint` ask a server. One that fails or takes too long is no error of the search: the order
stays, and the answer says why.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import AUTO_RERANKER, LATE_RERANKER, NO_RERANKER, Config
from vault_engine.errors import RerankerFailed
from vault_engine.index.embedder import first_line, silence_telemetry
from vault_engine.index.token_vectors import TokenVectors
from vault_engine.search.endpoints import ChatEndpoint, RerankEndpoint
from vault_engine.search.judging import (
    BUDGET_S,
    MAX_CHARS,
    Deadline,
    Floats,
    Judged,
    Reranker,
    Weigh,
    as_shares,
)
from vault_engine.search.late import Late

_MOST_MADE = 12  # texts whose vectors of tokens are made while somebody waits: of turns 25 to 40 ms of work


@dataclass(frozen=True, slots=True)
class Reranking:
    """Judges rows of the index."""

    reranker: Reranker
    text_of: Callable[[int], Judged]
    weigh: Weigh
    only_turns: bool = False  # whether no other rows are judged

    def __call__(self, question: str, rows: NDArray[np.int64]) -> Floats | None:
        """Say how well each row answers, as `Reranker.judge` does. Raises as that."""
        return self.reranker.judge(question, self._texts(rows), self.weigh)

    def together(self, question: str, rows: NDArray[np.int64], group_of: NDArray[np.integer[Any]]) -> Floats | None:
        """Say how well each one's group answers as one text; None where that can't be said. Raises as before.

        Args:
            question: the text.
            rows: some that were judged.
            group_of: a number for the group of each, shape ``(len(rows),)``.
        """
        if not isinstance(self.reranker, Late):
            return None
        return self.reranker.judge_together(question, self._texts(rows), group_of.astype(np.int64), self.weigh)

    def _texts(self, rows: NDArray[np.int64]) -> list[Judged]:
        return [self.text_of(row) for row in rows.tolist()]


def make_reranker(config: Config, tokens: TokenVectors) -> Reranker:
    """Give the reranker that the settings name; late interaction where they name none. Loads nothing yet.

    Raises:
        RerankerFailed: the setting is none we know.
    """
    setting = config.reranker
    if setting in (AUTO_RERANKER, NO_RERANKER, LATE_RERANKER):
        return Late(tokens, _MOST_MADE, partly=True)
    if setting.startswith(("http://", "https://")):
        return RerankEndpoint(setting, config.reranker_key)
    if setting.startswith(("chat:http://", "chat:https://")):
        return ChatEndpoint(setting, config.reranker_key)
    folder = Path(setting).expanduser()
    if folder.is_dir():
        return CrossEncoder(folder.resolve())
    raise RerankerFailed(setting, "neither auto, none, late, a folder, an http(s) address, nor one behind chat:")


class CrossEncoder:
    """A cross-encoder from a local folder, run by fastembed without any network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: Any = None

    def judge(self, question: str, texts: Sequence[Judged], weigh: Weigh) -> Floats:  # noqa: ARG002  it knows by itself
        """See `Reranker.judge`."""
        name = str(self._folder)
        try:
            if self._loaded is None:
                self._loaded = _load_cross_encoder(self._folder)
            deadline, scores = Deadline(name, BUDGET_S), []
            for text in texts:
                scores += self._loaded.rerank(question, [text.read()[:MAX_CHARS]], batch_size=1)
                deadline.left_s()
            return as_shares(scores, len(texts))
        except RerankerFailed:
            raise
        except Exception as error:
            raise RerankerFailed(name, first_line(error)) from error


def _load_cross_encoder(folder: Path) -> Any:
    silence_telemetry()
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    model_file = next(name for name in ("model.onnx", "onnx/model.onnx") if (folder / name).exists())
    name = f"memwell/{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    if not any(known["model"] == name for known in TextCrossEncoder.list_supported_models()):
        TextCrossEncoder.add_custom_model(model=name, sources=ModelSource(hf=name), model_file=model_file)
    return TextCrossEncoder(name, threads=1, specific_model_path=str(folder), local_files_only=True)
