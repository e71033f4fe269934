"""Events: what is told to the journal stays as it was told, for every device, until somebody erases it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from leaking import files_with
from stops import Killed, Stop, watched

from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Event, Reach, Task, Told, as_event
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, BadName, EntryMissing, MemwellError, NeedsYes, NotAllowed, NoteMissing
from vault_engine.journal.entry import Change, Op

SECRET = "zaubernuss"


@pytest.fixture
def note(engine):
    """A note that events are about."""
    engine.remember(Memory("We use Postgres.", "decisions", "db"))
    return "decisions/db.md"


def events(engine):
    """Give the entries of all events, the oldest first."""
    return [line for line in engine.last_entries(1000).entries if line.op == "event"]


def holds_secret(folder: Path) -> list[str]:
    """List the files that give the secret away, in any form."""
    return files_with(SECRET, folder)


def test_what_is_told_comes_back(engine, note):
    """Texts and JSON, of which type, about what, by whom; no note changes."""
    before = engine.raw(note).data
    teller = Actor("agent", "worker", "mcp")
    event = Event({"asked": ["a", 1.5, None]}, "chose \u2603", ["next"], category="decisions", key="db", agent="sub")
    done = engine.record(event, actor=teller)

    (line,) = events(engine)
    assert (done.entry, done.at, "decision", note) == (line.id, line.at, line.reason, line.path)
    assert Told(event.evaluated, event.acted, event.forward, "decisions", "db", "sub") == line.told
    assert (teller, before) == (line.actor, engine.raw(note).data)
    assert engine.find_entries(done.entry).entries == (line,)
    assert engine.verify(read_data=True).is_whole


@pytest.mark.parametrize(
    ("told", "about"),
    [
        ({}, ""),
        ({"category": "decisions"}, "decisions/"),
        ({"category": "decisions", "key": "db"}, "decisions/db.md"),
        ({"category": "decisions", "key": "later"}, "decisions/"),
        ({"note": "db"}, "decisions/db.md"),
    ],
)
def test_an_event_is_about_a_note_a_folder_or_the_vault(engine, note, told, about):
    """A key that names no note stands for its folder."""
    assert about == engine.record(Event(acted="x", **told)).about


@pytest.mark.parametrize(
    ("event", "error", "said"),
    [
        (Event(), BadInput, "what was evaluated"),
        (Event(acted=""), BadInput, "what was evaluated"),
        (Event(acted="x" * 65_600), BadInput, "'acted' has 65,602 bytes"),
        (Event(forward=float("nan")), BadInput, "'forward' is not JSON"),
        (Event(evaluated="\ud800"), BadInput, "'evaluated' is not JSON"),
        (Event(evaluated={1, 2}), BadInput, "not JSON"),
        (Event(acted="x", type=" "), BadInput, "type must be one line"),
        (Event(acted="x", type="a\nb"), BadInput, "type must be one line"),
        (Event(acted="x", type="t" * 61), BadInput, "type must be one line"),
        (Event(acted="x", key="k"), BadInput, "needs its category"),
        (Event(acted="x", note="db", category="decisions"), BadInput, "one of the two"),
        (Event(acted="x", note="none"), NoteMissing, "none"),
        (Event(acted="x", category="../out"), BadName, "out"),
    ],
    ids=lambda value: None,
)
def test_what_can_not_be_told_is_refused(engine, note, event, error, said):
    """With words, and nothing is entered."""
    with pytest.raises(error, match=said):
        engine.record(event)
    assert [] == events(engine)


def test_a_workspace_has_its_own_events(engine, note):
    """They are about its folder, and another workspace does not see them."""
    ours, theirs = Reach(workspace="a"), Reach(workspace="b")
    done = engine.record(Event(acted="ours"), within=ours)
    deeper = engine.record(Event(acted="ours", category="x"), within=ours)
    engine.record(Event(acted="all"))

    assert ("workspaces/a/", "workspaces/a/x/") == (done.about, deeper.about)
    seen = [[line.told.acted for line in engine.timeline(within=one).entries if line.told] for one in (ours, theirs)]
    assert [["all", "ours", "ours"], ["all"]] == seen
    with pytest.raises(NotAllowed):
        engine.record(Event(acted="x", category="elsewhere"), within="folder")


def test_a_purge_erases_what_was_told_of_the_note(engine, note, vault, write_note):
    """Also under the path it had before; what was told of others stays, and the journal verifies."""
    engine.record(Event(acted=f"{SECRET} 1", note=note))
    engine.move(note, "decisions/base.md")
    engine.record(Event(acted=f"{SECRET} 2", note="base"))
    write_note(note, "Another.")
    engine.record(Event(acted="of the other", note=note))
    engine.record(Event(acted="of the folder", category="decisions"))
    heads = engine.verify().heads
    assert holds_secret(vault)

    engine.purge("decisions/base.md", yes=True)

    assert [] == holds_secret(vault)
    assert [None, None, "of the other", "of the folder"] == [one.told and one.told.acted for one in events(engine)]
    assert engine.verify(read_data=True, against=heads).is_whole
    assert () == engine.repair().left


def test_one_event_is_erased(engine, note, vault):
    """The very same told twice goes too; its note stays, and what is told again later is kept."""
    done = [engine.record(Event(acted=SECRET, note=note)).entry for _ in range(2)]
    with pytest.raises(NeedsYes):
        engine.erase_event(done[0])
    assert 1 == engine.erase_event(done[0], dry_run=True).revisions
    assert holds_secret(vault)

    assert (1, note) == ((erased := engine.erase_event(done[0], yes=True)).revisions, erased.about)

    assert [] == holds_secret(vault)
    assert [None, None] == [one.told for one in events(engine)]
    assert 0 == engine.erase_event(done[1], yes=True).revisions
    assert b"Postgres" in engine.raw(note).data
    engine.record(Event(acted=SECRET, note=note))
    engine.repair()
    assert SECRET == events(engine)[-1].told.acted
    assert engine.verify(read_data=True).is_whole


def test_only_events_are_erased_so(engine, note):
    """The entry of a change is none."""
    (line,) = engine.last_entries().entries
    with pytest.raises(EntryMissing):
        engine.erase_event(line.id, yes=True)


def test_pruning_keeps_what_was_told(open_engine, vault, monkeypatch):
    """However old it is: it is no version of a note."""
    (vault / ".memwell" / "config.toml").write_text("keep_days = 1\nkeep_versions = 1\n")
    engine, now = open_engine(), Session.now
    monkeypatch.setattr(Session, "now", lambda session: now(session) - timedelta(days=10))
    engine.remember(Memory("one", "a", "k"))
    engine.record(Event(acted="told", note="a/k.md"))
    engine.remember(Memory("two", "a", "k"))
    monkeypatch.undo()

    assert 1 == engine.prune().revisions
    assert "told" == events(engine)[0].told.acted
    assert engine.verify(read_data=True).is_whole


def test_a_note_and_its_past_do_not_notice(engine, note):
    """History, undo, as of, and the state of a note are what they would be without events."""
    engine.record(Event(acted="x", note=note))
    engine.remember(Memory("We use SQLite.", "decisions", "db"))
    engine.record(Event(acted="y", note=note))

    assert ["updated", "created"] == [line.what for line in engine.history(note).versions]
    assert "updated" == engine.undo(note).action
    assert b"Postgres" in engine.raw(note).data
    assert [note] == [line.path for line in engine.list_at("now").notes]


def test_an_edit_by_hand_that_nobody_has_seen_comes_before_what_is_told_of_it(engine, vault, write_note):
    """So that a purge finds the event by the note's past."""
    write_note("hand.md", f"By hand, {SECRET}.\n")
    engine.record(Event(acted=f"{SECRET} told", note="hand"))

    engine.purge("hand.md", yes=True)

    assert [] == holds_secret(vault)


