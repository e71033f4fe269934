"""Two machines and a git remote between them: what each has written reaches the other, and nothing is lost."""

import os

import pytest
from git_person import is_clean, run
from machines import Machine, machines, told

from vault_engine import Actor, Memory
from vault_engine.engine import Append, remote_repository
from vault_engine.errors import GitUnusable
from vault_engine.vault.copies import conflict_base
from vault_engine.vault.files import sha256_hex

pytestmark = pytest.mark.usefixtures("person")

START = "# Start\n\none\n\ntwo\n\nthree\n"


def test_what_one_has_written_the_other_has(pair):
    """New, changed and deleted notes, without an entry of its own where the other's journal tells; git is clean."""
    anna, bert = pair
    anna.engine.remember(Memory("Tuesdays.", category="howto", key="deploy"))
    anna.write("start.md", START + "\nfour\n")
    anna.write("other.md", "other\n")
    anna.sync()
    anna.remove("other.md")
    anna.sync()

    pulled = bert.pull()

    assert [("added", "howto/deploy.md"), ("updated", "start.md")] == told(pulled)
    assert anna.files == bert.files
    assert is_clean(anna.folder)
    assert is_clean(bert.folder)
    assert anna.git("rev-parse", "HEAD") == bert.git("rev-parse", "HEAD")
    assert () == bert.pull().files
    history = bert.engine.history("howto/deploy.md")
    assert 1 == len(history.versions)
    bert.engine.status()
    assert not (bert.folder / ".memwell" / "journal" / "bert").exists()


def test_changes_of_different_lines_are_merged(pair):
    """Both machines end with the same note, with both changes, and the merge has both commits as parents."""
    anna, bert = pair
    anna.write("start.md", START.replace("one", "one by Anna"))
    bert.write("start.md", START.replace("three", "three by Bert"))
    anna.sync()

    pulled = bert.sync()
    anna.sync()

    assert [("merged", "start.md")] == told(pulled)
    assert START.replace("one", "one by Anna").replace("three", "three by Bert") == bert.read("start.md")
    assert anna.files == bert.files
    assert 3 == len(bert.git("rev-list", "--parents", "-1", pulled.commit).split())
    assert is_clean(anna.folder)
    assert is_clean(bert.folder)


def test_where_both_changed_the_same_lines_the_other_text_lies_beside_the_note(pair):
    """The note stays as it is here; the copy is known as one, reaches the other machine, and can be resolved."""
    anna, bert = pair
    anna.write("start.md", START.replace("two", "two by Anna"))
    bert.write("start.md", START.replace("two", "two by Bert"))
    anna.sync()

    pulled = bert.sync()
    anna.sync()

    ((what, path, copy),) = [(file.what, file.path, file.to) for file in pulled.files]
    assert ("conflict", "start.md", "start.md") == (what, path, conflict_base(copy))
    assert START.replace("two", "two by Bert") == bert.read("start.md")
    assert START.replace("two", "two by Anna") == bert.read(copy)
    assert anna.files == bert.files
    assert [copy] == [one.path for one in anna.engine.conflicts().copies]

    anna.engine.resolve_conflict(copy, "ours")
    anna.sync()
    bert.sync()

    assert {"start.md": START.replace("two", "two by Bert")} == bert.files
    assert is_clean(bert.folder)


def test_running_again_changes_nothing(pair):
    """No commit, no entry, no file."""
    anna, bert = pair
    bert.write("b.md", "b\n")
    anna.write("start.md", START + "four\n")
    anna.sync()
    bert.sync()
    anna.sync()
    before = [machine.git("rev-parse", "HEAD") for machine in pair]

    done = [machine.engine.sync() for machine in (*pair, *pair)]

    assert [()] * 4 == [one.pulled.files for one in done]
    assert [0] * 4 == [one.pushed.sent for one in done]
    assert before == [machine.git("rev-parse", "HEAD") for machine in pair]


def test_a_dry_run_says_what_would_change_and_changes_nothing(pair):
    """Also with changes here that are not committed."""
    anna, bert = pair
    anna.write("start.md", START.replace("one", "one by Anna"))
    anna.sync()
    bert.write("start.md", START.replace("three", "three by Bert"))
    head = bert.git("rev-parse", "HEAD")

    planned = bert.engine.sync_pull(dry_run=True)

    assert planned.dry_run
    assert [("merged", "start.md")] == told(planned)
    assert START.replace("three", "three by Bert") == bert.read("start.md")
    assert head == bert.git("rev-parse", "HEAD")
    assert told(planned) == told(bert.pull())


def test_other_files_are_taken_whole_or_laid_beside(pair):
    """An attachment that both changed is never merged; one that nobody else touched is left alone."""
    anna, bert = pair
    anna.write("pictures/a.png", b"\x89PNG a")
    anna.write("pictures/b.png", b"\x89PNG b")
    anna.write("run.sh", "#!/bin/sh\n")
    (anna.folder / "run.sh").chmod(0o755)
    anna.git("add", ".")
    anna.git("commit", "-qm", "pictures")
    anna.sync()
    bert.sync()
    assert os.access(bert.folder / "run.sh", os.X_OK)
    anna.write("pictures/a.png", b"\x89PNG a by Anna")
    anna.write("pictures/b.png", b"\x89PNG b by Anna")
    anna.git("commit", "-qam", "pictures")
    anna.sync()
    bert.write("pictures/a.png", b"\x89PNG a by Bert")
    bert.write("untracked.png", b"\x89PNG")

    pulled = bert.sync()
    anna.sync()

    assert [("conflict", "pictures/a.png"), ("updated", "pictures/b.png")] == sorted(told(pulled))
    assert "?? untracked.png\n" == bert.git("status", "--porcelain")
    assert bert.files.keys() - anna.files.keys() == {"untracked.png"}
    assert is_clean(anna.folder)


