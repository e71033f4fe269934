"""The only door to a vault: `Engine` and what it takes and gives."""

import importlib
from typing import TYPE_CHECKING

from vault_engine.engine.access import Scope, Token
from vault_engine.engine.events import Event, Recorded, Told
from vault_engine.engine.memory import MAX_FIELD_CHARS, MAX_LIST_ITEMS, MAX_TEXT_BYTES, Memory
from vault_engine.engine.open import Engine
from vault_engine.engine.results import (
    Changed,
    Context,
    Explained,
    Forgotten,
    Hit,
    IndexState,
    NoteView,
    Problem,
    Recalled,
    Remembered,
    Status,
)
from vault_engine.journal.entry import Actor
from vault_engine.search.query import MAX_QUERY_CHARS, By, Fusion, Mode
from vault_engine.search.weights import WEIGHTS, TurnWeights, Weights
from vault_engine.vault.reach import Reach

if TYPE_CHECKING:
    from vault_engine.engine.benchmarks import Means, Task, as_event
    from vault_engine.engine.cohering import Cohered, Fading
    from vault_engine.engine.contradicting import Contradiction, Contradictions
    from vault_engine.engine.duplicates import Duplicate
    from vault_engine.engine.examine import Examined, ModelState
    from vault_engine.engine.extracting import Extracted, Kept, extract_items
    from vault_engine.engine.graph import (
        GraphEdge,
        GraphView,
        Hub,
        Hubs,
        Neighbour,
        Neighbours,
        NodeView,
        Orphans,
        Reached,
        Related,
        RelatedView,
        ShortestPath,
        Traversed,
    )
    from vault_engine.engine.graph_formats import FORMATS as GRAPH_FORMATS
    from vault_engine.engine.graph_formats import Exported
    from vault_engine.engine.health import Health, HealthCheck
    from vault_engine.engine.lifecycle import DecayChange, DecayFilter, Decaying, Faded, Materialised
    from vault_engine.engine.linking import NewLink
    from vault_engine.engine.maintaining import Chores, LinkToNothing, Maintained
    from vault_engine.engine.mirror import INTERVAL_S, Format, MirrorTerms
    from vault_engine.engine.mirrored import MirrorChange, Mirrored
    from vault_engine.engine.move import LinkEdit, Moved
    from vault_engine.engine.parsing import MAX_FILE_BYTES, parse_file, source_of
    from vault_engine.engine.parts import NoteParts
    from vault_engine.engine.profile import Profile, Trait, TraitType
    from vault_engine.engine.reports import (
        FINDING_KINDS,
        Backlinks,
        BacklinkView,
        Built,
        Checked,
        Created,
        Finding,
        FindingKind,
        IndexChecked,
        Links,
        LinkView,
        Listed,
        NoteLine,
        RawNote,
        Restored,
    )
    from vault_engine.engine.sharing import Federated, Shared
    from vault_engine.engine.states import StateDeleted, StateList, StateValue
    from vault_engine.engine.stats import Stats
    from vault_engine.engine.superseding import Superseded
    from vault_engine.engine.sweeping import Promoted, SweepFilter, Swept, SweptNote, TierChange
    from vault_engine.engine.timeline import Timeline, TimelineFilter
    from vault_engine.engine.together import UndoneTogether
    from vault_engine.engine.tokens import TokenCheck, TokenCreated, TokenLine, TokenList, TokenRevoked
    from vault_engine.engine.workspaces import WorkspaceLine, Workspaces
    from vault_engine.lifecycle.extract import Item, ItemKind
    from vault_engine.note.change import (
        AddLink,
        AddTag,
        Append,
        Edit,
        RemoveLink,
        RemoveTag,
        RenameProperty,
        Replace,
        ReplaceSection,
        SetProperty,
        UnsetProperty,
    )
    from vault_engine.state.store import MAX_VALUE_BYTES, read_json
    from vault_engine.sync.shown import Extra

