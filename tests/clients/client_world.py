"""Clients by their names, the servers they are told of, and files for them."""

from pathlib import Path

from vault_engine.clients import CLIENTS, Client, Desk, Stdio

SERVER = Stdio("/home/you/.local/bin/memwell", ("serve", "--vault", "/home/you/memwell"))
OTHER_SERVER = Stdio("/home/you/.local/bin/memwell", ("serve", "--vault", "/home/you/notes"))
EVERY_CLIENT = [one.name for one in CLIENTS]


def client(name: str) -> Client:
    """Give a client by its name."""
    return next(one for one in CLIENTS if one.name == name)


def put(desk: Desk, name: str, content: bytes, mode: int = 0o644) -> Path:
    """Give a client a file."""
    file = desk.file_of(client(name))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
    return file
