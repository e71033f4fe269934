"""Headings named by a chain, and the sections below them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from vault_engine.note import parse
from vault_engine.note.headings import content_start, find_heading, find_headings, section_end, simplify

NOTE = """\
# Plan
## Log
### 2025
# Diary
## Log
text
### Log
## Other
"""


@pytest.mark.parametrize(
    ("heading", "simple"),
    [
        ("A: B", "a b"),
        ("A B", "a b"),
        ("  A \t B  ", "a b"),
        ("See [[X|y]]", "see x y"),
        ("C#", "c"),
        ("50%% of 3 %", "50 of 3 %"),
        ("a ^id", "a id"),
        ("[x] list[0]", "[x] list[0]"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Cafe\u0301", "caf\u00e9"),
        (":|#^", ""),
    ],
)
def test_two_headings_are_compared_in_a_simple_form(heading, simple):
    """No case, form NFC, none of the characters that a link replaces by a blank, single blanks."""
    assert simple == simplify(heading)


@pytest.mark.parametrize(
    ("chain", "lines"),
    [
        (["Plan"], [1]),
        (["Log"], [2, 5, 7]),
        (["Diary", "Log"], [5, 7]),
        (["Log", "Log"], [7]),
        (["Diary", "Log", "Log"], [7]),
        (["plan", "2025"], [3]),
        (["Plan", "Other"], []),
        (["2025", "Log"], []),
        (["Other", "Diary"], []),
        (["Missing"], []),
        ([], []),
    ],
)
def test_a_chain_goes_down_section_by_section(chain, lines):
    """Each part lies in the section of the one before it; every heading that could be meant is told."""
    headings = parse(NOTE).headings

    assert lines == [heading.line for heading in find_headings(headings, chain)]
    assert lines[:1] == [heading.line for heading in [find_heading(headings, chain)] if heading]


def test_the_right_parent_is_found_though_another_has_its_name():
    """A first heading without the rest of the chain below it does not hide a second one."""
    headings = parse("# A\n## B\n# A\n## C\n").headings

    assert 4 == find_heading(headings, ["A", "C"]).line


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("# A\ntext\n", "text\n"),
        ("# A", ""),
        ("A\n===\ntext\n", "text\n"),
        ("A\r\nb\r\n---\r\ntext\r\n", "text\r\n"),
        ("> A\n> ===\n> text\n", "> text\n"),
        ("- # A\n  text\n", "  text\n"),
        ("# A\n===\n", "===\n"),
        ("#\ntext\n", "text\n"),
        ("# A\ntext\n## B\nmore\n# C\n", "text\n## B\nmore\n"),
        ("## A\ntext\n# B\n", "text\n"),
        ("# A\n```\n# B\n```\n# C\n", "```\n# B\n```\n"),
    ],
)
def test_a_section_reaches_to_the_next_heading_of_its_level(text, below):
    """It begins below the line or the underline of its heading; a heading in code is none."""
    note = parse(text)
    heading = note.headings[0]

    assert below == text[content_start(text, heading) : section_end(note, heading)]


@given(note_texts, st.lists(st.sampled_from(["Heading", "===", "a", ""]), max_size=3))
def test_every_note_can_be_searched(text, chain):
    """What is found has the last name of the chain, and its section lies in the text."""
    note = parse(text)

    for heading in find_headings(note.headings, chain):
        assert simplify(heading.text) == simplify(chain[-1])
        assert heading.start < content_start(text, heading) <= section_end(note, heading) <= len(text)


def test_time_is_linear():
    """A note of nothing but headings is searched in one pass."""
    headings = parse("# A\n## A\n" * 20_000).headings
    start = time.process_time()

    assert 20_000 == len(find_headings(headings, ["A"] * 2))
    assert time.process_time() - start < 2
