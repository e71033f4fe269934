"""`history`, `diff` and `show_at`: what a note was, who changed it, when."""

import pytest
from history_helpers import arrive, enter, forget_revisions, save

from vault_engine import Memory
from vault_engine.engine.history import diff, history, show_at
from vault_engine.errors import BadInput, BadName, NoteAmbiguous, NoteDamaged, NoteMissing, VersionMissing
from vault_engine.journal.entry import Change, Op
from vault_engine.vault.files import sha256_hex

LOST = sha256_hex(b"lost\n")


@pytest.fixture
def session(engine):
    return engine._session


@pytest.fixture
def three(engine, vault):
    """A note with three versions: made by an agent, edited by hand, edited by the agent."""
    engine.remember(Memory("One.", category="facts", key="n"))
    made = (vault / "facts/n.md").read_text()
    save(engine, vault, "facts/n.md", made.replace("One.", "Two."))
    engine.move("facts/n", "facts/m")
    return "facts/m.md"


class TestHistory:
    """Newest first, renames followed."""

    def test_every_change_is_told_with_who_made_it(self, engine, session, vault, three):
        """What was done, by whom, to what size; the newest is what the file holds."""
        found = history(session, "m")

        assert (three, 3, None) == (found.path, found.total, found.unrecorded)
        assert [
            ("moved", "tester", "facts/m.md", "facts/n.md", True, True),
            ("edited by hand", "somebody", "facts/n.md", None, True, False),
            ("created", "tester", "facts/n.md", None, True, False),
        ] == [(v.what, v.actor.name, v.path, v.came_from, v.kept, v.current) for v in found.versions]
        sizes = {version.size for version in found.versions}
        assert {len((vault / three).read_bytes())} == sizes
        assert sorted((v.at for v in found.versions), reverse=True) == [v.at for v in found.versions]

    def test_only_so_many_are_shown_as_asked(self, session, three):
        """The newest ones; how many there are is said."""
        found = history(session, three, limit=1)

        assert (["moved"], 3) == ([version.what for version in found.versions], found.total)
        with pytest.raises(BadInput):
            history(session, three, limit=0)

    def test_a_note_nobody_changed_has_none(self, session, write_note):
        """What it holds is unrecorded."""
        write_note("a.md", "x")

        assert ("a.md", (), sha256_hex(b"x")) == (
            (found := history(session, "a")).path, found.versions, found.unrecorded
        )  # fmt: skip

    def test_an_edit_that_was_not_entered_yet_is_pointed_at(self, session, vault, three):
        """No version is what the file holds."""
        (vault / three).write_bytes(b"mine")

        found = history(session, three)

        assert sha256_hex(b"mine") == found.unrecorded
        assert {False} == {version.current for version in found.versions}

    @pytest.mark.parametrize("ref", ["c.md", "c", "C", "archive/c.md", "b", "sub/a.md"])
    def test_a_note_renamed_twice_and_archived_is_found_by_any_name_it_had(self, engine, session, vault, ref):
        """Its whole history is one."""
        save(engine, vault, "sub/a.md", "x\n")
        engine.move("a", "b.md")
        engine.move("b", "c.md")
        engine.forget("c", reason="old")

        found = history(session, ref)

        assert "c.md" == found.path
        assert ["archived", "moved", "moved", "made by hand"] == [version.what for version in found.versions]
        assert ("old", "", 0, False) == (
            (last := found.versions[0]).reason, last.sha256, last.size, last.kept
        )  # fmt: skip

    def test_a_note_that_was_deleted_by_hand_has_its_history(self, engine, session, vault):
        """The last line says that it is gone."""
        save(engine, vault, "a.md", "x\n")
        save(engine, vault, "a.md", None)

        assert ["deleted by hand", "made by hand"] == [version.what for version in history(session, "a").versions]

    def test_two_that_are_gone_and_had_one_name_are_not_guessed_between(self, engine, session, vault):
        """Their paths are given to choose from."""
        for path in ("x/a.md", "y/a.md"):
            save(engine, vault, path, f"{path}\n")
            save(engine, vault, path, None)

        with pytest.raises(NoteAmbiguous) as raised:
            history(session, "a")

        assert ("x/a.md", "y/a.md") == raised.value.paths
        assert "x/a.md" == history(session, "x/a").path

    def test_the_newcomer_at_the_path_of_an_archived_note_is_another_note(self, engine, session, vault):
        """By its path the newcomer is meant; the archived one keeps its name in the archive."""
        save(engine, vault, "a.md", "old\n")
        engine.forget("a")
        engine.remember(Memory("New.", category="b", key="b"))
        engine.move("b", "a.md")

        assert ["moved", "created"] == [version.what for version in history(session, "a.md").versions]
        old = history(session, "archive/a.md")
        assert ["archived", "made by hand"] == [version.what for version in old.versions]
        assert [False, False] == [version.current for version in old.versions]

    def test_what_nobody_heard_of_is_missing(self, engine, session, vault):
        """Similar names are given, of notes that are gone too."""
        save(engine, vault, "berths.md", "x\n")
        save(engine, vault, "berths.md", None)

        with pytest.raises(NoteMissing, match="history") as raised:
            history(session, "birth")

        assert ("berths.md",) == raised.value.near

    def test_revisions_that_are_lost_are_said_to_be(self, engine, session, vault):
        """The history is told all the same; what the file itself holds can be had."""
        save(engine, vault, "a.md", "1\n")
        save(engine, vault, "a.md", "2\n")
        forget_revisions(vault)

        assert [(True, 2), (False, 2)] == [(v.kept, v.size) for v in history(session, "a").versions]

    def test_an_old_entry_without_a_size_has_that_of_its_bytes(self, engine, session, vault, write_note):
        """Unknown where they are lost."""
        write_note("a.md", "four")
        kept = session.revisions.put(b"four")
        enter(engine, Change(Op.CREATE, "a.md", "", LOST))
        enter(engine, Change(Op.WRITE, "a.md", LOST, kept))

        assert [4, None] == [version.size for version in history(session, "a").versions]

    @pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", ".memwell/config.toml", "../n.md", "a\0.md"])
    def test_a_hostile_path_in_a_journal_opens_nothing(self, session, vault, path):
        """It is refused as a name of a note."""
        arrive(vault, Change(Op.CREATE, path, "", LOST))

        with pytest.raises(BadName):
            history(session, path)


