"""What the tools of other memories share: who asks, which notes are meant, how times are written."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from vault_engine.engine import MAX_FIELD_CHARS, MAX_LIST_ITEMS, DecayFilter, Faded, Hit, Mode, NoteParts, Scope
from vault_engine.engine.workspaces import EVERY
from vault_engine.errors import BadInput, MemwellError, NoteAmbiguous, NoteMissing
from vault_engine.server.mcp.advice import explain
from vault_engine.server.mcp.calling import Asked, Verbs

Need = Annotated[str, Field(max_length=1000)]
Word = Annotated[str | None, Field(max_length=500)]
Lines = Annotated[list[Annotated[str, Field(max_length=MAX_FIELD_CHARS)]] | None, Field(max_length=MAX_LIST_ITEMS)]
Sha256 = Annotated[str | None, Field(max_length=64, description="sha256 of what to replace, as it was read")]
Share = Annotated[float, Field(ge=0, le=1)]
MaybeShare = Annotated[float | None, Field(ge=0, le=1)]

WORKSPACES = "workspaces"  # the folder
_PAGE = 200  # hits
_MOST_LOOKED_AT = 2_000


class Found(NamedTuple):
    """A note that was found, by a search or in a list."""

    hit: Hit | None
    note: NoteParts

    @property
    def score(self) -> float:
        """How good it is, in [0, 1]; 0 in a list."""
        return self.hit.score if self.hit else 0.0


def fitted(tool: Callable[..., Any], names: Mapping[str, str]) -> Callable[..., Any]:
    """Take null for an argument that is not there, and speak of tools by the names they have in a profile.

    Args:
        tool: a method.
        names: of tools as advice has them, with those of the profile.
    """

    @wraps(tool)
    def calling(**arguments: Any) -> Any:
        try:
            return tool(**{name: value for name, value in arguments.items() if value is not None})
        except MemwellError as error:
            said, mark, note = explain(error).partition("\n\n")
            for ours, theirs in names.items():
                said = re.sub(rf"\b{ours}\b", theirs, said)
            raise ToolError(f"{said}{mark}{note}") from error

    known = inspect.signature(tool, eval_str=True)
    calling.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[_or_null(one) for one in known.parameters.values()]
    )
    return calling


def _or_null(one: inspect.Parameter) -> inspect.Parameter:
    allowed = get_args(get_args(one.annotation)[0] if get_origin(one.annotation) is Annotated else one.annotation)
    if one.default is inspect.Parameter.empty or type(None) in allowed:
        return one
    return one.replace(annotation=one.annotation | None)


class Compat(Verbs):
    """What all of them do the same way."""

    def _in(self, context: Context, workspace: str | None, needed: Scope = Scope.READ) -> Asked:
        """Say who asks, and what is reached for that in the workspace that the call names."""
        if workspace and workspace.strip() == EVERY:
            raise BadInput(f"{EVERY!r} is no workspace: leave it out")
        return self._asked(context, needed, workspace or None)

    def _note(self, ref: str, asked: Asked, *, is_use: bool = False) -> NoteParts | None:
        """Give a note by any of its names; None if there is none."""
        try:
            return self._engine.parts(ref, is_use=is_use, within=asked.within)
        except NoteMissing:
            return None

    def _own(self, ref: str, asked: Asked) -> NoteParts | None:
        """Give the note that a write of this category and key would update, None if there is none."""
        try:
            note = self._note(ref, asked)
        except NoteAmbiguous:  # in several workspaces, and none of them is meant
            return None
        home = asked.within.home if asked.within else None
        return note if note and home_of(note.path) == home else None

    def _search(
        self,
        asked: Asked,
        query: str,
        wanted: int,
        keeps: Callable[[Found], bool] | None = None,
        **terms: Any,
    ) -> list[Found]:
        """Give the best notes that pass a filter which the search itself does not know; no use is counted.

        Args:
            asked: who asks.
            query: what for.
            wanted: how many at most.
            keeps: the filter; None: all pass. At most 2,000 hits are looked at.
            terms: others of `Engine.recall`.
        """
        found: list[Found] = []
        cursor: str | None = None
        for _ in range(_MOST_LOOKED_AT // _PAGE):
            page = self._engine.recall(
                query,
                limit=_PAGE if keeps else min(wanted - len(found), _PAGE),
                cursor=cursor,
                is_use=False,
                within=asked.within,
                **terms,
            )
            found += (one for one in self._with_notes(page.hits, asked) if keeps is None or keeps(one))
            cursor = page.cursor
            if cursor is None or len(found) >= wanted:
                break
        return found[:wanted]

    def _newest(
        self, asked: Asked, wanted: int, keeps: Callable[[Found], bool] | None = None, **terms: Any
    ) -> list[Found]:
        """Give the notes that were changed last; takes what `_search` does, and other terms of `Engine.list`."""
        lines = self._engine.list(newest=True, limit=_MOST_LOOKED_AT, within=asked.within, **terms).notes
        notes = (Found(None, note) for line in lines if (note := self._note(line.path, asked)))
        return list(islice((one for one in notes if keeps is None or keeps(one)), wanted))

    def _with_notes(self, hits: Iterable[Hit], asked: Asked) -> Iterator[Found]:
        for hit in hits:
            if note := self._note(hit.path, asked):  # else it went away meanwhile
                yield Found(hit, note)

    def _use(self, notes: Iterable[NoteParts], asked: Asked) -> None:
        """Count that somebody was given notes."""
        for note in notes:
            self._note(note.path, asked, is_use=True)

    def _fading(self, notes: Iterable[NoteParts]) -> dict[str, Faded]:
        """Say how far notes have faded, by path."""
        paths = tuple(note.path for note in notes)
        return {one.path: one for one in self._engine.decay(DecayFilter(paths=paths)).notes} if paths else {}


def home_of(path: str) -> str | None:
    """Give the folder of the workspace that a note lies in, None for a note of none."""
    folders = path.split("/", 2)
    return "/".join(folders[:2]) if folders[0] == WORKSPACES and len(folders) > 2 else None


def filed_in(note: NoteParts) -> str:
    """Give the category of a note, with its workspace, so that a write finds it from anywhere."""
    return "/".join(filter(None, (home_of(note.path), note.category)))


MODES = {"fts5": Mode.KEYWORD, "dense": Mode.SEMANTIC, "hybrid": Mode.HYBRID}


def milliseconds(moment: str | None) -> int | None:
    """Read a time as our answers have it, in milliseconds since 1970."""
    if not moment:
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def moment_of(unix_ms: int) -> str:
    """Write milliseconds since 1970 as the engine reads times.

    Raises:
        BadInput: no calendar has that day.
    """
    try:
        return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        raise BadInput(f"{unix_ms} is no time in milliseconds since 1970") from None


def now_ms() -> int:
    """Read the clock, in milliseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * 1000)


def number(value: object, otherwise: float) -> float:
    """Give a property that is a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
