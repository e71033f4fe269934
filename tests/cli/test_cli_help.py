"""Help for every command and option, and nothing loaded that a command does not need."""

import re
import sys

import click
import pytest
from click.shell_completion import ShellComplete

from memwell_cli.main import COMMANDS, memwell


def every_command(command=memwell, names=()):
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from every_command(command.get_command(context, name), (*names, name))


EVERY = list(every_command())


@pytest.mark.parametrize(("names", "command"), EVERY, ids=[" ".join(names) or "memwell" for names, _ in EVERY])
class TestEveryCommand:
    """There is none without words."""

    def test_help_describes_it(self, names, command, cli):
        """``-h`` and ``--help`` print the same, to stdout."""
        long, short = cli(*names, "--help"), cli(*names, "-h")

        assert (0, "", long.out) == (long.code, long.err, short.out)
        assert (command.help or "").strip()

    def test_help_is_laid_out_as_written(self, names, command, cli):
        r"""The marks that keep lines apart (``\b``) are not themselves shown."""
        assert "\\b" not in cli(*names, "--help").out

    def test_its_short_help_is_not_cut(self, names, command):
        """The list of commands shows a whole sentence."""
        assert not names or not command.get_short_help_str(limit=66).endswith("...")

    def test_every_option_has_help(self, names, command):
        """One that is not explained can only be guessed."""
        assert [] == [p.name for p in command.params if isinstance(p, click.Option) and not p.help]

    def test_every_command_that_answers_has_json(self, names, command):
        """Only groups and the server have none."""
        options = {option for parameter in command.params for option in parameter.opts}

        speaks_json_only = names[:1] in (("serve",), ("hook",))
        assert isinstance(command, click.Group) or speaks_json_only or "--json" in options


def test_the_examples_of_the_help_stand_on_lines_of_their_own(cli):
    """They are to be copied."""
    lines = [line.strip() for line in cli("--help").out.splitlines()]

    for command in ("init", "remember", "recall", "serve"):
        assert any(line.startswith(f"memwell {command} ") for line in lines)


def test_version(cli):
    """One line."""
    assert re.fullmatch(r"memwell, version \d+\.\d+\.\d+\n", cli("--version").out)


def test_completion_knows_commands_and_options():
    """At every level."""
    complete = ShellComplete(memwell, {}, "memwell", "_MEMWELL_COMPLETE")

    assert set(COMMANDS) == {item.value for item in complete.get_completions([], "")}
    assert {"show", "list", "forget", "restore"} <= {item.value for item in complete.get_completions(["note"], "")}
    assert "--json" in {item.value for item in complete.get_completions(["recall"], "--j")}


HEAVY = ("fastembed", "onnxruntime", "mcp", "rich", "watchfiles", "numpy", "yaml", "httpx2", "pydantic")
_LOADED = """
import sys
from memwell_cli.main import run
code = run(sys.argv[1:])
print(code, *[name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], {"numpy", "yaml", "watchfiles"}),
        (["remember", "x", "--key", "k"], {"numpy", "yaml", "watchfiles"}),
        (["recall", "x", "--mode", "keyword"], {"numpy", "yaml", "watchfiles"}),
        (["index", "build"], {"numpy", "yaml", "watchfiles"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_nothing_heavy_is_loaded_before_it_is_needed(arguments, allowed, home, tmp_path):
    """No model library, no protocol library and no progress bars where nothing of theirs is used."""
    import os
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(heavy=HEAVY), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "MEMWELL_EMBEDDER": "packaged"} if arguments[0] != "index" else None,
        timeout=60,
        check=False,
    )
    code, *loaded = done.stderr.splitlines()[-1].split()

    assert "0" == code
    assert set(loaded) <= allowed
