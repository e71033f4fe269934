"""``memwell setup``: a person's clients know the vault."""

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vault_engine.clients import CLIENTS

NAMES = [one.name for one in CLIENTS]
DEADLINE_S = 240

pytestmark = pytest.mark.usefixtures("person")


def server_in(file: Path) -> dict[str, object]:
    """Give what a file of the usual shape says of our server."""
    return json.loads(file.read_text())["mcpServers"]["memwell"]


class TestSetup:
    """Clients are told."""

    def test_yes_makes_a_vault_and_tells_every_client_that_is_there(self, cli, person):
        """And no other."""
        done = cli("setup", "--yes", "--json")

        assert 0 == done.code
        assert str(person / "memwell") == done.json["vault"]
        assert [("claude-code", "created"), ("cursor", "created")] == [
            (one["client"], one["action"]) for one in done.json["clients"]
        ]
        assert [("claude-code", "created", "hooks"), ("cursor", "created", "hooks")] == [
            (one["client"], one["action"], one["what"]) for one in done.json["hooks"]
        ]
        assert (person / "memwell" / ".memwell").is_dir()
        assert ["serve", "--vault", str(person / "memwell")] == server_in(person / ".claude.json")["args"]

    def test_the_server_that_is_written_answers(self, cli, person, tmp_path):
        """Started as the client would, from any folder and without a PATH."""
        cli("setup", "--yes", "claude-code")
        entry = server_in(person / ".claude.json")
        asked = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        }

        answered = subprocess.run(
            [entry["command"], *entry["args"]],
            input=json.dumps(asked).encode() + b"\n",
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": ""},
            timeout=DEADLINE_S,
            check=False,
        )

        assert "memwell" == json.loads(answered.stdout.splitlines()[0])["result"]["serverInfo"]["name"]

    def test_without_a_terminal_nothing_is_done_unasked(self, cli, files):
        """It says what to say."""
        refused = cli("setup")

        assert (2, "", {}) == (refused.code, refused.out, files())
        assert "--vault DIR" in refused.err
        assert "--yes" in refused.err

    def test_with_a_vault_and_without_a_terminal_the_plan_is_shown_and_nothing_is_done(self, cli, person, files):
        """Unless clients are named or --yes is said."""
        refused = cli("setup", "--vault", str(person / "notes"))

        assert (2, "", {}) == (refused.code, refused.out, files())
        assert f"Claude Code: would make {person / '.claude.json'}" in refused.err
        assert not (person / "notes").exists()

    def test_a_named_client_needs_no_yes(self, cli, person, files):
        """Who names it wants it."""
        done = cli("setup", "cursor", "--vault", str(person / "notes"))

        assert 0 == done.code
        ours = [".local/share/memwell/setup.json", ".local/share/memwell/setup.lock"]
        assert [".cursor/hooks.json", ".cursor/mcp.json", *ours] == list(files())
        assert (person / "notes" / ".memwell").is_dir()

    def test_a_dry_run_does_nothing(self, cli, person, files):
        """It says what would be done."""
        shown = cli("setup", "--dry-run")

        assert (0, {}) == (shown.code, files())
        assert f"Cursor: would make {person / '.cursor' / 'mcp.json'}" in shown.out
        assert not (person / "memwell").exists()

    def test_twice_is_once(self, cli, files):
        """The second time it says so."""
        cli("setup", "--yes")
        before = files()

        again = cli("setup", "--yes")

        assert (0, before) == (again.code, files())
        assert (2, 2) == (again.out.count("says so already"), again.out.count("has the hooks already"))

    def test_a_file_that_does_not_parse_is_left_and_what_belongs_into_it_is_printed(self, cli, person):
        """The others are told all the same; the exit code is that of a part."""
        (person / ".cursor" / "mcp.json").write_text("{ oops")

        done = cli("setup", "--yes", "--no-hooks")

        assert (3, "{ oops") == (done.code, (person / ".cursor" / "mcp.json").read_text())
        assert f"This belongs into {person / '.cursor' / 'mcp.json'}:" in done.err
        assert '"memwell": {' in done.err
        assert "Claude Code: made" in done.out
        assert 14 == cli("setup", "cursor", "--no-hooks").code

    def test_a_read_only_file_is_denied(self, cli, person):
        """With the code for that."""
        file = person / ".cursor" / "mcp.json"
        file.write_text("{}")
        file.chmod(0o444)

        denied = cli("setup", "cursor", "--yes", "--no-hooks")

        assert (13, "{}") == (denied.code, file.read_text())
        assert "it is read-only" in denied.err

    @pytest.mark.parametrize("name", NAMES)
    def test_print_prints_what_belongs_into_the_file_and_does_nothing(self, name, cli, files):
        """On stdout alone, so that it can be piped; what belongs into the file of its hooks comes behind it."""
        printed, as_json = cli("setup", "--print", name), cli("setup", "--print", name, "--json").json

        assert (0, {}) == (printed.code, files())
        assert "memwell" in as_json["snippet"]
        assert printed.out == as_json["snippet"] + (as_json["hooks"] or "")
        assert as_json["snippet"] == cli("setup", "--print", name, "--no-hooks").out

    def test_a_client_that_is_none_is_refused(self, cli):
        """All there are are named."""
        refused = cli("setup", "emacs", "--yes")

        assert 2 == refused.code
        assert all(name in refused.err for name in NAMES)

    def test_a_machine_without_clients_is_told_their_names(self, cli, person):
        """Nothing is guessed."""
        for folder in (".claude", ".cursor"):
            (person / folder).rmdir()

        refused = cli("setup", "--yes")

        assert 2 == refused.code
        assert all(name in refused.err for name in NAMES)


