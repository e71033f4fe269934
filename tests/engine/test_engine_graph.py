"""The graph as the engine tells of it: what is near, what leads where, what stands alone, what is related."""

import pytest

from vault_engine.errors import BadInput, NoteMissing


@pytest.fixture
def linked(write_note):
    """A harbour: a hub, a chain, a typed link, a file, a target that is not there, a note alone."""
    write_note("hub.md", "# The hub\n[[a]] ![[plan.png]] [[Nobody]]\n")
    write_note("a.md", '---\nup: "[[hub]]"\ntags: [north]\n---\n[[b]]\n')
    write_note("b.md", "#north\n\n## Links\n\n- [[c]] (part of)\n")
    write_note("c.md", "[[hub]] [[#Here]]\n")
    write_note("alone.md", "[[Nobody]]\n")
    write_note("plan.png", "x")


def near(found):
    return [(one.node.path or one.node.title, one.relation, one.direction) for one in found.neighbours]


def reached(found):
    return [(one.distance, one.node.path or one.node.title, one.source.path) for one in found.reached]


def test_neighbours_are_what_a_note_links_to_and_what_links_to_it(engine, linked):
    """Notes, other files, targets that are not there; each with its relation."""
    found = engine.neighbours("hub")

    assert [
        ("a.md", "", "out"),
        ("plan.png", "", "out"),
        ("Nobody", "", "out"),
        ("a.md", "up", "in"),
        ("c.md", "", "in"),
    ] == near(found)
    assert ["note", "other", "unresolved"] == [one.node.kind for one in found.neighbours[:3]]
    assert [("a.md", "up", "in")] == near(engine.neighbours("hub", direction="in", relations=["up"]))


def test_a_traversal_tells_how_each_note_was_reached(engine, linked):
    """The nearest first, up to the depth and the limit."""
    found = engine.traverse("hub", depth=2, direction="out")

    assert [(1, "a.md", "hub.md"), (1, "plan.png", "hub.md"), (1, "Nobody", "hub.md"), (2, "b.md", "a.md")] == reached(
        found
    )
    assert (2, False) == (found.depth, found.is_cut)
    assert [(1, "c.md", "b.md")] == reached(engine.traverse("b", depth=5, relations=["part of"]))
    assert engine.traverse("hub", limit=1).is_cut


def test_a_path_goes_along_links(engine, linked):
    """In either direction unless told otherwise; there may be none."""
    forth = engine.shortest_path("hub", "c", direction="out")
    assert [(1, "a.md", "hub.md"), (2, "b.md", "a.md"), (3, "c.md", "b.md")] == reached_of(forth)
    assert "part of" == forth.steps[-1].relation
    assert (1, "in") == (engine.shortest_path("hub", "c").distance, engine.shortest_path("hub", "c").steps[0].direction)
    assert 0 == engine.shortest_path("a", "a").distance
    nowhere = engine.shortest_path("a", "alone", direction="out")
    assert (None, ()) == (nowhere.distance, nowhere.steps)


def reached_of(found):
    return [(one.distance, one.node.path, one.source.path) for one in found.steps]


def test_orphans_have_no_links(engine, linked):
    """A link that leads nowhere joins a note to nothing."""
    assert ["alone.md"] == [note.path for note in engine.orphans().notes]
    assert ["alone.md"] == [note.path for note in engine.orphans(direction="out").notes]
    cut = engine.orphans(direction="in", limit=1)
    assert (1, 1) == (len(cut.notes), cut.total)


def test_hubs_are_ranked(engine, linked):
    """What much leads to comes first; with how many notes link to it and from it."""
    found = engine.hubs(limit=2)

    assert (5, 2) == (found.notes, len(found.hubs))
    assert ("hub.md", "The hub", 1, 2) == (
        found.hubs[0].node.path,
        found.hubs[0].node.title,
        found.hubs[0].links,
        found.hubs[0].backlinks,
    )
    assert found.hubs[0].rank > found.hubs[1].rank > 0


