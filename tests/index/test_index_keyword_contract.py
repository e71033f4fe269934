"""Whoosh's own index and ours find the same, in the same order: by Whoosh's searcher, and by arrays."""

from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyword_whoosh import by_score, found_by_arrays, found_by_reader, found_by_whoosh, whoosh_index
from keyword_worlds import ENGLISH, WORDS, keywords_of, some_rows
from whoosh import query as queries

from vault_engine.index.keyword.phrase import SpacedPhrase

TERMS = sorted({word.term for text in WORDS for word in ENGLISH.tokens(text)} | {"absent"})
FIELDS = ("text", "text", "text", "title", "body")

a_note = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.lists(st.sampled_from(["a", "a/b", "c"]), max_size=2, unique=True),
        "type": st.sampled_from(["decision", "preference"]),
        "importance": st.sampled_from([0.0, 0.5, 1.0]),
        "created": st.integers(0, 3).map(lambda day: datetime(2026, 1, 1) + timedelta(days=day)),
    },
)
a_term = st.sampled_from(TERMS)
a_field = st.sampled_from(FIELDS)
a_boost = st.sampled_from([1.0, 1.0, 2.0, 0.5])
a_word = st.builds(queries.Term, a_field, a_term, boost=a_boost)
a_filter = st.one_of(
    st.builds(queries.Term, st.just("tag"), st.sampled_from(["a", "a/b", "c", "absent"])),
    st.builds(queries.Term, st.just("type"), st.sampled_from(["decision", "absent"])),
    st.builds(queries.NumericRange, st.just("importance"), st.sampled_from([None, 0.0, 0.5]), st.just(0.5)),
    st.builds(
        queries.DateRange,
        st.just("created"),
        st.just(datetime(2026, 1, 2)),
        st.sampled_from([None, datetime(2026, 1, 3)]),
        endexcl=st.booleans(),
    ),
    st.just(queries.Every()),
    st.builds(queries.Every, st.sampled_from(["tag", "importance"])),
)
a_phrase = st.one_of(
    st.builds(queries.Phrase, a_field, st.lists(a_term, min_size=2, max_size=3), st.integers(1, 3), a_boost),
    st.builds(
        lambda field, words, slop, gaps: SpacedPhrase(field, words, slop, gaps=gaps[: len(words) - 1]),
        a_field,
        st.lists(a_term, min_size=2, max_size=3),
        st.integers(1, 2),
        st.lists(st.integers(1, 3), min_size=2, max_size=2),
    ),
)
a_pattern = st.one_of(
    st.builds(queries.Prefix, a_field, st.sampled_from(["b", "moor", "潮", "x"]), constantscore=st.just(False)),
    st.builds(queries.Wildcard, a_field, st.sampled_from(["b*h", "*r*", "?irth"]), constantscore=st.just(False)),
    st.builds(
        queries.FuzzyTerm,
        a_field,
        st.sampled_from(["birth", "brith", "berths", "wid", "tdie", "潮位"]),
        maxdist=st.integers(1, 2),
        prefixlength=st.integers(0, 2),
        constantscore=st.just(False),
    ),
    st.builds(
        queries.TermRange, a_field, st.just("b"), st.sampled_from(["lantern", None]), constantscore=st.just(False)
    ),
)


def trees(parts):
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        st.builds(queries.And, several, boost=a_boost),
        st.builds(queries.Or, several, boost=a_boost),
        st.builds(queries.Not, parts),
        st.builds(queries.AndMaybe, parts, parts),
        st.builds(queries.Require, parts, parts),
        st.builds(queries.DisjunctionMax, several),
        st.builds(queries.ConstantScoreQuery, parts, st.just(2.0)),
    )


a_query = st.recursive(st.one_of(a_word, a_word, a_phrase, a_pattern, a_filter), trees, max_leaves=5)
a_world = some_rows.flatmap(
    lambda rows: st.tuples(st.just(rows), st.lists(a_note, min_size=len(rows), max_size=len(rows)))
)


