"""Questions as people and programs type them."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyword_whoosh import SCHEMA, found_by_arrays
from keyword_worlds import ENGLISH, keywords_of
from whoosh.query import (
    And,
    AndNot,
    DateRange,
    Every,
    FuzzyTerm,
    Not,
    NullQuery,
    NumericRange,
    Or,
    Phrase,
    Prefix,
    Term,
    TermRange,
    Wildcard,
)

from vault_engine.index.keyword.language import Language
from vault_engine.index.keyword.phrase import SpacedPhrase
from vault_engine.index.keyword.schema import PROPERTIES

LANGUAGE = Language(ENGLISH)
DAY = datetime(2026, 11, 21)
MINUTE = DAY.replace(hour=10, minute=30)


def text(word):
    return Term("text", word)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("berths tide", And([text("berth"), text("tide")])),
        ("berth OR tide", Or([text("berth"), text("tide")])),
        ("berth NOT tide", And([text("berth"), Not(text("tide"))])),
        ("berth ANDNOT tide", AndNot(text("berth"), text("tide"))),
        ("(berth OR tide) wind", And([Or([text("berth"), text("tide")]), text("wind")])),
        ("the berth of", text("berth")),
        ("title:berth^2", Term("title", "berth", boost=2.0)),
        ("title:(berth wind)", And([Term("title", "berth"), Term("title", "wind")])),
        ('"double booked"', Phrase("text", ["doubl", "book"])),
        ('"double booked"~3', Phrase("text", ["doubl", "book"], slop=3)),
        ('title:"double booked"', Phrase("title", ["doubl", "book"])),
        ('"berth"', text("berth")),
        ('"state of the art"', SpacedPhrase("text", ["state", "art"], gaps=[3])),
        ("“double booked”", Phrase("text", ["doubl", "book"])),
        ("Moor*", Prefix("text", "moor", constantscore=False)),
        ("moorings*", Prefix("text", "moor", constantscore=False)),
        ("b?rth", Wildcard("text", "b?rth", constantscore=False)),
        ("Größe*", Prefix("text", "gross", constantscore=False)),
        ("berht~2", FuzzyTerm("text", "berht", maxdist=2, prefixlength=1, constantscore=False)),
        ("tag:Work/Ports", Term("tag", "work/ports")),
        ("tag:#work", Term("tag", "work")),
        ('tag:"two words"', Term("tag", "two words")),
        ("path:Projects/*", Prefix("path", "projects/")),
        ("tag:*", Every("tag")),
        ("title:*", Every("title")),
        ("*:*", Every()),
        ("category:[a to b]", TermRange("category", "a", "b")),
        ("importance:>0.5", NumericRange("importance", 0.5, None, startexcl=True)),
        ("importance:<=1", NumericRange("importance", None, 1.0)),
        ("importance:[0.5 to 1}", NumericRange("importance", 0.5, 1.0, endexcl=True)),
        ("created:2026-11-21", DateRange("created", DAY, datetime(2026, 11, 22), endexcl=True)),
        ("created:>2026-11-20", DateRange("created", DAY, None, endexcl=True)),
        ("created:>=2026-11-21", DateRange("created", DAY, None, endexcl=True)),
        ("created:<2026-11-21", DateRange("created", None, DAY, endexcl=True)),
        ("updated:[2026 to 2027-02]", DateRange("updated", datetime(2026, 1, 1), datetime(2027, 3, 1), endexcl=True)),
        ("updated:{2026 to 2028}", DateRange("updated", datetime(2027, 1, 1), datetime(2028, 1, 1), endexcl=True)),
        ("created:2026-11-21T10:30", DateRange("created", MINUTE, DAY.replace(hour=10, minute=31), endexcl=True)),
        ("created:2026-12", DateRange("created", datetime(2026, 12, 1), datetime(2027, 1, 1), endexcl=True)),
        ("潮位デ", And([text("潮位"), text("位デ")])),
        ("what is a tide?", text("tide")),
        ("a > berth", text("berth")),
        ("-", NullQuery),
        ("", NullQuery),
        ("the", NullQuery),
    ],
)  # fmt: skip
def test_a_question_is_understood(question, query):
    """With all of it used."""
    parsed = LANGUAGE.parse(question)

    assert query == parsed.query
    assert () == parsed.unused


@pytest.mark.parametrize(
    ("question", "query", "unused"),
    [
        ("berth created:someday", text("berth"), "'someday' is no date (write 2026, 2026-11 or 2026-11-21)"),
        ("berth created:2026-02-30", text("berth"), "'2026-02-30' is no date"),
        ("berth importance:high", text("berth"), "'high' is no number"),
        ("berth importance:nan", text("berth"), "'nan' is no number"),
        ("berth created:20?6", text("berth"), "'20?6' is no date (write 2026, 2026-11 or 2026-11-21)"),
        ("writer:of", text("writer"), "there is no field 'writer': it was taken as a word"),
        ("a* b* c* d* e* f* g* h* berth* tide", None, "berth: there are too many patterns"),
        ("*a* *b* *c*", None, "*c*: there are too many patterns"),
        ("(" * 40 + "berth" + ")" * 40, text("berth"), "brackets within more than 16 brackets"),
        ("[" * 20 + "berth", text("berth"), "ranges, being more than 16"),
        ("berth " * 2000, text("berth"), "what follows the first 4000 characters"),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_said(question, query, unused):
    """And the rest is looked for."""
    parsed = LANGUAGE.parse(question)

    assert (unused,) == parsed.unused
    assert query is None or query == parsed.query


def test_a_patterns_own_words_keep_their_place():
    """A pattern in a property matches without regard to case, and scores nothing of its own."""
    assert [Prefix("tag", "work"), Wildcard("type", "*cision")] == [
        LANGUAGE.parse(question).query for question in ("tag:Work*", "type:*Cision")
    ]


def test_with_any_word_no_word_is_required():
    """Filters then are no more than a word each, too."""
    assert Or([text("berth"), text("tide")]) == LANGUAGE.parse("berth tide", any_word=True).query


PIECES = st.sampled_from([
    *'()[]{}"\'*?~^:<>=-+/\\ \t\n#@', " AND ", " OR ", " NOT ", " ANDNOT ", " ANDMAYBE ", " REQUIRE ", "title:", "tag:",
    "created:", "importance:", "created:>", "*:*", " TO ", "[a to b]", "2026-11", "0.5", "^2", "^0", "~9", '"~0',
    '"~9999', "berth", "the", "潮位", "\ud800", "\0", "İ", "ß", "9" * 21, "berth*", "berth~", "''", "a:b", "text:",
])  # fmt: skip
a_hostile_text = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join))
WORLD = keywords_of(
    [{"title": "berth", "body": "the tide at the berth"}, {"body": "wind 潮位"}, {"tags": "berth", "body": "b a"}],
    notes=[{"tag": ["a/b"], "importance": 0.5, "created": DAY}, {"type": ["a"]}, {"importance": 1}],
)


@settings(max_examples=400)
@given(a_hostile_text, st.booleans())
def test_every_text_is_a_question(question, any_word):
    """Whatever is typed is understood somehow, and what was understood can be run."""
    parsed = LANGUAGE.parse(question, any_word=any_word)

    assert set(found_by_arrays(WORLD, parsed.query)) <= {0, 1, 2}
    assert all(isinstance(each, str) for each in parsed.unused)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "question",
    [
        "(" * 10_000,
        "(berth " * 1_400 + ")" * 1_400,
        "[to" * 3_300,
        "'a" * 5_000,
        '"' * 10_000,
        '"a ' * 3_300,
        "a ANDNOT " * 1_100,
        "NOT " * 2_500,
        "berth OR " * 1_100,
        "a:" * 5_000,
        "tag:" * 2_500,
        "created:>" * 1_100,
        "*" * 10_000,
        "*a" * 5_000,
        "?a*" * 3_300,
        "~" * 10_000,
        "a~" * 5_000,
        "^1" * 5_000,
        "berth^" * 1_600 + "9" * 400,
        " ".join(f"w{number}" for number in range(2_000)),
        " ".join(f"w{number}*" for number in range(2_000)),
        "潮" * 10_000,
        "a" * 10_000,
        "1" * 10_000,
        "importance:" + "9" * 5_000,
        "created:[" + "0" * 9_000 + " to 2026]",
    ],
    ids=lambda question: question[:12],
)
def test_no_question_takes_long(question):
    """Ten thousand characters of anything are understood, and run."""
    assert set(found_by_arrays(WORLD, LANGUAGE.parse(question).query)) <= {0, 1, 2}


def test_every_property_that_can_be_asked_for_is_in_the_schema():
    """Under its own name."""
    assert set(PROPERTIES) <= set(SCHEMA.names())
