"""What each tool of another memory is here: one row a tool, from which docs/migrating.md is written. Pure."""

from dataclasses import dataclass
from typing import Literal

Way = Literal["served", "elsewhere", "later"]
"""The profile has it; another tool, command or nothing at all does its work; it is not there yet."""

Deed = Literal["reads", "writes", "archives"]
"""What a tool does to notes, or to what is kept beside them."""

_TYPES = {"str": "string", "int": "integer", "num": "number", "bool": "boolean", "list": "array", "obj": "object"}


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool of theirs."""

    name: str
    type: str  # as JSON schemas call it
    is_required: bool
    default: str | None  # of theirs, as JSON; None: there is none
    is_ours: bool = False  # that we have added


@dataclass(frozen=True)
class Row:
    """One tool of theirs, and what it is here."""

    tool: str
    parameters: tuple[Parameter, ...]
    returns: tuple[str, ...]  # the fields of an object; ("list",) or ("text",) where the answer is one
    ours: str  # the tools and commands that do the same here
    differs: str  # what somebody who moves should know; "" for nothing
    way: Way = "served"
    does: Deed = "reads"


@dataclass(frozen=True)
class System:
    """One memory whose tools are known here."""

    name: str  # of the profile
    title: str
    about: tuple[str, ...]  # what holds for all its tools, a sentence each
    rows: tuple[Row, ...]
    has_profile: bool = True

    @property
    def served(self) -> tuple[str, ...]:
        """The tools of its profile."""
        return tuple(row.tool for row in self.rows if row.way == "served")


def parameters(written: str) -> tuple[Parameter, ...]:
    """Read parameters as ``name*:type, name:type=default``; ``*`` is required, ``+`` before a name is added by us."""
    return tuple(_parameter(one.strip()) for one in written.split(",")) if written else ()


def _parameter(written: str) -> Parameter:
    name, _, rest = written.partition(":")
    kind, _, default = rest.partition("=")
    plain = name.strip("*+")
    return Parameter(plain, _TYPES[kind], name.endswith("*"), default or None, name.startswith("+"))


def row(
    tool: str, written: str, returns: str, ours: str, differs: str = "", way: Way = "served", does: Deed = "reads"
) -> Row:
    """Make a row of its parts; ``returns`` are names with blanks between."""
    return Row(tool, parameters(written), tuple(returns.split()), ours, differs, way, does)
