"""What clients may look at without a tool: notes, the vault's state, what is new, what a note is linked with."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import unquote

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from pydantic_core import to_json

from vault_engine.engine import Engine, Scope
from vault_engine.errors import MemwellError, NoteMissing
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.advice import explain
from vault_engine.server.mcp.calling import Verbs

_NOTE = "note:///"
NOTE_URI = f"{_NOTE}{{+path}}"
_RECENT_TOKENS = 2000


def note_uri(path: str) -> str:
    """Give the address of a note."""
    return f"{_NOTE}{path}"


def path_of(uri: str) -> str | None:
    """Give the note that an address is of; None for any other address."""
    return unquote(uri.removeprefix(_NOTE)) if uri.startswith(_NOTE) and uri != _NOTE else None


@dataclass(frozen=True, slots=True)
class _Served:
    uri: str
    name: str
    description: str
    mime_type: str
    read: Callable[..., str]


class Resources(Verbs):
    """The resources of one vault."""

    def __init__(self, engine: Engine, callers: Callers) -> None:
        super().__init__(engine, callers)
        self._request: ContextVar[Context] = ContextVar("request")

    def add_to(self, server: MCPServer) -> None:
        """Have a server offer them."""
        for one in (
            _Served(NOTE_URI, "note", "One note, as its file has it.", "text/markdown", self._note),
            _Served("memwell://status", "status", "How the vault and its index are.", "application/json", self._status),
            _Served(
                "memwell://recent", "recent", "Pinned notes and those changed last.", "text/markdown", self._recent
            ),
            _Served("memwell://graph/{+path}", "graph", "What a note is linked with.", "application/json", self._graph),
        ):
            server.resource(one.uri, name=one.name, description=one.description, mime_type=one.mime_type)(
                _explained(one.read)
            )

    async def noting_request(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Keep the request that is being answered: a resource of a fixed address is read without being told of it."""
        token = self._request.set(Context(request_context=ctx))
        try:
            return await call_next(ctx)
        finally:
            self._request.reset(token)

    def _note(self, path: str) -> str:
        return self._engine.read(path, within=self._within()).text

    def _status(self) -> str:
        return to_json(self._engine.status(within=self._within())).decode()

    def _recent(self) -> str:
        return self._engine.context(budget_tokens=_RECENT_TOKENS, within=self._within()).markdown

    def _graph(self, path: str) -> str:
        self._whole(self._request.get())
        return to_json(self._engine.neighbours(path)).decode()

    def _within(self) -> str | None:
        return self._callers(self._request.get(), Scope.READ).within


def _explained(read: Callable[..., str]) -> Callable[..., str]:
    """Say what is wrong with what was asked for; the protocol's library hides any other exception's text."""

    @wraps(read)
    def reading(*args: Any, **kwargs: Any) -> str:
        try:
            return read(*args, **kwargs)
        except NoteMissing as error:
            raise ResourceNotFoundError(explain(error)) from error
        except MemwellError as error:
            raise ResourceError(explain(error)) from error

    return reading
