"""Text to terms: the same for what is indexed and what is asked.

Words are cut at everything that is neither letter nor digit, folded to lower case without accents, freed of stop
words and stemmed with Whoosh's stop lists and Snowball stemmers: those of the vault's language, or where a word is in
another script than that, those of the language known best in its script. Chinese, Japanese and Korean, which put no
blanks between words, become overlapping pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from whoosh.lang import has_stemmer, has_stopwords, languages, stemmer_for_language, stopwords_for_language

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(r"[^\W_]+")
_BLANKS = bytes(byte if chr(byte).isalnum() else ord(" ") for byte in range(256))  # for ASCII
_WORD = re.compile(rf"([{_CJK}]+)|[^{_CJK}]+")
# Not the Japanese voicing marks, nor the breve of the Russian short i, which make letters of their own.
_MARKS = re.compile("(?<![\u0438\u0418])\u0306|[\u0300-\u0305\u0307-\u036f]")
_SPECIAL_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_CONTRACTED = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})  # what "it's" and "don't" leave behind
_MAX_WORD = 64  # longer "words" are data: hashes, base64
_MAX_REMEMBERED = 1 << 17  # runs whose terms are kept, so that a long-lived process stays small
_MAX_SAMPLED = 20_000  # words that tell the language
_MIN_STOP_WORDS = 5  # fewer tell nothing
_FALLBACK_LANGUAGE = "en"
_CYRILLIC = ("\u0400", "\u052f")
_IN_CYRILLIC = "ru"
_NOT_IN_LATIN = frozenset({"ar", _IN_CYRILLIC})


class Part(NamedTuple):
    """One term of a run of letters and digits, and where in the run it stands; no term for a stop word."""

    start: int
    end: int
    term: str


class Word(NamedTuple):
    """One word of a text that has a term."""

    position: int  # counts all words before it, stop words too
    start: int  # characters
    end: int
    term: str


class _Rules(NamedTuple):
    """How one language makes terms."""

    stem: Callable[[str], str]
    stop_words: frozenset[str]


class Analyser:
    """Turns text into terms for one language; remembers the terms of the runs it has seen."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._own = _rules(language)
        self._latin = _rules(_FALLBACK_LANGUAGE) if language in _NOT_IN_LATIN else self._own
        self._cyrillic = _rules(_IN_CYRILLIC)
        self._parts_of: dict[str, tuple[Part, ...]] = {}

    def counts(self, text: str) -> dict[str, int]:
        """Count the terms of a text, in the order they first appear."""
        counts: dict[str, int] = {}
        for run, count in Counter(runs(text)).items():
            for part in self.parts(run):
                if part.term:
                    counts[part.term] = counts.get(part.term, 0) + count
        return counts

    def tokens(self, text: str) -> Iterator[Word]:
        """Give the words of an NFC text that have a term, in order; offsets count characters."""
        position = 0
        for match in _RUN.finditer(text):
            for part in self.parts(match[0]):
                if part.term:
                    yield Word(position, match.start() + part.start, match.start() + part.end, part.term)
                position += 1

    def found(self, text: str, terms: Iterable[str]) -> Iterator[tuple[int, int, str]]:
        """Give ``(start, end, term)`` of each word of an NFC text that has one of some terms, as `tokens` would.

        A word that begins otherwise than all of them is not looked at: no stemmer changes the first letter of a word of
        plain letters.
        """
        wanted = frozenset(terms)
        firsts = {term[0] for term in wanted}
        for match in _RUN.finditer(text):
            run = match[0]
            if run[0].lower() in firsts or not run.isascii():
                for part in self.parts(run):
                    if part.term in wanted:
                        yield match.start() + part.start, match.start() + part.end, part.term

    def parts(self, run: str) -> tuple[Part, ...]:
        """Cut a run, as `runs` gives it, into what takes one position each."""
        parts = self._parts_of.get(run)
        if parts is None:
            if len(self._parts_of) >= _MAX_REMEMBERED:
                self._parts_of.clear()
            parts = self._parts_of[run] = tuple(self._cut(run))
        return parts

    def _cut(self, run: str) -> Iterator[Part]:
        for match in _WORD.finditer(run):
            if match[1]:
                for offset, pair in enumerate(_pairs(match[1]), match.start()):
                    yield Part(offset, offset + len(pair), pair)
            else:
                yield Part(match.start(), match.end(), self._make_term(match[0]))

    def _make_term(self, word: str) -> str:
        lowered = word.casefold()
        rules = self._rules_for(lowered)
        if lowered in rules.stop_words:
            return ""
        folded = fold(lowered)[:_MAX_WORD]
        return rules.stem(folded) if folded.isalpha() else folded

    def _rules_for(self, lowered: str) -> _Rules:
        """Choose by the script of a word, which its first letter tells."""
        if lowered.isascii():
            return self._latin
        return self._cyrillic if _CYRILLIC[0] <= lowered[0] <= _CYRILLIC[1] else self._own


def runs(text: str) -> list[str]:
    """List the runs of letters and digits of a text, in order."""
    if text.isascii():  # the same, three times as fast
        return text.encode().translate(_BLANKS).decode().split()
    return _RUN.findall(composed(text))


def fold(text: str) -> str:
    """Drop the accents of Latin, Greek and Cyrillic letters: a search for Renee finds Renée."""
    if text.isascii():
        return text
    marks_apart = unicodedata.normalize("NFKD", text.translate(_SPECIAL_LETTERS))
    return unicodedata.normalize("NFC", _MARKS.sub("", marks_apart))


def stop_words(language: str) -> frozenset[str]:
    """Give the words of a language that say nothing about a text's subject."""
    listed = stopwords_for_language(language) if has_stopwords(language) else ()
    return frozenset(listed) | _CONTRACTED


def detect_language(texts: Iterable[str]) -> str:
    """Say which of Whoosh's languages texts are in: the one whose stop words they use most.

    Looks at no more than some ten thousand words. English where that tells nothing, as in Chinese.
    """
    words: Counter[str] = Counter()
    left = _MAX_SAMPLED
    for text in texts:
        sample = [run.casefold() for run in runs(text[: 8 * left])][:left]
        words.update(sample)
        left -= len(sample)
        if not left:
            break
    used = {language: _times_used(words, language) for language in languages}
    best = max(used, key=lambda language: (used[language], language == _FALLBACK_LANGUAGE))
    return best if used[best] >= _MIN_STOP_WORDS else _FALLBACK_LANGUAGE


def _times_used(words: Counter[str], language: str) -> int:
    return sum(words[word] for word in stop_words(language) - _CONTRACTED)


def composed(text: str) -> str:
    """Give a text in the form NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _rules(language: str) -> _Rules:
    return _Rules(_stemmer(language), stop_words(language))


def _stemmer(language: str) -> Callable[[str], str]:
    if not has_stemmer(language):
        return str
    stem: Callable[[str], str] = stemmer_for_language(language)
    return stem
