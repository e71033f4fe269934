"""What keeping a vault and a folder in step answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vault_engine.engine.results import Problem
from vault_engine.sync.plan import Conflict, Create, Delete, Leave, Merge, PlannedChange, Rename, Side

Where = Literal["vault", "folder", "both"]
What = Literal["created", "updated", "renamed", "deleted", "merged", "conflict", "links", "properties", "left"]

_WHERE: Mapping[Side, Where] = {Side.OURS: "vault", Side.THEIRS: "folder"}


@dataclass(frozen=True)
class MirrorChange:
    """One thing that was done, would be done by a dry run, or was left."""

    what: What  # "links", "properties": only what Memwell adds to the note's text
    where: Where
    path: str
    to: str | None = None  # the new path of a rename; the conflict copy with the vault's text
    why: str = ""


@dataclass(frozen=True)
class Mirrored:
    """A vault and a folder are in step, but for what was left or failed."""

    target: str
    dry_run: bool
    notes: int  # in step
    changes: tuple[MirrorChange, ...]
    problems: tuple[Problem, ...]  # what failed, and why; it is tried again the next time


def planned_change(change: PlannedChange | Rename) -> MirrorChange:
    """Say what a planned change is."""
    match change:
        case Rename(side, path, to):
            return MirrorChange("renamed", _WHERE[side], path, to)
        case Create(side, path, is_back):
            return MirrorChange("created", _WHERE[side], path, why=_BACK if is_back else "")
        case Delete(side, path):
            return MirrorChange("deleted", _WHERE[side], path)
        case Merge(path):
            return MirrorChange("merged", "both", path)
        case Conflict(path):
            return MirrorChange("conflict", "both", path)
        case Leave(path, why):
            return MirrorChange("left", "both", path, why=why)
        case _:
            return MirrorChange("updated", _WHERE[change.side], change.path)


_BACK = "deleted here, but changed on the other side"
