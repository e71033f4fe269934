"""Values in sentences."""

import pytest

from vault_engine.lifecycle.values import values


def only(text):
    """The one value of a text."""
    (found,) = values(text)
    return found.value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 minutes", "120 s"),
        ("one week", "7 days"),
        ("10 MB", "10 megabytes"),
        ("2 TB", "2000 GB"),
        ("10,000", "10000"),
        ("ninety", "90"),
        ("1.5 million euros", "€1,500,000"),
        ("9:30", "09:30"),
        ("3 p.m.", "15:00"),
        ("12 May 2026", "2026-05-12"),
        ("May 12th, 2026", "2026-05-12"),
        ("hourly", "every hour"),
        ("Tuesdays", "every Tuesday"),
        ("fourth", "4th"),
        ("50%", "50 percent"),
    ],
)
def test_two_ways_to_write_one_value(one, other):
    """Give the same."""
    assert only(one) == only(other)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("12 May", "2026-05-12", False),
        ("12 May", "19 May", True),
        ("in May", "12 May 2026", False),
        ("2.1", "2.10", True),
        ("v2.1.3", "v2.1.4", True),
        ("15", "16", True),
        ("2 hours", "120 minutes", False),
    ],
)
def test_what_differs(one, other, differs):
    """Of dates only what both tell is compared; versions are no decimals."""
    assert differs == only(one).differs(only(other))


@pytest.mark.parametrize("text", ["may", "It may march on", "section", "12345678-abc-x1"])
def test_what_is_no_value(text):
    """Words that also are names of months and units."""
    assert all(found.value.dimension == "number" for found in values(text))
