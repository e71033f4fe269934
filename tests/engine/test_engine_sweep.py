"""`sweep` and `promote`: planned, shown, done as one change, taken back as one."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from stops import Killed, Operations, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.engine import DecayFilter, SweepFilter
from vault_engine.engine.session import Session
from vault_engine.engine.survey import Survey
from vault_engine.errors import BadInput, ConfigBroken

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD = "created: 2001-01-01\n"
EXPIRED = SweepFilter(max_share=1)
FADED = SweepFilter(below=0.1, max_share=1)


@pytest.fixture
def clock(monkeypatch):
    """The time, which only this sets."""
    moment = [NOW]
    monkeypatch.setattr(Session, "now", lambda _: moment[0])

    def go_on(**by: float) -> None:
        moment[0] += timedelta(**by)

    return go_on


@pytest.fixture
def notes(write_note):
    """Notes that have faded, some of which are to stay."""
    write_note("a.md", f"---\n{OLD}---\nOne\n")
    write_note("b.md", f"---\n{OLD}expires: 2020-01-01\n---\nTwo\n")
    write_note("pinned.md", f"---\n{OLD}pinned: true\nexpires: 2020-01-01\n---\nThree\n")
    write_note("verified.md", f"---\n{OLD}verified: true\nexpires: 2020-01-01\n---\nFour\n")
    write_note("core.md", f"---\n{OLD}tier: core\n---\nFive\n")
    write_note("always.md", f"---\n{OLD}always_on: true\n---\nSix\n")
    write_note("kind.md", f"---\n{OLD}type: decision\n---\nSeven\n")


def held(vault):
    return {
        str(file.relative_to(vault)): file.read_bytes() for file in vault.glob("**/*.md") if ".memwell" not in str(file)
    }


def paths(swept):
    return [one.path for one in swept.archived]


def test_what_has_faded_goes_and_what_is_to_stay_stays(engine, notes, vault):
    """Pinned, verified, core, always on, and what does not fade."""
    done = engine.sweep(FADED, dry_run=False)

    assert (["a.md", "b.md"], 2, 1, 7) == (sorted(paths(done)), done.found, done.spared, done.notes)
    assert {"pinned.md", "verified.md", "core.md", "always.md", "kind.md"} == held(vault).keys()
    assert ["faded to 0.00"] == list({one.why for one in done.archived})


def test_a_note_of_which_nobody_can_tell_stays(engine, write_note, vault):
    """Its properties can't be read: it may be pinned."""
    write_note("broken.md", f"---\n{OLD}pinned: true\nx: [\n---\nText\n")

    done = engine.sweep(SweepFilter(older_than_days=1, max_share=1), dry_run=False)

    assert ((), 1, True) == (done.archived, done.spared, (vault / "broken.md").is_file())


def test_a_dry_run_tells_the_same_and_writes_nothing(engine, notes, vault):
    """Down to the last number."""
    before, entries = held(vault), engine.last_entries().total

    dry = engine.sweep(FADED)

    assert (True, None, before) == (dry.dry_run, dry.entry, held(vault))
    assert entries == engine.last_entries().total
    done = engine.sweep(FADED, dry_run=False)
    assert (dry.archived, dry.found, dry.spared, dry.notes) == (done.archived, done.found, done.spared, done.notes)


def test_all_of_it_is_taken_back_by_one_entry_and_that_again(engine, notes, vault):
    """Every byte."""
    before = held(vault)
    done = engine.sweep(FADED, dry_run=False)
    after = held(vault)

    undone = engine.undo_together(done.entry)

    assert (before, {"a.md", "b.md"}, ()) == (held(vault), set(undone.files), undone.left)
    engine.undo_together(undone.undone_by)
    assert after == held(vault)


def test_what_somebody_did_since_is_left_when_it_is_taken_back(engine, notes, vault, write_note):
    """The others come back."""
    done = engine.sweep(FADED, dry_run=False)
    write_note("a.md", "mine\n")

    undone = engine.undo_together(done.entry)

    assert (("b.md",), ["a.md"]) == (undone.files, [one.path for one in undone.left])
    assert (b"mine\n", True) == (held(vault)["a.md"], (vault / "b.md").is_file())


