"""Embeddings are made once and kept by content."""

from pathlib import Path

import numpy as np
import pytest

from vault_engine.index.vectors import VectorStore


@pytest.fixture
def open_with_vectors(open_engine, endpoint):
    """Opens the vault with the embedding endpoint of the test."""
    return lambda: open_engine(MEMWELL_EMBEDDER=endpoint.setting)


def embeddings_file(tmp_path) -> Path:
    return next((tmp_path / "cache").rglob("embeddings-*.bin"))


def semantic(engine, query="lantern"):
    recalled = engine.recall(query, mode="semantic")
    assert ("semantic", None) == (recalled.mode, recalled.degraded)
    return [(hit.path, hit.score) for hit in recalled.hits]


@pytest.fixture
def fill(write_note):
    """Writes three notes."""
    write_note("a.md", "the lantern is lit")
    write_note("b.md", "berth seven is free")
    write_note("c.md", "# Tides\n\nhigh water at noon")


def key(number: int) -> str:
    return f"{number:032x}"


def vectors(*numbers: int) -> np.ndarray:
    made = np.zeros((len(numbers), 8), np.float32)
    for row, number in enumerate(numbers):
        made[row, number % 8] = 1
    return made


def test_nothing_is_embedded_twice(fill, open_with_vectors, endpoint, write_note, vault):
    """A chunk is embedded when it is new: not by the next question, process, rename, touch or fresh build."""
    engine = open_with_vectors()
    semantic(engine)
    asked = [text for text in endpoint.texts if text != "lantern"]
    assert (3, 3) == (len(asked), len(set(asked)))

    endpoint.texts.clear()
    semantic(engine)
    engine.build_index(fresh=True)
    engine.close()
    write_note("b.md", "berth seven is free", fresh=True)
    (vault / "c.md").rename(vault / "moved.md")
    engine = open_with_vectors()
    engine.build_index(fresh=True)
    semantic(engine)
    assert {"lantern"} == set(endpoint.texts)

    endpoint.texts.clear()
    write_note("a.md", "the lantern is out")
    semantic(engine)
    assert ["a\nthe lantern is out", "lantern"] == sorted(endpoint.texts)


def test_equal_chunks_share_one_embedding(write_note, open_with_vectors, endpoint):
    """The same note in two folders is embedded once and found twice."""
    write_note("x/same.md", "the lantern is lit")
    write_note("y/same.md", "the lantern is lit")

    assert ["x/same.md", "y/same.md"] == [path for path, _ in semantic(open_with_vectors())]
    assert 2 == len(endpoint.texts)


def test_a_torn_embeddings_file_is_completed(fill, open_with_vectors, endpoint, tmp_path):
    """A crash while it was being appended to costs the last vector, which is made again."""
    whole = semantic(open_with_vectors())
    file = embeddings_file(tmp_path)
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[:-7])
    endpoint.texts.clear()

    assert whole == semantic(open_with_vectors())
    assert 2 == len(endpoint.texts)
    assert size == file.stat().st_size


@pytest.mark.parametrize("content", [b"", b"memwell", b"\xff" * 1000, bytes(1000), b"memwellV" + b"\xff" * 500])
def test_an_embeddings_file_that_is_none_is_made_again(fill, open_with_vectors, tmp_path, content):
    """Empty, cut within its head, or of something else: the vectors are simply made anew."""
    whole = semantic(open_with_vectors())
    embeddings_file(tmp_path).write_bytes(content)

    assert whole == semantic(open_with_vectors())
    assert whole == semantic(open_with_vectors())


def test_an_embeddings_file_of_another_dimension_is_made_again(fill, open_with_vectors, tmp_path):
    """One flipped bit in the file's head must not cost the semantic search for good."""
    whole = semantic(open_with_vectors())
    file = embeddings_file(tmp_path)
    data = bytearray(file.read_bytes())
    data[8] ^= 1
    file.write_bytes(data)

    engine = open_with_vectors()
    engine.build_index(fresh=True)

    assert whole == semantic(engine)


def test_a_damaged_vector_is_dropped(tmp_path):
    """A vector is of length 1, or it is none of ours."""
    store = VectorStore(tmp_path / "v.bin")
    store.append([key(1), key(2)], vectors(1, 2))
    data = bytearray((tmp_path / "v.bin").read_bytes())
    data[16 + 16 + 4 : 16 + 16 + 8] = np.float32(3.5).tobytes()
    (tmp_path / "v.bin").write_bytes(data)

    again = VectorStore(tmp_path / "v.bin")
    again.load_new()

    assert (False, True) == (key(1) in again, key(2) in again)
    assert [-1, 0] == again.rows([key(1), key(2)]).tolist()


def test_vectors_of_another_process_are_taken_in(tmp_path):
    """Two stores on one file see what the other has appended, and lose nothing."""
    one, other = VectorStore(tmp_path / "v.bin"), VectorStore(tmp_path / "v.bin")
    one.append([key(1)], vectors(1))
    other.load_new()
    other.append([key(2)], vectors(2))
    one.load_new()
    one.append([key(3)], vectors(3))
    other.load_new()

    assert [True] * 3 == [key(number) in other for number in (1, 2, 3)]
    np.testing.assert_array_equal(vectors(1, 2, 3), other.matrix)
    np.testing.assert_array_equal(vectors(1, 2, 3), one.matrix)


def test_vectors_of_another_dimension_replace_the_old_ones(tmp_path):
    """Another model behind the same name begins anew, in this process, its file and every other process."""
    one, other = VectorStore(tmp_path / "v.bin"), VectorStore(tmp_path / "v.bin")
    one.append([key(1)], vectors(1))
    other.load_new()

    one.append([key(2)], np.ones((1, 5), np.float32) / np.sqrt(5))
    other.load_new()

    for store in (one, other):
        assert (5, False, True) == (store.dim, key(1) in store, key(2) in store)


def test_a_text_without_a_vector_is_not_asked_for_for_ever(fill, open_with_vectors, endpoint, tmp_path):
    """An endpoint that answers zeros for a chunk is not asked again and again, and the file does not grow."""
    endpoint.answer = lambda texts: {
        "data": [{"index": i, "embedding": [0.0] * 8 if "berth" in text else [1.0] * 8} for i, text in enumerate(texts)]
    }
    engine = open_with_vectors()
    engine.recall("lantern")
    size = embeddings_file(tmp_path).stat().st_size
    for _ in range(3):
        engine.recall("lantern")

    assert size == embeddings_file(tmp_path).stat().st_size
