"""``memwell doctor`` on clients: the servers they name are really started, and used."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vault_engine import Actor, Engine
from vault_engine.engine import Memory

DEADLINE_S = 120
STEPS = ["start", "write", "read", "recall", "forget"]


@pytest.fixture
def notes(person):
    """A vault in that home folder, without a model, and Claude Code told of it."""
    folder = person / "notes"
    Engine.create(folder)
    (folder / ".memwell" / "config.toml").write_text('embedder = "none"\n')
    return folder


@pytest.fixture
def told(cli, notes):
    """Claude Code has been told of the vault."""
    assert 0 == cli("setup", "claude-code", "--no-hooks", "--vault", str(notes)).code
    return notes


@pytest.fixture
def tell(person):
    """Writes an entry for Memwell into Claude Code's file, as somebody may by hand."""

    def write(**entry):
        (person / ".claude.json").write_text(json.dumps({"mcpServers": {"memwell": entry}}))

    return write


@pytest.fixture
def row(cli, notes):
    """Has the doctor look at Claude Code alone; gives the exit code and its row."""

    def look(*more):
        done = cli("doctor", "--json", "--client", "claude-code", "--vault", str(notes), *more)
        (found,) = done.json["clients"]
        return done.code, found

    return look


def paths_of(notes):
    with Engine.open(notes) as engine:
        return [line.path for line in engine.list().notes]


class TestAServerThatWorks:
    """It is used as a client would use it."""

    def test_the_round_trip(self, told, row, tree):
        """Each step is timed, no note stays, and the journal says who it was."""
        before = tree(told)

        code, found = row()

        assert (0, "well", None, STEPS) == (code, found["health"], found["mend"], list(found["steps"]))
        assert (before, False) == (tree(told), (told / "memwell-doctor").exists())
        with Engine.open(told) as engine:
            entries = engine.last_entries().entries
        assert [("create", "memwell-doctor"), ("archive", "memwell-doctor")] == [
            (one.op, one.actor.name) for one in entries
        ]

    def test_the_matrix(self, told, cli):
        """A line for each client that is here, and the command for one that nobody has told."""
        done = cli("doctor", "--vault", str(told))

        assert 0 == done.code
        assert "\n  Claude Code  well    start " in done.out
        assert done.out.endswith(
            "\n  Cursor       untold  is here and knows no vault\n    mend: `memwell setup cursor`\n"
        )

    def test_what_a_killed_run_left_goes(self, told, row):
        """Its own notes only, by their names."""
        with Engine.open(told, actor=Actor("human", "ada", "cli")) as engine:
            for key in ("claude-code-0123abcd", "cursor-0123abcd", "claude-code-mine"):
                engine.remember(Memory(text="A probe of memwell doctor.", category="memwell-doctor", key=key))

        assert 0 == row()[0]

        assert ["memwell-doctor/claude-code-mine.md", "memwell-doctor/cursor-0123abcd.md"] == paths_of(told)

    def test_a_note_whose_server_was_killed_goes_with_the_next_run(self, told, tell, row, cli, tmp_path):
        """It died between write and read: the journal shows both."""
        script = tmp_path / "dies.py"
        script.write_text(
            "import subprocess, sys\n"
            "command = [sys.executable, '-m', 'memwell_cli', 'serve', *sys.argv[1:]]\n"
            "server = subprocess.Popen(command, stdin=subprocess.PIPE)\n"
            "for line in sys.stdin.buffer:\n"
            "    if b'tools/call' in line and b'read_note' in line:\n"
            "        server.kill()\n"
            "        sys.exit('killed')\n"
            "    server.stdin.write(line)\n"
            "    server.stdin.flush()\n"
        )
        tell(command=sys.executable, args=[str(script), "--vault", str(told)])
        code, found = row()
        assert (1, "answer", ["start", "write"], 1) == (code, found["ail"], list(found["steps"]), len(paths_of(told)))
        assert found["problem"].startswith("read_note: ")
        assert 0 == cli("setup", "claude-code", "--vault", str(told)).code

        assert (0, []) == (row()[0], paths_of(told))
        with Engine.open(told) as engine:
            assert ["create", "archive", "create", "archive"] == [one.op for one in engine.last_entries().entries]

    def test_the_vault_is_that_of_setup_where_no_other_is_meant(self, told, cli):
        """From any folder."""
        assert str(told) == cli("doctor", "--json").json["vault"]

    def test_without_clients_nothing_is_written(self, told, cli):
        """And none is shown."""
        done = cli("doctor", "--no-clients", "--json")

        assert (0, []) == (done.code, done.json["clients"])
        with Engine.open(told) as engine:
            assert () == engine.last_entries().entries


