"""Terms and BM25F."""

import unicodedata
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyword_worlds import ENGLISH, keywords_of

from vault_engine.config import LANGUAGES
from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.words import score_text


def scores(keywords, query):
    return [round(float(score), 4) for score in score_text(query, keywords, ENGLISH)]


def test_bm25f_as_worked_out_by_hand():
    """Fields are weighed and added up, then saturated once (k1 0.9, b 0.6).

    Row 0: berth stands in the title (weight 2) and in the body: weight 3, length 2 + 2 = 4.
    Row 1: berth stands in the body once, length 2. Row 2: no berth, length 3. Average length 3.
    """
    keywords = keywords_of(
        [{"title": "berth", "body": "berth tide"}, {"body": "berth wind"}, {"body": "wind rain snow"}]
    )

    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    row0 = idf * 3 * 1.9 / (3 + 0.9 * (0.4 + 0.6 * 4 / 3))
    row1 = idf * 1 * 1.9 / (1 + 0.9 * (0.4 + 0.6 * 2 / 3))

    assert [round(row0, 4), round(row1, 4), 0.0] == scores(keywords, "berth")


def test_the_terms_of_a_query_are_added_up_each_once():
    """Saying a word twice in a question does not make it count twice."""
    keywords = keywords_of([{"body": "berth wind"}, {"body": "tide"}])

    each = scores(keywords, "berth")[0] + scores(keywords, "wind")[0]

    assert each == pytest.approx(scores(keywords, "berth wind berth berth")[0], abs=2e-4)


def test_the_rarer_word_counts_for_more():
    """A word that every row has says little."""
    keywords = keywords_of([{"body": "harbour lantern"}, {"body": "harbour buoy"}, {"body": "harbour mole"}])

    assert scores(keywords, "lantern")[0] > scores(keywords, "harbour")[0] > 0


def test_rows_that_are_gone_count_for_nothing():
    """They do not answer, and do not change what the others are worth, whatever segment they are in."""
    rows = [{"body": "berth wind"}, {"body": "tide"}, {"body": "berth storm and a lot of other words"}]
    keywords, alone = keywords_of(rows[:1], rows[1:], dead=[2]), keywords_of(rows[:2])

    for query in ("berth", "tide", "berth tide"):
        np.testing.assert_allclose([*scores(alone, query), 0.0], scores(keywords, query), rtol=1e-5)


def test_an_empty_index_answers_nothing():
    """No rows, no scores, no division by zero."""
    assert [] == scores(keywords_of(), "anything")
    assert [] == scores(keywords_of([]), "anything")


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


@given(
    st.sampled_from(LANGUAGES),
    st.lists(st.text("abcdefghijklmnopqrstuvwxyzIéß1潮位", min_size=1, max_size=9), max_size=12).map(" ".join),
    st.data(),
)
def test_the_words_of_some_terms_are_found_as_among_all(language, text, data):
    """In every language, though most words are never looked at."""
    analyser, composed = Analyser(language), unicodedata.normalize("NFC", text)
    words = [(word.start, word.end, word.term) for word in analyser.tokens(composed)]
    terms = data.draw(st.sets(st.sampled_from(sorted({term for *_, term in words}) or ["none"]), max_size=3))

    assert [word for word in words if word[2] in terms] == list(analyser.found(composed, terms))
