"""The tiers: what they are called, when they expire, how use moves a note from one to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.lifecycle.tiers import NEVER, RULES, Life, Tier, tier_of

LIVES = st.builds(
    Life,
    st.sampled_from(Tier),
    st.integers(0, 100),
    st.floats(0, 1000),
    st.floats(0, 1),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("stated", "tier"),
    [
        ("working", Tier.WORKING),
        (" Semantic ", Tier.SEMANTIC),
        ("buffer", Tier.EPISODIC),
        ("world", Tier.CORE),
        ("procedure", Tier.PROCEDURAL),
        ("mine", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tier_is_known_by_its_names(stated, tier):
    """Those of other memories too, without regard to case."""
    assert tier is tier_of(stated)


def test_only_the_first_two_expire_unless_set():
    """And what states no tier never does."""
    assert [3, 30, NEVER, NEVER, NEVER] == [RULES.days_of(tier) for tier in Tier]
    assert NEVER == RULES.days_of(None)
    assert [7, NEVER] == [RULES.with_days({"working": 7, "episodic": NEVER}).days_of(tier) for tier in list(Tier)[:2]]


@pytest.mark.parametrize(
    ("life", "after"),
    [
        (Life(Tier.WORKING, 2, 0, 1, False), Tier.WORKING),
        (Life(Tier.WORKING, 3, 0, 1, False), Tier.EPISODIC),
        (Life(Tier.WORKING, 9, 3, 1, False), Tier.WORKING),  # it has expired
        (Life(Tier.EPISODIC, 5, 29, 1, False), Tier.SEMANTIC),
        (Life(Tier.SEMANTIC, 20, 90, 0.1, False), Tier.CORE),
        (Life(Tier.SEMANTIC, 20, 91, 1, False), Tier.SEMANTIC),
        (Life(Tier.PROCEDURAL, 99, 0, 1, False), Tier.PROCEDURAL),
        (Life(Tier.CORE, 99, 91, 0.4, False), Tier.SEMANTIC),
        (Life(Tier.CORE, 0, 91, 0.4, True), Tier.CORE),
        (Life(Tier.CORE, 0, 90, 0.4, False), Tier.CORE),
    ],
)
def test_use_moves_a_note(life, after):
    """Up one tier at a time; from core back to semantic only what is faded, long unused, and not kept by somebody."""
    assert after is RULES.after_use(life)


@given(LIVES)
def test_a_note_comes_to_rest(life):
    """Judged again and again on one day, a note has one tier in the end: none goes to and fro."""
    seen = [life.tier]
    for _ in range(5):
        seen.append(RULES.after_use(life._replace(tier=seen[-1])))

    assert seen[-1] == seen[-2]
