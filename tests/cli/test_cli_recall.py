"""``memwell recall`` and ``memwell context``: finding again, and saying how well one could look."""

import json
from pathlib import Path

import pytest

from vault_engine.engine import recalling


@pytest.fixture(autouse=True)
def _notes(home, put):
    put(
        "decisions/api.md", "---\ntype: decision\ntags: [api/errors]\n---\n# API errors\n\nProblem details, RFC 9457.\n"
    )
    put("decisions/queue.md", "---\ntype: decision\n---\nThe queue lives in Postgres.\n")
    put("ideas/queue.md", "---\ntype: idea\ntags: [later]\n---\nA queue in Redis, perhaps.\n")


def paths(outcome) -> list[str]:
    return [hit["path"] for hit in outcome.json["hits"]]


def test_a_hit_shows_title_score_path_and_what_was_found(cli):
    """Three lines a hit, numbered."""
    lines = cli("recall", "problem details").out.splitlines()

    assert lines[0].startswith("1. API errors  (0.")
    assert ["   decisions/api.md", "   Problem details, RFC 9457."] == lines[1:]


def test_as_json_it_is_the_documented_shape(cli):
    """``mode`` says what really ran; scores are in [0, 1], best first."""
    done = cli("recall", "queue", "--json")

    assert 1 == done.json["format"]
    assert "keyword" == done.json["mode"]
    scores = [hit["score"] for hit in done.json["hits"]]
    assert sorted(scores, reverse=True) == scores
    assert all(0 < score <= 1 for score in scores)
    assert {"id", "path", "title", "score", "excerpt"} <= done.json["hits"][0].keys()
    assert "" == done.err


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("queue AND redis", ["ideas/queue.md"]),
        ("queue NOT type:idea", ["decisions/queue.md"]),
        ('"problem details"', ["decisions/api.md"]),
        ('"details problem"', []),
        ("tag:api", ["decisions/api.md"]),
        ("post*", ["decisions/queue.md"]),
        ("postgras~", ["decisions/queue.md"]),
        ("title:queue category:ideas", ["ideas/queue.md"]),
    ],
)
def test_the_query_language_says_exactly_what_is_wanted(cli, query, expected):
    """Fields, phrases, operators, beginnings of words and words nearly so."""
    assert expected == paths(cli("recall", query, "--query-syntax", "--json"))


def test_what_a_query_can_not_have_is_said(cli):
    """It is searched as well as it goes."""
    done = cli("recall", "colour:red queue", "--query-syntax")

    assert "there is no field 'colour'" in done.err


def test_a_misspelt_word_is_asked_back(cli):
    """Where no note has it."""
    done = cli("recall", "problam")

    assert ("", True) == (done.out, "did you mean: problem" in done.err.lower())
    assert "Problem" == cli("recall", "problam", "--json").json["did_you_mean"]


def test_words_need_no_quotes(cli):
    """All arguments are the query."""
    assert cli("recall", "problem details", "--json").out == cli("recall", "problem", "details", "--json").out


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], {"decisions/queue.md", "ideas/queue.md"}),
        (["--category", "decisions"], {"decisions/queue.md"}),
        (["--category", "Decisions/"], {"decisions/queue.md"}),
        (["--type", "idea"], {"ideas/queue.md"}),
        (["--tag", "later"], {"ideas/queue.md"}),
        (["--tag", "#later"], {"ideas/queue.md"}),
        (["--tag", "later", "--tag", "api"], set()),
        (["--category", "decisions", "--type", "idea"], set()),
        (["--category", "nowhere"], set()),
    ],
)
def test_filters_narrow_it_down(filters, found, cli):
    """Every filter given must hold."""
    assert found == set(paths(cli("recall", "queue", "--json", *filters)))


def test_a_tag_means_those_below_it_too(cli):
    """``api`` finds ``api/errors``."""
    assert ["decisions/api.md"] == paths(cli("recall", "details", "--tag", "api", "--json"))


def test_limit_is_how_many_at_most(cli):
    """The best come first, so the rest may be left out."""
    assert 1 == len(paths(cli("recall", "queue", "--limit", "1", "--json")))


def test_no_hit_is_no_failure(cli):
    """Exit code 0, nothing on stdout, a remark on stderr."""
    done = cli("recall", "zeppelin")

    assert (0, "") == (done.code, done.out)
    assert "nothing found in 3 notes" in done.err
    assert [] == cli("recall", "zeppelin", "--json").json["hits"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        ([""], "the query is empty"),
        (["  "], "the query is empty"),
        (["x", "--limit", "0"], "limit 0 is not between 1 and 200"),
        (["x", "--limit", "-1"], "limit -1 is not between"),
        (["x", "--limit", "201"], "limit 201 is not between"),
        (["x", "--limit", "many"], "not a valid integer"),
        (["x", "--mode", "magic"], "'magic' is not one of"),
        (["x" * 5000], "more than 4000"),
    ],
)
def test_what_can_not_be_asked_is_a_usage_error(arguments, message, cli):
    """Exit code 2, nothing on stdout, with and without ``--json``."""
    plain, as_json = cli("recall", *arguments), cli("recall", *arguments, "--json")

    assert (2, "", 2, "") == (plain.code, plain.out, as_json.code, as_json.out)
    assert message in plain.err
    assert ("usage", True) == (as_json.error["kind"], message in as_json.error["message"])


