"""What type and tier texts seem to have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.kinds import HELD_BACK, quality, read
from vault_engine.lifecycle.kinds import UNKNOWN, infer


def test_what_is_said_of_labelled_texts_is_right():
    """Nearly always, also of those that the rules were not made with."""
    labelled = read()
    assert len(labelled) >= 60
    for part in (labelled[: HELD_BACK - 1], labelled[HELD_BACK - 1 :]):
        for what, (precision, recall, count) in quality(part).items():
            assert (what, True, True, True) == (what, count >= 20, precision >= 95, recall >= 90)


@pytest.mark.parametrize(
    ("text", "type", "tier"),
    [
        ("We decided to use Redis. It is fast.", "decision", "semantic"),
        ("**Decision**: no cookies.", "decision", "semantic"),
        ("The port is 80.\n\nThe host is db-01.", "fact", "semantic"),
        ("We fixed the login bug.", None, "episodic"),
        ("To deploy, run make release.", None, "procedural"),
    ],
)
def test_type_and_tier(text, type, tier):
    """Each where the text tells it."""
    kind = infer(text)

    assert (type, tier) == (kind.type, kind.tier)
    assert kind.why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "We decided to use Redis. I prefer tea.",
        "Did we decide that?",
        "The port is 80. Thanks!",
        "word " * 400,
    ],
)
def test_what_is_not_plain_is_left_open(text):
    """Two kinds in one text, a question, a long text."""
    assert UNKNOWN == infer(text)


@given(st.text())
def test_any_text_is_taken(text):
    """And what is said of it is said with a reason."""
    kind = infer(text)

    assert (kind == UNKNOWN) == (not kind.why)
