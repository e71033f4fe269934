"""YAML, read with the place of every value, and changed by splices. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from vault_engine.clients.json_text import flow
from vault_engine.clients.tree import (
    MAX_DEPTH,
    Member,
    Node,
    Splice,
    Spot,
    Unfit,
    child,
    containers,
    member_at,
    newline_of,
)

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_NOT_PLAIN = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
_NULLS = ("", "~", "null", "Null", "NULL")
_UNIT = 2


def parse(text: str) -> Node | None:
    """Read a text; None if it holds nothing but blanks and comments. Every scalar is the text it is written as.

    Raises:
        Unfit: it is no YAML, holds several documents, says one thing twice, or is nested too deep.
    """
    try:
        return _Reader(text).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise Unfit(f"{where}{getattr(error, 'problem', None) or 'this is no YAML'}") from None


def add(text: str, root: Node | None, spot: Spot, entry: Mapping[str, Any]) -> Splice:
    """Put an entry at a spot, which is in a map or list at the top, or in the place of the one there."""
    (key,) = spot.keys
    page = _Page(text)
    holder = child(root, key) if root and root.kind == "map" else None
    if root is None or holder is None:
        return _add_with_holder(page, root, spot, entry)
    if holder.kind == "leaf" and holder.leaf is None and not holder.shared:
        if holder.start < holder.end:
            return Splice(holder.start, text[holder.start : holder.end], _flowing(spot, entry))
        column = page.column(root.members[0].start) + _UNIT
        return page.insert(holder.end, page.block(spot, entry, column))
    *_, container = containers(root, spot)
    if there := member_at(container, spot):
        return _replaced(page, container, there, spot, entry)
    if not container.flow:
        first = container.members[0]
        column = page.column(page.dash(first) if spot.listed else first.start)
        return page.insert(container.end, page.block(spot, entry, column))
    if not container.members:
        return Splice(container.start, text[container.start : container.end], _flowing(spot, entry))
    return Splice(container.members[-1].node.end, "", f", {_flowing(spot, entry)[1:-1]}")


def take_out(text: str, root: Node, spot: Spot, made: int) -> Splice:
    """Take an entry out; the map or list that held it too if that was ``made`` for it and holds nothing else.

    Raises:
        Unfit: it stands between brackets, or shares a line.
    """
    page = _Page(text)
    *_, container = containers(root, spot)
    member = member_at(container, spot)
    assert member is not None, "the caller has seen it"
    if container.flow:
        raise Unfit("it stands between brackets with others")
    start, end = page.lines(page.dash(member) if spot.listed else member.start, member.node.end)
    if len(container.members) > 1:
        return Splice(start, text[start:end], "")
    if made:
        holder = next(one for one in root.members if one.key == spot.keys[0])
        start, _ = page.lines(holder.start, holder.node.end)
        return Splice(start, text[start:end], "")
    column = page.column(root.members[0].start) + _UNIT
    return Splice(start, text[start:end], f"{' ' * column}{'[]' if spot.listed else '{}'}{page.newline}")


class _Reader:
    """Makes a tree of what PyYAML reads. An alias stays a name, so that none can make the tree grow."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._end = 0  # of the map or list that was read last

    def document(self) -> Node | None:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        root = self._node(self._next(), 0)
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise Unfit("it holds several documents")
        is_empty = root.kind == "leaf" and root.leaf is None and root.start == root.end
        return None if is_empty else root

    def _next(self) -> Any:
        return next(self._events)

    def _node(self, event: Any, depth: int) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if depth > MAX_DEPTH:
            raise Unfit(f"line {event.start_mark.line + 1}: it is nested too deep")
        if isinstance(event, yaml.AliasEvent):
            return Node("leaf", start, end, ("alias", event.anchor), shared=True)
        if isinstance(event, yaml.ScalarEvent):
            is_null = event.implicit[0] and event.value in _NULLS
            return Node("leaf", start, end, None if is_null else event.value, shared=event.anchor is not None)
        is_map = isinstance(event, yaml.MappingStartEvent)
        members = tuple(self._pairs(depth) if is_map else self._items(depth))
        if is_map and len({member.key for member in members}) < len(members):
            raise Unfit(f"line {event.start_mark.line + 1}: a key stands there twice")
        end = self._end if event.flow_style or not members else members[-1].node.end
        return Node(
            "map" if is_map else "list",
            start,
            end,
            members=members,
            flow=event.flow_style,
            shared=event.anchor is not None,
        )

    def _pairs(self, depth: int) -> Iterator[Member]:
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            name = key.leaf if isinstance(key.leaf, str) else f"\0{key.start}"  # what is no text is no key of ours
            yield Member(name, key.start, self._node(self._next(), depth + 1))

    def _items(self, depth: int) -> Iterator[Member]:
        for event in self._until(yaml.SequenceEndEvent):
            node = self._node(event, depth + 1)
            yield Member("", node.start, node)

    def _until(self, last: Any) -> Iterator[Any]:
        event: Any = self._next()
        while not isinstance(event, last):
            yield event
            event = self._next()
        self._end = event.end_mark.index