def test_two_devices_tell_and_erase(open_engine, vault):
    """Each sees what the other told; what one erased the other erases when it next writes."""
    far = open_engine(MEMWELL_DEVICE="far", MEMWELL_CACHE_DIR=str(vault.parent / "far"))
    near = open_engine(MEMWELL_DEVICE="near")
    done = [one.record(Event(acted=SECRET, forward=name)) for one, name in ((far, "far"), (near, "near"))]
    assert [["far", "near"]] * 2 == [[line.told.forward for line in events(one)] for one in (far, near)]

    erased = near.erase_event(done[0].entry, yes=True)

    assert {1} == set(erased.elsewhere.values())
    far.remember(Memory("anything"))
    assert [None, "near"] == [line.told and line.told.forward for line in events(near)]
    near.erase_event(done[1].entry, yes=True)
    assert [] == holds_secret(vault / ".memwell")
    assert near.verify(read_data=True).is_whole


def test_processes_tell_at_once(memwell, engine):
    """Each event is there once, whole, in one unbroken chain."""
    told = [f"event {number}" for number in range(6)]
    running = [memwell("journal", "record", "--acted", one, "--json") for one in told]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]

    assert {line.id: line.told.acted for line in events(engine)} == {
        answer["entry"]: one for answer, one in zip(answers, told, strict=True)
    }
    assert engine.verify(read_data=True).is_whole


def test_a_crash_at_any_step_leaves_the_event_or_nothing(engine, note, vault, env, tmp_path, monkeypatch):
    """Never an entry without what it tells; a second try works, and the journal verifies."""
    engine.close()
    folder = tmp_path / "trial"
    event = Event(acted="told " * 500, note=note)
    number, seen = 0, 1
    while number < seen:
        number += 1
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(vault, folder)
        dying, operations = Engine.open(folder, env=env), Stop(number, folder)
        dying.status()
        with watched(operations, monkeypatch):
            try:
                dying.record(event)
            except Killed:
                seen = number + 1
        with Engine.open(folder, env=env) as again:
            before = [line.told.acted for line in events(again)]
            assert before in ([], [event.acted]), operations.seen[-1]
            again.record(event)
            assert [*before, event.acted] == [line.told.acted for line in events(again)]
            assert again.verify(read_data=True).is_whole, operations.seen[-1]
    assert number > 5


def test_what_another_device_tells_may_be_anything(engine, note):
    """What is no event of ours tells nothing, and stops nobody."""
    session = engine._session
    deep = b"[" * 100_000
    with session.vault.lock.held():
        for data in (b"", b"[]", b"\xff", b'{"acted": NaN', b'{"category": 5, "agent": [], "acted": 1}', deep):
            sha256 = session.revisions.put(data)
            change = Change(Op.EVENT, "\x1b[2J", "", sha256, reason="x" * 500)
            session.journal.announce([change], at=session.now(), actor=Actor("agent", "far"))
        session.journal.settle()

    nothing_more = Told(None, 1, None, None, None, None)
    assert [None, None, None, None, nothing_more, None] == [line.told for line in events(engine)]
    assert 6 == engine.timeline().total - 1
    assert engine.verify(read_data=True).is_whole


@pytest.mark.parametrize(
    "task",
    [Task(" ", 1, 1, True), Task("t", -1, 1, True), Task("t", 1, 10**13, True), Task("t", 1, 1, False, recalls=2)],
)
def test_a_benchmark_has_sensible_numbers(task):
    """Else it is refused."""
    with pytest.raises(MemwellError):
        as_event(task)
