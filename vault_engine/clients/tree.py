"""What a file of settings says, as values and as places in its text. Pure.

One tree serves JSON and YAML: each node knows where it stands, so that a change is a splice and the rest of the text
stays as it is. Whatever was spliced is parsed again and compared by `without` and `found`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from vault_engine.clients.groups import others_in, ours_in

MAX_DEPTH = 100

What = Literal["server", "hooks"]


class Syntax(StrEnum):
    """How a file of settings is written; JSON may have comments and commas at the end."""

    JSON = "json"
    YAML = "yaml"
    TOML = "toml"


class Unfit(Exception):
    """A text can't be changed safely; the text of the exception says why."""


@dataclass(frozen=True)
class Spot:
    """Where in the file of a client a thing of ours stands."""

    keys: tuple[str, ...]  # of the map or list that holds it, from the top
    name: str  # its key there; in a list the value of its "name"
    listed: bool = False
    grouped: bool = False  # a map of lists of commands, by event; of ours are those that run us, see `groups`

    @property
    def what(self) -> What:
        """What a client is told of there."""
        return "hooks" if self.grouped else "server"


class Splice(NamedTuple):
    """One change of a text: ``removed`` stood at ``start`` and gave way to ``inserted``; offsets in characters."""

    start: int
    removed: str
    inserted: str

    def done(self, text: str) -> str:
        """Make the change.

        Raises:
            Unfit: the text does not have ``removed`` there.
        """
        return _exchanged(text, self.start, self.removed, self.inserted)

    def undone(self, text: str) -> str:
        """Take the change back.

        Raises:
            Unfit: the text does not have ``inserted`` there.
        """
        return _exchanged(text, self.start, self.inserted, self.removed)


def _exchanged(text: str, start: int, old: str, new: str) -> str:
    if not text.startswith(old, start):
        raise Unfit("it changed meanwhile")
    return text[:start] + new + text[start + len(old) :]


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands in the text, in characters."""

    kind: Literal["map", "list", "leaf"]
    start: int
    end: int
    leaf: Any = None
    members: "tuple[Member, ...]" = ()
    flow: bool = True  # whether brackets and commas hold it together, not indentation
    shared: bool = False  # whether the file uses it in other places too


class Member(NamedTuple):
    """One thing in a map or a list."""

    key: str  # "" in a list
    start: int  # of the key; in a list of the value
    node: Node
    comma: int | None = None  # where the one behind it is


def value_of(node: Node | None) -> Any:
    """Give what a node says, without where it says it."""
    if node is None:
        return {}
    if node.kind == "map":
        return {member.key: value_of(member.node) for member in node.members}
    if node.kind == "list":
        return [value_of(member.node) for member in node.members]
    return node.leaf


def found(value: Any, spot: Spot) -> Any:
    """Give what stands at a spot, or None."""
    for key in spot.keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if spot.grouped:
        return ours_in(value)
    if spot.listed:
        return next((item for item in value or () if _is_named(item, spot)), None)
    return value.get(spot.name) if isinstance(value, Mapping) else None


def without(value: Any, spot: Spot) -> Any:
    """Give all but what stands at a spot; maps and lists on the way there that are empty then are left out too."""
    return _without(value, spot, spot.keys)


def containers(root: Node | None, spot: Spot) -> Iterator[Node]:
    """Give the maps (the last may be a list) on the way to a spot, as far as they are there.

    Raises:
        Unfit: something else is in the way.
    """
    node = root
    for depth in range(len(spot.keys) + 1):
        if node is None:
            return
        listed = spot.listed and depth == len(spot.keys)
        name = spot.keys[depth - 1] if depth else "it"
        if node.shared:
            raise Unfit(f"{name} is used in several places of the file")
        if node.kind != ("list" if listed else "map"):
            raise Unfit(f"{name} is no {'list' if listed else 'map'}")
        yield node
        node = child(node, spot.keys[depth]) if depth < len(spot.keys) else None


def child(node: Node, key: str) -> Node | None:
    """Give the value of a key."""
    return next((member.node for member in node.members if member.key == key), None)


def member_at(container: Node, spot: Spot) -> Member | None:
    """Give what stands at a spot, of the map or list that holds it."""
    for member in container.members:
        if _is_named(value_of(member.node), spot) if spot.listed else member.key == spot.name:
            return member
    return None


def spliced(before: str, after: str) -> Splice:
    """Give the one splice that makes a text of another: what differs, from its first character to its last."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    rest = shorter - start
    behind = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    return Splice(start, before[start : len(before) - behind], after[start : len(after) - behind])


def newline_of(text: str) -> str:
    """Give the line end that a text uses."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _is_named(item: Any, spot: Spot) -> bool:
    return isinstance(item, Mapping) and item.get("name") == spot.name


def _without(value: Any, spot: Spot, keys: tuple[str, ...]) -> Any:
    if not keys and spot.grouped:
        return others_in(value)
    if not keys and spot.listed:
        return [item for item in value if not _is_named(item, spot)] if isinstance(value, list) else value
    if not isinstance(value, Mapping):
        return value
    if not keys:
        return {key: one for key, one in value.items() if key != spot.name}
    inner = _without(value.get(keys[0]), spot, keys[1:])
    return {key: one for key, one in value.items() if key != keys[0]} | ({keys[0]: inner} if inner else {})
