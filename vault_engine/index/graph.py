"""How the notes link, right at every moment: each link is resolved when somebody asks, by what files there are then.

What one note's links are is in its record; who links to it is found through a table of the names that links hold.
Only questions about the graph as a whole make arrays of all of it, once for each state of the vault.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import NamedTuple

from vault_engine.index.graph_arrays import GraphArrays
from vault_engine.index.graph_walk import Direction, Edge, Node, NodeKind
from vault_engine.index.record import LinkRecord, Record
from vault_engine.note import LinkKind, LinkResolver, Profile, Resolver, Rules, path_key
from vault_engine.note.logseq import LogseqResolver, PageNames
from vault_engine.vault.reach import MAX_KEPT, Within, is_within


class LinkedFiles(NamedTuple):
    """Where the links of one note lead. Each list is sorted and distinct."""

    files: tuple[str, ...]
    unresolved: tuple[str, ...]  # targets, as written, that no file answers to


class _Judged(NamedTuple):
    """Where a link leads."""

    is_there: bool
    end: str  # the file; else what `LinkResolver.missing` calls the target
    is_ambiguous: bool


class LinkCounts(NamedTuple):
    """How many links a vault has; those of one note to one target are one."""

    to_files: int  # other than the note itself
    unresolved: int
    ambiguous: int  # targets as written that several files answer to


def make_resolver(records: Mapping[str, Record], others: Iterable[str], rules: Rules) -> LinkResolver:
    """Index what links of a vault may mean: its notes and its other files."""
    if rules.profile is Profile.OBSIDIAN:
        return Resolver([*records, *others])
    return LogseqResolver(map(_page, records.values()), rules.logseq, others)


class HeldNames:
    """Says under which names a note is found as one that may link somewhere, or as one that has a tag."""

    def __init__(self, rules: Rules) -> None:
        self._keys = make_resolver({}, (), rules).keys
        self._has_tags = rules.profile is Profile.OBSIDIAN  # in Logseq a tag is a link

    def of(self, record: Record) -> Collection[str]:
        """Give the names that a note holds, whatever other files there are."""
        held = {key for link in record.links for key in self._keys(link, record.path)}
        if self._has_tags:
            held.update(map(_tag_key, record.tags))
        return held


class Graph:
    """The links of a vault whose notes and other files change one by one."""

    def __init__(
        self,
        records: Mapping[str, Record],
        others: Iterable[str],
        rules: Rules,
        holders: Callable[[str], list[str]],
        links: Callable[[], Iterable[tuple[str, Sequence[LinkRecord]]]],
    ) -> None:
        """Begin with the vault as it is.

        Args:
            records: every note by path. The caller changes it, and then says so with `put` or `drop`.
            others: every other file that a link may mean.
            rules: those of the vault.
            holders: gives the paths of the notes that hold a name, as `HeldNames` has it, sorted; a few that do not
                do no harm, as each link is looked at.
            links: gives every note with its links, in any order.
        """
        self._records = records
        self._others = frozenset(others)
        self._resolver = make_resolver(records, self._others, rules)
        self._has_tags = rules.profile is Profile.OBSIDIAN
        self._held_by = holders
        self._every_link = links
        self._arrays: GraphArrays | None = None
        self._within: dict[Within, Graph] = {}

    def within(self, within: Within) -> "Graph":
        """Give the graph of what somebody may reach: to its links, nothing else is there. Holds until the next change.

        It is only asked, never changed.
        """
        if within is None:
            return self
        if within not in self._within:
            if len(self._within) >= MAX_KEPT:
                self._within.clear()
            graph = copy(self)
            graph._resolver = self._resolver.within(lambda path: is_within(path, within))
            graph._held_by = lambda name: [path for path in self._held_by(name) if is_within(path, within)]
            graph._every_link = lambda: (each for each in self._every_link() if is_within(each[0], within))
            graph._arrays, graph._within = None, {}
            self._within[within] = graph
        return self._within[within]

    def _forget_whole(self) -> None:
        self._arrays = None
        self._within.clear()

    @property
    def resolver(self) -> LinkResolver:
        """What finds the file of a link now; changes with the vault."""
        return self._resolver

    @property
    def arrays(self) -> GraphArrays:
        """The whole graph as it is now."""
        if self._arrays is None:
            self._arrays = GraphArrays.of(self._every_link(), self._resolver)
        return self._arrays

    # ---- keeping it up to date

    def put(self, record: Record) -> None:
        """Take in a note that is new or has changed; it is among the records already."""
        if isinstance(self._resolver, LogseqResolver):
            self._resolver.add_page(_page(record))
        else:
            self._resolver.add(record.path)
        self._forget_whole()

    def drop(self, path: str) -> None:
        """Forget a note; it is not among the records any more."""
        self._resolver.remove(path)
        if path in self._others:
            self._resolver.add(path)
        self._forget_whole()

    def set_others(self, others: Iterable[str]) -> None:
        """Say which other files there are now."""
        before, self._others = self._others, frozenset(others)
        for path in before - self._others - self._records.keys():
            self._resolver.remove(path)
        for path in self._others - before:
            self._resolver.add(path)
        if before != self._others:
            self._forget_whole()

    # ---- asking it

    def links_of(self, record: Record) -> LinkedFiles:
        """Say where the links of a note lead, links to itself included."""
        files: set[str] = set()
        unresolved: set[str] = set()
        for link in record.links:
            target = self._resolver.find(link, record.path)
            if target is None:
                unresolved.add(_written(link))
            else:
                files.add(target)
        return LinkedFiles(tuple(sorted(files)), tuple(sorted(unresolved)))

    def count_links(self) -> LinkCounts:
        """Count the links of the vault."""
        to_files = unresolved = ambiguous = 0
        alike: dict[tuple[LinkKind, str, str | None], _Judged] = {}  # links that lead to one end from every note
        for path, links in self._every_link():
            files: set[str] = set()
            missing: set[str] = set()
            doubtful: set[str] = set()
            for link in links:
                pointer = link.kind, link.target, link.block
                judged = alike.get(pointer)
                if judged is None:
                    is_there, end = self._end(link, path)
                    judged = _Judged(is_there, end, len(self._resolver.candidates(link, path)) > 1)
                    if not self._resolver.depends_on_source(link):
                        alike[pointer] = judged
                is_there, end, is_ambiguous = judged
                (files if is_there else missing).add(end)
                if is_ambiguous:
                    doubtful.add(link.target)
            to_files += len(files) - (path in files)
            unresolved += len(missing)
            ambiguous += len(doubtful)
        return LinkCounts(to_files, unresolved, ambiguous)

    def backlinks_of(self, path: str) -> tuple[str, ...]:
        """Give the notes that link to a file, sorted; a note that links to itself is one of them."""
        return tuple(
            source
            for source in self._holders(self._resolver.names(path))
            if any(self._resolver.find(link, source) == path for link in self._records[source].links)
        )

    def edges(self, node: Node, direction: Direction = Direction.BOTH) -> Iterator[Edge]:
        """Give the links of a node, as `Adjacency` asks. Sources are looked at as they are asked for."""
        if direction is not Direction.IN and node.kind is NodeKind.NOTE and node.name in self._records:
            record = self._records[node.name]
            found = {(self._node(link, node.name), link.relation) for link in record.links}
            yield from (Edge(end, relation, Direction.OUT) for end, relation in sorted(found) if end != node)
        if direction is not Direction.OUT:
            for source in self._sources(node):
                if (end := Node(NodeKind.NOTE, source)) != node:
                    links = self._records[source].links
                    for relation in sorted({link.relation for link in links if self._node(link, source) == node}):
                        yield Edge(end, relation, Direction.IN)

    def label(self, missing: str) -> str:
        """Give an unresolved target as the first note that has it writes it."""
        node = Node(NodeKind.UNRESOLVED, missing)
        for source in self._sources(node):
            for link in self._records[source].links:
                if self._node(link, source) == node:
                    return _written(link)
        return missing

    def tagged(self, tag: str) -> list[str]:
        """Give the notes that have a tag, sorted; in Logseq none, as there a tag is a link."""
        return self._holders((_tag_key(tag),)) if self._has_tags else []

    def taken_over(self, path: str) -> list[str]:
        """List the notes that hold a link which leads to some file now, and would lead to a new one at ``path``."""
        before = {
            source: [self._resolver.find(link, source) for link in self._records[source].links]
            for source in self._holders(self._resolver.names(path))
        }
        self._resolver.add(path)
        try:
            return [
                source
                for source, found in before.items()
                if any(
                    old not in (None, path) and self._resolver.find(link, source) == path
                    for link, old in zip(self._records[source].links, found, strict=True)
                )
            ]
        finally:
            if path not in self._records and path not in self._others:
                self._resolver.remove(path)

    def naming(self, paths: Iterable[str]) -> set[str]:
        """Give the notes that hold a link which means, meant or may come to mean one of these files."""
        return {source for path in paths for source in self._holders(self._resolver.names(path))}

    # ---- the parts

    def _holders(self, names: Iterable[str]) -> list[str]:
        found = [self._held_by(name) for name in names]
        return found[0] if len(found) == 1 else sorted(set().union(*found))

    def _sources(self, node: Node) -> list[str]:
        """The notes that may link to a node."""
        if node.kind is NodeKind.UNRESOLVED:
            return self._holders(self._resolver.missing_keys(node.name))
        return self._holders(self._resolver.names(node.name))

    def _node(self, link: LinkRecord, source: str) -> Node:
        is_there, end = self._end(link, source)
        if not is_there:
            return Node(NodeKind.UNRESOLVED, end)
        return Node(NodeKind.NOTE if end in self._records else NodeKind.OTHER, end)

    def _end(self, link: LinkRecord, source: str) -> tuple[bool, str]:
        """Say whether a link leads to a file, and to which, or what its target is called."""
        target = self._resolver.find(link, source)
        return (False, self._resolver.missing(link, source)) if target is None else (True, target)


def _page(record: Record) -> PageNames:
    return PageNames(record.path, record.title, record.aliases, record.blocks)


def _written(link: LinkRecord) -> str:
    return link.target or link.block or ""


def _tag_key(tag: str) -> str:
    return f"#{path_key(tag)}"
