"""`edit`: part of a note, from one revision that was read to the next; and `remember` where it must not write."""

import math

import pytest

from vault_engine import Memory
from vault_engine.engine import AddTag, Append, RemoveTag, RenameProperty, Replace, SetProperty
from vault_engine.engine.edit import read_value
from vault_engine.errors import (
    BadInput,
    EditRefused,
    NameTaken,
    NoteAmbiguous,
    NoteChanged,
    NoteDamaged,
    NoteExists,
    NoteMissing,
)
from vault_engine.journal.revisions import Revisions
from vault_engine.vault.files import sha256_hex

NOTE = b"\xef\xbb\xbf---\r\nid: N1\r\na: 'x' # why\r\n---\r\ntext\r\n"
MERGE = "<<<<<<< a\none\n=======\ntwo\n>>>>>>> b\n"


@pytest.fixture
def note(write_note):
    """A note as a person has written it."""
    return write_note("n.md", NOTE)


def journal_entries(engine):
    """Count the entries of our own changes."""
    assert () == engine.status().journal_problems
    return sum(entry.op != "external" for entry in engine.last_entries(1000).entries)


def files_of(vault):
    return sorted(file.relative_to(vault).as_posix() for file in vault.glob("[!.]*/**/*.md"))


class TestEdit:
    """All edits of one call, or none."""

    def test_makes_them_in_order(self, engine, note):
        """Each on what the one before it has made; one write, one entry; both revisions are told."""
        changed = engine.edit("n", SetProperty("b", 1), RenameProperty("b", "c"), Append("more"))

        after = NOTE.replace(b"why\r\n", b"why\r\nc: 1\r\n") + b"\r\nmore\r\n"
        assert after == note.read_bytes()
        assert ("updated", "N1", "n.md") == (changed.action, changed.id, changed.path)
        assert (sha256_hex(NOTE), sha256_hex(after)) == (changed.before, changed.sha256)
        assert "@@ 4 @@|----|-text|+c: 1|+---|+text|+|+more".replace("|", "\n") == changed.diff
        assert 1 == journal_entries(engine)

    def test_makes_none_if_one_is_refused(self, engine, note):
        """EditRefused, with the path and the reason."""
        with pytest.raises(EditRefused, match=r"n\.md was not edited: the text stands 0 times"):
            engine.edit("n", SetProperty("b", 1), Replace("nope", "x"))

        assert (NOTE, 0) == (note.read_bytes(), journal_entries(engine))

    def test_writes_nothing_where_they_come_to_nothing(self, engine, note):
        """Not even the time of the file changes."""
        before = note.stat()

        changed = engine.edit("n", AddTag("t"), RemoveTag("t"))

        assert ("unchanged", changed.before, "") == (changed.action, changed.sha256, changed.diff)
        assert (before.st_ino, before.st_mtime_ns) == (note.stat().st_ino, note.stat().st_mtime_ns)
        assert 0 == journal_entries(engine)

    def test_keeps_the_bytes_before_and_the_mode(self, engine, note, vault):
        """So that it can be taken back."""
        note.chmod(0o640)

        engine.edit("n", Append("more"))

        kept = Revisions(vault / ".memwell/revisions", lambda: "desk", vault / ".memwell/local")
        for data in (NOTE, note.read_bytes()):
            assert data == kept.get(sha256_hex(data))
        assert 0o640 == note.stat().st_mode & 0o777

    def test_is_seen_by_the_next_recall(self, engine, note):
        """And by another reader of the note."""
        engine.edit("n", Append("lantern"))

        assert ["n.md"] == [hit.path for hit in engine.recall("lantern").hits]

    def test_a_dry_run_tells_the_same_and_writes_nothing(self, engine, note):
        """The lines that would go and come."""
        dry = engine.edit("n", SetProperty("a", "new"), dry_run=True)

        assert (NOTE, 0) == (note.read_bytes(), journal_entries(engine))
        assert "@@ 3 @@\n-a: 'x' # why\n+a: new # why" == dry.diff
        assert dry == engine.edit("n", SetProperty("a", "new"))

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_expects_the_revision_that_was_read(self, engine, note, dry_run):
        """NoteChanged names both; the right one, or its first eight digits, lets the edit through."""
        for named in ("0" * 64, sha256_hex(NOTE)[:7], ""):
            with pytest.raises(NoteChanged) as raised:
                engine.edit("n", Append("more"), expected=named, dry_run=dry_run)
            assert (named, sha256_hex(NOTE)) == (raised.value.expected, raised.value.found)
        assert NOTE == note.read_bytes()
        assert "updated" == engine.edit("n", Append("x"), expected=sha256_hex(NOTE)[:8].upper(), dry_run=dry_run).action

    def test_needs_a_note_and_something_to_do(self, engine, note, write_note):
        """Else NoteMissing, NoteAmbiguous or BadInput."""
        write_note("a/m.md", "x")
        write_note("b/m.md", "y")

        with pytest.raises(NoteMissing):
            engine.edit("nope", Append("x"))
        with pytest.raises(NoteAmbiguous):
            engine.edit("m", Append("x"))
        with pytest.raises(BadInput):
            engine.edit("n")

    @pytest.mark.parametrize("dry_run", [False, True])
    @pytest.mark.parametrize(
        ("path", "data", "problem"),
        [
            ("d.excalidraw.md", b"# Drawing\n", "Excalidraw"),
            ("d.md", b"---\nexcalidraw-plugin: parsed\n---\n", "Excalidraw"),
            ("d.md", MERGE.encode(), "conflict markers"),
            ("d.md", b"caf\xe9\n", r"not UTF-8 \(byte 3\)"),
        ],
    )
    def test_leaves_alone_what_only_its_owner_may_edit(self, engine, write_note, path, data, problem, dry_run):
        """NoteDamaged, naming what is wrong."""
        file = write_note(path, data)

        with pytest.raises(NoteDamaged, match=problem):
            engine.edit(path, Append("x"), dry_run=dry_run)

        assert (data, 0) == (file.read_bytes(), journal_entries(engine))

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_does_not_download_a_note_from_a_cloud(self, engine, note, write_note, dry_run):
        """iCloud has put a placeholder where the note was: it is known, but not here."""
        engine.status()
        note.unlink()
        placeholder = write_note(".n.md.icloud", b"bplist00")

        with pytest.raises(NoteDamaged, match="not on this device"):
            engine.edit("n", Append("x"), dry_run=dry_run)

        assert (False, b"bplist00") == (note.exists(), placeholder.read_bytes())

    def test_follows_logseqs_rules_in_a_graph_of_logseqs(self, open_engine, vault, write_note):
        """What is appended is a block."""
        write_note("logseq/config.edn", "{}")
        page = write_note("pages/p.md", "- a\n")

        open_engine().edit("p", Append("b\nc"))

        assert b"- a\n- b\n  c\n" == page.read_bytes()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("3", 3),
        ("-1.5", -1.5),
        ("0x1F", 31),
        ("2026-11-21", "2026-11-21"),
        ("12:30", "12:30"),
        ("", ""),
        ("~", "~"),
        ("null", "null"),
        ("[1]", "[1]"),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
        (".inf", ".inf"),
    ],
)
def test_a_value_is_read_as_yaml_reads_it(text, value):
    """Booleans and finite numbers; all else, what would be nothing too, is a text."""
    read = read_value(text)

    assert (value, type(value)) == (read, type(read))
    assert not isinstance(read, float) or math.isfinite(read)