class TestRemarks:
    """Whoever gets less than asked is told, beside the answer."""

    def test_keyword_only_is_said(self, cli):
        """No embedder: the words decide, and the person knows."""
        done = cli("recall", "queue")

        assert "keyword search only: no embedder is set" in done.err
        assert "keyword search only" not in done.out

    def test_nothing_is_said_when_keywords_were_asked_for(self, cli):
        """One gets what one wants."""
        assert "" == cli("recall", "queue", "--mode", "keyword").err

    def test_a_setting_that_is_wrong_is_named(self, cli, monkeypatch):
        """A typing mistake does not keep anybody from the notes."""
        monkeypatch.setenv("MEMWELL_EMBEDDER", "packged")
        done = cli("recall", "queue")

        assert (0, True) == (done.code, "packged" in done.err)
        assert 2 == len(done.out.split("\n\n"))

    def test_chunks_that_wait_are_counted(self, cli, monkeypatch, endpoint_setting):
        """With more new notes than are embedded on the spot, the rest is found by words, and that is said."""
        monkeypatch.setattr(recalling, "EMBED_BEFORE_ANSWERING", 1)
        monkeypatch.setenv("MEMWELL_EMBEDDER", endpoint_setting)
        done = cli("recall", "queue")

        assert 0 == done.code
        assert "2 parts of notes were searched by their words only" in done.err
        assert "memwell index build" in done.err
        assert {"decisions/queue.md", "ideas/queue.md"} <= set(done.out.split())

    def test_after_an_index_build_none_wait(self, cli, monkeypatch, endpoint_setting):
        """The advice of the remark helps."""
        monkeypatch.setenv("MEMWELL_EMBEDDER", endpoint_setting)
        assert 0 == cli("index", "build").code

        done = cli("recall", "queue", "--json")
        assert ("hybrid", 0, None) == tuple(done.json[name] for name in ("mode", "chunks_waiting", "degraded"))

    def test_a_cache_that_can_not_be_written_does_not_stop_a_search(self, cli, monkeypatch, endpoint_setting, tmp_path):
        """Recalling needs the notes; what is derived from them is not worth an error."""
        (tmp_path / "not-a-folder").write_text("")
        monkeypatch.setenv("MEMWELL_CACHE_DIR", str(tmp_path / "not-a-folder"))
        monkeypatch.setenv("MEMWELL_EMBEDDER", endpoint_setting)
        done = cli("recall", "queue", "--json")

        assert 0 == done.code, done.err
        assert {"decisions/queue.md", "ideas/queue.md"} <= set(paths(done))


@pytest.fixture
def endpoint_setting(monkeypatch):
    """An embedder that answers in this process: the same vector for everything."""
    from vault_engine.index import embedder

    monkeypatch.setattr(
        embedder.Endpoint, "_ask", lambda self, texts, *_, **__: embedder.np.ones((len(texts), 4), "float32")
    )
    return "http://127.0.0.1:9/v1#constant"


def test_a_recall_sees_what_was_saved_a_moment_ago(cli, put, home):
    """Edited, made, removed by anybody: the next recall knows."""
    cli("recall", "queue")
    put("decisions/queue.md", "Now about walruses.\n")
    put("new.md", "A walrus again.\n")
    (home / "ideas" / "queue.md").unlink()

    assert {"decisions/queue.md", "new.md"} == set(paths(cli("recall", "walruses", "--json")))
    assert [] == paths(cli("recall", "Redis", "--json"))


class TestContext:
    """What an agent should know, in so many tokens."""

    def test_pinned_notes_come_first(self, cli):
        """Then what answers."""
        cli("remember", "Tea at four.", "--key", "tea", "--pin")

        lines = cli("context", "queue", "--min-score", "0").out.splitlines()[1:-1]
        assert "- [[notes/tea|tea]]: Tea at four." == lines[0]
        assert {"decisions/queue|queue", "ideas/queue|queue"} == {line[4:].partition("]]")[0] for line in lines[1:]}

    @pytest.mark.parametrize("budget", [1, 12, 25, 60, 2000])
    def test_the_budget_is_kept(self, budget, cli):
        """Four characters a token, the estimate is honest."""
        answer = cli("context", "--budget", str(budget), "--json").json

        assert len(answer["markdown"]) <= 4 * budget
        assert -(-len(answer["markdown"]) // 4) == answer["tokens"]
        assert len(answer["notes"]) == max(len(answer["markdown"].splitlines()) - 2, 0)

    @pytest.mark.parametrize("budget", ["0", "-5", "100001", "much"])
    def test_an_impossible_budget_is_a_usage_error(self, budget, cli):
        """Exit code 2."""
        assert (2, "") == cli("context", "--budget", budget)[:2]

    def test_nothing_that_fits_is_said(self, cli):
        """An empty answer is explained on stderr, not left to be guessed."""
        done = cli("context", "--budget", "1")

        assert (0, "") == (done.code, done.out)
        assert "" != done.err

    def test_plain_output_is_the_markdown(self, cli):
        """Ready to be put into a prompt."""
        assert cli("context", "--json").json["markdown"] + "\n" == cli("context").out


def test_a_path_with_any_name_is_shown_whole(cli, put):
    """Blanks and other scripts included."""
    put("research/潮位 データ.md", "tide tables\n")

    done = cli("recall", "tide tables", "--json")
    assert ["research/潮位 データ.md"] == paths(done)
    assert "潮位" in done.out  # readable JSON: no escapes
    assert json.loads(done.out)["hits"][0]["title"] == Path("潮位 データ").name
