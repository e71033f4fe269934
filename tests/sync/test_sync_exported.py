"""What is added to a note in a folder that is kept in step, and taken out of it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note import parse
from vault_engine.note.body import typed_links
from vault_engine.sync.exported import Related, has_links, link_lines, mark_of, with_links, without_links

RELATED = (Related("howto/pump", "The pump", "uses"), Related("people/ana", "Ana", "owner"))
LINES = link_lines(RELATED)
BLOCK = "<!-- memwell:links -->\n## Links\n\n- [[howto/pump|The pump]] (uses)\n- [[people/ana|Ana]] (owner)\n"
END = "<!-- /memwell:links -->"
IN_SECTION = BLOCK.replace("## Links\n\n", "")
MARKDOWN = "# A\n|text\n|text|\n|\r\n|## Links\n|### Links\n|- [[x]] (r)\n|```\n|---\n|up: x\n|%%\n|$$\n|<div>\n| |é"
OURS = ("<!-- memwell:links -->\n", "<!-- /memwell:links -->\n", LINES[0], "\ufeff")
PIECES = st.sampled_from([*MARKDOWN.split("|"), *OURS])
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def stripped(text):
    """Take out the lines that the tests add."""
    return without_links(text, {mark_of(line) for line in LINES}.__contains__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("# A\n\nText.\n", f"# A\n\nText.\n\n{BLOCK}{END}\n", id="at the end"),
        pytest.param("Text.", f"Text.\n\n{BLOCK}{END}", id="no final line break"),
        pytest.param("---\nup: x\n---\n", f"---\nup: x\n---\n\n{BLOCK}{END}\n", id="properties alone"),
        pytest.param(
            "## Links\n\n- [[b]] (up)\n\n## More\n",
            f"## Links\n\n- [[b]] (up)\n\n{IN_SECTION}{END}\n\n## More\n",
            id="in the note's own section",
        ),
        pytest.param("a\r\n\r\n", f"a\n\n{BLOCK}{END}\n\n".replace("\n", "\r\n"), id="other line breaks"),
    ],
)
def test_links_are_added_below_the_text(text, expected):
    """And nothing else is changed."""
    assert expected == with_links(text, LINES)
    assert text == stripped(expected)


@pytest.mark.parametrize("text", ["```\nopen code\n", "### Links\n", "## Links\n\n## Links\n", "", "<pre>\n"])
def test_where_links_would_not_be_read_none_are_added(text):
    """In code that is not closed, in a second section of that name."""
    assert text == with_links(text, LINES)


@given(TEXTS)
def test_whatever_is_added_can_be_taken_out_to_the_character(text):
    """And what was added is read as links with their relations."""
    added = with_links(text, LINES)

    if added != text:
        assert text == stripped(added)
        assert len(typed_links(parse(text))) + len(LINES) == len(typed_links(parse(added)))
        assert has_links(added)


@given(TEXTS)
def test_nothing_is_added_twice(text):
    """A note with links is as it should be."""
    added = with_links(text, LINES)

    assert added == with_links(added, LINES) or not has_links(added)


def test_a_line_that_a_person_writes_between_the_comments_is_theirs():
    """It is kept, below the heading, when the others are taken out."""
    text = with_links("# A\n", LINES).replace(END, f"- [[mine]] (knows)\n{END}")

    assert "# A\n\n## Links\n\n- [[mine]] (knows)\n" == stripped(text)


def test_a_line_of_another_time_is_taken_for_a_persons():
    """Only what was added is taken out."""
    text = f"# A\n\n<!-- memwell:links -->\n- [[old]] (up)\n{LINES[0]}\n{END}\n"

    assert "# A\n\n- [[old]] (up)\n" == stripped(text)


@given(TEXTS)
def test_a_text_without_the_comments_is_left_alone(text):
    """To the character."""
    if not has_links(text):
        assert text == stripped(text)


@pytest.mark.parametrize(
    ("related", "expected"),
    [
        (Related("a", "B | C", "up"), ("- [[a|B | C]] (up)",)),
        (Related("a", "[[B]]\nC", "up"), ("- [[a|B C]] (up)",)),
        (Related("a]]", "B", "up"), ()),
        (Related("a", "B", "u(p"), ()),
        (Related("a|b", "B", "up"), ()),
    ],
)
def test_a_line_is_only_written_if_it_is_read_as_it_is_meant(related, expected):
    """What no link can say is left out."""
    assert expected == link_lines([related])
