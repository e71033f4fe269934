"""What happened, the newest first, and only what was asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from vault_engine import Actor, Memory
from vault_engine.engine import Event, Means, Reach, Task, TimelineFilter, as_event
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, NoteMissing

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
ANA, BOB = Actor("human", "ana", "cli"), Actor("agent", "bob", "mcp")


@pytest.fixture
def days(engine, monkeypatch):
    """A day each: a note, a decision about it, its rename by another, a trial that yet another made, a second note."""
    today = [NOON]
    monkeypatch.setattr(Session, "now", lambda _session: today[0])
    for work in (
        lambda: engine.remember(Memory("One.", "plans", "first"), actor=ANA),
        lambda: engine.record(Event(acted="went on", note="plans/first.md"), actor=BOB),
        lambda: engine.move("plans/first.md", "done/first.md", actor=BOB),
        lambda: engine.record(Event(type="trial", evaluated="x", category="done", agent="carl"), actor=BOB),
        lambda: engine.remember(Memory("Two.", "plans", "second"), actor=ANA),
    ):
        work()
        today[0] += timedelta(days=1)
    return engine


def kinds(engine, **wanted):
    """Give what was done, or the type of an event, of each line."""
    return [
        line.reason if line.op == "event" else line.op for line in engine.timeline(TimelineFilter(**wanted)).entries
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["create", "trial", "move", "decision", "create"]),
        ({"since": "2026-05-12"}, ["create", "trial", "move"]),
        ({"until": "2026-05-11T13:00Z"}, ["decision", "create"]),
        ({"since": "2 days ago", "until": "now"}, ["trial", "create"][::-1]),
        ({"types": ("event",)}, ["trial", "decision"]),
        ({"types": ("change",)}, ["create", "move", "create"]),
        ({"types": ("move", "trial")}, ["trial", "move"]),
        ({"types": ("nothing",)}, []),
        ({"category": "plans"}, ["create", "move", "decision", "create"]),
        ({"category": "done"}, ["trial", "move"]),
        ({"category": "don"}, []),
        ({"note": "first"}, ["move", "decision", "create"]),
        ({"actor": "ana"}, ["create", "create"]),
        ({"actor": "agent"}, ["trial", "move", "decision"]),
        ({"actor": "agent:bob", "types": ("event",)}, ["trial", "decision"]),
        ({"actor": "carl"}, ["trial"]),
        ({"limit": 2}, ["create", "trial"]),
        ({"limit": 2, "offset": 3}, ["decision", "create"]),
        ({"offset": 9}, []),
    ],
    ids=str,
)
def test_only_what_is_wanted_is_listed(days, wanted, found):
    """By time, type, place, note and author, and any of these together."""
    assert found == kinds(days, **wanted)


def test_all_that_is_wanted_is_counted(days):
    """Shown or not."""
    assert (1, 3) == (len((found := days.timeline(TimelineFilter(types=("change",), limit=1))).entries), found.total)


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"since": "soon"}])
def test_bad_input_is_refused(days, wrong):
    """With words."""
    with pytest.raises(BadInput):
        days.timeline(TimelineFilter(**wrong))


def test_a_note_must_be_one(days):
    """None of that name was ever there."""
    with pytest.raises(NoteMissing):
        days.timeline(TimelineFilter(note="never"))


def test_what_did_not_happen_is_left_out(days, monkeypatch):
    """An entry that was aborted, and the abort."""

    def refuse(*_args):
        raise BadInput("no")

    before = kinds(days)
    monkeypatch.setattr(days._session.vault, "put", refuse)
    with pytest.raises(BadInput):
        days.remember(Memory("Other.", "plans", "second"))

    assert "abort" == days.last_entries(1).entries[0].op
    assert before == kinds(days)


def test_a_category_is_that_of_any_workspace(engine):
    """Unless only one is reached."""
    for name in ("a", "b"):
        engine.remember(Memory("Text.", "x", "k"), within=Reach(workspace=name))
        engine.record(Event(acted=name, category="x"), within=Reach(workspace=name))

    wanted = TimelineFilter(category="x")
    assert 4 == engine.timeline(wanted).total
    assert {"workspaces/a/x/k.md", "workspaces/a/x/"} == {
        line.path for line in engine.timeline(wanted, within=Reach(workspace="a")).entries
    }


def test_benchmarks_have_means(engine):
    """Those with memory and those without, over all that are wanted; what another program wrote is passed over."""
    for turns, tokens, used, recalls, success in (
        (4, 100, True, 2, True), (8, 300, True, 0, False), (20, 900, False, 0, True),
    ):  # fmt: skip
        engine.record(as_event(Task("mend it", turns, tokens, used, recalls, success)))
    engine.record(Event(type="benchmark", acted={"turns": "many"}))

    found = engine.timeline(TimelineFilter(types=("benchmark",), limit=1))
    assert (Means(True, 2, 6.0, 200.0, 1.0, 0.5), Means(False, 1, 20.0, 900.0, 0.0, 1.0)) == found.benchmarks
    assert 4 == found.total
    assert () == engine.timeline().benchmarks
