"""Copying notes into another workspace, or another vault."""

import pytest

from vault_engine import Engine, Memory
from vault_engine.engine import Append, Reach
from vault_engine.errors import BadInput, BadName, NameTaken, NoteChanged, NoteExists, NoteMissing

A, B = Reach(workspace="a"), Reach(workspace="b")


def files(root):
    """Give every note's bytes by path."""
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in sorted(root.rglob("*.md"))}


def _unquoted(file):
    """Give a note without quotes, which YAML needs around some ids and hashes."""
    return file.read_text().replace('"', "")


@pytest.fixture
def rule(engine):
    """A note of workspace a."""
    memory = Memory("# Rule\n\nAsk twice, see [[other]].", category="rules", key="twice", tags=("ask",), importance=0.5)
    return engine.remember(memory, within=A)


@pytest.fixture
def other(tmp_path, open_engine) -> Engine:
    """Another vault, open."""
    Engine.create(tmp_path / "other")
    return open_engine(tmp_path / "other", MEMWELL_CACHE_DIR=str(tmp_path / "other-cache"))


class TestSharing:
    """One note."""

    def test_the_copy_is_the_note_with_an_id_of_its_own(self, engine, rule, vault):
        """It says where it is from; every other line is the same."""
        shared = engine.share("rules/twice", "b", within=A)

        source, copy = (set(_unquoted(vault / path).split("\n")) for path in (rule.path, shared.path))
        assert ("created", rule.path, "workspaces/b/rules/twice.md") == (shared.action, shared.source, shared.path)
        assert shared.id not in (None, rule.id)
        assert {f"id: {shared.id}", f"shared_from: {rule.id}", f"shared_sha256: {rule.sha256}"} == copy - source
        assert {f"id: {rule.id}"} == source - copy
        assert shared.sha256 == engine.read(shared.path, within=B).sha256

    def test_the_journal_tells_who_shared_it(self, engine, rule):
        """And from where."""
        shared = engine.share(rule.path, "b")
        (entry,) = engine.find_entries(path=shared.path).entries
        assert ("create", "tester", f"shared from {rule.path}") == (entry.op, entry.actor.name, entry.reason)

    def test_a_second_time_nothing_is_written(self, engine, rule, vault):
        """Also when the copy was touched, or moved within its workspace."""
        shared = engine.share(rule.path, "b")
        before = files(vault)
        assert "unchanged" == engine.share(rule.path, "b").action
        assert before == files(vault)

        engine.edit(shared.path, Append("Mine."))
        moved = engine.move(shared.path, "workspaces/b/moved.md")
        before = files(vault)
        again = engine.share(rule.path, "b")
        assert ("unchanged", moved.new) == (again.action, again.path)
        assert before == files(vault)

    def test_a_copy_that_nobody_touched_follows_the_note(self, engine, rule, vault):
        """It keeps its id, wherever in its workspace it is."""
        first = engine.share(rule.path, "b")
        engine.move(first.path, "workspaces/b/moved.md")
        engine.edit(rule.path, Append("Thrice."))

        again = engine.share(rule.path, "b")

        assert ("updated", "workspaces/b/moved.md", first.id) == (again.action, again.path, again.id)
        assert "Thrice." in (vault / again.path).read_text()

    @pytest.mark.parametrize("by_hand", [True, False])
    def test_a_copy_that_was_touched_is_not_replaced(self, by_hand, engine, rule, vault):
        """By a person or an agent; nothing is written."""
        shared = engine.share(rule.path, "b")
        engine.edit(rule.path, Append("Thrice."))
        if by_hand:
            (vault / shared.path).write_text((vault / shared.path).read_text() + "Mine.\n")
        else:
            engine.edit(shared.path, Append("Mine."))
        before = files(vault)
        with pytest.raises(NoteChanged) as raised:
            engine.share(rule.path, "b")
        assert (shared.path, shared.sha256) == (raised.value.path, raised.value.expected)
        assert before == files(vault)

    def test_another_note_there_stays(self, engine, rule, vault):
        """Whoever made it."""
        engine.remember(Memory("Of b.", category="rules", key="twice"), within=B)
        before = files(vault)
        with pytest.raises(NoteExists, match="is another note"):
            engine.share(rule.path, "b")
        assert before == files(vault)

    def test_no_link_is_taken_over(self, engine, rule, vault):
        """Links of others go on to mean what they meant."""
        engine.remember(Memory("Of b.", category="x", key="twice"), within=B)
        engine.remember(Memory("[[twice]]", category="y", key="reader"), within=B)
        before = files(vault)
        with pytest.raises(NameTaken):
            engine.share(rule.path, "default")
        assert before == files(vault)

    def test_a_dry_run_writes_nothing(self, engine, rule, vault):
        """And says what would be done."""
        before = files(vault)
        assert "created" == engine.share(rule.path, "b", dry_run=True).action
        assert before == files(vault)

    def test_it_goes_to_the_notes_of_none_and_back(self, engine, rule):
        """Which have no folder of their own."""
        shared = engine.share(rule.path, "default")
        assert "rules/twice.md" == shared.path
        assert "workspaces/b/rules/twice.md" == engine.share(shared.path, "b").path

    def test_where_it_is_it_is_not_shared_to(self, engine, rule):
        """That would be the note itself."""
        with pytest.raises(BadInput, match="already"):
            engine.share(rule.path, "A")
        with pytest.raises(BadName):
            engine.share(rule.path, "../b")
        with pytest.raises(NoteMissing):
            engine.share(rule.path, "c", within=B)

    def test_a_note_without_properties_gets_some(self, engine, write_note, vault):
        """It is called by its path where it has no id."""
        write_note("plain.md", "Just text.\r\n")
        shared = engine.share("plain", "b")
        text = (vault / shared.path).read_bytes()
        assert text.endswith(b"Just text.\r\n")
        assert b"shared_from: plain.md" in text
        assert "unchanged" == engine.share("plain", "b").action

    def test_another_vault_takes_it_too(self, engine, rule, other):
        """With its journal; the first vault is not written to."""
        before = files(engine.root)
        shared = engine.share(rule.path, "a", target=other)
        assert ("created", "workspaces/a/rules/twice.md") == (shared.action, shared.path)
        assert "unchanged" == engine.share(rule.path, "a", target=other).action
        assert [f"shared from {rule.path}"] == [one.reason for one in other.last_entries().entries]
        assert before == files(engine.root)


