"""The graph: right at every moment, whatever note or file comes, changes or goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_world import LOGSEQ, OBSIDIAN, Truth, graph_of, notes, others, record, records, worlds

from vault_engine.index.graph_walk import Direction, Node, NodeKind
from vault_engine.index.record import LinkRecord
from vault_engine.note import LinkKind

PROFILES = st.sampled_from([OBSIDIAN, LOGSEQ])


def wiki(target, relation=""):
    return LinkRecord(LinkKind.WIKI, target, False, None, relation)


def changes(rules):
    return st.lists(
        st.one_of(
            st.tuples(st.just("put"), records(rules)),
            st.tuples(st.just("drop"), notes),
            st.tuples(st.just("others"), st.frozensets(others | notes, max_size=3)),
        ),
        max_size=8,
    )


@given(st.data(), PROFILES)
def test_the_graph_is_right_after_any_change(data, rules):
    """Links and backlinks of every file are those that a resolver made anew finds: so are all edges, and the arrays."""
    known, files = data.draw(worlds(rules))
    graph = graph_of(known, files, rules)
    for what, value in data.draw(changes(rules)):
        if what == "put":
            known[value.path] = value
            graph.put(value)
        elif what == "drop" and known.pop(value, None):
            graph.drop(value)
        elif what == "others":
            files = value
            graph.set_others(value)
        if data.draw(st.booleans()):
            assert len(known) == graph.arrays.notes

    truth = Truth(known, files, rules)
    for path, one in known.items():
        targets = [target for _, target in truth.found[path]]
        assert tuple(sorted({target for target in targets if target})) == graph.links_of(one).files
        assert bool(graph.links_of(one).unresolved) == (None in targets)
    for path in files | known.keys():
        sources = {source for source, found in truth.found.items() if path in {target for _, target in found}}
        assert tuple(sorted(sources)) == graph.backlinks_of(path)
    ends = {(source, end) for source, end, _ in truth.links}
    unresolved = sum(end.kind is NodeKind.UNRESOLVED for _, end in ends)
    assert (len(ends) - unresolved, unresolved, len(truth.ambiguous)) == graph.count_links()
    assert truth.nodes == {graph.arrays.node(number) for number in range(len(graph.arrays.names))}
    for node in truth.nodes:
        for direction in Direction:
            expected = list(truth.edges(node, direction))
            assert expected == list(graph.edges(node, direction))
            assert expected == list(graph.arrays.edges(node, direction))
        if node.kind is NodeKind.UNRESOLVED:
            assert graph.arrays.labels[graph.arrays.number(node)] == graph.label(node.name)


@given(worlds(OBSIDIAN), notes)
def test_a_new_file_takes_over_the_links_that_would_lead_to_it(world, path):
    """Only those that lead to some file now; asking changes nothing."""
    known, files = world
    known.pop(path, None)
    graph = graph_of(known, files, OBSIDIAN)
    now, then = Truth(known, files, OBSIDIAN), Truth(known, files | {path}, OBSIDIAN)
    expected = {
        source
        for source in known
        for (_, before), (_, after) in zip(now.found[source], then.found[source], strict=True)
        if before not in (None, path) and after == path
    }

    assert sorted(expected) == graph.taken_over(path)
    for source in known:
        assert [target for _, target in now.found[source]] == [
            graph.resolver.find(link, source) for link in known[source].links
        ]


def test_a_new_note_turns_links_of_notes_that_nobody_touched():
    """And its removal turns them back."""
    known = {path: record(path, links) for path, links in {"b/N.md": (), "src.md": [wiki("N"), wiki("Nine")]}.items()}
    graph = graph_of(known, (), OBSIDIAN)
    assert (("b/N.md",), ("Nine",)) == graph.links_of(known["src.md"])

    for path in ("N.md", "x/Nine.md"):
        known[path] = record(path)
        graph.put(known[path])
    assert (("N.md", "x/Nine.md"), ()) == graph.links_of(known["src.md"])
    assert ((), ("src.md",)) == (graph.backlinks_of("b/N.md"), graph.backlinks_of("N.md"))

    del known["N.md"]
    graph.drop("N.md")
    assert (("src.md",), ()) == (graph.backlinks_of("b/N.md"), graph.backlinks_of("N.md"))


@pytest.mark.parametrize("rules", [OBSIDIAN, LOGSEQ])
def test_a_file_whose_note_is_dropped_may_still_be_there(rules):
    """One that is evicted: links to its file lead there as long as anything of it is known."""
    known = {"N.md": record("N.md"), "src.md": record("src.md", [LinkRecord(LinkKind.MARKDOWN, "N.md", False, None)])}
    graph = graph_of(known, ["N.md"], rules)

    del known["N.md"]
    graph.drop("N.md")
    assert ("src.md",) == graph.backlinks_of("N.md")

    graph.set_others([])
    assert (((), ("N.md",)), ()) == (graph.links_of(known["src.md"]), graph.backlinks_of("N.md"))


def test_an_unresolved_target_is_called_as_the_first_note_writes_it():
    """It is one node, however it is written."""
    known = {"a.md": record("a.md", [wiki("Big Ben")]), "b.md": record("b.md", [wiki("big ben.md", "up")])}
    graph = graph_of(known, (), OBSIDIAN)
    (edge,) = graph.edges(Node(NodeKind.NOTE, "b.md"))

    assert (NodeKind.UNRESOLVED, "up", "Big Ben") == (edge.node.kind, edge.relation, graph.label(edge.node.name))
    assert ["a.md", "b.md"] == [back.node.name for back in graph.edges(edge.node)]


def test_notes_are_found_by_their_tags():
    """Without case; in Logseq, where a tag is a link, there are none."""
    known = {
        "a.md": record("a.md", tags=["North"]),
        "b.md": record("b.md", tags=["north", "x"]),
        "c.md": record("c.md"),
    }

    assert ["a.md", "b.md"] == graph_of(known, (), OBSIDIAN).tagged("NORTH")
    assert [] == graph_of(known, (), LOGSEQ).tagged("north")
