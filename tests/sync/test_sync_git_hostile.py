"""A repository that came from elsewhere may name programs: none of them runs."""

import shutil
import subprocess

import pytest
from git_person import run

from vault_engine import Actor, Memory
from vault_engine.engine import Append, git
from vault_engine.sync.git import FILTERED, NOT_A_FILE

pytestmark = pytest.mark.usefixtures("person")

CLAUDE = Actor("agent", "claude", "mcp")
HOOKS = (
    *("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-rewrite", "post-checkout"),
    *("pre-auto-gc", "post-index-change", "reference-transaction", "update", "post-update", "fsmonitor-watchman"),
)
COMMANDS = (
    *("rev-parse", "config", "symbolic-ref", "read-tree", "ls-files", "cat-file", "check-ignore", "check-attr"),
    *("fast-import", "update-index", "write-tree", "commit-tree", "update-ref"),
)
SETTINGS = """\
[core]
	repositoryFormatVersion = 1
	fsmonitor = {touch} fsmonitor
	sshCommand = {touch} ssh
	pager = {touch} pager
	editor = {touch} editor
	askPass = {touch} askpass
	gitProxy = {touch} proxy
	alternateRefsCommand = {touch} alternates
	hooksPath = {hooks}
	splitIndex = true
	untrackedCache = true
[extensions]
	worktreeConfig = true
	partialClone = origin
[remote "origin"]
	url = ext::{touch} remote
	promisor = true
	uploadpack = {touch} uploadpack
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[filter "evil"]
	clean = {touch} clean
	smudge = {touch} smudge
	process = {touch} process
	required = true
[diff]
	external = {touch} diff
[diff "evil"]
	command = {touch} diffdriver
	textconv = {touch} textconv
[merge "evil"]
	driver = {touch} merge
[commit]
	gpgSign = true
[gpg]
	program = {touch} gpg
[credential]
	helper = !{touch} credential
[trailer "evil"]
	command = {touch} trailer
[sequence]
	editor = {touch} sequence
[uploadpack]
	packObjectsHook = {touch} packobjects
[include]
	path = included
[maintenance]
	auto = true
[gc]
	auto = 1
	recentObjectsHook = {touch} gc
"""


@pytest.fixture
def canaries(tmp_path):
    """A folder that stays empty as long as nothing runs."""
    folder = tmp_path / "canaries"
    folder.mkdir()
    return folder


@pytest.fixture
def hostile(repository, canaries):
    """The vault, in a repository in which everything that can name a program names one."""
    program = canaries.parent / "touch.sh"
    program.write_text(f'#!/bin/sh\n: > "{canaries}/$1"\nexit 0\n')
    program.chmod(0o755)
    inside = repository / ".git"
    for name in HOOKS:
        hook = inside / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{program} hook-{name}\n")
        hook.chmod(0o755)
    aliases = "".join(f"\t{name} = !{program} alias-{name}\n" for name in COMMANDS)
    (inside / "included").write_text(f"[alias]\n{aliases}")
    (inside / "config.worktree").write_text(f"[core]\n\tfsmonitor = {program} worktree\n")
    (inside / "config").write_text(SETTINGS.format(touch=program, hooks=inside / "hooks"))
    (repository / ".gitattributes").write_text("* diff=evil merge=evil\nfiltered.md filter=evil\n")
    return repository


def test_nothing_that_the_repository_names_is_run(hostile, engine, canaries, write_note):
    """Settings, hooks, filters, aliases, transports: the commits are made without; the person's git does run them."""
    git.enable(engine._session)
    write_note("hand.md", "more\n")
    write_note("filtered.md", "secret\n")
    engine.edit("hand.md", Append("agent"), actor=CLAUDE)
    engine.edit("filtered.md", Append("agent"), actor=CLAUDE)

    outcome = git.commit_pending(engine._session)
    git.state(engine._session)

    assert ("hand.md",) == outcome.commits[0].paths
    assert [("filtered.md", FILTERED)] == [(left.path, left.reason) for left in outcome.left]
    assert [] == list(canaries.iterdir())

    run(hostile, "status", check=False)
    assert [] != list(canaries.iterdir())


def test_a_missing_object_is_not_fetched(hostile, engine, canaries, write_note):
    """A partial clone may fetch by running a program."""
    git.enable(engine._session)
    oid = subprocess.run(
        ["git", "hash-object", "--stdin"], input=b"by hand\n", capture_output=True, check=True, cwd="/"
    ).stdout.decode()
    (hostile / ".git" / "objects" / oid[:2] / oid[2:].strip()).unlink()
    write_note("hand.md", "more\n")
    engine.edit("hand.md", Append("agent"), actor=CLAUDE)

    outcome = git.commit_pending(engine._session)

    assert isinstance(outcome, git.Postponed)
    assert [] == list(canaries.iterdir())

    run(hostile, "cat-file", "-p", oid.strip(), check=False)
    assert [] != list(canaries.iterdir())


def test_a_vault_that_is_a_bare_repository_itself_is_none(vault, engine, canaries):
    """Its settings would come with the notes."""
    subprocess.run(["git", "init", "-q", "--bare", str(vault)], check=True)

    assert git.state(engine._session).problem
    with pytest.raises(git.GitUnusable):
        git.enable(engine._session)


def test_a_folder_that_has_become_a_link_leads_nowhere(session, engine, repository, tmp_path):
    """Nothing from outside the vault is committed."""
    engine.remember(Memory("text", category="notes", key="a"))
    shutil.move(repository / "notes", tmp_path / "outside")
    (repository / "notes").symlink_to(tmp_path / "outside")

    outcome = git.commit_pending(session)

    assert [("notes/a.md", NOT_A_FILE)] == [(left.path, left.reason) for left in outcome.left]
    assert "notes" not in run(repository, "ls-tree", "--name-only", "HEAD")


def test_a_link_in_the_place_of_the_new_index_is_not_written_through(session, engine, repository, tmp_path):
    """Somebody might have put one into git's own folder."""
    (tmp_path / "precious").write_text("precious")
    (repository / ".git" / "index.memwell").symlink_to(tmp_path / "precious")
    engine.remember(Memory("text", category="notes", key="a"))

    assert 2 == len(git.commit_pending(session).commits)
    assert "precious" == (tmp_path / "precious").read_text()
