"""The index follows the notes, whatever happens to them."""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from index_twin import NAMES, ChangingVault, answers, links, opened, rebuilt

from vault_engine import Engine, Memory
from vault_engine.index.store import Refreshed
from vault_engine.vault import walk as walking
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import Vault

WORDS = st.sampled_from(["berth", "berths", "tide", "tables", "lantern", "wind", "潮位データ", "harbour", "office"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
NOTES = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: f"# {text[:20]}\n\n{text}\n\n## tide\n\n{text}\n"),
    TEXTS.map(lambda text: f"---\ntags: [north]\naliases: [lantern]\n---\n{text}\n\n[[a]] and [[c]]\n"),
    st.just(""),
    st.just("wind " * 400),
)


def paths_of(engine, query, **filters):
    return [hit.path for hit in engine.recall(query, mode="keyword", **filters).hits]


class AnyEdits(ChangingVault):
    """A person adds, edits, moves, copies, touches and deletes notes; the agent's index must follow."""

    def __init__(self) -> None:
        super().__init__()
        self.open()

    def open(self) -> None:
        self.engine = Engine.open(self.vault, env=self.env())

    def teardown(self) -> None:
        self.engine.close()
        super().teardown()

    @initialize(text=NOTES, other=NOTES)
    def begin(self, text: str, other: str) -> None:
        self.save("a.md", text)
        self.save("north/c.md", other)

    @rule(name=NAMES, text=NOTES)
    def add_or_edit(self, name: str, text: str) -> None:
        self.save(name, text)

    @rule(name=NAMES, to=NAMES)
    def copy(self, name: str, to: str) -> None:
        if (self.vault / name).exists() and name != to:
            self.save(to, (self.vault / name).read_text("utf-8"))

    @rule(name=NAMES)
    def touch(self, name: str) -> None:
        if (self.vault / name).exists():
            os.utime(self.vault / name)

    @rule()
    def move_a_folder(self) -> None:
        north, south = self.vault / "north", self.vault / "south"
        if north.exists() and not south.exists():
            north.rename(south)
        elif south.exists() and not north.exists():
            south.rename(north)

    @rule()
    def look(self) -> None:
        self.engine.recall("berth", mode="keyword")

    @rule()
    def another_process(self) -> None:
        self.engine.close()
        self.open()

    @invariant()
    def follows(self) -> None:
        """Hits, scores, excerpts and links are those of an index made from nothing."""
        found = answers(self.engine)
        with Engine.open(self.vault, env=self.env("twin")) as twin:
            twin.build_index(fresh=True)
            assert answers(twin) == found
            assert links(twin) == links(self.engine)


AnyEdits.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take minutes of re-indexing
    report_multiple_bugs=False,
)
TestAnyEdits = AnyEdits.TestCase


def test_many_edits_of_one_note_leave_one_note(engine, write_note, vault, tmp_path):
    """More rewrites than there are segments: the index merges them, and answers as a new one would."""
    for number in range(25):
        write_note("a.md", f"# Version {number}\n\nberth lantern{number}\n")
        write_note(f"b{number % 4}.md", f"tide tables {number}")
        engine.recall("berth", mode="keyword")

    assert ["a.md"] == paths_of(engine, "lantern24")
    assert [] == paths_of(engine, "lantern23")
    assert rebuilt(vault, tmp_path / "twin") == answers(engine)


def test_counts_say_what_was_taken_in(engine, write_note, vault):
    """`build_index` tells how many notes were added, edited and gone; a touched note is none of them."""
    write_note("a.md", "berth")
    write_note("b.md", "tide")
    write_note("c.md", "wind")
    built = engine.build_index()
    assert (3, 0, 0) == (built.added, built.edited, built.gone)

    write_note("a.md", "berths")
    (vault / "b.md").unlink()
    os.utime(vault / "c.md")
    built = engine.build_index()
    assert (0, 1, 1) == (built.added, built.edited, built.gone)

    built = engine.build_index()
    assert (0, 0, 0) == (built.added, built.edited, built.gone)


def test_an_edit_of_equal_size_with_the_old_mtime_is_seen(engine, write_note):
    """``cp -p``, git and sync tools set the mtime back; the change time gives them away."""
    write_note("a.md", "lantern")
    assert ["a.md"] == paths_of(engine, "lantern")

    write_note("a.md", "anchors")

    assert ([], ["a.md"]) == (paths_of(engine, "lantern"), paths_of(engine, "anchors"))


@pytest.mark.parametrize("age_ns", [0, 10_000_000, 49_000_000])
def test_a_file_that_is_being_saved_is_not_taken_in(vault, env, write_note, age_ns):
    """What was written less than a twentieth of a second ago may be the first half of it."""
    file = write_note("a.md", "lantern", fresh=True)
    written = file.stat().st_mtime_ns
    index = opened(vault, env)

    done = index.refresh(written + age_ns)

    assert ((0, 0, 0), [], 50_000_000 - age_ns) == (done, list(index.records), index.unsettled_ns)
    assert (1, 0, 0) == index.look_again(written + 50_000_000, done)
    assert (["a.md"], 0) == (list(index.records), index.unsettled_ns)


@pytest.mark.parametrize("text", ["", "lan"])
def test_a_file_that_has_shrunk_is_waited_for(vault, env, write_note, text):
    """Editors empty a file before they write it: for a while the note stays what it was."""
    file = write_note("a.md", "lantern and anchor")
    index = opened(vault, env)
    index.refresh(time.time_ns())
    before = index.records["a.md"].sha256
    file.write_text(text, "utf-8")
    written = file.stat().st_mtime_ns

    index.refresh(written + 299_000_000)
    assert before == index.records["a.md"].sha256

    index.refresh(written + 300_000_000)
    assert sha256_hex(text.encode()) == index.records["a.md"].sha256


