"""From a query to the score of every row: Whoosh's query trees on arrays, and Whoosh itself for what is rare. Pure.

Both ways give the same scores. Where Whoosh decides by the size of the index whether the words of ``pre*`` are scored,
here they are if the query asks for it (``constantscore=False``, as the parser of `language` does), and else not.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh import query as queries
from whoosh.fields import Schema
from whoosh.query.qcore import _NullQuery
from whoosh.query.terms import PatternQuery
from whoosh.searching import Searcher

from vault_engine.index.keyword.columns import microseconds
from vault_engine.index.keyword.distance import near
from vault_engine.index.keyword.live import Keywords, Part, saturated
from vault_engine.index.keyword.model import COMBINED, Bm25f
from vault_engine.index.keyword.phrase import SpacedPhrase, gaps_of
from vault_engine.index.keyword.postings import Floats, Ints, Mask, slices
from vault_engine.index.keyword.reader import Reader
from vault_engine.index.keyword.schema import Property
from vault_engine.index.keyword.strings import Strings

_TINY = np.float32(1e-6)  # what a match is worth that nothing speaks for
_STRIDE = 17  # bits of a row's positions, and one more that keeps rows apart
_FEW = 16  # times fewer rows are looked up one by one

Places = NDArray[np.intp]


class Result(NamedTuple):
    """What a query found."""

    scores: Floats  # 0: does not match; shape (rows,)
    matched: int  # rows


class Matches(NamedTuple):
    """Rows that match part of a query, and how to score them if it comes to that."""

    rows: Ints  # ascending, may be dead
    score: Callable[[Places | slice], Floats]  # of the rows at these places in `rows`


def scores(query: queries.Query, keywords: Keywords, schema: Schema) -> Result:
    """Score every row against a query of Whoosh's."""
    rows, score = _Run(keywords, schema).matches(query)
    at: Places | slice = slice(None)
    if len(keywords.dead):
        at = np.flatnonzero(keywords.alive[rows])
    all_scores = np.zeros(keywords.row_count, np.float32)
    all_scores[rows[at]] = np.maximum(score(at), _TINY)
    return Result(all_scores, len(rows[at]))


