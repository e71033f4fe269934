"""Vector indexes of others, and the vectors that everybody is given: unit vectors in clusters, drawn by a text."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.machine import size_of
from bench.peers.job import LIMIT, Job, NotRun, Search, built, measure_opening, report_times
from bench.peers.questions import Question

DIM = 384
CLUSTERS = 60
ASKED = 100
_TOPIC_SHARE = 0.7  # of a vector's length; two of one cluster have a cosine of about half
_INSTALL = "not installed: pip install 'memwell[bench]'"

Floats = NDArray[np.float32]


def vector_of(text: str) -> Floats:
    """Give the unit vector of a text, shape ``(DIM,)``: always the same, near those of its cluster."""
    seed = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return _unit(_TOPIC_SHARE * _centre(seed % CLUSTERS) + (1 - _TOPIC_SHARE**2) ** 0.5 * _drawn(seed))


def matrix(count: int) -> Floats:
    """Give ``count`` unit vectors, shape ``(count, DIM)``."""
    return np.stack([vector_of(f"row {number}") for number in range(count)])


def questions() -> list[Question]:
    """Give what is asked; `vector_of` its text is the vector."""
    return [Question(f"question {number}") for number in range(ASKED)]


def numpy_build(job: Job) -> None:
    """Keep the vectors as they are."""
    vectors = matrix(job.vectors)
    built(job, lambda: np.save(_file(job), vectors), lambda: size_of(job.folder))


def numpy_ask(job: Job) -> None:
    """Compare the question with every vector."""
    job.report(version=np.__version__)

    def open_index() -> Search:
        vectors = np.load(_file(job))
        return lambda question: _names(_best(vectors, vector_of(question.text)))

    report_times(job, "vector", measure_opening(job, open_index, questions()[0]), questions())
    job.report(right=ASKED, right_of=ASKED)


def usearch_build(job: Job) -> None:
    """Build usearch's graph as it comes, with one thread."""
    index_module = _usearch()
    vectors = matrix(job.vectors)

    def build() -> None:
        index = index_module.Index(ndim=DIM, metric="ip", dtype="f32")
        index.add(np.arange(len(vectors)), vectors, threads=1)
        index.save(str(job.folder / "usearch.bin"))

    built(job, build, lambda: size_of(job.folder))
    rights = [_names(_best(vectors, vector_of(question.text))) for question in questions()]
    _rights_file(job).write_text(json.dumps(rights), "utf-8")


def usearch_ask(job: Job) -> None:
    """Ask usearch's graph, and say how many of the nearest ten it finds."""
    index_module = _usearch()
    job.report(version=version("usearch"))

    def open_index() -> Search:
        index = index_module.Index.restore(str(job.folder / "usearch.bin"))
        return lambda question: _names(index.search(vector_of(question.text), LIMIT, threads=1).keys)

    search = measure_opening(job, open_index, questions()[0])
    report_times(job, "vector", search, questions())
    rights = json.loads(_rights_file(job).read_text("utf-8"))
    found = [len({*search(question)} & {*right}) for question, right in zip(questions(), rights, strict=True)]
    job.report(right=sum(found), right_of=sum(map(len, rights)))


def _best(vectors: Floats, question: Floats) -> Any:
    cosines = vectors @ question
    best = np.argpartition(-cosines, min(LIMIT, len(cosines)) - 1)[:LIMIT]
    return best[np.argsort(-cosines[best])]


def _names(rows: Any) -> list[str]:
    return [str(row) for row in rows]


@cache
def _centre(number: int) -> Floats:
    return _drawn(number)


def _drawn(seed: int) -> Floats:
    return _unit(np.random.default_rng(seed).standard_normal(DIM, np.float32))


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _file(job: Job) -> Path:
    return job.folder / "vectors.npy"


def _rights_file(job: Job) -> Path:
    return job.folder.with_suffix(".rights.json")


def _usearch() -> Any:
    opened: Callable[..., Any] = __import__
    try:
        return opened("usearch.index", fromlist=["Index"])
    except ImportError as error:
        raise NotRun(_INSTALL) from error
