"""Ids that are made together."""

from datetime import UTC, datetime
from functools import reduce

import pytest
from ulid import ULID

from vault_engine.journal.ids import ulids

MOMENT = datetime(2026, 11, 21, 10, 0, 0, 123000, UTC)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000])
def test_each_is_a_ulid_of_its_moment(count):
    """As many as asked for, no two the same, in the order in which they sort."""
    made = ulids(MOMENT, count)

    assert count == len(set(made))
    assert sorted(made) == made
    assert made == [str(ULID.from_str(one)) for one in made]
    assert {MOMENT} == {MOMENT, *(ULID.from_str(one).datetime for one in made)}


def test_every_random_bit_is_used():
    """Each takes both values, in some id."""
    random = [int(ULID.from_str(one)) & (1 << 80) - 1 for one in ulids(MOMENT, 200)]

    assert (1 << 80) - 1 == reduce(int.__or__, random)
    assert 0 == reduce(int.__and__, random)