# Loaded when they are first asked for, as most processes never do: without them a server answers sooner.
_LATER = {
    "engine.cohering": "Cohered Fading",
    "engine.benchmarks": "Means Task as_event",
    "engine.contradicting": "Contradiction Contradictions",
    "engine.duplicates": "Duplicate",
    "engine.examine": "Examined ModelState",
    "engine.extracting": "Extracted Kept extract_items",
    "engine.graph": "GraphEdge GraphView Hub Hubs Neighbour Neighbours NodeView Orphans Reached Related RelatedView"
    " ShortestPath Traversed",
    "engine.graph_formats": "Exported",
    "engine.health": "Health HealthCheck",
    "engine.lifecycle": "DecayChange DecayFilter Decaying Faded Materialised",
    "engine.linking": "NewLink",
    "engine.maintaining": "Chores LinkToNothing Maintained",
    "engine.mirror": "INTERVAL_S Format MirrorTerms",
    "engine.mirrored": "MirrorChange Mirrored",
    "engine.move": "LinkEdit Moved",
    "engine.parts": "NoteParts",
    "engine.parsing": "MAX_FILE_BYTES parse_file source_of",
    "engine.profile": "Profile Trait TraitType",
    "engine.reports": "FINDING_KINDS Backlinks BacklinkView Built Checked Created Finding FindingKind IndexChecked"
    " Links LinkView Listed NoteLine RawNote Restored",
    "engine.sharing": "Federated Shared",
    "engine.states": "StateDeleted StateList StateValue",
    "engine.stats": "Stats",
    "engine.superseding": "Superseded",
    "engine.sweeping": "Promoted SweepFilter Swept SweptNote TierChange",
    "engine.together": "UndoneTogether",
    "engine.timeline": "Timeline TimelineFilter",
    "engine.tokens": "TokenCheck TokenCreated TokenLine TokenList TokenRevoked",
    "engine.workspaces": "WorkspaceLine Workspaces",
    "lifecycle.extract": "Item ItemKind",
    "note.change": "AddLink AddTag Append Edit RemoveLink RemoveTag RenameProperty Replace ReplaceSection SetProperty"
    " UnsetProperty",
    "state.store": "MAX_VALUE_BYTES read_json",
    "sync.shown": "Extra",
}
_VERBS = {
    *("bulk", "check", "cohering", "conflicts", "contradicting", "correcting", "edit", "examine", "extracting", "fsck"),
    *("git", "graph", "graph_formats", "health", "history", "inferring", "lifecycle", "links", "maintain"),
    *("maintaining", "marking", "mirror", "move", "parts", "past", "profile", "purge", "read", "remote", "resembling"),
    *("routine", "sharing", "states", "stats", "superseding", "sweeping", "timeline", "together", "tokens", "undo"),
    *("workspaces", "write"),
}
_HOME = {name: module for module, names in _LATER.items() for name in names.split()}

__all__ = [
    "FINDING_KINDS",
    "GRAPH_FORMATS",
    "INTERVAL_S",
    "MAX_FIELD_CHARS",
    "MAX_FILE_BYTES",
    "MAX_LIST_ITEMS",
    "MAX_QUERY_CHARS",
    "MAX_TEXT_BYTES",
    "MAX_VALUE_BYTES",
    "WEIGHTS",
    "Actor",
    "AddLink",
    "AddTag",
    "Append",
    "BacklinkView",
    "Backlinks",
    "Built",
    "By",
    "Changed",
    "Checked",
    "Chores",
    "Cohered",
    "Context",
    "Contradiction",
    "Contradictions",
    "Created",
    "DecayChange",
    "DecayFilter",
    "Decaying",
    "Duplicate",
    "Edit",
    "Engine",
    "Event",
    "Examined",
    "Explained",
    "Exported",
    "Extra",
    "Extracted",
    "Faded",
    "Fading",
    "Federated",
    "Finding",
    "FindingKind",
    "Forgotten",
    "Format",
    "Fusion",
    "GraphEdge",
    "GraphView",
    "Health",
    "HealthCheck",
    "Hit",
    "Hub",
    "Hubs",
    "IndexChecked",
    "IndexState",
    "Item",
    "ItemKind",
    "Kept",
    "LinkEdit",
    "LinkToNothing",
    "LinkView",
    "Links",
    "Listed",
    "Maintained",
    "Materialised",
    "Means",
    "Memory",
    "MirrorChange",
    "MirrorTerms",
    "Mirrored",
    "Mode",
    "ModelState",
    "Moved",
    "Neighbour",
    "Neighbours",
    "NewLink",
    "NodeView",
    "NoteLine",
    "NoteParts",
    "NoteView",
    "Orphans",
    "Problem",
    "Profile",
    "Promoted",
    "RawNote",
    "Reach",
    "Reached",
    "Recalled",
    "Recorded",
    "Related",
    "RelatedView",
    "Remembered",
    "RemoveLink",
    "RemoveTag",
    "RenameProperty",
    "Replace",
    "ReplaceSection",
    "Restored",
    "Scope",
    "SetProperty",
    "Shared",
    "ShortestPath",
    "StateDeleted",
    "StateList",
    "StateValue",
    "Stats",
    "Status",
    "Superseded",
    "SweepFilter",
    "Swept",
    "SweptNote",
    "Task",
    "TierChange",
    "Timeline",
    "TimelineFilter",
    "Token",
    "TokenCheck",
    "TokenCreated",
    "TokenLine",
    "TokenList",
    "TokenRevoked",
    "Told",
    "Trait",
    "TraitType",
    "Traversed",
    "TurnWeights",
    "UndoneTogether",
    "UnsetProperty",
    "Weights",
    "WorkspaceLine",
    "Workspaces",
    "as_event",
    "extract_items",
    "parse_file",
    "read_json",
    "source_of",
]


def __getattr__(name: str) -> object:
    """Load a module of verbs, or give a name out of one."""
    if name in _VERBS:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "GRAPH_FORMATS":
        return importlib.import_module(f"{__name__}.graph_formats").FORMATS
    if name in _HOME:
        return getattr(importlib.import_module(f"vault_engine.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
