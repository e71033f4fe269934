"""What notes state of themselves changes the order among near ties, and no more than that."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.keyword.columns import NO_DATE
from vault_engine.search.quality import Stated, factors
from vault_engine.search.times import DAY
from vault_engine.search.weights import WEIGHTS

NOW = 800 * DAY
BAND = 1.33  # docs/search.md: a note that fits a third better comes first, whatever both state
NUMBERS = st.one_of(st.just(float("nan")), st.floats(-10, 10))


@given(
    st.lists(
        st.tuples(st.one_of(st.just(NO_DATE), st.integers(0, 2 * NOW)), NUMBERS, NUMBERS, st.booleans()),
        min_size=2,
        max_size=2,
    )
)
def test_what_is_stated_moves_a_score_within_a_band(stated):
    """Dates, importance, confidence and pins together: never a third more for one note than for another."""
    dates, importance, confidence, pinned = (np.array(column) for column in zip(*stated, strict=True))
    never = np.full(2, NO_DATE)

    found = factors(
        Stated(dates, never[np.newaxis], never, never, importance, confidence, pinned, np.zeros(2, np.bool_), NO_DATE),
        NOW,
        (),
        WEIGHTS,
    )

    worth = np.prod(list(found.values()), axis=0)
    assert worth.max() <= BAND * worth.min()


def test_the_order_of_what_fits_far_better_is_kept(engine, write_note):
    """Even of notes that say the worst and the best of themselves."""
    write_note("fits.md", "---\nimportance: 0\nconfidence: 0\n---\nlantern of the northern harbour\n")
    write_note("hardly.md", "---\nimportance: 1\nconfidence: 1\npinned: true\ncreated: 2999-01-01\n---\nharbour\n")

    hits = engine.recall("lantern of the northern harbour").hits

    assert ["fits.md", "hardly.md"] == [hit.path for hit in hits]
