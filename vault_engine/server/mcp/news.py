"""Telling clients what changes in the vault, whoever changes it: which note, or that there are others.

Clients of the newest protocol hear it on a stream that they ask for; those of older ones in their session (`elders`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from anyio import create_task_group
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import INVALID_REQUEST

from vault_engine.engine import Engine
from vault_engine.engine.entries import EntryLine
from vault_engine.errors import BadName, NotAllowed
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.calling import Place, Verbs
from vault_engine.server.mcp.elders import Elders
from vault_engine.server.mcp.resources import note_uri

_LISTEN = "subscriptions/listen"


class News(Verbs):
    """What happens in one vault, on its way from the journal to who listens."""

    def __init__(self, engine: Engine, callers: Callers, place: Place) -> None:
        super().__init__(engine, callers, place)
        self.bus = InMemorySubscriptionBus()
        self.elders = Elders(engine, callers, place)
        self._told = engine.reach(place.workspace)  # what is told of: one bus is for all who listen

    def following_beside(self, others: Sequence[Engine]) -> Callable[[MCPServer], AbstractAsyncContextManager[None]]:
        """Give what follows the vault, and without a word some others, for as long as a server runs."""

        @asynccontextmanager
        async def following(server: MCPServer) -> AsyncIterator[None]:
            async with self.following(server):
                for engine in others:
                    engine.watch()
                yield

        return following

    @asynccontextmanager
    async def following(self, _server: MCPServer) -> AsyncIterator[None]:
        """Follow the vault for as long as the block lasts."""
        loop = asyncio.get_running_loop()
        news: asyncio.Queue[tuple[EntryLine, ...]] = asyncio.Queue()

        def tell(entries: tuple[EntryLine, ...]) -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(news.put_nowait, entries)  # waits for nobody: the vault may be held

        async def publish() -> None:
            while True:
                await self._publish(await news.get())

        async with create_task_group() as tasks:
            tasks.start_soon(publish)
            self._engine.watch(tell)  # only now: the library has taken stdout, and nothing loaded from here can print
            yield
            tasks.cancel_scope.cancel()

    async def guard(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Let nobody listen to more than is reached."""
        if ctx.method == _LISTEN:
            try:
                within = self._asked(Context(request_context=ctx)).within
            except (NotAllowed, BadName) as error:
                raise MCPError(INVALID_REQUEST, str(error)) from error
            if within not in (None, self._told):
                raise MCPError(INVALID_REQUEST, f"only {within} is reached: nobody tells what changes there alone")
        return await call_next(ctx)

    async def _publish(self, entries: tuple[EntryLine, ...]) -> None:
        others = False
        for entry in entries:
            for path in filter(None, (entry.path, entry.to) if entry.op != "event" else ()):
                await self.elders.tell_of(path)
                if self._told is None or self._told.covers(path):
                    await self.bus.publish(ResourceUpdated(note_uri(path)))
                    others = others or not (entry.before and entry.after and not entry.to)
        if others:
            await self.bus.publish(ResourcesListChanged())
            await self.elders.tell_of_others()
