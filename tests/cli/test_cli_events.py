"""``memwell journal record``, ``bench`` and ``erase``, and ``memwell timeline``."""

import json
import re

import pytest

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setenv("MEMWELL_ACTOR", "human:ann")


@pytest.fixture
def told(cli, home):
    """A note and a decision about it."""
    cli("remember", "We use Postgres.", "--category", "decisions", "--key", "db")
    parts = ("--evaluated", "Postgres\nor \x1b[2J", "--acted", '{"chose": "pg"}')
    return cli("journal", "record", *parts, "--note", "db", "--json").json


def test_an_event_is_told_and_shown(cli, told):
    """On one line of the timeline; in full by its id; as JSON with what was an object."""
    done = cli("timeline")
    assert (0, "") == (done.code, done.err)
    first, second = done.out.splitlines()
    assert re.fullmatch(
        rf"#2  {TIME}  ann via cli  decision  decisions/db\.md  evaluated: Postgres or .\[2J; acted: "
        r'\{"chose": "pg"\}',
        first,
    )
    assert second.endswith("create    decisions/db.md")
    shown = cli("journal", "show", told["entry"]).out
    assert re.search(r'\ntype +decision\nevaluated +Postgres or .\[2J\nacted +\{"chose": "pg"\}\n$', shown)
    (entry,) = cli("timeline", "--type", "decision", "--json").json["entries"]
    assert ({"chose": "pg"}, "Postgres\nor \x1b[2J") == (entry["told"]["acted"], entry["told"]["evaluated"])
    assert "\x1b" not in done.out + shown


def test_text_that_only_looks_like_json_stays_a_text(cli, home):
    """As it is."""
    cli("journal", "record", "--acted", "[[db]] it is")
    line = json.loads(cli("journal", "tail", "--json").out)

    assert ("[[db]] it is", "") == (line["told"]["acted"], line["path"])


def test_the_timeline_goes_on_where_it_ended(cli, told):
    """It says with what."""
    done = cli("timeline", "--limit", "1")
    assert "1 of 2; --offset 1 goes on\n" == done.err
    assert "create" in cli("timeline", "--limit", "1", "--offset", "1").out
    assert "nothing of that kind happened\n" == cli("timeline", "--type", "none").err


def test_benchmarks_are_told_with_their_means(cli, home):
    """With memory, and without."""
    cli("journal", "bench", "mend it", "--turns", "4", "--tokens", "1000", "--memory", "--recalls", "3", "--success")
    cli("journal", "bench", "mend it", "--turns", "9", "--tokens", "5000", "--no-memory")

    assert cli("timeline", "--type", "benchmark").err.splitlines() == [
        "with memory: 1 tasks, 100% done, 4.0 turns, 1,000 tokens, 3.0 recalls",
        "without memory: 1 tasks, 0% done, 9.0 turns, 5,000 tokens, 0.0 recalls",
    ]


def test_what_an_event_tells_is_erased(cli, told):
    """Only if that is meant; the journal verifies."""
    assert 2 == cli("journal", "erase", told["entry"]).code
    assert f"would erase 1 text of {told['entry']}\n" == cli("journal", "erase", told["entry"], "--dry-run").out
    assert f"erased 1 text of {told['entry']}\n" == cli("journal", "erase", told["entry"], "--yes").out

    assert "erased, or not to be had here" in cli("journal", "show", told["entry"]).out
    assert 0 == cli("journal", "verify", "--read-data").code
    assert 10 == cli("journal", "erase", "nothing", "--yes").code


@pytest.mark.parametrize(
    "arguments",
    [
        ("record",),
        ("record", "--acted", "x", "--key", "k"),
        ("bench", "t", "--turns", "-1", "--tokens", "1", "--memory"),
        ("bench", "t", "--turns", "1", "--tokens", "1", "--no-memory", "--recalls", "1"),
    ],
)
def test_what_is_wrong_is_refused(cli, home, arguments):
    """With exit code 2, and nothing is entered."""
    assert 2 == cli("journal", *arguments).code
    assert "the journal is empty\n" == cli("journal", "tail").err
