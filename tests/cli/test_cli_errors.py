"""Every exit code, each reached by a situation that really occurs, and what is said then."""

import errno
import json
import os
import re
import subprocess
import sys

import click
import pytest

from memwell_cli.exits import _ADVICE, EXIT_CODES, advice
from memwell_cli.main import memwell
from vault_engine import Kind, MemwellError, errors
from vault_engine.vault.lock import Lock

DOCUMENTED = {0: "done", 1: "failed", 2: "usage", 3: "partly done", 10: "not found", 11: "conflict"} | {
    12: "locked",
    13: "denied",
    14: "damaged",
    130: "cancelled",
}


def refuse(monkeypatch, number):
    """Have the disk refuse to make anything durable."""

    def fsync(_handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.fixture
def locked(home, monkeypatch):
    """Another process holds the vault's lock; we wait for a tenth of a second only."""
    monkeypatch.setitem(Lock.held.__wrapped__.__kwdefaults__, "wait_s", 0.1)
    lock = home / ".memwell" / "local" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX); print(flush=True);"
            "input()",
            str(lock),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    yield
    holder.communicate(b"\n", timeout=30)


class TestLocked:
    """Exit code 12."""

    def test_a_write_gives_up_and_says_who_is_in_the_way(self, locked, cli, home):
        """Nothing is written."""
        refused = cli("remember", "x", "--key", "k")

        assert (12, "") == (refused.code, refused.out)
        assert re.search(r"another process has been writing to .* for more than 0\.1 s", refused.err)
        assert "Nothing was changed. Try again in a moment." in refused.err
        assert not (home / "notes").exists()

    def test_reading_does_not_wait_for_it(self, locked, cli):
        """Recall, list, status and context need no lock."""
        for command in (["recall", "x"], ["note", "list"], ["status"], ["context"], ["index", "build"]):
            assert 0 == cli(*command).code


@pytest.mark.parametrize(
    ("number", "code", "kind", "step"),
    [
        (errno.EROFS, 13, "denied", "mounted read-only"),
        (errno.EACCES, 13, "denied", "who owns the folder"),
        (errno.ENOSPC, 1, "failed", "Free some space"),
        (errno.EIO, 1, "failed", "check the disk"),
    ],
)
class TestARefusingDisk:
    """Exit code 13 when we may not, 1 when the disk can't."""

    def test_remember(self, number, code, kind, step, cli, home, monkeypatch, tree):
        """Nothing has changed among the notes; the system's reason is named."""
        cli("remember", "old", "--key", "k")
        before = tree(home)
        refuse(monkeypatch, number)

        refused = cli("remember", "new", "--key", "k")
        assert (code, "") == (refused.code, refused.out)
        assert os.strerror(number) in refused.err
        assert step in refused.err
        assert kind == cli("remember", "new", "--key", "k", "--json").error["kind"]
        assert before == tree(home)

    def test_init(self, number, code, kind, step, cli, monkeypatch):
        """A folder that can't be written can't become a vault."""
        refuse(monkeypatch, number)

        assert (code, "") == cli("init", "new")[:2]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may do everything")
def test_a_folder_of_somebody_else_is_denied(cli, home):
    """The same without any trick."""
    (home / "notes").mkdir(mode=0o500)

    assert 13 == cli("remember", "x", "--key", "k").code


def test_settings_that_can_not_be_understood_are_named(cli, home):
    """Exit code 2; the file and the setting are in the message."""
    config = home / ".memwell" / "config.toml"
    for text, problem in (("x = [", "not valid TOML"), ("embeder = 'none'\n", "unknown setting 'embeder'")):
        config.write_text(text)

        refused = cli("status")
        assert (2, "") == (refused.code, refused.out)
        assert str(config) in refused.err
        assert problem in refused.err


def test_a_language_that_is_not_known_is_refused(cli, home):
    """Else it would silently be searched as if it were another."""
    (home / ".memwell" / "config.toml").write_text('language = "xx"\n')

    assert 2 == cli("recall", "x").code


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["note", "nonsense"], ["recall", "x", "--nonsense"], ["status", "one-too-many"]]
)
def test_what_is_no_command_is_a_usage_error(arguments, cli):
    """Exit code 2, with the help to ask for."""
    refused = cli(*arguments)

    assert (2, "") == (refused.code, refused.out)
    assert "--help" in refused.err
    assert (2, "usage") == ((as_json := cli(*arguments, "--json")).code, as_json.error["kind"])


def test_ctrl_c_is_cancelled(cli, home, monkeypatch):
    """Exit code 130, one word, no traceback."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("memwell_cli.commands.status.open_vault", interrupted)
    assert (130, "", "cancelled\n") == tuple(part if isinstance(part, int) else part.lstrip() for part in cli("status"))


class TestWords:
    """What an error says."""

    def test_plain_it_has_what_state_and_next_step(self, cli, home):
        """In that order, on stderr only."""
        lines = cli("note", "show", "nope").err.splitlines()

        assert "error: no note 'nope' in the vault" == click.unstyle(lines[0])
        assert lines[1].startswith("  Nothing was changed. List the notes with `memwell note list`")
        assert 2 == len(lines)

    def test_as_json_it_is_one_object_on_stderr(self, cli, home):
        """With kind, message, state, advice and facts."""
        missing = cli("note", "show", "nope", "--json")

        assert "" == missing.out
        assert 1 == len(missing.err.splitlines())
        assert 1 == json.loads(missing.err)["format"]
        assert {
            "kind": "not_found",
            "message": "no note 'nope' in the vault",
            "state": "Nothing was changed.",
            "facts": {"ref": "nope", "near": [], "where": "the vault"},
        }.items() <= missing.error.items()
        assert missing.error["advice"]

    def test_a_query_that_says_json_is_not_a_wish_for_it(self, cli, home):
        """After ``--`` everything is the query."""
        refused = cli("note", "show", "--", "--json")

        assert (10, True) == (refused.code, click.unstyle(refused.err).startswith("error:"))

    def test_every_error_class_has_advice(self):
        """Whatever goes wrong, there is a next step."""
        classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, MemwellError)]

        assert {MemwellError} == {c for c in classes if not any(base in _ADVICE for base in c.__mro__)}
        assert advice(errors.BadName("x", "y"))

    def test_every_kind_has_a_documented_exit_code(self):
        """And the help has them all."""
        assert set(Kind) == EXIT_CODES.keys()
        assert set(EXIT_CODES.values()) < DOCUMENTED.keys()
        text = " ".join((memwell.help or "").split())
        for code, meaning in DOCUMENTED.items():
            assert f"{code} {meaning}" in text
