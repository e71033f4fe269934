"""Telling clients what changes in the vault, whoever changes it: which note, or that there are others.

Clients of the newest protocol hear it on a stream that they ask for; those of older ones in their session (`elders`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from anyio.from_thread import BlockingPortal
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import INVALID_REQUEST

from vault_engine.engine import Engine, Scope
from vault_engine.engine.entries import Entries
from vault_engine.errors import NotAllowed
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.elders import Elders
from vault_engine.server.mcp.resources import note_uri

_LISTEN = "subscriptions/listen"


class News:
    """What happens in one vault, on its way from the journal to who listens."""

    def __init__(self, engine: Engine, callers: Callers) -> None:
        self.bus = InMemorySubscriptionBus()
        self.elders = Elders(engine, callers)
        self._engine, self._callers = engine, callers

    @asynccontextmanager
    async def following(self, _server: MCPServer) -> AsyncIterator[None]:
        """Follow the vault for as long as the block lasts."""
        async with BlockingPortal() as portal:

            def tell(entries: Entries) -> None:
                with suppress(RuntimeError):  # the server is about to end
                    portal.start_task_soon(self._publish, entries)

            self._engine.watch(tell)  # only now: the library has taken stdout, and nothing loaded from here can print
            yield

    async def guard(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Let nobody listen to a whole vault who reaches only one folder of it."""
        if ctx.method == _LISTEN:
            try:
                caller = self._callers(Context(request_context=ctx), Scope.READ)
            except NotAllowed as error:
                raise MCPError(INVALID_REQUEST, str(error)) from error
            if caller.within is not None:
                raise MCPError(INVALID_REQUEST, f"the token reaches only {caller.within}: it can't listen to the vault")
        return await call_next(ctx)

    async def _publish(self, entries: Entries) -> None:
        others = False
        for entry in entries.entries:
            for path in filter(None, (entry.path, entry.to)):
                await self.bus.publish(ResourceUpdated(note_uri(path)))
                await self.elders.tell_of(path)
            others = others or not (entry.before and entry.after and not entry.to)
        if others:
            await self.bus.publish(ResourcesListChanged())
            await self.elders.tell_of_others()
