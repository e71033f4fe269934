"""What a link says of how its note and its target are related."""

import pytest

from vault_engine.note import Profile, parse
from vault_engine.note.relating import relations


def related(text, profile=Profile.OBSIDIAN):
    note = parse(text, profile)
    found = relations(note, profile)
    assert found.keys() <= {link.start for link in note.links}
    return [(link.target, found.get(link.start, "")) for link in note.links]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('---\nup: "[[A]]"\n---\n[[B]]\n', [("A", "up"), ("B", "")]),
        ("---\nup: ['[[A]]', '[[B]]']\n---\n", [("A", "up"), ("B", "up")]),
        ('---\na.b: "[[A]]"\na:\n  c: "[[B]]"\n---\n', [("A", "a.b"), ("B", "a")]),
        ("## Links\n\n- [[A]] (is part of)\n* [[B#H|b]] (uses)\n", [("A", "is part of"), ("B", "uses")]),
        ("## links\n- [[A]]\n- [[B]] and (so)\n- ![[C]] (x)\n", [("A", ""), ("B", ""), ("C", "")]),
        ("- [[A]] (uses)\n", [("A", "")]),
        ("## Links\n- [[A]] (uses)\n## More\n- [[B]] (uses)\n", [("A", "uses"), ("B", "")]),
        ("up:: [[A]]\n", [("A", "")]),
    ],
)
def test_a_link_has_the_relation_of_its_property_or_of_its_line(text, expected):
    """In Obsidian's vaults and plain ones; an inline field has a meaning for plugins only."""
    assert expected == related(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up:: [[A]], [[B]]\n\n- [[C]]\n", [("A", "up"), ("B", "up"), ("C", "")]),
        ("- text\n  Part_of:: [[A]]\n- [[B]]\n", [("A", "part-of"), ("B", "")]),
        ("- up:: [[A]] #tag\n", [("A", "up"), ("tag", "up")]),
        ("- see up:: [[A]]\n", [("A", "")]),
        ('---\nPart_of: "[[A]]"\n---\n- x\n', [("A", "part-of")]),
        ("## Links\n- [[A]] (uses)\n", [("A", "")]),
    ],
)
def test_in_logseq_a_line_of_a_property_says_it(text, expected):
    """By the name that the property goes by."""
    assert expected == related(text, Profile.LOGSEQ)


def test_many_links_on_one_line_take_no_longer_than_on_many():
    """A megabyte of links on one line is read in seconds, not hours."""
    text = "- " + "[[a]] " * 100_000

    assert 100_000 == len(related(text, Profile.LOGSEQ))
