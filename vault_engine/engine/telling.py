"""The part of `Engine` that takes in and gives what was told beside the notes, and what is known of the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vault_engine.engine as verbs
from vault_engine.engine import events

if TYPE_CHECKING:
    from vault_engine.engine import profile, purge, timeline  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.events import Event, Recorded
    from vault_engine.engine.memory import Memory
    from vault_engine.engine.profile import Profile, TraitType
    from vault_engine.engine.purge import EventErased
    from vault_engine.engine.results import Remembered
    from vault_engine.engine.session import Session
    from vault_engine.engine.timeline import Timeline, TimelineFilter
    from vault_engine.journal.entry import Actor
    from vault_engine.vault.reach import Within


class Telling:
    """Keeps what somebody tells of their work, and looks back at it."""

    _session: Session

    def record(self, event: Event, *, actor: Actor | None = None, within: Within = None) -> Recorded:
        """Enter an event in the journal; see `events.record`."""
        return events.record(self._session, event, actor, within=within)

    def erase_event(
        self,
        entry: str,
        *,
        yes: bool = False,
        dry_run: bool = False,
        reason: str = "",
        actor: Actor | None = None,
    ) -> EventErased:
        """Erase what an event tells; see `purge.erase_event`."""
        return verbs.purge.erase_event(self._session, entry, yes=yes, dry_run=dry_run, reason=reason, actor=actor)

    def timeline(self, wanted: TimelineFilter | None = None, *, within: Within = None) -> Timeline:
        """List what happened, the newest first; see `timeline.timeline`."""
        return verbs.timeline.timeline(
            self._session, wanted if wanted is not None else verbs.timeline.TimelineFilter(), within=within
        )

    def profile(self, *, budget_tokens: int = 1000, limit: int = 50, within: Within = None) -> Profile:
        """Give what is known of the person; see `profile.profile`."""
        return verbs.profile.profile(self._session, budget_tokens=budget_tokens, limit=limit, within=within)

    def update_profile(
        self, memory: Memory, type: TraitType = "preference", *, actor: Actor | None = None, within: Within = None
    ) -> Remembered:
        """Remember something of the person; see `profile.update_profile`."""
        return verbs.profile.update_profile(self._session, memory, type, actor=actor, within=within)
