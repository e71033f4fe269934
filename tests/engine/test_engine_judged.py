"""Contradictions that a model judges: one for inference from a folder, and a chat model on 127.0.0.1."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from onnx_models import inference_folder

from vault_engine import Memory
from vault_engine.engine import second_opinion
from vault_engine.engine.pair_judges import InferenceModel
from vault_engine.errors import JudgeFailed
from vault_engine.lifecycle.contradict import VerdictKind, claims, undecided
from vault_engine.search.judging import Deadline

FACTS = {
    "json": "The API supports only JSON.",
    "xml": "The API supports only XML.",
    "yaml": "The API supports YAML.",
    "low": "The limit is 100.",
    "high": "The limit is 500.",
    "tea": "Bob likes tea.",
}


@pytest.fixture
def chat(monkeypatch):
    """A chat model that answers with what each test says of two sentences; it keeps what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.asked.append((self.path, self.headers.get("Authorization"), asked))
            said = self.server.answer(**json.loads(asked["messages"][1]["content"]))
            self.send_response(200 if said else 500)
            self.end_headers()
            self.wfile.write(json.dumps({"choices": [{"message": {"content": said}}]}).encode())

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked = []
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    running.url = f"http://127.0.0.1:{running.server_port}/v1#wise"
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def facts(engine):
    """One contradiction by the rules, three pairs that they leave open, and one note about something else."""
    for key, text in FACTS.items():
        engine.remember(Memory(text, category="facts", key=key))


def named(found):
    """Give the notes of each pair, and who says so."""
    return {(*sorted(path[6:-3] for path in (one.old, one.new)), one.kind, one.judge) for one in found}


BY_RULES = {("high", "low", "contradiction", "rules")}


def test_a_model_from_a_folder_finds_and_dismisses(facts, open_engine, tmp_path, vault):
    """It contradicts where it does both ways; what it dismisses is named, nothing is written."""
    folder = inference_folder(tmp_path / "small-nli")
    before = {file: file.read_bytes() for file in (vault / "facts").iterdir()}

    found = open_engine(MEMWELL_CONTRADICTIONS=str(folder)).contradictions()

    assert {("json", "xml", "contradiction", "small-nli")} == named(found.found)
    assert {("high", "low", "related", "small-nli")} == named(found.dismissed)
    assert (1, "small-nli", 4, 0, None) == (found.total, found.judge, found.asked, found.unasked, found.degraded)
    assert "small-nli says that not both can hold" == found.found[0].why
    assert before == {file: file.read_bytes() for file in (vault / "facts").iterdir()}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("only a", "only b", VerdictKind.CONTRADICTION),
        ("only a", "We moved to only b", VerdictKind.UPDATE),
        ("only a", "b", VerdictKind.RELATED),
        ("indeed a", "indeed b", VerdictKind.SAME),
        ("indeed a", "b", VerdictKind.RELATED),
        ("a", "b", VerdictKind.RELATED),
    ],
)
def test_both_directions_count(tmp_path, old, new, kind):
    """Whatever order the columns are in."""
    model = InferenceModel(inference_folder(tmp_path / "nli"))

    assert kind is model.judge(old, new, Deadline("nli", 60, JudgeFailed))


def test_columns_are_told_by_their_labels(tmp_path):
    """As the model's makers named them, in any case."""
    swapped = InferenceModel(inference_folder(tmp_path / "nli", ("ENTAILMENT", "Contradiction", "neutral")))

    assert VerdictKind.SAME is swapped.judge("only a", "only b", Deadline("nli", 60, JudgeFailed))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.onnx", "garbage"),
        ("tokenizer.json", "{}"),
        ("config.json", "[1"),
        ("config.json", "[]"),
        ("config.json", '{"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}'),
        ("config.json", '{"id2label": {"0": "contradiction", "1": "entailment", "7": "neutral"}}'),
    ],
)
def test_a_folder_that_holds_no_such_model_leaves_it_to_the_rules(facts, open_engine, tmp_path, name, content):
    """And that is said."""
    folder = inference_folder(tmp_path / "nli")
    (folder / name).write_text(content, "utf-8")

    found = open_engine(MEMWELL_CONTRADICTIONS=str(folder)).contradictions()

    assert (BY_RULES, 0, 4) == (named(found.found), found.asked, found.unasked)
    assert "judge of contradictions 'nli': " in found.degraded


