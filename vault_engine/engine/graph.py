"""What the links of the vault say as a whole, or around one note. Nothing is written.

With ``within`` it is as if there were nothing but what may be reached.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from vault_engine.engine.find import find
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.index.graph import Graph
from vault_engine.index.graph_arrays import GraphArrays
from vault_engine.index.graph_walk import Direction, Edge, Node, NodeKind, related, traverse
from vault_engine.index.record import Record
from vault_engine.search.similar import similar_notes
from vault_engine.vault.reach import Within

Way = Literal["out", "in", "both"]
Kind = Literal["note", "other", "unresolved"]
Reason = Literal["links", "tags", "meaning"]

MAX_DEPTH = 100
MAX_NODES = 100_000


@dataclass(frozen=True)
class NodeView:
    """One end of a link: a note, another file, or a target that no file answers to."""

    kind: Kind
    path: str | None  # None for an unresolved target
    title: str  # of a note its own; of another file its name; of an unresolved target how it is written
    category: str | None  # of a note


@dataclass(frozen=True)
class Neighbour:
    """One link of a note, seen from the note."""

    node: NodeView
    relation: str  # a property's name, or the word behind a link under ``## Links``; "" for a plain link
    direction: Literal["out", "in"]  # out: the note links to the node


@dataclass(frozen=True)
class Neighbours:
    """What a note links to and what links to it, each link once."""

    path: str
    neighbours: tuple[Neighbour, ...]  # out before in, then by kind and name


@dataclass(frozen=True)
class Reached:
    """Something that links lead to, and the way there."""

    node: NodeView
    distance: int  # links from the start
    source: NodeView  # what was reached before it on the way
    relation: str
    direction: Literal["out", "in"]  # of the last link, seen from the source


@dataclass(frozen=True)
class Traversed:
    """What links lead to, the nearest first."""

    path: str
    depth: int
    reached: tuple[Reached, ...]
    is_cut: bool  # there was more than the limit allows


@dataclass(frozen=True)
class ShortestPath:
    """A shortest way along links from one note to another."""

    source: str
    target: str
    distance: int | None  # links; None: no links lead there
    steps: tuple[Reached, ...]


@dataclass(frozen=True)
class Orphans:
    """Notes that no links join to others."""

    direction: Way  # which links they lack
    notes: tuple[NodeView, ...]  # by path
    total: int  # how many there are, shown or not


@dataclass(frozen=True)
class Hub:
    """A note that much leads to."""

    node: NodeView
    rank: float  # PageRank: the share of a random reader's time; all notes' add up to 1
    links: int  # notes it links to
    backlinks: int  # notes that link to it


@dataclass(frozen=True)
class Hubs:
    """The notes that most leads to, the highest rank first."""

    hubs: tuple[Hub, ...]
    notes: int  # of the vault


@dataclass(frozen=True)
class RelatedView:
    """A note that has something in common with another."""

    path: str
    title: str
    score: float  # in [0, 1)
    shared: tuple[NodeView, ...]  # what both are linked with, the rarest first
    tags: tuple[str, ...]  # that both have, the rarest first
    similarity: float  # in meaning, a cosine; 0 where they are not near, or that is not known
    is_linked: bool  # one links to the other already


@dataclass(frozen=True)
class Related:
    """The notes that have most in common with a note."""

    path: str
    reasons: tuple[Reason, ...]  # what was looked at: without vectors of the note its meaning does not count
    notes: tuple[RelatedView, ...]


@dataclass(frozen=True)
class GraphEdge:
    """One link between two nodes."""

    source: int  # place among the nodes
    target: int
    relation: str


@dataclass(frozen=True)
class GraphView:
    """A vault's graph, or the part of it that most leads to."""

    name: str  # of the vault's folder
    nodes: tuple[NodeView, ...]
    edges: tuple[GraphEdge, ...]
    total: int  # how many nodes there are, shown or not


