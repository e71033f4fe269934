"""Tools about what was: versions of notes, who changed them, and taking a change back."""

from dataclasses import dataclass, replace
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import Moved, Scope
from vault_engine.engine.entries import Entries
from vault_engine.engine.history import Diffed, History
from vault_engine.engine.past import ListedAt
from vault_engine.engine.reports import Restored
from vault_engine.engine.undo import Undone
from vault_engine.server.mcp.arguments import Entry, Limit, Moment, Name, Ref, Sha256, Tags
from vault_engine.server.mcp.calling import Verbs
from vault_engine.server.mcp.event_tools import brief

Version = Annotated[str | None, Field(max_length=100, description="sha256, journal entry or time")]


@dataclass(frozen=True)
class NoteThen:
    """One note as it was known at a time."""

    path: str  # at that time
    sha256: str
    text: str
    entry: str | None  # that made it so; None for what the file holds now and no entry tells of


class HistoryTools(Verbs):
    """The verbs about the past. The docstrings are what the agent reads."""

    def note_history(self, context: Context, note: Ref, limit: Limit = 20) -> History:
        """List the versions of a note: when, by whom, why."""
        return self._engine.history(note, limit=limit, within=self._free(context).within)

    def note_diff(self, context: Context, note: Ref, old: Version = None, new: Version = None) -> Diffed:
        """Show what differs between two versions of a note; by default the last change."""
        return self._engine.diff(note, old or None, new or None, within=self._free(context).within)

    def note_at(self, context: Context, note: Ref, at: Annotated[str, Field(max_length=100)]) -> NoteThen:
        """Give a note as it was at a time."""
        then = self._engine.show_at(note, at, within=self._free(context).within)
        return NoteThen(then.path, then.sha256, then.data.decode("utf-8", "replace"), then.entry)

    def notes_at(
        self,
        context: Context,
        as_of: Moment = None,
        valid_at: Moment = None,
        category: Name = None,
        type: Name = None,
        tags: Tags = None,
    ) -> ListedAt:
        """List the notes as they were known at one time that hold at another."""
        return self._engine.list_at(
            as_of or None,
            valid_at or None,
            category=category or None,
            type=type or None,
            tags=tuple(tags or ()),
            within=self._free(context).within,
        )

    def undo(self, context: Context, note: Ref, entry: Entry = None, expected: Sha256 = None) -> Undone:
        """Take the last change of a note back, or that of a journal entry; what came after it is kept."""
        asked = self._free(context, Scope.WRITE)
        return self._engine.undo(
            note, entry=entry or None, expected=expected or None, actor=asked.actor, within=asked.within
        )

    def undo_move(self, context: Context, entry: Entry = None) -> Moved:
        """Take a move back, the links that followed it included."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.undo_move(entry or None, actor=actor)

    def restore(self, context: Context, note: Ref) -> Restored:
        """Bring a forgotten note back."""
        asked = self._free(context, Scope.WRITE)
        return self._engine.restore(note, actor=asked.actor, within=asked.within)

    def journal(self, context: Context, limit: Limit = 20, note: Ref = "") -> Entries:
        """Show the last changes of the vault, or all of one note."""
        within = self._free(context).within
        if note:
            found = self._engine.find_entries(path=note, within=within)
        else:
            found = self._engine.last_entries(limit, within=within)
        return replace(found, entries=tuple(map(brief, found.entries)))
