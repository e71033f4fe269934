"""Mimir's tools for events and for order: what was decided, how tasks went, what is linked and archived by rules."""

from dataclasses import replace
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import Chores, Event, Scope, SweepFilter, Task, TimelineFilter, as_event
from vault_engine.server.mcp.calling import reporter
from vault_engine.server.mcp.compat.base import Compat, Lines, Share, Word, milliseconds, moment_of, now_ms
from vault_engine.server.mcp.compat.mimir import Answer, Limit, Offset
from vault_engine.server.mcp.compat.words import as_category, as_key, as_theirs

Part = dict[str, Any] | None
Count = Annotated[int, Field(ge=0)]

_EVENT = "event"  # stands for every event
_MOST_LINKS = 50
_COMPACTED = 0.1  # strength


class MimirGrooming(Compat):
    """Its tools for events and for order. The docstrings are what the agent reads."""

    def mimir_journal(
        self,
        context: Context,
        event_type: Annotated[str, Field(max_length=60)] = "decision",
        evaluated: Part = None,
        acted: Part = None,
        forward: Part = None,
        category: Word = None,
        key: Word = None,
        entity_id: Word = None,
        agent_id: Word = None,
    ) -> Answer:
        """Enter a decision or another event in the journal, where it stays."""
        asked = self._free(context, Scope.WRITE)
        about = {"note": entity_id} if entity_id else {"category": as_category(category)} if category else {}
        if category and key and not entity_id:
            about["key"] = as_key(key)
        event = Event(evaluated, acted, forward, event_type, agent=agent_id or None, **about)
        done = self._engine.record(event, actor=asked.actor, within=asked.within)
        return {"id": done.entry, "event_type": done.type, "created_at_unix_ms": milliseconds(done.at)}

    def mimir_timeline(
        self,
        context: Context,
        from_ms: int | None = None,
        to_ms: int | None = None,
        event_type: Word = None,
        category: Word = None,
        entity_id: Word = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Answer:
        """List events, the newest first."""
        wanted = TimelineFilter(
            since=None if from_ms is None else moment_of(from_ms),
            until=None if to_ms is None else moment_of(to_ms),
            types=(event_type or _EVENT,),
            category=as_category(category) if category else None,
            note=entity_id or None,
            limit=limit,
            offset=offset,
        )
        found = self._engine.timeline(wanted, within=self._free(context).within)
        items = [
            {
                "id": one.id,
                "event_type": one.reason or one.op,
                "evaluated": one.told.evaluated if one.told else None,
                "acted": one.told.acted if one.told else None,
                "forward": one.told.forward if one.told else None,
                "category": as_theirs(one.told.category) if one.told and one.told.category else None,
                "key": as_theirs(one.told.key) if one.told and one.told.key else None,
                "agent_id": one.told.agent if one.told else None,
                "path": one.path,
                "created_at_unix_ms": milliseconds(one.at),
            }
            for one in found.entries
        ]
        return {"items": items, "total": found.total}

    def mimir_bench(
        self,
        context: Context,
        task_description: Annotated[str, Field(max_length=8000)],
        turns_taken: Count,
        tokens_used: Count,
        memory_recall_used: bool,
        recall_count: Count = 0,
        task_success: bool = False,
        session_id: Word = None,
        tags: Lines = None,
    ) -> Answer:
        """Enter what a task took in the journal."""
        asked = self._free(context, Scope.WRITE)
        task = Task(task_description, turns_taken, tokens_used, memory_recall_used, recall_count, task_success)
        more = {"session_id": session_id, "tags": tags}
        event = replace(as_event(task), forward={name: one for name, one in more.items() if one} or None)
        done = self._engine.record(event, actor=asked.actor, within=asked.within)
        return {"entity_id": done.entry, "created_at_unix_ms": milliseconds(done.at)}

    def mimir_cohere(
        self,
        context: Context,
        dry_run: bool = False,
        max_links: Annotated[int, Field(ge=0, le=100)] = 20,
        promote_threshold: int | None = None,
        archive_threshold: Share | None = None,
    ) -> Answer:
        """Fit layers to use, link what speaks of the same, archive what has expired."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        done = self._engine.cohere(max_links=min(max_links, _MOST_LINKS), dry_run=dry_run, actor=actor)
        given = {"promote_threshold": promote_threshold, "archive_threshold": archive_threshold}
        return {
            "promoted": len(done.moved),
            "decayed": 0,
            "linked": len(done.links),
            "archived": len(done.archived),
            "entities_examined": done.notes,
            "dry_run": dry_run,
            "completed_at_unix_ms": now_ms(),
            "hints": [
                *(f"{name} has no effect here" for name, value in given.items() if value is not None),
                *_undone_by(done.entry),
                *(f"{one.path}: {one.problem}" for one in done.left),
            ],
        }

    def mimir_autocohere(self, context: Context, dry_run: bool = False) -> Answer:
        """Do what mimir_cohere does, then archive what has faded to a tenth."""
        actor = self._whole(context, Scope.READ if dry_run else Scope.WRITE)
        done = self._engine.cohere(dry_run=dry_run, actor=actor)
        swept = self._engine.sweep(SweepFilter(below=_COMPACTED), dry_run=dry_run, actor=actor)
        gone = {one.path for one in done.archived}
        return {
            "promoted_entities": len(done.moved),
            "links_created": len(done.links),
            "archived_entities": len(done.archived),
            "decay_updates": 0,
            "compact_archived_count": len([one for one in swept.archived if one.path not in gone]),
            "db_size_delta_bytes": 0,
            "dry_run": dry_run,
            "hints": [*_undone_by(done.entry), *_undone_by(swept.entry)],
        }

    def mimir_maintenance(
        self,
        context: Context,
        dedup: bool = False,
        orphans: bool = False,
        vacuum: bool = False,
        reindex: bool = False,
        all: bool = False,
        dry_run: bool = False,
    ) -> Answer:
        """Look for copies and links to nothing, archive exact copies, mend the index; without a flag only look."""
        is_look = dry_run or not (dedup or orphans or vacuum or reindex or all)
        actor = self._whole(context, Scope.READ if is_look else Scope.WRITE)
        chores = Chores(dedup or all, orphans or all, reindex or all, vacuum or all)
        report = reporter(context)
        done = self._engine.maintain(chores, lambda _what, at, of: report(at, of), dry_run=is_look, actor=actor)
        return {
            "dedup_archived": len(done.archived),
            "orphan_journal_entries_found": 0,
            "orphan_links_found": done.broken_links_total,
            "vacuum_reclaimed_bytes": None,
            "reindex_rows_affected": done.built.index.notes if done.built else 0,
            "dry_run": is_look,
            "errors": [f"{one.path}: {one.problem}" for one in done.left],
            "hints": _undone_by(done.entry),
        }


def _undone_by(entry: str | None) -> list[str]:
    return [f"`memwell journal undo {entry}` takes it back"] if entry else []
