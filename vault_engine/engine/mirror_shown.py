"""Which properties a folder's notes are given that those of the vault do not have, and when they are written anew."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from vault_engine.engine.lifecycle import Faded, faded, is_number
from vault_engine.engine.session import Session
from vault_engine.index.record import Record
from vault_engine.sync.shown import (
    COUNT,
    DECAY,
    KEY_OF,
    LAST,
    Extra,
    day_of,
    differs,
    link_marks,
    marks_of,
    marks_of_day,
    names_of,
    property_marks,
    values_of,
    with_properties,
)

_COUNTERS = (COUNT, LAST)


class Shown:
    """What is to be shown, by the index as of the last refresh and by the counters of this machine."""

    def __init__(self, session: Session, extras: Collection[Extra]) -> None:
        self._session, self.extras = session, extras
        self.day = session.now().date().isoformat()

    def is_due(self, path: str, marks: tuple[str, ...]) -> bool:
        """Say whether what a note shows is to be written anew: not for small changes, and at most once a day.

        Args:
            path: the note.
            marks: what its file is remembered by.
        """
        marks = property_marks(marks)
        record = self._session.index.records.get(path) if self.extras else None
        if record is None:
            return bool(marks)
        day, before = day_of(marks), names_of(marks)
        if day is None:
            return True
        keys = {KEY_OF[extra] for extra in self.extras} - record.properties.keys()
        if keys != before & set(KEY_OF.values()):
            return bool(before) or day != self.day
        return day != self.day and self._has_changed(values_of(marks), self._values(record))

    def add(self, path: str, text: str) -> tuple[str, tuple[str, ...]]:
        """Add to a note what it is to show; give its text and what the additions are remembered by."""
        record = self._session.index.records.get(path)
        if not self.extras or record is None:
            return text, ()
        return with_properties(text, self._values(record), self.day)

    def add_again(self, text: str, marks: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Add to a note what was added to it before."""
        marks = property_marks(marks)
        return with_properties(text, values_of(marks), day_of(marks) or self.day) if marks else (text, ())

    def changed(self, record: Record, marks: tuple[str, ...]) -> dict[str, Any]:
        """Give what a note of the vault is to state itself and does not; nothing twice a day, nor over a person's own.

        Args:
            record: the note.
            marks: what is remembered of it.
        """
        if self.day == day_of(marks):
            return {}
        values, stated = self._values(record), record.properties
        if DECAY in values and (not differs(stated.get(DECAY), values[DECAY]) or _is_theirs(stated.get(DECAY))):
            del values[DECAY]
        if not all(line in marks for line in marks_of({name: stated[name] for name in _COUNTERS if name in stated})):
            values = {name: value for name, value in values.items() if name not in _COUNTERS}
        return {name: value for name, value in values.items() if stated.get(name) != value}

    def stating(self, record: Record, values: dict[str, Any], marks: tuple[str, ...]) -> tuple[str, ...]:
        """Give what is remembered of a note of the vault once it states some values."""
        before = {name: value for name, value in values_of(property_marks(marks)).items() if name in record.properties}
        return (*link_marks(marks), *marks_of(before | values), *marks_of_day(self.day))

    def _has_changed(self, before: dict[str, Any], now: dict[str, Any]) -> bool:
        is_weaker = DECAY in before and differs(before[DECAY], now[DECAY])
        return is_weaker or (COUNT in before and before[COUNT] != now[COUNT])

    def _values(self, record: Record) -> dict[str, Any]:
        one = self._faded.get(record.path) or faded(self._session, [record.path])[0]
        values: dict[str, Any] = {DECAY: round(one.decay, 2)} if Extra.DECAY in self.extras else {}
        if Extra.COUNTERS in self.extras:
            values[COUNT] = one.access_count
            if one.last_accessed:
                values[LAST] = one.last_accessed
        return values

    @cached_property
    def _faded(self) -> dict[str, Faded]:
        return {one.path: one for one in faded(self._session, self._session.index.records.keys())}


def _is_theirs(stated: object) -> bool:
    return stated is not None and not is_number(stated)
