"""Properties that a note has only in a folder: added without touching anything else, and taken out to the character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.sync.shown import (
    COUNT,
    DECAY,
    LAST,
    day_of,
    differs,
    either,
    marks_of_day,
    names_of,
    property_marks,
    values_of,
    with_properties,
    without_properties,
)

DAY = "2026-11-21"
VALUES = st.fixed_dictionaries(
    {},
    optional={
        DECAY: st.integers(0, 100).map(lambda hundredths: hundredths / 100),
        COUNT: st.integers(0, 10**9),
        LAST: st.just("2026-11-21T12:00:00"),
    },
)
HEADS = st.sampled_from(
    (
        "",
        "---\n---\n",
        "---\n\n---\n",
        "---\na: 1\n---\n",
        "---\r\na: 1\r\n---\r\n",
        "---\n# mine\na: [1, 2]\n\n---\n",
        "\ufeff---\na: 1\n---\n",
        "\ufeff",
        "---\ndecay_score: mine\n---\n",
        "---\naccess_count: 1\nb: 2\n---\n",
        "---\na: [\n---\n",
        "---\na: 1\n",
        '---\n{"a": 1}\n---\n',
    )
)
BODIES = (
    st.sampled_from(("", "\n", "Text\n", "Text", "\r\nText\r\n", "---\nText\n---\n", "decay_score: 1\n")) | st.text()
)


@given(HEADS, BODIES, VALUES)
def test_what_is_added_is_taken_out_to_the_character(head, body, values):
    """Whatever the note is; and what it says itself is the same in between."""
    text = head + body
    shown, marks = with_properties(text, values, DAY)

    assert text == without_properties(shown, marks)
    assert DAY == day_of(marks)
    added = values_of(marks)
    assert names_of(marks) == added.keys() <= values.keys() - read_frontmatter(text).properties.keys()
    if shown != text:
        assert {**read_frontmatter(text).properties, **added} == read_frontmatter(shown).properties
        assert added == {name: values[name] for name in added}


@given(HEADS, BODIES, VALUES, VALUES)
def test_it_is_taken_out_also_where_it_is_not_sure_what_was_written(head, body, before, after):
    """Either text is known by what is remembered of both."""
    text = head + body
    (old, old_marks), (new, new_marks) = (with_properties(text, values, DAY) for values in (before, after))
    marks = either(old_marks, new_marks)

    assert (text, text) == (without_properties(old, marks), without_properties(new, marks))
    assert day_of(marks) is None
    assert values_of(new_marks) == values_of(marks)


def test_a_line_that_was_changed_stays():
    """It is the person's now, and so are the fences around it."""
    shown, marks = with_properties("Text\n", {DECAY: 0.5, COUNT: 3}, DAY)

    assert "---\ndecay_score: 0.6\n---\nText\n" == without_properties(shown.replace("0.5", "0.6"), marks)
    assert "---\nmine: 1\n---\nText\n" == without_properties(shown.replace("---\n", "---\nmine: 1\n", 1), marks)


@pytest.mark.parametrize(
    ("shown", "decay", "does"),
    [
        (0.5, 0.5, False), (0.5, 0.544, False), (0.5, 0.546, True), (0.5, 0.45, True), (0, 0.04, False),
        (None, 0.5, True), ("mine", 0.5, True), (True, 1.0, True),
    ],
)  # fmt: skip
def test_a_decay_is_worth_showing_from_a_twentieth_on(shown, decay, does):
    """By what would be written; what is no number is another one in any case."""
    assert does is differs(shown, decay)


def test_what_is_remembered_of_links_is_told_from_what_is_of_properties():
    """Both stand side by side."""
    links, properties = ("0123456789abcdef",), (*marks_of_day(DAY), "decay_score: 0.5")

    assert properties == property_marks((*links, *properties))
