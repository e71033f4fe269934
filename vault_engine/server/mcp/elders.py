"""Clients of the revisions before 2026-07-28: they subscribe to a note in their session, and are told there.

The protocol's library serves listeners of the newest revision only; of the older ones it offers what sends.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, INVALID_REQUEST, EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from vault_engine.engine import Engine, Reach
from vault_engine.errors import BadName, MemwellError, NotAllowed
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.advice import explain
from vault_engine.server.mcp.calling import Place, Verbs
from vault_engine.server.mcp.resources import path_of

MAX_SESSIONS = 1000  # that are told; whoever was heard of longest ago is forgotten first
MAX_SUBSCRIPTIONS = 1000  # of one session


@dataclass(slots=True)
class _Elder:
    session: ServerSession
    reaches_all: bool
    uris: dict[str, str] = field(default_factory=dict)  # by path: as the client has written it


class Elders(Verbs):
    """The sessions that are told, and of what."""

    def __init__(self, engine: Engine, callers: Callers, place: Place) -> None:
        super().__init__(engine, callers, place)
        self._told = engine.reach(place.workspace)  # whose notes the server tells of
        self._sessions: OrderedDict[str, _Elder] = OrderedDict()  # by their ids; "" on stdin and stdout

    def add_to(self, server: MCPServer) -> None:
        """Have a server take subscriptions."""
        add = server._lowlevel_server.add_request_handler  # the library offers no other way
        add("resources/subscribe", SubscribeRequestParams, self._subscribe)
        add("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def greet(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Say to an older client that it will be told, and know its session from then on."""
        result = await call_next(ctx)
        if ctx.method == "initialize" and isinstance(result, dict):
            result["capabilities"].setdefault("resources", {})["listChanged"] = True
        elif ctx.method == "notifications/initialized":
            self._known(ctx)
        return result

    async def tell_of(self, path: str) -> None:
        """Tell those who asked for it that a note has changed."""
        for elder in [elder for elder in self._sessions.values() if path in elder.uris]:
            await elder.session.send_resource_updated(elder.uris[path])

    async def tell_of_others(self) -> None:
        """Tell those who reach all that the server tells of that there are other notes than before."""
        for elder in [elder for elder in self._sessions.values() if elder.reaches_all]:
            await elder.session.send_resource_list_changed()

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        uri = str(params.uri)
        meant = path_of(uri)
        if meant is None:
            raise MCPError(INVALID_PARAMS, f"{uri!r} is no note: subscribe to note:///PATH")
        within = self._within(ctx)
        try:
            path = (await to_thread.run_sync(lambda: self._engine.read(meant, within=within))).path
        except MemwellError as error:
            raise MCPError(INVALID_PARAMS, explain(error)) from error
        elder = self._known(ctx)
        if len(elder.uris) >= MAX_SUBSCRIPTIONS:
            raise MCPError(INVALID_REQUEST, f"this session has {MAX_SUBSCRIPTIONS:,} subscriptions: end some first")
        elder.uris[path] = uri
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        self._known(ctx).uris.pop(path_of(str(params.uri)) or "", None)
        return EmptyResult()

    def _known(self, ctx: ServerRequestContext[Any, Any]) -> _Elder:
        name = (ctx.request.headers.get("mcp-session-id") or "") if ctx.request is not None else ""
        elder = self._sessions.setdefault(
            name, _Elder(ctx.session, reaches_all=self._within(ctx) in (None, self._told))
        )
        self._sessions.move_to_end(name)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return elder

    def _within(self, ctx: ServerRequestContext[Any, Any]) -> Reach | None:
        try:
            return self._asked(Context(request_context=ctx)).within
        except (NotAllowed, BadName) as error:
            raise MCPError(INVALID_REQUEST, str(error)) from error
