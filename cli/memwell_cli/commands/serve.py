"""``memwell serve``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from memwell_cli.opening import person
from memwell_cli.output import json_option, show
from vault_engine.garbage import keeping

if TYPE_CHECKING:
    from vault_engine.server.mcp import Described

_FOR_BOTH = ("transport", "vaults", "workspace", "with_fixtures", "profile", "describe", "as_json")
_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--profile",
    default="core",
    show_default=True,
    metavar="NAMES",
    help="The tools that are offered: core, full, history, graph, upkeep, lifecycle, tools by name, or those of"
    " another memory: mimir, mnemon, memini; commas between.",
)
@click.option("--describe", is_flag=True, help="Print the tools and what they cost an agent, and end.")
@click.option(
    "--transport", type=click.Choice(["stdio", "http"]), default="stdio", show_default=True, help="How clients connect."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="http: where to listen.")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65_535), help="http: 0 takes a free one."
)
@click.option("--tls-cert", type=_file, metavar="FILE", help="http: certificate chain for TLS, PEM.")
@click.option("--tls-key", type=_file, metavar="FILE", help="http: its key, PEM, without a passphrase.")
@click.option("--plain-http", is_flag=True, help="http: beyond this machine without TLS, behind what has it.")
@click.option(
    "--allow-host", "allow_hosts", metavar="NAME", multiple=True, help="http: a name requests may call it by."
)
@click.option(
    "--allow-origin", "allow_origins", metavar="URL", multiple=True, help="http: a web page's origin that may ask."
)
@click.option("--public-url", metavar="URL", help="http: what clients know it by, behind a reverse proxy.")
@click.option(
    "--rate",
    default=50,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="http: requests a second of one token.",
)
@click.option(
    "--conformance-fixtures",
    "with_fixtures",
    is_flag=True,
    hidden=True,
    help="http: also serve what the conformance suite asks for.",
)
@click.option(
    "--workspace",
    metavar="NAME",
    help="The workspace that is meant where a caller names none; without it MEMWELL_WORKSPACE, else the setting.",
)
@click.option(
    "--vault",
    "vaults",
    metavar="DIR",
    multiple=True,
    help="The vault, as of other commands; repeat it for several, of which the first is meant where none is named.",
)
@json_option
def serve(
    profile: str,
    describe: bool,
    transport: str,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    plain_http: bool,
    allow_hosts: tuple[str, ...],
    allow_origins: tuple[str, ...],
    public_url: str | None,
    rate: int,
    with_fixtures: bool,
    workspace: str | None,
    vaults: tuple[str, ...],
    as_json: bool,
) -> None:
    """Serve the vault to agents over MCP, or several vaults.

    It speaks on stdin and stdout, and follows the folder meanwhile. An MCP client starts this command itself:
    'memwell setup' tells it how.

    With '--transport http' it listens at http://127.0.0.1:8765/mcp for any number of clients, until it is told to end.
    'memwell token create' makes what they identify themselves by; once there is one, nobody comes in without. Beyond
    this machine it needs a token, and TLS or '--plain-http'. See docs/server.md.
    """
    if as_json and not describe:
        raise click.UsageError("--json goes with --describe: what the server says is JSON already")
    if describe:
        return _describe(vaults, profile, as_json=as_json)
    if transport == "stdio":
        _check_no_http_options(click.get_current_context())
        with keeping():
            from vault_engine.server.mcp import serve_stdio

        return serve_stdio(vaults, profile, workspace=workspace)
    with keeping():
        from vault_engine.server.http import HttpTerms, serve_http

    terms = HttpTerms(host, port, tls_cert, tls_key, plain_http, allow_hosts, allow_origins, public_url, rate)
    return serve_http(vaults, terms, profile=profile, workspace=workspace, with_fixtures=with_fixtures)


def _check_no_http_options(context: click.Context) -> None:
    given = (one for one in context.command.params if one.name not in _FOR_BOTH)
    for option in given:
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} is for --transport http", context)


def _describe(vaults: tuple[str, ...], profile: str, *, as_json: bool) -> None:
    from vault_engine.server.mcp import describe
    from vault_engine.server.vaults import open_vaults

    with open_vaults(vaults, actor=person()) as opened:
        described = describe(next(iter(opened.values())), profile, opened)
    show(described, as_json=as_json, text=_table)


def _table(described: Described) -> str:
    width = max(18, *(len(tool.name) for tool in described.tools))
    lines = [f"{tool.name:{width}} {tool.tokens:5}  {tool.description}" for tool in described.tools]
    profiles = ", ".join(f"{name} {tokens:,}" for name, tokens in described.profiles.items())
    total = f"{'together':{width}} {described.tokens:5}  tokens of four characters"
    return "\n".join([*lines, total, f"profiles: {profiles}"])
