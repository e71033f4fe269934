"""``memwell serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, show

if TYPE_CHECKING:
    from vault_engine.server.mcp import Described


@click.command()
@click.option(
    "--profile",
    default="core",
    show_default=True,
    metavar="NAMES",
    help="The tools that are offered: core, full, history, graph, upkeep, or tools by name; commas between several.",
)
@click.option("--describe", is_flag=True, help="Print the tools and what they cost an agent, and end.")
@vault_option
@json_option
def serve(profile: str, describe: bool, vault: str | None, as_json: bool) -> None:
    """Serve the vault to an agent over MCP.

    It speaks on stdin and stdout, and follows the folder meanwhile. An MCP client starts this command itself; see
    docs/quickstart.md for what to tell it.
    """
    from vault_engine.server import mcp

    if as_json and not describe:
        raise click.UsageError("--json goes with --describe: what the server says is JSON already")
    if not describe:
        return mcp.serve_stdio(vault, profile)
    with open_vault(vault) as engine:
        described = mcp.describe(engine, profile)
    return show(described, as_json=as_json, text=_table)


def _table(described: Described) -> str:
    lines = [f"{tool.name:18} {tool.tokens:5}  {tool.description}" for tool in described.tools]
    profiles = ", ".join(f"{name} {tokens:,}" for name, tokens in described.profiles.items())
    total = f"{'together':18} {described.tokens:5}  tokens of four characters"
    return "\n".join([*lines, total, f"profiles: {profiles}"])
