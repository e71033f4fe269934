"""What a source yields, and what becomes of it. Pure."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

_NAMESPACE = uuid.UUID("b3b7f0c2-5d0e-5c1e-9a54-6f2f0f7d1c8e")  # of the ids that are made here; it never changes


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that another program keeps, as the note that it is to become."""

    external_id: str  # the same thing has the same one whenever it is read, and no other thing has it
    text: str
    category: str
    key: str
    where: str  # for people: the file and the line it comes from
    moment: datetime | None = None  # when it was made, with its time zone
    tags: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is no item, and why."""

    where: str
    problem: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Something that is left out on purpose: it holds nothing to remember."""

    where: str


class Source(Protocol):
    """Where items come from."""

    @property
    def name(self) -> str:
        """What notes state as their ``source``: letters, digits and hyphens."""

    def read(self) -> Iterator[Item | Passed | Unreadable]:
        """Give all there is, in a fixed order; what can't be read is said and does not end it."""


def id_of(source: str, external_id: str) -> str:
    """Make the id of the note of an item: the same for the same item, on every machine and in every vault."""
    return str(uuid.uuid5(_NAMESPACE, f"{source}\0{external_id}"))
