"""Cutting a note into slices to embed."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from vault_engine.note import Chunk, chunks, parse

SENTENCE = "The quick brown fox jumps over the lazy dog again. "


@given(note_texts, st.integers(1, 60))
def test_nothing_is_lost_and_nothing_is_made_up(text, max_words):
    """Chunks are slices of the note, in order, apart, and hold every character of the body but blanks."""
    note = parse(text)

    found = chunks(note, max_words=max_words)

    assert list(range(len(found))) == [chunk.ordinal for chunk in found]
    assert [note.text[chunk.start : chunk.end] for chunk in found] == [chunk.text for chunk in found]
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "".join(note.body.split()) == "".join("".join(chunk.text.split()) for chunk in found)


@given(st.lists(st.sampled_from(["# A\n", "## B\n", "# C\n", SENTENCE, SENTENCE * 9, "\n\n"]), max_size=30))
def test_no_chunk_is_longer_than_asked(parts):
    """Words are counted, headings included."""
    assert all(len(chunk.text.split()) <= 50 for chunk in chunks(parse("".join(parts)), max_words=50))


def test_a_section_is_a_chunk_and_knows_its_headings():
    """Long enough sections stay apart; the chain goes from the outermost heading inwards."""
    note = parse(f"{SENTENCE * 5}\n# A\n{SENTENCE * 5}\n## B\n{SENTENCE * 5}\n# C\n{SENTENCE * 5}")

    assert [chunk.headings for chunk in chunks(note)] == [(), ("A",), ("A", "B"), ("C",)]


def test_short_neighbours_are_merged_under_what_they_share():
    """A heading joins its short children, and short sections of one parent join each other."""
    note = parse(f"# A\n\n## B\n\nb\n\n## C\n\nc\n\n## D\n\n{SENTENCE * 5}\n\n# E\n\ne\n")

    assert [chunk.headings for chunk in chunks(note)] == [("A",), ("A", "D"), ("E",)]


def test_a_hash_in_code_is_no_heading():
    """Only what the note's reader calls a heading begins a section."""
    assert len(chunks(parse(f"{SENTENCE * 5}\n```\n# no\n```\n{SENTENCE * 5}"))) == 1


def test_a_long_section_is_cut_between_paragraphs():
    """The gap that separates most wins."""
    paragraph = SENTENCE * 3
    note = parse(f"# A\n\n{paragraph}\n{paragraph}\n\n{paragraph}\n{paragraph}")

    assert [len(chunk.text.split()) for chunk in chunks(note, max_words=90)] == [62, 60]


def test_a_text_without_blanks_is_cut_too():
    """Each Chinese character counts as a word, and a sentence end is a good place for a cut."""
    found = chunks(parse("我们把笔记当作真相。" * 500))

    assert all(len(chunk.text) <= 180 for chunk in found)
    assert all(chunk.text.endswith("。") for chunk in found)


@pytest.mark.parametrize("text", ["", " \n\n", "---\ntitle: x\n---\n"])
def test_a_note_without_a_body_has_one_empty_chunk(text):
    """So that its title can be found."""
    start = parse(text).frontmatter.body_start

    assert (Chunk(0, (), "", start, start),) == chunks(parse(text))


def test_a_line_of_five_megabytes():
    """One line of any length is cut in linear time."""
    note = parse("word " * 1_000_000)
    start = time.process_time()

    found = chunks(note)

    assert len(found) == 5_556
    assert time.process_time() - start < 10
