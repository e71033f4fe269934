"""The whole graph at one moment as arrays: for questions that one note's links can't answer."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.graph_walk import Direction, Edge, Node, NodeKind
from vault_engine.index.record import LinkRecord
from vault_engine.note import LinkKind, LinkResolver

Numbers = NDArray[np.int32]
Ranks = NDArray[np.float64]

DAMPING = 0.85
_TOLERANCE = 1e-9  # of all ranks together, between two rounds
_MAX_ROUNDS = 200


class Half(NamedTuple):
    """The links seen from one of their ends: those of node n are ``starts[n]`` to ``starts[n + 1]``."""

    starts: Numbers  # one more than nodes
    ends: Numbers  # the node at the other end, in rising order for each node
    relations: Numbers  # numbers of names

    def of(self, node: int) -> slice:
        """Say where the links of a node are."""
        return slice(int(self.starts[node]), int(self.starts[node + 1]))


@dataclass(frozen=True, slots=True)
class GraphArrays:
    """Every node and every distinct link (source, target, relation) of a vault; links to itself are left out.

    Nodes are numbered: notes first, then other files that are linked, then unresolved targets; each sorted by name.
    """

    names: tuple[str, ...]
    notes: int  # how many of the nodes are notes
    files: int  # how many are notes or other files
    labels: Mapping[int, str]  # of unresolved targets: how the first note that has one writes it
    relation_names: tuple[str, ...]  # the first is ""
    out: Half
    into: Half

    @classmethod
    def of(cls, notes: Iterable[tuple[str, Sequence[LinkRecord]]], resolver: LinkResolver) -> "GraphArrays":
        """Resolve every link of every note; ``notes`` are their paths with their links."""
        ordered = sorted(notes, key=itemgetter(0))
        met = _Met([path for path, _ in ordered], resolver)
        relations = {"": 0}
        targets: list[int] = []
        kinds: list[int] = []
        for path, links_here in ordered:
            targets += [met.target(link, path) for link in links_here]
            kinds += [relations.setdefault(link.relation, len(relations)) for link in links_here]
        counts = [len(links_here) for _, links_here in ordered]
        links = np.empty((3, len(targets)), np.int64)
        links[0] = np.repeat(np.arange(len(ordered)), counts)
        links[1], links[2] = targets, kinds
        return cls._numbered(met, list(relations), links)

    @classmethod
    def _numbered(cls, met: "_Met", relations: list[str], links: NDArray[np.int64]) -> "GraphArrays":
        """Give nodes and relations their numbers in the order of their names, and sort the links.

        Args:
            met: the nodes by their provisional numbers.
            relations: their names, by provisional number.
            links: source, target and relation of each link, shape ``(3, links)``.
        """
        notes = len(met.notes)
        names = (*met.notes, *sorted(met.others), *sorted(met.missing))
        files = notes + len(met.others)
        final = np.arange(len(names))
        final[[met.others[name] for name in names[notes:files]]] = np.arange(notes, files)
        final[[met.missing[name] for name in names[files:]]] = np.arange(files, len(names))
        place = np.empty(len(relations), np.int64)
        place[np.array(sorted(range(len(relations)), key=relations.__getitem__))] = np.arange(len(relations))
        sources, targets, kinds = links[0], final[links[1]], place[links[2]]
        width = max(len(names), 1) * len(relations)
        packed = np.sort((sources * width + targets * len(relations) + kinds)[sources != targets])
        sources, rest = np.divmod(packed[_is_first(packed)], width)
        targets, kinds = np.divmod(rest, len(relations))
        back = np.argsort(targets, kind="stable")
        return cls(
            names,
            notes,
            files,
            {int(final[number]): met.labels[number] for number in met.missing.values()},
            tuple(sorted(relations)),
            _half(len(names), sources, targets, kinds),
            _half(len(names), targets[back], sources[back], kinds[back]),
        )

    def node(self, number: int) -> Node:
        """Say which node has a number."""
        kind = NodeKind.NOTE if number < self.notes else NodeKind.OTHER if number < self.files else NodeKind.UNRESOLVED
        return Node(kind, self.names[number])

    def number(self, node: Node) -> int | None:
        """Give the number of a node; None if it is not in the graph."""
        bounds = {
            NodeKind.NOTE: (0, self.notes),
            NodeKind.OTHER: (self.notes, self.files),
            NodeKind.UNRESOLVED: (self.files, len(self.names)),
        }
        first, end = bounds[node.kind]
        at = bisect_left(self.names, node.name, first, end)
        return at if at < end and self.names[at] == node.name else None

    def edges(self, node: Node, direction: Direction = Direction.BOTH) -> Iterator[Edge]:
        """Give the links of a node, as `Adjacency` asks."""
        number = self.number(node)
        if number is None:
            return
        for way, half in self._halves(direction):
            where = half.of(number)
            for end, relation in zip(half.ends[where].tolist(), half.relations[where].tolist(), strict=True):
                yield Edge(self.node(end), self.relation_names[relation], way)

    def pairs(self) -> tuple[Numbers, Numbers]:
        """Give source and target of each link, two that differ in their relation only counted once."""
        sources, targets = _sources(self.out), self.out.ends
        is_first = _is_first(sources) | _is_first(targets)
        return sources[is_first], targets[is_first]

    def degrees(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count for each note the notes it links to, and those that link to it; both of shape ``(notes,)``."""
        sources, targets = self._between_notes()
        return np.bincount(sources, minlength=self.notes), np.bincount(targets, minlength=self.notes)

    def links(self) -> Iterator[tuple[int, int, int]]:
        """Give source, target and relation of each link, sorted."""
        return zip(_sources(self.out).tolist(), self.out.ends.tolist(), self.out.relations.tolist(), strict=True)

    def foremost(self, limit: int) -> list[int]:
        """Choose nodes, in rising order: notes by rank, then what is no note by how many link to it."""
        notes = (-self.ranks()).argsort(kind="stable")[:limit]
        others = (-np.diff(self.into.starts)[self.notes :]).argsort(kind="stable")[: limit - len(notes)]
        return sorted([*notes.tolist(), *(others + self.notes).tolist()])

    def orphans(self, direction: Direction = Direction.BOTH) -> Numbers:
        """Give the notes without links to other files that exist (OUT), from other notes (IN), or both."""
        sources, targets = self.pairs()
        real = targets < self.files
        is_linked = np.zeros(len(self.names), np.bool_)
        if direction is not Direction.IN:
            is_linked[sources[real]] = True
        if direction is not Direction.OUT:
            is_linked[targets[real]] = True
        return np.flatnonzero(~is_linked[: self.notes]).astype(np.int32)

    def ranks(self) -> Ranks:
        """Rank the notes by the links between them: PageRank, by power iteration; the sum is 1.

        A reader follows links at random and with probability 0.15 jumps to any note, as he does from a note that
        links to none (Page, Brin, Motwani and Winograd, "The PageRank citation ranking", 1999, section 2.6).

        Returns:
            Shape ``(notes,)``.
        """
        sources, targets = self._between_notes()
        links = np.bincount(sources, minlength=self.notes)
        is_dangling = links == 0
        share = 1 / np.maximum(links, 1)
        rank = np.full(self.notes, 1 / max(self.notes, 1))
        for _ in range(_MAX_ROUNDS):
            followed = np.bincount(targets, (rank * share)[sources], minlength=self.notes)
            jumped = 1 - DAMPING + DAMPING * rank[is_dangling].sum()
            new = DAMPING * followed + jumped / max(self.notes, 1)
            moved, rank = np.abs(new - rank).sum(), new
            if moved < _TOLERANCE:
                break
        return rank

    def shortest_path(
        self, start: int, end: int, direction: Direction = Direction.BOTH, relations: Collection[str] = ()
    ) -> list[int] | None:
        """Give the nodes of a shortest way along links, both ends included; None if there is none.

        Of several ways the one over nodes with low numbers; with ``relations`` only links of these count.
        """
        wanted = np.array([name in relations or not relations for name in self.relation_names], np.bool_)
        came_from = np.full(len(self.names), -1, np.int32)
        came_from[start] = start
        frontier = np.array([start], np.int32)
        while len(frontier) and came_from[end] < 0:
            steps = [_steps(half, frontier, wanted) for _, half in self._halves(direction)]
            origins, reached = (np.concatenate(column) for column in zip(*steps, strict=True))
            is_new = came_from[reached] < 0
            frontier, first = np.unique(reached[is_new], return_index=True)
            came_from[frontier] = origins[is_new][first]
        if came_from[end] < 0:
            return None
        path = [end]
        while path[-1] != start:
            path.append(int(came_from[path[-1]]))
        return path[::-1]

    def _between_notes(self) -> tuple[Numbers, Numbers]:
        sources, targets = self.pairs()
        return sources[targets < self.notes], targets[targets < self.notes]

    def _halves(self, direction: Direction) -> list[tuple[Direction, Half]]:
        halves = [(Direction.OUT, self.out), (Direction.IN, self.into)]
        return [half for half in halves if direction in (half[0], Direction.BOTH)]


