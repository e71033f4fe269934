"""The part of `Engine` that says how notes fare and keeps them in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vault_engine.engine as verbs

if TYPE_CHECKING:
    from vault_engine.engine import cohering, health, lifecycle, maintaining, marking, stats, sweeping  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.cohering import Cohered
    from vault_engine.engine.health import Health
    from vault_engine.engine.lifecycle import DecayFilter, Decaying, Materialised
    from vault_engine.engine.maintain import Progress
    from vault_engine.engine.maintaining import Chores, Maintained
    from vault_engine.engine.results import Changed
    from vault_engine.engine.session import Session
    from vault_engine.engine.stats import Stats
    from vault_engine.engine.sweeping import Promoted, SweepFilter, Swept
    from vault_engine.journal.entry import Actor
    from vault_engine.vault.reach import Within


class Grooming:
    """Tells what fades, archives what has expired, and keeps what is to stay."""

    _session: Session

    def decay(self, wanted: DecayFilter) -> Decaying:
        """List notes by how far they have faded; see `lifecycle.decaying`."""
        return verbs.lifecycle.decaying(self._session, wanted)

    def materialise(self, wanted: DecayFilter, *, dry_run: bool = False, actor: Actor | None = None) -> Materialised:
        """Write their decay into notes; see `lifecycle.materialise`."""
        return verbs.lifecycle.materialise(self._session, wanted, dry_run=dry_run, actor=actor)

    def sweep(self, wanted: SweepFilter, *, dry_run: bool = True, actor: Actor | None = None) -> Swept:
        """Archive what has expired or faded; see `sweeping.sweep`."""
        return verbs.sweeping.sweep(self._session, wanted, dry_run=dry_run, actor=actor)

    def promote(self, *, limit: int = 100, dry_run: bool = True, actor: Actor | None = None) -> Promoted:
        """Move notes between tiers by their use; see `sweeping.promote`."""
        return verbs.sweeping.promote(self._session, limit=limit, dry_run=dry_run, actor=actor)

    def cohere(
        self, *, max_links: int = 20, max_share: float = 0.1, dry_run: bool = True, actor: Actor | None = None
    ) -> Cohered:
        """Move tiers, link what belongs together and archive what has expired, as one; see `cohering.cohere`."""
        return verbs.cohering.cohere(
            self._session, max_links=max_links, max_share=max_share, dry_run=dry_run, actor=actor
        )

    def maintain(
        self,
        chores: Chores,
        progress: Progress | None = None,
        *,
        limit: int = 100,
        dry_run: bool = True,
        actor: Actor | None = None,
    ) -> Maintained:
        """Look for duplicates and what is joined to nothing, see to the index; see `maintaining.maintain`."""
        return verbs.maintaining.maintain(
            self._session, chores, progress or (lambda *_: None), limit=limit, dry_run=dry_run, actor=actor
        )

    def stats(self, *, within: Within = None) -> Stats:
        """Count what there is; see `stats.stats`."""
        return verbs.stats.stats(self._session, within=within)

    def health(self) -> Health:
        """Try whether the vault works; see `health.health`."""
        return verbs.health.health(self._session)

    def pin(self, ref: str, *, pinned: bool = True, actor: Actor | None = None, within: Within = None) -> Changed:
        """Have a note at hand always, or no more; see `marking.pin`."""
        return verbs.marking.pin(self._session, ref, pinned=pinned, actor=actor, within=within)

    def verify_note(
        self, ref: str, *, verified: bool = True, actor: Actor | None = None, within: Within = None
    ) -> Changed:
        """Say that somebody has checked a note, or that nobody has; see `marking.verify_note`."""
        return verbs.marking.verify_note(self._session, ref, verified=verified, actor=actor, within=within)

    def score(
        self,
        ref: str,
        *,
        importance: float | None = None,
        confidence: float | None = None,
        actor: Actor | None = None,
        within: Within = None,
    ) -> Changed:
        """Say how much a note matters, and how sure it is; see `marking.score`."""
        return verbs.marking.score(
            self._session, ref, importance=importance, confidence=confidence, actor=actor, within=within
        )
