"""Text to terms, in order: where each stands, in what language the text is, and how Whoosh sees it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.keyword.analyse import Analyser, detect_language, runs
from vault_engine.index.keyword.language import Language
from vault_engine.index.keyword.schema import WhooshAnalyser

ENGLISH = Analyser("en")


def test_stop_words_leave_a_gap():
    """A word that has no term takes a position all the same; each pair of ideographs takes one."""
    found = [(word.position, word.term) for word in ENGLISH.tokens("The state of the 潮位デ berth-v2")]

    assert [(1, "state"), (4, "潮位"), (5, "位デ"), (6, "berth"), (7, "v2")] == found


@given(st.text(max_size=80))
def test_tokens_stand_where_they_say(text):
    """Each is made of the characters between its ends, counted as the bag of terms counts it, in order."""
    composed = unicodedata.normalize("NFC", text)
    tokens = list(ENGLISH.tokens(composed))

    assert sorted(tokens) == tokens
    for token in tokens:
        again = [part.term for run in runs(composed[token.start : token.end]) for part in ENGLISH.parts(run)]
        assert [token.term] == again
    assert ENGLISH.counts(text) == {term: [t.term for t in tokens].count(term) for term in ENGLISH.counts(text)}
    assert len(tokens) == sum(ENGLISH.counts(text).values())


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_ascii_is_cut_as_everything_else_is(text):
    """The short cut for it changes nothing."""
    assert runs(text) == runs(text + " é")[:-1]


def test_whoosh_sees_the_same_terms():
    """With their positions and characters, and the text between them if it asks for it."""
    analyser = WhooshAnalyser(ENGLISH)

    tokens = analyser("The Berths of\nBrest", positions=True, chars=True, keeporiginal=True, start_pos=10)

    expected = [("berth", 11, 4, 10, "Berths"), ("brest", 13, 14, 19, "Brest")]
    assert expected == [(t.text, t.pos, t.startchar, t.endchar, t.original) for t in tokens]
    assert ["Half a wor"] == [token.text for token in analyser("Half a wor", tokenize=False)]


def test_the_schema_cuts_every_text_field_alike():
    """A word means the same in the title as in the body."""
    schema = Language(ENGLISH).schema

    for field in ("text", "title", "body", "tags", "headings", "aliases", "properties"):
        assert ["berth"] == list(schema[field].process_text("the Berths"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The berth was booked twice, and it is not known by whom or when this will be sorted out", "en"),
        ("Der Liegeplatz ist doppelt gebucht, und wir wissen nicht, wer das war oder wann es war", "de"),
        ("La place est réservée deux fois et nous ne savons pas qui l'a fait ni quand ce sera réglé", "fr"),
        ("El amarre está reservado dos veces y no sabemos quién lo hizo ni cuándo se va a arreglar", "es"),
        ("De ligplaats is dubbel geboekt en wij weten niet wie dat heeft gedaan of wanneer het was", "nl"),
        ("Båtplatsen är dubbelbokad och vi vet inte vem som gjorde det eller när det var så", "sv"),
        ("Место забронировано дважды, и мы не знаем, кто это сделал и когда это было", "ru"),
        ("潮位データは毎日更新されます", "en"),
        ("", "en"),
        ("berth", "en"),
    ],
)
def test_a_language_is_known_by_its_stop_words(text, language):
    """English where there are too few of any."""
    assert language == detect_language([text])


def test_the_language_of_many_texts_is_that_of_most():
    """One in another language does not change it."""
    german = "Das ist nicht der Hafen, in dem wir waren, und es war auch nicht die Zeit"
    english = "This is not the harbour that we were in"

    assert "de" == detect_language([english] + [german] * 5)
    assert "de" == detect_language(iter([german] * 5_000 + [english] * 50_000))
