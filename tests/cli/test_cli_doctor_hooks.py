"""``memwell doctor`` on hooks: the command that a client's file names is really run, and timed."""

import json
import os

import pytest

from vault_engine import Engine
from vault_engine.hooks.asking import is_answered
from vault_engine.hooks.place import socket_path

EVENTS = ["SessionStart", "UserPromptSubmit", "Stop", "PreCompact", "SessionEnd"]


@pytest.fixture
def notes(person):
    """A vault in that home folder, without a model."""
    folder = person / "notes"
    Engine.create(folder)
    (folder / ".memwell" / "config.toml").write_text('embedder = "none"\n')
    return folder


@pytest.fixture
def settings_file(person):
    """Where Claude Code's hooks stand."""
    return person / ".claude" / "settings.json"


@pytest.fixture
def told(cli, notes, program, settings_file):
    """Claude Code has been told of the vault, and its hooks have all the time that they need."""
    assert 0 == cli("setup", "claude-code", "--vault", str(notes)).code
    text = settings_file.read_text()
    settings_file.write_text(text.replace(f"--vault {notes}", f"--vault {notes} --deadline 30000"))
    return notes


@pytest.fixture
def edit(told, settings_file):
    """Changes what the command for a prompt is."""

    def replace(old, new):
        text = settings_file.read_text()
        assert old in text
        settings_file.write_text(text.replace(old, new))

    return replace


@pytest.fixture
def hooks(cli, notes):
    """Has the doctor look at a client alone; gives the exit code and what it says of the hooks."""

    def look(client="claude-code"):
        done = cli("doctor", "--json", "--client", client, "--vault", str(notes))
        (found,) = done.json["clients"]
        assert "well" == found["health"]
        return done.code, found["hooks"]

    return look


def test_hooks_that_work_are_timed(told, hooks, until):
    """The first, and the next ones; what was started for them is ended."""
    code, found = hooks()

    assert (0, "well", EVENTS, None) == (code, found["health"], found["events"], found["mend"])
    assert found["first_ms"] > found["ms"] > 0
    outcomes = [line.split()[1:3] for line in (told / ".memwell" / "local" / "hook.log").read_text().splitlines()]
    assert [["prompt", "roused-nothing"], *[["prompt", "served-nothing"]] * 5] == outcomes[:6]
    until(lambda: not is_answered(socket_path(os.path.realpath(told), {})))


def test_the_matrix_has_a_line_for_them(told, cli):
    """Below the client's."""
    done = cli("doctor", "--client", "claude-code", "--vault", str(told))

    assert f"\n    hooks: {', '.join(EVENTS)}, the first " in done.out


def test_a_client_that_takes_nothing_at_a_prompt_is_asked_at_the_start_of_a_session(cli, notes, program, hooks):
    """Cursor."""
    assert 0 == cli("setup", "cursor", "--vault", str(notes)).code

    code, found = hooks("cursor")

    assert (True, True) == (code in (0, 3), found["first_ms"] > 0)
    assert "session-start" in (notes / ".memwell" / "local" / "hook.log").read_text()


def test_who_wants_none_has_none(cli, notes, program, hooks):
    """That is no fault."""
    cli("setup", "claude-code", "--vault", str(notes), "--no-hooks")

    code, found = hooks()

    assert (0, "untold", "`memwell setup claude-code`") == (code, found["health"], found["mend"])


def test_hooks_that_setup_made_and_that_are_gone(told, hooks, settings_file):
    """Somebody has written the file anew."""
    settings_file.write_text("{}")

    code, found = hooks()

    assert (1, "broken", "entry") == (code, found["health"], found["ail"])


def test_those_that_are_left_count(told, hooks, settings_file):
    """Who takes only some has taken them on purpose; without one that answers there is nothing to time."""
    kept = json.loads(settings_file.read_text())["hooks"]["Stop"]
    settings_file.write_text(json.dumps({"hooks": {"Stop": kept}}))

    code, found = hooks()

    assert (0, "well", ["Stop"], None) == (code, found["health"], found["events"], found["ms"])


@pytest.mark.parametrize(
    ("old", "new", "ail"),
    [
        ("bin/memwell hook", "bin/gone/memwell hook", "program"),
        ("--vault ", "--vault /gone", "vault"),
        (" hook prompt", " hook prompt '", "meaning"),
        (" hook prompt", " hook prompt; exit 2 #", "start"),
        (" hook prompt", " hook prompt; echo no JSON #", "answer"),
    ],
)
def test_a_command_that_does_not_work(edit, hooks, old, new, ail):
    """What is wrong with it, and what mends it."""
    edit(old, new)

    code, found = hooks()

    assert (1, "broken", ail) == (code, found["health"], found["ail"])
    assert "memwell setup claude-code" in found["mend"] or ail == "answer"


def test_hooks_that_are_always_too_late(edit, hooks):
    """They do no harm, and no good."""
    edit("--deadline 30000", "--deadline 1")

    code, found = hooks()

    assert (3, "warning", "late") == (code, found["health"], found["ail"])
    assert "--deadline 1000" in found["mend"]


def test_a_file_that_does_not_parse(told, hooks, settings_file):
    """The client would not read it either."""
    settings_file.write_text("{ oops")

    code, found = hooks()

    assert (1, "broken", "file") == (code, found["health"], found["ail"])
