"""What random notes have shown, and the promises that every text has to keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from bench.fuzz_reader import SYNTAX, Maker, main, problems_of, short_cut_problems, shrunk
from vault_engine.note import FrontmatterState, Profile, Refused, parse, set_properties

syntax = st.lists(st.sampled_from(SYNTAX), max_size=40).map("".join)


@given(st.one_of(syntax, note_texts))
def test_short_cuts_change_nothing(text):
    """Pieces taken at once hold what they hold line by line and mark by mark."""
    assert [] == list(short_cut_problems(text))


@given(st.one_of(syntax, note_texts, st.text()), st.sampled_from(Profile))
def test_a_note_is_its_text(text, profile):
    """A note that nobody edited gives back every character: what stands up to the body, and the body."""
    note = parse(text, profile)

    assert text == note.text
    assert text == text[: note.frontmatter.body_start] + note.body


@pytest.mark.parametrize("seed", range(4))
def test_random_notes_keep_every_promise(seed):
    """Places, chunks, edits taken back, moves, time: the same notes in every run."""
    maker = Maker(seed, ["# One\n\n> - a [[A]]\n\n```\n[[x]]\n```\n\n| a | b |\n|---|---|\n| [[B\\|x]] | #t |\n"])

    assert [] == [(text, problems) for text in (maker.text() for _ in range(300)) if (problems := problems_of(text))]


def test_a_broken_promise_is_made_small():
    """What is left of a text cannot lose a character without keeping the promise."""
    assert "(b" == shrunk("some (text) that begins\n", lambda text: "(" in text and "b" in text[text.find("(") :])


def test_the_program_ends_with_0_when_all_is_well(capsys):
    """It says how many texts it tried."""
    assert 0 == main(["--minutes", "0.01"])
    assert " texts, 0 sorts of problems\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "headings"), [("#", [(1, "")]), ("a\n##", [(2, "")]), ("a\n***", []), ("#a", []), ("**", [])]
)
def test_the_last_line_of_a_note_is_read_like_any_other(text, headings):
    """Hashes alone are a heading without text, also where no line break follows them."""
    assert headings == [(heading.level, heading.text) for heading in parse(text).headings]
    assert parse(text + "\n").headings == parse(text).headings


def test_a_field_begins_with_its_key():
    """Blanks before it, on a line that goes on a paragraph or between brackets, are no part of it."""
    text = "a\n  b:: 1\n\n- c\n\td:: 2 \n\n( e:: 3)"

    assert ["b", "d", "e"] == [text[field.start] for field in parse(text).fields]


@pytest.mark.parametrize(("length", "count"), [(100, 1), (101, 0)])
@pytest.mark.parametrize("blanks", ["", " ", " " * 120])
def test_blanks_before_a_key_do_not_count_as_its_length(blanks, length, count):
    """A key has at most 100 characters, however far its line is indented."""
    assert count == len(parse(f"a\n{blanks}{'k' * length}:: v").fields)


@pytest.mark.parametrize("blanks", ["", " ", "\r", "\r\r", "\t\x0b", "\u3000"])
def test_blanks_at_the_end_of_a_line_do_not_break_a_link(blanks):
    """Between the parentheses a destination may begin on the next line, whatever blanks end the first."""
    assert ["b.md"] == [link.target for link in parse(f"[a]({blanks}\n  b.md{blanks}\n)").links]


@pytest.mark.parametrize(
    ("head", "targets"),
    [("| | b |", []), ("| a | |", []), ("a | b", []), ("| a | b |\u3000", []), ("| a |", ["x"]), ("| | | |", ["x"])],
)
def test_an_empty_cell_is_a_column(head, targets):
    """A table's head has as many cells as the line below it, whether or not there is text in them."""
    assert targets == [link.target for link in parse(f"{head}\n|---|---|\n| [[x|y]] | |\n").links]


@pytest.mark.parametrize("hash_", ["#", "\\#", "%23", "\\%23"])
def test_a_target_ends_before_its_hash_however_that_is_written(hash_):
    """A backslash that belongs to the hash is no part of the target, which is what a rename replaces."""
    text = f"[a](b{hash_}c)"
    [link] = parse(text).links

    assert ("b", ("c",), "b") == (link.target, link.heading, text[link.target_start : link.target_end])


def test_a_byte_order_mark_below_the_fence_is_not_edited_around():
    """The YAML parser does not count it, so nothing after it would be where it seems: that head is not read."""
    text = "---\n\ufeffup: '[[A]]'\n---\n"

    assert (FrontmatterState.INVALID, ()) == (parse(text).frontmatter.state, parse(text).links)
    assert isinstance(set_properties(text, {"a": 1}), Refused)
    assert FrontmatterState.OK is parse("\ufeff---\na: 1\n---\n").frontmatter.state


def test_a_definition_may_be_indented_below_another():
    """In a paragraph no line is too far to the right."""
    assert ["b.md"] == [link.target for link in parse("[r]: a.md\n      [s]: b.md\n\n[s]\n").links]


def test_a_name_in_a_property_that_is_written_otherwise_has_the_line_of_its_property():
    """Logseq joins the lines of a name; the link then stands for the whole property."""
    links = parse('---\nt:\n  - "[[s]]"\n  - "[[$\ns]]"\n---\n', Profile.LOGSEQ).links

    assert [("s", 3), ("$ s", 2)] == [(link.target, link.line) for link in links]


@pytest.mark.parametrize("before", ["", "\ufeff", ">", "> >", "- ", "\\[", "a\n", "a\n>"])
def test_a_tag_at_the_beginning_of_a_text(before):
    """Whatever stands before the text it begins: a byte order mark, the mark of a quote, an escape."""
    assert ("tag",) == parse(f"{before}#tag").tags
