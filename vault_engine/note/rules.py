"""By whose rules the notes of a vault are read, and how its links are written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vault_engine.note.logseq.config import NEW_GRAPH, LogseqConfig
from vault_engine.note.model import Profile


class LinkFormat(StrEnum):
    """How a vault's owner wants links written."""

    SHORTEST = "shortest"  # the name, if no other file has it, else the path from the vault's root
    RELATIVE = "relative"  # the path from the folder of the note the link stands in
    ABSOLUTE = "absolute"  # the path from the vault's root


@dataclass(frozen=True, slots=True)
class Rules:
    """By whose rules a vault's notes are read."""

    profile: Profile = Profile.OBSIDIAN
    logseq: LogseqConfig = NEW_GRAPH