class _Run:
    """One query on one state of the index."""

    def __init__(self, keywords: Keywords, schema: Schema) -> None:
        self.keywords, self.schema = keywords, schema
        self._searcher: Searcher | None = None
        self._kinds: dict[type, Callable[[Any], Matches]] = {
            _NullQuery: lambda _: _NONE,
            queries.Term: self._term,
            queries.Or: self._or,
            queries.And: self._and,
            queries.AndNot: self._and_not,
            queries.AndMaybe: self._and_maybe,
            queries.Require: self._require,
            queries.ConstantScoreQuery: lambda node: _constant(self.matches(node.child).rows, node.score),
            queries.Phrase: self._phrase,
            SpacedPhrase: self._phrase,
            queries.Prefix: self._words,
            queries.Wildcard: self._words,
            queries.Regex: self._words,
            queries.FuzzyTerm: self._words,
            queries.TermRange: self._words,
            queries.Variations: self._words,
        }

    def matches(self, node: queries.Query) -> Matches:
        """Find what matches a query or a part of one."""
        mask = self._mask(node)
        if mask is not None:
            return _constant(_set(mask), _worth(node))
        return self._kinds.get(type(node), self._as_whoosh_does)(node)

    # ---- one word

    def _term(self, node: queries.Term) -> Matches:
        if node.fieldname != COMBINED and node.fieldname not in self.keywords.fields:
            return self._as_whoosh_does(node)
        return self._word(node.fieldname, _encoded(node.text), node.boost)

    def _word(self, field: str, term: bytes, boost: float) -> Matches:
        if field == COMBINED:
            rows, weights = self.keywords.holders(term)
            norms, idf = self.keywords.norms, self.keywords.idf(self.keywords.frequency(term))
        else:
            rows, weights = self.keywords.holders_in(field, term)
            norms = np.full(1, self.keywords.k1, np.float32)
            idf = self.keywords.idf(int(self.keywords.alive[rows].sum()))
        factor = np.float32(idf * (self.keywords.k1 + 1) * boost)
        if len(norms) == 1:
            return Matches(rows, lambda at: saturated(weights[at], norms, factor))
        return Matches(rows, lambda at: saturated(weights[at], norms[rows[at]], factor))

    # ---- several words

    def _phrase(self, node: queries.Phrase) -> Matches:
        if not node.words or (node.fieldname != COMBINED and node.fieldname not in self.keywords.fields):
            return _NONE
        field = None if node.fieldname == COMBINED else node.fieldname
        terms = [_encoded(word) for word in node.words]
        words = [self._word(node.fieldname, term, node.boost) for term in terms]
        every = self._meet(words)
        ends = _keys(*self.keywords.places(terms[0], field, every.rows))
        for term, gap in zip(terms[1:], gaps_of(node), strict=True):
            following = _keys(*self.keywords.places(term, field, every.rows))
            before = np.searchsorted(ends, following - gap, "right") - 1
            is_near = before >= 0
            is_near[is_near] = ends[before[is_near]] > following[is_near] - gap - node.slop
            ends = following[is_near]
        rows = (ends >> _STRIDE).astype(np.int32)
        if len(rows):
            rows = rows[np.append(True, rows[1:] != rows[:-1])]
        at = np.searchsorted(every.rows, rows)
        return _some(every, at)

    def _words(self, node: Any) -> Matches:
        """Find the rows that hold any of the words of a pattern, a range ..."""
        if node.fieldname == COMBINED:
            found = [(part, _numbers(part.postings.terms, node)) for part in self.keywords.parts]
            if node.constantscore:
                return _constant(_set(self._sum(found)[1]), node.boost)
            total, matched = self._sum(found)
            rows = _set(matched)
            values = total[rows] * np.float32(node.boost)
            return Matches(rows, lambda at: values[at])
        if node.fieldname in self.keywords.fields:
            lists = [part.postings.terms for part in self.keywords.parts]
            terms = {strings[number] for strings in lists for number in _numbers(strings, node)}
            either = self._either([self._word(node.fieldname, term, node.boost) for term in sorted(terms)])
            return _constant(either.rows, node.boost) if node.constantscore else either
        columns = [part.columns.keywords.get(node.fieldname) for part in self.keywords.parts]
        rows_of = []
        for part, column in zip(self.keywords.parts, columns, strict=True):
            if column is not None:
                notes = np.zeros(part.columns.note_count, np.bool_)
                for number in _numbers(column.values, node):
                    notes[column.of(int(number))] = True
                rows_of.append(np.flatnonzero(notes[part.note_of_row]).astype(np.int32) + np.int32(part.first))
        return _constant(np.concatenate(rows_of) if rows_of else _NONE.rows, node.boost)

    def _sum(self, found: Sequence[tuple[Part, Ints]]) -> tuple[Floats, Mask]:
        """Add up the scores of many words, shape ``(rows,)``, and say which rows hold any, shape ``(rows,)``."""
        frequencies: dict[bytes, int] = {}
        lines = []
        for part, numbers in found:
            postings = part.postings
            sizes = postings.starts[numbers + 1] - postings.starts[numbers]
            at = slices(postings.starts[numbers], sizes)
            rows = postings.rows[at]
            own = postings.counts[at] > 0
            alive = own if part.alive is None else own & part.alive[rows]
            firsts = np.cumsum(sizes) - sizes
            counted = np.add.reduceat(alive, firsts, dtype=np.int64) if len(firsts) else firsts
            for number, count in zip(numbers.tolist(), counted.tolist(), strict=True):
                term = postings.terms[number]
                frequencies[term] = frequencies.get(term, 0) + count
            lines.append((part, numbers, sizes, rows, own, postings.weights_at(at)))
        total = np.zeros(self.keywords.row_count, np.float32)
        matched = np.zeros(self.keywords.row_count, np.bool_)
        for part, numbers, sizes, rows, own, weights in lines:
            counts = np.array([frequencies[part.postings.terms[number]] for number in numbers.tolist()], np.float64)
            idf = np.log1p((self.keywords.live_count - counts + 0.5) / (counts + 0.5))
            factors = np.repeat((idf * (self.keywords.k1 + 1)).astype(np.float32), sizes)
            each = saturated(weights, self.keywords.norms[part.rows][rows], factors)
            total[part.rows] = np.bincount(rows[own], each[own], part.postings.row_count)
            matched[part.rows][rows[own]] = True
        return total, matched

    # ---- combinations

    def _or(self, node: queries.Or) -> Matches:
        if node.scale:
            return self._as_whoosh_does(node)
        if len(node.subqueries) == 1:
            return self.matches(node.subqueries[0])
        return _boosted(self._either([self.matches(each) for each in node.subqueries]), node.boost)

    def _either(self, found: Sequence[Matches]) -> Matches:
        total = np.zeros(self.keywords.row_count, np.float32)
        matched = np.zeros(self.keywords.row_count, np.bool_)
        for each in found:
            total[each.rows] += each.score(slice(None))
            matched[each.rows] = True
        rows = _set(matched)
        return Matches(rows, lambda at: total[rows[at]])

    def _and(self, node: queries.And) -> Matches:
        if len(node.subqueries) == 1:
            return self.matches(node.subqueries[0])
        found, worth, mask = [], 0.0, None
        for each in node.subqueries:
            one = self._mask(each)
            if one is None:
                found.append(self.matches(each))
            else:
                mask, worth = one if mask is None else mask & one, worth + _worth(each)
        if mask is None:
            return _boosted(self._meet(found), node.boost)
        if not found:
            return _constant(_set(mask), worth * node.boost)
        together = self._meet(found)
        rest = _some(together, np.flatnonzero(mask[together.rows]))
        return _boosted(Matches(rest.rows, lambda at: rest.score(at) + np.float32(worth)), node.boost)

    def _meet(self, found: Sequence[Matches]) -> Matches:
        """Find the rows that are in all, scored by the sum."""
        if not found:
            return _NONE
        first, *others = sorted(found, key=lambda each: len(each.rows))
        rows = first.rows
        for other in others:
            rows = rows[_places(rows, other.rows, self.keywords.row_count) >= 0]
        within = [_places(rows, each.rows, self.keywords.row_count) for each in found]

        def score(at: Places | slice) -> Floats:
            total = np.zeros(len(rows[at]), np.float32)
            for each, places in zip(found, within, strict=True):
                total += each.score(places[at])
            return total

        return Matches(rows, score)

    def _and_not(self, node: queries.AndNot) -> Matches:
        found, excluded = self.matches(node.a), self.matches(node.b).rows
        return _some(found, np.flatnonzero(_places(found.rows, excluded, self.keywords.row_count) < 0))

    def _require(self, node: queries.Require) -> Matches:
        found, required = self.matches(node.a), self.matches(node.b).rows
        return _some(found, np.flatnonzero(_places(found.rows, required, self.keywords.row_count) >= 0))

    def _and_maybe(self, node: queries.AndMaybe) -> Matches:
        found, more = self.matches(node.a), self.matches(node.b)
        places = _places(found.rows, more.rows, self.keywords.row_count)

        def score(at: Places | slice) -> Floats:
            total = found.score(at).copy()
            too = places[at] >= 0
            total[too] += more.score(places[at][too])
            return total

        return Matches(found.rows, score)

    # ---- filters

    def _mask(self, node: queries.Query) -> Mask | None:
        """Say which rows match what is worth the same in all of them, shape ``(rows,)``; None for what is not."""
        if isinstance(node, queries.NumericRange):
            return self._between(node)
        if type(node) is queries.Every:
            return self._every(node.fieldname)
        if type(node) is queries.Not:
            others = self.keywords.alive.copy()
            others[self.matches(node.query).rows] = False
            return others
        if type(node) is queries.Term and self._is_property(node.fieldname):
            return self.keywords.having(node.fieldname, _encoded(node.text).decode("utf-8", "replace"))
        return None

    def _is_property(self, field: str) -> bool:
        return field != COMBINED and field in self.schema and isinstance(self.schema[field], Property)

    def _every(self, field: str | None) -> Mask:
        if field is None:
            return self.keywords.alive
        if field != COMBINED and field not in self.keywords.fields:
            return self.keywords.stating(field)
        mask = np.zeros(self.keywords.row_count, np.bool_)
        for part in self.keywords.parts:
            number = None if field == COMBINED else part.postings.fields.index(field)
            bounds = part.postings.bounds
            mask[part.rows] = bounds[:, -1] > 0 if number is None else bounds[:, number + 1] > bounds[:, number]
        return mask

    def _between(self, node: queries.NumericRange) -> Mask:
        low, high = node.start, node.end
        if isinstance(node, queries.DateRange):
            low, high = (None if at is None else microseconds(at) for at in (node.startdate, node.enddate))
        return self.keywords.between(node.fieldname, low, high, open_low=node.startexcl, open_high=node.endexcl)

    # ---- the rest

    def _as_whoosh_does(self, node: queries.Query) -> Matches:
        if self._searcher is None:
            model = Bm25f(self.keywords.k1, self.keywords.b)
            self._searcher = Searcher(Reader(self.keywords, self.schema), weighting=model)
        matcher = node.matcher(self._searcher, self._searcher.context())
        found: list[tuple[int, float]] = []
        while matcher.is_active():
            found.append((matcher.id(), matcher.score()))
            matcher.next()
        rows = np.array([row for row, _ in found], np.int32)
        values = np.array([score for _, score in found], np.float32)
        return Matches(rows, lambda at: values[at])