@pytest.mark.parametrize("setting", ["rule", "http://127.0.0.1:1/v1"])
def test_a_setting_that_is_none_leaves_it_to_the_rules(facts, open_engine, setting):
    """A typing mistake keeps nobody from the list."""
    found = open_engine(MEMWELL_CONTRADICTIONS=setting).contradictions()

    assert (BY_RULES, "rules", True) == (named(found.found), found.judge, setting in found.degraded)


def test_a_chat_model_answers_with_one_word(facts, open_engine, chat):
    """Of two sentences, given as data; first of those that the rules found."""
    chat.answer = lambda first, second: "<think>only?</think>\nUpdate." if "XML" in first + second else " same\n"
    engine = open_engine(MEMWELL_CONTRADICTIONS=chat.url, MEMWELL_CONTRADICTIONS_KEY="secret")

    found = engine.contradictions()

    assert {("json", "xml", "update", "wise"), ("xml", "yaml", "update", "wise")} == named(found.found)
    assert {("high", "low", "same", "wise")} == named(found.dismissed)
    path, key, asked = chat.asked[0]
    assert ("/v1/chat/completions", "Bearer secret", "wise") == (path, key, asked["model"])
    assert {FACTS["low"], FACTS["high"]} == set(json.loads(asked["messages"][1]["content"]).values())
    assert 4 == found.asked == len(chat.asked)


def test_answers_that_are_no_such_word_are_the_rules_to_give(facts, open_engine, chat):
    """The others count."""
    chat.answer = lambda first, second: "No contradiction" if "limit" in first else "contradiction"

    found = open_engine(MEMWELL_CONTRADICTIONS=chat.url).contradictions()

    assert BY_RULES < named(found.found)
    assert (4, "wise answered what can't be read (1 of 4); the rules alone judge what it did not") == (
        found.total, found.degraded,
    )  # fmt: skip


def test_what_was_judged_before_a_failure_counts(facts, open_engine, chat):
    """A server that fails is asked no more."""
    chat.answer = lambda first, second: "unrelated" if "limit" in first else None

    found = open_engine(MEMWELL_CONTRADICTIONS=chat.url).contradictions()

    assert (set(), {("high", "low", "unrelated", "wise")}) == (named(found.found), named(found.dismissed))
    assert (2, 1, 3) == (len(chat.asked), found.asked, found.unasked)
    assert "answered 500" in found.degraded


def test_time_and_number_are_bounded(facts, open_engine, chat, monkeypatch):
    """What is left is said; what the rules found stays."""
    chat.answer = lambda first, second: "contradiction"
    engine = open_engine(MEMWELL_CONTRADICTIONS=chat.url)
    monkeypatch.setattr(second_opinion, "MOST_ASKED", 2)
    assert (2, 2, 2, None) == tuple(
        getattr(engine.contradictions(), name) for name in ("total", "asked", "unasked", "degraded")
    )
    monkeypatch.setattr(second_opinion, "BUDGET_S", 0.0)

    found = engine.contradictions()

    assert (BY_RULES, 0, 4) == (named(found.found), found.asked, found.unasked)
    assert "took longer than 0 s" in found.degraded


def test_only_the_list_asks_a_model(facts, open_engine, chat):
    """To remember is quick, and what is settled is what the rules found, as it was shown."""
    chat.answer = lambda first, second: "same"
    engine = open_engine(MEMWELL_CONTRADICTIONS=chat.url)

    hints = engine.remember(Memory("The limit is 900.", category="facts", key="last", on_similar="hint")).hints
    planned = engine.contradictions(resolve=True)
    by_rules = engine.contradictions(by_rules=True)

    assert (True, 2, 3, "rules") == ("disagrees" in hints[0], planned.resolved, by_rules.total, planned.judge)
    assert [] == chat.asked


def test_what_is_open_is_about_one_thing():
    """Not what has other titles, nor what is the same; the most alike sentences come first."""
    one, other = claims("The API supports JSON. The API has a large test suite."), claims("The API supports XML.")

    assert ["The API supports JSON.", "The API has a large test suite."] == [
        each.verdict.old for each in undecided(one, other)
    ]
    assert [] == undecided(one, other, same_subject=False)
    assert [] == undecided(other, other)
