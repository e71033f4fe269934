"""Grooming by the clock: by one process, as often as the settings say, and said."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from vault_engine import Memory
from vault_engine.engine.routine import GROOMER, Routine, due_in_s, groom_if_due, grooming, last_groomed
from vault_engine.engine.session import Session
from vault_engine.vault.lock import Lock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OVER = Memory("---\nexpires: 2020-01-01\n---\nLong over.", key="over")


@pytest.fixture
def clock(monkeypatch):
    """The time, which only this sets."""
    moment = [NOW]
    monkeypatch.setattr(Session, "now", lambda _: moment[0])

    def go_on(**by: float) -> None:
        moment[0] += timedelta(**by)

    return go_on


@pytest.fixture
def daily(vault, open_engine):
    """A vault that is groomed each day."""
    (vault / ".memwell/config.toml").write_text('groom_every = "1d"\n')
    return open_engine()


def test_it_is_done_when_it_is_due(daily, vault, clock):
    """At once, then after a day; the journal says who did it, and status what."""
    session = daily._session
    daily.remember(OVER)
    assert "every 24 h by a server, last not yet" == daily.status().grooming

    assert groom_if_due(session)
    assert not (vault / "notes/over.md").exists()
    entry = daily.last_entries(1).entries[0]
    assert (GROOMER.kind, GROOMER.name, "archive") == (entry.actor.kind, entry.actor.name, entry.op)
    assert f"last 2026-11-21T12:00:00Z: 0 tiers, 0 links, 1 notes archived; 'memwell journal undo {entry.id}'" in (
        daily.status().grooming
    )

    daily.undo_together(entry.id)
    (vault / "notes/over.md").write_text("---\nexpires: 2020-01-02\n---\nOver again.\n")
    clock(hours=23)
    assert groom_if_due(session)
    assert (vault / "notes/over.md").exists()
    clock(hours=1)
    assert (0, True) == (due_in_s(session), groom_if_due(session))
    assert not (vault / "notes/over.md").exists()


def test_it_stays_its_own_change_whoever_the_settings_name(vault, open_engine, clock):
    """MEMWELL_ACTOR names an agent."""
    (vault / ".memwell/config.toml").write_text('groom_every = "1d"\n')
    engine = open_engine(MEMWELL_ACTOR="agent:claude")
    engine.remember(OVER)

    groom_if_due(engine._session)

    assert ["claude", "memwell/groom"] == [one.actor.name for one in engine.last_entries(2).entries]


def test_only_one_of_several_does_it(daily, vault, clock):
    """Who finds it being done leaves it; who comes later finds it done."""
    daily.remember(OVER)
    with Lock(vault / ".memwell/local/groom.lock").held():
        assert not _in_a_thread(lambda: groom_if_due(daily._session))
    assert (vault / "notes/over.md").exists()

    assert groom_if_due(daily._session)
    assert groom_if_due(daily._session)
    assert 1 == sum(one.op == "archive" for one in daily.last_entries().entries)


def test_what_another_machine_did_is_not_done_again(vault, open_engine, clock):
    """Its journal came by sync."""
    (vault / ".memwell/config.toml").write_text('groom_every = "1d"\n')
    there = open_engine(MEMWELL_DEVICE="there")
    there.remember(OVER)
    groom_if_due(there._session)
    (vault / ".memwell/local/groomed.json").unlink()
    here = open_engine(MEMWELL_DEVICE="here")
    here.remember(Memory(OVER.text, key="another"))

    assert groom_if_due(here._session)

    assert (vault / "notes/another.md").exists()
    assert "by another machine" in here.status().grooming


def test_a_cap_that_was_reached_is_said(daily, clock):
    """And how many wait."""
    for number in range(15):
        daily.remember(Memory(OVER.text, key=f"k{number}"))

    groom_if_due(daily._session)

    assert "1 notes archived; it stopped at the most one run may do, 14 wait" in daily.status().grooming


def test_a_problem_is_kept_and_it_is_tried_again(daily, vault, clock):
    """The archive can't be made: the note stays, and status says so."""
    daily.remember(OVER)
    with daily._session.vault.lock.held(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("vault_engine.vault.lock.WAIT_S", 0.0)
        (vault / ".memwell/journal").rename(vault / ".memwell/elsewhere")
        (vault / ".memwell/journal").write_text("in the way")
        assert not groom_if_due(daily._session)
    assert "since then it could not be done" in grooming(daily._session)
    (vault / ".memwell/journal").unlink()
    (vault / ".memwell/elsewhere").rename(vault / ".memwell/journal")

    assert 0 == due_in_s(daily._session)
    assert groom_if_due(daily._session)
    assert not (vault / "notes/over.md").exists()


@pytest.mark.parametrize("stored", ["", "[]", '{"format": 2}', '{"format": 1, "at": 5}', '{"format": 1, "x": ""}'])
def test_a_file_that_nobody_can_read_says_nothing(daily, vault, stored):
    """As if it had never been done; it is due."""
    (vault / ".memwell/local").mkdir(exist_ok=True)
    (vault / ".memwell/local/groomed.json").write_text(stored)

    assert ("", 0) == (last_groomed(daily._session).at, due_in_s(daily._session))


def test_a_time_to_come_does_not_hold_it_up(daily, vault):
    """The clock was wrong then."""
    (vault / ".memwell/local").mkdir(exist_ok=True)
    (vault / ".memwell/local/groomed.json").write_text(json.dumps({"format": 1, "at": "2999-01-01T00:00:00+00:00"}))

    assert 0 == due_in_s(daily._session)


def test_it_is_off_unless_it_is_switched_on(engine):
    """Then status says nothing of it."""
    assert None is engine.status().grooming


def test_a_thread_does_it_when_nobody_is_at_work(daily, vault):
    """And ends when it is told to."""
    daily.remember(OVER)
    routine = Routine(daily._session, quiet_s=0)
    routine.start()
    until = time.monotonic() + 60
    while (vault / "notes/over.md").exists() and time.monotonic() < until:
        routine.poke()
        time.sleep(0.01)
    routine.stop()

    assert not (vault / "notes/over.md").exists()
    assert "memwell-groom" not in {thread.name for thread in threading.enumerate()}


def test_who_follows_a_vault_waits_while_somebody_is_at_work(daily, vault):
    """Half a minute without a change is not over yet."""
    daily.remember(OVER)
    daily.watch()

    assert "memwell-groom" in {thread.name for thread in threading.enumerate()}
    daily.close()
    assert (vault / "notes/over.md").exists()


def _in_a_thread(do):
    found = []
    thread = threading.Thread(target=lambda: found.append(do()))
    thread.start()
    thread.join()
    return found[0]
