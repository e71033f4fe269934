"""Searching vectors: an approximate look at all, an exact one at the best, and filters before either."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from embedding_fakes import keys_of
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.index import vector_view
from vault_engine.index.vectors import VectorStore

COUNT = 10
WITH_NUMKONG = pytest.param(
    "numkong",
    marks=pytest.mark.skipif(
        not importlib.util.find_spec("numkong"), reason="the extra 'fast' (numkong) is not installed"
    ),
)


@pytest.fixture(params=["numpy", WITH_NUMKONG])
def products(request, monkeypatch):
    """Each way there is to compare 8-bit numbers."""
    if request.param == "numpy":
        monkeypatch.setattr(vector_view, "_numkong", lambda: None)
    else:
        vector_view._numkong.cache_clear()
        assert vector_view._numkong() is not None


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def store_of(folder, vectors: np.ndarray) -> VectorStore:
    store = VectorStore(folder / "v.log")
    store.append(keys_of(*range(len(vectors))), vectors)
    return store


def random_vectors(count=6000, dim=384, seed=1) -> np.ndarray:
    """Directions without any order: every other one is about as far away as the next."""
    return unit(np.random.default_rng(seed).standard_normal((count, dim)))


def clustered_vectors(count=6000, dim=384, seed=2) -> np.ndarray:
    """Subjects with many texts each, which differ by little."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((60, dim))
    return unit(centres[generator.integers(0, 60, count)] + 0.4 * generator.standard_normal((count, dim)))


def questions_near(vectors: np.ndarray, count=60, seed=3) -> np.ndarray:
    generator = np.random.default_rng(seed)
    chosen = vectors[generator.integers(0, len(vectors), count)]
    return unit(chosen + 0.05 * generator.standard_normal(chosen.shape))


def best(vectors: np.ndarray, question: np.ndarray, rows=None, count=COUNT) -> list[int]:
    """Look at every vector."""
    rows = np.arange(len(vectors)) if rows is None else np.asarray(rows, np.int64)
    return rows[np.argsort(-(vectors[rows] @ question), kind="stable")][:count].tolist()


def recall(store: VectorStore, vectors: np.ndarray, questions: np.ndarray) -> float:
    """Give the share of the best ten that are found."""
    found = [
        len({*store.view.nearest(question, None, COUNT)[0]} & {*best(vectors, question)}) for question in questions
    ]
    return sum(found) / (COUNT * len(questions))


@pytest.mark.parametrize("make", [random_vectors, clustered_vectors])
def test_the_best_ten_are_found(products, tmp_path, make):
    """At least 99 of 100 of those that a look at every vector finds."""
    vectors = make()

    assert recall(store_of(tmp_path, vectors), vectors, questions_near(vectors)) >= 0.99


def test_the_best_ten_notes_of_the_sample_vault_are_found(products, harbour, tmp_path):
    """The same with the packaged model's vectors of real text."""
    embeddings = harbour._session.index.embeddings
    stored = embeddings._serving().vectors.view
    vectors = np.array(stored.vectors)
    questions = [
        embeddings.question(text).vector for text in ("double booked berth", "who decides", "tides wrong", "VPN")
    ]

    assert len(vectors) > 100
    assert recall(store_of(tmp_path, vectors), vectors, np.array(questions)) >= 0.99


def test_cosines_are_exact_and_best_first(products, tmp_path):
    """Whatever the first look said; they are those that `cosines` gives."""
    vectors = random_vectors(3000, 48)
    store = store_of(tmp_path, vectors)
    for question in questions_near(vectors, 10):
        rows, cosines = store.view.nearest(question, None, COUNT)
        np.testing.assert_allclose(vectors[rows] @ question, cosines, atol=2e-6)
        np.testing.assert_allclose(store.view.cosines(question, rows), cosines, atol=2e-6)
        assert sorted(cosines.tolist(), reverse=True) == cosines.tolist()


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_a_filter_is_applied_before_the_ranking(products, tmp_path, share):
    """The best ten of those that pass, however few pass and however far they are from the question."""
    vectors = clustered_vectors(4000, 64)
    store = store_of(tmp_path, vectors)
    generator = np.random.default_rng(5)
    for question in questions_near(vectors, 10):
        rows = generator.choice(len(vectors), int(share * len(vectors)), replace=False)
        expected = best(vectors, question, rows)
        found = store.view.nearest(question, rows, COUNT)[0].tolist()
        assert len({*expected} & {*found}) >= 9
        assert {*found} <= {*rows.tolist()}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(1, 12), st.lists(st.integers(-1, 29), unique=True), st.integers(0, 9))
def test_few_vectors_are_ranked_exactly(tmp_path_factory, held, count, asked, seed):
    """Up to a hundred are all looked at; no row that is not there, or was not allowed, is ever given."""
    vectors = random_vectors(30, 8, seed)
    store = store_of(tmp_path_factory.mktemp("few"), vectors[:held])
    question = random_vectors(1, 8, 99)[0]
    allowed = np.array([row for row in asked if row < held], np.int64)

    expected = (
        best(vectors[:held], question, [row for row in allowed if row >= 0], count) if held and len(allowed) else []
    )
    if held:
        assert best(vectors[:held], question, None, count) == store.view.nearest(question, None, count)[0].tolist()
        assert expected == store.view.nearest(question, allowed, count)[0].tolist()
        assert [row < 0 for row in allowed] == np.isnan(store.view.cosines(question, allowed)).tolist()
    else:
        assert 0 == len(store.view.nearest(question, None, count)[0])


def test_without_the_8_bit_numbers_the_others_answer(tmp_path):
    """Their file was lost: every vector is compared exactly, and the next append writes it again."""
    vectors = random_vectors(2000, 32)
    store_of(tmp_path, vectors)
    small = next(tmp_path.glob("*.i8"))
    whole = small.read_bytes()
    small.unlink()
    store = VectorStore(tmp_path / "v.log")
    store.load_new()
    question = questions_near(vectors, 1)[0]
    assert best(vectors, question) == store.view.nearest(question, None, COUNT)[0].tolist()

    store.append(keys_of(5000), vectors[:1])

    assert whole == small.read_bytes()[: len(whole)]
    assert 2001 == len(store.view.codes)


def test_nothing_is_loaded_that_is_not_installed():
    """Without the extra, search works; with it, it is loaded by the first search and not before."""
    code = (
        "import sys, tempfile, pathlib, numpy as np\n"
        "sys.modules['numkong'] = None  # importing it fails\n"
        "from vault_engine.index.vectors import VectorStore\n"
        "store = VectorStore(pathlib.Path(tempfile.mkdtemp()) / 'v.log')\n"
        "vectors = np.eye(200, dtype=np.float32)\n"
        "store.append(np.random.default_rng(1).integers(0, 256, (200, 16), np.uint8), vectors)\n"
        "print(store.view.nearest(vectors[3], None, 1)[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "[3]\n" == done.stdout, done.stderr
