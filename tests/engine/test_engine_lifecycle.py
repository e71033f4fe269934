"""How notes fade: what counts as a use, what their strength is reckoned of, and writing it into them."""

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from vault_engine import Memory
from vault_engine.engine import DecayFilter, SetProperty
from vault_engine.engine.lifecycle import Faded
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, ConfigBroken

ALL = DecayFilter()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """The time, which only this sets."""
    moment = [NOW]
    monkeypatch.setattr(Session, "now", lambda _: moment[0])

    def go_on(**by: float) -> None:
        moment[0] += timedelta(**by)

    return go_on


def faded(engine, path: str) -> Faded:
    (found,) = [one for one in engine.decay(ALL).notes if one.path == path]
    return found


def uses(engine, path: str) -> int:
    return faded(engine, path).access_count


# ---- what counts


def test_a_note_that_is_found_read_or_edited_was_used(engine, write_note):
    """Each time once; others were not."""
    write_note("pump.md", "The pump is checked on Mondays.\n")
    write_note("other.md", "Nothing of that kind.\n")
    assert 0 == uses(engine, "pump.md")

    engine.recall("pump")
    engine.read("pump")
    engine.raw("pump")
    engine.edit("pump", SetProperty("tags", ["k"]))

    assert (4, 0) == (uses(engine, "pump.md"), uses(engine, "other.md"))


def test_what_changes_nothing_or_only_looks_is_no_use(engine, write_note):
    """Lists, an edit that changes nothing or is only shown, and what a hook puts together on its own."""
    write_note("pump.md", "---\nrank: 3\n---\nThe pump is checked on Mondays.\n")

    engine.edit("pump", SetProperty("rank", 3))
    engine.edit("pump", SetProperty("rank", 4), dry_run=True)
    engine.context("pump")
    engine.list()
    engine.status()
    engine.decay(ALL)

    assert 0 == uses(engine, "pump.md")


def test_a_memory_that_is_brought_up_to_date_was_used(engine):
    """Alone or among many; one that is new was not."""
    engine.remember(Memory("One.", key="a"))
    engine.remember(Memory("Two.", key="a"))
    engine.remember_many([Memory("Three.", key="a"), Memory("New.", key="b")])

    assert (2, 0) == (uses(engine, "notes/a.md"), uses(engine, "notes/b.md"))


def test_a_use_is_known_to_other_processes_and_after_them(open_engine, write_note):
    """It does not wait until somebody closes the vault."""
    write_note("a.md", "A\n")
    open_engine().read("a")
    other = open_engine()

    assert 1 == uses(other, "a.md")
    assert faded(other, "a.md").last_accessed is not None


def test_uses_are_counted_beside_the_notes(engine, write_note, vault):
    """A note that is read keeps its bytes and time; no journal tells of it."""
    file = write_note("a.md", "A\n")
    engine.read("a")
    before = file.stat()
    entries = engine.status().journal_entries

    engine.read("a")

    assert (b"A\n", before.st_mtime_ns, entries) == (
        file.read_bytes(),
        file.stat().st_mtime_ns,
        engine.status().journal_entries,
    )
    assert {"counters.log", "counters.lock"} <= {one.name for one in (vault / ".memwell/local").iterdir()}


@pytest.mark.parametrize("text", ["A\n", "---\nid: 01ABC\n---\nA\n"], ids=["by its path", "by its identity"])
def test_counts_follow_a_note_that_is_renamed(engine, open_engine, write_note, vault, text):
    """By us, or by the person once the journal has it."""
    write_note("a.md", text)
    engine.read("a")
    engine.move("a.md", "x/b.md")
    assert 1 == uses(engine, "x/b.md")

    (vault / "x/b.md").rename(vault / "c.md")
    open_engine().remember(Memory("This enters what others did.", key="k"))
    assert 1 == uses(engine, "c.md")

    engine.read("c")
    assert 2 == uses(engine, "c.md")


def test_a_move_that_is_undone_takes_the_counts_back(engine, write_note):
    """The note is what it was."""
    write_note("a.md", "A\n")
    engine.read("a")
    engine.move("a.md", "b.md")
    engine.undo_move()

    assert 1 == uses(engine, "a.md")


def test_another_note_under_an_old_path_begins_at_none(engine, write_note):
    """The counts went with the note."""
    write_note("a.md", "A\n")
    engine.read("a")
    engine.move("a.md", "b.md")
    write_note("a.md", "Another\n")

    assert (0, 1) == (uses(engine, "a.md"), uses(engine, "b.md"))


