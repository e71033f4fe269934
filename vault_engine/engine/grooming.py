"""The part of `Engine` that says how notes fare and keeps them in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vault_engine.engine as verbs

if TYPE_CHECKING:
    from vault_engine.engine import lifecycle  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.lifecycle import DecayFilter, Decaying, Materialised
    from vault_engine.engine.session import Session
    from vault_engine.journal.entry import Actor


class Grooming:
    """Tells what fades, and writes that down where it is wanted."""

    _session: Session

    def decay(self, wanted: DecayFilter) -> Decaying:
        """List notes by how far they have faded; see `lifecycle.decaying`."""
        return verbs.lifecycle.decaying(self._session, wanted)

    def materialise(self, wanted: DecayFilter, *, dry_run: bool = False, actor: Actor | None = None) -> Materialised:
        """Write their decay into notes; see `lifecycle.materialise`."""
        return verbs.lifecycle.materialise(self._session, wanted, dry_run=dry_run, actor=actor)
