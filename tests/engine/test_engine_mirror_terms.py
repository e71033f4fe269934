"""What is left alone when a vault and a folder are kept in step, on what terms, and whose text it is."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from mirroring import HIDDEN, THREE, files, pair_of

from vault_engine import Memory
from vault_engine.engine import MirrorTerms
from vault_engine.engine.changing import writing
from vault_engine.errors import BadInput, NoteExists
from vault_engine.journal.entry import Op
from vault_engine.note.change import Replace


@pytest.fixture
def pair(engine, vault, tmp_path):
    """A vault with two notes, and a folder that does not exist yet."""
    return pair_of(engine, vault, tmp_path)


# ---- what is left alone


def test_hidden_files_attachments_and_conflict_copies_are_nobodys_business(pair):
    """On neither side."""
    for name in (".obsidian/app.json", "picture.png", "a.sync-conflict-20260101-101010-ABCDEFG.md", ".trash/old.md"):
        pair.put("folder", name, "{}")
        pair.put("vault", f"v-{name}" if not name.startswith(".") else name, "{}")

    assert ["folder: created a.md", "folder: created x/b.md"] == pair.sync()

    assert "{}" == (pair.target / ".obsidian/app.json").read_text()
    assert "v-picture.png" not in files(pair.target)


def test_a_link_out_of_the_folder_is_not_followed(pair, tmp_path):
    """Neither a note nor a folder that is one."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.md").write_text("outside\n")
    pair.target.mkdir()
    (pair.target / "x").symlink_to(tmp_path / "outside")

    done = pair.engine.mirror(pair.target, MirrorTerms())

    assert ["x/b.md"] == [problem.path for problem in done.problems]
    assert "outside\n" == (tmp_path / "outside" / "b.md").read_text()
    assert "B [[a]]" in (pair.vault / "x/b.md").read_text()


def test_a_file_that_has_become_empty_waits(pair):
    """It may be half saved: the vault keeps its text, and the file is not written either."""
    pair.sync()
    pair.put("folder", "a.md", "")
    pair.put("vault", "a.md", "changed\n")

    assert ["both: left a.md"] == pair.sync()

    assert ("changed\n", "") == pair.both("a.md")


def test_a_file_that_is_being_saved_is_waited_for(pair):
    """What is read is what was saved at last."""
    pair.sync()
    pair.put("folder", "a.md", "just now\n", fresh=True)

    assert ["vault: updated a.md"] == pair.sync()
    assert ("just now\n", "just now\n") == pair.both("a.md")


def test_the_markers_of_a_merge_are_not_carried_over(pair):
    """A person has to mend the note first."""
    pair.sync()
    pair.put("folder", "a.md", "<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n")

    assert ["both: left a.md"] == pair.sync()
    assert THREE == (pair.vault / "a.md").read_text()


@pytest.mark.parametrize("where", ["inside", "inside the hidden folder", "around", "a file"])
def test_a_folder_that_can_not_be_kept_in_step_is_refused(pair, where):
    """Before anything is written."""
    pair.put("vault", "attachment.bin", "x")
    target = {
        "inside": pair.vault / "x",
        "inside the hidden folder": pair.vault / ".memwell" / "copy",
        "around": pair.vault.parent,
        "a file": pair.vault.parent / "file",
    }[where]
    (pair.vault.parent / "file").write_text("x")

    with pytest.raises(BadInput):
        pair.engine.mirror(target, MirrorTerms())

    assert not list(pair.vault.parent.rglob(HIDDEN))


# ---- terms


