"""Opening the vault that a command means, in the name of the person at the terminal."""

import getpass
import os
from typing import Any

import click

from vault_engine import Actor, Engine
from vault_engine.engine import Reach

_WORKSPACE = "memwell.workspace"

vault_option = click.option(
    "--vault",
    metavar="DIR",
    help="The vault; without it MEMWELL_VAULT, else the nearest parent folder with .memwell.",
)


def open_vault(vault: str | None) -> Engine:
    """Open the vault a command was given, or is in."""
    return Engine.open(vault, actor=person())


def person() -> Actor:
    """Give who is at the terminal."""
    return Actor("human", _user(), "cli")


def workspace_option(command: Any) -> Any:
    """Add ``--workspace``, for `reach` to be asked about."""
    return click.option(
        "--workspace",
        metavar="NAME",
        expose_value=False,
        callback=_keep_workspace,
        help="Only the notes of a workspace and those of none; without it MEMWELL_WORKSPACE, else the setting.",
    )(command)


def reach(engine: Engine) -> Reach | None:
    """Say what the command may reach, by the workspace it was given or what the settings say."""
    return engine.reach(click.get_current_context().meta.get(_WORKSPACE))


def _keep_workspace(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.meta[_WORKSPACE] = value


def filters(command: Any) -> Any:
    """Add the options that narrow down notes: ``category``, ``type`` and ``tags``."""
    for option in (
        click.option("--tag", "tags", multiple=True, help="Only notes with this tag or one below; repeatable."),
        click.option("--type", "type", help="Only notes of this type: decision, preference …"),
        click.option("--category", help="Only notes of this category or one below."),
    ):
        command = option(command)
    return command


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user on this system: a container
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"
