"""What the protocol's conformance suite asks a server for: tools, resources and prompts that touch no note.

Only ``memwell serve --conformance-fixtures`` has them.
"""

from mcp.server import MCPServer


def add_fixtures(server: MCPServer) -> None:
    """Add everything that the suite asks for."""
