"""What the server says on stderr: that it listens, and a line for each request. Never a secret or a note's text."""

import logging
import sys
import time
import traceback
from types import TracebackType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vault_engine.server.callers import TOKEN

LOG = logging.getLogger("memwell.server")


class Reticent(logging.Formatter):
    """Writes where something unforeseen happened and of what kind it was, not what it said: that may be a note's."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatException(  # noqa: N802 - the library's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Write the places and the kind of an exception."""
        kind, _, trace = ei
        return "".join(traceback.format_tb(trace)) + (kind.__qualname__ if kind else "")


def log_to_stderr() -> None:
    """Have this process say on stderr what the server and its libraries have to say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Reticent())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOG.setLevel(logging.INFO)
    logging.getLogger("mcp").setLevel(logging.ERROR)  # below, it quotes what clients send


class Requests:
    """Writes a line for each request that was answered."""

    def __init__(self, app: ASGIApp, known_paths: frozenset[str]) -> None:
        self._app, self._known = app, known_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, then write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.monotonic(), 0

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            path = scope["path"] if scope["path"] in self._known else "(another path)"
            token, took_ms = scope.get(TOKEN), (time.monotonic() - began_s) * 1000
            who = token.name if token else "-"
            LOG.info("%s %s %s %.0f ms %s", _word(scope["method"]), path, status or "cut off", took_ms, who)


def _word(method: str) -> str:
    return method if method.isalpha() and len(method) < 10 else "(another method)"
