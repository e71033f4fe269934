"""Segments are put together before they are too many, and large ones seldom."""

from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.fold import MAX_SEGMENTS, plan_fold

SIZES = st.lists(st.integers(0, 10_000), max_size=20)


def folded(sizes: list[int]) -> list[int]:
    start = plan_fold(sizes, [0] * len(sizes))
    return sizes if start is None else [*sizes[:start], sum(sizes[start:])]


@given(SIZES)
def test_what_is_folded_is_no_more_than_before(sizes):
    """Folding leaves fewer segments, with the same notes."""
    after = folded(sizes)

    assert sum(sizes) == sum(after)
    assert len(after) <= max(MAX_SEGMENTS, len(sizes) - 1)


def test_many_small_changes_keep_segments_few_and_copies_fewer():
    """Ten thousand edits beside 100,000 notes: each note is copied some ten times, the large segment never."""
    sizes, copied = [100_000], 0
    for _ in range(10_000):
        before = [*sizes, 1]
        sizes = folded(before)
        copied += sizes[-1] if len(sizes) < len(before) else 0
        assert len(sizes) <= MAX_SEGMENTS

    assert sizes[0] == 100_000
    assert copied < 15 * 10_000


def test_a_segment_that_is_mostly_dead_is_folded():
    """What was deleted or replaced is in the way of each search."""
    assert plan_fold([100, 50, 3], [0, 20, 0]) == 1
    assert plan_fold([100, 50, 3], [10, 5, 0]) is None