# ---- what strength is reckoned of


def test_a_note_fades_by_its_type_since_it_was_changed(engine, write_note, clock):
    """What it says of itself counts before the time of its file."""
    for type in ("handoff", "note", "decision", "recipe"):
        write_note(f"{type}.md", f"---\ntype: {type}\ncreated: 2020-01-01\nupdated: 2026-10-22T12:00:00\n---\nX\n")
    write_note("plain.md", "---\ncreated: 2026-09-22T12:00\n---\nX\n")

    decays = {one.path: (one.decay, one.half_life_days) for one in engine.decay(ALL).notes}

    assert {
        "handoff.md": (0.5, 30.0),
        "note.md": (0.7071, 60.0),
        "recipe.md": (0.7071, 60.0),
        "decision.md": (1.0, None),
        "plain.md": (0.5, 60.0),
    } == decays


def test_without_a_date_the_time_of_its_file_counts(engine, write_note, clock):
    """A file of the future is one of now."""
    for path, days in (("old.md", -60), ("new.md", 60)):
        file = write_note(path, "X\n")
        os.utime(file, (NOW + timedelta(days=days)).timestamp().as_integer_ratio()[:1] * 2)

    assert [("old.md", 0.5, 60), ("new.md", 1, 0)] == [
        (one.path, one.decay, one.age_days) for one in engine.decay(ALL).notes
    ]


def test_a_note_that_is_used_fades_more_slowly(engine, write_note, clock):
    """A tenth a use: after ten, two half-lives are as one."""
    write_note("a.md", "---\ncreated: 2026-11-21\n---\nA\n")
    for _ in range(10):
        engine.read("a")
    clock(days=119.5)

    assert 0.5 == faded(engine, "a.md").decay


def test_pinned_and_verified_notes_have_a_floor(engine, write_note):
    """Only where the property is true."""
    for name, said in (("p", "pinned: true"), ("v", "verified: true"), ("n", "pinned: 'yes'")):
        write_note(f"{name}.md", f"---\n{said}\ncreated: 2001-01-01\n---\nX\n")

    assert {"p.md": 1, "v.md": 0.2, "n.md": 0} == {one.path: one.decay for one in engine.decay(ALL).notes}


def test_a_note_is_relied_on_as_it_says_else_as_its_type_and_less_as_it_fades(engine, write_note, clock):
    """A confidence that is none counts as not said."""
    for name, said in (("says", "confidence: 0.9"), ("type", "type: handoff"), ("wrong", "confidence: 7")):
        write_note(f"{name}.md", f"---\n{said}\ncreated: 2026-11-21T12:00\n---\nX\n")
    assert {"says.md": 0.9, "type.md": 0.6, "wrong.md": 0.5} == {
        one.path: one.confidence for one in engine.decay(ALL).notes
    }

    clock(days=60)
    assert {"says.md": 0.45, "type.md": 0.15, "wrong.md": 0.25} == {
        one.path: one.confidence for one in engine.decay(ALL).notes
    }


