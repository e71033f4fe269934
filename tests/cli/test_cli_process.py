"""What only a real process shows: pipes, signals, terminals, and how it is started."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX pipes, signals and terminals")

DEADLINE_S = 60
MEMWELL = Path(sys.executable).with_name("memwell")


def in_shell(script: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of bash with ``memwell`` on the path."""
    path = f"{MEMWELL.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, **more},
        timeout=DEADLINE_S,
        check=False,
    )


def on_a_terminal(*arguments: str) -> tuple[int, str, bytes]:
    """Run a command whose stderr is a terminal; give its code, what it drew there, and its stdout."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "memwell_cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    drawn = b""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the other side has closed
                data = b""
            if not data:
                break
            drawn += data
        elif process.poll() is not None:
            break
    out, _ = process.communicate(timeout=DEADLINE_S)
    os.close(ours)
    return process.returncode, drawn.decode(), out


def test_both_ways_to_start_it_are_the_same(home):
    """``memwell`` and ``python -m memwell_cli``."""
    module = [sys.executable, "-m", "memwell_cli", "--version"]

    assert subprocess.check_output(module) == subprocess.check_output([MEMWELL, "--version"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_printed(shell):
    """For the three shells that docs/cli.md names."""
    done = in_shell(f"_MEMWELL_COMPLETE={shell}_source memwell")

    assert (0, "") == (done.returncode, done.stderr)
    assert "_memwell_completion" in done.stdout


def test_the_documented_completion_line_works_in_bash():
    """The script is what bash understands."""
    done = in_shell('eval "$(_MEMWELL_COMPLETE=bash_source memwell)" && complete -p memwell')

    assert (0, "") == (done.returncode, done.stderr)


class TestPipes:
    """The reader of a pipe may leave when it likes."""

    @pytest.fixture(autouse=True)
    def _many(self, put):
        for number in range(500):
            put(f"notes/{'a-note-with-quite-a-long-name-' * 6}{number}.md", "x\n")  # more than a pipe holds

    @pytest.mark.parametrize("arguments", ["note list", "note list --json"])
    @pytest.mark.parametrize("reader", ["head -c 10", "true"])
    def test_nothing_is_said_when_nobody_listens(self, arguments, reader):
        """No traceback, no "Exception ignored"."""
        done = in_shell(f"memwell {arguments} | {reader}")

        assert "" == done.stderr

    def test_a_full_disk_under_stdout_is_an_error_not_a_traceback(self):
        """``memwell note list > file`` on a full disk."""
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full here")
        done = in_shell("memwell note list > /dev/full")

        assert 1 == done.returncode
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr

    def test_without_a_stdout_nothing_breaks(self):
        """A job of cron or a service may have none."""
        assert "" == in_shell("memwell note list >&-").stderr


def test_without_a_stdin_there_is_no_text(home):
    """``-`` with stdin closed is a usage error."""
    done = in_shell("memwell remember - <&-")

    assert 2 == done.returncode
    assert "Traceback" not in done.stderr


def test_from_a_folder_that_was_deleted(tmp_path):
    """The shell still stands in it; there is no vault there."""
    done = in_shell(f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir ../gone && memwell status")

    assert 10 == done.returncode
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_plain_locale_can_show_every_note(locale, home, put):
    """Servers and containers often have no UTF-8 locale."""
    put("潮.md", "Größe — 潮 🌊\n")

    done = in_shell("memwell note list && memwell recall Größe --mode keyword && memwell note show 潮", **locale)
    assert (0, "") == (done.returncode, done.stderr)


def test_ctrl_c_while_waiting_for_stdin_is_130(home):
    """One word on stderr, no traceback, no note."""
    process = subprocess.Popen(
        [sys.executable, "-m", "memwell_cli", "remember", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + DEADLINE_S
    while not is_reading_stdin(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)

    assert (130, b"", b"cancelled") == (process.returncode, out, err.strip())
    assert [] == list(home.glob("*/*.md"))


def test_what_changes_is_printed_while_it_is_followed_and_ctrl_c_is_the_end(home, put):
    """A line an entry, whoever made the change; the end is no failure."""
    process = subprocess.Popen(
        [sys.executable, "-m", "memwell_cli", "watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"following" in process.stderr.readline()
    put("a.md", "by hand\n")
    first = json.loads(process.stdout.readline())
    in_shell("memwell remember 'by an agent' --category facts --key b")
    second = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)

    assert ("external", "a.md", "somebody") == (first["op"], first["path"], first["actor"]["name"])
    assert ("create", "facts/b.md", "cli") == (second["op"], second["path"], second["actor"]["client"])
    assert (0, b"", b"") == (process.returncode, out, err)


def is_reading_stdin(pid: int) -> bool:
    """Say whether a process sleeps in a read of a pipe; guess by its age where /proc does not tell."""
    with contextlib.suppress(OSError):
        return "pipe" in Path(f"/proc/{pid}/wchan").read_text()
    time.sleep(3)
    return True


class TestTerminal:
    """Progress is for those who see it."""

    def test_a_bar_on_a_terminal(self, put):
        """Drawn on stderr; the answer on stdout has none of it."""
        for number in range(20):
            put(f"{number}.md", "x\n")

        code, drawn, out = on_a_terminal("index", "build")
        assert 0 == code
        assert "reading notes" in drawn
        assert "20/20" in drawn
        assert out.startswith(b"index up to date: 20 added")
        assert b"\x1b" not in out

    def test_the_json_is_clean_beside_the_bar(self, put):
        """One object."""
        put("a.md", "x\n")
        code, _, out = on_a_terminal("index", "build", "--json")

        assert (0, 1) == (code, len(out.splitlines()))
        assert out.startswith(b'{"format": 1')

    def test_no_bar_without_a_terminal(self, put, spawn):
        """Not even its escape sequences."""
        put("a.md", "x\n")

        assert b"" == spawn("index", "build").stderr

    def test_an_error_is_red_only_on_a_terminal(self, home, spawn):
        """A log file has no use for colours."""
        _, drawn, _ = on_a_terminal("note", "show", "nope")

        assert "\x1b[31merror:" in drawn
        assert b"\x1b" not in spawn("note", "show", "nope").stderr


def test_many_people_at_once_lose_nothing(home):
    """Five processes remember at the same time: five notes."""
    processes = [
        subprocess.Popen([sys.executable, "-m", "memwell_cli", "remember", f"text {n}", "--key", f"k{n}"])
        for n in range(5)
    ]

    assert [0] * 5 == [process.wait(DEADLINE_S) for process in processes]
    assert {f"k{n}.md" for n in range(5)} == {file.name for file in (home / "notes").iterdir()}