def test_a_file_that_the_journal_knows_needs_no_wait(engine, vault, env):
    """What we wrote ourselves is whole, however young it is."""
    engine.remember(Memory("lantern", key="a"))
    file = vault / "notes/a.md"
    index = opened(vault, env)

    assert (1, 0, 0) == index.refresh(file.stat().st_mtime_ns)


def test_a_settled_file_is_not_read_again(vault, env, write_note, monkeypatch):
    """Nothing has changed: nothing is opened."""
    file = write_note("a.md", "lantern", fresh=True)
    later = file.stat().st_mtime_ns + 10**9
    index = opened(vault, env)
    index.refresh(later)
    monkeypatch.setattr(Vault, "read", lambda self, path: pytest.fail(f"{path} was read"))

    assert (0, 0, 0) == index.refresh(later + 10**9)


def test_what_is_no_note_is_not_found(engine, write_note, vault, tmp_path):
    """Conflict copies, hidden and junk files, Logseq's own folder and symbolic links are not searched."""
    write_note("mine.md", "lantern")
    for path in (
        "mine.sync-conflict-20260914-101530-ABCDEF7.md", ".trash/a.md", ".obsidian/b.md", "node_modules/c.md",
        "logseq/config.edn", "logseq/bak/d.md", "e.md.tmp", "notes.txt",
    ):  # fmt: skip
        write_note(path, "lantern")
    (tmp_path / "outside.md").write_text("lantern", "utf-8")
    (vault / "link.md").symlink_to(tmp_path / "outside.md")

    assert ["mine.md"] == paths_of(engine, "lantern")
    assert ("mine.sync-conflict-20260914-101530-ABCDEF7.md",) == engine.status().conflict_copies


def test_a_folder_that_can_not_be_listed_keeps_its_notes(engine, write_note, monkeypatch):
    """A drive that is briefly away is not a thousand deletions; the folder is named in the status."""
    write_note("closed/deep/a.md", "lantern")
    write_note("open.md", "lantern")
    assert 2 == len(paths_of(engine, "lantern"))
    scandir = os.scandir

    def refuse(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(walking.os, "scandir", refuse)

    assert ["closed/deep/a.md", "open.md"] == sorted(paths_of(engine, "lantern"))
    assert [("closed/", "can't be listed")] == [(p.path, p.problem) for p in engine.status().problems]


def test_a_note_without_text_is_found_by_its_name(engine, write_note):
    """An empty note, or one of frontmatter alone, is still a note."""
    write_note("Lantern.md", "")
    write_note("Anchor.md", "---\ntags: [north]\n---\n")

    assert (["Lantern.md"], ["Anchor.md"]) == (paths_of(engine, "lantern"), paths_of(engine, "anchor"))


def test_a_note_that_can_not_be_read_is_named_until_it_is_gone(engine, write_note):
    """Its name holds a control character, so it is never opened; once deleted, nobody speaks of it any more."""
    file = write_note("bell\x07.md", "lantern")
    write_note("fine.md", "lantern")
    assert ["bell\x07.md"] == [problem.path for problem in engine.status().problems]
    assert ["fine.md"] == paths_of(engine, "lantern")

    file.unlink()

    assert () == engine.status().problems


def test_renaming_a_note_turns_its_links(engine, write_note, vault):
    """The graph is of the vault as it is now."""
    write_note("from.md", "see [[target]] and [[nowhere]]")
    file = write_note("target.md", "here")
    assert (("target.md",), ("nowhere",)) == (engine.read("from").links, engine.read("from").unresolved)
    assert ("from.md",) == engine.read("target").backlinks

    file.rename(vault / "nowhere.md")

    assert (("nowhere.md",), ("target",)) == (engine.read("from").links, engine.read("from").unresolved)
    assert ("from.md",) == engine.read("nowhere").backlinks


def test_a_look_below_folders_finds_what_a_look_at_everything_finds(vault, env, write_note):
    """Notes that came, changed, moved and went, attachments with them; what is elsewhere is left as it was."""
    for path in ("a.md", "b/c.md", "b/d/e.md", "f/g.md", "f/p.png"):
        write_note(path, f"lantern of {path}")
    index = opened(vault, env)
    index.refresh(time.time_ns())
    write_note("a.md", "not looked at")
    write_note("b/c.md", "anchor, longer than before")
    write_note("b/new.md", "buoy")
    shutil.rmtree(vault / "b" / "d")
    (vault / "f").rename(vault / "h")

    done = index.look_below(["b", "f", "h"], time.time_ns())

    assert Refreshed(2, 1, 2) == done
    assert ["a.md", "b/c.md", "b/new.md", "h/g.md"] == sorted(index.records)
    assert ("h/p.png",) == index.walk.others
    assert sha256_hex(b"lantern of a.md") == index.records["a.md"].sha256
    assert Refreshed(0, 1, 0) == index.refresh(time.time_ns())


def test_very_much_below_a_folder_is_taken_in_by_a_look_at_everything(vault, env, write_note):
    """Which shares the work with other processes."""
    index = opened(vault, env)
    index.refresh(time.time_ns())
    for number in range(100):
        write_note(f"b/{number}.md", f"lantern {number}")

    assert Refreshed(100, 0, 0) == index.look_below(["b"], time.time_ns())
