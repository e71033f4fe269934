"""The tools an agent has: each is one verb of the engine with its arguments described and bounded."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from vault_engine.engine import (
    MAX_FIELD_CHARS,
    MAX_LIST_ITEMS,
    MAX_QUERY_CHARS,
    MAX_TEXT_BYTES,
    Actor,
    Engine,
    Forgotten,
    Memory,
    Mode,
    NoteView,
    Recalled,
    Remembered,
    Status,
)
from vault_engine.errors import MemwellError
from vault_engine.server.mcp.advice import explain

P = ParamSpec("P")
R = TypeVar("R")

CLIENT = "mcp"

Ref = Annotated[str, Field(max_length=1000, description="path, id, category/key, or a name only one note has")]
Name = Annotated[str | None, Field(max_length=200)]
Line = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]
Tags = Annotated[list[Line] | None, Field(max_length=MAX_LIST_ITEMS, description="tags, without '#'")]
Situations = Annotated[list[Line] | None, Field(max_length=MAX_LIST_ITEMS, description="situations it matters in")]


class Tools:
    """The verbs of one open vault. The docstrings are what the agent reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(
        self,
        context: Context,
        text: Annotated[str, Field(max_length=MAX_TEXT_BYTES, description="Markdown; [[WikiLinks]] are welcome")],
        category: Annotated[str | None, Field(max_length=200, description="folder, such as decisions")] = None,
        key: Annotated[str | None, Field(max_length=200, description="same category and key: an update")] = None,
        title: Name = None,
        type: Annotated[str | None, Field(max_length=50, description="decision, preference, fact …")] = None,
        tags: Tags = None,
        importance: Annotated[float | None, Field(ge=0, le=1)] = None,
        recall_when: Situations = None,
        expected: Annotated[str | None, Field(max_length=64, description="sha256 of the revision to replace")] = None,
        merge: Annotated[bool, Field(description="if the note changed since expected, keep that change too")] = False,
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
        )
        return self._engine.remember(memory, actor=_caller(context))

    def recall(
        self,
        query: Annotated[str, Field(max_length=MAX_QUERY_CHARS, description="a question or a few words")],
        limit: Annotated[int, Field(ge=1, le=50)] = 8,
        category: Name = None,
        type: Name = None,
        tags: Tags = None,
        mode: Mode = Mode.HYBRID,
    ) -> Recalled:
        """Search the notes, those a person has just edited included, by words and by meaning."""
        return self._engine.recall(
            query, limit=limit, mode=mode, category=category or None, type=type or None, tags=tuple(tags or ())
        )

    def read_note(self, note: Ref) -> NoteView:
        """Give one whole note with its properties, links, backlinks and sha256."""
        return self._engine.read(note)

    def forget(self, context: Context, note: Ref, reason: Annotated[str, Field(max_length=1000)] = "") -> Forgotten:
        """Move a note into the archive; a person can restore it."""
        return self._engine.forget(note, reason=reason, actor=_caller(context))

    def status(self) -> Status:
        """Say how the vault is: how many notes, how far the index is, what needs a look."""
        return self._engine.status()


def told(tool: Callable[P, R]) -> Callable[P, R]:
    """Let an agent read what went wrong; the protocol's library hides any other exception's text."""

    @wraps(tool)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except MemwellError as error:
            raise ToolError(explain(error)) from error

    return telling


def _caller(context: Context) -> Actor:
    """Name the client for the journal, as it named itself."""
    client = context.session.client_params
    return Actor("agent", client.client_info.name if client else CLIENT, CLIENT)