class TestHooks:
    """Clients run us at their events."""

    @staticmethod
    def commands(person) -> list[str]:
        """Give what Claude Code runs when a prompt is sent."""
        file = person / ".claude" / "settings.json"
        groups = json.loads(file.read_text())["hooks"]["UserPromptSubmit"]
        return [one["command"] for group in groups for one in group["hooks"]]

    def test_the_command_that_is_written_answers(self, cli, person, program, tmp_path):
        """Run by a shell as the client would, from any folder and without a PATH."""
        cli("setup", "--yes", "claude-code")
        vault = str(person / "memwell")
        cli("remember", "The billing service listens on port 8443.", "--vault", vault, "--key", "billing")
        said = {
            "session_id": "s",
            "hook_event_name": "UserPromptSubmit",
            "prompt": "Which port does billing listen on?",
        }
        (command,) = self.commands(person)
        assert command.startswith(f"{program} hook prompt ")

        answered = subprocess.run(
            ["/bin/sh", "-c", f"{command} --deadline 30000"],
            input=json.dumps(said).encode(),
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": "/nowhere"},
            timeout=DEADLINE_S,
            check=False,
        )

        assert (0, b"") == (answered.returncode, answered.stderr)
        assert "8443" in json.loads(answered.stdout)["hookSpecificOutput"]["additionalContext"]

    def test_they_stand_beside_those_of_others(self, cli, person):
        """Which stay as they are."""
        file = person / ".claude" / "settings.json"
        theirs = '{"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "say hi"}]}]}}'
        file.write_text(theirs)

        cli("setup", "claude-code", "--yes")
        first, second = self.commands(person)

        assert ("say hi", True) == (first, f" hook prompt --vault {person / 'memwell'}" in second)
        cli("uninstall", "--yes")
        assert theirs == file.read_text()

    def test_they_can_be_left_out_and_taken_out(self, cli, person, files):
        """The second setup takes out what the first one put in."""
        assert 0 == cli("setup", "claude-code", "--yes", "--no-hooks").code
        without = files()
        cli("setup", "claude-code", "--yes")
        assert ".claude/settings.json" in files()

        done = cli("setup", "claude-code", "--yes", "--no-hooks")

        assert (0, without.keys()) == (done.code, files().keys())
        assert "removed" in done.out

    def test_a_file_of_hooks_that_does_not_parse_is_left_and_what_belongs_into_it_is_printed(self, cli, person):
        """The server is told all the same."""
        (person / ".claude" / "settings.json").write_text("{ oops")

        done = cli("setup", "claude-code", "--yes")

        assert (3, "{ oops") == (done.code, (person / ".claude" / "settings.json").read_text())
        assert '"UserPromptSubmit": [' in done.err
        assert (person / ".claude.json").exists()

    def test_a_server_that_runs_already_has_none(self, cli, person):
        """They would be about a vault of this machine; those of before are taken out."""
        cli("setup", "claude-code", "--yes")

        cli("setup", "claude-code", "--remote", "https://notes.example.org/mcp")

        assert not (person / ".claude" / "settings.json").exists()


