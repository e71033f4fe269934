"""`supersede`: a note in the place of another; both changes are one, and can be taken back as one."""

import errno
import shutil
from contextlib import suppress

import pytest
from stops import Fail, Killed, Operations, Stop, watched

from vault_engine import Engine, Memory
from vault_engine.errors import (
    BadInput,
    EditRefused,
    EntryMissing,
    MemwellError,
    NoteChanged,
    NoteMissing,
    VersionMissing,
)

OLD, NEW = "facts/pg-15.md", "facts/pg-16.md"


@pytest.fixture
def both(engine):
    """Two notes that contradict each other."""
    engine.remember(Memory("The staging database runs PostgreSQL 15.", category="facts", key="pg-15"))
    engine.remember(Memory("The staging database runs PostgreSQL 16.", category="facts", key="pg-16"))
    return engine


def texts(vault):
    return [(vault / path).read_text("utf-8") for path in (OLD, NEW)]


def test_only_properties_change(both, vault):
    """The old note is deprecated and holds until now; each links to the other; every other byte stays."""
    before = texts(vault)
    done = both.supersede("pg-15", "pg-16", reason="upgraded")

    assert ("updated", OLD, NEW) == (done.action, done.old, done.new)
    added = f'status: deprecated\nvalid_to: {done.valid_to}\nsuperseded_by: "[[facts/pg-16]]"\n---\n'
    old, new = before
    wanted = [old.replace("---\n\n", f"{added}\n"), new.replace("---\n\n", 'supersedes: "[[facts/pg-15]]"\n---\n\n')]
    assert wanted == texts(vault)
    relations = {(one.node.path, one.direction, one.relation) for one in both.neighbours(OLD).neighbours}
    assert {(NEW, "in", "supersedes"), (NEW, "out", "superseded_by")} == relations


def test_it_is_found_behind_with_its_status(both):
    """Lower than before, and the answer says why."""
    before = {hit.path: hit.score for hit in both.recall("staging database PostgreSQL 15").hits}
    both.supersede("pg-15", "pg-16")
    after = {hit.path: hit for hit in both.recall("staging database PostgreSQL 15").hits}

    assert after[OLD].score < before[OLD] * 0.6
    assert "deprecated" == after[OLD].status
    assert any("set back" in why for why in after[OLD].why)


def test_both_changes_are_one_and_are_taken_back_as_one(both, vault):
    """By any entry of it; and that can be taken back too."""
    before = texts(vault)
    entry = both.supersede("pg-15", "pg-16").entry
    after = texts(vault)
    first, second = both.last_entries(2).entries
    assert (entry, entry) == (first.id, second.ref)
    assert {OLD, NEW} == set(both.undo_together(second.id, dry_run=True).files)
    assert after == texts(vault)

    undone = both.undo_together(second.id)

    assert (before, entry) == (texts(vault), undone.entry)
    both.undo_together(undone.undone_by)
    assert after == texts(vault)


def test_a_dry_run_shows_what_would_change(both, vault):
    """And writes nothing."""
    before = texts(vault)
    done = both.supersede("pg-15", "pg-16", dry_run=True)

    assert (None, before) == (done.entry, texts(vault))
    assert "+status: deprecated" in done.diff
    assert '+supersedes: "[[facts/pg-15]]"' in done.diff


def test_a_second_time_changes_nothing(both, vault):
    """And a note may be in the place of several."""
    both.supersede("pg-15", "pg-16")
    before = texts(vault)
    assert ("unchanged", None) == (both.supersede("pg-15", "pg-16").action, both.supersede("pg-15", "pg-16").entry)
    assert before == texts(vault)

    both.remember(Memory("The staging database runs PostgreSQL 14.", category="facts", key="pg-14"))
    both.supersede("pg-14", "pg-16")

    assert ["[[facts/pg-15]]", "[[facts/pg-14]]"] == both.read("pg-16").properties["supersedes"]


