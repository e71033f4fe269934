"""Which tools a server offers: all of a profile, of some groups, or some by name."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from vault_engine.engine import Engine
from vault_engine.errors import BadInput
from vault_engine.server.callers import Callers
from vault_engine.server.mcp.calling import told
from vault_engine.server.mcp.graph_tools import GraphTools
from vault_engine.server.mcp.history_tools import HistoryTools
from vault_engine.server.mcp.schemas import brief_input, brief_output
from vault_engine.server.mcp.tools import Tools
from vault_engine.server.mcp.truth_tools import TruthTools
from vault_engine.server.mcp.upkeep_tools import UpkeepTools

CORE, FULL = "core", "full"
GROUPS = (CORE, "history", "graph", "upkeep")


class Offer(NamedTuple):
    """One tool as it may be offered."""

    tool: Callable[..., Any]
    annotations: ToolAnnotations
    group: str

    @property
    def name(self) -> str:
        """What it is called by."""
        return self.tool.__name__


# What a client may decide by. Nothing reaches beyond the vault; what a hint is by default is not said.
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(destructive_hint=False, idempotent_hint=True, open_world_hint=False)
CHANGES = ToolAnnotations(destructive_hint=False, open_world_hint=False)  # a second time does it again
ARCHIVES = ToolAnnotations(destructive_hint=True, open_world_hint=False)


def offers(engine: Engine, callers: Callers) -> tuple[Offer, ...]:
    """Give every tool there is, in the order in which clients see them."""
    core, history = Tools(engine, callers), HistoryTools(engine, callers)
    graph, upkeep = GraphTools(engine, callers), UpkeepTools(engine, callers)
    truth = TruthTools(engine, callers)
    by_group: dict[str, tuple[tuple[Callable[..., Any], ToolAnnotations], ...]] = {
        CORE: (
            (core.remember, WRITES),
            (core.recall, READS),
            (core.context, READS),
            (core.read_note, READS),
            (core.edit_note, CHANGES),
            (core.forget, ARCHIVES),
            (core.link, WRITES),
            (core.status, READS),
        ),
        "history": (
            (history.note_history, READS),
            (history.note_diff, READS),
            (history.note_at, READS),
            (history.notes_at, READS),
            (history.undo, ARCHIVES),
            (history.undo_move, CHANGES),
            (history.restore, CHANGES),
            (history.journal, READS),
        ),
        "graph": (
            (graph.links, READS),
            (graph.backlinks, READS),
            (graph.neighbours, READS),
            (graph.traverse, READS),
            (graph.shortest_path, READS),
            (graph.orphans, READS),
            (graph.hubs, READS),
            (graph.related, READS),
        ),
        "upkeep": (
            (upkeep.list_notes, READS),
            (upkeep.remember_many, WRITES),
            (upkeep.move_note, CHANGES),
            (upkeep.check_vault, READS),
            (upkeep.verify, READS),
            (upkeep.conflicts, READS),
            (upkeep.show_conflict, READS),
            (upkeep.resolve_conflict, ARCHIVES),
            (upkeep.index_state, READS),
            (upkeep.build_index, WRITES),
            (upkeep.purge, ARCHIVES),
            (truth.extract, WRITES),
            (truth.supersede, WRITES),
            (truth.contradictions, WRITES),
            (truth.undo_together, CHANGES),
            (truth.correct, CHANGES),
            (truth.state_set, WRITES),
            (truth.state_get, READS),
            (truth.state_delete, ARCHIVES),
            (truth.state_list, READS),
        ),
    }
    return tuple(Offer(*each, group) for group in GROUPS for each in by_group[group])


def chosen(profile: str, every: Iterable[Offer]) -> list[Offer]:
    """Give the tools that a profile means, in their order.

    Args:
        profile: ``core``, ``full``, a group, a tool's name, or several of them with commas between.
        every: what there is.

    Raises:
        BadInput: one of them is none of these.
    """
    every = tuple(every)
    wanted = [name.strip() for name in profile.split(",") if name.strip()]
    known = {FULL, *GROUPS, *(each.name for each in every)}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        what = f"there is no tool or profile {unknown[0]!r}" if unknown else "no tool was named"
        raise BadInput(f"{what} (there are {', '.join([FULL, *GROUPS, *(each.name for each in every)])})")
    return [each for each in every if {FULL, each.group, each.name}.intersection(wanted)]


def as_tool(offer: Offer) -> Tool:
    """Make of an offer what the protocol's library serves, with schemas as short as they can be."""
    tool = Tool.from_function(told(offer.tool), annotations=offer.annotations)
    tool.parameters = brief_input(tool.parameters)
    if tool.fn_metadata.output_schema is not None:
        tool.fn_metadata.output_schema = brief_output(tool.fn_metadata.output_schema)
    return tool
