"""Text to terms: the same for what is indexed and what is asked.

Words are cut at everything that is neither letter nor digit, folded to lower case without accents, freed of stop
words and stemmed with Whoosh's stop lists and Snowball stemmers. Chinese, Japanese and Korean, which put no blanks
between words, become overlapping pairs of characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from whoosh.lang import has_stemmer, has_stopwords, stemmer_for_language, stopwords_for_language

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_LATIN_MARKS = re.compile("[\u0300-\u036f]")  # not the Japanese voicing marks, which are letters of their own
_SPECIAL_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_CONTRACTED = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})  # what "it's" and "don't" leave behind
_MAX_WORD = 64  # longer "words" are data: hashes, base64


class Analyser:
    """Turns text into terms for one language; remembers the term of each word it has seen."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._stem = _stemmer(language)
        self._stop_words = _stop_words(language)
        self._term_of: dict[str, str] = {}  # "" for a stop word

    def terms(self, text: str) -> Iterator[str]:
        """Give the terms of a text in order, repeats and all."""
        for _, _, term in self.words(unicodedata.normalize("NFC", text)):
            yield term

    def words(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Give ``(start, end, term)`` of each word of an NFC text that has a term; offsets count characters."""
        for match in _WORD.finditer(text):
            cjk, word = match.groups()
            if cjk:
                for offset, pair in enumerate(_pairs(cjk)):
                    yield match.start() + offset, match.start() + offset + len(pair), pair
            elif term := self._term(word):
                yield match.start(), match.end(), term

    def _term(self, word: str) -> str:
        term = self._term_of.get(word)
        if term is None:
            term = self._term_of[word] = self._make_term(word)
        return term

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
