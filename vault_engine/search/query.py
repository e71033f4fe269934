"""What is asked, and which notes may answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from vault_engine.errors import BadInput
from vault_engine.index.filters import CATEGORY, TAG, TYPE
from vault_engine.index.record import Record

MAX_QUERY_CHARS = 4_000
MAX_LIMIT = 200
MAX_OFFSET = 2_000
UNTRUSTED = "untrusted"  # what a note states under ``trust`` that came from where anybody may write


class _Choice(StrEnum):
    """What a caller chooses by its name."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Give what has a name.

        Raises:
            BadInput: nothing has.
        """
        try:
            return cls(name)
        except ValueError:
            raise BadInput(f"there is no {cls.__name__.lower()} {name!r} (there are {', '.join(cls)})") from None


class Mode(_Choice):
    """Which legs of the search run."""

    HYBRID = "hybrid"
    KEYWORD = "keyword"
    SEMANTIC = "semantic"


class Fusion(_Choice):
    """How the legs' scores become one."""

    CONVEX = "convex"  # a weighted sum of scaled scores
    RRF = "rrf"  # by the ranks alone


@dataclass(frozen=True, slots=True)
class Query:
    """One question. Every filter that is given must hold, and holds before anything is ranked."""

    text: str
    limit: int = 10
    mode: Mode = Mode.HYBRID
    category: str | None = None  # the category itself or one below it
    type: str | None = None
    tags: tuple[str, ...] = ()  # a tag or one below it; without '#'
    syntax: bool = False  # whether the text is in the query language; else its words are looked for, as they are
    since: int | None = None  # microseconds since 1970: only notes that were changed from then on
    until: int | None = None  # and before this
    as_of: int | None = None  # only what there was then, and held
    fusion: Fusion = Fusion.CONVEX
    expand: bool = False  # whether what hits link to, and what links to them, may be a hit as well
    diverse: bool = False  # whether hits that say what better ones say come later
    min_score: float = 0.0  # hits that are worse are none
    trusted: bool = False  # whether notes that state a trust of `UNTRUSTED` are left out
    offset: int = 0  # hits that are left out, the best first
    within: str | None = None  # a folder: the search is as if there were no other notes

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise BadInput("the query is empty: say in a few words what to look for")
        if len(self.text) > MAX_QUERY_CHARS:
            raise BadInput(f"the query has {len(self.text)} characters, more than {MAX_QUERY_CHARS}")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadInput(f"limit {self.limit} is not between 1 and {MAX_LIMIT}")
        if not 0 <= self.min_score <= 1:
            raise BadInput(f"a score of {self.min_score} is not between 0 and 1")
        if not 0 <= self.offset <= MAX_OFFSET:
            raise BadInput(f"hits beyond the first {MAX_OFFSET:,} are not given: ask more narrowly")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise BadInput("the time asked for ends before it begins: `since` must be before `until`")

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The values that a note must have, each with its filter column."""
        asked = [(CATEGORY, self.category), (TYPE, self.type), *((TAG, tag) for tag in self.tags)]
        return [(column, value) for column, value in asked if value is not None]

    def allows(self, record: Record) -> bool:
        """Say whether a note passes the filters. Compares without case."""
        return (
            (self.category is None or _is_within(record.category, self.category))
            and (self.type is None or (record.type or "").casefold() == self.type.casefold())
            and not (self.trusted and (record.text("trust") or "").casefold() == UNTRUSTED)
            and all(any(_is_within(tag, wanted) for tag in record.tags) for wanted in self.tags)
        )


def _is_within(name: str, wanted: str) -> bool:
    """Say whether ``a/b`` is ``a`` or below it."""
    name, wanted = name.casefold(), wanted.strip("/#").casefold()
    return name == wanted or name.startswith(f"{wanted}/")
