"""Whether two texts contradict each other."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.contradictions import by_letters, ours, quality, read
from vault_engine.lifecycle.contradict import VerdictKind, claims, compare

TEXTS = [pair[side] for pair in read() for side in ("old", "new")]


def verdict(old, new, **known):
    """What is said of two texts."""
    return compare(claims(old), claims(new), **known)


def test_the_labelled_pairs_are_told_apart():
    """At least so well, on those that the rules were made with and on those that were held back."""
    pairs = read()
    assert len(pairs) >= 200
    for parity in (0, 1):
        figures = quality((pair for pair in pairs if pair["id"] % 2 == parity), ours)
        for what, least in (("is_conflict", (97, 88)), ("is_same", (97, 97)), ("update", (95, 88))):
            precision, recall, count = figures[what]
            assert count >= 15
            assert (what, True, True) == (what, precision >= least[0], recall >= least[1])


def test_trigrams_tell_them_apart_much_worse():
    """What the same pairs give by the similarity of their letters."""
    theirs, own = quality(read(), by_letters), quality(read(), ours)

    assert theirs["is_conflict"][0] < own["is_conflict"][0] / 2
    assert theirs["is_same"][0] < own["is_same"][0] / 2


def test_prose_does_not_contradict_itself():
    """Of the sentences of this project's own pages, nearly a million pairs, next to none is called a contradiction."""
    pages = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))[:6]
    said = [(claim,) for page in pages for claim in claims(page.read_text("utf-8"))]
    pairs = list(combinations(said[:300], 2))

    assert len(pairs) > 10_000
    assert sum(compare(*pair).kind.is_conflict for pair in pairs) <= 2


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
def test_the_order_makes_no_difference(one, other):
    """Which of two texts comes first is for who asks to know."""
    assert verdict(one, other).kind == verdict(other, one).kind


@given(st.sampled_from(TEXTS))
def test_a_text_says_the_same_as_itself(text):
    """However often it is said."""
    assert VerdictKind.SAME is verdict(text, text).kind
    assert VerdictKind.SAME is verdict(text, f"{text}\n\n- {text}").kind


ODD = ("§0§", "§9§", "3", "12.", "May", "ſecond", "mıllion", "2", "K", "5", "second", "-07:99", "9:30", "1,000", "is")
odd = st.lists(st.sampled_from(ODD))


@example("The limit is §7§ and 3.", "The ſecond is 2 mıllion.")
@given(odd.map(" ".join) | st.text(max_size=200), odd.map(" ".join) | st.text(max_size=200))
def test_any_text_gives_a_verdict(one, other):
    """And why."""
    assert verdict(one, other).why


@pytest.mark.parametrize(
    ("old", "new", "kind", "why"),
    [
        ("The limit is 100.", "The limit is 500.", "contradiction", "the values differ: 100, 500"),
        ("It runs on Linux.", "It does not run on Linux.", "contradiction", "one denies what the other says"),
        ("We build with npm.", "We now build with pnpm instead of npm.", "update", "one says npm, the other pnpm"),
        ("Redis runs on port 6379.", "Redis needs 2 GB.", "related", "about one thing, and both may hold"),
        ("The limit is 100.", "Bob likes tea.", "unrelated", "about different things"),
        ("The quota of team1 is 5.", "The quota of team2 is now 9.", "related", "about one thing, and both may hold"),
        ("The quota of team1 is 5.", "The quota of team11 is 9.", "related", "about one thing, and both may hold"),
    ],
)
def test_why_is_said(old, new, kind, why):
    """In words."""
    assert (kind, why) == (verdict(old, new).kind, verdict(old, new).why)


def test_what_decided_is_told():
    """Of longer texts the sentences that contradict each other."""
    found = verdict("Hello. The port is 80. Bye now!", "# Port\n\nTea is good. The port is 8080.")

    assert ("The port is 80.", "The port is 8080.") == (found.old, found.new)


def test_what_is_known_of_two_texts_counts():
    """Likeness makes them related; one title lets what lacks a subject be compared."""
    assert VerdictKind.RELATED is verdict("Tea is hot.", "Bob runs.", similarity=0.7).kind
    assert VerdictKind.UNRELATED is verdict("Tea is hot.", "Bob runs.", similarity=0.3).kind
    assert VerdictKind.CONTRADICTION is verdict("On port 80.", "On port 8080.", same_subject=True).kind
