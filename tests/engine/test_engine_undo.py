"""`undo`: the last change is taken back, or an earlier one with what came after it kept."""

import pytest
from history_helpers import arrive, enter, forget_revisions, save

from vault_engine import Memory
from vault_engine.engine.history import history
from vault_engine.engine.undo import undo
from vault_engine.errors import BadName, EditRefused, NoteChanged, NoteDamaged, NoteMissing, VersionMissing
from vault_engine.journal.entry import Change, Op
from vault_engine.note.change import Append, Replace
from vault_engine.vault.files import sha256_hex

LONG = "# A\n\nfirst\n\nsecond\n\nthird\n\nfourth\n"


@pytest.fixture
def session(engine):
    return engine._session


def versions(session, ref):
    return history(session, ref).versions


def test_an_edit_is_taken_back_byte_for_byte_and_a_second_undo_takes_that_back(engine, session, vault):
    """The journal says of which entry it is the undo, and in whose name."""
    save(engine, vault, "a.md", LONG)
    engine.edit("a", Append("new"))
    edited, entry = (vault / "a.md").read_bytes(), versions(session, "a")[0].entry

    done = undo(session, "a")

    assert ("updated", "a.md", entry, False) == (done.action, done.path, done.entry, done.merged)
    assert (sha256_hex(edited), sha256_hex(LONG.encode())) == (done.before, done.sha256)
    assert LONG.encode() == (vault / "a.md").read_bytes()
    last = versions(session, "a")[0]
    assert (f"undo of {entry}", "tester", True) == (last.reason, last.actor.name, last.current)

    undo(session, "a")
    assert edited == (vault / "a.md").read_bytes()
    undo(session, "a")
    assert LONG.encode() == (vault / "a.md").read_bytes()


def test_an_edit_by_hand_is_taken_back_too(engine, session, vault):
    """Also bytes that are no text."""
    save(engine, vault, "a.md", "one\n")
    (vault / "a.md").write_bytes(b"\xff\x00")
    enter(engine, Change(Op.EXTERNAL, "a.md", sha256_hex(b"one\n"), session.revisions.put(b"\xff\x00"), size=2))

    undo(session, "a")

    assert b"one\n" == (vault / "a.md").read_bytes()
    undo(session, "a")
    assert b"\xff\x00" == (vault / "a.md").read_bytes()


def test_an_edit_that_was_not_entered_yet_is_the_last_change(engine, session, vault):
    """It is kept before it is replaced: a second undo brings it back."""
    save(engine, vault, "a.md", "one\n")
    (vault / "a.md").write_bytes(b"mine\n")

    undo(session, "a")

    assert b"one\n" == (vault / "a.md").read_bytes()
    assert sha256_hex(b"mine\n") in session.revisions


def test_a_dry_run_says_what_would_change_and_writes_nothing(engine, session, vault):
    """As `diff -u` writes it."""
    save(engine, vault, "a.md", "one\n")
    save(engine, vault, "a.md", "two\n")
    entries = len(session.journal.entries())

    done = undo(session, "a", dry_run=True)

    assert ["-two", "+one"] == done.diff.splitlines()[-2:]
    assert (b"two\n", entries) == ((vault / "a.md").read_bytes(), len(session.journal.entries()))


def test_a_note_deleted_by_hand_is_written_again(engine, session, vault):
    """A second undo archives it: nothing is deleted."""
    save(engine, vault, "x/a.md", "one\n")
    save(engine, vault, "x/a.md", None)
    (vault / "x").rmdir()

    assert "recreated" == undo(session, "x/a.md").action

    assert b"one\n" == (vault / "x/a.md").read_bytes()
    assert "archived" == undo(session, "x/a.md").action
    assert not (vault / "x/a.md").exists()


def test_a_forgotten_note_is_restored_and_forgotten_again(engine, session, vault):
    """To and from the archive."""
    save(engine, vault, "a.md", "one\n")
    engine.forget("a")

    assert ("restored", 0) == (undo(session, "a").action, engine.list(archived=True).total)
    assert b"one\n" == (vault / "a.md").read_bytes()
    assert ("archived", 1) == (undo(session, "a").action, engine.list(archived=True).total)
    assert ("restored", 0) == (undo(session, "a").action, engine.list(archived=True).total)


