"""`valid_from` and `valid_to`: when what a note says holds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.validity import Validity, microseconds, validity

NOON = microseconds("2026-11-21T12:00:00Z")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, True),
        ({"valid_from": "2026-11-21"}, True),
        ({"valid_from": "2026-11-22"}, False),
        ({"valid_from": "2026-11-21T12:00:00Z"}, True),
        ({"valid_from": "2026-11-21T12:00:00.000001Z"}, False),
        ({"valid_to": "2026-11-21T12:00:00Z"}, False),
        ({"valid_to": "2026-11-21T12:00:00.000001Z"}, True),
        ({"valid_to": "2026-11-21"}, False),
        ({"valid_to": "2026-11-22"}, True),
        ({"valid_from": "2026-11-01", "valid_to": "2026-12-01"}, True),
        ({"valid_from": "2026-12-01", "valid_to": "2026-11-01"}, False),
        ({"valid_from": None, "valid_to": ""}, True),
    ],
)
def test_a_note_holds_from_the_first_bound_to_just_before_the_second(properties, expected):
    """A bound that is missing is open; a day is its first moment."""
    assert expected == validity(properties).holds(NOON)


@pytest.mark.parametrize(
    "value",
    ["soon", "2026-02-30", "2026-13-01", "2026-1-1", "2026-11-21T25:00", "0000-01-01", 2026, True, ["2026-01-01"], {}],
)
def test_a_bound_that_is_no_date_is_open_and_said_to_be(value):
    """The other one counts all the same."""
    assert Validity(None, 1, f"valid_from is no date: {str(value)!r}") == validity(
        {"valid_from": value, "valid_to": "1970-01-01T00:00:00.000001Z"}
    )


def test_bounds_in_the_wrong_order_are_said_to_be():
    """Such a note never holds."""
    assert "valid_to is not after valid_from, so it never holds" == validity(
        {"valid_from": "2026-01-01", "valid_to": "2026-01-01"}
    ).problem  # fmt: skip


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones | st.just(UTC)))
def test_a_moment_is_read_as_the_standard_library_reads_it(moment):
    """Whatever its zone and its decimals."""
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == microseconds(moment.isoformat())


@given(st.datetimes())
def test_without_a_zone_it_is_utc(moment):
    """As all times in notes are; a blank may stand for the T."""
    assert microseconds(f"{moment.isoformat()}Z") == microseconds(moment.isoformat(" "))


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?([+-]\d\d:?\d\d)?", fullmatch=True))
def test_any_text_is_a_moment_or_none(text):
    """Never an exception."""
    assert isinstance(microseconds(text), int | None)