def assert_same_found(world, query, cut):
    rows, notes = world
    keywords = keywords_of(rows[:cut], rows[cut:], notes=notes)

    expected = found_by_whoosh(whoosh_index(rows, notes), query)

    assert pytest.approx(expected, rel=1e-4) == found_by_reader(keywords, query)
    assert pytest.approx(expected, rel=1e-4) == found_by_arrays(keywords, query)


@settings(max_examples=60, deadline=None)
@given(a_world, a_query, st.integers(0, 12))
def test_whoosh_and_the_arrays_find_the_same(world, query, cut):
    """Any query, on any rows, in one segment or two."""
    assert_same_found(world, query, cut)


@pytest.mark.slow
@settings(max_examples=3_000, deadline=None)
@given(a_world, a_query, st.integers(0, 12))
def test_whoosh_and_the_arrays_find_the_same_for_a_long_time(world, query, cut):
    """The same, many times over."""
    assert_same_found(world, query, cut)


@settings(max_examples=40, deadline=None)
@given(a_world, a_query, a_query)
def test_what_is_excluded_is_left_out(world, query, excluded):
    """Whoosh's own ``ANDNOT`` can let the first row slip through, so plain sets are the judge here."""
    rows, notes = world
    keywords = keywords_of(rows[:2], rows[2:], notes=notes)
    found, others = found_by_arrays(keywords, query), found_by_arrays(keywords, excluded)

    expected = {row: score for row, score in found.items() if row not in others}

    assert pytest.approx(expected) == found_by_arrays(keywords, queries.AndNot(query, excluded))


@settings(max_examples=50, deadline=None)
@given(a_world, a_query, st.sets(st.integers(0, 11), max_size=6))
def test_rows_that_are_gone_count_for_nothing(world, query, dead):
    """An index with dead rows finds what one without them would, with the same scores."""
    rows, notes = world
    alive = [number for number in range(len(rows)) if number not in dead]
    fresh = keywords_of([rows[number] for number in alive], notes=[notes[number] for number in alive])
    expected = {alive[row]: score for row, score in found_by_arrays(fresh, query).items()}

    keywords = keywords_of(rows[:5], rows[5:], notes=notes, dead=sorted(dead))

    assert pytest.approx(expected, rel=1e-4) == found_by_arrays(keywords, query)
    in_whoosh = found_by_reader(keywords, query)  # whose NOT can let a row slip through that is gone
    assert pytest.approx(expected, rel=1e-4) == {row: score for row, score in in_whoosh.items() if row not in dead}


ZIPF = Random(5)
VOCABULARY = [
    f"{first}{second}{third}" for first in "bdfgklm" for second in "aeiou" for third in ("nt", "rk", "l", "st")
]
CHANCES = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))


def zipf_words(count):
    return ZIPF.choices(VOCABULARY, cum_weights=CHANCES, k=count)


def test_a_longer_corpus_is_ranked_as_whoosh_ranks_it():
    """Five hundred rows of words as frequent as a language has them, with the questions that people ask."""
    rows = [{"title": " ".join(zipf_words(3)), "body": " ".join(zipf_words(ZIPF.randint(5, 80)))} for _ in range(500)]
    notes = [{"tag": [f"t{number % 7}"], "importance": float(number % 10)} for number in range(500)]
    index, keywords = whoosh_index(rows, notes), keywords_of(rows[:450], rows[450:], notes=notes)
    words = [[queries.Term("text", word) for word in zipf_words(1 + number % 8)] for number in range(24)]
    asked = [queries.Or(each) if number % 2 else queries.And(each[:3]) for number, each in enumerate(words)]
    asked += [queries.And([each, queries.Term("tag", "t3")]) for each in asked[:4]]
    asked += [queries.Phrase("text", zipf_words(2)) for _ in range(6)]
    asked += [queries.Phrase("text", zipf_words(3), slop=4) for _ in range(3)]
    asked += [queries.Prefix("text", prefix, constantscore=False) for prefix in ("ba", "mus", "f")]
    asked += [queries.FuzzyTerm("text", "dant", maxdist=1, constantscore=False), queries.Term("title", "bant")]

    for query in asked:
        expected = by_score(found_by_whoosh(index, query))
        assert expected == by_score(found_by_arrays(keywords, query)), query
        assert expected == by_score(found_by_reader(keywords, query)), query
