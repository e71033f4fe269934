"""Text to terms: the same for what is indexed and what is asked.

Words are cut at everything that is neither letter nor digit, folded to lower case without accents, freed of stop
words and stemmed with Whoosh's stop lists and Snowball stemmers. Chinese, Japanese and Korean, which put no blanks
between words, become overlapping pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from whoosh.lang import has_stemmer, has_stopwords, stemmer_for_language, stopwords_for_language

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(r"[^\W_]+")
_WORD = re.compile(rf"([{_CJK}]+)|[^{_CJK}]+")
_LATIN_MARKS = re.compile("[\u0300-\u036f]")  # not the Japanese voicing marks, which are letters of their own
_SPECIAL_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_CONTRACTED = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})  # what "it's" and "don't" leave behind
_MAX_WORD = 64  # longer "words" are data: hashes, base64


class Part(NamedTuple):
    """One term of a run of letters and digits, and where in the run it stands."""

    start: int
    end: int
    term: str


class Analyser:
    """Turns text into terms for one language; remembers the terms of each run it has seen."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._stem = _stemmer(language)
        self._stop_words = _stop_words(language)
        self._parts_of: dict[str, tuple[Part, ...]] = {}

    def counts(self, text: str) -> dict[str, int]:
        """Count the terms of a text, in the order they first appear."""
        counts: dict[str, int] = {}
        for run, count in Counter(_RUN.findall(unicodedata.normalize("NFC", text))).items():
            for part in self._parts(run):
                counts[part.term] = counts.get(part.term, 0) + count
        return counts

    def words(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Give ``(start, end, term)`` of each word of an NFC text that has a term; offsets count characters."""
        for match in _RUN.finditer(text):
            for part in self._parts(match[0]):
                yield match.start() + part.start, match.start() + part.end, part.term

    def _parts(self, run: str) -> tuple[Part, ...]:
        parts = self._parts_of.get(run)
        if parts is None:
            parts = self._parts_of[run] = tuple(self._cut(run))
        return parts

    def _cut(self, run: str) -> Iterator[Part]:
        for match in _WORD.finditer(run):
            if match[1]:
                for offset, pair in enumerate(_pairs(match[1]), match.start()):
                    yield Part(offset, offset + len(pair), pair)
            elif term := self._make_term(match[0]):
                yield Part(match.start(), match.end(), term)

    def _make_term(self, word: str) -> str:
        lowered = word.casefold()
        if lowered in self._stop_words:
            return ""
        folded = fold(lowered)[:_MAX_WORD]
        return self._stem(folded) if folded.isalpha() else folded


def fold(text: str) -> str:
    """Drop the accents of Latin, Greek and Cyrillic letters: a search for Renee finds Renée."""
    if text.isascii():
        return text
    marks_apart = unicodedata.normalize("NFKD", text.translate(_SPECIAL_LETTERS))
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", marks_apart))


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _stemmer(language: str) -> Callable[[str], str]:
    if not has_stemmer(language):
        return str
    stem: Callable[[str], str] = stemmer_for_language(language)
    return stem


def _stop_words(language: str) -> frozenset[str]:
    listed = stopwords_for_language(language) if has_stopwords(language) else ()
    return frozenset(listed) | _CONTRACTED