def test_an_earlier_end_is_kept(both, vault, write_note):
    """A note that held until last year did not hold until now."""
    write_note("facts/old.md", "---\nvalid_to: 2020-01-01\n---\nThe limit is 5.\n")

    assert "2020-01-01" == both.supersede("facts/old", "pg-16").valid_to


def test_what_can_not_be_is_refused(both, vault):
    """And nothing is changed."""
    both.supersede("pg-15", "pg-16")
    before = texts(vault)
    for old, new, error in (
        ("pg-15", "pg-15", BadInput),
        ("pg-16", "pg-15", BadInput),
        ("pg-15", "pg-99", NoteMissing),
    ):
        with pytest.raises(error):
            both.supersede(old, new)
    assert before == texts(vault)


def test_a_note_changed_since_is_not_put_back(both, vault):
    """Nor is the other one."""
    entry = both.supersede("pg-15", "pg-16").entry
    (vault / NEW).write_text("mine\n")
    before = texts(vault)

    with pytest.raises(NoteChanged):
        both.undo_together(entry)
    assert before == texts(vault)


def test_what_is_no_such_change_is_refused(both):
    """With what to do instead."""
    with pytest.raises(EntryMissing):
        both.undo_together("nothing")
    created = both.last_entries(1).entries[0].id
    with pytest.raises(BadInput, match="undo its note"):
        both.undo_together(created)


def test_the_second_note_alone_is_not_undone_unasked(both):
    """Its last change belongs to one of two notes."""
    both.supersede("pg-15", "pg-16")

    with pytest.raises((EditRefused, VersionMissing), match="together with other notes"):
        both.undo("pg-16")


class TestStopped:
    """Stopped or refused at any file operation."""

    @pytest.fixture
    def trial(self, tmp_path, env):
        """Makes the same vault again, opened."""
        pattern = tmp_path / "pattern"
        Engine.create(pattern)
        with Engine.open(pattern, env=env) as engine:
            engine.remember(Memory("The limit is 15.", category="facts", key="pg-15"))
            engine.remember(Memory("The limit is 16.", category="facts", key="pg-16"))

        def again():
            shutil.rmtree(tmp_path / "trial", ignore_errors=True)
            shutil.copytree(pattern, tmp_path / "trial")
            return tmp_path / "trial", Engine.open(tmp_path / "trial", env=env)

        return again

    def counted(self, trial, monkeypatch):
        """Give the texts before, and how many operations there are."""
        folder, engine = trial()
        before, counted = texts(folder), Operations(0, folder)
        counted.act = lambda _number: None
        with engine, watched(counted, monkeypatch):
            engine.supersede("pg-15", "pg-16")
        return before, len(counted.seen)

    def test_killed(self, trial, monkeypatch, env):
        """Each note is whole, the journal verifies, and asking again finishes it."""
        before, count = self.counted(trial, monkeypatch)
        assert count > 20
        for at in range(1, count + 1, 2):
            folder, engine = trial()
            with suppress(Killed), watched(Stop(at, folder), monkeypatch):
                engine.supersede("pg-15", "pg-16")
            stopped = texts(folder)
            assert all(now == then or "supersede" in now for now, then in zip(stopped, before, strict=True))
            assert all(text.rstrip().endswith(("The limit is 15.", "The limit is 16.")) for text in stopped)
            with Engine.open(folder, env=env) as again:
                again.supersede("pg-15", "pg-16")
                assert () == again.verify(read_data=True).damaged
            old, new = texts(folder)
            assert 1 == old.count("superseded_by") == old.count("status: deprecated") == new.count("supersedes")

    def test_refused(self, trial, monkeypatch):
        """Both changes are made, or neither."""
        before, count = self.counted(trial, monkeypatch)
        for at in range(1, count + 1, 2):
            folder, engine = trial()
            with suppress(MemwellError), watched(Fail(at, folder, errno.ENOSPC), monkeypatch):
                engine.supersede("pg-15", "pg-16")
            old, new = texts(folder)
            assert ("superseded_by" in old) == ("supersedes" in new)
            assert "superseded_by" in old or [old, new] == before
            engine.close()