def neighbours(
    session: Session,
    ref: str,
    *,
    direction: str = "both",
    relations: Collection[str] = (),
    within: Within = None,
) -> Neighbours:
    """Say what a note links to and what links to it; links from canvases do not count.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        BadInput: there is no such direction.
    """
    way = _way(direction)
    with session.guard:
        start, graph = _start(session, ref, within), session.index.graph.within(within)
        found = graph.edges(start, way)
        views = tuple(_neighbour(session, edge, graph) for edge in found if not relations or edge.relation in relations)
        return Neighbours(start.name, views)


def traverse_links(
    session: Session,
    ref: str,
    *,
    depth: int = 2,
    direction: str = "both",
    relations: Collection[str] = (),
    limit: int = 100,
    within: Within = None,
) -> Traversed:
    """Follow links from a note, breadth first.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        BadInput: depth, direction or limit are out of bounds.
    """
    way = _way(direction)
    _check_bounds(depth=(depth, MAX_DEPTH), limit=(limit, MAX_NODES))
    with session.guard:
        start, graph = _start(session, ref, within), session.index.graph.within(within)
        found = traverse(graph, start, depth=depth, direction=way, relations=relations, limit=limit)
        reached = tuple(
            Reached(
                _view(session, visit.node, graph),
                visit.distance,
                _view(session, visit.source, graph),
                visit.relation,
                _side(visit.direction),
            )
            for visit in found.visits
        )
        return Traversed(start.name, depth, reached, found.is_cut)


def shortest_path(
    session: Session,
    ref: str,
    to: str,
    *,
    direction: str = "both",
    relations: Collection[str] = (),
    within: Within = None,
) -> ShortestPath:
    """Find a shortest way along links from one note to another. Raises as `neighbours` does."""
    way = _way(direction)
    with session.guard:
        start, end = _start(session, ref, within), Node(NodeKind.NOTE, find(to, session.index.records, within).path)
        graph = session.index.graph.within(within)
        arrays = graph.arrays
        numbers = arrays.number(start), arrays.number(end)
        assert numbers[0] is not None
        assert numbers[1] is not None
        path = arrays.shortest_path(numbers[0], numbers[1], way, relations)
        if path is None:
            return ShortestPath(start.name, end.name, None, ())
        nodes = [arrays.node(number) for number in path]
        steps = []
        for distance, (source, node) in enumerate(pairwise(nodes), 1):
            edges = (edge for edge in arrays.edges(source, way) if not relations or edge.relation in relations)
            edge = next(edge for edge in edges if edge.node == node)
            views = _view(session, node, graph), _view(session, source, graph)
            steps.append(Reached(views[0], distance, views[1], edge.relation, _side(edge.direction)))
        return ShortestPath(start.name, end.name, len(steps), tuple(steps))


def orphans(session: Session, *, direction: str = "both", limit: int = 1000, within: Within = None) -> Orphans:
    """List the notes without links: to files that are there (out), from other notes (in), or neither (both).

    Raises:
        BadInput: direction or limit are out of bounds.
    """
    way = _way(direction)
    _check_bounds(limit=(limit, MAX_NODES))
    with session.guard:
        session.refresh()
        graph = session.index.graph.within(within)
        found = graph.arrays.orphans(way).tolist()
        notes = tuple(_view(session, graph.arrays.node(number), graph) for number in found[:limit])
        return Orphans(way.value, notes, len(found))


def hubs(session: Session, *, limit: int = 10, within: Within = None) -> Hubs:
    """Rank the notes by PageRank: those that much leads to, and much of what much leads to.

    Raises:
        BadInput: the limit is out of bounds.
    """
    _check_bounds(limit=(limit, MAX_NODES))
    with session.guard:
        session.refresh()
        graph = session.index.graph.within(within)
        arrays = graph.arrays
        ranks = arrays.ranks()
        links, backlinks = arrays.degrees()
        best = (-ranks).argsort(kind="stable")[:limit].tolist()
        found = (
            Hub(_view(session, arrays.node(one), graph), float(ranks[one]), int(links[one]), int(backlinks[one]))
            for one in best
        )
        return Hubs(tuple(found), arrays.notes)


