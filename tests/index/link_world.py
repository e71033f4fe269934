"""Small vaults of linked notes that Hypothesis makes, and the plain truth about them."""

from collections import deque

from hypothesis import strategies as st

from vault_engine.index.graph import Graph, HeldNames, make_resolver
from vault_engine.index.graph_walk import Direction, Edge, Node, NodeKind
from vault_engine.index.record import LinkRecord, Record
from vault_engine.note import LinkKind, Profile, Rules

OBSIDIAN, LOGSEQ = Rules(), Rules(Profile.LOGSEQ)

_FOLDERS = st.sampled_from(["", "a/", "b/", "a/b/", "pages/"])
_NAMES = st.sampled_from(["N", "n", "M", "Ö", "x y", "p.png", "K"])
_BLOCKS = st.sampled_from(["id1", "id2"])
notes = st.builds("{}{}.md".format, _FOLDERS, _NAMES)
others = st.builds("{}{}".format, _FOLDERS, st.sampled_from(["p.png", "q.pdf"]))
_TARGETS = st.builds("{}{}{}".format, st.sampled_from(["", "", "./", "../", "/"]), _FOLDERS, _NAMES) | st.sampled_from(
    ["", "K.md", "Nobody", "q.pdf", "./nobody"]
)
_OBSIDIAN_LINKS = st.builds(
    LinkRecord,
    st.sampled_from([LinkKind.WIKI, LinkKind.MARKDOWN, LinkKind.PROPERTY]),
    _TARGETS,
    st.just(False),
    st.none(),
    st.sampled_from(["", "", "up", "uses"]),
)
_LINKS = _OBSIDIAN_LINKS | st.builds(
    LinkRecord, st.just(LinkKind.BLOCK), st.just(""), st.just(False), _BLOCKS, st.just("")
)


def record(path, links=(), *, tags=(), aliases=(), blocks=(), title=None):
    """A note as the index knows it, as far as links are concerned."""
    title = title or path.rpartition("/")[2].removesuffix(".md")
    return Record(path, "0" * 64, 1, title, tuple(aliases), tuple(tags), {}, tuple(links), tuple(blocks), (), None)


def records(rules):
    """Any note of a vault with these rules."""
    is_logseq = rules.profile is Profile.LOGSEQ
    return st.builds(
        record,
        notes,
        st.lists(_LINKS if is_logseq else _OBSIDIAN_LINKS, max_size=5),
        tags=st.lists(st.sampled_from(["t", "T/u", "v"]), max_size=2, unique=True),
        aliases=st.lists(_NAMES, max_size=1) if is_logseq else st.just(()),
        blocks=st.lists(_BLOCKS, max_size=1) if is_logseq else st.just(()),
    )


def worlds(rules, *, least=0):
    """All notes of a vault by path, at least so many, and its other files."""
    vault = st.lists(records(rules), min_size=least, max_size=8).map(lambda found: {one.path: one for one in found})
    return st.tuples(vault, st.frozensets(others, max_size=3))


def graph_of(notes, others, rules):
    """The graph of a vault, whose notes are asked one by one for the names they hold."""
    held = HeldNames(rules)
    return Graph(
        notes,
        others,
        rules,
        lambda name: sorted(path for path, note in notes.items() if name in held.of(note)),
        lambda: [(path, note.links) for path, note in notes.items()],
    )


class Truth:
    """Every link of a vault, resolved one by one by a new resolver."""

    def __init__(self, notes, others, rules):
        resolver = make_resolver(notes, sorted(others - notes.keys()), rules)
        self.found = {path: [(link, resolver.find(link, path)) for link in one.links] for path, one in notes.items()}
        self.links = set()  # (source, target, relation) without links to itself
        for path, found in self.found.items():
            for link, target in found:
                if target is None:
                    end = Node(NodeKind.UNRESOLVED, resolver.missing(link, path))
                else:
                    end = Node(NodeKind.NOTE if target in notes else NodeKind.OTHER, target)
                if end != (source := Node(NodeKind.NOTE, path)):
                    self.links.add((source, end, link.relation))
        self.ambiguous = {
            (path, link.target) for path, one in notes.items() for link in one.links if resolver.candidates(link, path)
        }
        self.nodes = {Node(NodeKind.NOTE, path) for path in notes} | {end for _, end, _ in self.links}

    def edges(self, node, direction=Direction.BOTH):
        out = sorted((end, relation) for source, end, relation in self.links if source == node)
        back = sorted((source, relation) for source, end, relation in self.links if end == node)
        if direction is not Direction.IN:
            yield from (Edge(*one, Direction.OUT) for one in out)
        if direction is not Direction.OUT:
            yield from (Edge(*one, Direction.IN) for one in back)

    def distances(self, start, direction=Direction.BOTH, relations=()):
        """By node that links lead to from another: how many links away it is."""
        found, waiting = {start: 0}, deque([start])
        while waiting:
            node = waiting.popleft()
            for end, relation, _ in self.edges(node, direction):
                if end not in found and (not relations or relation in relations):
                    found[end] = found[node] + 1
                    waiting.append(end)
        return found
