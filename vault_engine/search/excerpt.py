"""The part of a chunk that shows why it was found: Whoosh's highlighter, told which part to take. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from whoosh import highlight
from whoosh.analysis import Composable, Token

from vault_engine.index.keyword.analyse import Analyser

MAX_CHARS = 240

_BLANKS = re.compile(r"\s+")


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
    composed, window, line = unicodedata.normalize("NFC", text), _Window(max_chars), _Line()
    found = _Found(analyser, terms)
    shown = highlight.highlight(composed, frozenset(terms), found, window, line, top=1, minscore=0)
    return str(shown) or line.format(list(window.fragment_tokens(composed, [])))


class _Found(Composable):  # type: ignore[misc]
    """Gives the words of a text that have one of some terms, as Whoosh's analysers would."""

    def __init__(self, analyser: Analyser, terms: Collection[str]) -> None:
        self._analyser, self._terms = analyser, terms

    def __call__(self, value: str, **_how: Any) -> Iterator[Token]:
        """One object, changed from word to word, as is usual there."""
        token = Token(chars=True)
        for token.startchar, token.endchar, token.text in self._analyser.found(value, self._terms):
            yield token


class _Window(highlight.Fragmenter):  # type: ignore[misc]
    """Gives the one part of a text that holds the most different words."""

    def __init__(self, max_chars: int) -> None:
        self.max_chars = max_chars

    def fragment_tokens(self, text: str, all_tokens: Iterable[Token]) -> Iterator[highlight.Fragment]:
        """Give it, with the words in it."""
        matched = [token.copy() for token in all_tokens if token.matched]
        best = max((token.startchar for token in matched), key=lambda at: self._held(matched, at), default=0)
        start = self._word_start(text, max(0, best - self.max_chars // 6)) if best else 0
        end = len(text) if len(text) <= start + self.max_chars else self._word_end(text, start)
        inside = [token for token in matched if start <= token.startchar and token.endchar <= end]
        yield highlight.Fragment(text, inside, start, end)

    def _held(self, matched: Sequence[Token], start: int) -> int:
        """Count the different words that a window from here would hold; the first of the best is taken."""
        end = start + self.max_chars * 5 // 6
        return len({token.text for token in matched if start <= token.startchar and token.endchar <= end})

    def _word_start(self, text: str, at: int) -> int:
        blank = text.rfind(" ", max(0, at - 40), at)
        return blank + 1 if blank >= 0 else at

    def _word_end(self, text: str, start: int) -> int:
        at = start + self.max_chars
        blank = text.rfind(" ", max(start, at - 40), at)
        return blank if blank > start else at


class _Line(highlight.Formatter):  # type: ignore[misc]
    """Writes a part of a text on one line."""

    def format_token(self, text: str, token: Token, replace: bool = False) -> str:
        """Write one of the words: as it is."""
        return str(highlight.get_text(text, token, replace))

    def format(self, fragments: Sequence[Any], replace: bool = False) -> str:
        """Write the one part there is."""
        lines = []
        for part in fragments:
            shown = _BLANKS.sub(" ", self.format_fragment(part, replace)).strip()
            before, after = part.text[: part.startchar].strip(), part.text[part.endchar :].strip()
            lines.append(f"{'…' if before else ''}{shown}{'…' if after else ''}")
        return " ".join(lines)