class TestRemote:
    """A server that runs already."""

    def test_its_address_and_the_name_of_the_variable_are_written(self, cli, person):
        """No vault is made."""
        done = cli("setup", "claude-code", "--remote", "https://notes.example.org/mcp", "--token-env", "NOTES_TOKEN")

        assert 0 == done.code
        entry = server_in(person / ".claude.json")
        assert "https://notes.example.org/mcp" == entry["url"]
        assert {"Authorization": "Bearer ${NOTES_TOKEN}"} == entry["headers"]
        assert not (person / "memwell").exists()

    def test_a_client_without_remote_servers_says_so(self, cli, files):
        """And the others are told."""
        refused = cli("setup", "claude-desktop", "--remote", "https://notes.example.org/mcp")

        assert (2, False) == (refused.code, ".config/Claude/claude_desktop_config.json" in files())
        assert "takes no remote server" in refused.err

    @pytest.mark.parametrize(
        "url",
        ["", "notes.example.org", "ftp://a/b", "http://", "https://you:secret@a/mcp", "https://a/ b", "http://[::1"],
    )
    def test_an_address_that_is_none_or_holds_a_secret_is_refused(self, url, cli, files):
        """Nothing is written."""
        refused = cli("setup", "claude-code", "--remote", url)

        assert (2, {}) == (refused.code, files())
        assert "secret" not in refused.err

    @pytest.mark.parametrize("name", ["", "A B", "memwell_" + "x" * 43, "${X}"])
    def test_a_token_in_the_place_of_a_name_is_refused_and_not_repeated(self, name, cli, files):
        """It would be written into a file."""
        refused = cli("setup", "claude-code", "--remote", "https://a/mcp", "--token-env", name)

        assert (2, {}) == (refused.code, files())
        assert "memwell_xxx" not in refused.err

    @pytest.mark.parametrize(
        "options", [("--token-env", "T"), ("--remote", "https://a/mcp", "--vault", "x")], ids=["token", "vault"]
    )
    def test_options_that_do_not_go_together_are_refused(self, options, cli, files):
        """Nothing is written."""
        assert (2, {}) == (cli("setup", "claude-code", *options).code, files())


