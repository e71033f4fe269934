"""Questions about the whole graph, each compared with a slow and plain answer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_world import OBSIDIAN, Truth, graph_of, record, worlds

from vault_engine.index.graph_arrays import DAMPING
from vault_engine.index.graph_walk import MAX_SHARED, Direction, Node, NodeKind, related, traverse
from vault_engine.index.record import LinkRecord
from vault_engine.note import LinkKind

WORLDS = worlds(OBSIDIAN)
WITH_NOTES = worlds(OBSIDIAN, least=1)
FEW = settings(max_examples=30)


def vault(**links):
    """Notes by name, each with the names it links to; ``name:relation`` for a relation."""
    known = {}
    for name, targets in links.items():
        found = [(one.partition(":")) for one in targets.split()]
        known[f"{name}.md"] = record(
            f"{name}.md", [LinkRecord(LinkKind.WIKI, target, False, None, relation) for target, _, relation in found]
        )
    return known


def arrays_of(known):
    return graph_of(known, (), OBSIDIAN).arrays


def note(name):
    return Node(NodeKind.NOTE, f"{name}.md")


@FEW
@given(
    WITH_NOTES, st.sampled_from(Direction), st.sampled_from([(), ("up",), ("", "uses")]), st.integers(1, 4), st.data()
)
def test_a_traversal_reaches_what_is_near(world, direction, relations, depth, data):
    """Each node once, the nearest first, by a link that is there; the limit cuts the farthest off, and it is said."""
    known, files = world
    graph, truth = graph_of(known, files, OBSIDIAN), Truth(known, files, OBSIDIAN)
    start = Node(NodeKind.NOTE, data.draw(st.sampled_from(sorted(known))))
    wanted = {"depth": depth, "direction": direction, "relations": relations}
    near = {node: far for node, far in truth.distances(start, direction, relations).items() if 0 < far <= depth}

    whole = traverse(graph, start, limit=100, **wanted)

    assert near == {visit.node: visit.distance for visit in whole.visits}
    assert (len(near), False) == (len(whole.visits), whole.is_cut)
    assert sorted(near.values()) == [visit.distance for visit in whole.visits]
    for visit in whole.visits:
        assert visit.distance == near.get(visit.source, 0) + 1
        assert (visit.node, visit.relation, visit.direction) in list(truth.edges(visit.source, direction))
    assert whole == traverse(graph.arrays, start, limit=100, **wanted)
    cut = traverse(graph, start, limit=2, **wanted)
    assert (whole.visits[:2], len(near) > 2) == (cut.visits, cut.is_cut)


@FEW
@given(WORLDS, st.sampled_from(Direction), st.sampled_from([(), ("up",)]))
def test_a_path_is_a_shortest_one(world, direction, relations):
    """Between any two nodes: as long as their distance, every step along a link; none where there is no way."""
    known, files = world
    truth, arrays = Truth(known, files, OBSIDIAN), graph_of(known, files, OBSIDIAN).arrays
    for start in sorted(truth.nodes):
        distances = truth.distances(start, direction, relations)
        for end in sorted(truth.nodes):
            found = arrays.shortest_path(arrays.number(start), arrays.number(end), direction, relations)
            path = [arrays.node(number) for number in found or ()]
            assert distances.get(end) == (len(path) - 1 if path else None)
            for here, there in itertools.pairwise(path):
                assert truth.distances(here, direction, relations)[there] == 1


@FEW
@given(WORLDS)
def test_notes_without_links_are_orphans(world):
    """Those that link to no file, those that no note links to, and those of which both is true."""
    known, files = world
    truth, arrays = Truth(known, files, OBSIDIAN), graph_of(known, files, OBSIDIAN).arrays
    real = [(source, end) for source, end, _ in truth.links if end.kind is not NodeKind.UNRESOLVED]
    has = {Direction.OUT: {source for source, _ in real}, Direction.IN: {end for _, end in real}}
    has[Direction.BOTH] = has[Direction.OUT] | has[Direction.IN]

    for direction in Direction:
        expected = sorted(path for path in known if Node(NodeKind.NOTE, path) not in has[direction])
        assert expected == [arrays.names[number] for number in arrays.orphans(direction)]


@FEW
@given(WITH_NOTES)
def test_ranks_are_where_a_random_reader_is(world):
    """They solve PageRank's equation, with the whole matrix written out."""
    known, files = world
    truth, arrays = Truth(known, files, OBSIDIAN), graph_of(known, files, OBSIDIAN).arrays
    count = len(known)
    goes = np.zeros((count, count))
    for source, end, _ in truth.links:
        if end.kind is NodeKind.NOTE:
            goes[arrays.number(end), arrays.number(source)] = 1
    goes[:, goes.sum(axis=0) == 0] = 1
    goes /= goes.sum(axis=0)
    expected = np.linalg.solve(np.eye(count) - DAMPING * goes, np.full(count, (1 - DAMPING) / count))

    assert np.allclose(expected, arrays.ranks(), atol=1e-7)
    assert abs(arrays.ranks().sum() - 1) < 1e-7