def _numbers(strings: Strings, node: Any) -> Ints:
    """Give the numbers of the strings that a pattern, a range ... means."""
    return np.fromiter(_meant(strings, node), np.int32)


def _meant(strings: Strings, node: Any) -> Iterable[int]:
    if isinstance(node, queries.Prefix):
        return strings.beginning_with(_encoded(node.text))
    if isinstance(node, PatternQuery):
        pattern = re.compile(node._get_pattern())
        begin = strings.beginning_with(_encoded(node._find_prefix(node.text)))
        return (number for number in begin if pattern.match(strings[number].decode("utf-8", "replace")))
    if isinstance(node, queries.FuzzyTerm):
        return near(strings, node.text, int(node.maxdist), node.prefixlength)
    if isinstance(node, queries.TermRange):
        low, high = _encoded(node.start or ""), None if node.end is None else _encoded(node.end)
        first = strings.first_from(low + b"\0" if node.startexcl else low)
        last = len(strings) if high is None else strings.first_from(high if node.endexcl else high + b"\0")
        return range(first, last)
    found = (strings.find(_encoded(text)) for text in queries.terms.variations(node.text))
    return sorted(number for number in found if number is not None)


def _places(rows: Ints, among: Ints, row_count: int) -> Places:
    """Say where each of some ascending rows is among others, -1 for not at all."""
    if not len(among):
        return np.full(len(rows), -1, np.intp)
    if len(rows) * _FEW < len(among):
        places = np.searchsorted(among, rows)
        places[places == len(among)] = 0
        places[among[places] != rows] = -1
        return places
    place_of = np.full(row_count, -1, np.intp)
    place_of[among] = np.arange(len(among))
    return place_of[rows]


def _keys(rows: Ints, places: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Give one number for each position in each row, so that rows are further apart than any phrase reaches."""
    return (rows.astype(np.int64) << _STRIDE) | places


def _worth(node: Any) -> float:
    """Say what a filter adds to a score."""
    return 1.0 if isinstance(node, queries.Not) else float(node.boost)


def _set(mask: Mask) -> Ints:
    return np.flatnonzero(mask).astype(np.int32)


def _constant(rows: Ints, score: float) -> Matches:
    return Matches(rows, lambda at: np.full(len(rows[at]), score, np.float32))


def _some(found: Matches, places: Places) -> Matches:
    return Matches(found.rows[places], lambda at: found.score(places[at]))


def _boosted(found: Matches, boost: float) -> Matches:
    return found if boost == 1 else Matches(found.rows, lambda at: found.score(at) * np.float32(boost))


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


_NONE = Matches(np.zeros(0, np.int32), lambda _: np.zeros(0, np.float32))
