"""`links` and `backlinks`: each link of a note and each link to it, as they stand in the files now."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.engine.links import found_chains
from vault_engine.engine.reports import BacklinkView
from vault_engine.errors import NoteAmbiguous, NoteMissing
from vault_engine.note import find_heading, parse
from vault_engine.note.headings import simplify

BLOCK = "64a1b2c3-1111-2222-3333-444455556666"


def seen(found, *names):
    return [tuple(getattr(link, name) for name in names) for link in found.links]


def test_links_come_in_order_with_how_they_are_written(engine, write_note):
    """Those of the properties first, then the body's; wiki, embed, Markdown, reference."""
    write_note("N.md", "x")
    write_note(
        "a.md", "---\nup: ['[[N|up]]']\n---\n[[N]] ![[N|100]]\n\n[t](N.md) [t][r]\n\n[r]: N.md\n[x](https://x.org)\n"
    )

    assert [
        ("frontmatter", "N", "up", False, 2, "up.0"),
        ("wiki", "N", None, False, 4, None),
        ("wiki", "N", "100", True, 4, None),
        ("md", "N.md", "t", False, 6, None),
        ("reference", "N.md", "t", False, 6, None),
    ] == seen(engine.links("a"), "kind", "target", "alias", "embed", "line", "key")
    assert {("N.md", "resolved")} == set(seen(engine.links("a"), "path", "state"))


def test_a_link_says_whether_it_leads_somewhere(engine, write_note):
    """Nowhere, to one file, or to one of several; an alias leads nowhere, and whose it is is told."""
    for path in ("x/Two.md", "y/Two.md"):
        write_note(path, "x")
    write_note("One.md", "---\naliases: [Uno]\n---\n")
    write_note("a.md", "[[One]] [[Two]] [[uno]] [[Nine]]")

    assert [
        ("One.md", "resolved", (), ()),
        ("x/Two.md", "ambiguous", ("x/Two.md", "y/Two.md"), ()),
        (None, "unresolved", (), ("One.md",)),
        (None, "unresolved", (), ()),
    ] == seen(engine.links("a"), "path", "state", "candidates", "alias_of")


@pytest.mark.parametrize(
    ("link", "anchor"),
    [
        ("[[N]]", None),
        ("[[N#one two]]", "found"),
        ("[[N#One#Deep]]", "found"),
        ("[[N#Deep#One]]", "missing"),
        ("[[N#^B1]]", "found"),
        ("[[N#^b2]]", "missing"),
        ("[[#Here]]", "found"),
        ("[[#There]]", "missing"),
        ("[[#^here]]", "found"),
        ("[[p.pdf#page=3]]", None),
        ("[[Nowhere#One]]", None),
        ("[t](N.md#Deep)", "found"),
    ],
)
def test_headings_and_blocks_are_looked_up(link, anchor, engine, write_note):
    """In the note that the link means, the note itself included; of other files nothing is known."""
    write_note("N.md", "# One: two\n# One\n### Deep\ntext ^b1\n")
    write_note("p.pdf", "x")
    write_note("a.md", f"# Here\n\ntext ^here\n\n{link}\n")

    assert [anchor] == [only for (only,) in seen(engine.links("a"), "anchor")]


def test_what_lies_beyond_the_part_that_is_read_is_not_called_missing(engine, write_note):
    """Of a note over 1 MiB only the beginning is known."""
    write_note("long.md", "# First\n" + "word\n" * 230_000 + "# Last\n")
    write_note("a.md", "[[long#First]] [[long#Last]]")

    assert [("found",), (None,)] == seen(engine.links("a"), "anchor")


def test_a_typed_line_gives_its_relation(engine, write_note):
    """Only below ``## Links``, only where it ends the line."""
    write_note("a.md", "- [[N]] (no)\n\n## Links\n\n- [[N]] (supports)\n- [[N|x]] and [[M]]\n")

    assert [None, "supports", None, None] == [only for (only,) in seen(engine.links("a"), "relation")]


def test_a_note_is_read_as_it_is_now(engine, write_note):
    """Also of the same size and the same time."""
    write_note("a.md", "[[b]]")
    assert [("b",)] == seen(engine.links("a"), "target")
    write_note("a.md", "[[c]]", fresh=True)

    assert [("c",)] == seen(engine.links("a"), "target")


