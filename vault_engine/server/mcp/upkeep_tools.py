"""Tools for keeping a vault in order."""

from dataclasses import dataclass
from typing import Annotated

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, ConfigDict, Field

from vault_engine.engine import (
    MAX_TEXT_BYTES,
    Checked,
    Federated,
    Forgotten,
    IndexState,
    Listed,
    Memory,
    Moved,
    Remembered,
    Scope,
    Shared,
    Workspaces,
)
from vault_engine.engine.bulk import NotRemembered
from vault_engine.engine.conflicts import Conflicts, ConflictShown, Resolved, Take
from vault_engine.engine.fsck import Verified
from vault_engine.engine.purge import Purged
from vault_engine.engine.reports import Built
from vault_engine.server.mcp.advice import explain
from vault_engine.server.mcp.arguments import Limit, Line, Name, Reason, Ref, Sha256, Tags
from vault_engine.server.mcp.calling import Verbs, reporter

_MOST_AT_ONCE = 500
Workspace = Annotated[str, Field(max_length=200)]


class NewMemory(BaseModel):
    """One of several memories."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
    category: Name = None
    key: Name = None
    title: Name = None
    type: Name = None
    tags: Annotated[list[Line], Field(max_length=50)] = []


@dataclass(frozen=True)
class RememberedAll:
    """What became of several memories, in their order."""

    notes: tuple[Remembered | str, ...]  # why not, in words, for one that did not become a note
    confirmed: bool  # False: all that is said was done, but the disk did not confirm it


@dataclass(frozen=True)
class Erased:
    """A note was erased, or was archived because nobody agreed to that."""

    erased: Purged | None
    archived: Forgotten | None


class Confirmation(BaseModel):
    """What a person answers."""

    erase: bool = Field(description="Erase it for good?")


async def _confirmation(context: Context, note: str) -> Elicit[Confirmation] | Confirmation:
    """Ask the person, where the client can."""
    able = context.client_capabilities
    if able is None or able.elicitation is None:
        return Confirmation(erase=False)
    return Elicit(
        f"Erase {note!r} and everything it ever held, for good? No backup of Memwell's is left.", Confirmation
    )


class UpkeepTools(Verbs):
    """The verbs that look after the vault. The docstrings are what the agent reads."""

    def list_notes(
        self,
        context: Context,
        category: Name = None,
        type: Name = None,
        tags: Tags = None,
        archived: bool = False,
        limit: Limit = 50,
    ) -> Listed:
        """List notes by path, or those that were forgotten."""
        return self._engine.list(
            category=category or None,
            type=type or None,
            tags=tuple(tags or ()),
            limit=limit,
            archived=archived,
            within=self._free(context).within,
        )

    def remember_many(
        self, context: Context, memories: Annotated[list[NewMemory], Field(max_length=_MOST_AT_ONCE)]
    ) -> RememberedAll:
        """Keep several memories at once."""
        asked = self._free(context, Scope.WRITE)
        wanted = (Memory(**{**one.model_dump(), "tags": tuple(one.tags)}) for one in memories)
        done = self._engine.remember_many(wanted, actor=asked.actor, progress=reporter(context), within=asked.within)
        notes = tuple(explain(one.error) if isinstance(one, NotRemembered) else one for one in done.notes)
        return RememberedAll(notes, done.confirmed)

    def move_note(
        self, context: Context, note: Ref, to: Annotated[str, Field(max_length=1000, description="its new path")]
    ) -> Moved:
        """Rename or move a note together with all links to it."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.move(note, to, actor=actor)

    def workspaces(self, context: Context) -> Workspaces:
        """List the projects in the vault."""
        within = self._free(context).within
        return self._engine.workspaces(within, within=within)

    def share_note(self, context: Context, note: Ref, to: Workspace, to_vault: Name = None) -> Shared:
        """Copy a note into another workspace, or bring that copy up to date."""
        asked = self._free(context, Scope.WRITE)
        target = self._vault(to_vault)
        return self._engine.share(note, to, target=target, actor=asked.actor, within=asked.within)

    def federate(
        self, context: Context, workspace: Workspace, to: Workspace, to_vault: Name = None, dry_run: bool = False
    ) -> Federated:
        """Share every note of a workspace with another one."""
        asked = self._free(context, Scope.WRITE)
        target = self._vault(to_vault)
        return self._engine.federate(
            workspace, to, target=target, dry_run=dry_run, actor=asked.actor, within=asked.within
        )

    def check_vault(self, context: Context) -> Checked:
        """List broken links, names other devices refuse, bad properties and the like."""
        self._whole(context)
        return self._engine.check()

    def verify(self, context: Context, read_data: bool = False) -> Verified:
        """Check that the journal is whole and fits the notes; with read_data every byte that was kept."""
        self._whole(context)
        return self._engine.verify(read_data=read_data)

    def conflicts(self, context: Context) -> Conflicts:
        """List the copies that sync tools left beside notes."""
        self._whole(context)
        return self._engine.conflicts()

    def show_conflict(self, context: Context, copy: Ref) -> ConflictShown:
        """Show how such a copy differs from its note."""
        self._whole(context)
        return self._engine.show_conflict(copy)

    def resolve_conflict(self, context: Context, copy: Ref, take: Take, expected: Sha256 = None) -> Resolved:
        """Give the note its own text, the copy's, or both by lines; the copy goes into the archive."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.resolve_conflict(copy, take, expected=expected or None, actor=actor)

    def index_state(self, context: Context) -> IndexState:
        """Say how far the index has followed the notes."""
        self._whole(context)
        return self._engine.index_state()

    def build_index(self, context: Context, fresh: bool = False) -> Built:
        """Bring the index up to date, vectors included; with fresh make it anew."""
        self._whole(context, Scope.WRITE)
        report = reporter(context)
        return self._engine.build_index(lambda _what, done, of: report(done, of), fresh=fresh)

    def purge(
        self,
        context: Context,
        note: Ref,
        confirmed: Annotated[ElicitationResult[Confirmation], Resolve(_confirmation)],
        reason: Reason = "",
    ) -> Erased:
        """Erase a note and all it ever held, if the person agrees; where nobody can be asked it is archived."""
        actor = self._whole(context, Scope.ADMIN)
        if isinstance(confirmed, AcceptedElicitation) and confirmed.data.erase:
            return Erased(self._engine.purge(note, yes=True, reason=reason, actor=actor), None)
        return Erased(None, self._engine.forget(note, reason=reason, actor=actor))