def test_what_can_not_go_stays_and_is_named(engine, notes, vault, write_note):
    """The others go, and come back by the entry that is told, though it is not the first one's."""
    write_note("a/first.md", "---\ncreated: 1999-01-01\n---\nFirst\n")
    (vault / ".memwell/archive").mkdir()
    (vault / ".memwell/archive/a").write_text("in the way")
    before = held(vault)

    done = engine.sweep(FADED, dry_run=False)

    assert (["a/first.md"], {"a.md", "b.md"}) == ([one.path for one in done.left], set(paths(done)))
    assert {"a.md", "b.md"} == set(engine.undo_together(done.entry).files)
    assert before == held(vault)


def test_one_of_them_can_be_brought_back_alone(engine, notes, vault):
    """By restore; then all the others by the entry."""
    before = held(vault)
    done = engine.sweep(FADED, dry_run=False)

    engine.restore("a.md")
    assert ("b.md",) == engine.undo_together(done.entry).files

    assert before == held(vault)


def test_two_notes_of_one_name_in_the_archive_are_told_apart(engine, notes, vault):
    """One that was forgotten before keeps its place there."""
    before = held(vault)
    engine.forget("a.md")
    (vault / "a.md").write_text(f"---\n{OLD}---\nOther\n")

    done = engine.sweep(FADED, dry_run=False)
    engine.undo_together(done.entry)

    assert f"---\n{OLD}---\nOther\n" == (vault / "a.md").read_text()
    engine.forget("a.md")
    engine.restore("a.md")
    assert before.keys() == held(vault).keys()


def test_tiers_expire_by_their_days_without_use(engine, clock, vault):
    """What is used lives longer; what states no tier does not expire."""
    for key, tier in (("used", "working"), ("unused", "working"), ("event", "buffer"), ("fact", "semantic")):
        engine.remember(Memory(f"---\ntier: {tier}\n---\nThis is {key}.", key=key))
    engine.remember(Memory("This is plain.", key="plain"))

    clock(days=2)
    engine.read("used")
    assert [] == paths(engine.sweep(EXPIRED))
    clock(days=2)
    assert ["notes/unused.md"] == paths(engine.sweep(EXPIRED, dry_run=False))
    clock(days=27)
    assert {"notes/used.md", "notes/event.md"} == set(paths(engine.sweep(EXPIRED)))
    clock(days=2000)
    assert {"notes/used.md", "notes/event.md"} == set(paths(engine.sweep(EXPIRED)))


def test_days_of_a_tier_are_a_setting(open_engine, vault, clock):
    """Whose names and values are checked."""
    (vault / ".memwell/config.toml").write_text('tier_days = { working = 9, episodic = "never" }\n')
    engine = open_engine()
    for tier in ("working", "episodic"):
        engine.remember(Memory(f"---\ntier: {tier}\n---\nThis is {tier}.", key=tier))

    clock(days=8)
    assert [] == paths(engine.sweep(EXPIRED))
    clock(days=100)
    assert ["notes/working.md"] == paths(engine.sweep(EXPIRED))
    for wrong in ("tier_days = { nothing = 9 }", "tier_days = { working = 0 }", "tier_days = 3"):
        (vault / ".memwell/config.toml").write_text(wrong)
        with pytest.raises(ConfigBroken, match="tier_days"):
            open_engine()


def test_filters_narrow_it_down(engine, write_note):
    """Category with what is below, type and tier by any of its names."""
    write_note("x/y/a.md", f"---\n{OLD}tier: episodic\n---\nOne\n")
    write_note("x/b.md", f"---\n{OLD}type: Handoff\n---\nTwo\n")
    write_note("z.md", f"---\n{OLD}tier: buffer\n---\nThree\n")

    def found(**by):
        return set(paths(engine.sweep(SweepFilter(below=0.5, max_share=1, **by))))

    assert {"x/y/a.md", "x/b.md"} == found(category="X")
    assert {"x/b.md"} == found(type="handoff")
    assert {"x/y/a.md", "z.md"} == found(tier="buffer")
    assert set() == found(tier="core")
    assert {"x/y/a.md", "x/b.md", "z.md"} == found(older_than_days=30)


@pytest.mark.parametrize(
    "wrong",
    [
        {"below": 1.5},
        {"below": float("nan")},
        {"older_than_days": -1},
        {"max_share": 0},
        {"max_share": 2},
        {"tier": "x"},
    ],
)
def test_what_can_not_be_meant_is_refused(engine, wrong):
    """And says what can."""
    with pytest.raises(BadInput):
        engine.sweep(SweepFilter(**wrong))


