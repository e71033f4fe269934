"""What goes on around the call of a tool: who calls, what is told when it fails, how the answer is written."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

import anyio.from_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import Field
from pydantic_core import to_json, to_jsonable_python

from vault_engine.engine import Actor, Engine, Reach, Scope
from vault_engine.errors import BadInput, MemwellError, NotAllowed
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.advice import explain
from vault_engine.server.vaults import EVERY


def told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Let an agent read what went wrong, which the protocol's library would hide, and get the answer without blanks."""

    @wraps(tool)
    def telling(*args: Any, **kwargs: Any) -> CallToolResult:
        try:
            answer = tool(*args, **kwargs)
        except MemwellError as error:
            raise ToolError(explain(error)) from error
        text = TextContent(type="text", text=answer if isinstance(answer, str) else to_json(answer).decode())
        structured = to_jsonable_python(answer)
        whole = structured if isinstance(structured, dict) else {"result": structured}
        return CallToolResult(content=[text], structured_content=whole)

    return telling


def of_one_vault(
    tools: Mapping[str, Callable[..., Any]], together: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Make one tool of those that do the same in several vaults: it takes the name of one, else means the first.

    Args:
        tools: by the names of the vaults.
        together: what is called with them where `EVERY` is named; None: it can't be.
    """
    first = next(iter(tools))

    @wraps(tools[first])
    def calling(*args: Any, vault: str | None = None, **kwargs: Any) -> Any:
        if vault == EVERY and together is not None:
            return together(tools, *args, **kwargs)
        return tools[vault or first](*args, **kwargs)

    known = inspect.signature(tools[first], eval_str=True)
    wanted: Any = Literal[tuple(tools)] | None
    if together is not None:
        wanted = Annotated[Literal[(*tools, EVERY)] | None, Field(description=f"{EVERY}: all of them")]
    which = inspect.Parameter("vault", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=wanted)
    calling.__signature__ = known.replace(parameters=[*known.parameters.values(), which])  # type: ignore[attr-defined]
    return calling


class Place(NamedTuple):
    """Where a vault stands among those that a server has."""

    workspace: str | None = None  # that is meant where a caller names none; None: as the settings say
    vaults: Mapping[str, Engine] = MappingProxyType({})  # all of them by name, where there are several
    is_first: bool = True  # whether the tokens are its own


class Asked(NamedTuple):
    """Who calls, and what may be reached for that."""

    actor: Actor
    within: Reach | None  # None: the whole vault


class Verbs:
    """What a group of tools is made of: the engine whose verbs they are, and who calls them."""

    def __init__(self, engine: Engine, callers: Callers, place: Place = Place()) -> None:  # noqa: B008  frozen
        self._engine, self._callers, self._place = engine, callers, place

    def _asked(self, context: Context, needed: Scope = Scope.READ, workspace: str | None = None) -> Asked:
        """Say who calls; a workspace that the call itself names goes before any other.

        Raises:
            NotAllowed: the caller may not.
            BadName: it names what can't be a workspace.
        """
        caller = self._callers(context, needed)
        if caller.folder is not None and not self._place.is_first:
            raise NotAllowed(f"the token reaches only {caller.folder} of the vault {next(iter(self._place.vaults))}")
        workspace = workspace or caller.workspace or self._place.workspace
        return Asked(caller.actor, self._engine.reach(workspace, folder=caller.folder))

    def _vault(self, name: str | None) -> Engine | None:
        """Give another vault that is served; None where none is named.

        Raises:
            BadInput: there is none of that name.
        """
        if not name:
            return None
        if name not in self._place.vaults:
            raise BadInput(
                f"there is no vault {name!r} here (there are: {', '.join(self._place.vaults) or 'no others'})"
            )
        return self._place.vaults[name]

    def _free(self, context: Context, needed: Scope = Scope.READ) -> Asked:
        """Say who calls what a token for one folder is not for. Raises as `_asked` does, and NotAllowed: it has one."""
        asked = self._asked(context, needed)
        if asked.within is not None and asked.within.folder is not None:
            raise NotAllowed(f"the token reaches only {asked.within.folder}, and this concerns the whole vault")
        return asked

    def _whole(self, context: Context, needed: Scope = Scope.READ) -> Actor:
        """Say who calls what concerns the whole vault. Raises as `_free` does, and NotAllowed: it is in a workspace."""
        asked = self._free(context, needed)
        if asked.within is not None:
            raise NotAllowed(f"only {asked.within} is reached, and this concerns the whole vault")
        return asked.actor


def reporter(context: Context) -> Callable[[int, int], None]:
    """Make what tells the client how far a long call is, and ends the call when the client does not want it any more.

    For a tool that runs in a thread of its own, as those do that are no coroutines.
    """

    def report(done: int, of: int) -> None:
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run(context.report_progress, float(done), float(of))

    return report
