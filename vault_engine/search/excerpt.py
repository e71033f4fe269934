"""The part of a chunk that shows why it was found. Pure."""

import re
import unicodedata
from collections.abc import Collection, Sequence

from vault_engine.index.keyword.analyse import Analyser

MAX_CHARS = 240

_BLANKS = re.compile(r"\s+")

_Found = tuple[int, int, str]
"""Where a word begins and ends, in characters, and its term."""


def excerpt(text: str, terms: Collection[str], analyser: Analyser, max_chars: int = MAX_CHARS) -> str:
    """Cut the window of a text that holds the most of some terms, each counted once.

    Args:
        text: a chunk's.
        terms: the question's.
        analyser: what made terms of it.
        max_chars: the window's size; a ``…`` at either end comes on top.

    Returns:
        One line; blanks and line breaks are one blank each. The beginning of a text that holds none of the terms.
    """
    text = unicodedata.normalize("NFC", text)
    found = list(analyser.found(text, terms))
    best = max((start for start, _, _ in found), key=lambda at: _held(found, at, max_chars), default=0)
    start = _word_start(text, max(0, best - max_chars // 6)) if best else 0
    end = len(text) if len(text) <= start + max_chars else _word_end(text, start, max_chars)
    shown = _BLANKS.sub(" ", text[start:end]).strip()
    return f"{'…' if text[:start].strip() else ''}{shown}{'…' if text[end:].strip() else ''}"


def _held(found: Sequence[_Found], start: int, max_chars: int) -> int:
    """Count the different words that a window from here would hold; the first of the best is taken."""
    end = start + max_chars * 5 // 6
    return len({term for first, last, term in found if start <= first and last <= end})


def _word_start(text: str, at: int) -> int:
    blank = text.rfind(" ", max(0, at - 40), at)
    return blank + 1 if blank >= 0 else at


def _word_end(text: str, start: int, max_chars: int) -> int:
    at = start + max_chars
    blank = text.rfind(" ", max(start, at - 40), at)
    return blank if blank > start else at