def test_it_reckons_as_decay_does(engine, notes, write_note):
    """One law, looked at note by note or all at once; also of a note that was used."""
    engine.remember(Memory("Kept.", key="kept", type="project"))
    write_note("plain.md", "nothing stated\n")
    for name in ("plain.md", "a.md", "kept"):
        engine.read(name)
    engine.materialise(DecayFilter())
    told = {one.path: one.decay for one in engine.decay(DecayFilter()).notes}

    survey = Survey(engine._session)
    strengths = {survey.path(n): round(float(survey.aged.strength[n]), 4) for n in range(len(survey))}

    assert 9 == len(told)
    assert told == pytest.approx(strengths, abs=2e-4)


def test_killed_at_any_step_each_note_is_here_or_in_the_archive(vault, env, write_note, notes, monkeypatch, tmp_path):
    """Whole, once; and the journal tells which."""
    before = held(vault)
    with Engine.open(vault, env=env) as engine:
        engine.sweep(FADED)
        counted = Operations(0, vault)
        counted.act = lambda _number: None
        with watched(counted, monkeypatch):
            entry = engine.sweep(FADED, dry_run=False).entry
        engine.undo_together(entry)
    assert len(counted.seen) > 10
    for at in range(1, len(counted.seen) + 1, 3):
        engine = Engine.open(vault, env=env)
        engine.status()
        with suppress(Killed), watched(Stop(at, vault), monkeypatch):
            engine.sweep(FADED, dry_run=False)
        with Engine.open(vault, env=env) as again:
            archived = {one.path for one in again.list(archived=True).notes}
            assert before.keys() == held(vault).keys() | archived
            again.sweep(FADED, dry_run=False)
            assert again.verify().is_whole
            for name in ("a.md", "b.md"):
                if not (vault / name).is_file():
                    again.restore(name)
        assert before == held(vault)


# ---- tiers


def test_use_brings_notes_up_a_tier(engine, clock, vault):
    """Only those that state one; nothing else of them changes, and it makes none younger."""
    for key, tier in (("a", "working"), ("b", "buffer"), ("c", "working")):
        engine.remember(Memory(f"---\ntier: {tier}\n---\nThis is {key}.", key=key))
    engine.remember(Memory("No tier.", key="d"))
    for _ in range(6):
        for key in ("a", "b", "d"):
            engine.read(key)
    before = held(vault)
    clock(days=1)

    dry = engine.promote()
    assert {("notes/a.md", "working", "episodic", 6), ("notes/b.md", "buffer", "semantic", 6)} == {
        (one.path, one.before, one.after, one.uses) for one in dry.changes
    }
    assert "+tier: episodic" in dry.diff
    assert before == held(vault)

    done = engine.promote(dry_run=False)
    assert dry.changes == done.changes
    assert before["notes/a.md"].replace(b"working", b"episodic") == held(vault)["notes/a.md"]
    assert 1.0 == next(one.age_days for one in engine.decay(DecayFilter()).notes if one.path == "notes/a.md")
    engine.undo_together(done.entry)
    assert before == held(vault)


def test_what_was_not_used_for_long_is_core_no_more(engine, clock, vault):
    """But for what somebody has checked."""
    engine.remember(Memory("---\ntier: core\n---\nThis is old.", key="old"))
    engine.remember(Memory("---\ntier: core\nverified: true\n---\nThis is checked.", key="checked"))
    clock(days=400)

    assert [("notes/old.md", "semantic")] == [(one.path, one.after) for one in engine.promote(dry_run=False).changes]
    assert () == engine.promote().changes


def test_a_note_that_can_not_be_changed_is_left_and_named(engine, vault, write_note):
    """The others have their tier."""
    write_note("broken.md", b"---\ntier: working\n---\n\xff\n")
    engine.remember(Memory("---\ntier: working\n---\nThis is fine.", key="fine"))
    write_note("broken.md", b"---\ntier: working\nupdated: 2099-01-01\n---\n\xff\n")
    for _ in range(4):
        engine.read("fine")
        engine.read("broken.md")

    done = engine.promote(dry_run=False)

    assert (["notes/fine.md"], ["broken.md"]) == ([one.path for one in done.changes], [one.path for one in done.left])
    with pytest.raises(BadInput):
        engine.promote(limit=0)
