"""What is looked at before anything else of a request: what it calls the server, and which web page it comes from."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vault_engine.server.http.names import Hosts, Origins


class Doors:
    """Lets only requests through that are meant for this server and come from no strange web page."""

    def __init__(self, app: ASGIApp, hosts: Hosts, origins: Origins, open_paths: frozenset[str]) -> None:
        """Stand before an application.

        Args:
            app: what answers.
            hosts: the names of the server.
            origins: the web pages that may ask.
            open_paths: what anybody may ask, by whatever name.
        """
        self._app, self._hosts, self._origins, self._open = app, hosts, origins, open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] not in self._open:
            headers = Headers(scope=scope)
            hosts, origins = headers.getlist("host"), headers.getlist("origin")
            if len(hosts) != 1 or not self._hosts.allows(hosts[0]):
                answer = {"error": "the server does not go by that name; its owner can add it with --allow-host"}
                await JSONResponse(answer, 421)(scope, receive, send)
                return
            if not all(map(self._origins.allows, origins)):
                answer = {"error": "that web page may not ask; the server's owner can add it with --allow-origin"}
                await JSONResponse(answer, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)
