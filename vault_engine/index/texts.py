"""Many strings in two arrays: opening them costs nothing, however many there are. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Texts:
    """Texts by number, kept as UTF-8 one after the other."""

    def __init__(self, blob: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        """Take the arrays.

        Args:
            blob: all the strings.
            ends: shape ``(n + 1,)``; string ``i`` is ``blob[ends[i]:ends[i + 1]]``.
        """
        self._blob = blob
        self._ends = ends

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Texts":
        """Keep strings; halves of surrogate pairs are kept too."""
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        ends = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(each) for each in encoded], out=ends[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> "Texts":
        """Take them from where `arrays` put them."""
        return cls(arrays[name], arrays[f"{name}_ends"])

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Give the arrays, called after ``name``."""
        return {name: self._blob, f"{name}_ends": self._ends}

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        start, end = int(self._ends[number]), int(self._ends[number + 1])
        return self._blob[start:end].tobytes().decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        whole, ends = self._blob.tobytes(), self._ends.tolist()
        for start, end in pairwise(ends):
            yield whole[start:end].decode("utf-8", "surrogatepass")

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many bytes each string has, shape ``(n,)``."""
        return np.diff(self._ends)

    def take(self, numbers: NDArray[np.int64]) -> "Texts":
        """Give some of the strings, in the order of ``numbers``."""
        lengths = np.diff(self._ends)[numbers]
        ends = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum(lengths, out=ends[1:])
        places = np.arange(ends[-1]) + np.repeat(self._ends[numbers] - ends[:-1], lengths)
        return Texts(self._blob[places], ends)

    @staticmethod
    def joined(parts: Iterable["Texts"]) -> "Texts":
        """Put the strings of several after each other."""
        listed = list(parts)
        lengths = np.concatenate([np.zeros(1, np.int64), *(np.diff(part._ends) for part in listed)])
        blobs = [part._blob[int(part._ends[0]) : int(part._ends[-1])] for part in listed]
        return Texts(np.concatenate(blobs) if blobs else np.empty(0, np.uint8), np.cumsum(lengths))