def test_an_archived_note_whose_file_was_taken_away_is_written_from_its_revision(engine, session, vault):
    """The archive is a convenience; the revisions have it too."""
    save(engine, vault, "a.md", "one\n")
    archived = engine.forget("a").archived
    (vault / ".memwell/archive" / archived).unlink()

    assert "recreated" == undo(session, "a").action
    assert b"one\n" == (vault / "a.md").read_bytes()


def test_a_new_note_is_archived_and_comes_back(engine, session, vault):
    """Undoing its making."""
    made = engine.remember(Memory("One.", category="facts", key="n"))
    data = (vault / made.path).read_bytes()

    assert ("archived", "") == ((done := undo(session, made.path)).action, done.sha256)
    assert not (vault / made.path).exists()

    assert "restored" == undo(session, made.path).action
    assert data == (vault / made.path).read_bytes()


def test_a_moved_note_is_moved_back_with_its_links(engine, session, vault):
    """Byte for byte, as `undo_move` does it."""
    save(engine, vault, "a.md", "one\n")
    save(engine, vault, "b.md", "see [[a]]\n")
    engine.move("a", "sub/c.md")

    done = undo(session, "c")

    assert ("moved", "a.md") == (done.action, done.path)
    assert (b"one\n", b"see [[a]]\n") == ((vault / "a.md").read_bytes(), (vault / "b.md").read_bytes())


def test_a_moved_note_is_not_moved_to_and_fro(engine, session, vault):
    """The undo of a move is no move that could be undone."""
    save(engine, vault, "a.md", "one\n")
    engine.move("a", "c.md")
    undo(session, "c")

    with pytest.raises(EditRefused, match="move the note again"):
        undo(session, "a")


def test_links_that_followed_a_move_are_not_broken_by_an_undo(engine, session, vault):
    """Unless their entry is named."""
    save(engine, vault, "a.md", "one\n")
    save(engine, vault, "b.md", "see [[a]]\n")
    engine.move("a", "c.md")
    entry = versions(session, "b")[0].entry

    with pytest.raises(EditRefused, match=entry):
        undo(session, "b")
    undo(session, "b", entry=entry)

    assert b"see [[a]]\n" == (vault / "b.md").read_bytes()


class TestAnEarlierChange:
    """What was changed since is kept, if it is elsewhere."""

    @pytest.fixture
    def edited(self, engine, session, vault):
        """A note whose second paragraph was changed by an agent, then its fourth by hand; the agent's entry."""
        save(engine, vault, "a.md", LONG)
        engine.edit("a", Replace("second", "SECOND"))
        save(engine, vault, "a.md", LONG.replace("second", "SECOND").replace("fourth", "FOURTH"))
        return versions(session, "a")[1]

    def test_later_changes_elsewhere_stay(self, session, vault, edited):
        """Merged by lines; the entry may be named by its number."""
        done = undo(session, "a", entry=f"#{edited.seq}")

        assert (edited.entry, True) == (done.entry, done.merged)
        assert LONG.replace("fourth", "FOURTH") == (vault / "a.md").read_text()
        undo(session, "a")
        assert "SECOND" in (vault / "a.md").read_text()

    def test_later_changes_of_the_same_lines_refuse_it(self, engine, session, vault, edited):
        """Nothing is written."""
        mine = LONG.replace("second", "mine")
        save(engine, vault, "a.md", mine)

        with pytest.raises(EditRefused, match="changed again since"):
            undo(session, "a", entry=edited.entry)

        assert mine == (vault / "a.md").read_text()

    def test_a_change_that_is_gone_already_leaves_nothing_to_do(self, engine, session, vault, edited):
        """It is said; no entry is made."""
        save(engine, vault, "a.md", LONG)
        entries = len(session.journal.entries())

        assert "unchanged" == undo(session, "a", entry=edited.entry).action
        assert entries == len(session.journal.entries())

    def test_the_making_of_a_note_that_was_changed_since_is_not_undone(self, session, vault, edited):
        """That would take the later changes with it."""
        with pytest.raises(EditRefused, match="changed since it was made"):
            undo(session, "a", entry=versions(session, "a")[2].entry)

    def test_a_deletion_that_is_over_is_not_undone(self, engine, session, vault, edited):
        """The note is there."""
        save(engine, vault, "a.md", None)
        save(engine, vault, "a.md", LONG)

        with pytest.raises(EditRefused, match="is there again"):
            undo(session, "a", entry=versions(session, "a")[1].entry)

    def test_an_edit_of_a_note_that_is_gone_is_not_undone(self, engine, session, vault, edited):
        """First it has to be there."""
        save(engine, vault, "a.md", None)

        with pytest.raises(EditRefused, match="not there any more"):
            undo(session, "a", entry=edited.entry)

    @pytest.mark.parametrize("entry", ["#99", "0" * 26, "what"])
    def test_an_entry_of_no_change_of_the_note_is_missing(self, session, edited, entry):
        """Another note's is none of its own."""
        with pytest.raises(VersionMissing):
            undo(session, "a", entry=entry)

    def test_bytes_that_are_no_text_are_not_merged(self, engine, session, vault, edited):
        """The note itself is not, so nobody edits it."""
        (vault / "a.md").write_bytes(b"\xff")

        with pytest.raises(NoteDamaged):
            undo(session, "a", entry=edited.entry)

        assert b"\xff" == (vault / "a.md").read_bytes()


