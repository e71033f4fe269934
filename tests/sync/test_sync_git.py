"""Committing into a real git repository: in whose name, what is left to the person, and what can't run code."""

import os
from pathlib import Path

import pytest
from git_person import is_clean, run

from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Append, git
from vault_engine.engine.git import Committed, LeftToYou, Postponed
from vault_engine.sync import git_command
from vault_engine.sync.git import CONVERTED, FILTERED, IGNORED, NOT_A_FILE, NOT_KEPT, OVERLOOKED, STAGED, Repository

CLAUDE = Actor("agent", "claude", "mcp")
GPT = Actor("agent", "gpt", "mcp")
NAMES = ["-x.md", "--upload-pack=x.md", ":(glob)x.md", ":x.md", "*.md", 'a "b".md', "ü – 漢.md", "!x.md", "#x.md"]

pytestmark = pytest.mark.usefixtures("person")


def remember(engine, key, text="text", actor=CLAUDE):
    return engine.remember(Memory(text, category="notes", key=key), actor=actor)


def shown(folder, path, commit="HEAD"):
    return run(folder, "show", f"{commit}:{path}")


def reasons(outcome):
    return {left.path: left.reason for left in outcome.left}


# ---- what is committed


def test_a_change_is_committed_in_the_name_of_who_made_it(session, engine, repository):
    """The actor is the author, the person the committer; afterwards the person's git sees nothing to do."""
    entry = remember(engine, "a")

    outcome = git.commit_pending(session)

    (commit, own) = outcome.commits
    assert ("memwell: add notes/a.md (claude via mcp)", ("notes/a.md",)) == (commit.subject, commit.paths)
    assert "claude <agent.claude@memwell.invalid> Anna <anna@example.org>\n" == run(
        repository, "show", "-s", "--format=%an <%ae> %cn <%ce>", commit.id
    )
    assert "agent:claude\n" == run(
        repository, "show", "-s", "--format=%(trailers:key=Memwell-Actor,valueonly,separator=)", commit.id
    )
    assert (repository / entry.path).read_text() == shown(repository, entry.path)
    assert all(path.startswith(".memwell/") for path in own.paths)
    assert is_clean(repository)
    assert Committed((), (), 0) == git.commit_pending(session)


def test_without_an_identity_memwell_is_the_committer(session, engine, repository, monkeypatch):
    """A machine on which nobody told git who they are."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    remember(engine, "a")

    (commit, _) = git.commit_pending(session).commits

    assert "Memwell <memwell@memwell.invalid>\n" == run(repository, "show", "-s", "--format=%cn <%ce>", commit.id)


def test_each_actor_has_commits_with_what_they_wrote(session, engine, repository):
    """Of a note that two agents changed in turn, each commit holds the bytes of then."""
    remember(engine, "a", "one", CLAUDE)
    engine.edit("notes/a.md", Append("two"), actor=GPT)

    first, second, _ = git.commit_pending(session).commits

    assert ["one" in shown(repository, "notes/a.md", first.id), "two" in shown(repository, "notes/a.md", first.id)] == [
        True,
        False,
    ]
    assert "two" in shown(repository, "notes/a.md", second.id)
    assert "gpt\n" == run(repository, "show", "-s", "--format=%an", second.id)


def test_moving_and_forgetting_are_committed(session, engine, repository):
    """The old path goes, in the name of who took it away."""
    remember(engine, "a")
    remember(engine, "b")
    git.commit_pending(session)
    engine.move("notes/a.md", "elsewhere/c.md", actor=GPT)
    engine.forget("notes/b.md", actor=GPT)

    (commit, _) = git.commit_pending(session).commits

    assert {"notes/a.md", "notes/b.md", "elsewhere/c.md"} == set(commit.paths)
    assert "elsewhere/c.md\n" == run(repository, "ls-files", "notes", "elsewhere")
    assert is_clean(repository)


def test_what_came_and_went_between_two_commits_leaves_no_trace_in_the_index(session, engine, repository):
    """Each actor's commit is made all the same."""
    remember(engine, "a", actor=CLAUDE)
    engine.forget("notes/a.md", actor=GPT)

    git.commit_pending(session)

    assert "" == run(repository, "ls-files", "notes")
    assert is_clean(repository)


