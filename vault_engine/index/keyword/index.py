"""The rows of the keyword index as they come and go: a large segment and a few newer ones, merged at times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.score import score_rows
from vault_engine.index.keyword.segments import Floats, Ints, Segment, Vocabulary, make_segment, merge, weigh

FIELD_WEIGHTS: Mapping[str, float] = {
    "title": 2.0,
    "aliases": 2.0,
    "headings": 1.5,
    "tags": 1.5,
    "properties": 1.0,
    "body": 1.0,
}
_MAX_SEGMENTS = 8
_MAX_OVERHEAD = 0.25


@dataclass(slots=True)
class KeywordIndex:
    """Rows of weighed terms. Row numbers are the caller's handle on a chunk until `compact` changes them."""

    analyser: Analyser
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    segments: list[Segment] = field(default_factory=list)
    lengths: Floats = field(default_factory=lambda: np.zeros(0, np.float32))  # shape (rows,)
    alive: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))  # shape (rows,)

    def add(self, rows: Sequence[Mapping[str, str]]) -> int:
        """Add rows given as texts by field, as one new segment; return the number of the first."""
        first = len(self.lengths)
        weighed = {first + offset: self._weigh(fields) for offset, fields in enumerate(rows)}
        self.segments.append(make_segment(weighed, self.vocabulary))
        lengths = np.array([sum(terms.values()) for terms in weighed.values()], np.float32)
        self.lengths = np.concatenate([self.lengths, lengths])
        self.alive = np.concatenate([self.alive, np.ones(len(rows), np.bool_)])
        if len(self.segments) > _MAX_SEGMENTS:  # the first is the large one, and is left alone
            self.segments[1:] = [merge(self.segments[1:], np.arange(len(self.alive), dtype=np.int32))]
        return first

    def drop(self, rows: range) -> None:
        """Take rows out of every answer."""
        self.alive[rows.start : rows.stop] = False

    def score(self, query: str) -> Floats:
        """Score every row against a query's distinct terms, shape ``(rows,)``."""
        numbers = map(self.vocabulary.find, self.analyser.counts(query))
        return score_rows([number for number in numbers if number is not None], self.segments, self.lengths, self.alive)

    def needs_compaction(self) -> bool:
        """Say whether so much is dead, or outside the first segment, that merging everything pays."""
        if not self.segments:
            return False
        dead = len(self.alive) - int(self.alive.sum())
        first, *newer = (len(segment.rows) for segment in self.segments)
        return dead > _MAX_OVERHEAD * max(len(self.alive), 100) or sum(newer) > _MAX_OVERHEAD * max(first, 10_000)

    def compact(self) -> Ints:
        """Merge everything into one segment without the dead rows.

        Returns:
            Shape ``(old rows,)``: the new number of each old row, -1 for a dead one. Order is kept.
        """
        new_row = np.where(self.alive, np.cumsum(self.alive) - 1, -1).astype(np.int32)
        self.segments = [merge(self.segments, new_row)] if self.segments else []
        self.lengths = self.lengths[self.alive]
        self.alive = np.ones(len(self.lengths), np.bool_)
        return new_row

    def _weigh(self, fields: Mapping[str, str]) -> dict[str, float]:
        return weigh((FIELD_WEIGHTS[name], self.analyser.counts(text)) for name, text in fields.items())
