"""Tools that keep what notes say true, and small values beside them."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import (
    MAX_TEXT_BYTES,
    MAX_VALUE_BYTES,
    Contradictions,
    Extracted,
    ItemKind,
    Memory,
    Profile,
    Remembered,
    Scope,
    StateDeleted,
    StateList,
    StateValue,
    Superseded,
    TraitType,
    UndoneTogether,
    extract_items,
    read_json,
)
from vault_engine.server.mcp.arguments import Limit, Name, Reason, Ref, Tags
from vault_engine.server.mcp.calling import Verbs

Said = Annotated[str, Field(max_length=8000)]
Key = Annotated[str, Field(max_length=200)]


class TruthTools(Verbs):
    """The verbs for what holds and what does not. The docstrings are what the agent reads."""

    def extract(
        self,
        context: Context,
        text: Annotated[str, Field(max_length=MAX_TEXT_BYTES)],
        kinds: list[ItemKind] | None = None,
        remember: Annotated[bool, Field(description="make a note of each")] = False,
        category: Name = None,
        source: Name = None,
    ) -> Extracted:
        """List the facts, preferences, events and decisions that a text states, by rules."""
        if not remember:
            self._whole(context)
            return extract_items(text, kinds or ())
        actor = self._whole(context, Scope.WRITE)
        return self._engine.remember_extracted(
            text, kinds or (), category=category or None, source=source or None, actor=actor
        )

    def supersede(self, context: Context, old: Ref, new: Ref, reason: Reason = "") -> Superseded:
        """Put a newer note in the place of an older one, which is marked deprecated; both link to each other."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.supersede(old, new, reason=reason, actor=actor)

    def contradictions(
        self,
        context: Context,
        category: Name = None,
        limit: Limit = 20,
        resolve: Annotated[bool, Field(description="supersede the less certain or older ones")] = False,
        dry_run: bool = True,
    ) -> Contradictions:
        """List notes of one category that contradict each other; to resolve them shows how, unless dry_run is false."""
        actor = self._whole(context, Scope.WRITE if resolve and not dry_run else Scope.READ)
        return self._engine.contradictions(category or None, limit=limit, resolve=resolve, dry_run=dry_run, actor=actor)

    def undo_together(self, context: Context, entry: Key) -> UndoneTogether:
        """Take back what supersede, contradictions, sweep, promote, cohere or maintenance changed, by its entry."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.undo_together(entry, actor=actor)

    def correct(
        self,
        context: Context,
        wrong: Said,
        right: Said,
        situation: Annotated[str, Field(max_length=4000, description="when it matters")] = "",
        tags: Tags = None,
    ) -> Remembered:
        """Keep what a person has corrected."""
        actor = self._whole(context, Scope.WRITE)
        return self._engine.correct(wrong, right, situation, tags=tuple(tags or ()), actor=actor)

    def profile_get(
        self, context: Context, budget: Annotated[int, Field(ge=1, le=20_000, description="tokens")] = 1000
    ) -> Profile:
        """Give what is known of the person: about them, preferences, decisions."""
        return self._engine.profile(budget_tokens=budget, within=self._free(context).within)

    def profile_update(
        self,
        context: Context,
        text: Said,
        type: TraitType = "preference",
        title: Name = None,
        key: Name = None,
        supersede: Annotated[bool, Field(description="put it in the place of the note that it contradicts")] = False,
    ) -> Remembered:
        """Remember what a person is like or prefers."""
        asked = self._free(context, Scope.WRITE)
        memory = Memory(text, title=title or None, key=key or None, on_similar="supersede" if supersede else "hint")
        return self._engine.update_profile(memory, type, actor=asked.actor, within=asked.within)

    def state_set(
        self,
        context: Context,
        key: Key,
        value_json: Annotated[str, Field(max_length=MAX_VALUE_BYTES)],
        ttl_seconds: Annotated[float | None, Field(gt=0)] = None,
    ) -> StateValue:
        """Keep a small value for a while, beside the notes and not searched."""
        self._whole(context, Scope.WRITE)
        return self._engine.state_set(key, read_json(value_json), ttl_seconds)

    def state_get(self, context: Context, key: Key) -> StateValue:
        """Give such a value."""
        self._whole(context)
        return self._engine.state_get(key)

    def state_delete(self, context: Context, key: Key) -> StateDeleted:
        """Forget such a value."""
        self._whole(context, Scope.WRITE)
        return self._engine.state_delete(key)

    def state_list(self, context: Context, prefix: Annotated[str, Field(max_length=200)] = "") -> StateList:
        """List such values."""
        self._whole(context)
        return self._engine.state_list(prefix)
