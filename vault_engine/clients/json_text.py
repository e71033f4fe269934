"""JSON with comments and commas at the end, read with the place of every value, and changed by splices. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vault_engine.clients.tree import (
    MAX_DEPTH,
    Member,
    Node,
    Splice,
    Spot,
    Unfit,
    containers,
    member_at,
    newline_of,
)

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)
      | (?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")
      | (?P<sign>[{}\[\]:,])
      | (?P<word>[-+.0-9A-Za-z]+)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_BOM = "\ufeff"
_UNIT = "  "


class _Token(NamedTuple):
    kind: str  # "string", "word", "end", or the sign itself
    text: str
    start: int
    end: int


def parse(text: str) -> Node | None:
    """Read a text; None if it holds nothing but blanks and comments.

    Raises:
        Unfit: it is no JSON, says one thing twice, or is nested too deep.
    """
    reader = _Reader(text)
    if reader.next.kind == "end":
        return None
    root = reader.value(0)
    if reader.next.kind != "end":
        raise reader.unfit("something stands behind the end")
    return root


def add(text: str, root: Node | None, spot: Spot, entry: Any) -> Splice:
    """Put an entry at a spot, or in the place of the one there."""
    if root is None:
        return _into_nothing(text, spot, entry)
    way = list(containers(root, spot))
    container, left = way[-1], spot.keys[len(way) - 1 :]
    layout = _Layout.of(text, root)
    if not left and (there := member_at(container, spot)):
        indent = layout.indent_at(there.start)
        return Splice(
            there.node.start, text[there.node.start : there.node.end], layout.written(entry, indent, there.node)
        )
    key, value = (left[0], _nested((*left[1:], spot.name), entry)) if left else (spot.name, entry)
    return append(text, root, container, key, value)


def take_out(text: str, root: Node, spot: Spot, made: int) -> Splice:
    """Take an entry out, with as many of the maps around it as are ``made`` for it and hold nothing else."""
    way = list(containers(root, spot))
    key = spot.name
    for holder in reversed(spot.keys[len(spot.keys) - made :] if made else ()):
        if len(way[-1].members) > 1:
            break
        way.pop()
        key = holder
    container = way[-1]
    position = next(i for i, member in enumerate(container.members) if member.key == key)
    return cut(text, container, position)


def append(text: str, root: Node | None, container: Node, key: str | None, value: Any) -> Splice:
    """Put a member behind the last one, and behind the comments there, which stay with what they are about.

    Args:
        text: the text.
        root: what it says.
        container: the map or list of it that is to hold the member.
        key: of the member; None in a list.
        value: the member.
    """
    layout = _Layout.of(text, root or container)
    name = "" if key is None else f"{flow(key)}: "
    members = container.members
    last = members[-1] if members else None
    start = container.start + 1
    if last:
        start = last.node.end if last.comma is None else last.comma + 1
    end = _end_of_content(text, start, container.end - 1)
    comma = "," if last and last.comma is None else ""
    behind = "," if last and last.comma is not None else ""
    if not layout.is_open(container) and "//" not in text[start:end]:
        gap = " " if last else ""
        return Splice(start, text[start:end], f"{comma}{text[start:end]}{gap}{name}{flow(value)}{behind}")
    outer = layout.indent_at(container.start if not last else last.start)
    indent = outer if last else outer + layout.unit
    member = f"{layout.newline}{indent}{name}{layout.written(value, indent)}{behind}"
    is_closed = "\n" not in text[end : container.end - 1]
    closing = layout.newline + layout.indent_at(container.start) if is_closed else ""
    return Splice(start, text[start:end], f"{comma}{text[start:end]}{member}{closing}")


def cut(text: str, container: Node, position: int) -> Splice:
    """Take one member out of a map or list, with its comma and the blanks before it."""
    member = container.members[position]
    start = len(text[: member.start].rstrip(" \t\r\n"))
    end = member.node.end if member.comma is None else member.comma + 1
    before = container.members[position - 1] if position else None
    if before and before.comma is not None and member.comma is None:  # the comma before would be the last thing there
        return Splice(before.comma, text[before.comma : end], text[before.comma + 1 : start])
    return Splice(start, text[start:end], "")


def flow(value: Any) -> str:
    """Write a value on one line."""
    return json.dumps(value, ensure_ascii=False)


class _Reader:
    """Reads one token after the other; ``next`` is the one to come."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self.next = next(self._tokens)

    def value(self, depth: int) -> Node:
        token = self._take()
        if depth > MAX_DEPTH:
            raise self.unfit("it is nested too deep")
        if token.kind == "{":
            return self._container(token, "}", depth)
        if token.kind == "[":
            return self._container(token, "]", depth)
        if token.kind == "string":
            return Node("leaf", token.start, token.end, self._string(token))
        if token.kind == "word" and token.text in _WORDS:
            return Node("leaf", token.start, token.end, _WORDS[token.text])
        if token.kind == "word" and _NUMBER.fullmatch(token.text):
            return Node("leaf", token.start, token.end, ("number", token.text))
        raise self.unfit("a value is missing", token)

    def unfit(self, problem: str, token: _Token | None = None) -> Unfit:
        line = self._text.count("\n", 0, (token or self.next).start) + 1
        return Unfit(f"line {line}: {problem}")

    def _container(self, opening: _Token, closing: str, depth: int) -> Node:
        members: list[Member] = []
        while self.next.kind != closing:
            if members and members[-1].comma is None:
                raise self.unfit("a comma is missing")
            start = self.next.start
            key = self._key() if closing == "}" else ""
            node = self.value(depth + 1)
            comma = self._take().start if self.next.kind == "," else None
            members.append(Member(key, start, node, comma))
        end = self._take().end
        if closing == "}" and len({member.key for member in members}) < len(members):
            raise self.unfit("a key stands there twice", opening)
        return Node("map" if closing == "}" else "list", opening.start, end, members=tuple(members))

    def _key(self) -> str:
        token = self._take()
        if token.kind != "string" or self.next.kind != ":":
            raise self.unfit("a key is missing", token)
        self._take()
        return self._string(token)

    def _string(self, token: _Token) -> str:
        try:
            return str(json.loads(token.text))
        except ValueError:
            raise self.unfit("a string is broken", token) from None

    def _take(self) -> _Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self._tokens)
        return token

    def _scan(self) -> Iterator[_Token]:
        position = len(_BOM) if self._text.startswith(_BOM) else 0
        while position < len(self._text):
            match = _TOKEN.match(self._text, position)
            if not match:
                raise Unfit(f"line {self._text.count(chr(10), 0, position) + 1}: this is no JSON")
            start, position = position, match.end()
            if match.lastgroup != "blank":
                kind = match.group() if match.lastgroup == "sign" else str(match.lastgroup)
                yield _Token(kind, match.group(), start, position)
        yield _Token("end", "", position, position)


