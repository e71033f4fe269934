"""How well the words of a question are met by a text."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index.token_store import Tokens
from vault_engine.index.token_vectors import QuestionTokens
from vault_engine.search.evidence import AskedWord, evidence
from vault_engine.search.weights import WEIGHTS

RARE = WEIGHTS.rare_word


def tokens(*vectors):
    """Tokens with vectors of a few numbers."""
    return Tokens(np.array(vectors, np.int8).reshape(len(vectors), 2), np.ones(len(vectors), np.float32))


def question(vectors, numbers=None):
    """A question of such tokens, rare ones where no number is given."""
    some = tokens(*vectors)
    return QuestionTokens(some, tuple(range(len(vectors))), tuple(numbers or [RARE] * len(vectors)))


def word(text="lantern", told=1.0, *, is_known=True):
    return AskedWord(text, told, is_known)


@pytest.mark.parametrize(("text", "met"), [("lantern", 1.0), ("e4", 0.0), ("2026", 1.0)])
def test_a_name_of_letters_and_digits_that_no_note_holds_is_not_met(text, met):
    """Other words mean nearly the same; of other names and numbers only the pieces are alike."""
    asked = question([(1, 0)])
    found = [
        evidence(asked, np.array([0]), [word(text, is_known=known)], [tokens((1, 0))], WEIGHTS)[0]
        for known in (True, False)
    ]

    assert [1.0, met] == found


def test_a_word_is_met_no_better_than_its_worst_piece():
    """One whose pieces are in the text apart from each other is not in it."""
    asked = question([(1, 0), (0, 1)])
    texts = [tokens((1, 0)), tokens((1, 0), (0, 1)), tokens()]

    assert [0.0, 1.0, 0.0] == evidence(asked, np.array([0, 0]), [word()], texts, WEIGHTS).tolist()
    assert [0.5, 1.0, 0.0] == evidence(asked, np.array([0, 1]), [word(), word()], texts, WEIGHTS).tolist()


def test_a_word_that_is_rare_in_the_language_counts_for_more():
    """Of two words that tell as much in this vault, a text that has the rarer one meets the question better."""
    asked = question([(1, 0), (0, 1)], [WEIGHTS.common_word + 1, RARE])
    common, rare = evidence(asked, np.array([0, 1]), [word(), word()], [tokens((1, 0)), tokens((0, 1))], WEIGHTS)

    assert 0 < common < 0.5 < rare < 1
    assert common + rare == pytest.approx(1)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=6),
    st.lists(st.floats(0, 9, width=32), min_size=6, max_size=6),
    st.floats(0.01, 1),
)
def test_evidence_is_a_share(vectors, told, least):
    """It lies between nothing and all, whatever words tell, also for texts and questions without words."""
    words = [word(told=tell) for tell, _ in zip(told, vectors, strict=False)]
    texts = [tokens(), tokens((1, 0)), tokens((0, 1), (1, 1))]
    weights = replace(WEIGHTS, least_rarity=least)
    found = evidence(question(vectors), np.arange(len(vectors)), words, texts, weights)

    assert (3,) == found.shape
    assert ((found >= 0) & (found <= 1.00001)).all()