def test_one_way_writes_the_folder_only(pair):
    """And over nothing that a person did there."""
    pair.sync(one_way=True)
    pair.put("folder", "own.md", "mine\n")
    pair.put("folder", "a.md", "edited\n")
    pair.put("vault", "a.md", "changed\n")
    pair.put("vault", "new.md", "new\n")

    assert ["both: left a.md", "folder: created new.md"] == pair.sync(one_way=True)

    assert ("changed\n", "edited\n") == pair.both("a.md")
    assert not (pair.vault / "own.md").exists()


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(pair):
    """Not even the folder."""
    before = files(pair.vault)

    assert ["folder: created a.md", "folder: created x/b.md"] == pair.sync(dry_run=True)
    assert not pair.target.exists()

    pair.sync()
    pair.put("folder", "a.md", "eins\n\ntwo\n\nthree\n")
    pair.put("vault", "a.md", "un\n\ntwo\n\nthree\n")
    (pair.target / "x/b.md").rename(pair.target / "b.md")
    state = files(pair.vault), files(pair.target)
    assert ["vault: renamed x/b.md", "both: conflict a.md"] == pair.sync(dry_run=True)
    assert state == (files(pair.vault), files(pair.target))
    assert before["x/b.md"] == state[0]["x/b.md"]


def test_of_a_selection_only_these_notes_are_written(pair):
    """By category, tag, tier, type or query; several of one kind mean any of them."""
    pair.put("vault", "t.md", "---\ntier: core\ntags: [k/deep]\n---\nwords of wisdom\n")

    assert ["folder: created t.md"] == pair.sync(select=("tier:core",), dry_run=True)
    assert ["folder: created t.md"] == pair.sync(select=("tag:k", "tier:core"), dry_run=True)
    assert ["folder: created t.md"] == pair.sync(select=("query:wisdom",), dry_run=True)
    assert [] == pair.sync(select=("tag:none", "tier:core"), dry_run=True)
    assert [] == pair.sync(select=("category:x", "category:none", "type:note"), dry_run=True)
    assert ["folder: created x/b.md"] == pair.sync(select=("category:x", "category:none"), dry_run=True)
    with pytest.raises(BadInput):
        pair.sync(select=("colour:red",))


def test_a_note_that_was_selected_once_stays_in_step(pair):
    """A tag that is taken off deletes nothing."""
    pair.sync(select=("category:x",))
    pair.put("vault", "x/b.md", "---\nid: bee\ncategory: other\n---\nB\n")
    pair.put("folder", "own.md", "mine\n")

    assert ["vault: created own.md", "folder: updated x/b.md"] == pair.sync(select=("category:x",))
    assert [] == pair.sync(select=("category:x",))


# ---- whose text it is


def test_an_agent_does_not_replace_what_a_person_wrote_there(pair):
    """It counts as edited by hand."""
    pair.engine.remember(Memory("Check on Mondays.", category="howto", key="pump"))
    pair.sync()
    text = (pair.target / "howto/pump.md").read_text()
    pair.put("folder", "howto/pump.md", text.replace("Mondays", "Fridays"))
    pair.sync()

    with pytest.raises(NoteExists):
        pair.engine.remember(Memory("Check daily.", category="howto", key="pump"))


def test_the_settings_do_not_make_an_agent_of_a_person(pair, open_engine):
    """`MEMWELL_ACTOR` names who runs the command, not who edited."""
    pair.sync()
    pair.put("folder", "a.md", "edited\n")
    pair.engine = open_engine(MEMWELL_ACTOR="agent:bot")

    pair.sync()

    assert "external" == pair.engine.history("a.md").versions[0].actor.kind


def test_a_purged_note_is_not_kept_by_the_sync(pair):
    """It goes there as well, and no revision of it is left."""
    pair.sync()
    pair.engine.purge("a.md", yes=True)

    assert ["folder: deleted a.md"] == pair.sync()

    kept = [file.read_bytes() for folder in (pair.vault, pair.target) for file in folder.rglob("*") if file.is_file()]
    assert not any(b"one\n\ntwo" in data for data in kept)


def test_without_what_is_remembered_nothing_is_lost_or_doubled(pair):
    """Both sides alike are in step again at once, links that were added included."""
    pair.put("vault", "c.md", "---\nuses: '[[a]]'\n---\nText.\n")
    pair.sync()
    for file in (pair.vault / ".memwell/local/sync").rglob("base.json"):
        file.write_bytes(b"cut short")
    before = files(pair.vault), files(pair.target)

    assert [] == pair.sync()
    assert before == (files(pair.vault), files(pair.target))