class _Layout(NamedTuple):
    """How a text is laid out."""

    text: str
    newline: str
    unit: str  # one step of indentation

    @classmethod
    def of(cls, text: str, root: Node) -> "_Layout":
        """See how a text is laid out, by its first member that begins a line."""
        first = root.members[0].start if root.members else root.start
        before = text[text.rfind("\n", 0, first) + 1 : first]
        return cls(text, newline_of(text), before if root.members and before and not before.strip(" \t") else _UNIT)

    def indent_at(self, position: int) -> str:
        """Give the blanks that the line of a position begins with."""
        start = self.text.rfind("\n", 0, position) + 1
        line = self.text[start:position]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def is_open(self, node: Node) -> bool:
        """Say whether a map or list is spread over lines; one that is empty is, unless all stands on one line."""
        if node.members:
            return "\n" in self.text[node.start : node.members[0].start]
        all_there_is = self.text.strip(_BOM + " \t\r\n")
        return "\n" in all_there_is or all_there_is == self.text[node.start : node.end]

    def written(self, value: Any, indent: str, like: Node | None = None) -> str:
        """Write a value over several lines, or on one as what it replaces."""
        if like is not None and not self.is_open(like):
            return flow(value)
        inner = indent + self.unit
        if isinstance(value, Mapping) and value:
            opening, closing = "{}"
            members = [f"{flow(key)}: {self.written(one, inner)}" for key, one in value.items()]
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            opening, closing = "[]"
            members = [self.written(one, inner) for one in value]
        else:
            return flow(value)
        lines = f",{self.newline}{inner}".join(members)
        return f"{opening}{self.newline}{inner}{lines}{self.newline}{indent}{closing}"


def _into_nothing(text: str, spot: Spot, entry: Any) -> Splice:
    layout = _Layout(text, newline_of(text), _UNIT)
    gap = layout.newline if text.strip(_BOM) and not text.endswith("\n") else ""
    return Splice(len(text), "", gap + layout.written(_nested((*spot.keys, spot.name), entry), "") + layout.newline)


def _nested(keys: tuple[str, ...], entry: Any) -> Any:
    for key in reversed(keys):
        entry = {key: entry}
    return entry


def _end_of_content(text: str, start: int, stop: int) -> int:
    """Give where the last comment between two places ends, else the first of them."""
    position = end = start
    while position < stop:
        match = _TOKEN.match(text, position)
        assert match is not None, "it was parsed before"
        position = match.end()
        end = end if match.group().isspace() else position
    return end
