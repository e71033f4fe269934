"""Asking the server of a vault what a client should be told. Loaded at every prompt: standard library only."""

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

from vault_engine.hooks.place import is_private, socket_path

FORMAT = 1
MAX_ANSWER_BYTES = 128 << 10
LEAVE, LEAVING = "leave", b"+"
_LEAVING_S = 1.0
_PATIENCE_S = 60.0  # who asks is ended before


def ask(root: str, request: Mapping[str, Any], env: Mapping[str, str]) -> str | None:
    """Give the context for an event, "" if there is nothing to tell; None if no server answers that can be trusted."""
    path = socket_path(root, env)
    if path is None or not is_private(os.path.dirname(path)):  # noqa: PTH120
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE_S)
            connection.connect(path)
            connection.sendall(json.dumps({"format": FORMAT, **request}).encode() + b"\n")
            said = json.loads(_line(connection))
    except (OSError, ValueError, RecursionError):
        return None
    context = said.get("context") if isinstance(said, dict) else None
    return context if isinstance(context, str) else None


def is_answered(path: str | None) -> bool:
    """Say whether somebody answers at a socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            return path is not None and trial.connect_ex(path) == 0
    except (OSError, AttributeError):  # a system without such sockets
        return False


def leave(path: str | None) -> bool:
    """Ask who answers at a socket to leave it; say whether that is done: a server stays, who stands in for one goes."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_LEAVING_S)
            connection.connect(path or "")
            connection.sendall(json.dumps({"format": FORMAT, "event": LEAVE}).encode() + b"\n")
            return connection.recv(1) == LEAVING
    except (OSError, AttributeError):
        return False


def _line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) <= MAX_ANSWER_BYTES and (part := connection.recv(1 << 16)):
        data += part
    return data
