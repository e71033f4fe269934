"""Walking along links, over anything that says what is linked to what; pure."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import log
from typing import NamedTuple, Protocol

MAX_SHARED = 1_000  # notes: what more than these have in common says nothing about any two of them


class NodeKind(StrEnum):
    """What a link leads to."""

    NOTE = "note"
    OTHER = "other"  # a file that is no note
    UNRESOLVED = "unresolved"  # no file answers


class Direction(StrEnum):
    """Which links count, seen from a note."""

    OUT = "out"  # those it holds
    IN = "in"  # those that lead to it
    BOTH = "both"


class Node(NamedTuple):
    """One thing that links lead to or come from."""

    kind: NodeKind
    name: str  # the path; of an unresolved link what `LinkResolver.missing` calls its target


class Edge(NamedTuple):
    """One link, seen from one of its ends."""

    node: Node  # at the other end
    relation: str  # "" for a plain link
    direction: Direction  # OUT or IN


class Adjacency(Protocol):
    """Says what is linked to what."""

    def edges(self, node: Node, direction: Direction) -> Iterator[Edge]:
        """Give the distinct links of a node to and from others: out before in, then by node and relation."""


class Visit(NamedTuple):
    """A node that was reached, and how."""

    node: Node
    distance: int  # links from the start
    source: Node  # from which it was reached
    relation: str
    direction: Direction  # of the link, seen from the source


class Traversal(NamedTuple):
    """What was reached, the nearest first."""

    visits: tuple[Visit, ...]
    is_cut: bool  # there was more than was asked for


def traverse(
    graph: Adjacency,
    start: Node,
    *,
    depth: int,
    direction: Direction = Direction.BOTH,
    relations: Collection[str] = (),
    limit: int,
) -> Traversal:
    """Follow links breadth first.

    Args:
        graph: what is linked to what.
        start: where to begin; it is not among what is reached.
        depth: how many links away at most.
        direction: which links to follow.
        relations: follow only links of these; without any, all.
        limit: how many nodes at most.
    """
    visits: list[Visit] = []
    seen = {start}
    waiting = deque([(start, 0)])
    while waiting:
        source, distance = waiting.popleft()
        if distance == depth:
            break
        for node, relation, way in graph.edges(source, direction):
            if node in seen or (relations and relation not in relations):
                continue
            if len(visits) == limit:
                return Traversal(tuple(visits), is_cut=True)
            seen.add(node)
            visits.append(Visit(node, distance + 1, source, relation, way))
            waiting.append((node, distance + 1))
    return Traversal(tuple(visits), is_cut=False)


@dataclass(frozen=True, slots=True)
class RelatedNote:
    """A note that has something in common with another."""

    path: str
    score: float  # in [0, 1)
    shared: tuple[Node, ...]  # what both link to or are linked from, the rarest first
    tags: tuple[str, ...]  # that both have, the rarest first
    similarity: float  # as it was handed in; 0 where it was not
    is_linked: bool  # there is a link from one to the other


@dataclass(slots=True)
class _Common:
    shared: dict[Node, float] = field(default_factory=dict)
    tags: dict[str, float] = field(default_factory=dict)


def related(
    graph: Adjacency,
    start: Node,
    *,
    tagged: Mapping[str, Collection[str]],
    similar: Mapping[str, float],
    limit: int,
) -> list[RelatedNote]:
    """Rank the notes that have links, tags or meaning in common with a note.

    What is shared counts the more the fewer share it: 1 / ln(n) for what n have (Adamic and Adar, "Friends and
    neighbors on the Web", 2003), for links and tags alike; a similarity is added as it is. The sum x is shown as
    x / (1 + x).

    Args:
        graph: what is linked to what.
        start: the note.
        tagged: for each of its tags the notes that have it, itself included.
        similar: how alike in meaning notes are to it, in [0, 1], by path; may be empty.
        limit: how many at most.
    """
    near = dict.fromkeys(edge.node for edge in graph.edges(start, Direction.BOTH))
    common: dict[str, _Common] = {}
    for node in near:
        sharing = _some_neighbours(graph, node)
        for other in sharing if 1 < len(sharing) <= MAX_SHARED else ():
            if other.kind is NodeKind.NOTE and other != start:
                common.setdefault(other.name, _Common()).shared[node] = 1 / log(len(sharing))
    for tag, paths in tagged.items():
        for path in paths if 1 < len(paths) <= MAX_SHARED else ():
            if path != start.name:
                common.setdefault(path, _Common()).tags[tag] = 1 / log(len(paths))
    found = [
        _related(path, common.get(path, _Common()), similar.get(path, 0.0), is_linked=Node(NodeKind.NOTE, path) in near)
        for path in common.keys() | similar.keys()
        if path != start.name
    ]
    return sorted(found, key=lambda one: (-one.score, one.path))[:limit]


def _some_neighbours(graph: Adjacency, node: Node) -> set[Node]:
    """The nodes linked with one; not all of them if they are too many to tell anything."""
    found: set[Node] = set()
    for edge in graph.edges(node, Direction.BOTH):
        found.add(edge.node)
        if len(found) > MAX_SHARED:
            break
    return found


def _related(path: str, common: _Common, similarity: float, *, is_linked: bool) -> RelatedNote:
    total = sum(common.shared.values()) + sum(common.tags.values()) + similarity
    return RelatedNote(
        path,
        total / (1 + total),
        tuple(sorted(common.shared, key=lambda node: (-common.shared[node], node))),
        tuple(sorted(common.tags, key=lambda tag: (-common.tags[tag], tag))),
        similarity,
        is_linked,
    )
