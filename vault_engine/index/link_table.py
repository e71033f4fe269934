"""Who may link to what: an inverted table from the names that links hold to the notes that hold them.

The table never says where a link leads: a new file may change that for notes nobody touched. It only says which notes'
links must be resolved to know who links to a file, so two names with one hash do no harm.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def key_hash(key: str) -> int:
    """Give the 64-bit number that stands for a name, the same in every process."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class LinkPostings:
    """For each key the notes that hold it, by number; never changed. The arrays may lie in a file."""

    keys: NDArray[np.uint64]  # hashes, sorted and distinct
    starts: NDArray[np.int64]  # of each key's notes; one more than keys
    notes: NDArray[np.int32]  # in rising order for each key

    @classmethod
    def of(cls, keys: Iterable[Collection[str]]) -> "LinkPostings":
        """Make the table of notes 0, 1, 2 …, given the names that each of them holds."""
        numbers: dict[str, int] = {}
        counts: list[int] = []
        held: list[int] = []
        for names in keys:
            counts.append(len(names))
            held.extend([numbers.setdefault(name, len(numbers)) for name in names])
        hashes = np.fromiter(map(key_hash, numbers), np.uint64, len(numbers))
        pairs = hashes[np.array(held, np.int64)] if held else hashes
        notes = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        order = np.lexsort((notes, pairs))
        pairs, notes = pairs[order], notes[order]
        distinct, starts = np.unique(pairs, return_index=True)
        return cls(distinct, np.append(starts, len(pairs)).astype(np.int64), notes)

    def holders(self, key: int) -> NDArray[np.int32]:
        """Give the notes that hold a name with this hash, in rising order."""
        at = int(np.searchsorted(self.keys, np.uint64(key)))
        if at == len(self.keys) or int(self.keys[at]) != key:
            return self.notes[:0]
        return self.notes[self.starts[at] : self.starts[at + 1]]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give what is kept of the table on disk."""
        return {"keys": self.keys, "starts": self.starts, "notes": self.notes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "LinkPostings":
        """Take the table from what was kept, without looking at all of it."""
        return cls(
            arrays["keys"].view(np.uint64),
            arrays["starts"].view(np.int64),
            arrays["notes"].view(np.int32),
        )


class LinkTable:
    """The notes that hold a name, kept note by note: a large table that stays, and what changed since it was made."""

    def __init__(self, base: LinkPostings | None = None, paths: Sequence[str] = ()) -> None:
        """Begin with a table of notes; ``paths`` are theirs, by number."""
        self._base = base or LinkPostings.of(())
        self._paths = paths
        self._changed: dict[str, tuple[int, ...]] = {}  # what each note holds that was put or dropped
        self._added: defaultdict[int, dict[str, None]] = defaultdict(dict)

    @classmethod
    def of(cls, notes: Iterable[tuple[str, Collection[str]]]) -> "LinkTable":
        """Make the table of many notes: their paths and the names they hold."""
        paths: list[str] = []

        def names() -> Iterator[Collection[str]]:
            for path, held in notes:
                paths.append(path)
                yield held

        return cls(LinkPostings.of(names()), paths)

    def put(self, path: str, keys: Collection[str]) -> None:
        """Take in what a note holds, in place of what it held."""
        self.drop(path)
        self._changed[path] = tuple(map(key_hash, keys))
        for key in self._changed[path]:
            self._added[key][path] = None

    def drop(self, path: str) -> None:
        """Forget a note."""
        for key in self._changed.get(path, ()):
            holders = self._added[key]
            holders.pop(path, None)
            if not holders:
                del self._added[key]
        self._changed[path] = ()

    def holders(self, key: str) -> list[str]:
        """Give the paths of the notes that hold a name, sorted; seldom also one that does not."""
        number = key_hash(key)
        kept = (self._paths[note] for note in self._base.holders(number).tolist())
        found = [path for path in kept if path not in self._changed]
        found += self._added.get(number, ())
        return sorted(found)
