"""``memwell sync …``: two machines and a git remote, as people at terminals meet them."""

import os
import subprocess

import pytest


@pytest.fixture(autouse=True)
def person(tmp_path, monkeypatch):
    """A person whom git knows."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "gitconfig").write_text(
        "[user]\n\tname = Anna\n\temail = anna@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.fixture
def laptop(home, tmp_path, cli):
    """The vault in a repository with a remote, and a clone of it on another machine."""
    git("init", "-q", "--bare", tmp_path / "remote.git")
    git("init", "-q", home)
    git("-C", home, "remote", "add", "origin", tmp_path / "remote.git")
    (home / "a.md").write_text("one\n\ntwo\n\nthree\n")
    assert 0 == cli("sync").code
    git("clone", "-q", tmp_path / "remote.git", tmp_path / "laptop")
    return tmp_path / "laptop"


def test_what_is_written_here_is_found_there(cli, laptop, home):
    """With one word on each machine."""
    cli("remember", "text", "--category", "notes", "--key", "b")

    assert (0, "nothing new from origin/main\npushed 2 commits to origin/main\n", "") == cli("sync")
    assert (
        *(0, "added     notes/b.md\npulled 1 changes from origin/main\nnothing to push to origin/main\n", ""),
    ) == cli("sync", "--vault", str(laptop))
    assert (home / "notes" / "b.md").read_bytes() == (laptop / "notes" / "b.md").read_bytes()
    assert (0, "nothing new from origin/main\nnothing to push to origin/main\n", "") == cli("sync")


def test_a_conflict_copy_is_exit_code_3_and_can_be_resolved(cli, laptop, home):
    """The way from the first word to the last."""
    (home / "a.md").write_text("one\n\ntwo here\n\nthree\n")
    (laptop / "a.md").write_text("one\n\ntwo there\n\nthree\n")
    cli("sync", "push", "--vault", str(laptop))
    planned = cli("sync", "pull", "--dry-run")

    done = cli("sync")

    assert 0 == planned.code
    assert planned.out.startswith("conflict  a (conflicted copy ")
    assert "would pull 1 changes from origin/main" in planned.out
    assert 3 == done.code
    assert done.out.startswith("conflict  a (conflicted copy ")
    assert "! 1 conflict copies: see `memwell conflicts list`\n" in done.out
    assert "1 conflict copies" in cli("sync", "status").out
    assert 0 == cli("conflicts", "resolve", "a.md", "--take", "theirs").code
    assert 0 == cli("sync").code
    assert 0 == cli("sync", "--vault", str(laptop)).code
    assert "one\n\ntwo there\n\nthree\n" == (laptop / "a.md").read_text() == (home / "a.md").read_text()


def test_a_push_pulls_first_where_something_is_new(cli, laptop, home):
    """And says both."""
    (home / "b.md").write_text("b\n")
    (laptop / "c.md").write_text("c\n")
    cli("sync", "push", "--vault", str(laptop))

    done = cli("sync", "push")

    assert 0 == done.code
    assert "added     c.md\npulled 1 changes from origin/main\npushed " in done.out
    assert (0, "added     b.md\npulled 1 changes from origin/main\n", "") == cli("sync", "pull", "--vault", str(laptop))


def test_the_state_is_told(cli, laptop, tmp_path):
    """What waits, and where it would go."""
    assert (
        f"origin/main at {tmp_path / 'remote.git'}\n0 commits to push, 0 to pull as of the last look\n"
        "0 files to commit first\n"
    ) == cli("sync", "status", "--vault", str(laptop)).out
    (laptop / "b.md").write_text("b\n")
    state = cli("sync", "status", "--vault", str(laptop), "--json").json
    assert (1, 1, None) == (state["format"], state["uncommitted"], state["problem"])


def test_as_json_it_is_one_object(cli, laptop):
    """Of each command."""
    (laptop / "b.md").write_text("b\n")

    pushed = cli("sync", "push", "--vault", str(laptop), "--json").json
    planned = cli("sync", "pull", "--dry-run", "--json").json
    pulled = cli("sync", "pull", "--json").json
    synced = cli("sync", "--json").json

    assert (1, "origin", "main", None, []) == tuple(
        pushed[name] for name in ("format", "remote", "branch", "pulled", "left")
    )
    assert [{"what": "added", "path": "b.md", "to": ""}] == planned["files"] == pulled["files"]
    assert (True, False) == (planned["dry_run"], pulled["dry_run"])
    assert ([], 0) == (synced["pulled"]["files"], synced["pushed"]["sent"])


def test_what_is_in_the_way_is_named(cli, laptop, home):
    """Exit code 11, the file, and what to do."""
    (laptop / "a.md").write_text("there\n")
    cli("sync", "--vault", str(laptop))
    (home / "a.md").write_text("staged\n")
    git("-C", home, "add", "a.md")

    done = cli("sync")

    assert (11, "") == (done.code, done.out)
    assert "a.md" in done.err
    assert "git pull" in done.err
    assert "staged\n" == (home / "a.md").read_text()


def test_without_a_remote_it_is_said_what_to_do(cli, home):
    """Exit code 1; status says it too, with 0."""
    git("init", "-q", home)

    done = cli("sync")

    assert (1, "") == (done.code, done.out)
    assert "git remote add origin ADDRESS" in done.err
    assert "not ready: there is no remote" in cli("sync", "status").out