class _Page:
    """A text in lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.newline = newline_of(text)

    def column(self, position: int) -> int:
        """Give how far from the start of its line a position is."""
        start = self._text.rfind("\n", 0, position) + 1
        return position - start - self._text.startswith("\ufeff", start)

    def dash(self, item: Member) -> int:
        """Give where the dash of an item in a list stands."""
        return self._text.rfind("-", 0, item.start)

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """Widen a stretch to whole lines.

        Raises:
            Unfit: something else stands before it on its line.
        """
        first = start - self.column(start)
        if self._text[first:start].strip(" "):
            raise Unfit("it shares a line with something else")
        return first, self._after(end)

    def insert(self, position: int, lines: str) -> Splice:
        """Put lines behind the line of a position."""
        at = self._after(position)
        is_apart = at == 0 or self._text[at - 1] in "\n\ufeff"
        return Splice(at, "", lines if is_apart else self.newline + lines)

    def block(self, spot: Spot, entry: Mapping[str, Any], column: int) -> str:
        """Write an entry in lines of its own."""
        if spot.listed:
            body = self._pairs(entry, column + 2)
            return f"{' ' * column}- {body[column + 2 :]}"
        return f"{' ' * column}{spot.name}:{self.newline}{self._pairs(entry, column + _UNIT)}"

    def _pairs(self, value: Mapping[str, Any], column: int) -> str:
        return "".join(f"{' ' * column}{key}:{self._after_key(one, column)}" for key, one in value.items())

    def _after_key(self, value: Any, column: int) -> str:
        if isinstance(value, Mapping) and value:
            return self.newline + self._pairs(value, column + _UNIT)
        is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN
        return f" {value if is_plain else flow(value)}{self.newline}"

    def _after(self, position: int) -> int:
        if position and self._text[position - 1] == "\n":  # a block of text ends behind its line
            return position
        end = self._text.find("\n", position)
        return len(self._text) if end < 0 else end + 1


def _add_with_holder(page: _Page, root: Node | None, spot: Spot, entry: Mapping[str, Any]) -> Splice:
    """Put an entry into a text that has no map or list for such."""
    (key,) = spot.keys
    if root is None:
        return page.insert(len(page._text), f"{key}:{page.newline}{page.block(spot, entry, _UNIT)}")
    if root.kind != "map" or root.shared:
        raise Unfit("it is no map")
    if root.flow:
        pair = f"{flow(key)}: {_flowing(spot, entry)}"
        if root.members:
            return Splice(root.members[-1].node.end, "", f", {pair}")
        return Splice(root.start, page._text[root.start : root.end], f"{{{pair}}}")
    column = page.column(root.members[0].start)
    head = f"{' ' * column}{key}:{page.newline}"
    return page.insert(root.end, head + page.block(spot, entry, column + _UNIT))


def _replaced(page: _Page, container: Node, there: Member, spot: Spot, entry: Mapping[str, Any]) -> Splice:
    node = there.node
    if node.shared:
        raise Unfit(f"{spot.name} is used in several places of the file")
    if container.flow:
        return Splice(node.start, page._text[node.start : node.end], flow(entry))
    begin = page.dash(there) if spot.listed else there.start
    start, end = page.lines(begin, node.end)
    return Splice(start, page._text[start:end], page.block(spot, entry, page.column(begin)))


def _flowing(spot: Spot, entry: Mapping[str, Any]) -> str:
    return flow([entry]) if spot.listed else flow({spot.name: entry})
