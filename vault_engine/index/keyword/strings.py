"""Many strings in ascending order as two arrays, found by bisection. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

_MAX_LEARNT = 4_096  # so few strings are looked up in a dictionary, made at the first look


class Strings:
    """Distinct strings, as UTF-8, in ascending order of their bytes; each has its place in the order as its number.

    String ``i`` is ``blob[starts[i]:starts[i + 1]]``.
    """

    def __init__(self, blob: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """Take over two arrays.

        Args:
            blob: all strings one after the other, shape ``(bytes,)``.
            starts: where each begins, and where the last ends, shape ``(strings + 1,)``.
        """
        self.blob, self.starts = blob, starts
        self._bytes, self._starts = memoryview(blob.data), memoryview(starts.data)  # quicker than arrays, item by item
        self._numbers: dict[bytes, int] | None = None

    @classmethod
    def of(cls, ordered: Sequence[bytes]) -> "Strings":
        """Keep strings that are distinct and in order."""
        blob = np.frombuffer(b"".join(ordered), np.uint8)
        return cls(blob, np.fromiter(accumulate(map(len, ordered), initial=0), np.int64, len(ordered) + 1))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._bytes[self._starts[number] : self._starts[number + 1]])

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def find(self, string: bytes) -> int | None:
        """Give the number of a string, None if it is not among them."""
        if len(self) <= _MAX_LEARNT:
            if self._numbers is None:
                self._numbers = {string: number for number, string in enumerate(self)}
            return self._numbers.get(string)
        number = self.first_from(string)
        return number if number < len(self) and self[number] == string else None

    def first_from(self, string: bytes) -> int:
        """Give the number of the first string that is not below ``string``; how many there are if all are."""
        return bisect_left(range(len(self)), string, key=self.__getitem__)

    def beginning_with(self, prefix: bytes) -> range:
        """Give the numbers of the strings that begin with ``prefix``."""
        first = self.first_from(prefix)
        # No UTF-8 has the byte 0xff, so all that begin with the prefix are below this.
        return range(first, bisect_left(range(len(self)), prefix + b"\xff", first, key=self.__getitem__))
