"""BM25F as a weighting model of Whoosh's, so that its searcher and our own arithmetic give the same scores. Pure."""

from math import log1p
from typing import Any

from whoosh.scoring import WeightingModel, WeightLengthScorer, WeightScorer

from vault_engine.index.keyword.live import K1, B

COMBINED = "text"  # the field that all of a row's words are in


class Bm25f(WeightingModel):  # type: ignore[misc]
    """Okapi BM25 with ``idf = ln(1 + (N - n + 0.5) / (n + 0.5))``, which is never negative, on weighted counts.

    (Robertson & Zaragoza, "The Probabilistic Relevance Framework", 2009, with Lucene's 1 inside the logarithm.) Rows
    that are gone count for nothing. A word asked for in one field is not held against a long one.
    """

    def __init__(self, k1: float = K1, b: float = B) -> None:
        self.k1, self.b = k1, b

    def idf(self, searcher: Any, fieldname: str, text: bytes) -> float:
        """Say how much a term tells."""
        reader = searcher.get_parent().reader()
        frequency, count = reader.doc_frequency(fieldname, text), reader.doc_count()
        return log1p((count - frequency + 0.5) / (frequency + 0.5))

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: float = 1) -> Any:  # noqa: ARG002  Whoosh's own
        """Give what scores the postings of a term."""
        if not searcher.schema[fieldname].scorable:
            return WeightScorer.for_(searcher, fieldname, text)
        return _Scorer(self, searcher, fieldname, text)


class _Scorer(WeightLengthScorer):  # type: ignore[misc]
    def __init__(self, model: Bm25f, searcher: Any, fieldname: str, text: bytes) -> None:
        reader = searcher.get_parent().reader()
        self._idf = searcher.get_parent().idf(fieldname, text)
        self._average = reader.field_length(fieldname) / max(reader.doc_count(), 1) or 1.0
        self._k1, self._b = model.k1, model.b if fieldname == COMBINED else 0.0
        self.setup(searcher, fieldname, text)

    def _score(self, weight: float, length: float) -> float:
        norm = self._k1 * (1 - self._b + self._b * length / self._average)
        return float(self._idf * weight * (self._k1 + 1) / (weight + norm))
