"""What has to be in order before a pull: where it goes, what it joins, what is in its way."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from git_person import is_clean, run
from machines import Machine, machines

from vault_engine import Engine
from vault_engine.errors import GitUnusable, NotesVanished, SyncBlocked
from vault_engine.sync import git_command

pytestmark = pytest.mark.usefixtures("person")

START = "# Start\n\none\n\ntwo\n\nthree\n"


def test_a_vault_joins_a_remote_that_has_something_already(pair, tmp_path):
    """A folder without a commit takes what is there; its own notes stay."""
    Engine.create(tmp_path / "carl")
    run(tmp_path / "carl", "init", "-q")
    run(tmp_path / "carl", "remote", "add", "origin", str(tmp_path / "remote.git"))
    carl = Machine(tmp_path / "carl", "carl", tmp_path / "cache")

    carl.pull()

    assert {"start.md": START} == carl.files
    assert is_clean(carl.folder)


def test_histories_without_a_common_commit_are_only_joined_when_that_is_meant(pair, tmp_path):
    """Else it may be the wrong remote. Equal notes are one, different ones are kept both."""
    Engine.create(tmp_path / "carl")
    run(tmp_path / "carl", "init", "-q")
    run(tmp_path / "carl", "remote", "add", "origin", str(tmp_path / "remote.git"))
    carl = Machine(tmp_path / "carl", "carl", tmp_path / "cache")
    carl.write("start.md", "# Another start\n")
    carl.write("c.md", "c\n")

    with pytest.raises(SyncBlocked, match="--unrelated"):
        carl.pull()
    assert {"start.md", "c.md"} == carl.files.keys()
    pulled = carl.engine.sync(unrelated=True).pulled

    assert ["conflict"] == [file.what for file in pulled.files]
    assert "# Another start\n" == carl.read("start.md")
    assert START == carl.read(pulled.files[0].to)
    pair[0].sync()
    assert pair[0].files == carl.files


def test_files_outside_of_the_vault_are_not_written(tmp_path):
    """Where the vault is a folder of the repository, the rest of that is the person's to pull."""
    anna, bert = machines(tmp_path, "anna", "bert")
    vault = anna.folder / "notes"
    Engine.create(vault)
    inner = Machine(vault, "inner", tmp_path / "cache")
    bert.write("outside.txt", "outside\n")
    bert.write("notes/n.md", "n\n")
    bert.git("add", ".")
    bert.git("commit", "-qm", "both")
    bert.git("push", "-q")

    with pytest.raises(SyncBlocked, match=r"outside of the vault: outside\.txt"):
        inner.pull()

    anna.git("pull", "-q", "--no-rebase", "origin", "main")
    bert.write("notes/n.md", "n by Bert\n")
    bert.git("commit", "-qam", "n")
    bert.git("pull", "-q", "--no-rebase")
    bert.git("push", "-q")
    inner.sync()
    assert "n by Bert\n" == inner.read("n.md")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (("checkout", "-q", "--detach"), "no branch"),
        (("remote", "remove", "origin"), "no remote"),
        (("remote", "set-url", "origin", "/nowhere/at/all.git"), "nowhere"),
        (("remote", "set-url", "origin", "https://127.0.0.1:1/x.git"), "127.0.0.1"),
    ],
)
def test_without_a_way_nothing_is_done(pair, prepare, words):
    """The reason is said, and nothing was changed."""
    anna, _ = pair
    anna.git(*prepare)
    anna.write("a.md", "a\n")
    head = anna.git("rev-parse", "HEAD")

    with pytest.raises(GitUnusable, match=words):
        anna.pull()

    assert head == anna.git("rev-parse", "HEAD")


def test_what_is_staged_and_would_have_to_change_is_in_the_way(pair):
    """It is the person's, and named."""
    anna, bert = pair
    anna.write("start.md", START + "by Anna\n")
    anna.sync()
    bert.write("start.md", START + "staged\n")
    bert.git("add", "start.md")

    with pytest.raises(SyncBlocked) as caught:
        bert.sync()

    assert ("start.md",) == caught.value.paths
    assert START + "staged\n" == bert.read("start.md")
    assert "M  start.md\n" == bert.git("status", "--porcelain")


def test_the_state_is_told_without_asking_the_remote(pair):
    """As of the last look."""
    anna, bert = pair
    anna.write("a.md", "a\n")
    assert (0, 0, 1) == (
        anna.engine.sync_state().ahead,
        anna.engine.sync_state().behind,
        anna.engine.sync_state().uncommitted,
    )
    anna.sync()
    bert.git("fetch", "-q")

    state = bert.engine.sync_state()

    assert ("origin", "main", 0, 2, 0, 0, None) == (
        *(state.remote, state.branch, state.ahead, state.behind, state.uncommitted, state.conflicts, state.problem),
    )


def test_where_much_is_gone_nothing_is_done_unasked(pair):
    """A disk may be missing rather than the notes, and the other machines would delete them too."""
    anna, bert = pair
    for number in range(20):
        anna.write(f"folder/{number}.md", f"{number}\n")
    anna.sync()
    bert.sync()
    head = anna.git("rev-parse", "HEAD")
    for number in range(20):
        anna.remove(f"folder/{number}.md")

    for verb in (anna.engine.sync, anna.engine.sync_pull, anna.engine.sync_push):
        with pytest.raises(NotesVanished, match="20 of 21"):
            verb()
    assert head == anna.git("rev-parse", "HEAD")
    anna.engine.sync(yes=True)
    bert.sync()

    assert {"start.md": START} == anna.files == bert.files


# ---- the way there


def test_the_persons_own_ssh_is_used(pair, tmp_path, monkeypatch):
    """Their command, keys and agent; what the repository says of ssh is not looked at."""
    anna, bert = pair
    command = tmp_path / "ssh.sh"
    command.write_text('#!/bin/sh\nshift $(($# - 1))\nexec sh -c "$1"\n')
    command.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(command))
    anna.git("remote", "set-url", "origin", f"ssh://host{tmp_path}/remote.git")
    anna.git("config", "core.sshCommand", "false")
    anna.write("a.md", "a\n")

    anna.sync()
    bert.sync()

    assert {"start.md", "a.md"} == bert.files.keys()


def test_a_remote_that_does_not_answer_is_given_up(pair, monkeypatch):
    """Nobody waits forever, and nothing that was started goes on."""
    anna, _ = pair
    anna.git("remote", "set-url", "origin", "ssh://host/remote.git")
    monkeypatch.setenv("GIT_SSH_COMMAND", "sleep 60; true")
    monkeypatch.setattr(git_command, "TRANSFER_TIMEOUT_S", 0.5)

    with pytest.raises(GitUnusable, match="did not answer"):
        anna.pull()


def test_nobody_is_asked_for_a_password(pair, tmp_path, monkeypatch):
    """A server that wants one gets none, and the sync ends; helpers that the repository names are not run."""
    anna, _ = pair
    (tmp_path / "asked.sh").write_text(f"#!/bin/sh\n: > {tmp_path}/asked\necho secret\n")
    (tmp_path / "asked.sh").chmod(0o755)
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(tmp_path / "asked.sh"))
    anna.git("config", "credential.helper", f"!{tmp_path}/asked.sh")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Locked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    anna.git("remote", "set-url", "origin", f"http://127.0.0.1:{server.server_port}/x.git")

    with pytest.raises(GitUnusable):
        anna.pull()
    server.shutdown()
    server.server_close()

    assert Locked.asked
    assert not (tmp_path / "asked").exists()


class Locked(BaseHTTPRequestHandler):
    """Wants a password for everything."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass
