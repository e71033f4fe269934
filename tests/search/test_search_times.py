"""Times that a question names."""

from datetime import UTC, datetime

import numpy as np
import pytest

from vault_engine.search.run import asked_periods
from vault_engine.search.times import nearness

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def us(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("question", "inside", "outside"),
    [
        ("what did we decide yesterday", us(2026, 11, 20, 9), us(2026, 11, 21, 9)),
        ("what changed today", us(2026, 11, 21, 9), us(2026, 11, 20, 9)),
        ("decisions of 2026-03-10", us(2026, 3, 10, 23), us(2026, 3, 11)),
        ("decisions of 2026-03", us(2026, 3, 31, 23), us(2026, 4, 1)),
        ("what did we do in March 2025?", us(2025, 3, 15), us(2026, 3, 15)),
        ("what did we do in march", us(2026, 3, 15), us(2025, 3, 15)),
        ("what did we do in December", us(2025, 12, 15), us(2026, 11, 15)),
        ("in 2024", us(2024, 2, 29), us(2025, 1, 1)),
        ("three days ago", us(2026, 11, 18, 16), us(2026, 11, 20)),
        ("2 weeks ago", us(2026, 11, 7), us(2026, 11, 20)),
        ("the last 3 months", us(2026, 10, 1), us(2026, 5, 1)),
        ("this week", us(2026, 11, 17), us(2026, 11, 1)),
        ("last week", us(2026, 11, 12), us(2026, 10, 1)),
    ],
)
def test_a_time_is_understood(question, inside, outside):
    """As a date, a month, a year, or counted from now."""
    (period,) = asked_periods(question, int(NOW.timestamp()) * 1_000_000)

    assert period.start <= inside < period.end
    assert not period.start <= outside < period.end


@pytest.mark.parametrize("question", ["may I moor here", "what is 2026", "march on", "2026-13-45", ""])
def test_other_words_name_no_time(question):
    """A verb is no month, and what is no date is none."""
    assert () == asked_periods(question, int(NOW.timestamp()) * 1_000_000)


def test_a_time_before_all_times_does_no_harm():
    """It is merely far away from everything."""
    (period,) = asked_periods("9999 years ago", int(NOW.timestamp()) * 1_000_000)

    assert [0.0] == nearness(np.array([us(2026, 3, 10)]), (period,), -1).tolist()


def test_nearness_falls_with_the_distance():
    """All of it inside, none from twice the length away on, none for a note that does not say."""
    (period,) = asked_periods("2026-03-10", us(2026, 11, 21))
    moments = np.array([us(2026, 3, 10, 12), us(2026, 3, 12), us(2026, 3, 20), -1])

    near = nearness(moments, (period,), -1).tolist()

    assert [1.0, pytest.approx(0.5), 0.0, 0.0] == near


DATED = {
    "daily/2026-02-14.md": "harbour",
    "Kickoff 2026_02_15.md": "harbour",
    "stated.md": "---\ndate: 2026-02-16\nupdated: 2026-08-01\n---\nharbour",
    "made.md": "---\ncreated: 2026-02-17\nupdated: 2026-08-01\n---\nharbour",
    "later.md": "---\ncreated: 2026-08-01\n---\nharbour",
    "of later 2026-08-01.md": "---\ncreated: 2026-02-18\n---\nharbour",
    "no day 2026-02-31 12026-02-01.md": "harbour",
}


def test_the_day_in_a_name_or_a_property_is_when_a_note_is_of(engine, write_note):
    """Else when it was made or changed; a note that has a day is of that day alone."""
    for path, text in DATED.items():
        write_note(path, text)

    hits = engine.recall("harbour in February 2026").hits

    assert set(DATED) == {hit.path for hit in hits}
    of_then = {hit.path for hit in hits if "of the time you name" in hit.why}
    assert {"daily/2026-02-14.md", "Kickoff 2026_02_15.md", "stated.md", "made.md"} == of_then


def test_notes_of_a_day_are_asked_for(engine, write_note):
    """By the field ``date``."""
    for path, text in DATED.items():
        write_note(path, text)

    hits = engine.recall("date:[2026-02-15 to 2026-02-16]", query_syntax=True).hits

    assert {"Kickoff 2026_02_15.md", "stated.md"} == {hit.path for hit in hits}
