"""The server of one vault, or of several, on stdin and stdout, from its first message to its end."""

import os
import signal
from collections.abc import Sequence
from typing import NoReturn
from uuid import uuid4

import anyio
from mcp.server import MCPServer

from vault_engine.engine import Actor, Engine
from vault_engine.garbage import keeping
from vault_engine.hooks.listening import answering_hooks
from vault_engine.server.callers import CLIENT
from vault_engine.server.mcp.app import make_server
from vault_engine.server.vaults import open_vaults


def serve_stdio(vaults: Sequence[str], profile: str, *, workspace: str | None = None) -> None:
    """Serve vaults on stdin and stdout until stdin ends.

    An interrupt or a request to terminate ends the process too, with the index kept and the exit code a shell would
    give (130 or 143).

    Args:
        vaults: as `open_vaults` takes them.
        profile: the tools that are offered, as `make_server` takes it.
        workspace: the one that is meant, as `make_server` takes it.

    Raises:
        BadInput, VaultMissing, ConfigBroken: before anything is written to stdout.
    """
    with open_vaults(vaults, actor=Actor("agent", CLIENT, CLIENT, uuid4().hex[:12])) as opened:
        engines = list(opened.values())
        with keeping():
            server = make_server(engines[0], profile, workspace=workspace, vaults=opened)
        with answering_hooks(engines[0]):
            anyio.run(_serve, engines, server)


async def _serve(engines: Sequence[Engine], server: MCPServer) -> None:
    async with anyio.create_task_group() as tasks:
        if os.name != "nt":  # Windows has no signals a loop could wait for: an interrupt is raised there
            tasks.start_soon(_end_when_told, engines)
        await server.run_stdio_async()
        tasks.cancel_scope.cancel()


async def _end_when_told(engines: Sequence[Engine]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as told:
        async for number in told:
            _end(engines, 128 + number)


def _end(engines: Sequence[Engine], code: int) -> NoReturn:
    """End the process although a thread of the transport waits for a line of stdin, which nothing can interrupt."""
    try:
        for engine in engines:
            engine.close()
    finally:
        os._exit(code)
