"""The web application: the protocol's endpoint, what describes it, and what tells whether it is well."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

import anyio
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp
from starlette.types import Scope as RequestScope

from vault_engine.engine import Scope, TokenCheck
from vault_engine.server.callers import WORKSPACE
from vault_engine.server.http.bearer import MAX_BODY_BYTES, SESSION_IDLE_S, Bearer
from vault_engine.server.http.challenge import METADATA_PATH, metadata
from vault_engine.server.http.doors import Doors
from vault_engine.server.http.log import Requests
from vault_engine.server.http.names import origin_of
from vault_engine.server.http.terms import MCP_PATH, HttpTerms

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
OLD_PATHS = ("/sse", "/messages", "/messages/")  # of the protocol before 2025-03-26

_MAX_SESSIONS = 10_000  # of all callers
_LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_HEADERS = ("authorization", "content-type", "accept", "last-event-id", WORKSPACE)
_MCP_HEADERS = ("mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name")


class Application(NamedTuple):
    """The application, and what stands at its door."""

    app: ASGIApp
    bearer: Bearer


def make_app(server: MCPServer, check: TokenCheck, terms: HttpTerms, needs: Mapping[str, Scope]) -> Application:
    """Make the application that serves a vault.

    Args:
        server: the protocol's server.
        check: tells who comes.
        terms: those that it listens on.
        needs: the scope that each tool needs, by its name.
    """
    server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        max_request_body_size=MAX_BODY_BYTES,
        max_sessions=_MAX_SESSIONS,
        session_idle_timeout=SESSION_IDLE_S,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Doors` does it
    )
    manager = server.session_manager
    endpoint = AuthContextMiddleware(manager.handle_request)  # binds what the library has clients keep to the token
    bearer = Bearer(endpoint, check, rate=terms.rate, needs=needs, origin_of=_origin_in(terms))
    health = _Health()

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        async with manager.run(), anyio.create_task_group() as tasks:
            tasks.start_soon(bearer.watch)
            health.is_ready = True
            yield
            health.is_ready = False
            tasks.cancel_scope.cancel()

    async def describe(request: Request) -> JSONResponse:
        return JSONResponse(metadata(_origin_in(terms)(request.scope)))

    routes = [
        Route(MCP_PATH, endpoint=bearer),
        Route("/healthz", endpoint=health.alive),
        Route("/readyz", endpoint=health.ready),
        *(Route(path, endpoint=describe) for path in (METADATA_PATH, METADATA_PATH + MCP_PATH)),
        *(Route(path, endpoint=_moved, methods=["GET", "POST"]) for path in OLD_PATHS),
    ]
    app = Starlette(routes=routes, lifespan=running)
    known = frozenset(route.path for route in routes)
    return Application(Requests(Doors(_for_pages(app, terms), terms.hosts, terms.origins, HEALTH_PATHS), known), bearer)


class _Health:
    """Whether the server is well."""

    def __init__(self) -> None:
        self.is_ready = False

    async def alive(self, _request: Request) -> JSONResponse:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> JSONResponse:
        """Say whether the vault is open and followed."""
        return JSONResponse({"status": "ready"}) if self.is_ready else JSONResponse({"status": "not ready"}, 503)


def _for_pages(app: ASGIApp, terms: HttpTerms) -> ASGIApp:
    """Let the web pages that may ask read the answers."""
    return CORSMiddleware(
        app,
        allow_origins=sorted(terms.origins.known),
        allow_origin_regex=_LOOPBACK_ORIGIN if terms.origins.loopback else None,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[*_HEADERS, *_MCP_HEADERS],
        expose_headers=["mcp-session-id", "www-authenticate", "retry-after"],
    )


def _origin_in(terms: HttpTerms) -> Callable[[RequestScope], str]:
    """Give what says where a request's client reaches the server: as told, else by the name it used, which is known."""
    public = None if terms.public_url is None else origin_of(terms.public_url)

    def origin(scope: RequestScope) -> str:
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        return public or f"{'https' if terms.has_tls else 'http'}://{host.lower()}"

    return origin


async def _moved(_request: Request) -> JSONResponse:
    reason = f"the transport with two endpoints is not served; connect by Streamable HTTP, at {MCP_PATH}"
    return JSONResponse({"error": reason}, 410)