@FEW
@given(WORLDS, st.integers(1, 12))
def test_the_foremost_nodes_are_notes_by_rank_then_what_is_linked_most(world, limit):
    """In rising order; never more than there are."""
    arrays = graph_of(*world, OBSIDIAN).arrays
    chosen = arrays.foremost(limit)
    ranks = arrays.ranks()
    left_out = set(range(arrays.notes)) - set(chosen)

    assert sorted(set(chosen)) == chosen
    assert min(limit, len(arrays.names)) == len(chosen)
    assert all(ranks[one] >= ranks[other] for one in chosen if one < arrays.notes for other in left_out)
    assert not left_out or all(one < arrays.notes for one in chosen)


def test_two_links_with_one_end_are_counted_once():
    """By count and degree; as edges they differ in their relation."""
    graph = graph_of(vault(a="b b:up b.md nobody Nobody", b=""), (), OBSIDIAN)
    arrays = graph.arrays

    assert (1, 1, 0) == graph.count_links()
    assert [[1, 0], [0, 1]] == [degrees.tolist() for degrees in arrays.degrees()]
    assert ["", "up", ""] == [edge.relation for edge in arrays.edges(note("a"))]


def test_an_empty_vault_has_an_empty_graph():
    """No question fails on it."""
    graph = graph_of({}, (), OBSIDIAN)
    arrays = graph.arrays

    assert (0, 0, (0, 0, 0)) == (len(arrays.ranks()), len(arrays.orphans()), graph.count_links())
    assert [] == arrays.foremost(3)
    assert [] == list(arrays.edges(note("a")))


def test_a_long_chain_is_a_long_way():
    """20,000 notes in a row, in an order that has nothing to do with their names."""
    names = [f"n{number * 7919 % 20_000}" for number in range(20_000)]
    known = vault(**dict(zip(names, [*names[1:], ""], strict=True)))
    arrays = arrays_of(known)

    ends = arrays.number(note(names[0])), arrays.number(note(names[500]))
    assert 501 == len(arrays.shortest_path(*ends))


def test_the_rarer_what_notes_share_the_more_are_they_related():
    """A note that few link with joins more than one that many do, and a rare tag more than a common one."""
    known = vault(a="rare common", b="rare", c="common", d="common", e="", rare="", common="")
    graph = graph_of(known, (), OBSIDIAN)

    found = related(
        graph, note("a"), tagged={"t": ["a.md", "d.md", "e.md"], "u": ["a.md"]}, similar={"e.md": 0.2}, limit=9
    )

    by_path = {one.path: one for one in found}
    assert {"b.md", "c.md", "d.md", "e.md"} == by_path.keys()
    assert by_path["b.md"].score > by_path["c.md"].score
    assert by_path["d.md"].score > by_path["c.md"].score
    assert ((note("common"),), ("t",)) == (by_path["d.md"].shared, by_path["d.md"].tags)
    assert (0.2, ()) == (by_path["e.md"].similarity, by_path["e.md"].shared)
    assert sorted(found, key=lambda one: -one.score) == found
    assert found[:2] == related(
        graph, note("a"), tagged={"t": ["a.md", "d.md", "e.md"], "u": ["a.md"]}, similar={"e.md": 0.2}, limit=2
    )


def test_notes_may_be_related_by_a_target_that_is_not_there():
    """Both mean to link to the same note; a direct link is told, and is not by itself something in common."""
    graph = graph_of(vault(a="Nobody b", b="nobody", c="b"), (), OBSIDIAN)

    found = related(graph, note("a"), tagged={}, similar={}, limit=9)

    assert [("b.md", True), ("c.md", False)] == [(one.path, one.is_linked) for one in found]
    assert [[Node(NodeKind.UNRESOLVED, "nobody")], [note("b")]] == [list(one.shared) for one in found]


@pytest.mark.parametrize(("count", "is_related"), [(MAX_SHARED, True), (MAX_SHARED + 1, False)])
def test_what_too_many_share_says_nothing(count, is_related):
    """So that a hub of the whole vault costs nothing."""
    graph = graph_of(vault(hub="", **{f"n{number}": "hub" for number in range(count)}), (), OBSIDIAN)

    assert is_related == bool(related(graph, note("n1"), tagged={}, similar={}, limit=1))
