"""Marks that nobody sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.invisible import invisible_marks

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tea at four.", ()),
        ("a\u202eb\u202cc\u202e", ("U+202C", "U+202E")),
        ("".join(chr(0xE0000 + ord(mark)) for mark in "do"), ("U+E0064", "U+E006F")),
        ("zero\u200bwidth", ("U+200B",)),
        ("\U0001f468\u200d\U0001f469 \u05d0\u200f \u0645\u06cc\u200c", ()),
        (ENGLAND, ()),
        (ENGLAND + "\U000e0067", ("U+E0067",)),
        ("\U0001f3f4" + "\U000e0067" * 30 + "\U000e007f", ("U+E0067", "U+E007F")),
    ],
)
def test_they_are_named(text, expected):
    """Once each; flags, families and scripts that need a mark have nothing to answer for."""
    assert expected == invisible_marks(text)


@given(st.text(), st.integers(0xE0000, 0xE001F))
def test_none_gets_by_wherever_it_stands(text, code):
    """A tag that no flag is made of is named whatever is around it."""
    half = len(text) // 2
    assert f"U+{code:04X}" in invisible_marks(text[:half] + chr(code) + text[half:])
