"""Embeddings are made once and kept by content."""

from pathlib import Path

import pytest


@pytest.fixture
def open_with_vectors(open_engine, endpoint):
    """Opens the vault with the embedding endpoint of the test."""
    return lambda: open_engine(MEMWELL_EMBEDDER=endpoint.setting)


def embeddings_file(tmp_path, suffix=".log") -> Path:
    (file,) = (tmp_path / "cache").rglob(f"embeddings-*{suffix}")
    return file


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


@pytest.mark.parametrize("suffix", [".log", ".f32", ".i8"])
def test_a_torn_file_is_completed(fill, open_with_vectors, endpoint, tmp_path, suffix):
    """A crash while the files were being appended to costs the last texts, which are embedded again."""
    whole = semantic(open_with_vectors())
    file = embeddings_file(tmp_path, suffix)
    file.write_bytes(file.read_bytes()[:-7])
    endpoint.texts.clear()

    assert whole == semantic(open_with_vectors())
    assert endpoint.texts.count("lantern") == 1
    assert len(endpoint.texts) <= 4


@pytest.mark.parametrize("suffix", [".log", ".f32", ".i8"])
@pytest.mark.parametrize("content", [b"", b"mwV\x02", b"\xff" * 1000, bytes(1000), b"mwV\x02" + b"\xff" * 500])
def test_a_file_of_something_else_is_made_again(fill, open_with_vectors, tmp_path, suffix, content):
    """Empty, cut short, or of another program: the vectors are simply made anew."""
    whole = semantic(open_with_vectors())
    embeddings_file(tmp_path, suffix).write_bytes(content)

    assert whole == semantic(open_with_vectors())
    assert whole == semantic(open_with_vectors())


def test_files_of_the_format_before_are_removed(fill, open_with_vectors, tmp_path):
    """What they hold is embedded once more."""
    whole = semantic(open_with_vectors())
    old = embeddings_file(tmp_path).with_name("embeddings-0123456789ab.bin")
    old.write_bytes(b"memwellV" + bytes(100))

    assert whole == semantic(open_with_vectors())
    assert not old.exists()


@pytest.mark.parametrize("suffix", [".log", ".f32", ".i8"])
def test_files_that_are_cut_short_while_they_are_open(fill, open_with_vectors, tmp_path, suffix):
    """A file that a running process has mapped is emptied by somebody: it is made again, and nothing falls over."""
    engine = open_with_vectors()
    whole = semantic(engine)
    embeddings_file(tmp_path, suffix).write_bytes(b"")

    assert whole == semantic(engine)


def test_what_reverts_and_moves_is_not_embedded_again(fill, open_with_vectors, endpoint, write_note, vault):
    """An edit and its undoing, a folder renamed, the index discarded: every text was embedded before."""
    engine = open_with_vectors()
    semantic(engine)
    write_note("a.md", "the lantern is out")
    semantic(engine)
    engine.close()
    endpoint.texts.clear()

    write_note("a.md", "the lantern is lit", fresh=True)
    (vault / "deep").mkdir()
    (vault / "b.md").rename(vault / "deep/b.md")
    engine = open_with_vectors()
    engine.build_index(fresh=True)
    semantic(engine)

    assert ["lantern"] == endpoint.texts


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
