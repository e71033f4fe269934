"""What a profile of tools costs an agent before it has done anything."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcp.server.mcpserver.tools import Tool
from mcp.types import Tool as Line
from pydantic_core import to_json

from vault_engine.engine import Engine
from vault_engine.engine.recalling import CHARS_PER_TOKEN
from vault_engine.server.callers import local_caller
from vault_engine.server.mcp.compat import PROFILES
from vault_engine.server.mcp.profiles import FULL, GROUPS, as_tool, chosen, offers_of


@dataclass(frozen=True)
class ToolCost:
    """One tool in the list that a client gets."""

    name: str
    group: str
    description: str
    tokens: int  # estimated, four characters each, of its part of the list


@dataclass(frozen=True)
class Described:
    """The tools of a profile, and what lists of them cost."""

    profile: str
    tools: tuple[ToolCost, ...]
    tokens: int  # of the whole list
    profiles: dict[str, int]  # of each profile there is: the tokens of its list


def describe(engine: Engine, profile: str, vaults: Mapping[str, Engine] | None = None) -> Described:
    """Count what the tools of a profile cost, in one vault or several; nothing of a vault is looked at.

    Raises:
        BadInput: there is no such profile.
    """
    every = offers_of(vaults or {"": engine}, local_caller, groups=(*GROUPS, *PROFILES))
    costs = {(offer.group, offer.name): _cost(as_tool(offer), offer.group) for offer in every}

    def of(name: str) -> tuple[ToolCost, ...]:
        return tuple(costs[offer.group, offer.name] for offer in chosen(name, every))

    totals = {name: sum(tool.tokens for tool in of(name)) for name in (*GROUPS, FULL, *PROFILES)}
    tools = of(profile)
    return Described(profile, tools, sum(tool.tokens for tool in tools), totals)


def _cost(tool: Tool, group: str) -> ToolCost:
    line = Line(
        name=tool.name,
        description=tool.description,
        input_schema=tool.parameters,
        output_schema=tool.output_schema,
        annotations=tool.annotations,
    )
    chars = len(to_json(line, by_alias=True, exclude_none=True).decode())
    return ToolCost(tool.name, group, tool.description, -(-chars // CHARS_PER_TOKEN))
