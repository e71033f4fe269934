"""From the legs' scores to ranked notes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vault_engine.search.fuse import best_notes, fuse, saturate, semantic_share
from vault_engine.search.weights import WEIGHTS

FRACTIONS = st.floats(0, 1, width=32)
LEGS = st.integers(0, 12).flatmap(
    lambda n: st.tuples(
        arrays(np.float32, n, elements=FRACTIONS),
        arrays(np.float32, n, elements=st.one_of(st.floats(-1, 1, width=32), st.just(float("nan")))),
    )
)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@given(LEGS)
def test_a_score_is_between_0_and_1(legs):
    """Whichever legs run, and whatever has no vector."""
    keyword, cosines = legs
    for scores in (fuse(keyword, cosines), fuse(keyword, None), fuse(None, cosines)):
        assert keyword.shape == scores.shape
        assert bool(((scores >= 0) & (scores <= 1)).all())


def test_the_legs_are_added_in_their_shares():
    """A convex sum, so that scores compare between queries."""
    expected = (1 - WEIGHTS.semantic_share) * 0.6 + WEIGHTS.semantic_share * 0.8

    assert [pytest.approx(expected)] == fuse(floats(0.6), floats(0.8)).tolist()


@given(arrays(np.float32, st.integers(0, 8), elements=FRACTIONS))
def test_meaning_counts_the_more_the_less_words_hold(covered):
    """Between its two shares, by the row that holds most of the question."""
    share = semantic_share(covered)

    assert WEIGHTS.semantic_share <= share <= WEIGHTS.semantic_share_alone
    assert semantic_share(np.append(covered, np.float32(1))) == WEIGHTS.semantic_share
    assert semantic_share(covered / 2) >= share
    if covered.max(initial=0) <= WEIGHTS.hardly_covered:
        assert pytest.approx(WEIGHTS.semantic_share_alone) == share


def test_a_row_without_a_vector_gets_what_its_words_are_worth():
    """A new note is found by its words, and not before others because it was not compared by meaning."""
    expected = (1 - WEIGHTS.semantic_share) * 0.6 + WEIGHTS.semantic_share * WEIGHTS.min_cosine
    assert [pytest.approx(expected), 0.0] == fuse(floats(0.6, 0), floats(np.nan, np.nan)).tolist()


def test_a_row_that_shares_no_word_must_be_near():
    """Something is always nearest; that alone is no answer, least of all where no row shares a word."""
    below, above = WEIGHTS.min_cosine - 0.01, WEIGHTS.min_cosine + 0.01
    assert [True, False, True] == [bool(x) for x in fuse(floats(0.5, 0, 0), floats(0, below, above))]
    below, above = WEIGHTS.min_cosine_alone - 0.01, WEIGHTS.min_cosine_alone + 0.01
    assert [False, True] == [bool(x) for x in fuse(floats(0, 0), floats(below, above))]
    assert [False, True] == [bool(x) for x in fuse(None, floats(WEIGHTS.min_cosine - 0.01, WEIGHTS.min_cosine + 0.01))]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=30),
    st.integers(1, 5),
)
def test_a_note_is_as_good_as_its_best_row(rows, limit):
    """Each note once, best first, equals by path, no more than asked for."""
    best: dict[str, float] = {}
    for path, score in rows:
        best[path] = max(best.get(path, 0.0), score)
    expected = sorted(((path, score) for path, score in best.items() if score), key=lambda hit: (-hit[1], hit[0]))[
        :limit
    ]

    numbers = np.arange(len(rows))

    found = best_notes(numbers, floats(*(score for _, score in rows)), lambda row: rows[row][0], limit)

    assert expected == [(hit.path, hit.score) for hit in found]
    assert [score for _, score in expected] == [rows[hit.row][1] for hit in found]


def test_keyword_scores_come_into_the_unit_interval_the_same_for_every_query():
    """Nothing stays nothing, the half is where it is said to be, more is never less, and nothing reaches 1."""
    scores = saturate(floats(0, WEIGHTS.half_saturation, 40, 4000))

    assert [0.0, pytest.approx(0.5), pytest.approx(0.8)] == scores[:3].tolist()
    assert 0.99 < scores[3] < 1
