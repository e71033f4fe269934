"""What the index must do to match the vault. Pure: touches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Mark = TypeVar("Mark")


@dataclass(frozen=True, slots=True)
class Add:
    """A note the index does not know."""

    path: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """A note whose file looks different from the one that was indexed."""

    path: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A note that is gone."""

    path: str


Change = Add | Refresh | Drop


def plan_index(found: Mapping[str, Mark], known: Mapping[str, Mark | None]) -> list[Change]:
    """Say what the index must do to match the vault.

    A mark is whatever tells one state of a file from another; a known mark of None never matches. Additions come
    before removals: a rename interrupted half-way leaves a note found twice, never lost.
    """
    added: list[Change] = [Add(path) for path in sorted(found.keys() - known.keys())]
    edited: list[Change] = [Refresh(path) for path in sorted(found.keys() & known.keys()) if found[path] != known[path]]
    gone: list[Change] = [Drop(path) for path in sorted(known.keys() - found.keys())]
    return added + edited + gone
