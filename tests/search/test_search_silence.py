"""Saying nothing where nothing answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import RerankerFailed
from vault_engine.search.silence import Found, nothing_answers
from vault_engine.search.weights import WEIGHTS

PARTS = st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 2), min_size=1, max_size=20)
FOUR_WORDS = "where is the lantern?"
NOBODY = "penetration test report by an external auditor"


def judge(likeness):
    """A closer look that finds every row so alike, and remembers what it was shown."""
    seen = []

    def look(question, rows, notes):
        seen.extend(rows.tolist())
        return np.full(len(rows), likeness, np.float32)

    return look, seen


def found(parts, words=WEIGHTS.usual_words - 1, notes=None):
    """Rows with the share of the question each holds and its nearness, of as many words; each a note of its own."""
    rows = np.arange(len(parts))
    covered, nearness = np.array(parts, np.float32).reshape(-1, 2).T
    return Found(rows, rows if notes is None else np.array(notes), covered, nearness, np.full(len(rows), words))


@given(PARTS, st.floats(0, 1, width=32))
def test_only_doubtful_rows_are_looked_at_and_only_the_best(parts, likeness):
    """Where one row is worth enough, no model is asked."""
    look, seen = judge(likeness)
    some = found(parts)
    said = nothing_answers(FOUR_WORDS, some, look, WEIGHTS)

    worth = some.covered + some.nearness
    if worth.max() >= WEIGHTS.doubtful:
        assert (False, []) == (said, seen)
    else:
        assert min(len(worth), WEIGHTS.looked_at_closer) == len(seen)
        assert worth[seen].min() >= np.delete(worth, seen).max(initial=0)
        assert said or likeness + WEIGHTS.convincing_nearness >= WEIGHTS.convincing
        assert not said or likeness < WEIGHTS.convincing


def test_a_closer_look_that_fails_silences_nothing():
    """What was found is given, as it would be without that look."""

    def fail(question, rows, notes):
        raise RerankerFailed("late", "no model")

    assert not nothing_answers(FOUR_WORDS, found([(0, 0)] * 3), fail, WEIGHTS)
    assert not nothing_answers(FOUR_WORDS, found([(0, 0)] * 3), lambda *_: None, WEIGHTS)
    assert not nothing_answers(FOUR_WORDS, found([]), judge(0.0)[0], WEIGHTS)


def test_a_short_text_need_not_be_as_alike_as_a_long_one():
    """Of unrelated texts the longer one is more alike; the parts of one note are one text."""
    look, _ = judge(0.5)
    said = [nothing_answers(FOUR_WORDS, found([(0, 0)], words), look, WEIGHTS) for words in (8, 200)]
    parts = [
        nothing_answers(FOUR_WORDS, found([(0, 0)] * 4, 16, notes), look, WEIGHTS) for notes in ([1, 2, 3, 4], [1] * 4)
    ]

    assert [False, True] == said == parts


def test_nearness_in_meaning_convinces_too():
    """What is just not alike enough is an answer where it is near."""
    look, _ = judge(WEIGHTS.convincing - 0.05)

    assert [True, False] == [nothing_answers(FOUR_WORDS, found([(0, near)]), look, WEIGHTS) for near in (0, 0.5)]


def test_a_short_question_must_be_met_better_than_a_long_one():
    """Of few words, one that happens to be met is much of the question."""
    look, _ = judge(WEIGHTS.convincing)
    asked = ["lantern", FOUR_WORDS, f"please tell me {FOUR_WORDS}"]

    assert [True, False, False] == [nothing_answers(one, found([(0, 0)]), look, WEIGHTS) for one in asked]


def test_a_whole_paragraph_need_not_be_met_less_than_a_long_question():
    """Else nearly every long text would have an answer."""
    some = found([(0, 0)])
    long, paragraph = (" ".join(["lantern"] * count) for count in (WEIGHTS.most_question_words, 200))

    for likeness in np.linspace(0.3, 0.5, 21):
        said = [nothing_answers(one, some, judge(likeness)[0], WEIGHTS) for one in (long, paragraph)]
        assert said[0] == said[1]
    assert nothing_answers(paragraph, some, judge(0.3)[0], WEIGHTS)


def test_a_paragraph_about_something_else_finds_nothing(harbour):
    """As a prompt that a context is wanted for may be."""
    said = (
        "Knead the dough for ten minutes until it is smooth, let it rise under a cloth for two hours, fold it twice, "
        "shape a loaf, and bake it in a heavy pot until the crust is brown and the kitchen smells of bread."
    )

    assert () == harbour.recall(said).hits


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
