"""Without vectors Memwell answers by words, and says why."""

import subprocess
import sys

import pytest

from vault_engine import Memory, Mode


@pytest.fixture
def notes(write_note):
    """Two notes."""
    write_note("a.md", "the lantern is lit")
    write_note("b.md", "berth seven is free")


def answer(engine, query="lantern"):
    recalled = engine.recall(query)
    return recalled.mode, [hit.path for hit in recalled.hits], recalled.degraded


def is_by_words_and_says_why(engine, why):
    mode, paths, degraded = answer(engine)
    assert (Mode.KEYWORD, ["a.md"]) == (mode, paths)
    assert why in degraded
    assert Mode.KEYWORD == engine.recall("lantern", mode="semantic").mode
    assert "created" == engine.remember(Memory("works all the same")).action


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("none", "no embedder is set"),
        ("/no/such/folder", "/no/such/folder"),
        ("no-such-thing", "no-such-thing"),
        ("fastembed:no/such-model", "no/such-model"),
        ("http://127.0.0.1:9/v1", "names its model"),
        ("http://127.0.0.1:9/v1#m", "refused"),
        ("http://[broken#m", "http://[broken"),
    ],
)
def test_an_embedder_that_is_not_there(notes, open_engine, setting, why):
    """Off, missing, unknown or down: keyword search, and the reason in words."""
    is_by_words_and_says_why(open_engine(MEMWELL_EMBEDDER=setting), why)


@pytest.mark.parametrize("files", [{}, {"model.onnx": "garbage", "config.json": "{}"}, {"config.json": "[1"}])
def test_a_model_folder_that_is_broken(notes, open_engine, tmp_path, files):
    """An empty folder, or files that are no model."""
    (tmp_path / "model").mkdir()
    for name, text in files.items():
        (tmp_path / "model" / name).write_text(text, "utf-8")

    is_by_words_and_says_why(open_engine(MEMWELL_EMBEDDER=str(tmp_path / "model")), "folder:")


def test_an_endpoint_that_answers(notes, open_engine, endpoint):
    """Both legs run; the key goes along as a bearer token and comes from the environment alone."""
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting, MEMWELL_EMBEDDER_KEY="s3cret")

    assert (Mode.HYBRID, ["a.md"], None) == (answer(engine)[0], answer(engine)[1][:1], answer(engine)[2])
    assert "Bearer s3cret" == endpoint.authorization
    assert "s3cret" not in repr(engine.status())


def test_an_endpoint_that_fails_and_comes_back(notes, open_engine, endpoint):
    """While it answers 500 the words answer; once it is well again, so is the search."""
    endpoint.status = 500
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting)
    is_by_words_and_says_why(engine, "500")
    assert "500" in engine.status().index.embedder_problem

    endpoint.status = 200

    assert (Mode.HYBRID, None) == (answer(engine)[0], answer(engine)[2])


@pytest.mark.parametrize(
    "nonsense",
    [
        {}, [], None, {"data": []}, {"data": [{"embedding": []}]}, {"data": [{"embedding": ["x"]}]}, {"data": "x"},
        {"data": [{"embedding": [float("nan")] * 8}]}, {"data": [{"index": 0, "embedding": [[1.0]]}]},
    ],
    ids=str,
)  # fmt: skip
def test_an_endpoint_that_answers_nonsense(notes, open_engine, endpoint, nonsense):
    """What is no vector for each text is as good as no answer."""
    endpoint.answer = lambda texts: nonsense

    is_by_words_and_says_why(open_engine(MEMWELL_EMBEDDER=endpoint.setting), endpoint.setting)


def test_an_endpoint_whose_vectors_change_their_dimension(notes, open_engine, endpoint, write_note):
    """Somebody put another model behind the same name: its vectors take the place of the old ones, bit by bit."""
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting)
    assert Mode.HYBRID == answer(engine)[0]

    endpoint.dim = 32
    write_note("c.md", "an anchor")
    answer(engine)

    assert (Mode.HYBRID, None) == (answer(engine)[0], answer(engine)[2])
    assert 0 == engine.recall("lantern").chunks_waiting


def test_another_embedder_has_its_own_embeddings(notes, open_engine, endpoint):
    """Switching to another model and back asks for nothing twice."""
    first = endpoint.setting
    answer(open_engine(MEMWELL_EMBEDDER=first))
    answer(open_engine(MEMWELL_EMBEDDER=f"{first}-two"))
    endpoint.texts.clear()

    assert Mode.HYBRID == answer(open_engine(MEMWELL_EMBEDDER=first))[0]
    assert ["lantern"] == endpoint.texts


def test_notes_without_a_vector_are_found_by_their_words(open_engine, endpoint, write_note):
    """More chunks than one question waits for: the rest is found by words, and how many wait is said."""
    for number in range(100):
        write_note(f"{number:03}.md", f"note lantern{number}")
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting)

    recalled = engine.recall("lantern99")

    assert (Mode.HYBRID, "099.md", 36) == (recalled.mode, recalled.hits[0].path, recalled.chunks_waiting)
    engine.build_index()
    assert 0 == engine.recall("lantern99").chunks_waiting


OFFLINE = """
import socket, sys

def refuse(*_):
    raise AssertionError("the network was asked for")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from vault_engine import Engine
with Engine.open(sys.argv[1], env={"MEMWELL_CACHE_DIR": sys.argv[2]}) as engine:
    recalled = engine.recall("where is the light")
    print(recalled.mode, recalled.degraded, recalled.hits[0].path)
"""


def test_the_packaged_model_needs_no_network(notes, vault, tmp_path):
    """With every connection refused, the first question is answered by words and by meaning."""
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(vault), str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("hybrid None a.md\n", 0) == (done.stdout, done.returncode), done.stderr
