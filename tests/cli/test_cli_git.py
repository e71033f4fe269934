"""``memwell git …``: committing what is changed through Memwell, as a person at a terminal meets it."""

import os
import subprocess

import pytest

from memwell_cli.main import COMMANDS
from vault_engine import Engine
from vault_engine.engine import git


@pytest.fixture(autouse=True)
def person(tmp_path, monkeypatch):
    """A person whom git knows, and the command in its place."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Anna\n\temail = anna@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setitem(COMMANDS, "git", "memwell_cli.commands.git")
    for name, verb in {
        "git_enable": git.enable,
        "git_disable": git.disable,
        "git_state": git.state,
        "git_commit": git.commit_pending,
    }.items():
        monkeypatch.setattr(Engine, name, lambda self, verb=verb, **how: verb(self._session, **how), raising=False)


@pytest.fixture
def repository(home):
    """The vault, in a repository."""
    subprocess.run(["git", "init", "-q", home], check=True)
    return home


def test_it_is_enabled_used_and_disabled(cli, repository):
    """From the first word to the last."""
    assert (0, f"not enabled (the repository is {repository})\n", "") == cli("git", "status")
    assert (0, f"committing what is changed through Memwell to {repository}\n0 changes waiting\n", "") == cli(
        "git", "enable"
    )
    cli("remember", "text", "--category", "notes", "--key", "a")
    assert (
        f"committing what is changed through Memwell to {repository}\n1 changes waiting\n" == cli("git", "status").out
    )

    done = cli("git", "commit")

    first, second = done.out.splitlines()
    assert 0 == done.code
    assert first[10:].startswith(" memwell: add notes/a.md (")
    assert second[10:] == " memwell: keep journal and revisions (memwell)"
    assert (0, "nothing to commit\n", "") == cli("git", "commit")
    assert (0, f"not enabled (the repository is {repository})\n", "") == cli("git", "disable")


def test_as_json_it_is_one_object(cli, repository):
    """Of each command."""
    enabled = cli("git", "enable", "--all", "--json").json
    cli("remember", "text", "--category", "notes", "--key", "a")
    waiting = cli("git", "status", "--json").json
    done = cli("git", "commit", "--json").json

    assert (1, True, True, str(repository)) == tuple(
        enabled[name] for name in ("format", "enabled", "everything", "repository")
    )
    assert (1, None, []) == tuple(waiting[name] for name in ("waiting", "problem", "left"))
    assert [["notes/a.md"]] == [commit["paths"] for commit in done["commits"]][:1]
    assert {"format": 1, "enabled": False} == {
        name: value for name, value in cli("git", "disable", "--json").json.items() if name in ("format", "enabled")
    }


def test_without_a_repository_it_can_not_be_enabled(cli, home, tmp_path, monkeypatch):
    """Exit code 1, git's own words, and nothing changed."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    done = cli("git", "enable")

    assert (1, "") == (done.code, done.out)
    assert "git: not a git repository" in done.err
    assert "Nothing was changed." in done.err
    assert not (home / ".memwell" / "local" / "git.json").exists()


def test_what_has_to_wait_is_exit_code_3(cli, repository):
    """With the reason."""
    cli("git", "enable")
    cli("remember", "text", "--category", "notes", "--key", "a")
    (repository / ".git" / "MERGE_HEAD").touch()

    assert (3, "nothing was committed: a merge is under way\n", "") == cli("git", "commit")
    assert "! a merge is under way\n" in cli("git", "status").out
    assert {"format": 1, "reason": "a merge is under way"} == cli("git", "commit", "--json").json


def test_what_is_left_to_the_person_is_named(cli, repository):
    """With the reason, and why the journal is not committed either."""
    (repository / ".gitignore").write_text("notes/\n")
    cli("git", "enable")
    cli("remember", "text", "--category", "notes", "--key", "a")

    assert (0, "nothing to commit\nleft to you: notes/a.md: git ignores it\n", "") == cli("git", "commit")
    assert "left to you: notes/a.md: git ignores it" in cli("git", "status").out
    assert "are left to you" in cli("git", "status").out


def test_where_it_is_not_enabled_nothing_is_committed(cli, repository):
    """Exit code 3: what was asked for was not done."""
    assert (3, "nothing was committed: not enabled on this machine\n", "") == cli("git", "commit")


def test_without_a_vault_there_is_nothing_to_enable(cli):
    """Exit code 10, as for every command."""
    assert 10 == cli("git", "enable").code