class TestAFileThatIsWrong:
    """Nothing is started; the command that mends it is named."""

    def test_no_entry(self, row):
        """Whoever asks for a client wants it told."""
        code, found = row()
        assert (1, "broken", "entry", "`memwell setup claude-code`") == (
            code,
            found["health"],
            found["ail"],
            found["mend"],
        )

    def test_an_entry_that_somebody_took_out(self, told, cli, person):
        """Setup remembers that it was there."""
        (person / ".claude.json").write_text("{}")
        done = cli("doctor")
        assert (1, True) == (done.code, "Claude Code  broken  no entry for memwell is in it" in done.out)

    def test_a_file_that_does_not_parse(self, row, person):
        """Left alone, as by setup."""
        (person / ".claude.json").write_text('{"mcpServers": ')
        code, found = row()
        assert (1, "file", True) == (code, found["ail"], "setup --print claude-code" in found["mend"])

    def test_a_program_that_is_gone(self, tell, row, notes):
        """As after another installation."""
        tell(command="/gone/bin/memwell", args=["serve", "--vault", str(notes)])
        code, found = row()
        assert (1, "program") == (code, found["ail"])
        assert f"`memwell setup claude-code --vault {notes}`" == found["mend"]

    def test_a_vault_that_is_gone(self, tell, row, person):
        """As when a drive is missing."""
        tell(command=sys.executable, args=["-m", "memwell_cli", "serve", "--vault", str(person / "gone")])
        assert (1, "vault") == (lambda code, found: (code, found["ail"]))(*row())

    @pytest.mark.parametrize(
        ("entry", "ail", "expected"),
        [
            ({"command": "x", "disabled": True}, "off", 3),
            ({"url": "http://127.0.0.1:1/mcp", "headers": {"A": "${NOT_SET_ANYWHERE}"}}, "variable", 3),
            ({"command": ["x", 1]}, "meaning", 1),
        ],
    )
    def test_an_entry_that_can_not_be_tried(self, tell, row, entry, ail, expected):
        """What may be meant so is a warning."""
        tell(**entry)
        code, found = row()
        assert (expected, ail, None) == (code, found["ail"], found["steps"])

    def test_a_mend_mends(self, tell, row, cli, notes):
        """The very command that was named."""
        tell(command="/gone/bin/memwell", args=["serve", "--vault", str(notes)])
        command = row()[1]["mend"].strip("`").split()

        assert 0 == cli(*command[1:]).code

        assert 0 == row()[0]


