"""Measuring recall on questions whose answers are known."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memwell_cli.evaluation.ranking import Quality

RANKS = st.lists(st.none() | st.integers(1, 10), min_size=1, max_size=40)
LOCOMO = [
    {
        "sample_id": "talk-1",
        "conversation": {
            "speaker_a": "Ann",
            "session_1_date_time": "1 May 2026",
            "session_1": [
                {"dia_id": "D1:1", "speaker": "Ann", "text": "I bought a red lantern."},
                {"dia_id": "D1:2", "speaker": "Ben", "text": "Where did you get it?"},
                {"dia_id": "D1:3", "speaker": "Ann", "text": "At the market.", "blip_caption": "a stall"},
            ],
            "session_2": [
                {"dia_id": "D2:01", "speaker": "Ben", "text": "The ferry leaves at noon."},
                {"dia_id": "D2:02", "speaker": "Ann", "text": "Then we should hurry."},
            ],
        },
        "qa": [
            {"question": "What colour is the lantern?", "evidence": ["D1:1"]},
            {"question": "When does the ferry leave?", "evidence": ["D2:1; D2:2"]},
            {"question": "Who is the mayor?", "evidence": []},
        ],
    }
]
LONGMEMEVAL = [
    {
        "question_id": f"q1{suffix}",
        "question": "What degree did I graduate with?",
        "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 02:21"],
        "haystack_session_ids": ["a", "../b"],
        "haystack_sessions": [
            [{"role": "user", "content": "How do I cross a river?"}],
            [{"role": "user", "content": "I graduated with a degree in business."}],
        ],
        "answer_session_ids": ["../b"],
    }
    for suffix in ("", "_abs")
]


@pytest.fixture(autouse=True)
def words_only(monkeypatch):
    """No model is needed to see that the questions are asked."""
    monkeypatch.setenv("MEMWELL_EMBEDDER", "none")


@pytest.fixture
def write(tmp_path):
    """Writes a file of questions."""

    def write_it(data: object) -> str:
        file = tmp_path / "questions.json"
        file.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
        return str(file)

    return write_it


@pytest.mark.parametrize("level", ["turn", "session"])
def test_locomo(cli, write, level, tmp_path):
    """Questions without evidence are left out; the vault is kept where that is asked for."""
    done = cli("eval", "locomo", write(LOCOMO), "--level", level, "--json", "--cache", str(tmp_path / "kept"))

    assert (1, 2, {"1": 100.0, "5": 100.0, "10": 100.0}) == tuple(
        done.json[name] for name in ("format", "n", "recall_any")
    )
    kept = (tmp_path / "kept/talk-1/session-1/d1t3.md").read_text("utf-8")
    assert '---\ndate: "1 May 2026"\n---\nAnn: At the market.\n[image: a stall]\n' == kept


def test_longmemeval(cli, write):
    """Sessions are looked for; a question that can't be answered is left out, and no name leads out of the vault."""
    done = cli("eval", "longmemeval", write(LONGMEMEVAL), "--json")

    assert (1, 100.0) == (done.json["n"], done.json["mrr"])


def test_questions_about_a_vault_of_ones_own(cli, write):
    """Each line one question; the table says how sure the figures are."""
    assert 0 == cli("init", ".").code
    cli("remember", "The lantern is red.", "--key", "lantern")
    done = cli("eval", "vault", write('{"query": "red lantern", "notes": ["notes/lantern.md"]}\n\n'))

    assert 0 == done.code
    assert ["all", "1", *["100.0"] * 5, "0.0"] == done.out.splitlines()[1].split()
    assert ["unanswerable", "0"] == done.out.splitlines()[2].split()
    assert "100.0 to 100.0" in done.out


