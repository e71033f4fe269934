"""``memwell serve``."""

import click

from memwell_cli.opening import vault_option


@click.command()
@vault_option
def serve(vault: str | None) -> None:
    """Serve the vault to an agent over MCP.

    It speaks on stdin and stdout, and follows the folder meanwhile. An MCP client starts this command itself; see
    docs/quickstart.md for what to tell it.
    """
    from vault_engine.server.mcp import serve_stdio

    serve_stdio(vault)
