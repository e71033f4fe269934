"""Who calls a tool: in whose name the journal has it, what that one may do, where it works."""

from collections.abc import Callable
from typing import Any, NamedTuple

from mcp.server.mcpserver import Context

from vault_engine.engine import Actor, Scope, Token
from vault_engine.errors import NotAllowed

CLIENT = "mcp"
WORKSPACE = "memwell-workspace"  # the header of an HTTP request that names one
TOKEN = "memwell.token"  # of an HTTP request: its `Token`, None where none is needed; without it nothing is allowed

_MAX_NAME_CHARS = 100
_SHOWN_OF_SESSION = 12


class Caller(NamedTuple):
    """Who calls."""

    actor: Actor
    folder: str | None = None  # whose notes it reaches, and no others; None: those of the whole vault
    workspace: str | None = None  # that it names; None: it names none


Callers = Callable[[Context[Any, Any], Scope], Caller]
"""Says who calls, if that one may do what needs a scope. Raises NotAllowed: it may not."""


def local_caller(context: Context[Any, Any], _needed: Scope) -> Caller:
    """Give who started this process: it may do everything, and is called what its client calls itself."""
    return Caller(Actor("agent", _client_name(context), CLIENT))


def http_caller(context: Context[Any, Any], needed: Scope) -> Caller:
    """Give who sent a request, by its token, and the workspace that a header of it names.

    Raises:
        NotAllowed: the token is for less.
    """
    request = context.request_context.request
    if request is None or TOKEN not in request.scope:
        raise NotAllowed("nobody has said who asks")
    token: Token | None = request.scope[TOKEN]
    workspace = request.headers.get(WORKSPACE) or None
    if token is None:
        return local_caller(context, needed)._replace(workspace=workspace)
    if not token.scope.allows(needed):
        raise NotAllowed(f"the token {token.name!r} may {token.scope}, and this needs {needed}")
    session = (request.headers.get("mcp-session-id") or "")[:_SHOWN_OF_SESSION]
    actor = Actor("agent", token.name, _client_name(context), _printable(session))
    return Caller(actor, token.prefix, workspace)


def _client_name(context: Context[Any, Any]) -> str:
    client = context.session.client_params
    return (_printable(client.client_info.name) if client else "") or CLIENT


def _printable(text: str) -> str:
    return "".join(mark for mark in text if mark.isprintable()).strip()[:_MAX_NAME_CHARS]
