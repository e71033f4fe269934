"""The server of one vault on stdin and stdout, from its first message to its end."""

import gc
import os
import signal
from typing import NoReturn
from uuid import uuid4

import anyio
from mcp.server import MCPServer

from vault_engine.engine import Actor, Engine
from vault_engine.hooks.listening import answering_hooks
from vault_engine.server.callers import CLIENT
from vault_engine.server.mcp.app import make_server


def serve_stdio(vault: str | None, profile: str) -> None:
    """Serve a vault on stdin and stdout until stdin ends.

    An interrupt or a request to terminate ends the process too, with the index kept and the exit code a shell would
    give (130 or 143).

    Args:
        vault: the vault; None for the one that is meant where the process was started.
        profile: the tools that are offered, as `make_server` takes it.

    Raises:
        BadInput, VaultMissing, ConfigBroken: before anything is written to stdout.
    """
    with Engine.open(vault, actor=Actor("agent", CLIENT, CLIENT, uuid4().hex[:12])) as engine:
        server = make_server(engine, profile)
        gc.freeze()  # what is loaded stays: to look through it for garbage would keep answers waiting
        with answering_hooks(engine):
            anyio.run(_serve, engine, server)


async def _serve(engine: Engine, server: MCPServer) -> None:
    async with anyio.create_task_group() as tasks:
        if os.name != "nt":  # Windows has no signals a loop could wait for: an interrupt is raised there
            tasks.start_soon(_end_when_told, engine)
        await server.run_stdio_async()
        tasks.cancel_scope.cancel()


async def _end_when_told(engine: Engine) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as told:
        async for number in told:
            _end(engine, 128 + number)


def _end(engine: Engine, code: int) -> NoReturn:
    """End the process although a thread of the transport waits for a line of stdin, which nothing can interrupt."""
    try:
        engine.close()
    finally:
        os._exit(code)