def test_related_notes_share_links_and_tags(engine, linked):
    """Those that are linked already can be left out."""
    found = {one.path: one for one in engine.related("a").notes}

    assert (("north",), True) == (found["b.md"].tags, found["b.md"].is_linked)
    assert {"hub.md", "b.md"} == {node.path for node in found["c.md"].shared}
    assert {"c.md"} == {one.path for one in engine.related("a", unlinked=True).notes}
    assert ["hub.md"] == [one.path for one in engine.related("alone").notes]
    assert 1 == len(engine.related("a", limit=1).notes)


def test_related_notes_are_alike_in_meaning(open_engine, endpoint, write_note):
    """By the vectors there are; a note without any has links and tags."""
    words = "the storm broke the lantern at the harbour gate"
    for path, text in (("a.md", words), ("b.md", f"{words} again"), ("c.md", "tax")):
        write_note(path, f"---\ntitle: {path[0]}\n---\n{text}\n")
    engine = open_engine(MEMWELL_EMBEDDER=endpoint.setting)
    before = engine.related("a")
    engine.build_index()
    after = engine.related("a")

    assert (("links", "tags"), ()) == (before.reasons, before.notes)
    assert ("links", "tags", "meaning") == after.reasons
    assert ["b.md"] == [one.path for one in after.notes]
    assert 0.5 < after.notes[0].similarity <= 1


def test_the_graph_is_of_this_moment(engine, linked, write_note, vault):
    """A new file takes over a link of a note that nobody touched, a removed one lets it go."""
    assert (None,) == tuple(one.node.path for one in engine.neighbours("alone").neighbours)

    write_note("x/Nobody.md", "[[alone]]")
    assert [("x/Nobody.md", "", "out"), ("x/Nobody.md", "", "in")] == near(engine.neighbours("alone"))
    assert () == engine.orphans().notes
    assert 2 == engine.shortest_path("alone", "hub").distance

    (vault / "x/Nobody.md").unlink()
    assert ["alone.md"] == [note.path for note in engine.orphans().notes]


def test_the_whole_graph_or_the_foremost_part_of_it(engine, linked):
    """Links between nodes that are left out are left out."""
    whole, part = engine.graph(), engine.graph(limit=2)

    assert (7, 7, 8) == (len(whole.nodes), whole.total, len(whole.edges))
    assert (2, 7) == (len(part.nodes), part.total)
    assert all(max(edge.source, edge.target) < 2 for edge in part.edges)
    assert "hub.md" in {node.path for node in part.nodes}


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.neighbours("a", direction="up"),
        lambda engine: engine.traverse("a", depth=0),
        lambda engine: engine.traverse("a", limit=0),
        lambda engine: engine.orphans(limit=0),
        lambda engine: engine.hubs(limit=-1),
        lambda engine: engine.related("a", limit=0),
        lambda engine: engine.graph(limit=0),
        lambda engine: engine.export_graph("pdf"),
    ],
)
def test_what_can_not_be_asked_is_refused(ask, engine, linked):
    """With words that say why."""
    with pytest.raises(BadInput):
        ask(engine)


def test_a_note_that_is_not_there_is_missing(engine, linked):
    """At either end."""
    for ask in (engine.neighbours, engine.traverse, engine.related, lambda ref: engine.shortest_path("a", ref)):
        with pytest.raises(NoteMissing):
            ask("nowhere at all")


def test_the_next_process_knows_the_relations(open_engine, linked):
    """They are kept with the index."""
    before = open_engine()
    expected = near(before.neighbours("hub"))
    before.close()

    after = open_engine()
    assert expected == near(after.neighbours("hub"))
    assert "part of" == after.neighbours("c", direction="in").neighbours[0].relation


def test_in_a_graph_of_logseqs_properties_are_relations(engine, vault, write_note, open_engine):
    """And tags are links."""
    write_note("logseq/config.edn", "{}")
    write_note("pages/a.md", "up:: [[B]]\n\n- #b and [[Nowhere]]\n")
    write_note("pages/b.md", "- x\n")
    graph = open_engine()

    assert [("pages/b.md", "", "out"), ("pages/b.md", "up", "out"), ("Nowhere", "", "out")] == near(
        graph.neighbours("pages/a.md")
    )
    assert [("pages/a.md", "", "in"), ("pages/a.md", "up", "in")] == near(graph.neighbours("pages/b.md"))
