"""What an agent is told at the start, and that it does not come back as a memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine import Memory
from vault_engine.engine.marked import BEGIN, END, marked, without_contexts
from vault_engine.errors import BadInput


def test_a_note_for_the_situation_comes_before_those_that_answer_better(engine, write_note):
    """Pinned notes first, then what names the situation, then the rest."""
    write_note("better.md", "invoice invoice invoice\n")
    write_note("when.md", "---\nrecall_when: [writing an invoice, a new guest]\n---\nround down\n")
    write_note("pinned.md", "---\npinned: true\n---\nalways\n")

    said = engine.context("I am writing an invoice for a marina", min_score=0)

    assert ("pinned.md", "when.md", "better.md") == said.notes
    assert ("pinned.md", "better.md", "when.md") == engine.context("an invoice", min_score=0).notes


def test_what_does_not_answer_is_not_told(engine, write_note):
    """Silence costs an agent nothing."""
    write_note("a.md", "one word of many: lantern " + "filler " * 150)

    assert () == engine.context("lantern", min_score=0.9).notes
    assert ("a.md",) == engine.context("lantern", min_score=0).notes
    write_note("b.md", "# Lantern keeper\n\nThe lantern keeper trims the wick.")
    assert ("b.md",) == engine.context("who is the lantern keeper of the wick").notes


def test_a_context_is_not_remembered(engine, write_note):
    """What stands around it is; nothing but a context is refused."""
    write_note("a.md", "---\npinned: true\n---\nthe lantern is lit at dusk\n")
    told = engine.context().markdown

    kept = engine.remember(Memory(f"We met at noon.\n{told}\nWe ate fish.", category="log", key="day"))

    text = engine.read(kept.path).text
    assert ("We met at noon." in text, "We ate fish." in text, "lantern" in text) == (True, True, False)
    with pytest.raises(BadInput, match="context"):
        engine.remember(Memory(told))


@given(st.lists(st.sampled_from([BEGIN, END, "words", "\n", "<!--"]), max_size=12).map("".join))
def test_only_contexts_are_left_out(text):
    """A mark without the other is text, and what is left holds no context."""
    left = without_contexts(text)

    assert left == without_contexts(left) or BEGIN in left
    assert (text == left) == (BEGIN not in text or END not in text[text.index(BEGIN) :])


def test_an_empty_context_has_no_marks():
    """There is nothing to say."""
    assert "" == marked("")
