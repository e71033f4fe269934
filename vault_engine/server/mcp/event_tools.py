"""Tools for what is told to the journal beside the changes of notes, and for looking back at both."""

import json
from dataclasses import replace
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import Event, Recorded, Scope, Task, Timeline, TimelineFilter, as_event
from vault_engine.engine.entries import EntryLine
from vault_engine.server.mcp.arguments import Limit, Moment, Name
from vault_engine.server.mcp.calling import Verbs

Part = str | dict[str, Any] | list[Any] | None
NoteRef = Annotated[str | None, Field(max_length=1000)]
Count = Annotated[int, Field(ge=0)]


_SHOWN_CHARS = 1000  # of a part of an event, among others


def brief(line: EntryLine) -> EntryLine:
    """Cut the parts of an event that are long: one among many is not to fill an agent's context."""
    if line.told is None:
        return line
    parts = {name: _cut(getattr(line.told, name)) for name in ("evaluated", "acted", "forward")}
    return replace(line, told=replace(line.told, **parts))


def _cut(part: Any) -> Any:
    text = part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
    return part if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


class EventTools(Verbs):
    """The verbs for events. The docstrings are what the agent reads."""

    def record_event(
        self,
        context: Context,
        evaluated: Part = None,
        acted: Part = None,
        forward: Annotated[Part, Field(description="what follows")] = None,
        type: Annotated[str, Field(max_length=60)] = "decision",
        note: NoteRef = None,
        category: Name = None,
        key: Name = None,
        agent: Name = None,
    ) -> Recorded:
        """Enter a decision or another event in the journal, where it stays; for what is to be recalled use remember."""
        asked = self._free(context, Scope.WRITE)
        event = Event(evaluated, acted, forward, type, note or None, category or None, key or None, agent=agent or None)
        return self._engine.record(event, actor=asked.actor, within=asked.within)

    def record_benchmark(
        self,
        context: Context,
        task: Annotated[str, Field(max_length=8000)],
        turns: Count,
        tokens: Count,
        memory_used: bool,
        recalls: Count = 0,
        success: bool = False,
    ) -> Recorded:
        """Enter what a task took; timeline with the type benchmark gives the means."""
        asked = self._free(context, Scope.WRITE)
        event = as_event(Task(task, turns, tokens, memory_used, recalls, success))
        return self._engine.record(event, actor=asked.actor, within=asked.within)

    def timeline(
        self,
        context: Context,
        since: Moment = None,
        until: Moment = None,
        types: Annotated[
            list[str] | None, Field(max_length=50, description="of events, or create, write …; event, change: all")
        ] = None,
        category: Name = None,
        note: NoteRef = None,
        actor: Name = None,
        limit: Limit = 20,
        offset: Count = 0,
    ) -> Timeline:
        """List what happened, the newest first: changes, and events (long ones cut, unless limit is 1)."""
        wanted = TimelineFilter(
            since or None,
            until or None,
            tuple(types or ()),
            category or None,
            note or None,
            actor or None,
            limit=limit,
            offset=offset,
        )
        found = self._engine.timeline(wanted, within=self._free(context).within)
        return found if limit == 1 else replace(found, entries=tuple(map(brief, found.entries)))
