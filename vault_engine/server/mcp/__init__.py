"""The vault for agents, over the Model Context Protocol."""

from vault_engine.server.mcp.app import make_server
from vault_engine.server.mcp.describe import Described, describe
from vault_engine.server.mcp.profiles import CORE
from vault_engine.server.mcp.stdio import serve_stdio

__all__ = ["CORE", "Described", "describe", "make_server", "serve_stdio"]
