"""Tools for what fades, what goes and what stays."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import (
    Changed,
    Chores,
    Cohered,
    DecayFilter,
    Decaying,
    Health,
    Maintained,
    Promoted,
    Scope,
    Stats,
    SweepFilter,
    Swept,
)
from vault_engine.server.mcp.arguments import Limit, Name, Ref
from vault_engine.server.mcp.calling import Verbs

Share = Annotated[float | None, Field(ge=0, le=1)]
Days = Annotated[float | None, Field(ge=0)]


class LifecycleTools(Verbs):
    """The verbs by which notes live, fade and rest. The docstrings are what the agent reads."""

    def decay(
        self, context: Context, category: Name = None, type: Name = None, below: Share = None, limit: Limit = 50
    ) -> Decaying:
        """List the notes that have faded most: 1 is as strong as on the first day."""
        self._whole(context)
        return self._engine.decay(DecayFilter(category or None, type or None, below, limit))

    def sweep(
        self,
        context: Context,
        category: Name = None,
        type: Name = None,
        tier: Name = None,
        below: Annotated[Share, Field(description="strength")] = None,
        older_than_days: Days = None,
        max_share: Annotated[float, Field(gt=0, le=1, description="of all notes")] = 0.1,
        dry_run: bool = True,
    ) -> Swept:
        """Archive what has faded or aged so far, else what has expired; undo_together takes it back."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        wanted = SweepFilter(category or None, type or None, tier or None, below, older_than_days, max_share)
        return self._engine.sweep(wanted, dry_run=dry_run, actor=actor)

    def promote(self, context: Context, dry_run: bool = True) -> Promoted:
        """Give notes that state a tier the one that fits how they are used; undo_together takes it back."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        return self._engine.promote(dry_run=dry_run, actor=actor)

    def cohere(
        self, context: Context, max_links: Annotated[int, Field(ge=0, le=50)] = 20, dry_run: bool = True
    ) -> Cohered:
        """Fit tiers to use, link notes that share a subject, archive what expired; undo_together takes it back."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        return self._engine.cohere(max_links=max_links, dry_run=dry_run, actor=actor)

    def maintenance(
        self,
        context: Context,
        duplicates: bool = True,
        orphans: bool = True,
        reindex: bool = False,
        compact: bool = False,
        limit: Limit = 50,
        dry_run: bool = True,
    ) -> Maintained:
        """List notes that say the same, notes without links, links to nothing; archive exact copies, mend the index."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        chores = Chores(duplicates, orphans, reindex, compact)
        return self._engine.maintain(chores, limit=limit, dry_run=dry_run, actor=actor)

    def stats(self, context: Context) -> Stats:
        """Count notes by category, type, tier, status and age."""
        return self._engine.stats(within=self._asked(context).within)

    def health(self, context: Context) -> Health:
        """Try whether the vault can be read and written."""
        self._whole(context, Scope.WRITE)
        return self._engine.health()

    def pin(self, context: Context, note: Ref, pinned: bool = True) -> Changed:
        """Have every context begin with a note, which then does not fade; or no more."""
        asked = self._asked(context, Scope.WRITE)
        return self._engine.pin(note, pinned=pinned, actor=asked.actor, within=asked.within)

    def verify_note(self, context: Context, note: Ref, verified: bool = True) -> Changed:
        """Say that the person has checked a note, or that it is to be checked again."""
        asked = self._asked(context, Scope.WRITE)
        return self._engine.verify_note(note, verified=verified, actor=asked.actor, within=asked.within)

    def score(self, context: Context, note: Ref, importance: Share = None, confidence: Share = None) -> Changed:
        """Say how much a note matters, and how sure it is."""
        asked = self._asked(context, Scope.WRITE)
        return self._engine.score(
            note, importance=importance, confidence=confidence, actor=asked.actor, within=asked.within
        )
