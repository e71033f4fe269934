"""Postings: what is built, what is merged, what is kept."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyword_worlds import ENGLISH, build, expected_lines, quantised, some_rows

from vault_engine.index.keyword import build as build_module
from vault_engine.index.keyword import postings as postings_module
from vault_engine.index.keyword.postings import LENGTHS, MAX_POSITION, Postings, merge


def assert_same(expected: Postings, actual: Postings) -> None:
    for name, array in expected.arrays().items():
        np.testing.assert_array_equal(array, actual.arrays()[name], err_msg=name)
        assert array.dtype == actual.arrays()[name].dtype, name


def lines(postings: Postings):
    found = {}
    for number, term in enumerate(postings.terms):
        rows, places = postings.places_of(number)
        for row, weight in zip(*(array.tolist() for array in postings.posting(number)), strict=True):
            found[term, row] = (weight, places[rows == row].tolist())
    return found


@given(some_rows)
def test_postings_are_what_counting_word_by_word_gives(rows):
    """Weights add up over the fields, positions run on from field to field with a gap between."""
    postings = build(rows)

    assert expected_lines(rows) == lines(postings)
    assert sorted(postings.terms) == list(postings.terms)


@given(some_rows)
def test_lengths_are_the_sums_of_the_weights_in_one_byte_each(rows):
    """As Whoosh keeps them."""
    sums = [0.0] * len(rows)
    for (_, row), (weight, _) in expected_lines(rows).items():
        sums[row] += weight

    assert [quantised(length) for length in sums] == LENGTHS[build(rows).lengths].tolist()


@given(some_rows)
def test_bounds_say_in_which_field_a_position_is(rows):
    """The words between a field's bounds are that field's."""
    postings = build(rows)

    for number, row in enumerate(rows):
        for field, name in enumerate(postings.fields):
            low, high = postings.bounds[number, field : field + 2].tolist()
            inside = [
                (place, term)
                for (term, at), (_, places) in lines(postings).items()
                if at == number
                for place in places
                if low <= place < high
            ]
            terms = [word.term.encode() for word in ENGLISH.tokens(row.get(name, ""))]
            assert terms == [term for _, term in sorted(inside)]


@given(some_rows, st.randoms(use_true_random=False), st.integers(0, 3))
def test_merging_gives_what_building_the_survivors_would(rows, random, cuts):
    """Array for array, whatever is dropped and in whatever order rows end up, those of one part too."""
    borders = [0, *sorted(random.randint(0, len(rows)) for _ in range(cuts)), len(rows)]
    parts = [rows[low:high] for low, high in pairwise(borders)]
    kept = [[random.random() < 0.7 for _ in part] for part in parts]
    order = list(range(sum(map(sum, kept))))
    random.shuffle(order)
    new_rows, survivors = [], {}
    for part, keeps in zip(parts, kept, strict=True):
        numbers = iter([order.pop() for _ in range(sum(keeps))])
        new = [next(numbers) if keep else -1 for keep in keeps]
        new_rows.append(np.array(new, np.int32))
        survivors |= {number: row for number, row in zip(new, part, strict=True) if number >= 0}

    merged = merge([build(part) for part in parts], new_rows)

    assert_same(build([survivors[number] for number in sorted(survivors)]), merged)


@given(some_rows)
def test_postings_come_back_from_their_arrays(rows):
    """And are then the caller's arrays themselves: nothing is copied."""
    arrays = build(rows).arrays()

    again = Postings.from_arrays(arrays)

    assert_same(build(rows), again)
    assert all(np.shares_memory(again.arrays()[n], a) for n, a in arrays.items() if len(a) and n != "fields")


@settings(max_examples=25)
@given(some_rows.filter(bool), st.integers(1, 20))
def test_blocks_leave_no_trace(rows, at_once):
    """How many rows are inverted at once changes nothing."""
    few_runs = mock.patch.object(build_module, "_RUNS_AT_ONCE", at_once)
    with few_runs, mock.patch.object(postings_module, "_POSTINGS_AT_ONCE", at_once):
        in_blocks = build(rows)

    assert_same(build(rows), in_blocks)


def test_a_row_longer_than_positions_reach_is_kept_whole():
    """What is too far on counts as standing at the last position; the weight is that of all of it."""
    postings = build([{"body": "berth " * (MAX_POSITION + 10) + "tide"}])

    assert [MAX_POSITION, 1] == postings.counts.tolist()
    assert [MAX_POSITION + 10, 1] == postings.weights_at(slice(None)).tolist()
    assert [MAX_POSITION] == postings.places_of(1)[1].tolist()
    assert list(range(MAX_POSITION)) == postings.places_of(0)[1].tolist()


@pytest.mark.parametrize(
    ("count", "boost", "kind"),
    [(1, 1.0, "u1"), (63, 1.0, "u1"), (64, 1.0, "u2"), (1, 1.25, "u1"), (1, 0.3, "f4"), (MAX_POSITION, 1.0, "f4")],
)
def test_weights_take_no_more_room_than_they_need(count, boost, kind):
    """As multiples of a quarter in one byte or two, else as they are; nothing is lost, and merging gives the same."""
    rows, options = [{"body": "berth " * count}, {"body": "tide"}], {"weights": {"body": boost}}
    postings = build(rows, **options)
    merged = merge([build([row], **options) for row in rows], [np.array([n], np.int32) for n in range(2)])
    without = merge([postings], [np.array([-1, 0], np.int32)])

    assert np.dtype(kind) == postings.weights.dtype
    assert np.float32([count * boost, boost]).tolist() == postings.weights_at(slice(None)).tolist()
    assert_same(postings, merged)
    assert_same(build(rows[1:], **options), without)


@pytest.mark.parametrize("rows", [[], [{}], [{"body": "the of"}]])
def test_rows_without_words_are_rows(rows):
    """An index of nothing, of an empty row, of stop words alone."""
    postings = build(rows)

    assert len(rows) == postings.row_count
    assert [] == list(postings.terms)
    assert_same(postings, merge([postings], [np.arange(len(rows), dtype=np.int32)]))
