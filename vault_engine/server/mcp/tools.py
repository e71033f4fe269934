"""The tools that every agent has: each is one verb of the engine with its arguments described and bounded."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

import vault_engine.engine as verbs
from vault_engine.engine import (
    MAX_QUERY_CHARS,
    MAX_TEXT_BYTES,
    Changed,
    Forgotten,
    Memory,
    Mode,
    NoteView,
    Recalled,
    Remembered,
    Scope,
    Status,
)
from vault_engine.engine import Context as Briefing
from vault_engine.errors import BadInput
from vault_engine.server.mcp.arguments import Headings, Line, Moment, Name, Reason, Ref, Sha256, Tags, ThatNote
from vault_engine.server.mcp.calling import Verbs

if TYPE_CHECKING:
    from vault_engine.engine import Edit

Text = Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
Value = (
    Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
    | Annotated[float, Field(ge=-1e15, le=1e15)]
    | bool
    | Annotated[list[Line], Field(max_length=500)]
    | None
)
Situations = Annotated[list[Line] | None, Field(max_length=50, description="situations it matters in")]
Merge = Annotated[bool, Field(description="if it changed since expected, keep both")]
Action = Literal["append", "replace", "replace_section", "set_property", "remove_property"]


@dataclass(frozen=True)
class StatusOfSeveral(Status):
    """How a vault is that is served beside others."""

    vaults: tuple[str, ...] = ()  # the names of all


class Tools(Verbs):
    """The verbs that every agent has. The docstrings are what it reads."""

    def remember(
        self,
        context: Context,
        text: Annotated[str, Field(max_length=MAX_TEXT_BYTES, description="Markdown with [[WikiLinks]]")],
        category: Annotated[str | None, Field(max_length=200, description="folder, such as decisions")] = None,
        key: Annotated[str | None, Field(max_length=200, description="same key: an update")] = None,
        title: Name = None,
        type: Annotated[str | None, Field(max_length=50, description="decision, preference, fact …")] = None,
        tags: Tags = None,
        importance: Annotated[float | None, Field(ge=0, le=1)] = None,
        recall_when: Situations = None,
        expected: Annotated[str | None, Field(max_length=64, description="sha256 of what to replace")] = None,
        merge: Merge = False,
    ) -> Remembered:
        """Keep something as a Markdown note, or update the note of the same category and key."""
        memory = Memory(
            text=text,
            category=category or None,  # models fill in "" for what they leave out
            key=key or None,
            title=title or None,
            type=type or None,
            tags=tuple(tags or ()),
            importance=importance,
            recall_when=tuple(recall_when or ()),
            expected=expected or None,
            merge=merge,
            on_similar="hint",
        )
        caller = self._asked(context, Scope.WRITE)
        return self._engine.remember(memory, actor=caller.actor, within=caller.within)

    def recall(
        self,
        context: Context,
        query: Annotated[str, Field(max_length=MAX_QUERY_CHARS, description="a question or a few words")],
        limit: Annotated[int, Field(ge=1, le=50)] = 8,
        category: Name = None,
        type: Name = None,
        tags: Tags = None,
        since: Moment = None,
        until: Annotated[str | None, Field(max_length=100)] = None,
        mode: Mode = Mode.HYBRID,
        trusted: Annotated[bool, Field(description="without notes of trust: untrusted")] = False,
        budget: Annotated[int, Field(ge=1, le=20_000, description="tokens")] = 2000,
        cursor: Annotated[str | None, Field(max_length=200, description="of the last answer")] = None,
    ) -> Recalled:
        """Search the notes by words and by meaning."""
        return self._engine.recall(
            query,
            limit=limit,
            mode=mode,
            category=category or None,
            type=type or None,
            tags=tuple(tags or ()),
            since=since or None,
            until=until or None,
            trusted=trusted,
            budget_tokens=budget,
            cursor=cursor or None,
            within=self._asked(context).within,
        )

    def context(
        self,
        context: Context,
        query: Annotated[str, Field(max_length=MAX_QUERY_CHARS, description="the task")] = "",
        budget: Annotated[int, Field(ge=1, le=20_000, description="tokens")] = 1000,
    ) -> Briefing:
        """Give what to know before a task, as Markdown."""
        within = self._asked(context).within
        return self._engine.context(query or None, budget_tokens=budget, within=within)

    def read_note(self, context: Context, note: Ref) -> NoteView:
        """Give one whole note with its properties, links, backlinks and sha256."""
        return self._engine.read(note, within=self._asked(context).within)

    def edit_note(
        self,
        context: Context,
        note: ThatNote,
        action: Action,
        text: Annotated[Text, Field(description="to append, or to put in the place of old or the section")] = "",
        old: Annotated[Text | None, Field(description="text that stands there exactly once")] = None,
        under: Headings = None,
        property: Name = None,
        value: Value = None,
        expected: Sha256 = None,
        merge: Merge = False,
    ) -> Changed:
        """Change part of a note; the rest keeps every byte."""
        edit = _edit(action, text, old, tuple(under or ()), property, value)
        return self._changed(context, note, edit, expected=expected or None, merge=merge)

    def forget(self, context: Context, note: ThatNote, reason: Reason = "") -> Forgotten:
        """Move a note into the archive; a person can restore it."""
        caller = self._asked(context, Scope.WRITE)
        return self._engine.forget(note, reason=reason, actor=caller.actor, within=caller.within)

    def link(
        self,
        context: Context,
        note: ThatNote,
        target: Annotated[str, Field(max_length=1000, description="name of the other note")],
        relation: Annotated[str, Field(max_length=100, description="supersedes, depends_on …")] = "related",
        remove: bool = False,
    ) -> Changed:
        """Add a typed link to another note, or remove it."""
        edit = verbs.RemoveLink(target, relation) if remove else verbs.AddLink(target, relation)
        return self._changed(context, note, edit)

    def status(self, context: Context) -> Status:
        """Say how the vault and its index are."""
        within = self._asked(context).within
        status = self._engine.status(within=within)
        if not self._place.vaults or (within and within.folder):
            return status
        stated = {field.name: getattr(status, field.name) for field in fields(status)}
        return StatusOfSeveral(**stated, vaults=tuple(self._place.vaults))

    def _changed(
        self, context: Context, note: str, edit: "Edit", *, expected: str | None = None, merge: bool = False
    ) -> Changed:
        caller = self._asked(context, Scope.WRITE)
        return self._engine.edit(note, edit, expected=expected, merge=merge, actor=caller.actor, within=caller.within)


def _edit(
    action: Action, text: str, old: str | None, under: tuple[str, ...], property: str | None, value: Value
) -> "Edit":
    """Make an edit of what an agent has filled in.

    Raises:
        BadInput: what the action needs is missing.
    """
    match action:
        case "append":
            return verbs.Append(text, under)
        case "replace":
            return verbs.Replace(_given(old, "replace", "old"), text)
        case "replace_section":
            if not under:
                raise BadInput("replace_section needs under: the headings of the section")
            return verbs.ReplaceSection(under, text)
        case "set_property":
            return verbs.SetProperty(_given(property, "set_property", "property"), value)
        case "remove_property":
            return verbs.UnsetProperty(_given(property, "remove_property", "property"))


def _given(value: str | None, action: str, name: str) -> str:
    if not value:
        raise BadInput(f"{action} needs {name}")
    return value
