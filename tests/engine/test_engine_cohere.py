"""`cohere`: tiers, links and the archive in one change, shown before, taken back as one."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from stops import Killed, Operations, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.engine import DecayFilter
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, NoteChanged

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
API = "The API returns dates in ISO 8601."
API_TOO = "The API v2 returns dates in ISO 8601 too."


@pytest.fixture
def clock(monkeypatch):
    """The time, which only this sets."""
    moment = [NOW]
    monkeypatch.setattr(Session, "now", lambda _: moment[0])

    def go_on(**by: float) -> None:
        moment[0] += timedelta(**by)

    return go_on


def held(vault):
    return {
        str(file.relative_to(vault)): file.read_bytes() for file in vault.glob("**/*.md") if ".memwell" not in str(file)
    }


def pairs(done):
    return [(one.path, one.to) for one in done.links]


@pytest.fixture
def notes(engine, clock):
    """One note that was used, two about one thing, one that has expired, and some that concern nobody."""
    engine.remember(Memory("---\ntier: working\n---\nThe used one.", key="used"))
    engine.remember(Memory("---\nexpires: 2020-01-01\n---\nLong over.", key="over"))
    engine.remember(Memory("Milk, bread, onions.", key="milk"))
    engine.remember(Memory(API, category="facts", key="api"))
    clock(seconds=5)
    engine.remember(Memory(API_TOO, category="facts", key="api-2"))
    for _ in range(3):
        engine.read("used")
    clock(days=1)


def test_it_is_shown_then_done_then_taken_back(engine, notes, vault):
    """Down to the last byte, by one entry; and that again."""
    before, entries = held(vault), engine.last_entries().total

    dry = engine.cohere()
    assert (before, entries) == (held(vault), engine.last_entries().total)
    assert [("notes/used.md", "working", "episodic")] == [(one.path, one.before, one.after) for one in dry.moved]
    assert [("facts/api-2.md", "facts/api.md")] == pairs(dry)
    assert (["notes/over.md"], 0, 5) == ([one.path for one in dry.archived], dry.waiting, dry.notes)

    done = engine.cohere(dry_run=False)
    assert (dry.moved, dry.links, dry.archived, dry.diff) == (done.moved, done.links, done.archived, done.diff)
    after = held(vault)
    assert after["facts/api-2.md"].endswith(b"too.\n\n## Links\n\n- [[facts/api]] (related)\n")
    assert before["notes/used.md"].replace(b"working", b"episodic") == after["notes/used.md"]
    assert before.keys() - {"notes/over.md"} == after.keys()

    undone = engine.undo_together(done.entry)
    assert (before, ()) == (held(vault), undone.left)
    engine.undo_together(undone.undone_by)
    assert after == held(vault)


def test_nothing_gets_younger_and_nothing_is_done_twice(engine, notes):
    """A second run has nothing to do, and writes no entry."""
    ages = {one.path: one.age_days for one in engine.decay(DecayFilter()).notes}
    engine.cohere(dry_run=False)
    told = engine.last_entries().total

    again = engine.cohere(dry_run=False)

    assert ((), (), (), None) == (again.moved, again.links, again.archived, again.entry)
    assert told == engine.last_entries().total
    assert {one.path: one.age_days for one in engine.decay(DecayFilter()).notes}.items() <= ages.items()


def test_what_somebody_has_taken_back_stays_so(engine, notes, vault):
    """Neither the link nor the archiving comes again, until the note is changed."""
    before = held(vault)
    engine.undo_together(engine.cohere(dry_run=False).entry)

    again = engine.cohere(max_links=5)

    assert ((), (), 1) == (again.links, again.archived, again.spared)
    (vault / "notes/over.md").write_bytes(before["notes/over.md"] + b"More.\n")
    assert ["notes/over.md"] == [one.path for one in engine.cohere().archived]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The limit of the API is 500.", "The limit of the API is 600."),
        (API, f"---\nstatus: deprecated\n---\n{API_TOO}"),
        (API, f"---\ntrust: untrusted\n---\n{API_TOO}"),
        (API, f"{API_TOO}\n\nSee [[one]]."),
        ("Anna likes tea.", "The roof leaks."),
    ],
)
def test_what_does_not_belong_together_is_not_linked(engine, clock, one, other):
    """What contradicts, is superseded, is not trusted, is linked already, or has nothing in common."""
    engine.remember(Memory(one, category="facts", key="one"))
    engine.remember(Memory(other, category="facts", key="other"))

    assert () == engine.cohere().links


def test_notes_of_other_categories_and_workspaces_are_not_linked(engine, clock):
    """Nor those that lie beside the folders."""
    engine.remember(Memory(API, category="facts", key="one"))
    engine.remember(Memory(API_TOO, category="elsewhere", key="other"))
    engine.remember(Memory(API_TOO, key="third", category="facts"), within=engine.reach("project"))

    assert () == engine.cohere().links


def test_a_note_that_changed_meanwhile_refuses_the_undo(engine, notes, vault):
    """Then nothing is taken back: what is in the archive stays there too."""
    done = engine.cohere(dry_run=False)
    (vault / "facts/api-2.md").write_text("Mine now.\n")
    after = held(vault)

    with pytest.raises(NoteChanged):
        engine.undo_together(done.entry)

    assert after == held(vault)


def test_caps_hold_and_what_waits_is_said(engine, clock):
    """A share of the notes, a number of links."""
    for number in range(20):
        engine.remember(Memory(f"---\nexpires: 2020-01-01\n---\nThing {number}.", key=f"k{number}"))

    done = engine.cohere(dry_run=False)

    assert (2, 18, 20) == (len(done.archived), done.waiting, done.notes)
    for wrong in ({"max_links": -1}, {"max_links": 51}, {"max_share": 0}, {"max_share": 1.5}):
        with pytest.raises(BadInput):
            engine.cohere(**wrong)


def test_an_empty_vault_has_nothing_to_groom(engine):
    """And no strengths."""
    done = engine.cohere(dry_run=False)

    assert (0, (), None) == (done.notes, done.fading.quartiles, done.entry)


def test_killed_at_any_step_no_byte_is_lost(vault, env, engine, notes, monkeypatch):
    """Each note holds what it held or what it shall hold, here or in the archive, and the journal is whole."""
    before = held(vault)
    counted = Operations(0, vault)
    counted.act = lambda _number: None
    with watched(counted, monkeypatch):
        entry = engine.cohere(dry_run=False).entry
    after = held(vault)
    engine.undo_together(entry)
    over = vault / "notes/over.md"
    assert len(counted.seen) > 10
    for at in range(1, len(counted.seen) + 1, 5):
        over.write_bytes(before["notes/over.md"] + b"%d\n" % at)  # so that it may go again
        current = held(vault)
        killed = Engine.open(vault, env=env)
        killed.status()
        with suppress(Killed), watched(Stop(at, vault), monkeypatch):
            killed.cohere(dry_run=False)
        with Engine.open(vault, env=env) as again:
            archived = {one.path for one in again.list(archived=True).notes}
            now = held(vault)
            assert current.keys() == now.keys() | ({"notes/over.md"} & archived)
            assert all(data in (current[path], after.get(path)) for path, data in now.items())
            assert again.verify().is_whole
            if not over.exists():
                again.restore("notes/over.md")
            (vault / "notes/used.md").write_bytes(before["notes/used.md"])
            again.status()
