"""The curve by which notes fade: laws that hold for any age, any number of uses and any half-life."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.engine.decay import NEVER, RULES, strength, strengths

AGES = st.floats(-1000, 100_000)
USES = st.integers(0, 10**12).map(float)
HALF_LIVES = st.floats(1, 1e6) | st.just(NEVER)
FLOORS = st.sampled_from((0.0, RULES.verified_floor, RULES.pinned_floor))
NOTES = st.tuples(AGES, USES, HALF_LIVES, FLOORS)


@given(st.lists(NOTES, max_size=20))
def test_many_notes_fade_as_each_does(notes):
    """The strengths of an array are those of its notes, bit for bit."""
    columns = np.array(notes, np.float64).reshape(-1, 4).T

    assert [strength(*note) for note in notes] == strengths(*columns).tolist()


@given(NOTES)
def test_a_strength_lies_between_its_floor_and_one(note):
    """Whatever the dates and counts say."""
    assert note[3] <= strength(*note) <= 1


@given(NOTES, st.floats(0, 100_000))
def test_no_note_gets_stronger_by_age_alone(note, later):
    """Nor weaker by being used or by a longer half-life."""
    age, uses, half_life, floor = note

    assert strength(age + later, uses, half_life, floor) <= strength(age, uses, half_life, floor)
    assert strength(age, uses + later, half_life, floor) >= strength(age, uses, half_life, floor)
    assert strength(age, uses, half_life + later, floor) >= strength(age, uses, half_life, floor)


@given(HALF_LIVES.filter(math.isfinite), st.integers(0, 100))
def test_after_its_half_life_a_note_is_half_as_strong(half_life, uses):
    """Each use makes that longer by a tenth, twenty of them and more three times as long."""
    assert 0.5 == pytest.approx(strength(half_life * min(1 + uses / 10, 3), uses, half_life, 0))


@given(AGES, USES)
def test_what_does_not_fade_stays_as_it_is(age, uses):
    """A decision holds until another takes its place."""
    assert 1 == strength(age, uses, RULES.half_life_of("decision"), 0)


def test_a_pinned_note_does_not_fade_and_a_verified_one_not_to_nothing():
    """A note that is both is pinned."""
    assert (0, 0.2, 1, 1) == tuple(
        RULES.floor(pinned=pinned, verified=verified)
        for pinned, verified in ((False, False), (False, True), (True, False), (True, True))
    )


def test_types_are_known_without_regard_to_case_and_others_are_notes():
    """A type that is not known fades as a plain note does, and so does a note without one."""
    assert (30, 60, 60) == tuple(map(RULES.half_life_of, ("Handoff", "recipe", None)))
    assert (0.6, 0.5, 0.5) == tuple(map(RULES.confidence_of, ("Handoff", "recipe", None)))


def test_a_vault_may_set_its_own_half_lives_and_confidences():
    """Those of other types stay; a new default counts for all types that are not known."""
    rules = RULES.with_settings({"note": 10, "recipe": NEVER}, {"recipe": 1})

    assert (10, NEVER, 10, 30) == tuple(map(rules.half_life_of, (None, "recipe", "soup", "handoff")))
    assert (0.5, 1, 0.6) == tuple(map(rules.confidence_of, (None, "recipe", "handoff")))
