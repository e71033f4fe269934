"""One round trip: a note is written, read, recalled and forgotten over MCP, as any client would.

What an earlier run left behind, because it was killed, goes first.
"""

import logging
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TextIO

import anyio
import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation, TextContent

from vault_engine import __version__
from vault_engine.clients.told import Reached, Started
from vault_engine.doctor.health import CATEGORY, Ail, Tried

_NEEDED = frozenset({"remember", "read_note", "recall", "forget"})
_US = Implementation(name="memwell-doctor", version=__version__)
_REASON = "a probe of memwell doctor"
_TEXT = "A probe of memwell doctor, {probe}. It sees whether this memory works, and goes at once."
_MOST_LEFT = 50
_LEAVING_S = 5.0  # for the note to go when the time is up
_MAX_SAID = 300  # characters of what a server says

logging.getLogger("mcp").addHandler(logging.NullHandler())  # what goes wrong is in the answer


class Refused(Exception):
    """A step was answered with an error, or with something else than it should be; the text says which and how."""

    ail = Ail.ANSWER


class ReadOnly(Refused):
    """The server answers, and does not let a note be written or forgotten."""

    ail = Ail.READ_ONLY


async def within(seconds: float, server: Started | Reached, client: str, probe: str, log: TextIO) -> Tried:
    """Start or reach a server, and have it remember, read, recall and forget one note.

    Args:
        seconds: how long that may take; what was started is stopped by then.
        server: as the client's file says.
        client: whose file, by its name: the note is called by it.
        probe: eight letters and digits that no other run has.
        log: takes what the server says on its stderr.
    """
    watch = _Watch()
    problem: BaseException | None = None
    with anyio.move_on_after(seconds) as scope:
        try:
            await _round_trip(server, client, probe, log, watch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what a client would meet
            problem = _innermost(error)
    if scope.cancel_called:
        after = f"go on after '{watch.last}'" if watch.last else "start"
        return Tried(watch.steps, Ail.LATE, f"it did not {after} within {seconds:g} seconds")
    if isinstance(problem, Refused):
        return Tried(watch.steps, problem.ail, str(problem))
    return Tried(watch.steps, Ail.START if problem else None, _said(problem) if problem else "")


async def _round_trip(server: Started | Reached, client: str, probe: str, log: TextIO, watch: "_Watch") -> None:
    async with _connected(server, log) as session:
        offered = {tool.name for tool in (await session.list_tools()).tools}
        watch.lap("start")
        if missing := sorted(_NEEDED - offered):
            raise ReadOnly(f"it offers no {', '.join(missing)}: no note was tried")
        await _use(session, client, probe, watch)


async def _use(session: Client, client: str, probe: str, watch: "_Watch") -> None:
    await _clear(session, client)
    text = _TEXT.format(probe=probe)
    try:
        written = await _call(session, "remember", text=text, category=CATEGORY, key=f"{client}-{probe}")
    except Refused as error:
        raise ReadOnly(str(error)) from None
    watch.lap("write")
    if not (path := str(written.get("path") or "")):
        raise Refused("remember: it does not say where the note is")
    try:
        if text not in str((await _call(session, "read_note", note=path)).get("text")):
            raise Refused(f"read_note: {path} is not what was written")
        watch.lap("read")
        if path not in await _found(session, probe):
            raise Refused(f"recall: {path} was not found")
        watch.lap("recall")
    except BaseException:
        with anyio.move_on_after(_LEAVING_S, shield=True), suppress(Refused):
            await _forget(session, path)
        raise
    await _forget(session, path)
    watch.lap("forget")


def _innermost(error: BaseException) -> BaseException:
    """Give the first that went wrong, where there are groups of exceptions."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _said(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _line(str(error)) or type(error).__name__


class _Watch:
    """Takes the time of each step."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}  # in ms
        self._since = time.perf_counter()

    @property
    def last(self) -> str | None:
        """The step that was done last."""
        return next(reversed(self.steps), None)

    def lap(self, name: str) -> None:
        """Say that a step is done."""
        now = time.perf_counter()
        self.steps[name] = round((now - self._since) * 1000, 1)
        self._since = now


@asynccontextmanager
async def _connected(server: Started | Reached, log: TextIO) -> AsyncIterator[Client]:
    if isinstance(server, Started):
        launch = StdioServerParameters(
            command=server.command, args=list(server.args), env=dict(server.env), cwd=server.cwd
        )
        async with Client(stdio_client(launch, errlog=log), client_info=_US) as session:
            yield session
        return
    async with (
        httpx2.AsyncClient(headers=dict(server.headers), timeout=None) as web,
        Client(streamable_http_client(server.url, http_client=web), client_info=_US) as session,
    ):
        yield session


async def _call(session: Client, tool: str, **arguments: object) -> Mapping[str, Any]:
    try:
        answer = await session.call_tool(tool, arguments)
    except MCPError as error:
        raise Refused(f"{tool}: {_line(str(error))}") from None
    if answer.is_error:
        texts = [each.text for each in answer.content if isinstance(each, TextContent)]
        raise Refused(f"{tool}: {_line(' '.join(texts))}")
    return answer.structured_content or {}


async def _found(session: Client, query: str) -> list[str]:
    found = await _call(session, "recall", query=query, category=CATEGORY, limit=_MOST_LEFT)
    return [str(hit.get("path")) for hit in found.get("hits", ())]


async def _clear(session: Client, client: str) -> None:
    """Forget the notes of earlier runs for this client, as far as that is allowed."""
    ours = re.compile(rf"(?:.*/)?{CATEGORY}/{re.escape(client)}-[0-9a-f]{{8}}\.md")
    for path in await _found(session, "probe of memwell doctor"):
        if ours.fullmatch(path):
            with suppress(Refused):
                await _forget(session, path)


async def _forget(session: Client, path: str) -> None:
    await _call(session, "forget", note=path, reason=_REASON)


def _line(text: str) -> str:
    """Put what a server says on one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_SAID else f"{line[:_MAX_SAID]}…"