class _Met:
    """The nodes that have been met, which gives them provisional numbers: the notes first, the others as they come."""

    def __init__(self, notes: Sequence[str], resolver: LinkResolver) -> None:
        self.notes = {path: number for number, path in enumerate(notes)}
        self.others: dict[str, int] = {}
        self.missing: dict[str, int] = {}
        self.labels: dict[int, str] = {}
        self._resolver = resolver
        self._targets: dict[tuple[LinkKind, str, str | None], int] = {}

    def target(self, link: LinkRecord, source: str) -> int:
        """Give the number of the node a link leads to."""
        pointer = link.kind, link.target, link.block
        number = self._targets.get(pointer)
        if number is None:
            number = self._find(link, source)
            if not self._resolver.depends_on_source(link):
                self._targets[pointer] = number
        return number

    def _find(self, link: LinkRecord, source: str) -> int:
        count = len(self.notes) + len(self.others) + len(self.missing)
        found = self._resolver.find(link, source)
        if found is None:
            number = self.missing.setdefault(self._resolver.missing(link, source), count)
            self.labels.setdefault(number, link.target or link.block or "")
            return number
        note = self.notes.get(found)
        return self.others.setdefault(found, count) if note is None else note


def _is_first(values: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Say of each of some sorted values whether it differs from the one before."""
    return np.append(np.ones(min(len(values), 1), np.bool_), values[1:] != values[:-1])


def _half(nodes: int, origins: NDArray[np.int64], ends: NDArray[np.int64], relations: NDArray[np.int64]) -> Half:
    """Pack links that are sorted by where they are seen from."""
    starts = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(origins, minlength=nodes), out=starts[1:])
    return Half(starts, ends.astype(np.int32), relations.astype(np.int32))


def _sources(half: Half) -> Numbers:
    return np.repeat(np.arange(len(half.starts) - 1, dtype=np.int32), np.diff(half.starts))


def _steps(half: Half, nodes: Numbers, wanted: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Give the links of some nodes: where each begins and where it ends."""
    first = half.starts[nodes].astype(np.int64)
    counts = half.starts[nodes + 1] - first
    offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
    at = offsets + np.arange(len(offsets))
    is_wanted = wanted[half.relations[at]]
    return np.repeat(nodes, counts)[is_wanted], half.ends[at[is_wanted]]
