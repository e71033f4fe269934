"""What a question with a misspelt word may have meant, and the words of a question shown in a text. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from whoosh import highlight as highlights
from whoosh import query as queries
from whoosh.analysis import Token
from whoosh.fields import Schema

from vault_engine.index.keyword.analyse import Analyser, WhooshAnalyser
from vault_engine.index.keyword.live import Keywords
from vault_engine.index.keyword.model import COMBINED
from vault_engine.index.keyword.reader import Reader

MAX_CHARS = 240

_MAX_EDITS = 2
_MAX_WORDS = 4  # of a question that are looked up
_BLANKS = re.compile(r"\s+")


class Suggestion(NamedTuple):
    """A word that a question may have meant."""

    start: int  # of the word as it was written, in characters of the question
    end: int
    term: str  # as the index has it, without its ending: see `written_form`
    row: int  # one that holds it


def suggestions(query: queries.Query, keywords: Keywords, schema: Schema) -> list[Suggestion]:
    """Say for each word that no row holds which other one may have been meant, in order.

    Args:
        query: parsed, so that it knows where its words stand in the question.
        keywords: what is searched.
        schema: its fields.
    """
    reader = Reader(keywords, schema)
    corrector = reader.corrector(COMBINED)
    fields = {COMBINED, *keywords.fields}
    found = []
    words = [leaf for leaf in query.leaves() if isinstance(leaf, queries.Term | queries.Phrase)]
    tokens = [token for leaf in words if leaf.fieldname in fields for token in leaf.tokens()]
    unknown = [token for token in tokens if _is_unknown(token, reader)]
    for token in unknown[:_MAX_WORDS]:
        nearer = (corrector.suggest(token.text, limit=1, maxdist=edits, prefix=1) for edits in range(1, _MAX_EDITS + 1))
        term = next((terms[0] for terms in nearer if terms), None)
        if term is not None:
            rows = keywords.holders(term.encode()).rows
            found.append(Suggestion(token.startchar, token.endchar, term, int(rows[np.argmax(keywords.alive[rows])])))
    return found


def written_form(term: str, text: str, analyser: Analyser) -> str:
    """Give a term as a text that holds it writes it; the term itself if it does not."""
    composed = unicodedata.normalize("NFC", text)
    return next((composed[start:end] for start, end, found in analyser.words(composed) if found == term), term)


def corrected(question: str, found: Sequence[tuple[Suggestion, str]]) -> str:
    """Write words in the place of others: pairs of a suggestion and how it is written, in order."""
    for suggestion, word in reversed(found):
        question = f"{question[: suggestion.start]}{word}{question[suggestion.end :]}"
    return question


def highlight(
    text: str,
    terms: Iterable[str],
    analyser: Analyser,
    *,
    max_chars: int = MAX_CHARS,
    marks: tuple[str, str] = ("", ""),
) -> str:
    """Cut the window of a text that holds the most of some terms, each counted once, and mark them there.

    Args:
        text: a chunk's.
        terms: the question's.
        analyser: what made terms of it.
        max_chars: the window's size; marks, and a ``…`` at either end, come on top.
        marks: what to write before and after each of the words.

    Returns:
        One line; blanks and line breaks are one blank each. The beginning of a text that holds none of the terms.
    """
    composed, window = unicodedata.normalize("NFC", text), _Window(max_chars)
    shown = highlights.highlight(
        composed, frozenset(terms), WhooshAnalyser(analyser), window, _Marks(*marks), top=1, minscore=0
    )
    return str(shown) or _Marks(*marks).format(list(window.fragment_tokens(composed, [])))


class _Window(highlights.Fragmenter):  # type: ignore[misc]
    """Gives the one part of a text that holds the most different words."""

    def __init__(self, max_chars: int) -> None:
        self.max_chars = max_chars

    def fragment_tokens(self, text: str, all_tokens: Iterable[Token]) -> Iterator[highlights.Fragment]:
        """Give it, with the words in it."""
        matched = [token.copy() for token in all_tokens if token.matched]
        best = max((token.startchar for token in matched), key=lambda at: self._held(matched, at), default=0)
        start = self._word_start(text, max(0, best - self.max_chars // 6)) if best else 0
        end = len(text) if len(text) <= start + self.max_chars else self._word_end(text, start)
        inside = [token for token in matched if start <= token.startchar and token.endchar <= end]
        yield highlights.Fragment(text, inside, start, end)

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


class _Marks(highlights.Formatter):  # type: ignore[misc]
    """Writes a part of a text on one line, with marks around words."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = before, after

    def format_token(self, text: str, token: Token, replace: bool = False) -> str:
        """Write one of the words."""
        return f"{self._before}{highlights.get_text(text, token, replace)}{self._after}"

    def format(self, fragments: Sequence[Any], replace: bool = False) -> str:
        """Write the one part there is."""
        lines = []
        for part in fragments:
            shown = _BLANKS.sub(" ", self.format_fragment(part, replace)).strip()
            before, after = part.text[: part.startchar].strip(), part.text[part.endchar :].strip()
            lines.append(f"{'…' if before else ''}{shown}{'…' if after else ''}")
        return " ".join(lines)


def _is_unknown(token: Token, reader: Reader) -> bool:
    is_word = isinstance(token.text, str) and token.startchar is not None
    return is_word and not reader.doc_frequency(COMBINED, token.text)
