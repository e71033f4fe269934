"""The same rows in an index of Whoosh's own, and what it finds in it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keyword_worlds import ENGLISH, expected_lines, quantised
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.index import Index
from whoosh.query import Query
from whoosh.searching import Searcher

from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.keyword.live import Keywords
from vault_engine.index.keyword.model import Bm25f
from vault_engine.index.keyword.reader import Reader
from vault_engine.index.keyword.run import scores
from vault_engine.index.keyword.schema import WhooshAnalyser, make_schema

SCHEMA = make_schema(ENGLISH)


class _Storage(RamStorage):
    """All in memory: Whoosh's own would share one folder for temporary files with every other process."""

    def temp_storage(self, name: str | None = None) -> RamStorage:
        return RamStorage()


class Combined(TEXT):
    """All fields of a row in one, weighted; takes the row as texts by field."""

    def index(self, value: Mapping[str, str], **options: Any) -> Iterator[tuple[bytes, float, float, bytes]]:
        lines = expected_lines([value])
        left = quantised(sum(weight for weight, _ in lines.values()))
        for (term, _), (weight, places) in lines.items():
            yield term, left, weight, self.format.encode(places)  # Whoosh adds the second up to the length
            left = 0


def whoosh_index(rows: Sequence[Mapping[str, str]], notes: Sequence[Mapping[str, Any]] = ()) -> Index:
    fields = dict(SCHEMA.items()) | {"text": Combined(analyzer=WhooshAnalyser(ENGLISH))}
    index = _Storage().create_index(Schema(**fields))
    writer = index.writer()
    for number, row in enumerate(rows):
        note = dict(notes[number]) if notes else {}
        for name, column in make_columns([note]).keywords.items():
            note[name] = [value.decode() for value in column.values]
        writer.add_document(text=row, **row, **note)
    writer.commit()
    return index


def found_by(searcher: Searcher, query: Query) -> dict[int, float]:
    found = searcher.search(query, limit=None)
    return {found.docnum(n): found.score(n) for n in range(found.scored_length())}


def found_by_whoosh(index: Index, query: Query) -> dict[int, float]:
    with index.searcher(weighting=Bm25f()) as searcher:
        return found_by(searcher, query)


def found_by_reader(keywords: Keywords, query: Query) -> dict[int, float]:
    return found_by(Searcher(Reader(keywords, SCHEMA), weighting=Bm25f()), query)


def found_by_arrays(keywords: Keywords, query: Query) -> dict[int, float]:
    found = scores(query, keywords, SCHEMA)
    rows = {row: score for row, score in enumerate(found.scores.tolist()) if score}
    assert found.matched == len(rows)
    return rows


def rounded(found: Mapping[int, float]) -> dict[int, float]:
    """Bring scores to digits that single precision gets right."""
    return {row: round(score, 3) for row, score in sorted(found.items())}


def by_score(found: Mapping[int, float]) -> list[set[int]]:
    """Give the rows in order of their scores, those of one score together."""
    ranks: dict[float, set[int]] = defaultdict(set)
    for row, score in rounded(found).items():
        ranks[score].add(row)
    return [ranks[score] for score in sorted(ranks, reverse=True)]
