"""What notes are filtered by."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.keyword.columns import NO_DATE, Columns, make_columns, merge_columns, microseconds

some_notes = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "tag": st.lists(st.sampled_from(["a", "a/b", "A/b/c", "b", "ß", "x y"]), max_size=3),
            "type": st.sampled_from(["decision", "Preference"]).map(lambda value: [value]),
            "importance": st.integers(0, 3) | st.floats(-2, 2),
            "created": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
        },
    ),
    max_size=10,
)


def assert_same(expected: Columns, actual: Columns) -> None:
    mine, theirs = expected.arrays(), actual.arrays()
    assert list(mine) == list(theirs)
    for name, array in mine.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
        assert array.dtype == theirs[name].dtype, name


def between(columns, name, low=None, high=None, **options):
    limits = {"open_low": False, "open_high": False} | options
    return columns.between(name, low, high, **limits).tolist()


@pytest.mark.parametrize(
    ("name", "asked", "notes"),
    [
        ("tag", "a", [0, 1, 2]),
        ("tag", "a/b", [0, 2]),
        ("tag", "A/B/", [0, 2]),
        ("tag", "#a", [0, 1, 2]),
        ("tag", "b", []),
        ("type", "DECISION", [1]),
        ("type", "deci", []),
        ("path", "projects", [0, 1]),
        ("path", "projects/a.md", [0]),
        ("nothing", "a", []),
    ],
)
def test_notes_are_found_by_their_values(name, asked, notes):
    """Without case; a tag, a category and a folder also by what is below them."""
    columns = make_columns(
        [
            {"tag": ["a/b", "c"], "path": ["projects/a.md"]},
            {"tag": ["a"], "type": "decision", "path": ["Projects/b.md"]},
            {"tag": ["#A/B/c"], "type": ["preference"], "path": ["c.md"]},
        ]
    )

    assert notes == columns.having(name, asked).tolist()


def test_numbers_and_dates_are_found_by_ranges():
    """Limits are in the range unless it is open there; a note without a value is in none."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    columns = make_columns(
        [{"importance": 1, "created": moment}, {"importance": 2.5}, {}, {"importance": float("nan")}]
    )

    assert [0, 1] == between(columns, "importance")
    assert [0, 1] == between(columns, "importance", 1, 2.5)
    assert [1] == between(columns, "importance", 1, open_low=True)
    assert [0] == between(columns, "importance", 1, 2.5, open_high=True)
    assert [0] == between(columns, "created")
    assert [0] == between(columns, "created", microseconds(moment), microseconds(moment))
    assert [] == between(columns, "created", microseconds(moment) + 1)
    assert [] == between(columns, "nothing")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 21, 12, tzinfo=UTC),
        datetime(2026, 11, 21, 12),
        datetime(2026, 11, 21, 13, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_moment_is_the_same_in_every_zone(moment):
    """One without a zone is taken as UTC."""
    assert 1_795_262_400_000_000 == microseconds(moment)


@given(some_notes, st.randoms(use_true_random=False), st.integers(0, 2))
def test_merging_gives_what_making_the_survivors_would(notes, random, cuts):
    """Array for array, whatever is dropped and in whatever order the notes end up."""
    borders = [0, *sorted(random.randint(0, len(notes)) for _ in range(cuts)), len(notes)]
    parts = [notes[low:high] for low, high in pairwise(borders)]
    kept = [[random.random() < 0.7 for _ in part] for part in parts]
    order = list(range(sum(map(sum, kept))))
    random.shuffle(order)
    numbers = [[order.pop() if keep else -1 for keep in keeps] for keeps in kept]
    survivors = {
        number: note for new, part in zip(numbers, parts, strict=True) for number, note in zip(new, part, strict=True)
    }
    survivors.pop(-1, None)

    merged = merge_columns([make_columns(part) for part in parts], [np.array(new, np.int32) for new in numbers])

    assert_same(make_columns([survivors[number] for number in sorted(survivors)]), merged)


@given(some_notes)
def test_columns_come_back_from_their_arrays(notes):
    """As they were."""
    columns = make_columns(notes)

    assert_same(columns, Columns.from_arrays(columns.arrays()))


def test_a_date_before_all_dates_is_no_date():
    """The mark for a note without a date is not a moment that a note can state."""
    assert microseconds(datetime.min) > NO_DATE