class TestVault:
    """Which vault clients are told of."""

    def test_a_vault_that_one_is_in_is_meant(self, cli, home, person):
        """As for every command."""
        cli("setup", "claude-code")

        assert ["serve", "--vault", str(home)] == server_in(person / ".claude.json")["args"]

    def test_the_vault_of_the_last_setup_is_meant_again(self, cli, person):
        """Another client is added with one word."""
        cli("setup", "claude-code", "--vault", str(person / "notes"))

        cli("setup", "cursor")

        assert ["serve", "--vault", str(person / "notes")] == server_in(person / ".cursor" / "mcp.json")["args"]

    def test_notes_that_are_there_are_adopted_and_not_touched(self, cli, person, tree):
        """As by `memwell init`."""
        notes = person / "notes"
        notes.mkdir()
        (notes / "Home.md").write_text("mine")
        before = tree(notes)

        assert 0 == cli("setup", "claude-code", "--vault", str(notes)).code
        assert before == tree(notes)

    @pytest.mark.parametrize("vault", ["", "n" * 300, "a\0b", "~no-such-user/x", ".claude.json", "a\udc80"])
    def test_what_can_not_be_a_vault_is_refused(self, vault, cli, person, files, monkeypatch):
        """Nothing is written, and a file is not taken for a folder."""
        (person / ".claude.json").write_text("{}")
        monkeypatch.chdir(person)

        for options in ([], ["--dry-run"]):
            assert 2 == cli("setup", "claude-code", "--vault", vault, *options).code
        assert {".claude.json": b"{}"} == files()

    def test_an_obsidian_vault_is_suggested(self, cli, person):
        """Where there is nobody to ask."""
        (person / "Brain" / ".obsidian").mkdir(parents=True)
        listing = person / ".config" / "obsidian" / "obsidian.json"
        listing.parent.mkdir(parents=True)
        listing.write_text(json.dumps({"vaults": {"1": {"path": str(person / "Brain"), "ts": 1}}}))

        assert str(person / "Brain") in cli("setup").err

    def test_a_setting_that_names_no_vault_is_not_replaced_by_another(self, cli, person, files, monkeypatch):
        """``MEMWELL_VAULT`` was meant."""
        monkeypatch.setenv("MEMWELL_VAULT", str(person / "gone"))

        assert (10, {}) == (cli("setup", "--yes").code, files())


class TestTerminal:
    """Somebody is there to ask."""

    @staticmethod
    def talk(*arguments: str, answers: str) -> tuple[int, str]:
        """Run a command on a terminal of its own, answer it, and give its code and all that was shown."""
        ours, theirs = pty.openpty()
        shown = bytearray()

        def listen() -> None:
            try:
                while data := os.read(ours, 4096):
                    shown.extend(data)
            except OSError:  # the other end is closed
                pass

        process = subprocess.Popen(
            [sys.executable, "-m", "memwell_cli", *arguments], stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        listener = threading.Thread(target=listen)
        listener.start()
        os.write(ours, answers.encode())
        code = process.wait(timeout=DEADLINE_S)
        listener.join(timeout=DEADLINE_S)
        os.close(ours)
        return code, shown.decode()

    def test_the_plan_is_shown_and_a_yes_does_it(self, person):
        """Each client and its file."""
        code, shown = self.talk("setup", answers="y\n")

        assert 0 == code
        assert shown.index("would make") < shown.index("Go on?") < shown.index("Cursor: made")
        assert (person / "memwell" / ".memwell").is_dir()

    def test_a_no_does_nothing(self, files, person):
        """Not even the vault is made."""
        code, _ = self.talk("setup", answers="n\n")

        assert (130, {}, False) == (code, files(), (person / "memwell").exists())

    def test_an_obsidian_vault_can_be_chosen(self, person, tree):
        """By its number; no note in it is touched."""
        (person / "Brain" / ".obsidian").mkdir(parents=True)
        (person / "Brain" / "Home.md").write_text("mine")
        listing = person / ".config" / "obsidian" / "obsidian.json"
        listing.parent.mkdir(parents=True)
        listing.write_text(json.dumps({"vaults": {"1": {"path": str(person / "Brain"), "ts": 1}}}))
        before = tree(person / "Brain")

        code, shown = self.talk("setup", answers="2\ny\n")

        assert (0, before) == (code, tree(person / "Brain"))
        assert "no note in it is touched" in shown
        assert ["serve", "--vault", str(person / "Brain")] == server_in(person / ".claude.json")["args"]


def test_setups_at_once_leave_an_entry_each_and_one_record(person, cli):
    """They wait for each other."""
    processes = [
        subprocess.Popen([sys.executable, "-m", "memwell_cli", "setup", name, "--vault", str(person / "notes")])
        for name in NAMES[:3]
    ]
    assert [0] * 3 == [process.wait(timeout=DEADLINE_S) for process in processes]

    assert set(NAMES[:3]) == {one["client"] for one in cli("uninstall", "--yes", "--json").json["clients"]}
