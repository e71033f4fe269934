"""A server over HTTP with one tool that does nothing: what the protocol's library itself takes for a request."""

import logging
import socket
import sys

import uvicorn
from mcp.server import MCPServer


def ping() -> str:
    """Answer."""
    return "pong"


def main() -> None:
    """Listen at a free port until told to terminate, and say where."""
    server = MCPServer("ping", log_level="ERROR")
    server.add_tool(ping)
    app = server.streamable_http_app()
    logging.disable(logging.WARNING)
    made = socket.create_server(("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach()) as listener:
        print(f"listening at http://127.0.0.1:{listener.getsockname()[1]}/mcp", file=sys.stderr, flush=True)
        uvicorn.Server(uvicorn.Config(app, http="h11", ws="none", access_log=False, log_config=None)).run([listener])


if __name__ == "__main__":
    main()
