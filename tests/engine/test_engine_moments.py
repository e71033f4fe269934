"""Points in time as a person writes them."""

import sys
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.engine.moments import read_moment, read_validity_moment
from vault_engine.errors import BadInput

NOW = datetime(2026, 11, 21, 10, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def in_berlin(monkeypatch):
    """An hour ahead of UTC in winter, two in summer."""
    if sys.platform == "win32":
        pytest.skip("Windows takes its zone from its settings alone")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-21T10:30:00.123456Z"),
        ("2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.500000Z"),
        ("2026-11-20 08:00+02:00", "2026-11-20T06:00:00.000000Z"),
        ("2026-11-20 08:00", "2026-11-20T07:00:00.000000Z"),
        ("2026-07-01t08:00", "2026-07-01T06:00:00.000000Z"),
        ("14:30", "2026-11-21T13:30:00.000000Z"),
        ("9:05:07", "2026-11-21T08:05:07.000000Z"),
        ("2026-11-20", "2026-11-20T22:59:59.999999Z"),
        ("2026-10-25", "2026-10-25T22:59:59.999999Z"),  # the day on which clocks go back
        ("2026-03-29", "2026-03-29T21:59:59.999999Z"),
        ("today", "2026-11-21T22:59:59.999999Z"),
        (" Yesterday ", "2026-11-20T22:59:59.999999Z"),
        ("3 days ago", "2026-11-18T10:30:00.123456Z"),
        ("2h ago", "2026-11-21T08:30:00.123456Z"),
        ("1 week ago", "2026-11-14T10:30:00.123456Z"),
        ("90 min ago", "2026-11-21T09:00:00.123456Z"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_this_machine(in_berlin, text, expected):
    """Unless it names its own; a day is its end."""
    assert expected == read_moment(text, NOW)


@pytest.mark.parametrize("text", ["2026-11-20", "yesterday"])
def test_a_day_to_compare_with_a_notes_bounds_is_the_day_itself(in_berlin, text):
    """As notes write days; the zone does not matter."""
    assert "2026-11-20" == read_validity_moment(text, NOW)
    assert read_moment("14:30", NOW) == read_validity_moment("14:30", NOW)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-02-30", "20261120", "2026-W47-6", "25:00", "12:60", "999999 weeks ago", "-1 days ago",
     "3 moons ago", "9999-12-31", "0001-01-01T00:00+14:00", "2026-11-20T08:00 UTC", "٢٠٢٦-11-20"],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_the_forms_there_are(text):
    """The message shows one of each."""
    with pytest.raises(BadInput, match=r"is no point in time: give a day \(2026-11-21"):
        read_moment(text, NOW)


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{1,6} ?[a-z]{1,7} ago|\d{4}-\d\d-\d\d[T ]?[\d:.+Zz-]{0,20}", fullmatch=True)
)
def test_any_text_is_a_moment_or_refused(text):
    """No other exception, and always the journal's own form."""
    try:
        moment = read_moment(text, NOW)
    except BadInput:
        return
    assert moment == datetime.fromisoformat(moment).isoformat(timespec="microseconds").replace("+00:00", "Z")