class TestFederating:
    """A whole workspace."""

    @pytest.fixture
    def several(self, engine, write_note):
        """Three notes of workspace a, one of b, one of none."""
        for key in ("one", "two", "three"):
            engine.remember(Memory(f"# {key}\n\nText of {key}.", category="x", key=key), within=A)
        engine.remember(Memory("Of b.", category="x", key="two"), within=B)
        engine.remember(Memory("Of none.", category="x", key="none"))

    def test_every_note_is_shared_and_the_refused_ones_are_named(self, engine, several, vault):
        """The others go on."""
        done = engine.federate("a", "b")
        assert [("one", "created"), ("three", "created"), ("two", "refused")] == [
            (note.source.removeprefix("workspaces/a/x/").removesuffix(".md"), note.action) for note in done.notes
        ]
        assert "is another note" in done.notes[2].problem
        assert "Of b." in (vault / "workspaces/b/x/two.md").read_text()
        assert "Text of one." in (vault / "workspaces/b/x/one.md").read_text()
        assert not (vault / "workspaces/b/x/none.md").exists()

    def test_it_is_what_sharing_each_would_do(self, engine, several, vault):
        """Byte for byte but for the ids, and so is the second time."""
        done = engine.federate("a", "c")
        alone = [engine.share(note.source, "d") for note in done.notes]
        for together, one in zip(done.notes, alone, strict=True):
            texts = [(vault / each.path).read_text().replace(each.id, "ID") for each in (together, one)]
            assert texts[1] == texts[0]
        engine.edit("workspaces/a/x/one.md", Append("More."))
        assert ["updated", "unchanged", "unchanged"] == [note.action for note in engine.federate("a", "c").notes]

    def test_the_plan_is_what_is_done(self, engine, several, vault):
        """A dry run writes nothing."""
        before = files(vault)
        plan = engine.federate("a", "b", dry_run=True)
        assert before == files(vault)
        done = engine.federate("a", "b")
        assert [(one.action, one.path) for one in done.notes] == [(one.action, one.path) for one in plan.notes]

    def test_another_vault_takes_them_too(self, engine, several, other):
        """The notes of none as well."""
        assert ["x/none.md"] == [one.path for one in engine.federate("default", "default", target=other).notes]
        assert 3 == len(engine.federate("a", "a", target=other).notes)
        assert [("default", 1), ("a", 3)] == [(one.name, one.notes) for one in other.workspaces().workspaces]
        assert other.verify(read_data=True).is_whole

    def test_nothing_out_of_reach_is_shared(self, engine, several):
        """Nobody fetches another workspace's notes that way."""
        assert () == engine.federate("b", "a", within=A).notes

    def test_a_workspace_is_not_shared_with_itself(self, engine, several):
        """Nor with what can't be one."""
        for to in ("A", "../x"):
            with pytest.raises(BadInput):
                engine.federate("a", to)
