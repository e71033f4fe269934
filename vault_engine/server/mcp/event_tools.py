"""Tools for what is told to the journal beside the changes of notes, and for looking back at both."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import Event, Recorded, Scope, Task, Timeline, TimelineFilter, as_event
from vault_engine.server.mcp.arguments import Limit, Moment, Name
from vault_engine.server.mcp.calling import Verbs

Part = str | dict[str, Any] | list[Any] | None
NoteRef = Annotated[str | None, Field(max_length=1000)]
Count = Annotated[int, Field(ge=0)]


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
        """List what happened, the newest first: changes of notes, and events."""
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
        return self._engine.timeline(wanted, within=self._free(context).within)
