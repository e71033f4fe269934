"""What notes are filtered by: for each property the notes that have each value. Pure.

Rows are of notes, but a property is a note's: so columns count notes, and the caller says which note a row is of.
"""

import math
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.postings import Ints, Offsets
from vault_engine.index.keyword.strings import Strings

NESTED = frozenset({"tag", "category", "path"})  # whoever asks for ``a`` means ``a/b`` too
NO_DATE = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = Sequence[str] | float | int | datetime


class Values(NamedTuple):
    """The notes of each value of a property; those of value ``v`` are ``notes[starts[v]:starts[v + 1]]``."""

    values: Strings
    starts: Offsets  # shape (values + 1,)
    notes: Ints  # ascending within a value

    def of(self, value: int) -> Ints:
        """Give the notes of a value."""
        return self.notes[int(self.starts[value]) : int(self.starts[value + 1])]


@dataclass(frozen=True, slots=True)
class Columns:
    """The properties of the notes of a segment that can be filtered by."""

    note_count: int
    keywords: Mapping[str, Values]
    numbers: Mapping[str, NDArray[np.float64]]  # NaN: the note has none; shape (notes,)
    dates: Mapping[str, Offsets]  # microseconds since 1970 in UTC, NO_DATE: the note has none; shape (notes,)

    def having(self, name: str, value: str) -> Ints:
        """Give the notes that have a value, ascending; of a nested property also those with a value below it."""
        column = self.keywords.get(name)
        number = column.values.find(encoded(name, value)) if column else None
        return column.of(number) if column and number is not None else np.zeros(0, np.int32)

    def stating(self, name: str) -> Ints:
        """Give the notes that have any value of a property, ascending."""
        column = self.keywords.get(name)
        of_words = np.unique(column.notes) if column else np.zeros(0, np.int32)
        return np.union1d(of_words, self.between(name, None, None, open_low=False, open_high=False))

    def between(self, name: str, low: float | None, high: float | None, *, open_low: bool, open_high: bool) -> Ints:
        """Give the notes whose number or date is in a range; None: no limit, but the note must have one.

        Args:
            name: of the property.
            low: a number, or for a date microseconds since 1970.
            high: the same.
            open_low: ``low`` itself is not in the range.
            open_high: ``high`` itself is not in the range.
        """
        values = self.dates.get(name) if name in self.dates else self.numbers.get(name)
        if values is None:
            return np.zeros(0, np.int32)
        kept = values != NO_DATE if name in self.dates else ~np.isnan(values)
        if low is not None:
            kept &= values > low if open_low else values >= low
        if high is not None:
            kept &= values < high if open_high else values <= high
        return np.flatnonzero(kept).astype(np.int32)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give everything as arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"note_count": np.array([self.note_count], np.int64)}
        for name, column in self.keywords.items():
            arrays[f"keyword/{name}/values"] = column.values.blob
            arrays[f"keyword/{name}/value_starts"] = column.values.starts
            arrays[f"keyword/{name}/starts"] = column.starts
            arrays[f"keyword/{name}/notes"] = column.notes
        arrays |= {f"number/{name}": values for name, values in self.numbers.items()}
        return arrays | {f"date/{name}": values for name, values in self.dates.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Make columns of what `arrays` gave, without a copy.

        Raises:
            KeyError: an array is missing.
        """
        keywords = {}
        for name in _named(arrays, "keyword/", "/notes"):
            parts = (arrays[f"keyword/{name}/{part}"] for part in ("values", "value_starts", "starts", "notes"))
            blob, value_starts, starts, notes = parts
            keywords[name] = Values(Strings(blob, value_starts), starts, notes)  # type: ignore[arg-type]
        numbers = {name: arrays[f"number/{name}"] for name in _named(arrays, "number/", "")}
        dates = {name: arrays[f"date/{name}"] for name in _named(arrays, "date/", "")}
        return cls(int(arrays["note_count"][0]), keywords, numbers, dates)  # type: ignore[arg-type]


def make_columns(notes: Sequence[Mapping[str, Value]]) -> Columns:
    """Make the columns of notes given as their properties by name, note 0 first.

    Texts become keywords, compared without case; numbers and dates can be asked for by ranges. A date without a zone
    is taken as UTC.
    """
    lists: dict[str, dict[bytes, list[int]]] = {}
    known: dict[tuple[str, str], Collection[bytes]] = {}  # most values of some properties are those of many notes
    numbers: dict[str, NDArray[np.float64]] = {}
    dates: dict[str, Offsets] = {}
    for note, properties in enumerate(notes):
        for name, value in properties.items():
            if isinstance(value, datetime):
                if name not in dates:
                    dates[name] = np.full(len(notes), NO_DATE, np.int64)
                dates[name][note] = microseconds(value)
            elif isinstance(value, int | float):
                if math.isnan(value):
                    continue
                if name not in numbers:
                    numbers[name] = np.full(len(notes), np.nan)
                numbers[name][note] = value
            else:
                by_value = lists.setdefault(name, {})
                for each in _all_values(name, (value,) if isinstance(value, str) else value, known):
                    if each in by_value:
                        by_value[each].append(note)
                    else:
                        by_value[each] = [note]
    keywords = {name: _keywords(by_value) for name, by_value in sorted(lists.items()) if by_value}
    return Columns(len(notes), keywords, dict(sorted(numbers.items())), dict(sorted(dates.items())))


def merge_columns(parts: Sequence[Columns], new_notes: Sequence[Ints]) -> Columns:
    """Make one of several: exactly what making the columns of the notes that are left over would give.

    Args:
        parts: at least one.
        new_notes: for each part the new number of each of its notes, -1 for one that is dropped. Together they are
            all numbers from 0 to the number of notes left over, each once.
    """
    count = sum(int((notes >= 0).sum()) for notes in new_notes)
    pairs = list(zip(parts, new_notes, strict=True))
    keywords = {}
    for name in sorted({name for part in parts for name in part.keywords}):
        column = _merged([(part.keywords[name], notes) for part, notes in pairs if name in part.keywords])
        if len(column.values):
            keywords[name] = column
    numbers = {}
    for name in sorted({name for part in parts for name in part.numbers}):
        values = np.full(count, np.nan)
        for part, notes in pairs:
            if name in part.numbers:
                values[notes[notes >= 0]] = part.numbers[name][notes >= 0]
        if not np.isnan(values).all():
            numbers[name] = values
    dates = {}
    for name in sorted({name for part in parts for name in part.dates}):
        moments = np.full(count, NO_DATE, np.int64)
        for part, notes in pairs:
            if name in part.dates:
                moments[notes[notes >= 0]] = part.dates[name][notes >= 0]
        if (moments != NO_DATE).any():
            dates[name] = moments
    return Columns(count, keywords, numbers, dates)


def encoded(name: str, value: str) -> bytes:
    """Bring a value of a property into the form in which it is kept and compared."""
    text = (value if value.isascii() else unicodedata.normalize("NFC", value)).strip().casefold()
    if name in NESTED:
        text = text.strip("/").lstrip("#") if name == "tag" else text.strip("/")
    return text.encode("utf-8", "surrogatepass")


def microseconds(moment: datetime) -> int:
    """Give a moment in microseconds since 1970; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def _all_values(name: str, values: Sequence[str], known: dict[tuple[str, str], Collection[bytes]]) -> Collection[bytes]:
    """Give what a note with these values is found by, each once."""
    if len(values) != 1:
        return {each for value in values for each in _all_values(name, (value,), known)}
    if name not in NESTED:
        whole = encoded(name, values[0])
        return (whole,) if whole else ()
    found = known.get((name, values[0]))
    if found is None:
        whole = encoded(name, values[0])
        above = accumulate(whole.split(b"/")[:-1], lambda folder, part: b"%b/%b" % (folder, part))
        found = {whole, *above} - {b""}
        if name != "path":
            known[name, values[0]] = found
    return found


def _keywords(by_value: Mapping[bytes, list[int]]) -> Values:
    values = sorted(by_value)
    starts = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(by_value[value]) for value in values], out=starts[1:])
    notes = np.fromiter((note for value in values for note in by_value[value]), np.int32, int(starts[-1]))
    return Values(Strings.of(values), starts, notes)


def _merged(parts: Sequence[tuple[Values, Ints]]) -> Values:
    values = sorted({value for column, _ in parts for value in column.values})
    numbers = {value: number for number, value in enumerate(values)}
    keys = []
    for column, new_notes in parts:
        own = np.fromiter(map(numbers.__getitem__, column.values), np.int64, len(column.values))
        notes = new_notes[column.notes]
        keys.append((np.repeat(own, np.diff(column.starts)) << 32 | notes)[notes >= 0])
    ordered = np.sort(np.concatenate(keys))
    used, counts = np.unique(ordered >> 32, return_counts=True)
    starts = np.zeros(len(used) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return Values(Strings.of([values[n] for n in used.tolist()]), starts, (ordered & 0xFFFFFFFF).astype(np.int32))


def _named(arrays: Mapping[str, object], prefix: str, suffix: str) -> list[str]:
    """List what stands between prefix and suffix in the names of arrays."""
    whole = (name for name in arrays if name.startswith(prefix) and name.endswith(suffix))
    return [name[len(prefix) : len(name) - len(suffix)] for name in whole]