def related_notes(
    session: Session, ref: str, *, limit: int = 10, unlinked: bool = False, within: Within = None
) -> Related:
    """Rank the notes that share links, tags or meaning with a note; ``unlinked`` leaves out those it is linked with.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        BadInput: the limit is out of bounds.
    """
    _check_bounds(limit=(limit, MAX_NODES))
    with session.guard:
        start, records = _start(session, ref, within), session.index.records
        graph = session.index.graph.within(within)
        similar = similar_notes(session.index, start.name, within)
        tagged = {tag: graph.tagged(tag) for tag in records[start.name].tags}
        found = [
            one
            for one in related(graph, start, tagged=tagged, similar=similar or {}, limit=len(records))
            if not (unlinked and one.is_linked)
        ]
        views = (
            RelatedView(
                one.path,
                records[one.path].title,
                round(one.score, 4),
                tuple(_view(session, node, graph) for node in one.shared),
                one.tags,
                round(one.similarity, 4),
                one.is_linked,
            )
            for one in found[:limit]
        )
        reasons: tuple[Reason, ...] = ("links", "tags") if similar is None else ("links", "tags", "meaning")
        return Related(start.name, reasons, tuple(views))


def whole_graph(session: Session, *, limit: int | None = None) -> GraphView:
    """Give the graph of the vault, or of the notes with the highest PageRank and of what else they link to most.

    Args:
        session: the open vault.
        limit: how many nodes at most.

    Raises:
        BadInput: the limit is not positive.
    """
    if limit is not None and limit < 1:
        raise BadInput(f"limit {limit} is not positive")
    with session.guard:
        session.refresh()
        arrays = session.index.graph.arrays
        chosen = arrays.foremost(limit or len(arrays.names))
        place = {number: at for at, number in enumerate(chosen)}
        edges = (
            GraphEdge(place[source], place[target], arrays.relation_names[relation])
            for source, target, relation in arrays.links()
            if source in place and target in place
        )
        nodes = tuple(_array_view(session, arrays, number) for number in chosen)
        return GraphView(session.config.root.name, nodes, tuple(edges), len(arrays.names))


def _start(session: Session, ref: str, within: Within) -> Node:
    session.refresh()
    return Node(NodeKind.NOTE, find(ref, session.index.records, within).path)


def _neighbour(session: Session, edge: Edge, graph: Graph) -> Neighbour:
    return Neighbour(_view(session, edge.node, graph), edge.relation, _side(edge.direction))


def _view(session: Session, node: Node, graph: Graph) -> NodeView:
    title = graph.label(node.name) if node.kind is NodeKind.UNRESOLVED else ""
    return _node_view(node, session.index.records.get(node.name), title)


def _array_view(session: Session, arrays: GraphArrays, number: int) -> NodeView:
    node = arrays.node(number)
    return _node_view(node, session.index.records.get(node.name), arrays.labels.get(number, ""))


def _node_view(node: Node, record: Record | None, label: str) -> NodeView:
    if node.kind is NodeKind.UNRESOLVED:
        return NodeView("unresolved", None, label, None)
    if record is None:
        return NodeView("other", node.name, node.name.rpartition("/")[2], None)
    return NodeView("note", record.path, record.title, record.category)


def _side(direction: Direction) -> Literal["out", "in"]:
    return "out" if direction is Direction.OUT else "in"


def _way(direction: str) -> Direction:
    try:
        return Direction(direction)
    except ValueError:
        raise BadInput(f"direction {direction!r} is none of {_listed(Direction)}") from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _check_bounds(**given: tuple[int, int]) -> None:
    for name, (value, most) in given.items():
        if not 1 <= value <= most:
            raise BadInput(f"{name} {value} is not between 1 and {most:,}")
