"""Which tools a server offers: all of a profile, of some groups, or some by name."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from inspect import signature
from typing import Any, NamedTuple

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from vault_engine.engine import Engine
from vault_engine.errors import BadInput
from vault_engine.server.callers import Callers, local_caller
from vault_engine.server.mcp.calling import Place, of_one_vault, told
from vault_engine.server.mcp.compat import PROFILES
from vault_engine.server.mcp.schemas import brief_input, brief_output
from vault_engine.server.mcp.tools import Tools

CORE, FULL = "core", "full"
GROUPS = (CORE, "history", "graph", "upkeep", "lifecycle")


Hinted = tuple[Callable[..., Any], ToolAnnotations]
"""A tool, and what a client may decide by."""


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


def _of_another(profile: str) -> Callable[[Engine, Callers, Place], Iterator[Hinted]]:
    """Make what gives the tools of another memory."""

    def tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
        from vault_engine.server.mcp.compat import tools_of

        return tools_of(profile, engine, callers, place)

    return tools


def offers(
    engine: Engine,
    callers: Callers,
    place: Place = Place(),  # noqa: B008  frozen
    groups: Collection[str] = GROUPS,
) -> tuple[Offer, ...]:
    """Give every tool there is of one vault in some groups, in the order in which clients see them."""
    return tuple(
        Offer(*each, group)
        for group in (*GROUPS, *PROFILES)
        if group in groups
        for each in _TOOLS[group](engine, callers, place)
    )


def _core_tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
    core = Tools(engine, callers, place)
    yield core.remember, WRITES
    yield core.recall, READS
    yield core.context, READS
    yield core.read_note, READS
    yield core.edit_note, CHANGES
    yield core.forget, ARCHIVES
    yield core.link, WRITES
    yield core.status, READS


# The other groups are loaded when they are offered: with what they need of the engine, that takes a while.


def _history_tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
    from vault_engine.server.mcp.event_tools import EventTools
    from vault_engine.server.mcp.history_tools import HistoryTools

    events = EventTools(engine, callers, place)
    history = HistoryTools(engine, callers, place)
    yield history.note_history, READS
    yield history.note_diff, READS
    yield history.note_at, READS
    yield history.notes_at, READS
    yield history.undo, ARCHIVES
    yield history.undo_move, CHANGES
    yield history.restore, CHANGES
    yield history.journal, READS
    yield events.timeline, READS
    yield events.record_event, CHANGES
    yield events.record_benchmark, CHANGES


def _graph_tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
    from vault_engine.server.mcp.graph_tools import GraphTools

    graph = GraphTools(engine, callers, place)
    yield graph.links, READS
    yield graph.backlinks, READS
    yield graph.neighbours, READS
    yield graph.traverse, READS
    yield graph.shortest_path, READS
    yield graph.orphans, READS
    yield graph.hubs, READS
    yield graph.related, READS


def _upkeep_tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
    from vault_engine.server.mcp.truth_tools import TruthTools
    from vault_engine.server.mcp.upkeep_tools import UpkeepTools

    upkeep, truth = UpkeepTools(engine, callers, place), TruthTools(engine, callers, place)
    if engine.ingest_from and callers is local_caller:  # files of this machine are for who started this process
        from vault_engine.server.mcp.document_tools import DocumentTools

        yield DocumentTools(engine, callers, place).ingest_file, WRITES
    yield upkeep.list_notes, READS
    yield upkeep.remember_many, WRITES
    yield upkeep.move_note, CHANGES
    yield upkeep.workspaces, READS
    yield upkeep.share_note, WRITES
    yield upkeep.federate, WRITES
    yield upkeep.check_vault, READS
    yield upkeep.verify, READS
    yield upkeep.conflicts, READS
    yield upkeep.show_conflict, READS
    yield upkeep.resolve_conflict, ARCHIVES
    yield upkeep.index_state, READS
    yield upkeep.build_index, WRITES
    yield upkeep.purge, ARCHIVES
    yield truth.extract, WRITES
    yield truth.supersede, WRITES
    yield truth.contradictions, WRITES
    yield truth.undo_together, CHANGES
    yield truth.correct, CHANGES
    yield truth.profile_get, READS
    yield truth.profile_update, WRITES
    yield truth.state_set, WRITES
    yield truth.state_get, READS
    yield truth.state_delete, ARCHIVES
    yield truth.state_list, READS


def _lifecycle_tools(engine: Engine, callers: Callers, place: Place) -> Iterator[Hinted]:
    from vault_engine.server.mcp.lifecycle_tools import LifecycleTools

    lifecycle = LifecycleTools(engine, callers, place)
    yield lifecycle.decay, READS
    yield lifecycle.sweep, ARCHIVES
    yield lifecycle.promote, WRITES
    yield lifecycle.cohere, ARCHIVES
    yield lifecycle.maintenance, ARCHIVES
    yield lifecycle.stats, READS
    yield lifecycle.health, WRITES
    yield lifecycle.pin, WRITES
    yield lifecycle.verify_note, WRITES
    yield lifecycle.score, WRITES


_TOOLS: dict[str, Callable[[Engine, Callers, Place], Iterator[Hinted]]] = {
    CORE: _core_tools,
    "history": _history_tools,
    "graph": _graph_tools,
    "upkeep": _upkeep_tools,
    "lifecycle": _lifecycle_tools,
    **{name: _of_another(name) for name in PROFILES},
}


def offers_of(
    vaults: Mapping[str, Engine],
    callers: Callers,
    workspace: str | None = None,
    groups: Collection[str] = GROUPS,
) -> tuple[Offer, ...]:
    """Give every tool there is of some vaults; where there are several, each takes the name of one.

    Args:
        vaults: by name; the first is meant where none is named.
        callers: says who calls.
        workspace: that is meant where a caller names none.
        groups: those whose tools are wanted.
    """
    names = vaults if len(vaults) > 1 else {}
    each = [
        offers(engine, callers, Place(workspace, names, is_first=number == 0), groups)
        for number, engine in enumerate(vaults.values())
    ]
    if not names:
        return each[0]
    from vault_engine.server.mcp.everywhere import TOGETHER  # loaded where there are several

    return tuple(
        same[0]._replace(
            tool=of_one_vault(dict(zip(names, (one.tool for one in same), strict=True)), TOGETHER.get(same[0].name))
        )
        for same in zip(*each, strict=True)
    )


def groups_of(profile: str) -> Collection[str]:
    """Say which groups may have tools of a profile: those it names, all of ours too once it names anything else."""
    named = set(_names(profile))
    others = named.intersection(PROFILES)
    return named if named and named <= {*GROUPS, *others} else {*GROUPS, *others}


def chosen(profile: str, every: Iterable[Offer]) -> list[Offer]:
    """Give the tools that a profile means, in their order.

    Args:
        profile: ``core``, ``full``, a group, another memory (`PROFILES`), a tool's name, or several of them with commas
            between.
        every: what there is.

    Raises:
        BadInput: one of them is none of these, or two tools would have one name.
    """
    every = tuple(every)
    wanted = _names(profile)
    known = {FULL, *GROUPS, *PROFILES, *(each.name for each in every)}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        what = f"there is no tool or profile {unknown[0]!r}" if unknown else "no tool was named"
        raise BadInput(f"{what} (there are {', '.join([FULL, *GROUPS, *PROFILES, *(each.name for each in every)])})")
    meant = [each for each in every if {each.group, each.name}.intersection(wanted) or _is_full(each, wanted)]
    if twice := [name for name, count in Counter(each.name for each in meant).items() if count > 1]:
        raise BadInput(f"{twice[0]} would be the name of two tools: choose one of these profiles")
    return meant


def _is_full(each: Offer, wanted: Collection[str]) -> bool:
    return FULL in wanted and each.group in GROUPS


def _names(profile: str) -> list[str]:
    return [name.strip() for name in profile.split(",") if name.strip()]


def as_tool(offer: Offer) -> Tool:
    """Make of an offer what the protocol's library serves, with schemas as short as they can be."""
    tool = Tool.from_function(told(offer.tool), annotations=offer.annotations, structured_output=False)
    tool.parameters = brief_input(tool.parameters)
    tool.fn_metadata.output_schema = brief_output(signature(offer.tool).return_annotation)
    return tool
