"""Words that are nearly the same, found among many at once. Pure."""

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.strings import Strings


def near(strings: Strings, word: str, limit: int, prefix: int = 0) -> list[int]:
    """Give the numbers of the strings that become ``word`` by at most ``limit`` edits, ascending.

    An edit adds, drops or changes a character, as in Whoosh's own index: two that are swapped are two edits.

    Args:
        strings: to choose from.
        word: what they are near to.
        limit: how many edits at most.
        prefix: how many characters at the beginning must be the same.
    """
    begin = strings.beginning_with(word[:prefix].encode("utf-8", "surrogatepass"))
    sizes = np.diff(strings.starts[begin.start : begin.stop + 1])
    may_be = (sizes >= len(word) - limit) & (sizes <= 4 * (len(word) + limit))
    words = {n: strings[n].decode("utf-8", "replace") for n in (np.flatnonzero(may_be) + begin.start).tolist()}
    numbers = [n for n, one in words.items() if abs(len(one) - len(word)) <= limit and one]
    if not numbers or not word:
        return numbers
    close = _distances([words[n] for n in numbers], word) <= limit
    return [n for n, is_close in zip(numbers, close.tolist(), strict=True) if is_close]


def _distances(words: list[str], word: str) -> NDArray[np.uint8]:
    """Give the distance of each of some words, not much longer than the one, shape ``(words,)``."""
    letters = np.array(words)
    width = letters.dtype.itemsize // 4
    table = letters.view(np.uint32).reshape(len(words), width).T
    last = np.repeat(np.arange(width + 1, dtype=np.uint8)[:, None], len(words), axis=1)
    for at, letter in enumerate(map(ord, word), 1):
        row = np.empty_like(last)
        row[0] = min(at, 255)
        for column in range(1, width + 1):
            differs = table[column - 1] != letter
            np.minimum(last[column] + 1, row[column - 1] + 1, out=row[column])
            np.minimum(row[column], last[column - 1] + differs, out=row[column])
        last = row
    lengths = np.fromiter(map(len, words), np.intp, len(words))
    return last[lengths, np.arange(len(words))]
