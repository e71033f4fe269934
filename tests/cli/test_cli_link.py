"""``memwell link …``: following links on the command line."""

import pytest


@pytest.fixture
def linked(put):
    """Three notes in a row, a target that is not there, and a note alone."""
    put("a.md", '---\nup: "[[b]]"\n---\n[[b]] [[Nobody]]\n')
    put("b.md", "## Links\n\n- [[c]] (part of)\n")
    put("c.md", "#north\n")
    put("alone.md", "#north\n")


def test_neighbours_are_listed_with_direction_and_relation(cli, linked):
    """One link a line."""
    assert (0, "→ b.md\n→ b.md (up)\n→ [[Nobody]] (not there)\n", "") == cli("link", "neighbours", "a")
    assert (0, "→ b.md (up)\n", "") == cli("link", "neighbours", "a", "--relation", "up")
    assert (0, "", "no links\n") == cli("link", "neighbours", "a", "--direction", "in")


def test_a_traversal_is_listed_nearest_first(cli, linked):
    """With how far each is and from where it was reached; what is cut off is said."""
    assert (0, "1  b.md  ← a.md\n1  [[Nobody]] (not there)  ← a.md\n2  c.md  ← b.md (part of)\n", "") == cli(
        "link", "traverse", "a"
    )
    assert (0, "1  b.md  → c.md (part of)\n", "the nearest 1; --limit shows more\n") == cli(
        "link", "traverse", "c", "--limit", "1"
    )


def test_a_path_is_shown_step_by_step(cli, linked):
    """Where there is none, it is said; the exit code is 0."""
    assert (0, "c.md\n← b.md (part of)\n← a.md\n", "") == cli("link", "path", "c", "a")
    assert (0, "", "no links lead there\n") == cli("link", "path", "c", "a", "--direction", "out")


def test_orphans_are_listed(cli, linked):
    """Their paths."""
    assert (0, "alone.md\n", "") == cli("link", "orphans")
    assert (0, "a.md\n", "1 of 2 notes; --limit shows more\n") == cli(
        "link", "orphans", "--direction", "in", "--limit", "1"
    )


def test_where_there_are_none_it_is_said(cli, put):
    """On stderr."""
    put("a.md", "[[b]]")
    put("b.md", "x")

    assert (0, "", "none\n") == cli("link", "orphans")
    assert (0, "", "no related notes\n") == cli("link", "related", "a")


def test_hubs_are_listed_by_rank(cli, linked):
    """With how many notes link to each, and how many it links to."""
    done = cli("link", "hubs", "--limit", "2")

    assert (0, "") == (done.code, done.err)
    assert [["1", "in", "0", "out", "c.md"], ["1", "in", "1", "out", "b.md"]] == [
        line.split()[1:] for line in done.out.splitlines()
    ]


def test_related_notes_are_listed_with_what_is_shared(cli, linked):
    """Links and tags."""
    said = "by links and tags only: the note has no vectors\n"
    assert (0, "1. a.md  (0.59)\n   b.md\n2. alone.md  (0.59)\n   #north\n", said) == cli("link", "related", "c")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("neighbours", "a"), "neighbours"),
        (("traverse", "a"), "reached"),
        (("path", "a", "c"), "steps"),
        (("orphans",), "notes"),
        (("hubs",), "hubs"),
        (("related", "a"), "notes"),
    ],
)
def test_every_answer_as_json(arguments, name, cli, linked):
    """One object with the format's number."""
    done = cli("link", *arguments, "--json")

    assert (0, "", 1) == (done.code, done.err, done.json["format"])
    assert isinstance(done.json[name], list)


def test_json_names_every_fact_of_a_neighbour(cli, linked):
    """The node, the relation, the direction."""
    assert {
        "node": {"kind": "note", "path": "b.md", "title": "b", "category": ""},
        "relation": "up",
        "direction": "out",
    } == cli("link", "neighbours", "a", "--json").json["neighbours"][1]


def test_a_note_that_is_not_there(cli, linked):
    """Exit code 10."""
    assert 10 == cli("link", "neighbours", "nope").code
    assert 2 == cli("link", "traverse", "a", "--depth", "0").code
