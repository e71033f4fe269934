"""Looking at one client after the other: its file, what that names, and whether it works."""

import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import anyio

from vault_engine.clients import Client, Desk, entry_of, is_vault
from vault_engine.clients.told import Reached, Started, Unset, Untold, is_off, read_told
from vault_engine.doctor.health import CATEGORY, Ail, ClientHealth, Health, Tried
from vault_engine.doctor.hooks import examine_hooks
from vault_engine.errors import MemwellError

_AT_ONCE = 4  # each server takes a second of processor time to start


def examine_clients(
    desk: Desk, clients: Sequence[Client], *, named: bool, offline: bool, deadline_s: float
) -> list[ClientHealth]:
    """Look at clients, and start or reach the server of each that is told of one, a few at once.

    Each writes a note into its vault and forgets it again; the journal has both. Then the command that a client has for
    its prompts is run a few times.

    Args:
        desk: this machine.
        clients: those that are meant.
        named: whether somebody asked for these: they ought to be told then.
        offline: ask no server that is reached over a network.
        deadline_s: how long the round trip of one client may take.
    """
    rows = anyio.run(_examine_all, desk, clients, named, offline, deadline_s)
    return [_with_hooks(desk, client, row) for client, row in zip(clients, rows, strict=True)]


def _with_hooks(desk: Desk, client: Client, row: ClientHealth) -> ClientHealth:
    """Look at the hooks too, one client after the other, so that their times mean something."""
    if row.health in (Health.UNTOLD, Health.SKIPPED) or row.is_remote:
        return row
    from mcp.client.stdio import get_default_environment  # it takes half a second to load

    return replace(row, hooks=examine_hooks(desk, client, get_default_environment()))


async def _examine_all(
    desk: Desk, clients: Sequence[Client], named: bool, offline: bool, deadline_s: float
) -> list[ClientHealth]:
    found: list[ClientHealth | None] = [None] * len(clients)
    limit = anyio.CapacityLimiter(_AT_ONCE)

    async def examine(number: int) -> None:
        health, server = _looked_at(desk, clients[number], named=named, offline=offline)
        if server:
            async with limit:
                health = await _tried(health, server, deadline_s)
        found[number] = health

    async with anyio.create_task_group() as tasks:
        for number in range(len(clients)):
            tasks.start_soon(examine, number)
    rows = [each for each in found if each is not None]
    for vault in {row.vault for row in rows if row.vault and row.steps}:
        with suppress(OSError):  # it is not there, or holds what another run needs
            (Path(vault).expanduser() / CATEGORY).rmdir()
    return rows


def _looked_at(
    desk: Desk, client: Client, *, named: bool, offline: bool
) -> tuple[ClientHealth, Started | Reached | None]:
    """Say how a client is by its file, and which server is still to be tried."""
    row = ClientHealth(client.name, str(desk.file_of(client)), Health.WELL)
    is_told = any(change.client == client.name for change in desk.record().changes)
    try:
        entry = entry_of(desk, client)
    except MemwellError as error:
        return _ailing(row, Ail.FILE, str(error), is_meant=not (named or is_told)), None
    if entry is None:
        if named or is_told:
            return _ailing(row, Ail.ENTRY, "no entry for memwell is in it"), None
        return replace(row, health=Health.UNTOLD, ail=Ail.ENTRY), None
    if is_off(entry):
        return _ailing(row, Ail.OFF, "the entry is turned off", is_meant=True), None
    try:
        server = read_told(entry, desk.around.variables)
    except Unset as error:
        return _ailing(row, Ail.VARIABLE, str(error), is_meant=True), None
    except Untold as error:
        return _ailing(row, Ail.MEANING, str(error)), None
    return _checked(_with_server(row, server), server, offline=offline)


def _with_server(row: ClientHealth, server: Started | Reached) -> ClientHealth:
    if isinstance(server, Reached):
        return replace(row, server=_hidden(server.url, server), is_remote=True)
    return replace(row, server=shlex.join((server.command, *server.args)), vault=server.vault)


def _checked(
    row: ClientHealth, server: Started | Reached, *, offline: bool
) -> tuple[ClientHealth, Started | Reached | None]:
    """See whether what an entry names is there."""
    if isinstance(server, Reached):
        if offline:
            return replace(row, health=Health.SKIPPED, ail=Ail.NETWORK, problem="not asked: it is another server"), None
        return row, server
    if not _is_there(server.command, server.env):
        return _ailing(row, Ail.PROGRAM, f"{server.command} is not there, or is no program"), None
    if server.vault is not None and not is_vault(Path(server.vault).expanduser()):
        return _ailing(row, Ail.VAULT, f"{server.vault} is no vault"), None
    return row, server


def _is_there(command: str, env: Mapping[str, str]) -> bool:
    return shutil.which(command, path=env.get("PATH", os.environ.get("PATH"))) is not None


def _ailing(row: ClientHealth, ail: Ail, problem: str, *, is_meant: bool = False) -> ClientHealth:
    return replace(row, health=Health.WARNING if is_meant else Health.BROKEN, ail=ail, problem=problem)


async def _tried(row: ClientHealth, server: Started | Reached, deadline_s: float) -> ClientHealth:
    from vault_engine.doctor.probe import within  # it takes half a second to load

    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        tried = await within(deadline_s, server, row.client, secrets.token_hex(4), log)
        tried = replace(tried, said=_hidden(tried.said, server))
        return _judged(replace(row, steps=tried.steps), tried, _last_line(log))


def _judged(row: ClientHealth, tried: Tried, last_line: str) -> ClientHealth:
    match tried.ail:
        case None:
            return row
        case Ail.READ_ONLY:  # a token may be for reading only; a server that is started has none
            return _ailing(row, tried.ail, tried.said, is_meant=row.is_remote)
        case Ail.START:
            does = "could not be reached" if row.is_remote else "did not start"
            return _ailing(row, tried.ail, f"the server {does}: {tried.said}{last_line}")
        case _:
            return _ailing(row, tried.ail, tried.said + last_line)


def _hidden(text: str, server: Started | Reached) -> str:
    """Leave out of a text what may be secret of an address and its headers."""
    if isinstance(server, Started):
        return text
    parts = urlsplit(server.url)
    words = [value.split()[-1] for value in server.headers.values() if value.strip()]
    for secret in filter(None, (parts.query, parts.password, *words)):
        text = text.replace(secret, "…")
    return text


def _last_line(log: TextIO) -> str:
    """Give the last that a server said on its stderr, to be put behind a sentence."""
    size = log.seek(0, os.SEEK_END)
    log.seek(max(size - 4096, 0))
    lines = log.read().strip().splitlines()
    return f"; it said: {lines[-1].strip()[:300]}" if lines else ""