class TestDiff:
    """Between any two versions."""

    @pytest.fixture
    def versions(self, engine, session, vault):
        """The versions of a note of three lines, the newest first: a third edit, a second, its making."""
        for line in ("one", "two", "three"):
            save(engine, vault, "a.md", f"# A\n{line}\n")
        return history(session, "a").versions

    def test_without_versions_it_is_the_last_change(self, session, versions):
        """As `diff -u` writes it."""
        found = diff(session, "a")

        assert ("a.md", versions[1].sha256, versions[0].sha256) == (found.path, found.old, found.new)
        assert ["-two", "+three"] == found.diff.splitlines()[-2:]
        assert [f"--- a.md@{found.old[:8]}", f"+++ a.md@{found.new[:8]}"] == found.diff.splitlines()[:2]

    def test_a_version_has_many_names(self, session, versions):
        """Its entry's id and number, its SHA-256 or the beginning, the time from which it was there."""
        first = versions[2]
        names = (first.entry, f"#{first.seq}", first.sha256, first.sha256[:8], first.sha256[:8].upper(), first.at)

        assert {first.sha256} == {diff(session, "a", name).old for name in names}
        assert {first.sha256} == {diff(session, "a", None, name).new for name in names}
        assert {versions[0].sha256} == {diff(session, "a", first.entry, name).new for name in ("now", "NOW", None)}

    def test_before_the_first_version_there_was_nothing(self, session, versions):
        """All its lines are new."""
        found = diff(session, "a", None, versions[2].entry)

        assert ("", ["--- /dev/null", "+# A", "+one"]) == (
            found.old, [line for line in found.diff.splitlines() if line[:3] != "+++" and line[0] != "@"]
        )  # fmt: skip

    def test_an_edit_not_entered_yet_is_the_last_change(self, session, vault, versions):
        """`now` is what the file holds."""
        (vault / "a.md").write_bytes(b"# A\nfour\n")

        found = diff(session, "a")

        assert (versions[0].sha256, ["-three", "+four"]) == (found.old, found.diff.splitlines()[-2:])

    def test_of_a_deleted_note_the_last_change_took_all(self, engine, session, vault, versions):
        """The other side is no file."""
        save(engine, vault, "a.md", None)

        found = diff(session, "a")

        assert (versions[0].sha256, "") == (found.old, found.new)
        assert ["+++ /dev/null", "-# A", "-three"] == [
            line for line in found.diff.splitlines() if line[:3] != "---" and line[0] != "@"
        ]

    def test_the_same_version_twice_differs_in_nothing(self, session, versions):
        """Even where its bytes are lost."""
        assert "" == diff(session, "a", versions[1].entry, versions[1].sha256).diff

    def test_bytes_that_are_no_text_are_shown_as_escapes(self, engine, session, vault):
        """Two that differ look different."""
        save(engine, vault, "a.md", "x\n")
        (vault / "a.md").write_bytes(b"\xff\xfe\n")

        assert ["-x", "+\\xff\\xfe"] == diff(session, "a").diff.splitlines()[-2:]

    @pytest.mark.parametrize("name", ["#99", "0" * 8, "0" * 26, "2001-01-01"])
    def test_a_version_that_is_not_there_is_missing(self, session, versions, name):
        """Also one of a time before the first entry."""
        with pytest.raises((VersionMissing, BadInput)) as raised:
            diff(session, "a", name)

        assert isinstance(raised.value, VersionMissing)

    @pytest.mark.parametrize("name", ["", "#", "abc", "soon"])
    def test_what_names_no_version_is_refused_or_ignored(self, session, versions, name):
        """An empty name is none."""
        if not name:
            assert diff(session, "a") == diff(session, "a", name)
            return
        with pytest.raises((BadInput, VersionMissing)):
            diff(session, "a", name)

    def test_a_number_that_two_devices_gave_is_not_guessed(self, engine, session, vault, versions):
        """The ids of the entries are given."""
        arrive(vault, Change(Op.EXTERNAL, "a.md", "", LOST))

        with pytest.raises(BadInput, match="several versions") as raised:
            diff(session, "a", f"#{versions[2].seq}")

        assert versions[2].entry in str(raised.value)

    def test_a_version_whose_bytes_are_lost_can_not_be_compared(self, session, vault, versions):
        """It says which."""
        forget_revisions(vault)

        with pytest.raises(NoteDamaged, match=versions[1].sha256[:8]):
            diff(session, "a")


