"""Misspelt questions, and words shown where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyword_worlds import ENGLISH, keywords_of
from whoosh.support.levenshtein import levenshtein

from vault_engine.index.keyword.distance import near
from vault_engine.index.keyword.language import Language
from vault_engine.index.keyword.strings import Strings
from vault_engine.index.keyword.suggest import corrected, suggestions, written_form

LANGUAGE = Language(ENGLISH)
BODIES = ["The Harbours at dusk", "harbour lantern lantern", "a lanturn, once", "gone: herbor"]


def suggested(question, *, dead=()):
    keywords = keywords_of([{"body": body} for body in BODIES], dead=dead)
    found = suggestions(LANGUAGE.parse(question).query, keywords, LANGUAGE.schema)
    return corrected(question, [(each, written_form(each.term, BODIES[each.row], ENGLISH)) for each in found])


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("harbuor lantern", "Harbours lantern"),
        ("title:harbor OR lantern", "title:Harbours OR lantern"),
        ('"harbur lantarn"', '"Harbours lantern"'),
        ("lantern", "lantern"),
        ("xyzzy", "xyzzy"),
        ("tag:harbur", "tag:harbur"),
        ("harb* lantren~", "harb* lantren~"),
        ("", ""),
    ],
)
def test_a_word_that_nobody_wrote_may_mean_one_that_somebody_did(question, meant):
    """The nearest, then the most frequent, as a note writes it; patterns and properties are left as they are."""
    assert meant == suggested(question, dead=[3])


WORDS = st.text("abc潮", max_size=6)


@given(st.sets(WORDS, max_size=30), WORDS, st.integers(0, 3), st.integers(0, 2))
def test_near_words_are_those_that_few_edits_make(words, word, limit, prefix):
    """Counted one by one."""
    strings = Strings.of(sorted(one.encode() for one in words if one))

    expected = {one for one in words if one and one.startswith(word[:prefix]) and _edits(one, word) <= limit}

    assert expected == {strings[number].decode() for number in near(strings, word, limit, prefix)}


def _edits(one, other):
    return levenshtein(one, other) if one and other else max(len(one), len(other))


@given(st.sets(st.binary(max_size=3).filter(lambda key: b"\xff" not in key), max_size=30), st.binary(max_size=2))
def test_strings_are_found_by_themselves_and_by_their_beginnings(strings, prefix):
    """As in a plain list."""
    ordered = sorted(strings)
    kept = Strings.of(ordered)

    assert ordered == list(kept)
    assert [*range(len(ordered))] == [kept.find(each) for each in ordered]
    assert (ordered.index(prefix) if prefix in strings else None) == kept.find(prefix)
    if b"\xff" not in prefix:
        assert [each for each in ordered if each.startswith(prefix)] == [kept[n] for n in kept.beginning_with(prefix)]
