"""Mimir's tools about the whole of its entities: small values, counts, fading, order, sharing, what contradicts."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, Field

from vault_engine.engine import (
    MAX_TEXT_BYTES,
    MAX_VALUE_BYTES,
    DecayFilter,
    NodeView,
    Scope,
    SweepFilter,
    Swept,
    extract_items,
    read_json,
)
from vault_engine.errors import BadInput, MemwellError, NoteMissing
from vault_engine.server.mcp.calling import Asked, reporter
from vault_engine.server.mcp.compat.base import (
    Compat,
    Lines,
    MaybeShare,
    Need,
    Share,
    Word,
    home_of,
    milliseconds,
    now_ms,
)
from vault_engine.server.mcp.compat.mimir import Answer, Limit, Offset, entity, ref_of
from vault_engine.server.mcp.compat.words import as_category, as_tags, as_theirs, layer_of

Key = Annotated[str, Field(max_length=200)]
Said = Annotated[str, Field(max_length=8000)]

_TOKENS_A_NOTE = 60  # of a context, about
_MOST_TOKENS = 20_000
_MAX_SHARE = 0.1
_CORRECTION = "correction"
_MANY = 1_000_000


class Confirmation(BaseModel):
    """What a person answers."""

    erase: bool = Field(description="Erase all of them for good?")


async def _confirmation(context: Context, dry_run: bool | None) -> Elicit[Confirmation] | Confirmation:
    """Ask the person, where the client can and something is to be erased."""
    able = context.client_capabilities
    if dry_run or able is None or able.elicitation is None:
        return Confirmation(erase=False)
    return Elicit(
        "Erase every note that was forgotten, and all that they ever held, for good? No backup of Memwell's is left.",
        Confirmation,
    )


class MimirUpkeep(Compat):
    """Its tools about all entities. The docstrings are what the agent reads."""

    def mimir_state_set(
        self,
        context: Context,
        key: Key,
        value_json: Annotated[str, Field(max_length=MAX_VALUE_BYTES)],
        ttl_seconds: Annotated[int | None, Field(gt=0)] = None,
    ) -> Answer:
        """Keep a small JSON value, for a while or for good."""
        self._whole(context, Scope.WRITE)
        held = self._engine.state_set(key, read_json(value_json), ttl_seconds)
        return {"key": key, "ttl_seconds": ttl_seconds, "expires_at_unix_ms": milliseconds(held.expires)}

    def mimir_state_get(self, context: Context, key: Key) -> Answer:
        """Give such a value."""
        self._whole(context)
        held = self._engine.state_get(key)
        return {
            "found": held.found,
            "key": key,
            "value": held.value,
            "expires_at_unix_ms": milliseconds(held.expires),
            "created_at_unix_ms": milliseconds(held.created),
        }

    def mimir_state_delete(self, context: Context, key: Key) -> Answer:
        """Forget such a value."""
        self._whole(context, Scope.WRITE)
        return {"found": self._engine.state_delete(key).found, "key": key}

    def mimir_state_list(self, context: Context, prefix: Annotated[str, Field(max_length=200)] = "") -> Answer:
        """List the keys of such values."""
        self._whole(context)
        keys = [one.key for one in self._engine.state_list(prefix).values]
        return {"keys": keys, "total": len(keys)}

    def mimir_health(self, context: Context) -> Answer:
        """Try whether the memory can be read and written."""
        self._whole(context, Scope.WRITE)
        found = self._engine.health()
        problems = [f"{one.name}: {one.problem}" for one in found.checks if one.problem]
        return {"status": "healthy" if found.is_healthy else "unhealthy", "problems": problems}

    def mimir_stats(self, context: Context) -> Answer:
        """Count entities by category, type and layer."""
        self._whole(context)
        found = self._engine.stats()
        layers: dict[str, int] = {}
        for tier, count in found.tiers.items():
            layers[layer_of(tier)] = layers.get(layer_of(tier), 0) + count
        return {
            "total_entities": found.notes,
            "by_category": {as_theirs(name): count for name, count in found.categories.items()},
            "by_type": found.types,
            "by_layer": layers,
            "total_journal_events": self._engine.status().journal_entries,
            "total_state_entries": len(self._engine.state_list().values),
            "db_file_size_bytes": found.bytes,
            "oldest_unix_ms": milliseconds(found.oldest),
            "newest_unix_ms": milliseconds(found.newest),
        }

    def mimir_workspace_list(self, context: Context) -> Answer:
        """List the categories, and the workspaces."""
        within = self._free(context).within
        names = [as_theirs(name) for name in self._engine.stats(within=within).categories]
        workspaces = [one.name for one in self._engine.workspaces(within, within=within).workspaces]
        return {"categories": names, "total": len(names), "workspaces": workspaces}

    def mimir_context(
        self, context: Context, categories: Lines = None, limit: Annotated[int, Field(ge=1, le=100)] = 10
    ) -> Answer:
        """Give what to know, as Markdown."""
        meant = tuple(as_category(one) for one in categories or ())
        tokens = min(_TOKENS_A_NOTE * limit * max(len(meant), 1), _MOST_TOKENS)
        within = self._asked(context).within
        told = self._engine.context(budget_tokens=tokens, categories=meant, within=within)
        return {"markdown": told.markdown, "total_chars": len(told.markdown)}

    def mimir_extract(
        self,
        context: Context,
        text: Annotated[str | None, Field(max_length=MAX_TEXT_BYTES)] = None,
        category: Word = None,
        key: Word = None,
        strategy: Literal["rule_based", "none"] = "rule_based",
    ) -> Answer:
        """List the facts, preferences, events and decisions that a text or an entity states, by rules."""
        asked = self._asked(context)
        if text is None:
            if not category or not key:
                raise BadInput("give text, or category and key")
            text = self._engine.parts(ref_of(category, key), within=asked.within).body
        found = extract_items(text).items if strategy == "rule_based" else ()
        items = [{"kind": one.kind.value, "text": one.text} for one in found]
        return {"items": items, "total": len(items), "strategy": strategy}

    def mimir_traverse(
        self,
        context: Context,
        category: Need,
        key: Need,
        max_depth: Annotated[int, Field(ge=1, le=10)] = 3,
        max_nodes: Limit = 100,
    ) -> Answer:
        """Follow the links of an entity."""
        asked = self._free(context)
        note = self._engine.parts(ref_of(category, key), within=asked.within)
        found = self._engine.traverse(note.path, depth=max_depth, direction="out", limit=max_nodes, within=asked.within)
        steps = [
            self._node(one.node, asked) | {"depth": one.distance, "relationship": one.relation or "link"}
            for one in found.reached
            if one.node.kind == "note"
        ]
        return {"entity": entity(note), "traversed": steps}

    def _node(self, node: NodeView, asked: Asked) -> Answer:
        note = self._note(node.path or "", asked)
        names = {"id": note.name, "key": as_theirs(note.key)} if note else {"id": node.path, "key": node.title}
        return names | {"category": as_theirs(node.category or ""), "title": node.title}

    def mimir_score(self, context: Context, category: Need, key: Need, score: Share) -> Answer:
        """Say how much an entity matters."""
        asked = self._asked(context, Scope.WRITE)
        is_there = True
        try:
            self._engine.score(ref_of(category, key), importance=score, actor=asked.actor, within=asked.within)
        except NoteMissing:
            is_there = False
        return {"found": is_there, "category": category, "key": key, "score": score}

    def mimir_decay(self, context: Context) -> Answer:
        """Say how many entities have faded."""
        self._whole(context)
        found = self._engine.decay(DecayFilter(below=1.0))
        return {
            "entities_checked": self._engine.stats().notes,
            "entities_updated": 0,
            "auto_archived": 0,
            "completed_at_unix_ms": now_ms(),
            "hints": [f"{found.total} have faded; that is reckoned when it is asked for, and nothing is written"],
        }

    def mimir_prune(
        self,
        context: Context,
        category: Word = None,
        min_decay: MaybeShare = None,
        older_than_days: Annotated[int | None, Field(ge=0)] = None,
        limit: Annotated[int, Field(ge=0, le=1000)] = 100,
        dry_run: bool = False,
    ) -> Answer:
        """Archive the entities that have faded or aged so far."""
        if min_decay is None and older_than_days is None:
            raise BadInput("prune needs min_decay or older_than_days")
        wanted = SweepFilter(as_category(category) if category else None, None, None, min_decay, older_than_days)
        done = self._swept(context, wanted, dry_run=dry_run, most=limit)
        return {
            "archived": len(done.archived),
            "examined": done.notes,
            "dry_run": dry_run,
            "reason": f"faded below {min_decay}" if min_decay is not None else f"older than {older_than_days} days",
            "hints": _of_sweep(done),
        }

    def mimir_compact(self, context: Context, min_decay: Share = 0.1, dry_run: bool = False) -> Answer:
        """Archive the entities that have faded so far."""
        done = self._swept(context, SweepFilter(below=min_decay), dry_run=dry_run)
        return {
            "entities_archived": len(done.archived),
            "entities_examined": done.notes,
            "dry_run": dry_run,
            "completed_at_unix_ms": now_ms(),
            "hints": _of_sweep(done),
        }

    def _swept(self, context: Context, wanted: SweepFilter, *, dry_run: bool, most: int = 0) -> Swept:
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        if most:
            share = most / max(self._engine.stats().notes, 1)
            wanted = SweepFilter(
                wanted.category, None, None, wanted.below, wanted.older_than_days, min(share, _MAX_SHARE)
            )
        return self._engine.sweep(wanted, dry_run=dry_run, actor=actor)

    def mimir_purge(
        self,
        context: Context,
        confirmed: Annotated[ElicitationResult[Confirmation], Resolve(_confirmation)],
        dry_run: bool = False,
    ) -> Answer:
        """Erase what was forgotten for good, if the person agrees."""
        actor = self._whole(context, Scope.ADMIN)
        archived = sorted({line.path for line in self._engine.list(archived=True, limit=_MANY).notes})
        if not dry_run and not (isinstance(confirmed, AcceptedElicitation) and confirmed.data.erase):
            raise BadInput("the person has not agreed, or can't be asked here: `memwell note purge` erases a note")
        erased, hints = 0, []
        for path in archived:
            try:
                done = self._engine.purge(path, yes=True, dry_run=dry_run, only_gone=True, actor=actor)
                erased += len(done.archived)
            except MemwellError as error:
                hints.append(f"{path}: {error}")
        if not dry_run:
            left = self._engine.list(archived=True, limit=_MANY).notes
            hints += [f"archive/{line.archived} is still there" for line in left]
        return {
            "entities_deleted": erased,
            "bytes_freed": None,
            "dry_run": dry_run,
            "completed_at_unix_ms": now_ms(),
            "hints": hints,
        }

    def mimir_reindex(self, context: Context) -> Answer:
        """Make the index anew."""
        return {"reindexed": self._built(context, fresh=True)[0]}

    def mimir_embed(
        self,
        context: Context,
        text: Annotated[str | None, Field(max_length=MAX_TEXT_BYTES)] = None,
        category: Word = None,
        key: Word = None,
        batch_category: Word = None,
        batch_limit: Limit = 100,
    ) -> Answer:
        """Make the vectors that are missing."""
        del text, category, key, batch_category, batch_limit  # all of them are made, and they are soon made anyway
        return {"embedded": self._built(context, fresh=False)[1], "dimensions": None}

    def _built(self, context: Context, *, fresh: bool) -> tuple[int, int]:
        self._whole(context, Scope.WRITE)
        report = reporter(context)
        built = self._engine.build_index(lambda _what, done, of: report(done, of), fresh=fresh)
        return built.index.notes, built.embedded

    def mimir_share(self, context: Context, category: Need, key: Need, to_workspace: Need) -> Answer:
        """Copy an entity into another workspace, or bring that copy up to date."""
        asked = self._free(context, Scope.WRITE)
        done = self._engine.share(ref_of(category, key), to_workspace, actor=asked.actor, within=asked.within)
        return {
            "shared_id": done.id or done.path,
            "action": done.action,
            "from_workspace": (home_of(done.source) or "default").rpartition("/")[2],
            "to_workspace": to_workspace,
        }

    def mimir_federate(
        self, context: Context, from_workspace: Need, to_workspace: Need, vault_dir: Word = None
    ) -> Answer:
        """Copy every entity of a workspace into another one."""
        del vault_dir  # nothing goes through another folder
        asked = self._free(context, Scope.WRITE)
        done = self._engine.federate(from_workspace, to_workspace, actor=asked.actor, within=asked.within)
        refused = [f"{one.source}: {one.problem}" for one in done.notes if one.action == "refused"]
        kept = len(done.notes) - len(refused)
        return {"exported": len(done.notes), "remapped": kept, "imported": kept, "import_errors": refused}

    def mimir_correct(
        self,
        context: Context,
        wrong_approach: Said,
        user_correction: Said,
        task_context: Annotated[str, Field(max_length=4000)],
        session_id: Word = None,
        tags: Lines = None,
        category: str = _CORRECTION,
        visibility: Word = None,
    ) -> Answer:
        """Keep what a person has corrected."""
        del visibility  # who may see a note is said by its workspace
        actor = self._whole(context, Scope.WRITE)
        done = self._engine.correct(
            wrong_approach,
            user_correction,
            task_context,
            tags=as_tags(tags or ()),
            category=as_category(category),
            source=session_id or None,
            actor=actor,
        )
        entries = self._engine.find_entries(path=done.path).entries
        return {
            "entity_id": done.id or done.path,
            "journal_id": entries[-1].id if entries else None,
            "category": category,
            "key": as_theirs(done.key),
            "created_at_unix_ms": milliseconds(entries[-1].at) if entries else now_ms(),
        }

    def mimir_supersede(
        self,
        context: Context,
        from_category: Need,
        from_key: Need,
        to_category: Need,
        to_key: Need,
        reason: Word = None,
        relationship: str = "supersedes",
    ) -> Answer:
        """Put a newer entity (to) in the place of an older one (from), which is marked deprecated."""
        actor = self._whole(context, Scope.WRITE)
        old = self._engine.parts(ref_of(from_category, from_key))
        new = self._engine.parts(ref_of(to_category, to_key))
        done = self._engine.supersede(old.path, new.path, reason=reason or "", actor=actor)
        is_other = relationship != "supersedes"
        return {
            "from_entity_id": old.name,
            "from_entity_category": from_category,
            "from_entity_key": from_key,
            "to_entity_id": new.name,
            "to_entity_category": to_category,
            "to_entity_key": to_key,
            "relationship": "supersedes",
            "status_updated": done.action == "updated",
            "entry": done.entry,
            "hints": ["the relationship is always `supersedes`; mimir_link adds others"] if is_other else [],
        }

    def mimir_conflicts(
        self,
        context: Context,
        category: str = "general",
        threshold: float | None = None,
        limit: Annotated[int, Field(ge=1, le=500)] = 10,
        offset: Offset = 0,
        resolve: bool = False,
        dry_run: bool = True,
        certainty_margin: float | None = None,
    ) -> Answer:
        """List entities of one category that contradict each other; to resolve supersedes the less certain or older."""
        is_done = resolve and not dry_run
        actor = self._whole(context, Scope.WRITE if is_done else Scope.READ)
        found = self._engine.contradictions(
            as_category(category), limit=offset + limit, resolve=resolve, dry_run=dry_run, by_rules=True, actor=actor
        )
        shown = [
            {"entity_a": one.old, "entity_b": one.new, "kind": one.kind, "reason": one.why, "undecided": one.undecided}
            for one in found.found
        ]
        settled = [one for one in shown if resolve and not one["undecided"]]
        unused: dict[str, Any] = {"threshold": threshold, "certainty_margin": certainty_margin}
        return {
            "conflicts": shown[offset:],
            "invalidations": [{"invalidated": one["entity_a"], "by": one["entity_b"]} for one in settled],
            "dry_run": not is_done,
            "entry": found.entry,
            "hints": [f"{name} has no effect here" for name, value in unused.items() if value is not None],
        }


def _of_sweep(done: Swept) -> list[str]:
    """Say what was not archived, and how to take it back."""
    waiting = done.found - len(done.archived)
    return [
        *([f"{waiting} more have come so far; one run takes a tenth of all notes at most"] if waiting > 0 else []),
        *([f"{done.spared} were spared: pinned, verified, core or damaged"] if done.spared else []),
        *([f"`memwell journal undo {done.entry}` brings all of them back"] if done.entry else []),
        *(f"{one.path}: {one.problem}" for one in done.left),
    ]
