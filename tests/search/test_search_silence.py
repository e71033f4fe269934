"""Saying nothing where nothing answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import RerankerFailed
from vault_engine.search.silence import nothing_answers
from vault_engine.search.weights import WEIGHTS

WORTHS = st.lists(st.floats(0, 2, width=32), min_size=1, max_size=20)
NOBODY = "penetration test report by an external auditor"


def judge(likeness):
    """A closer look that finds every row so alike, and remembers what it was shown."""
    seen = []

    def look(question, rows):
        seen.extend(rows.tolist())
        return np.full(len(rows), likeness, np.float32)

    return look, seen


@given(WORTHS, st.floats(0, 1, width=32))
def test_only_doubtful_rows_are_looked_at_and_only_the_best(worths, likeness):
    """Where one row is worth enough, no model is asked."""
    worth = np.array(worths, np.float32)
    look, seen = judge(likeness)
    usual = np.full(len(worth), WEIGHTS.usual_words - 1, np.float32)
    said = nothing_answers("?", np.arange(len(worth)), worth, usual, look, WEIGHTS)

    if worth.max() >= WEIGHTS.doubtful:
        assert (False, []) == (said, seen)
    else:
        assert (np.float32(likeness) < WEIGHTS.convincing) == said
        assert min(len(worth), WEIGHTS.looked_at_closer) == len(seen)
        assert worth[seen].min() >= np.delete(worth, seen).max(initial=0)


def test_a_closer_look_that_fails_silences_nothing():
    """What was found is given, as it would be without that look."""

    def fail(question, rows):
        raise RerankerFailed("late", "no model")

    assert not nothing_answers("?", np.arange(3), np.zeros(3, np.float32), np.ones(3, np.float32), fail, WEIGHTS)
    none = np.zeros(0, np.float32)
    assert not nothing_answers("?", np.arange(0), none, none, judge(0.0)[0], WEIGHTS)


def test_a_short_text_need_not_be_as_alike_as_a_long_one():
    """Of unrelated texts the longer one is more alike."""
    worth = np.zeros(1, np.float32)
    look, _ = judge(0.35)
    said = [nothing_answers("?", np.arange(1), worth, np.array([n], np.float32), look, WEIGHTS) for n in (8, 200)]

    assert [False, True] == said


def test_silence_is_broken_by_a_limit_of_ones_own(harbour):
    """With a score of 0 as the limit, what comes nearest is shown; by words alone, whatever has one of them."""
    assert () == harbour.recall(NOBODY).hits
    assert () == harbour.recall(NOBODY, rerank=True).hits
    assert 10 == len(harbour.recall(NOBODY, min_score=0).hits)
    assert harbour.recall(NOBODY, mode="keyword").hits
    assert harbour.recall(NOBODY, mode="semantic", min_score=0).hits


def test_context_has_no_note_for_what_none_answers(harbour):
    """Only the pinned notes are left of it."""
    pinned = set(harbour.context("mortgage refinancing rates").notes)

    assert pinned == {path for path in pinned if harbour.read(path).properties.get("pinned")}
    assert pinned < set(harbour.context("mortgage refinancing rates", min_score=0).notes)


@pytest.mark.parametrize("question", ["Kubernetes roll-out", "xqzzt blorptang frumious"])
def test_a_small_vault_falls_silent_as_well(open_engine, write_note, question):
    """Three notes are enough to know that none answers; what one of them says is found."""
    write_note("lantern.md", "The red lantern hangs at the end of the northern mole.\n")
    write_note("ferry.md", "The ferry leaves at noon, in winter an hour later.\n")
    write_note("rope.md", "Ropes are dried in the loft before they are put away.\n")
    engine = open_engine(MEMWELL_EMBEDDER="packaged")

    assert [] == [hit.path for hit in engine.recall(question).hits]
    assert "ferry.md" == engine.recall("departure of the boat").hits[0].path


MEMORIES = {
    "pet": "I have a golden retriever named Max.",
    "commute": "I usually bike to the office on weekdays.",
    "allergy": "I'm allergic to peanuts and shellfish.",
    "errors": "Failed requests are answered as RFC 9457 problem details.",
}


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("what pet do I own", "pet"),
        ("how do I commute", "commute"),
        ("which foods must I avoid", "allergy"),
        ("what does the server send when something goes wrong?", "errors"),
    ],
)
def test_memories_of_one_line_are_found_in_other_words(open_engine, write_note, question, key):
    """That they share no word with the question silences nothing."""
    for name, text in MEMORIES.items():
        write_note(f"{name}.md", f"{text}\n")

    assert f"{key}.md" in [hit.path for hit in open_engine(MEMWELL_EMBEDDER="packaged").recall(question).hits]
