"""Looking at the best rows again."""

import json
import shutil
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from onnx_models import counting_model

from vault_engine.errors import RerankerFailed
from vault_engine.index.embedder import FastembedModel, packaged_model_folder
from vault_engine.index.token_vectors import TokenVectors
from vault_engine.search import endpoints
from vault_engine.search.endpoints import ChatEndpoint, RerankEndpoint
from vault_engine.search.judging import Judged, as_shares
from vault_engine.search.late import Late

NOTES = {"a.md": "lantern lantern lantern", "b.md": "lantern, said the keeper", "c.md": "lantern and berth"}


@pytest.fixture
def server():
    """A /rerank endpoint whose answer each test sets; it keeps what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.asked.append((self.path, self.headers.get("Authorization"), asked))
            status, answer = self.server.answer(asked)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked = []
    threading.Thread(target=running.serve_forever, daemon=True).start()
    running.url = f"http://127.0.0.1:{running.server_port}/v1#some-model"
    yield running
    running.shutdown()
    running.server_close()


def judged(texts):
    """Give texts as rerankers take them."""
    return [Judged(number.to_bytes(16), lambda text=text: text) for number, text in enumerate(texts)]


def likes(word):
    """Answer as an endpoint that likes texts with a word."""

    def answer(asked):
        scores = [0.9 * (word in text) for text in asked["documents"]]
        return 200, {"results": [{"index": number, "relevance_score": score} for number, score in enumerate(scores)]}

    return answer


def test_the_endpoint_changes_the_order(server, open_engine, write_note):
    """What it likes comes first; it is asked for every text at once, with the key of the environment."""
    for path, text in NOTES.items():
        write_note(path, text)
    server.answer = likes("keeper")
    engine = open_engine(MEMWELL_RERANKER=server.url, MEMWELL_RERANKER_KEY="secret")

    assert "a.md" == engine.recall("lantern", rerank=False).hits[0].path
    recalled = engine.recall("lantern")

    assert ("b.md", "no embedder is set") == (recalled.hits[0].path, recalled.degraded)
    assert "reranked" in recalled.hits[0].why
    ((path, key, asked),) = server.asked
    assert ("/v1/rerank", "Bearer secret", "lantern", 3, "some-model") == (
        path, key, asked["query"], len(asked["documents"]), asked["model"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (200, b"no json"),
        (200, {"results": []}),
        (200, {"results": [{"index": 7, "relevance_score": 1}] * 3}),
        (200, {"results": [{"index": n, "relevance_score": "high"} for n in range(3)]}),
        (200, {"results": None}),
        (200, 3),
    ],
)
def test_an_endpoint_that_fails_leaves_the_order(server, open_engine, write_note, answer):
    """The answer is there all the same, and says why nothing was ranked again."""
    for path, text in NOTES.items():
        write_note(path, text)
    server.answer = lambda asked: answer
    engine = open_engine(MEMWELL_RERANKER=server.url)

    recalled = engine.recall("lantern")

    assert [hit.path for hit in engine.recall("lantern", rerank=False).hits] == [hit.path for hit in recalled.hits]
    assert "reranker" in recalled.degraded


def marks(*given):
    """Answer as a chat model that gives these marks."""
    content = "Here they are: " + json.dumps(given)
    return lambda asked: (200, {"choices": [{"message": {"content": content}}]})


def test_a_chat_model_changes_the_order(server, open_engine, write_note):
    """It is shown question and texts as data, and gives each text a mark."""
    for path, text in NOTES.items():
        write_note(path, text)
    server.answer = marks(1, 10, 0)
    engine = open_engine(MEMWELL_RERANKER=f"chat:{server.url}", MEMWELL_RERANKER_KEY="secret")

    recalled = engine.recall("lantern")

    ((path, key, asked),) = server.asked
    assert ("/v1/chat/completions", "Bearer secret", "some-model") == (path, key, asked["model"])
    texts = json.loads(asked["messages"][1]["content"])
    assert ("lantern", 3) == (texts["question"], len(texts["texts"]))
    liked = next(path for path, text in NOTES.items() if texts["texts"]["2"].endswith(text))
    assert (liked, "no embedder is set") == (recalled.hits[0].path, recalled.degraded)


@pytest.mark.parametrize("content", ["[1, 2]", "[1, 2, 11]", '[1, 2, "3"]', "no", "[[1], 2, 3]", "]1, 2, 3[", None])
def test_a_chat_model_that_fails_leaves_the_order(server, open_engine, write_note, content):
    """It may write whatever it likes."""
    for path, text in NOTES.items():
        write_note(path, text)
    server.answer = lambda asked: (200, {"choices": [{"message": {"content": content}}]})
    engine = open_engine(MEMWELL_RERANKER=f"chat:{server.url}")

    recalled = engine.recall("lantern")

    assert [hit.path for hit in engine.recall("lantern", rerank=False).hits] == [hit.path for hit in recalled.hits]
    assert "reranker" in recalled.degraded


def test_a_chat_model_is_named_by_its_address(open_engine, write_note):
    """No server can guess which is meant."""
    write_note("a.md", "lantern")

    recalled = open_engine(MEMWELL_RERANKER="chat:http://127.0.0.1:1/v1").recall("lantern")

    assert (1, True) == (len(recalled.hits), "after '#'" in recalled.degraded)


@pytest.mark.parametrize("kind", [RerankEndpoint, ChatEndpoint])
def test_an_answer_that_comes_bit_by_bit_is_not_waited_for(monkeypatch, kind):
    """The time is for all of it, not for each byte."""
    for name in ("BUDGET_S", "CHAT_BUDGET_S"):
        monkeypatch.setattr(endpoints, name, 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        is_over = threading.Event()

        def drip():
            with listening.accept()[0] as connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while not is_over.wait(0.01):
                    connection.sendall(b" ")

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(RerankerFailed, match="took longer"):
            kind(f"http://127.0.0.1:{listening.getsockname()[1]}/v1#m", None).judge("q", judged(["t"]), len)
        is_over.set()


def test_a_setting_that_is_none_is_named(open_engine, write_note):
    """A typing mistake does not keep anybody from the notes."""
    write_note("a.md", "lantern")

    recalled = open_engine(MEMWELL_RERANKER="lately").recall("lantern")

    assert (1, True) == (len(recalled.hits), "lately" in recalled.degraded)


def test_a_cross_encoder_that_is_none_leaves_the_order(open_engine, write_note, tmp_path):
    """An empty folder holds no model."""
    write_note("a.md", "lantern")

    recalled = open_engine(MEMWELL_RERANKER=str(tmp_path)).recall("lantern")

    assert (1, True) == (len(recalled.hits), "reranker" in recalled.degraded)


def test_late_interaction_prefers_the_text_that_speaks_of_it(tmp_path):
    """Word by word, by meaning; each score in [0, 1], and the same however often it is asked."""
    late = Late(TokenVectors(tmp_path, 1_000_000, FastembedModel("late", folder=packaged_model_folder())))
    texts = ["The ferry leaves at noon.", "We bought a puppy last week.", ""]
    asked = ("When did they get a dog?", judged(texts), lambda word: 0 if word == "a" else len(word))

    first = late.judge(*asked)

    assert 1 == int(np.argmax(first))
    assert bool(((first >= 0) & (first <= 1)).all())
    assert first.tolist() == late.judge(*asked).tolist()


def test_recall_can_be_asked_to_rerank_without_a_setting(open_engine, write_note):
    """By late interaction, which needs nothing but what is packaged."""
    write_note("a.md", "lantern")

    engine = open_engine()

    hit = engine.recall("lantern", rerank=True, explain=True).hits[0]

    assert hit.explain.parts["reranker"] > 0
    assert "reranker" not in engine.recall("lantern", explain=True).hits[0].explain.parts


def test_scores_of_models_come_into_the_unit_interval():
    """Logits by the logistic function, shares as they are."""
    assert [0.0, 0.25, 1.0] == as_shares([0, 0.25, 1], 3).tolist()
    assert [pytest.approx(1 / (1 + np.exp(3))), 0.5, pytest.approx(1, abs=1e-6)] == as_shares([-3, 0, 900], 3).tolist()
    with pytest.raises(ValueError, match="scores"):
        as_shares([float("nan")], 1)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.0.0.1:x"])
def test_nobody_answers_at_an_address(host):
    """A server that is not there is said so, and an address that is none."""
    with pytest.raises(RerankerFailed):
        RerankEndpoint(f"http://{host}/v1", None).judge("q", judged(["t"]), len)


def test_a_cross_encoder_from_a_folder_changes_the_order(open_engine, write_note, tmp_path):
    """This one likes long texts: it counts tokens."""
    for path, text in NOTES.items():
        write_note(path, text)
    (tmp_path / "model").mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json", "special_tokens_map.json"):
        shutil.copy(packaged_model_folder() / name, tmp_path / "model")
    (tmp_path / "model/model.onnx").write_bytes(counting_model())
    engine = open_engine(MEMWELL_RERANKER=str(tmp_path / "model"))
    assert "a.md" == engine.recall("lantern", rerank=False).hits[0].path

    recalled = engine.recall("lantern")

    assert ("b.md", "no embedder is set") == (recalled.hits[0].path, recalled.degraded)