class TestAServerThatDoesNot:
    """Whatever it does, the doctor comes to an end, and so does what it started."""

    def test_one_that_ends_with_a_word(self, tell, row):
        """Its last line is shown."""
        tell(command=sys.executable, args=["-c", "import sys; sys.exit('no such module')"])
        code, found = row()
        assert (1, "start", True) == (code, found["ail"], found["problem"].endswith("it said: no such module"))

    def test_one_that_says_what_is_no_message(self, tell, spawn, notes):
        """And goes on reading: the time is up then. Nothing of it gets onto the terminal."""
        tell(command=sys.executable, args=["-c", "import sys; print('hello', flush=True); sys.stdin.read()"])

        done = spawn("doctor", "--json", "--timeout", "2", "--client", "claude-code", "--vault", str(notes))

        assert (1, b"", "late") == (done.returncode, done.stderr, json.loads(done.stdout)["clients"][0]["ail"])

    @pytest.mark.skipif(os.name == "nt", reason="it asks for a process group")
    def test_one_that_hangs_with_a_child(self, tell, row, tmp_path, until):
        """Both are killed, though they ignore that stdin ends."""
        pids = tmp_path / "pids"
        code = (
            "import os, subprocess, sys, time, signal\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
            "if len(sys.argv) < 2: subprocess.Popen([sys.executable, __file__, 'child'])\n"
            "time.sleep(600)\n"
        )
        (tmp_path / "hang.py").write_text(code)
        tell(command=sys.executable, args=[str(tmp_path / "hang.py")])

        exit_code, found = row("--timeout", "3")

        assert (1, "late") == (exit_code, found["ail"])
        started = [int(line) for line in pids.read_text().split()]
        assert started
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))

    def test_one_without_the_tools(self, tell, row, notes):
        """No note is written where none could be forgotten."""
        tell(
            command=sys.executable, args=["-m", "memwell_cli", "serve", "--vault", str(notes), "--profile", "remember"]
        )
        code, found = row()
        assert (1, "read-only", ["start"]) == (code, found["ail"], list(found["steps"]))
        assert [] == paths_of(notes)

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
    def test_a_doctor_that_is_killed_leaves_no_server(self, tell, notes, tmp_path, until):
        """It ends by itself when its stdin does."""
        pid = tmp_path / "pid"
        code = f"import os, sys; open({str(pid)!r}, 'w').write(str(os.getpid())); sys.stdin.read()"
        tell(command=sys.executable, args=["-c", code])
        doctor = subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", "doctor", "--vault", str(notes)], stdout=subprocess.DEVNULL
        )
        until(lambda: pid.exists() and pid.read_text() != "")

        doctor.send_signal(signal.SIGKILL)
        doctor.wait(DEADLINE_S)

        until(lambda: not Path(f"/proc/{pid.read_text()}").exists())


class TestARemoteServer:
    """It is reached by the address in the file."""

    @pytest.fixture
    def served(self, notes, until):
        """The vault over HTTP; gives its address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "memwell_cli", "serve", "--transport", "http", "--port", str(port)]
        process = subprocess.Popen([*command, "--vault", str(notes)], stderr=subprocess.DEVNULL)

        def answers():
            assert process.poll() is None
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        until(answers)
        yield f"http://127.0.0.1:{port}/mcp"
        process.terminate()
        process.wait(DEADLINE_S)

    @pytest.fixture
    def token(self, notes, cli):
        """Makes a token."""
        return lambda scope: cli("token", "create", scope, "--scope", scope, "--vault", str(notes), "--json").json[
            "token"
        ]

    @pytest.fixture(autouse=True)
    def direct(self, monkeypatch):
        """No proxy between this machine and itself."""
        monkeypatch.setenv("no_proxy", "127.0.0.1")

    def test_with_a_token(self, served, token, cli, row, monkeypatch):
        """The round trip by the address that setup wrote; the token is nowhere to be seen."""
        monkeypatch.setenv("NOTES_TOKEN", token("write"))
        assert 0 == cli("setup", "claude-code", "--remote", served, "--token-env", "NOTES_TOKEN").code

        code, found = row()

        assert (0, STEPS, served) == (code, list(found["steps"]), found["server"])
        assert os.environ["NOTES_TOKEN"] not in json.dumps(found)

    def test_with_a_token_for_reading_it_is_a_warning(self, served, token, tell, row):
        """It may be meant so."""
        tell(url=served, headers={"Authorization": f"Bearer {token('read')}"})
        code, found = row()
        assert (3, "read-only") == (code, found["ail"])

    def test_with_a_wrong_token(self, served, token, tell, row):
        """The token is nowhere to be seen."""
        token("read")
        tell(url=f"{served}?token=memwell_wrong", headers={"Authorization": "Bearer memwell_wrong"})
        code, found = row()
        assert (1, "start", False) == (code, found["ail"], "memwell_wrong" in json.dumps(found))

    def test_nobody_answers(self, tell, row):
        """It is said, with the address."""
        tell(url="http://127.0.0.1:1/mcp")
        code, found = row()
        assert (1, "start", True) == (
            code,
            found["ail"],
            found["problem"].startswith("the server could not be reached"),
        )

    def test_offline_it_is_not_asked(self, tell, row):
        """And that is no fault."""
        tell(url="http://127.0.0.1:1/mcp")
        code, found = row("--offline")
        assert (0, "skipped", None) == (code, found["health"], found["steps"])


def test_options_that_exclude_each_other(cli, notes):
    """Exit code 2."""
    assert 2 == cli("doctor", "--client", "zed", "--no-clients").code
    assert 2 == cli("doctor", "--client", "nobody").code
