"""The vault for agents, over the Model Context Protocol."""

from vault_engine.server.mcp.app import make_server
from vault_engine.server.mcp.stdio import serve_stdio

__all__ = ["make_server", "serve_stdio"]