def test_a_note_that_changes_at_that_moment_is_left_for_the_next_time(pair, monkeypatch):
    """What the person saves stays; the run says so."""
    pair.sync()
    pair.put("vault", "a.md", "changed\n")
    session = pair.engine._session
    real = writing

    def meddling(*arguments, **options):
        pair.put("folder", "a.md", "saved at that moment\n")
        return real(*arguments, **options)

    monkeypatch.setattr("vault_engine.engine.mirror.writing", meddling)
    pair.sync()
    monkeypatch.undo()

    assert [] == pair.sync()
    texts = [one[0] for one in files(pair.target).values()]
    assert {b"saved at that moment\n", b"changed\n"} <= set(texts)
    assert Op.EXTERNAL in {entry.change.op for entry in session.journal.entries()}


def test_what_is_in_step_is_carried_on_by_the_next_edit(pair):
    """Edits of agents and people, one after the other."""
    pair.sync()
    for number in range(3):
        pair.engine.edit("a.md", Replace("two", f"two {number}"))
        assert ["folder: updated a.md"] == pair.sync()
        pair.put("folder", "a.md", (pair.target / "a.md").read_text().replace("three", f"three {number}"))
        assert ["vault: updated a.md"] == pair.sync()
    assert pair.both("a.md")[0] == pair.both("a.md")[1]


def test_a_name_in_another_unicode_form_is_the_same_note(pair):
    """As macOS spells it; the file keeps its name, and the vault's note its own."""
    composed, apart = "caf\u00e9.md", "cafe\u0301.md"
    pair.put("vault", composed, "one\n")
    pair.sync()
    (pair.target / composed).rename(pair.target / apart)

    assert [] == pair.sync()
    pair.put("folder", apart, "two\n")
    assert [f"vault: updated {composed}"] == pair.sync()
    pair.put("vault", composed, "three\n")
    assert [f"folder: updated {composed}"] == pair.sync()
    assert "three\n" == (pair.target / apart).read_text()
    assert composed not in files(pair.target)


@pytest.mark.parametrize("side", ["vault", "folder"])
def test_a_file_that_is_taken_away_and_brought_back_was_not_deleted(pair, side, monkeypatch):
    """So some editors save."""
    pair.sync()
    file = (pair.vault if side == "vault" else pair.target) / "a.md"
    file.unlink()
    monkeypatch.setattr(time, "sleep", lambda _seconds: file.write_text("saved\n"))

    assert ["both: left a.md"] == pair.sync()

    monkeypatch.undo()
    assert [f"{'folder' if side == 'vault' else 'vault'}: updated a.md"] == pair.sync()
    assert ("saved\n", "saved\n") == pair.both("a.md")


def test_nothing_is_deleted_while_a_new_file_is_being_saved(pair, monkeypatch):
    """It may be the one that is gone, under another name."""
    pair.sync()
    (pair.target / "a.md").unlink()
    pair.put("folder", "new.md", "half", fresh=True)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pair.put("folder", "new.md", "more", fresh=True))

    assert ["both: left new.md"] == pair.sync()

    monkeypatch.undo()
    pair.put("folder", "new.md", THREE)
    assert ["vault: renamed a.md"] == [line for line in pair.sync() if "a.md" in line]


def test_two_runs_at_once_take_turns(pair, open_engine):
    """Each sees what the other has done: neither takes it for an edit."""
    pair.sync()
    engines = [open_engine(), open_engine()]

    def run(engine):
        return [one.what for _ in range(10) for one in engine.mirror(pair.target, MirrorTerms()).changes]

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(run, engine) for engine in engines]
        for number in range(20):
            pair.put("folder", "a.md", f"there {number}\n")
        done = {what for one in running for what in one.result()}

    assert done <= {"updated", "left"}
    pair.sync()
    assert ("there 19\n", "there 19\n") == pair.both("a.md")
