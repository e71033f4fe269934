"""The tools of other memories for agents, over this engine: what they are called there, and what answers here."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mcp.types import ToolAnnotations

if TYPE_CHECKING:
    from vault_engine.engine import Engine
    from vault_engine.server.callers import Callers
    from vault_engine.server.mcp.calling import Place

PROFILES = ("mimir", "mnemon", "memini")

# Nothing reaches beyond the vault; what a hint is by default is not said.
_HINTS = {
    "reads": ToolAnnotations(read_only_hint=True, open_world_hint=False),
    "writes": ToolAnnotations(destructive_hint=False, open_world_hint=False),
    "archives": ToolAnnotations(destructive_hint=True, open_world_hint=False),
}
KEY_TOOLS = {  # of ours that agents are told of, and what these are called in each profile
    "mimir": {"read_note": "mimir_get_entity", "recall": "mimir_recall", "remember": "mimir_remember"},
    "mnemon": {"read_note": "memory_get", "recall": "memory_search", "remember": "memory_save"},
    "memini": {"read_note": "memory_get", "recall": "memory_recall", "remember": "memory_remember"},
}


def tools_of(
    profile: str, engine: "Engine", callers: "Callers", place: "Place"
) -> Iterator[tuple[Callable[..., Any], ToolAnnotations]]:
    """Give the tools of a profile with what a client may decide by, in the order of its table."""
    from vault_engine.server.mcp.compat.base import fitted
    from vault_engine.server.mcp.compat.memini import Memini
    from vault_engine.server.mcp.compat.mimir import MimirNotes
    from vault_engine.server.mcp.compat.mimir_grooming import MimirGrooming
    from vault_engine.server.mcp.compat.mimir_state import MimirUpkeep
    from vault_engine.server.mcp.compat.mnemon import Mnemon
    from vault_engine.server.mcp.compat.systems import SYSTEMS

    made = {"mimir": (MimirNotes, MimirUpkeep, MimirGrooming), "mnemon": (Mnemon,), "memini": (Memini,)}[profile]
    advised = {name: KEY_TOOLS[profile][name] for name in ("read_note", "recall")}
    homes = [one(engine, callers, place) for one in made]
    for row in SYSTEMS[profile].rows:
        if row.way == "served":
            home = next(home for home in homes if hasattr(home, row.tool))
            yield fitted(getattr(home, row.tool), advised), _HINTS[row.does]
