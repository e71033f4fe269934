"""Phrases that know of the stop words between their words. Pure."""

from collections.abc import Sequence
from typing import Any, Self

from whoosh import matching, query
from whoosh.query.spans import SpanNear


class SpacedPhrase(query.Phrase):  # type: ignore[misc]
    """A phrase of which some neighbours stand further apart: "state of the art" is two words, three positions apart."""

    def __init__(
        self,
        fieldname: str,
        words: Sequence[str],
        slop: int = 1,
        boost: float = 1.0,
        char_ranges: Any = None,
        gaps: Sequence[int] = (),
    ) -> None:
        """Ask for words.

        Args:
            fieldname: the field that holds them.
            words: their terms, at least two.
            slop: how many positions further than they should be a word may be, and one.
            boost: what scores are multiplied with.
            char_ranges: where the words stand in the query.
            gaps: how many positions each word is after the one before, one fewer than words.
        """
        super().__init__(fieldname, list(words), slop, boost, char_ranges)
        self.gaps = tuple(gaps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpacedPhrase) and super().__eq__(other) and self.gaps == other.gaps

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.gaps))

    def normalize(self) -> Self:
        """Give itself: nothing about it can be said more simply."""
        return self

    def matcher(self, searcher: Any, context: Any = None) -> Any:
        """Give what goes through the rows that hold the phrase, as a chain of words near each other."""
        terms = [query.Term(self.fieldname, word) for word in self.words]
        if any((self.fieldname, term.text) not in searcher.reader() for term in terms):
            return matching.NullMatcher()
        chain: Any = terms[0]
        for term, gap in zip(terms[1:], self.gaps, strict=True):
            chain = SpanNear(chain, term, slop=gap + self.slop - 1, mindist=gap)
        matcher = chain.matcher(searcher, context)
        return matcher if self.boost == 1 else matching.WrappingMatcher(matcher, boost=self.boost)


def gaps_of(phrase: query.Phrase) -> Sequence[int]:
    """Say how many positions each word of a phrase is after the one before."""
    return phrase.gaps if isinstance(phrase, SpacedPhrase) else [1] * (len(phrase.words) - 1)
