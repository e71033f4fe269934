"""Questions about a vault of one's own, some of which nothing answers, and how well they were answered."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from memwell_cli.evaluation.corpus import DEPTH
from memwell_cli.evaluation.ranking import Quality
from vault_engine import Engine

_KS = (1, 3, 5, 10)
_FILTERS = ("type", "category")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One question, the paths of the notes that answer it, and of which kind it is."""

    text: str
    notes: frozenset[str]  # empty: nothing answers it
    kind: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)  # arguments of `Engine.recall`


class Answered(NamedTuple):
    """A question and what recall said: paths, best first."""

    question: Labelled
    found: tuple[str, ...]
    took_ms: float


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to some questions, and the figures that they make."""

    all: tuple[Answered, ...]

    @property
    def kinds(self) -> dict[str, "Answers"]:
        """The answers by kind, in the order the kinds first appear; those without one are left out."""
        names = dict.fromkeys(one.question.kind for one in self.all if one.question.kind)
        return {name: Answers(tuple(one for one in self.all if one.question.kind == name)) for name in names}

    @property
    def answerable(self) -> "Answers":
        """Those to questions that something answers."""
        return Answers(tuple(one for one in self.all if one.question.notes))

    @property
    def unanswerable(self) -> "Answers":
        """Those to questions that nothing answers."""
        return Answers(tuple(one for one in self.all if not one.question.notes))

    @property
    def quality(self) -> Quality:
        """The ranks of the first right note, of the questions that have one."""
        quality = Quality()
        for one in self.answerable.all:
            quality.add(one.found, one.question.notes)
        return quality

    @property
    def ndcg(self) -> float:
        """The normalised discounted cumulative gain of the first ten, every right note being worth 1, in percent."""
        return _mean([_ndcg(one) for one in self.answerable.all])

    @property
    def silent(self) -> float:
        """How many of the questions got no note at all, in percent: right where nothing answers, else wrong."""
        return _mean([not one.found for one in self.all])

    def took_ms(self, percentile: float) -> float:
        """Say within what time so many percent of the questions were answered, in milliseconds."""
        return float(np.percentile([one.took_ms for one in self.all], percentile)) if self.all else 0.0

    def as_json(self) -> dict[str, Any]:
        """Give the figures in the shape of ``eval vault --json``."""
        answerable, unanswerable = self.answerable, self.unanswerable
        return {
            **self.quality.as_json(*_KS),
            "ndcg": round(self.ndcg, 2),
            "silenced": round(answerable.silent, 2),
            "unanswerable": {"n": len(unanswerable.all), "silent": round(unanswerable.silent, 2)},
            "latency_ms": {"p50": round(self.took_ms(50), 1), "p95": round(self.took_ms(95), 1)},
        }


def read_questions(lines: Sequence[Mapping[str, Any]]) -> list[Labelled]:
    """Understand lines as ``{"query": "…", "notes": ["path", …]}``, with ``kind``, ``type``, ``category``, ``tags``.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are of another form.
    """
    return [_read(line) for line in lines]


def ask_all(engine: Engine, questions: Sequence[Labelled], how: Mapping[str, Any]) -> Answers:
    """Ask an open vault everything, with the same arguments of `Engine.recall`."""
    answers = []
    for question in questions:
        began = time.perf_counter()
        hits = engine.recall(question.text, limit=DEPTH, **question.filters, **how).hits
        took_ms = (time.perf_counter() - began) * 1000
        answers.append(Answered(question, tuple(hit.path for hit in hits), took_ms))
    return Answers(tuple(answers))


def _read(line: Mapping[str, Any]) -> Labelled:
    filters = {name: _text(line[name]) for name in _FILTERS if name in line}
    tags = {"tags": _texts(line["tags"])} if "tags" in line else {}
    return Labelled(
        _text(line["query"]), frozenset(_texts(line["notes"])), _text(line.get("kind", "")), {**filters, **tags}
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return tuple(map(_text, value))


def _ndcg(one: Answered) -> float:
    gain = sum(1 / math.log2(rank + 1) for rank, path in enumerate(one.found, 1) if path in one.question.notes)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(one.question.notes), DEPTH) + 1))


def _mean(values: Sequence[float]) -> float:
    return 100 * sum(values) / max(len(values), 1)
