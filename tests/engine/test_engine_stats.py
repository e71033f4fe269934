"""`stats`, `health`, and what somebody says of a note with one word."""

import os

import pytest

from vault_engine import Memory
from vault_engine.engine import DecayFilter, SweepFilter
from vault_engine.errors import BadInput, NoteMissing


def test_notes_are_counted_by_what_they_state(engine, write_note):
    """Without regard to case; a category below another counts as itself."""
    write_note("a/x.md", "---\ntype: Decision\npinned: true\ntier: core\n---\nOne\n")
    write_note("a/b/y.md", "---\ntype: decision\nverified: true\nstatus: deprecated\ncreated: 2020-01-01\n---\nTwo\n")
    write_note("z.md", "Three.\n")

    found = engine.stats()

    assert (3, {"(none)": 1, "a": 1, "a/b": 1}) == (found.notes, found.categories)
    assert {"decision": 2, "(none)": 1} == found.types
    assert ({"(none)": 2, "core": 1}, {"(none)": 2, "deprecated": 1}) == (found.tiers, found.statuses)
    assert (1, 1) == (found.pinned, found.verified)
    assert ("2020-01-01T00:00:00", "2023-11-14T22:13:20") == (found.oldest, found.newest)
    assert {0} == set(found.changed_within.values())
    assert sum(map(len, ("Three.\n",))) < found.median_bytes < found.largest_bytes < found.bytes


def test_an_empty_vault_has_no_numbers(engine):
    """And no oldest note."""
    found = engine.stats()

    assert (0, 0, 0, {}, None) == (found.notes, found.bytes, found.median_bytes, found.categories, found.oldest)


def test_only_what_is_reached_is_counted(engine):
    """The notes of another workspace are not there."""
    for name in ("one", "two"):
        engine.remember(Memory("Something.", key="k"), within=engine.reach(name))
    engine.remember(Memory("For all.", key="k"))

    assert (2, 3) == (engine.stats(within=engine.reach("one")).notes, engine.stats().notes)


def test_what_changed_and_what_is_gone_is_counted_as_it_is(engine):
    """Segments over each other give one answer."""
    for key in "abc":
        engine.remember(Memory("Something.", key=key, type="fact"))
    engine.stats()
    engine.remember(Memory("Something else.", key="a", type="insight"))
    engine.forget("b")

    assert {"fact": 1, "insight": 1} == engine.stats().types


# ---- health


def test_a_vault_that_works_says_so_and_has_nothing_more(engine, vault):
    """The probe is no note, no entry, and gone again."""
    engine.remember(Memory("Mine.", key="mine"))
    entries = engine.last_entries().total

    found = engine.health()

    assert (True, ["read", "lock", "write", "journal", "index"]) == (
        found.is_healthy,
        [one.name for one in found.checks],
    )
    assert [] == list((vault / ".memwell/local").glob("probe*"))
    assert (1, entries) == (engine.stats().notes, engine.last_entries().total)


@pytest.mark.skipif(os.name == "nt", reason="no such modes there")
def test_what_can_not_be_written_is_told(engine, vault, monkeypatch):
    """And everything else is tried all the same."""
    engine.status()
    from vault_engine.engine import health as module
    from vault_engine.errors import VaultDenied

    def refuse(folder):
        raise VaultDenied(str(folder), "Permission denied")

    monkeypatch.setattr(module, "make_folder", refuse)

    found = engine.health()

    assert not found.is_healthy
    assert ["write"] == [one.name for one in found.checks if one.problem]
    assert 5 == len(found.checks)


def test_a_damaged_journal_is_told(engine, vault):
    """By the line."""
    engine.remember(Memory("Mine.", key="mine"))
    (file,) = (vault / ".memwell/journal").glob("*/*.jsonl")
    file.write_bytes(b"no entry\n" + file.read_bytes())

    problems = [one.problem for one in engine.health().checks if one.problem]

    assert 1 == len(problems)
    assert ".jsonl:1" in problems[0]


# ---- one word of a note


def test_a_pinned_note_stays_and_unpinning_takes_the_word_back(engine, vault, write_note):
    """Every other byte is as before."""
    write_note("old.md", "---\ncreated: 2001-01-01\n---\nOld\n")
    before = (vault / "old.md").read_bytes()

    assert "updated" == engine.pin("old").action
    assert "unchanged" == engine.pin("old").action
    assert 1.0 == engine.decay(DecayFilter()).notes[0].decay
    assert () == engine.sweep(SweepFilter(below=0.5, max_share=1)).archived
    assert "old.md" in repr(engine.context())

    engine.pin("old", pinned=False)
    assert before == (vault / "old.md").read_bytes()
    assert "unchanged" == engine.pin("old", pinned=False).action


def test_always_on_says_the_same_in_notes_from_elsewhere(engine, write_note, vault):
    """And unpinning takes it away too."""
    write_note("old.md", "---\nalways_on: true\ncreated: 2001-01-01\n---\nOld\n")
    assert (True, 1.0) == (engine.decay(DecayFilter()).notes[0].pinned, engine.decay(DecayFilter()).notes[0].decay)

    engine.pin("old", pinned=False)

    assert "---\ncreated: 2001-01-01\n---\nOld\n" == (vault / "old.md").read_text()


def test_a_note_is_verified_and_scored(engine, write_note):
    """By properties that other parts heed; out of range is refused."""
    write_note("a.md", "---\ncreated: 2001-01-01\n---\nOld\n")
    engine.verify_note("a")
    assert 0.2 == engine.decay(DecayFilter()).notes[0].decay
    engine.verify_note("a", verified=False)
    engine.score("a", importance=0.9, confidence=0)
    assert {"created": "2001-01-01", "importance": 0.9, "confidence": 0} == engine.read("a").properties

    for wrong in ({"importance": 1.1}, {"confidence": float("nan")}, {}):
        with pytest.raises(BadInput):
            engine.score("a", **wrong)
    with pytest.raises(NoteMissing):
        engine.pin("nothing")