class TestRemember:
    """It makes no note that would change what others mean."""

    @pytest.fixture
    def linked(self, write_note):
        """A link by name to a note deep in the vault."""
        write_note("deep/er/plan.md", "the plan")
        return write_note("a.md", "[[plan]]")

    def test_refuses_a_name_that_links_would_follow(self, engine, vault, linked):
        """NameTaken, with the note whose link it is; nothing is written."""
        with pytest.raises(NameTaken, match=r"links to deep/er/plan\.md in a\.md would lead to the new note"):
            engine.remember(Memory("Another.", category="facts", key="plan"))

        assert (["deep/er/plan.md"], 0) == (files_of(vault), journal_entries(engine))

    def test_chooses_another_key_where_it_made_the_key_up(self, engine, vault, linked):
        """The caller has no wish that this would go against."""
        remembered = engine.remember(Memory("Another.", category="facts", title="Plan"))

        assert ("created", "facts/plan-2.md") == (remembered.action, remembered.path)
        assert ["deep/er/plan.md"] == list(engine.read("a").links)

    def test_hints_at_a_name_that_two_notes_have(self, engine, linked, write_note):
        """Where every link names its note by the path, no link would follow."""
        write_note("a.md", "[[deep/er/plan]]")

        (hint,) = engine.remember(Memory("Another.", category="facts", key="plan")).hints

        assert "deep/er/plan.md has the same name" in hint
        assert "[[facts/plan]]" in hint

    def test_refuses_where_a_cloud_keeps_a_note(self, engine, vault, write_note):
        """iCloud's placeholder says that a note of this name exists elsewhere."""
        write_note("facts/.plan.md.icloud", b"bplist00")

        with pytest.raises(NameTaken, match="iCloud"):
            engine.remember(Memory("Another.", category="facts", key="plan"))

        assert ([], 0) == (files_of(vault), journal_entries(engine))

    @pytest.mark.parametrize(("is_expected", "error"), [(False, NoteExists), (True, NoteDamaged)])
    def test_refuses_to_update_a_half_merged_note(self, engine, vault, is_expected, error):
        """Even for a caller who has read it: a person has to mend it first."""
        engine.remember(Memory("Old.", category="facts", key="plan"))
        file = vault / "facts/plan.md"
        merged = file.read_bytes() + MERGE.encode()
        file.write_bytes(merged)
        expected = sha256_hex(merged) if is_expected else None

        with pytest.raises(error):
            engine.remember(Memory("New.", category="facts", key="plan", expected=expected))

        assert (merged, 1) == (file.read_bytes(), journal_entries(engine))
