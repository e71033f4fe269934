"""Telling MCP clients of the server, in their own files, and taking that back byte by byte."""

from vault_engine.clients.configure import (
    Configured,
    Taken,
    entry_of,
    hooks_of,
    hooks_snippet,
    snippet,
    take_back,
    tell,
    tell_hooks,
)
from vault_engine.clients.desk import Desk
from vault_engine.clients.places import Location, Surroundings
from vault_engine.clients.record import Change, Record, Vault
from vault_engine.clients.registry import CLIENTS, SERVER_NAME, Client, Hooked, Remote, Setting, Stdio
from vault_engine.clients.tree import What
from vault_engine.clients.vaults import delete_vault, forget_vaults, is_vault, note_vault, obsidian_vaults

__all__ = [
    "CLIENTS",
    "SERVER_NAME",
    "Change",
    "Client",
    "Configured",
    "Desk",
    "Hooked",
    "Location",
    "Record",
    "Remote",
    "Setting",
    "Stdio",
    "Surroundings",
    "Taken",
    "Vault",
    "What",
    "delete_vault",
    "entry_of",
    "forget_vaults",
    "hooks_of",
    "hooks_snippet",
    "is_vault",
    "note_vault",
    "obsidian_vaults",
    "snippet",
    "take_back",
    "tell",
    "tell_hooks",
]