def test_questions_that_nothing_answers_and_kinds(cli, write):
    """Silence is right where nothing answers and wrong elsewhere; each kind has figures of its own, filters hold."""
    cli("init", ".")
    cli("remember", "The lantern is red.", "--key", "lantern")
    cli("remember", "The lantern was sold.", "--key", "sale", "--tag", "money")
    lines = [
        {"query": "red", "notes": ["notes/lantern.md"], "kind": "word"},
        {"query": "lantern", "notes": ["notes/sale.md"], "kind": "filter", "tags": ["money"], "category": "notes"},
        {"query": "cheese", "notes": ["notes/sale.md"], "kind": "word"},
        {"query": "volcano", "notes": [], "kind": "far"},
        {"query": "red volcano", "notes": [], "kind": "far"},
    ]
    file = write("\n".join(map(json.dumps, lines)))
    done = cli("eval", "vault", file, "--json").json

    assert (3, [1, 1, None], 33.33, {"n": 2, "silent": 50.0}) == tuple(
        done[name] for name in ("n", "ranks", "silenced", "unanswerable")
    )
    assert ["word", "filter", "far"] == list(done["kinds"])
    assert (100.0, 50.0) == (done["kinds"]["filter"]["ndcg"], done["kinds"]["word"]["silenced"])
    assert ["far", "2", "50.0"] == cli("eval", "vault", file).out.splitlines()[3].split()


@pytest.mark.parametrize(
    "line",
    [
        '{"query": "a", "notes": "b.md"}',
        '{"query": 1, "notes": []}',
        '{"query": "a", "notes": [], "tags": "x"}',
        '{"query": "a", "notes": [], "kind": 7}',
    ],
)
def test_a_question_of_another_shape_is_refused(cli, write, line):
    """With a word about it, before any is asked."""
    cli("init", ".")
    done = cli("eval", "vault", write(line))

    assert (2, True) == (done.code, "questions.json" in done.err)


def test_a_measurement_is_compared_with_one_before(cli, write, tmp_path):
    """Question by question; what is about other questions is refused."""
    before = tmp_path / "before.json"
    before.write_text(json.dumps({"ranks": [None, 2]}), "utf-8")
    done = cli("eval", "locomo", write(LOCOMO), "--json", "--compare", str(before))
    assert {"any@1": 100.0, "any@5": 50.0, "any@10": 50.0, "MRR@10": 75.0} == {
        name: one["gain"] for name, one in done.json["compared"].items()
    }

    for wrong in ({"ranks": [1]}, {"ranks": [0, 1]}, {"ranks": 3}, []):
        before.write_text(json.dumps(wrong), "utf-8")
        assert 2 == cli("eval", "locomo", write(LOCOMO), "--compare", str(before)).code


@pytest.mark.parametrize("what", ["locomo", "longmemeval", "vault"])
@pytest.mark.parametrize("data", ["", "{", "[]", "[1]", '{"a": 1}', "null", '[{"sample_id": "../x"}]'])
def test_another_file_is_refused(cli, write, what, data):
    """With a word about it, and nothing made of it."""
    done = cli("eval", what, write(data))

    assert (2, True) == (done.code, "questions.json" in done.err)


def test_a_folder_that_holds_something_else_is_let_alone(cli, write, tmp_path):
    """No vault is made of a folder of the user's."""
    (tmp_path / "kept/talk-1").mkdir(parents=True)
    (tmp_path / "kept/talk-1/mine.txt").write_text("mine", "utf-8")

    assert 2 == cli("eval", "locomo", write(LOCOMO), "--cache", str(tmp_path / "kept")).code
    assert ["mine.txt"] == [file.name for file in (tmp_path / "kept/talk-1").iterdir()]


@settings(deadline=None)  # a thousand samples are drawn for each
@given(RANKS)
def test_an_interval_holds_its_figure(ranks):
    """Whatever the ranks are, and the same each time."""
    quality = Quality(list(ranks))

    for k, figure in ((5, quality.recall_any(5)), (None, quality.mrr)):
        low, high = quality.interval(k)
        assert 0 <= low <= figure + 1e-9 <= high + 2e-9 <= 100 + 3e-9
        assert (low, high) == quality.interval(k)
    assert (0.0, (0.0, 0.0)) == quality.gain(quality, 5)