def test_the_first_commit_of_a_repository_may_be_ours(vault, engine):
    """Also in a repository whose objects are named by SHA-256."""
    run(vault, "init", "-q", "--object-format=sha256")
    git.enable(engine._session)
    remember(engine, "a")

    outcome = git.commit_pending(engine._session)

    assert 2 == len(outcome.commits)
    assert "?? .memwell/config.toml\n" == run(vault, "status", "--porcelain")


def test_a_vault_may_be_a_folder_of_a_repository(tmp_path, env):
    """Only files of the vault are committed, under their paths in the repository."""
    Engine.create(tmp_path / "top" / "my vault")
    run(tmp_path / "top", "init", "-q")
    (tmp_path / "top" / "program.py").write_text("print()\n")
    with Engine.open(tmp_path / "top" / "my vault", env=env) as engine:
        git.enable(engine._session)
        remember(engine, "a")
        git.commit_pending(engine._session)

    assert '?? "my vault/.memwell/config.toml"\n?? program.py\n' == run(tmp_path / "top", "status", "--porcelain")
    assert "my vault/notes/a.md\n" in run(tmp_path / "top", "ls-tree", "-r", "--name-only", "HEAD")


def test_a_linked_worktree_is_a_repository(repository, tmp_path, env):
    """Its branch moves, the other one does not."""
    run(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    before = run(repository, "rev-parse", "main")
    with Engine.open(tmp_path / "side", env=env) as engine:
        git.enable(engine._session)
        remember(engine, "a")
        outcome = git.commit_pending(engine._session)

    assert outcome.commits[-1].id + "\n" == run(repository, "rev-parse", "side")
    assert before == run(repository, "rev-parse", "main")
    assert is_clean(tmp_path / "side")


def test_no_name_of_a_note_means_anything_to_git(session, engine, repository, write_note):
    """Options, patterns, quotes, signs of other scripts: a name is a name."""
    for name in NAMES:
        write_note(name, "text\n")
        engine.edit(name, Append(f"more in {name}"), actor=CLAUDE)

    outcome = git.commit_pending(session)

    assert (set(NAMES), {}) == (set(outcome.commits[0].paths), reasons(outcome))
    assert [(repository / name).read_text() for name in NAMES] == [shown(repository, name) for name in NAMES]
    assert is_clean(repository)


def test_a_note_with_a_line_break_in_its_folder(tmp_path, env):
    """The vault's own folder may have any name."""
    folder = tmp_path / "line\nbreak"
    Engine.create(folder)
    run(folder, "init", "-q")
    with Engine.open(folder, env=env) as engine:
        git.enable(engine._session)
        remember(engine, "a")

        assert 2 == len(git.commit_pending(engine._session).commits)


# ---- what is the person's


def test_edits_by_hand_are_the_persons_to_commit(session, engine, repository):
    """What a person edits after an agent stays uncommitted in the person's sight."""
    remember(engine, "a")
    git.commit_pending(session)
    (repository / "hand.md").write_text("more\n")
    (repository / "notes" / "a.md").write_text("replaced\n")
    (repository / "new.md").write_text("new\n")

    assert () == git.commit_pending(session).commits
    assert " M hand.md\n M notes/a.md\n?? new.md\n" == run(repository, "status", "--porcelain")


def test_what_the_person_has_staged_stays_as_it_was(session, engine, repository):
    """Of other files and of the same one; the agent's change waits until the person has committed."""
    remember(engine, "a")
    git.commit_pending(session)
    (repository / "hand.md").write_text("staged\n")
    (repository / "notes" / "a.md").write_text("staged\n")
    run(repository, "add", "hand.md", "notes/a.md")
    engine.edit("notes/a.md", Append("agent"), actor=CLAUDE)
    remember(engine, "b")
    before = run(repository, "diff", "--cached"), run(repository, "status", "--porcelain", "hand.md", "notes/a.md")

    outcome = git.commit_pending(session)

    assert [("notes/b.md",), {"notes/a.md": STAGED}] == [outcome.commits[0].paths, reasons(outcome)]
    assert before == (
        run(repository, "diff", "--cached"),
        run(repository, "status", "--porcelain", "hand.md", "notes/a.md"),
    )
    assert LeftToYou("notes/a.md", STAGED) in git.state(session).left

    run(repository, "commit", "-qm", "mine")

    assert ("notes/a.md",) == git.commit_pending(session).commits[0].paths
    assert is_clean(repository)


def test_what_the_person_has_committed_is_not_committed_again(session, engine, repository):
    """Nor is it replaced by the agent's older version."""
    remember(engine, "a")
    (repository / "notes" / "a.md").write_text("better\n")
    run(repository, "add", "notes")
    run(repository, "commit", "-qm", "mine")

    outcome = git.commit_pending(session)

    assert ["memwell: keep journal and revisions (memwell)"] == [commit.subject for commit in outcome.commits]
    assert "better\n" == shown(repository, "notes/a.md")


ATTRIBUTES = {
    "filter=git-crypt": ("x", FILTERED),
    "filter=lfs -text": ("x", FILTERED),
    "working-tree-encoding=UTF-16": ("x", CONVERTED),
    "text=auto": ("x\r\ny", CONVERTED),
    "eol=crlf": ("x\r\ny", CONVERTED),
    "crlf": ("x\r\ny", CONVERTED),
    "ident": ("$Id$", CONVERTED),
    "text": ("x", None),
    "-text": ("x\r\ny", None),
    "eol=lf": ("x", None),
    "-filter": ("x", None),
}


def test_what_git_would_store_otherwise_is_left_to_the_person(session, engine, repository, write_note):
    """An encrypted note is never committed as plain text; where bytes stay as they are, nothing is in the way."""
    paths = {f"{number}.md": said for number, said in enumerate(ATTRIBUTES)}
    for path, said in paths.items():
        write_note(path, ATTRIBUTES[said][0])
        with (repository / ".gitattributes").open("a") as attributes:
            attributes.write(f"{path} {said}\n")
        engine.edit(path, Append("more"), actor=CLAUDE)
    expected = {path: ATTRIBUTES[said][1] for path, said in paths.items()}

    outcome = git.commit_pending(session)

    assert {path: reason for path, reason in expected.items() if reason} == reasons(outcome)
    assert {path for path, reason in expected.items() if not reason} == set(outcome.commits[0].paths)
    assert not set(outcome.commits[0].paths) & set(run(repository, "status", "--porcelain").split())


def test_crlf_is_left_to_who_has_git_convert_it(session, engine, repository, write_note):
    """As git for Windows does."""
    run(repository, "config", "--global", "core.autocrlf", "true")
    write_note("n.md", "a\r\nb\r\n")
    engine.edit("n.md", Append("more"), actor=CLAUDE)

    assert {"n.md": CONVERTED} == reasons(git.commit_pending(session))


def test_what_git_ignores_is_never_committed(session, engine, repository):
    """Nor are then the revisions, which hold a copy of it."""
    (repository / ".gitignore").write_text("notes/*\n!notes/b.md\n")
    remember(engine, "a")
    remember(engine, "b")

    outcome = git.commit_pending(session)

    assert [("notes/b.md",)] == [commit.paths for commit in outcome.commits]
    assert {"notes/a.md": IGNORED} == reasons(outcome)
    assert git.state(session).withheld


def test_revisions_of_a_note_that_is_hidden_already_are_withheld_from_the_start(repository, engine):
    """What was remembered before git was enabled counts too."""
    remember(engine, "a")
    (repository / ".gitattributes").write_text("notes/*.md filter=git-crypt\n")

    assert git.enable(engine._session).withheld
    assert () == git.commit_pending(engine._session).commits


def test_what_git_was_told_to_overlook_is_left_alone(session, engine, repository):
    """A file that the person keeps different on this machine."""
    remember(engine, "a")
    git.commit_pending(session)
    run(repository, "update-index", "--skip-worktree", "notes/a.md")
    engine.edit("notes/a.md", Append("more"), actor=CLAUDE)

    assert {"notes/a.md": OVERLOOKED} == reasons(git.commit_pending(session))


def test_a_repository_within_the_vault_is_not_written_into(session, engine, repository, write_note):
    """Neither a submodule nor a clone that git does not know yet."""
    (repository / "inner").mkdir()
    run(repository / "inner", "init", "-q")
    write_note("inner/n.md", "text\n")
    engine.edit("inner/n.md", Append("more"), actor=CLAUDE)
    remember(engine, "a")

    outcome = git.commit_pending(session)

    assert [("notes/a.md",), {"inner/n.md": NOT_A_FILE}] == [outcome.commits[0].paths, reasons(outcome)]


def test_a_revision_that_is_not_kept_is_left(session, engine, repository, monkeypatch):
    """It may have been erased for good."""
    remember(engine, "a")

    def gone(sha256):
        raise KeyError(sha256)

    monkeypatch.setattr(session.revisions, "get", gone)

    assert {"notes/a.md": NOT_KEPT} == reasons(git.commit_pending(session))


# ---- when nothing can be committed


def merging(repository):
    run(repository, "checkout", "-q", "-b", "side")
    (repository / "hand.md").write_text("side\n")
    run(repository, "commit", "-qam", "side")
    run(repository, "checkout", "-q", "main")
    (repository / "hand.md").write_text("main\n")
    run(repository, "commit", "-qam", "main")
    run(repository, "merge", "side", check=False)


def lock_of(repository):
    return repository / ".git" / "index.lock"


@pytest.mark.parametrize(
    ("begin", "end", "word"),
    [
        (
            lambda folder: run(folder, "checkout", "-q", "--detach"),
            lambda folder: run(folder, "checkout", "-q", "main"),
            "detached",
        ),
        (merging, lambda folder: run(folder, "merge", "--abort"), "merge"),
        (
            lambda folder: run(folder, "bisect", "start"),
            lambda folder: run(folder, "bisect", "reset"),
            "bisection",
        ),
        (lambda folder: lock_of(folder).touch(), lambda folder: lock_of(folder).unlink(), "index.lock"),
    ],
)
def test_while_the_person_is_in_the_middle_of_something_nothing_is_committed(
    begin, end, word, session, engine, repository
):
    """Afterwards it is, with nothing lost."""
    begin(repository)
    remember(engine, "a")
    before = run(repository, "rev-parse", "HEAD")

    outcome = git.commit_pending(session)

    assert word in outcome.reason
    assert word in git.state(session).problem
    assert before == run(repository, "rev-parse", "HEAD")

    end(repository)

    assert ("notes/a.md",) == git.commit_pending(session).commits[0].paths
    assert (0, None) == (git.state(session).waiting, git.state(session).problem)


def empty_the_folder(folder):
    (folder / ".git").rename(folder.parent / "away")
    (folder / ".git").mkdir()


DAMAGES = {
    "no repository": lambda folder: (folder / ".git").rename(folder.parent / "away"),
    "an empty one": empty_the_folder,
    "HEAD": lambda folder: (folder / ".git" / "HEAD").write_bytes(b"\0\0\0"),
    "the branch": lambda folder: (folder / ".git" / "refs" / "heads" / "main").write_bytes(b""),
    "the index": lambda folder: (folder / ".git" / "index").write_bytes(b"DIRC\0\0\0\2 rubbish"),
    "the settings": lambda folder: (folder / ".git" / "config").write_bytes(b"[core\n\0"),
    "objects": lambda folder: [each.unlink() for each in (folder / ".git" / "objects").glob("??/*")],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_repository_is_in_nobodys_way(damage, session, engine, repository):
    """Notes are written and read; it is said what is wrong; nothing else is touched."""
    DAMAGES[damage](repository)
    remember(engine, "a")

    outcome = git.commit_pending(session)

    assert isinstance(outcome, Postponed)
    assert outcome.reason
    assert git.state(session).problem
    assert 1 == git.state(session).waiting
    assert "text" in engine.read("notes/a.md").text


def test_another_repository_is_not_committed_to(session, engine, repository):
    """Where the vault's own is gone, one around it might be found."""
    run(repository.parent, "init", "-q")
    (repository / ".git").rename(repository.parent / "away")
    remember(engine, "a")

    assert "enable it again" in git.commit_pending(session).reason
    assert "" == run(repository.parent, "rev-list", "--all")


def test_without_git_nothing_is_committed(session, engine, monkeypatch):
    """A machine on which it is not installed."""
    remember(engine, "a")
    monkeypatch.setenv("PATH", "")

    assert Postponed("it is not installed") == git.commit_pending(session)


def test_a_git_in_the_vault_is_not_run(session, engine, repository, monkeypatch, tmp_path):
    """Nor one that is found by a path that depends on the current folder."""
    program = repository / "git"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
    program.chmod(0o755)
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    remember(engine, "a")

    assert 2 == len(git.commit_pending(session).commits)
    assert not (tmp_path / "canary").exists()


def test_a_git_that_does_not_answer_is_ended(session, engine, monkeypatch, tmp_path):
    """With whatever it has started."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nsleep 1000 &\nsleep 1000\n")
    program.chmod(0o755)
    remember(engine, "a")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git_command, "TIMEOUT_S", 0.1)

    assert Postponed("it did not answer within 0.1 s") == git.commit_pending(session)


def test_a_branch_that_moves_meanwhile_is_not_replaced(session, engine, repository, monkeypatch):
    """The person's commit comes first; ours follows it the next time."""
    remember(engine, "a")
    publish = Repository.publish

    def after_the_person(self, *arguments):
        run(repository, "commit", "-q", "--allow-empty", "-m", "meanwhile")
        monkeypatch.setattr(Repository, "publish", publish)
        publish(self, *arguments)

    monkeypatch.setattr(Repository, "publish", after_the_person)

    assert isinstance(git.commit_pending(session), Postponed)
    assert "meanwhile\n" == run(repository, "log", "-1", "--format=%s")
    assert ("notes/a.md",) == git.commit_pending(session).commits[0].paths
    assert is_clean(repository)


@pytest.mark.parametrize("moved", [False, True])
def test_a_crash_between_branch_and_index_is_mended(moved, session, engine, repository, monkeypatch):
    """The lock that it left is taken away, and the index follows the branch if that was moved."""
    remember(engine, "a")
    real = Repository._run

    class Killed(BaseException):
        pass

    def dying(self, *arguments, **options):
        if arguments[0] == "update-ref":
            if moved:
                real(self, *arguments, **options)
            for step in ("unlink", "replace"):
                monkeypatch.setattr(Path, step, lambda *_, **__: None)
            raise Killed
        return real(self, *arguments, **options)

    monkeypatch.setattr(Repository, "_run", dying)
    with pytest.raises(Killed):
        git.commit_pending(session)
    monkeypatch.undo()
    assert (repository / ".git" / "index.lock").exists()

    git.commit_pending(session)

    assert is_clean(repository)
    assert "memwell: add notes/a.md (claude via mcp)" in run(repository, "log", "--format=%s").splitlines()
    assert [] == list((repository / ".git").glob("index?*"))