def test_a_vault_may_say_how_fast_its_notes_fade(open_engine, vault, write_note, clock):
    """And how far they are relied on; types of its own too."""
    write_note("a.md", "---\ntype: recipe\ncreated: 2026-11-11T12:00\n---\nA\n")
    write_note("b.md", "---\ncreated: 2001-01-01\n---\nB\n")
    settings = 'half_lives = { Recipe = 10, note = "never" }\nconfidences = { recipe = 1 }\n'
    (vault / ".memwell/config.toml").write_text(settings)

    found = open_engine().decay(ALL).notes

    assert [("a.md", 0.5, 0.5), ("b.md", 1, 0.5)] == [(one.path, one.decay, one.confidence) for one in found]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("half_lives = 5", "half_lives must be a table"),
        ("half_lives = { note = 0 }", "half_lives.note must be days from 1"),
        ("half_lives = { note = nan }", "half_lives.note must be days from 1"),
        ("half_lives = { note = 'ever' }", "or \"never\", not 'ever'"),
        ("half_lives = { note = true }", "half_lives.note must be days from 1"),
        ("confidences = { note = 1.5 }", "confidences.note must be from 0 to 1"),
        ("confidences = []", "confidences must be a table"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told(open_engine, vault, setting, said):
    """With the file and what it may be."""
    (vault / ".memwell/config.toml").write_text(setting)

    with pytest.raises(ConfigBroken, match=said):
        open_engine()


def test_filters_limit_what_is_listed(engine, write_note):
    """The weakest come first, and the total says how many there are."""
    for number, type in enumerate(("note", "handoff", "decision")):
        write_note(f"x/{type}.md", f"---\ntype: {type}\ncategory: x\ncreated: 2026-10-0{number + 1}\n---\nX\n")
    write_note("y.md", "---\ncreated: 2026-10-01\n---\nY\n")

    def listed(**wanted):
        found = engine.decay(DecayFilter(**wanted))
        return [one.path for one in found.notes], found.total

    assert (["x/handoff.md", "x/note.md", "x/decision.md"], 3) == listed(category="x")
    assert (["x/handoff.md"], 3) == listed(category="x", limit=1)
    assert (["x/handoff.md"], 1) == listed(type="handoff")
    assert (["x/handoff.md", "x/note.md"], 2) == listed(category="x", below=0.99)
    assert ([], 0) == listed(below=0.0)


@pytest.mark.parametrize("wanted", [DecayFilter(limit=0), DecayFilter(below=1.5), DecayFilter(below=float("nan"))])
def test_a_filter_out_of_bounds_is_refused(engine, wanted):
    """With what is wrong."""
    with pytest.raises(BadInput):
        engine.decay(wanted)


# ---- writing it into notes


def test_decay_is_written_where_it_differs_and_nothing_else(engine, write_note, clock, vault):
    """Two digits, as a change of its own in the journal; what is near enough is left."""
    old = write_note("old.md", "---\n# mine\ncreated: 2026-09-22T12:00:00\n---\nOld\r\n")
    write_note("near.md", "---\ncreated: 2026-09-22T12:00:00\ndecay_score: 0.54\n---\nNear\n")
    write_note("far.md", "---\ncreated: 2026-09-22T12:00:00\ndecay_score: 0.55\n---\nFar\n")

    planned = engine.materialise(ALL, dry_run=True)
    assert b"decay_score" not in old.read_bytes()
    done = engine.materialise(ALL)

    assert planned.changes == done.changes
    assert {("far.md", 0.55, 0.5), ("old.md", None, 0.5)} == {(one.path, one.before, one.after) for one in done.changes}
    assert b"---\n# mine\ncreated: 2026-09-22T12:00:00\ndecay_score: 0.5\n---\nOld\r\n" == old.read_bytes()
    reasons = [
        json.loads(line)["reason"] for file in (vault / ".memwell/journal").rglob("*.jsonl") for line in file.open()
    ]
    assert 2 == reasons.count("decay")
    assert () == engine.materialise(ALL).changes


def test_a_note_gets_no_younger_and_was_not_used_by_that(engine, write_note):
    """Though its file was written just now: by its text it is told that nobody changed it."""
    write_note("a.md", "A\n")
    before = faded(engine, "a.md")
    engine.materialise(ALL)

    after = faded(engine, "a.md")
    assert (before.decay, before.changed, 0) == (after.decay, after.changed, after.access_count)
    assert () == engine.materialise(ALL).changes

    time_of_edit = time.time()
    engine.edit("a", SetProperty("rank", 1))
    assert faded(engine, "a.md").changed >= datetime.fromtimestamp(time_of_edit, UTC).isoformat()[:19]


def test_a_property_of_that_name_that_is_no_number_is_somebody_elses(engine, write_note):
    """It is left and named; the other notes are written."""
    file = write_note("a.md", "---\ndecay_score: mine\n---\nA\n")
    write_note("b.md", "B\n")

    done = engine.materialise(ALL)

    assert (["b.md"], ["a.md"]) == ([one.path for one in done.changes], [one.path for one in done.problems])
    assert "---\ndecay_score: mine\n---\nA\n" == file.read_text()


def test_a_note_that_can_not_be_edited_is_named_and_left(engine, write_note):
    """The others are written."""
    file = write_note("broken.md", "---\na: [\n---\nX\n")
    write_note("b.md", "B\n")

    done = engine.materialise(ALL)

    assert (["b.md"], ["broken.md"]) == ([one.path for one in done.changes], [one.path for one in done.problems])
    assert "---\na: [\n---\nX\n" == file.read_text()
