"""The part of a chunk that shows why it was found. Pure."""

import re
from collections.abc import Iterable, Sequence

MAX_CHARS = 240

_BLANKS = re.compile(r"\s+")


def excerpt(text: str, words: Iterable[tuple[int, int, str]], terms: Iterable[str], max_chars: int = MAX_CHARS) -> str:
    """Cut the window of ``text`` that holds the most of the query's terms, each counted once.

    Args:
        text: the chunk.
        words: its words in order as ``(start, end, term)``.
        terms: the query's.
        max_chars: the window's size; a ``…`` at either end comes on top.

    Returns:
        One line; blanks and line breaks are one blank each.
    """
    wanted = set(terms)
    found = [(start, end, term) for start, end, term in words if term in wanted]
    start = _best_start(found, max_chars * 5 // 6)
    start = _word_start(text, max(0, start - max_chars // 6)) if start else 0
    end = len(text) if len(text) <= start + max_chars else _word_end(text, start, start + max_chars)
    shown = _BLANKS.sub(" ", text[start:end]).strip()
    return f"{'…' if text[:start].strip() else ''}{shown}{'…' if text[end:].strip() else ''}"


def _best_start(found: Sequence[tuple[int, int, str]], window: int) -> int:
    """Say where the window with the most distinct terms begins; the first of several."""

    def terms_from(start: int) -> int:
        return len({term for at, end, term in found if start <= at and end <= start + window})

    return max((start for start, _, _ in found), key=terms_from, default=0)


def _word_start(text: str, at: int) -> int:
    blank = text.rfind(" ", max(0, at - 40), at)
    return blank + 1 if blank >= 0 else at


def _word_end(text: str, start: int, at: int) -> int:
    blank = text.rfind(" ", max(start, at - 40), at)
    return blank if blank > start else at
