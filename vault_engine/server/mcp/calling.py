"""What goes on around the call of a tool: who calls, what is told when it fails, how the answer is written."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import anyio.from_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic_core import to_json, to_jsonable_python

from vault_engine.engine import Actor, Engine, Scope
from vault_engine.errors import MemwellError, NotAllowed
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.advice import explain


def told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Let an agent read what went wrong, which the protocol's library would hide, and get the answer without blanks."""

    @wraps(tool)
    def telling(*args: Any, **kwargs: Any) -> CallToolResult:
        try:
            answer = tool(*args, **kwargs)
        except MemwellError as error:
            raise ToolError(explain(error)) from error
        text = TextContent(type="text", text=to_json(answer).decode())
        return CallToolResult(content=[text], structured_content=to_jsonable_python(answer))

    return telling


class Verbs:
    """What a group of tools is made of: the engine whose verbs they are, and who calls them."""

    def __init__(self, engine: Engine, callers: Callers) -> None:
        self._engine, self._callers = engine, callers

    def _whole(self, context: Context, needed: Scope = Scope.READ) -> Actor:
        """Say who calls what concerns the whole vault.

        Raises:
            NotAllowed: the caller may not, or reaches only one folder.
        """
        caller = self._callers(context, needed)
        if caller.within is not None:
            raise NotAllowed(f"the token reaches only {caller.within}, and this concerns the whole vault")
        return caller.actor


def reporter(context: Context) -> Callable[[int, int], None]:
    """Make what tells the client how far a long call is, and ends the call when the client does not want it any more.

    For a tool that runs in a thread of its own, as those do that are no coroutines.
    """

    def report(done: int, of: int) -> None:
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run(context.report_progress, float(done), float(of))

    return report
