"""Terms, postings and BM25F."""

from math import log

import numpy as np
import pytest

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.index import KeywordIndex


@pytest.fixture
def keywords():
    """An empty English keyword index."""
    return KeywordIndex(Analyser("en"))


def scores(keywords, query):
    found = keywords.score(query)
    return [round(float(score), 4) for score in found]


def test_bm25f_as_worked_out_by_hand(keywords):
    """Fields are weighed and added up, then saturated once (k1 0.9, b 0.6).

    Row 0: berth stands in the title (weight 2) and in the body: weight 3, length 2 + 2 = 4.
    Row 1: berth stands in the body once, length 2. Row 2: no berth, length 3. Average length 3.
    """
    keywords.add([{"title": "berth", "body": "berth tide"}, {"body": "berth wind"}, {"body": "wind rain snow"}])

    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    row0 = idf * 3 * 1.9 / (3 + 0.9 * (0.4 + 0.6 * 4 / 3))
    row1 = idf * 1 * 1.9 / (1 + 0.9 * (0.4 + 0.6 * 2 / 3))

    assert [round(row0, 4), round(row1, 4), 0.0] == scores(keywords, "berth")


def test_the_terms_of_a_query_are_added_up_each_once(keywords):
    """Saying a word twice in a question does not make it count twice."""
    keywords.add([{"body": "berth wind"}, {"body": "tide"}])

    each = scores(keywords, "berth")[0] + scores(keywords, "wind")[0]

    assert each == pytest.approx(scores(keywords, "berth wind berth berth")[0], abs=2e-4)


def test_the_rarer_word_counts_for_more(keywords):
    """A word that every row has says little."""
    keywords.add([{"body": "harbour lantern"}, {"body": "harbour buoy"}, {"body": "harbour mole"}])

    assert scores(keywords, "lantern")[0] > scores(keywords, "harbour")[0] > 0


def test_dropped_rows_count_for_nothing(keywords):
    """A row that is gone does not answer, and does not change what the others are worth."""
    keywords.add([{"body": "berth wind"}, {"body": "tide"}, {"body": "berth storm and a lot of other words"}])
    keywords.drop(range(2, 3))
    alone = KeywordIndex(Analyser("en"))
    alone.add([{"body": "berth wind"}, {"body": "tide"}])

    for query in ("berth", "tide", "berth tide"):
        assert [*scores(alone, query), 0.0] == scores(keywords, query)


def test_compaction_keeps_the_answers(keywords):
    """Many segments with dead rows in between become one; every living row keeps its score, and the order stays."""
    for number in range(30):
        keywords.add([{"title": f"note {number % 7}", "body": f"berth {'tide ' * (number % 5)} {number % 3}"}])
    keywords.drop(range(3, 9))
    keywords.drop(range(20, 22))
    queries = ["berth", "tide", "note 3", "berth 2 tide"]
    before = {query: keywords.score(query)[keywords.alive] for query in queries}
    assert 1 < len(keywords.segments) < 10

    new_row = keywords.compact()

    assert 1 == len(keywords.segments)
    assert [-1] * 6 == new_row[3:9].tolist()
    assert list(range(22)) == [row for row in new_row.tolist() if row >= 0]
    for query in queries:
        np.testing.assert_allclose(before[query], keywords.score(query), rtol=1e-5)


def test_an_empty_index_answers_nothing(keywords):
    """No rows, no scores, no division by zero."""
    assert [] == scores(keywords, "anything")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The berths were DOUBLE-booked", ["berth", "doubl", "book"]),
        ("Renée Größe Łukasz Ærø", ["rene", "gross", "lukasz", "aero"]),
        ("cafe\u0301 café", ["cafe"]),
        ("潮位データ", ["潮位", "位デ", "デー", "ータ"]),
        ("港", ["港"]),
        ("PostgreSQL17 v1.2", ["postgresql17", "v1", "2"]),
        ("snake_case under_score", ["snake", "case", "score"]),
        ("it's what we don't", []),
        ("", []),
        ("!!! ??? …", []),
    ],
)
def test_text_becomes_terms(text, terms):
    """Cut at what is no letter or digit; no case, accents, stop words or endings; CJK in overlapping pairs."""
    assert terms == list(Analyser("en").counts(text))


def test_another_language_has_its_own_endings():
    """German words lose German endings."""
    assert ["buchung", "haus"] == list(Analyser("de").counts("Buchungen der Häuser"))
    assert ["buchungen", "der", "hauser"] == list(Analyser("en").counts("Buchungen der Häuser"))


def test_a_language_without_a_stemmer_is_indexed_all_the_same():
    """Words stay as they are."""
    assert ["hafnarinnar"] == list(Analyser("is").counts("hafnarinnar"))