class TestShowAt:
    """The bytes a note had."""

    def test_a_note_is_given_as_it_was_at_a_time(self, engine, session, vault, three):
        """Under the path it had then."""
        first, second = reversed(history(session, "m").versions[1:])

        found = show_at(session, "m", first.at)

        assert ("facts/n.md", first.sha256, first.entry) == (found.path, found.sha256, found.entry)
        assert first.sha256 == sha256_hex(found.data)
        assert second.sha256 == show_at(session, "m", second.at).sha256

    def test_now_is_what_the_file_holds(self, session, vault, three):
        """Entered or not."""
        (vault / three).write_bytes(b"mine")

        assert (three, b"mine", None) == ((found := show_at(session, "m", "now")).path, found.data, found.entry)

    @pytest.mark.parametrize("at", ["2001-01-01", "2001-01-01T00:00:00Z"])
    def test_before_its_first_entry_nothing_is_known(self, session, three, at):
        """Rather than guessed from the oldest version."""
        with pytest.raises(VersionMissing, match="nothing is known"):
            show_at(session, "m", at)

    def test_when_it_was_archived_it_was_not_there(self, engine, session, three):
        """Before, it was."""
        last = history(session, three).versions[0]
        engine.forget("m")

        with pytest.raises(VersionMissing, match="not there then"):
            show_at(session, three, "now")
        assert last.sha256 == show_at(session, three, last.at).sha256
