"""The command ``memwell``: finds the subcommand, and turns whatever goes wrong into a message and an exit code."""

import importlib
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import click

from memwell_cli.exits import CANCELLED, DONE, FAILED, exit_code
from memwell_cli.output import remark, show_error, show_usage_error
from vault_engine import MemwellError, __version__

# Command to module, in the order of --help. A module is imported when its command is called.
COMMANDS = {
    "setup": "memwell_cli.commands.setup",
    "init": "memwell_cli.commands.init",
    "remember": "memwell_cli.commands.remember",
    "recall": "memwell_cli.commands.recall",
    "context": "memwell_cli.commands.context",
    "profile": "memwell_cli.commands.profile",
    "extract": "memwell_cli.commands.extract",
    "correct": "memwell_cli.commands.correct",
    "supersede": "memwell_cli.commands.supersede",
    "contradictions": "memwell_cli.commands.contradictions",
    "state": "memwell_cli.commands.state",
    "note": "memwell_cli.commands.note",
    "link": "memwell_cli.commands.link",
    "graph": "memwell_cli.commands.graph",
    "lifecycle": "memwell_cli.commands.lifecycle",
    "stats": "memwell_cli.commands.stats",
    "vault": "memwell_cli.commands.vault",
    "workspace": "memwell_cli.commands.workspace",
    "journal": "memwell_cli.commands.journal",
    "timeline": "memwell_cli.commands.timeline",
    "git": "memwell_cli.commands.git",
    "sync": "memwell_cli.commands.sync",
    "conflicts": "memwell_cli.commands.conflicts",
    "obsidian-sync": "memwell_cli.commands.obsidian_sync",
    "index": "memwell_cli.commands.index",
    "eval": "memwell_cli.commands.eval",
    "status": "memwell_cli.commands.status",
    "health": "memwell_cli.commands.health",
    "doctor": "memwell_cli.commands.doctor",
    "watch": "memwell_cli.commands.watch",
    "serve": "memwell_cli.commands.serve",
    "hook": "memwell_cli.commands.hook",
    "import": "memwell_cli.commands.import_",
    "token": "memwell_cli.commands.token",
    "uninstall": "memwell_cli.commands.uninstall",
    "help": "memwell_cli.commands.help",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        """Give the commands in their own order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(importlib.import_module(module), module.rpartition(".")[2])
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="memwell")
def memwell() -> None:
    """Long-term memory for AI agents, kept as a folder of plain Markdown notes.

    \b
    memwell setup                       make a vault, and tell your MCP clients
    memwell init my-vault               make a vault, or adopt an Obsidian one
    memwell remember "We deploy on …"   keep something
    memwell recall "when do we deploy"  find it again
    memwell serve                       let an agent do so over MCP

    \b
    Exit codes: 0 done, 1 failed, 2 usage, 3 partly done, 10 not found,
    11 conflict, 12 locked, 13 denied, 14 damaged, 130 cancelled.
    """  # noqa: D301 - click reads the backspaces: they keep lines apart


def main() -> NoReturn:
    """Run the command line and exit.

    A thread that still loads a model, say, is in a library's own code, where it does not survive the interpreter's end:
    the process would abort. What is to be kept is kept by then, so the process ends without it.
    """
    code = run(sys.argv[1:])
    if any(thread.daemon for thread in threading.enumerate()):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    as_json = "--json" in arguments[: arguments.index("--") if "--" in arguments else None]
    try:
        outcome = memwell.main(args=arguments, prog_name="memwell", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return outcome if isinstance(outcome, int) else DONE
    except MemwellError as error:
        show_error(error, as_json=as_json)
        return exit_code(error)
    except click.ClickException as error:
        show_usage_error(error, as_json=as_json)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        remark("cancelled")
        return CANCELLED
    except BrokenPipeError:  # the reader of a pipe has seen enough: nothing to say, nowhere to say it
        _give_up_stdout()
        return FAILED
    except OSError as error:  # of the terminal's files: those of the vault are explained
        remark(f"error: can't write the answer: {error.strerror}")
        _give_up_stdout()
        return FAILED


def _give_up_stdout() -> None:
    """Let what is still to be written go nowhere, else Python would try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
