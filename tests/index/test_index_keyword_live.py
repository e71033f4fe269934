"""One look at several segments: what counts, how much, and which rows are best."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyword_worlds import ENGLISH, a_text, expected_lines, keywords_of, quantised, some_rows

from vault_engine.index.keyword.build import Builder
from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.keyword.live import Keywords, Part
from vault_engine.index.keyword.words import BLOCK, score_text, top_rows


def scored(keywords, question):
    return [round(float(score), 4) for score in score_text(question, keywords, ENGLISH)]


def test_bm25f_as_worked_out_by_hand():
    """Fields are weighed and added up, then saturated once (k1 0.9, b 0.6).

    Row 0: berth stands in the title (weight 2) and in the body: weight 3, length 2 + 2 = 4.
    Row 1: berth stands in the body once, length 2. Row 2: no berth, length 3. Average length 3.
    """
    keywords = keywords_of(
        [{"title": "berth", "body": "berth tide"}, {"body": "berth wind"}], [{"body": "wind rain snow"}]
    )

    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    row0 = idf * 3 * 1.9 / (3 + 0.9 * (0.4 + 0.6 * 4 / 3))
    row1 = idf * 1 * 1.9 / (1 + 0.9 * (0.4 + 0.6 * 2 / 3))

    assert [round(row0, 4), round(row1, 4), 0.0] == scored(keywords, "berth")


def by_the_formula(rows, question):
    """Every row's score, worked out one by one."""
    lines = expected_lines(rows)
    lengths = [quantised(sum(weight for (_, row), (weight, _) in lines.items() if row == n)) for n in range(len(rows))]
    average = sum(lengths) / max(len(rows), 1) or 1.0
    scores = [0.0] * len(rows)
    for term in ENGLISH.counts(question):
        held = {row: weight for (found, row), (weight, _) in lines.items() if found == term.encode()}
        for row, weight in held.items():
            norm = 0.9 * (0.4 + 0.6 * lengths[row] / average)
            scores[row] += log(1 + (len(rows) - len(held) + 0.5) / (len(held) + 0.5)) * weight * 1.9 / (weight + norm)
    return scores


@given(some_rows, a_text)
def test_segments_and_questions_of_any_kind_score_as_the_formula_says(rows, question):
    """Whatever segments the rows are in."""
    keywords = keywords_of(rows[:3], rows[3:5], rows[5:])

    np.testing.assert_allclose(by_the_formula(rows, question), score_text(question, keywords, ENGLISH), rtol=1e-4)


@given(some_rows, a_text, st.sets(st.integers(0, 11)))
def test_rows_that_are_gone_change_no_score(rows, question, dead):
    """As if they had never been."""
    alive = [number for number in range(len(rows)) if number not in dead]
    expected = np.zeros(len(rows), np.float32)
    expected[alive] = score_text(question, keywords_of([rows[number] for number in alive]), ENGLISH)

    found = score_text(question, keywords_of(rows[:4], rows[4:], dead=sorted(dead)), ENGLISH)

    np.testing.assert_allclose(expected, found, rtol=1e-5)


def test_a_word_that_many_rows_hold_is_worth_the_same_each_time():
    """It is remembered after the first question."""
    keywords = keywords_of([{"body": f"berth {number}"} for number in range(20)])
    first = scored(keywords, "berth 7")

    assert first == scored(keywords, "berth 7")
    assert keywords.frequency(b"berth") == 20


def test_filters_are_of_notes_and_answer_in_rows():
    """Every chunk of a note that has the value; over all segments, each with notes of its own."""
    parts, first = [], 0
    for notes, note_of_row in (
        ([{"tag": ["a/b"]}, {"tag": ["c"]}], [0, 0, 1]),
        ([{"importance": 2}, {"tag": ["a"]}], [0, 1, 1]),
    ):
        builder = Builder(ENGLISH)
        for _ in note_of_row:
            builder.add({"body": "berth"})
        parts.append(Part(builder.finish(), make_columns(notes), np.array(note_of_row, np.int32), None, first))
        first += len(note_of_row)
    keywords = Keywords(parts)

    assert [0, 1, 4, 5] == np.flatnonzero(keywords.having("tag", "A")).tolist()
    assert [0, 1, 2, 4, 5] == np.flatnonzero(keywords.stating("tag")).tolist()
    assert [3] == np.flatnonzero(keywords.between("importance", 1, None, open_low=False, open_high=False)).tolist()


def test_nothing_is_found_in_an_index_of_nothing():
    """No segments, or one without rows."""
    assert [] == scored(Keywords([]), "berth")
    assert [] == scored(keywords_of([]), "berth")
    assert [] == top_rows(np.zeros(0, np.float32), 10)


@given(
    st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 3.5]), max_size=60),
    st.integers(1, 20),
    st.sampled_from([1, 7, 100]),
)
def test_the_best_rows_are_those_of_a_full_sort(scores, count, repeated):
    """Best first, ties by number, none that is scored 0."""
    array = np.repeat(np.array(scores, np.float32), repeated)

    expected = [row for row in np.argsort(-array, kind="stable").tolist() if array[row] > 0][:count]

    assert expected == top_rows(array, count)


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 40 * BLOCK + 3])
def test_the_last_block_may_be_short(size):
    """The best row is found wherever it is."""
    for best in (0, size // 2, size - 1):
        array = np.linspace(0.1, 0.2, size, dtype=np.float32)
        array[best] = 1
        assert best == top_rows(array, 3)[0]
