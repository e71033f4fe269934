"""Where sentences begin and end in Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.lifecycle.sentences import sentences


def said(text):
    """The sentences of a text."""
    return [sentence.text for sentence in sentences(text)]


@pytest.mark.parametrize(
    "whole",
    [
        "Pi is 3.14 and not 3.2.",
        "Version v2.1 is out, e.g. for Linux.",
        "See https://example.com/a.b?c=1.2 for more.",
        "The call `a. B. c()` stays whole.",
        "Dr. Kim met J. R. Tolkien at 5 p.m. on Monday.",
        "It is in config.toml, i.e. beside the notes.",
        "See [Nothing. Is lost](docs/a.md) first.",
        "No. 5 is etc. and so on.",
    ],
)
def test_what_holds_points_stays_whole(whole):
    """Numbers, versions, addresses, code, shortened words and initials do not end a sentence."""
    assert [whole] == said(whole)


def test_sentences_end_where_they_end():
    """At a point, a question mark, three points, or behind what closes."""
    assert ["One.", "Two?", 'Three "so!"', "We took plan B.", "It is 5 p.m.", "Four…", "five"] == said(
        'One. Two? Three "so!" We took plan B. It is 5 p.m. Four… five'
    )


def test_what_is_no_prose_is_left_out():
    """Frontmatter, headings, tables, comments, code, open tasks; what is done counts."""
    text = (
        "---\na: b. c\n---\n# A title.\n\nOne\nline. Two.\n\n```py\ncode. here.\n```\n> Quoted.\n"
        "| a | b. |\n<!-- no. -->\n- [ ] Open. task\n- [x] Done.\n- item\n"
    )
    assert ["One line.", "Two.", "Quoted.", "Done.", "item"] == said(text)


@given(st.text("ab. `[]?\n-#>*1\"'", max_size=80))
def test_each_stands_where_it_says(text):
    """In order, without overlap, and its words are those of that place."""
    end = 0
    for sentence in sentences(text):
        assert end <= sentence.start < sentence.end <= len(text)
        assert sentence.text.split()[0][0] == text[sentence.start]
        assert sentence.text[-1] == text[sentence.end - 1]
        end = sentence.end