class TestRefused:
    """Nothing is written."""

    def test_a_note_that_is_not_what_the_caller_read(self, engine, session, vault):
        """Its hash is named, or that it should not be there."""
        save(engine, vault, "a.md", "one\n")
        now = save(engine, vault, "a.md", "two\n")

        for expected in ("0" * 64, "", "abc"):
            with pytest.raises(NoteChanged):
                undo(session, "a", expected=expected)
        assert "updated" == undo(session, "a", expected=now[:8]).action

    def test_a_note_that_is_gone_may_be_expected_to_be(self, engine, session, vault):
        """With an empty hash."""
        now = save(engine, vault, "a.md", "one\n")
        save(engine, vault, "a.md", None)

        with pytest.raises(NoteChanged):
            undo(session, "a", expected=now)
        assert "recreated" == undo(session, "a", expected="").action

    def test_a_note_whose_former_bytes_are_lost(self, engine, session, vault):
        """It stays what it is."""
        save(engine, vault, "a.md", "one\n")
        save(engine, vault, "a.md", "two\n")
        forget_revisions(vault)

        with pytest.raises(NoteDamaged, match="not kept any more"):
            undo(session, "a")

        assert b"two\n" == (vault / "a.md").read_bytes()

    def test_a_rename_by_hand(self, engine, session, vault):
        """Links may have followed in the editor: it is for `move`."""
        sha256 = save(engine, vault, "a.md", "one\n")
        (vault / "a.md").rename(vault / "b.md")
        enter(engine, Change(Op.EXTERNAL, "a.md", sha256, sha256, to="b.md", size=4))

        with pytest.raises(EditRefused, match=r"renamed by hand, from a\.md"):
            undo(session, "b")

    def test_a_note_without_a_change_in_the_journal(self, session, write_note):
        """At most it was found: then undoing that archives it."""
        write_note("a.md", "x")

        with pytest.raises(EditRefused, match="no change of it"):
            undo(session, "a", dry_run=True)

    def test_a_hostile_path_in_a_journal(self, session, vault, tmp_path):
        """A deletion of `../x.md` that arrived by sync is not undone outside the vault."""
        lost = session.revisions.put(b"evil\n")
        arrive(vault, Change(Op.EXTERNAL, "../x.md", lost, ""))

        with pytest.raises(BadName):
            undo(session, "../x.md")

        assert not (tmp_path / "x.md").exists()

    def test_a_note_that_never_was(self, session):
        """As everywhere."""
        with pytest.raises(NoteMissing):
            undo(session, "a")
