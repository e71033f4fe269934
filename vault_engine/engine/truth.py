"""The part of `Engine` that keeps what notes say true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import vault_engine.engine as verbs

if TYPE_CHECKING:
    from collections.abc import Collection

    from vault_engine.engine import (  # noqa: F401 - as `verbs.…`
        contradicting,
        correcting,
        extracting,
        resembling,
        states,
        superseding,
        together,
    )
    from vault_engine.engine.contradicting import Contradictions
    from vault_engine.engine.extracting import Extracted
    from vault_engine.engine.resembling import Alike
    from vault_engine.engine.results import Remembered
    from vault_engine.engine.session import Session
    from vault_engine.engine.states import StateDeleted, StateList, StateValue
    from vault_engine.engine.superseding import Superseded
    from vault_engine.engine.together import UndoneTogether
    from vault_engine.journal.entry import Actor
    from vault_engine.vault.reach import Within


class Truth:
    """Takes in what texts say, settles what notes say against each other, and keeps what holds for a while."""

    _session: Session

    def remember_extracted(
        self,
        text: str,
        kinds: Collection[str] = (),
        *,
        category: str | None = None,
        source: str | None = None,
        dry_run: bool = False,
        actor: Actor | None = None,
    ) -> Extracted:
        """Make a note of each thing that a text says; see `extracting.remember_extracted`."""
        return verbs.extracting.remember_extracted(
            self._session, text, kinds, category=category, source=source, dry_run=dry_run, actor=actor
        )

    def alike(self, text: str, category: str, *, within: Within = None) -> tuple[Alike, ...]:
        """Give the notes of a category that say the same as a text, the contrary, or nearly all of its words."""
        with self._session.guard:
            self._session.bring_in()
            return tuple(verbs.resembling.alike(self._session, "", text.encode(), category, within))

    def supersede(
        self, old: str, new: str, *, reason: str = "", dry_run: bool = False, actor: Actor | None = None
    ) -> Superseded:
        """Put a newer note in the place of an older one; see `superseding.supersede`."""
        return verbs.superseding.supersede(self._session, old, new, reason=reason, dry_run=dry_run, actor=actor)

    def contradictions(
        self,
        category: str | None = None,
        *,
        limit: int = 50,
        resolve: bool = False,
        dry_run: bool = True,
        by_rules: bool = False,
        actor: Actor | None = None,
    ) -> Contradictions:
        """Find notes that contradict each other, and settle that; see `contradicting.contradictions`."""
        return verbs.contradicting.contradictions(
            self._session, category, limit=limit, resolve=resolve, dry_run=dry_run, by_rules=by_rules, actor=actor
        )

    def correct(
        self,
        wrong: str,
        right: str,
        context: str = "",
        *,
        tags: tuple[str, ...] = (),
        category: str | None = None,
        source: str | None = None,
        actor: Actor | None = None,
    ) -> Remembered:
        """Keep a correction; see `correcting.correct`."""
        return verbs.correcting.correct(
            self._session, wrong, right, context, tags=tags, category=category, source=source, actor=actor
        )

    def undo_together(self, entry: str, *, dry_run: bool = False, actor: Actor | None = None) -> UndoneTogether:
        """Take back all that was changed together; see `together.undo_together`."""
        return verbs.together.undo_together(self._session, entry, dry_run=dry_run, actor=actor)

    def state_set(self, key: str, value: Any, ttl: str | float | None = None) -> StateValue:
        """Keep a small value for a while; see `states.state_set`."""
        return verbs.states.state_set(self._session, key, value, ttl)

    def state_get(self, key: str) -> StateValue:
        """Give a value; see `states.state_get`."""
        return verbs.states.state_get(self._session, key)

    def state_delete(self, key: str) -> StateDeleted:
        """Forget a value; see `states.state_delete`."""
        return verbs.states.state_delete(self._session, key)

    def state_list(self, prefix: str = "") -> StateList:
        """List values; see `states.state_list`."""
        return verbs.states.state_list(self._session, prefix)
