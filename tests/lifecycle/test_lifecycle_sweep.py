"""What a sweep chooses: what has come so far, the weakest first, no more than a share, and never what is spared."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vault_engine.lifecycle.sweep import MOST_AT_ONCE, Aged, Limits, choose


def aged(strength, age=0.0, left=np.inf, spared=False):
    n = len(strength)
    age = np.full(n, age) if np.isscalar(age) else np.array(age, float)
    return Aged(
        np.array(strength, float),
        age,
        age,
        np.broadcast_to(np.array(left, float), n),
        np.broadcast_to(np.array(spared), n),
    )


def taken(notes, limits):
    return choose(notes, np.ones(len(notes), np.bool_), limits).taken.tolist()


def test_without_a_limit_what_has_expired_goes():
    """However strong it is."""
    assert [2, 0] == taken(aged([0.9, 0.1, 0.5], left=[0, 1, -3]), Limits(max_share=1))


def test_what_passes_both_limits_goes():
    """Weaker than one, older than the other; expired or not."""
    notes = aged([0.1, 0.1, 0.9, 0.2], age=[100, 10, 100, 50], left=0)

    assert [0, 1] == taken(notes, Limits(below=0.2, max_share=1))
    assert [0, 3, 2] == taken(notes, Limits(older_than_days=40, max_share=1))
    assert [0] == taken(notes, Limits(below=0.2, older_than_days=40, max_share=1))


def test_a_share_of_all_notes_goes_but_one_always_may():
    """The rest is counted, for the next run."""
    notes = aged([0.0] * 30)

    assert (3, 30, 0) == (len(taken(notes, Limits(below=1))), *choose(notes, np.ones(30, bool), Limits(below=1))[1:])
    assert 1 == len(taken(aged([0.0] * 3), Limits(below=1)))
    assert MOST_AT_ONCE == len(taken(aged(np.zeros(MOST_AT_ONCE + 1)), Limits(below=1, max_share=1)))


@given(
    arrays.arrays(float, 20, elements=st.floats(0, 1)),
    arrays.arrays(bool, 20),
    arrays.arrays(bool, 20),
    st.floats(0, 1),
)
def test_only_what_is_meant_and_not_spared_goes_the_weakest_first(strength, spared, wanted, below):
    """Whatever there is."""
    chosen = choose(aged(strength, spared=spared), wanted, Limits(below=below, max_share=1))

    assert set(np.flatnonzero(wanted & ~spared & (strength < below))) == set(chosen.taken.tolist())
    assert sorted(strength[chosen.taken]) == strength[chosen.taken].tolist()
    assert int((wanted & spared & (strength < below)).sum()) == chosen.spared
