"""Some notes of the index, ready to be searched: their catalogue, postings and filter columns. Never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.catalogue import Catalogue
from vault_engine.index.container import ContainerDamaged, open_arrays, write_arrays
from vault_engine.index.keyword.columns import Columns, merge_columns
from vault_engine.index.keyword.postings import Postings, merge

_PARTS = ("catalogue", "postings", "columns")


@dataclass(frozen=True, slots=True)
class Segment:
    """Notes, numbered from 0 in each part; and which notes are no more since the segments before this one."""

    catalogue: Catalogue
    postings: Postings
    columns: Columns
    gone: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.catalogue)

    @property
    def row_count(self) -> int:
        """How many chunks its notes have."""
        return len(self.catalogue.keys)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give all that it is made of, by part and name."""
        return {f"{part}.{name}": array for part in _PARTS for name, array in getattr(self, part).arrays().items()}

    def write(self, file: Path) -> None:
        """Keep it in a new file.

        Raises:
            OSError: it can't be written.
        """
        write_arrays(file, self.arrays(), {"gone": self.gone})


def open_segment(file: Path, *, verify: bool) -> Segment:
    """Open what `Segment.write` wrote, by memory map.

    Raises:
        ContainerDamaged: it is not there, or not as it was written.
    """
    arrays, notes = open_arrays(file, verify=verify)
    try:
        catalogue, postings, columns = (_part(arrays, part) for part in _PARTS)
        return Segment(
            Catalogue.from_arrays(catalogue),
            Postings.from_arrays(postings),
            Columns.from_arrays(columns),
            tuple(notes["gone"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ContainerDamaged(f"{file.name}: {error}") from error


def join(parts: Sequence[Segment], kept: Sequence[NDArray[np.int64]], *, gone: tuple[str, ...] = ()) -> Segment:
    """Put some notes of several segments into one.

    Args:
        parts: the segments, in the order in which their notes shall come.
        kept: the numbers of the notes to keep, each once, in the order in which they shall come; one array a part.
        gone: what the new segment says is no more.
    """
    new_rows, new_numbers = [], []
    row = number = 0
    for part, numbers in zip(parts, kept, strict=True):
        rows = part.catalogue.rows(numbers)
        new_rows.append(_numbered(part.row_count, rows, row))
        new_numbers.append(_numbered(len(part), numbers, number))
        row, number = row + len(rows), number + len(numbers)
    return Segment(
        Catalogue.joined([part.catalogue for part in parts], kept),
        merge([part.postings for part in parts], new_rows),
        merge_columns([part.columns for part in parts], new_numbers),
        gone,
    )


def with_signatures(segment: Segment, signatures: NDArray[np.int64]) -> Segment:
    """Give a segment with other signatures of its files, shape ``(n, 3)``."""
    return replace(segment, catalogue=replace(segment.catalogue, signatures=signatures))


def _numbered(count: int, kept: NDArray[np.int64], first: int) -> NDArray[np.int32]:
    """Say for each of ``count`` what its new number is, -1 where it is not kept."""
    numbers = np.full(count, -1, np.int32)
    numbers[kept] = np.arange(first, first + len(kept), dtype=np.int32)
    return numbers


def _part(arrays: Mapping[str, NDArray[Any]], part: str) -> dict[str, NDArray[Any]]:
    prefix = f"{part}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