def test_a_doubtful_note_says_so(engine, write_note):
    """A merge left half done, properties that can't be read."""
    write_note("m.md", "<<<<<<< a\n[[x]]\n=======\n[[y]]\n>>>>>>> b\n")
    write_note("p.md", "---\na: [\n---\n[[x]]\n")
    write_note("fine.md", "[[x]]\n")

    assert "conflict markers" in engine.links("m").problem
    assert "line " in engine.links("p").problem
    assert engine.links("fine").problem is None


@pytest.mark.parametrize("verb", ["links", "backlinks"])
def test_a_name_that_means_no_one_note_is_refused(verb, engine, write_note):
    """None, or two."""
    write_note("x/Two.md", "x")
    write_note("y/Two.md", "x")

    with pytest.raises(NoteMissing):
        getattr(engine, verb)("Nine")
    with pytest.raises(NoteAmbiguous):
        getattr(engine, verb)("Two")


def test_backlinks_come_with_their_lines(engine, write_note):
    """From every note that links to it, itself included, by path; never from code."""
    write_note("N.md", "# H\n[[#H]]\n")
    write_note("b.md", "---\nup: '[[N]]'\n---\n- see  [[N#H|that]] there\n`[[N]]`\n\n## Links\n\n- [[N]] (supports)\n")
    write_note("a.md", f"{'x' * 500} ![[n#^b]]\n")

    assert (
        BacklinkView("N.md", 2, "[[#H]]", "wiki", ("H",), None, None, None),
        BacklinkView("a.md", 1, "x" * 200, "wiki", (), "b", None, None),
        BacklinkView("b.md", 2, "up: '[[N]]'", "frontmatter", (), None, None, None),
        BacklinkView("b.md", 4, "- see  [[N#H|that]] there", "wiki", ("H",), None, "that", None),
        BacklinkView("b.md", 9, "- [[N]] (supports)", "wiki", (), None, None, "supports"),
    ) == engine.backlinks("N").links


def test_canvases_link_too(engine, write_note):
    """By the files they show, and by the wikilinks in their texts; what is no canvas has none."""
    nodes = [
        {"type": "file", "file": "d/N.md"},
        {"type": "file", "file": "d/n.md"},
        {"type": "text", "text": "one\n look at [[N#H|it]] \ud800"},
        {"type": "link", "url": "N.md"},
        {"type": "text", "text": 3},
        "N.md",
    ]
    write_note("d/N.md", "x")
    write_note("map.canvas", json.dumps({"nodes": nodes}, indent=0))
    write_note("broken.canvas", '{"nodes": [')
    write_note("list.canvas", "[1]")
    write_note("odd.canvas", '{"nodes": 3}')

    assert (
        BacklinkView("map.canvas", 5, '"file": "d/N.md"', "canvas", (), None, None, None),
        BacklinkView("map.canvas", None, "look at [[N#H|it]] ?", "canvas", ("H",), None, "it", None),
    ) == engine.backlinks("N").links


def test_logseq_links_follow_logseqs_rules(tmp_path, open_engine, write_note):
    """Aliases resolve, tags are links, a block is found wherever it stands."""
    write_note("logseq/config.edn", "{:meta/version 1}")
    write_note("pages/One.md", f"alias:: Uno\n\n- text\n  id:: {BLOCK}\n")
    write_note("pages/a.md", f"- [[uno]] #one (({BLOCK})) [[Nine]]\n")
    engine = open_engine()

    assert [
        ("wiki", "pages/One.md", None),
        ("tag", "pages/One.md", None),
        ("block", "pages/One.md", "found"),
        ("wiki", None, None),
    ] == seen(engine.links("pages/a.md"), "kind", "path", "anchor")
    assert 3 == len(engine.backlinks("pages/One.md").links)


LEVELS = st.integers(1, 4)
NAMES = st.sampled_from(["a", "B", "b", "c: d", "C d", ""])


@given(st.lists(st.tuples(LEVELS, NAMES), max_size=12), st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=6))
def test_many_chains_are_found_as_one_by_one(headings, chains):
    """One pass for all links to a note finds exactly what `find_heading` finds for each."""
    note = parse("\n".join(f"{'#' * level} {name}" for level, name in headings))
    wanted = {tuple(map(simplify, chain)) for chain in chains}

    one_by_one = {tuple(map(simplify, chain)) for chain in chains if find_heading(note.headings, chain)}
    assert one_by_one == found_chains(note.headings, wanted)