# ---- while others are at work


def test_somebody_else_pushes_at_the_same_moment(pair, monkeypatch):
    """The push that came too late is repeated after a pull."""
    anna, bert = pair
    bert.write("b.md", "b\n")
    real = remote_repository.push
    monkeypatch.setattr(remote_repository, "push", lambda *arguments: (push_first(), real(*arguments))[1])

    def push_first():
        monkeypatch.setattr(remote_repository, "push", real)
        anna.write("a.md", "a\n")
        anna.sync()

    done = bert.engine.sync()

    assert [("added", "a.md")] == told(done.pushed.pulled)
    assert {"start.md", "a.md", "b.md"} == bert.files.keys()


def test_a_remote_that_refuses_every_push_is_an_error(pair, tmp_path):
    """A protected branch, say: what is here stays committed here."""
    anna, _ = pair
    run(tmp_path / "remote.git", "config", "receive.maxInputSize", "1")
    anna.write("a.md", "a\n" * 1000)

    with pytest.raises(GitUnusable, match="origin"):
        anna.sync()

    assert is_clean(anna.folder)


# ---- what the journals tell


def test_histories_do_not_double(pair):
    """Each version is there once, on both machines, in the name of who wrote it; what was pulled adds none."""
    anna, bert = pair
    remembered = Memory("Deploy on Tuesdays.\n\nAnd\n\nlater.", category="howto", key="deploy")
    anna.engine.remember(remembered)
    anna.sync()
    bert.sync()
    bert.engine.edit("howto/deploy.md", Append("By Bert."))
    bert.sync()
    anna.sync()

    histories = [machine.engine.history("howto/deploy.md").versions for machine in pair]

    assert [2, 2] == [len(versions) for versions in histories]
    assert ["bert", "anna"] == [version.actor.name for version in histories[0]]
    assert [version.sha256 for version in histories[0]] == [version.sha256 for version in histories[1]]
    assert (None, None) == tuple(machine.engine.history("howto/deploy.md").unrecorded for machine in pair)


def test_a_merged_text_is_in_the_history_of_both(pair):
    """The machine that merged enters it, and the other one does not enter it again; each can bring back every text."""
    anna, bert = pair
    anna.write("start.md", START.replace("one", "one by Anna"))
    anna.sync()
    bert.write("start.md", START.replace("three", "three by Bert"))
    bert.sync()
    anna.sync()

    for machine in pair:
        texts = [one.sha256 for one in machine.engine.history("start.md").versions]
        assert len(set(texts)) == len(texts)
        assert sha256_hex(bert.read("start.md").encode()) == texts[0]
        verified = machine.engine.verify(read_data=True)
        assert ((), (), ()) == (verified.damaged, verified.missing, verified.differing)


def test_with_git_enabled_commits_carry_the_names_of_the_actors(pair):
    """What an agent did is committed in its name before it is pushed."""
    anna, bert = pair
    anna.engine.git_enable()
    anna.engine.remember(Memory("text", category="notes", key="a"), actor=Actor("agent", "claude", "mcp"))
    anna.write("hand.md", "by hand\n")

    anna.sync()
    bert.sync()

    assert "claude" == bert.git("log", "-1", "--format=%an", "--", "notes/a.md").strip()
    assert "Anna" == bert.git("log", "-1", "--format=%an", "--", "hand.md").strip()
    assert is_clean(anna.folder)


def test_a_journal_that_git_ignores_stays_here(pair):
    """Notes travel without it."""
    anna, bert = pair
    anna.write("start.md", START + "four\n")
    (anna.folder / ".gitignore").write_text("secret/\n")
    anna.engine.remember(Memory("secret", category="secret", key="a"))
    before = anna.git("ls-files", "-s", ".memwell")

    assert () == anna.sync().left
    bert.sync()

    assert START + "four\n" == bert.read("start.md")
    assert before == anna.git("ls-files", "-s", ".memwell")
    assert not (bert.folder / "secret").exists()


# ---- repositories of other kinds


def test_a_clone_without_all_of_the_history_takes_part(pair, tmp_path):
    """As hosted machines have it."""
    anna, _ = pair
    for number in range(3):
        anna.write("start.md", START + f"{number}\n")
        anna.sync()
    run(tmp_path, "clone", "-q", "--depth", "1", f"file://{tmp_path}/remote.git", str(tmp_path / "carl"))
    carl = Machine(tmp_path / "carl", "carl", tmp_path / "cache")
    carl.write("c.md", "c\n")
    anna.write("a.md", "a\n")
    anna.sync()

    carl.sync()
    anna.sync()

    assert {"start.md", "a.md", "c.md"} == anna.files.keys()
    assert anna.files == carl.files


def test_objects_may_be_named_by_sha256(tmp_path):
    """A newer kind of repository."""
    anna, bert = machines(tmp_path, "anna", "bert", kind="sha256")
    anna.write("a.md", "a\n")
    anna.sync()
    bert.sync()
    anna.remove("a.md")
    anna.write("start.md", START.replace("one", "one by Anna"))
    bert.write("start.md", START.replace("three", "three by Bert"))
    anna.sync()

    bert.sync()
    anna.sync()

    assert {"start.md": START.replace("one", "one by Anna").replace("three", "three by Bert")} == bert.files
    assert anna.files == bert.files
    assert is_clean(bert.folder)
