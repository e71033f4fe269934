"""Byte-exact edits of a body."""

import re
import time
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shared_cases import real_notes
from strategies import note_texts, texts

from vault_engine.note import Edited, Refused, parse
from vault_engine.note.body import (
    _MAY_SWALLOW,
    TypedLink,
    add_link,
    append,
    append_to_section,
    remove_link,
    replace_once,
    replace_section,
    typed_links,
)
from vault_engine.note.headings import content_start, find_headings, section_end

HEADS = ["", "\ufeff", "---\na: 1 # c\n---\n", "---\r\ntags: [x]\r\n---\r\n", "---\na: [\n---\n"]
additions = st.one_of(
    note_texts, texts, st.sampled_from(["- item", "# Heading", "* x\n* y", "```\ncode", "$$", "===", "---\n", "    x"])
)
notes = st.builds("{}{}".format, st.sampled_from(HEADS), note_texts)
notes_with_sections = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(HEADS),
    note_texts,
    st.sampled_from(["\n## Part", "\n\nPart\n---", "\r\n## Part"]),
    st.sampled_from(["", "\n", "\n\n", "\r\n", "\n- a\n", "\n\ntext\n\n"]),
    st.one_of(note_texts, st.builds("text\n\n## Other\n{}".format, note_texts)),
)


def head_of(text: str) -> str:
    return text[: parse(text).frontmatter.end]


def section_of(text: str, name: str) -> tuple[int, int] | None:
    """Where what stands below the one heading of that name begins and ends; None where there is none, or several."""
    note = parse(text)
    found = find_headings(note.headings, [name])
    return (content_start(text, found[0]), section_end(note, found[0])) if len(found) == 1 else None


def lines_of(text: str) -> list[str]:
    return [line for line in re.sub("[\r\ufeff]", "", text).split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("text", "addition", "after"),
    [
        ("one\n", "two", "one\n\ntwo\n"),
        ("one", "two\n", "one\n\ntwo"),
        ("one\n\n\n", "\n\ntwo\n\n", "one\n\ntwo\n\n\n"),
        ("one  \n", "two", "one  \n\ntwo\n"),
        ("one\n \t\n", "two", "one\n\ntwo\n \t\n"),
        ("one\r\n", "two\nthree", "one\r\n\r\ntwo\r\nthree\r\n"),
        ("one\n", "two\r\nthree", "one\n\ntwo\nthree\n"),
        ("", "two", "two\n"),
        ("\ufeff", "two", "\ufefftwo\n"),
        ("---\na: 1\n---\n", "two", "---\na: 1\n---\ntwo\n"),
        ("---\na: 1\n---", "two", "---\na: 1\n---\ntwo\n"),
        ("---\na: 1\n---\n\n", "two", "---\na: 1\n---\n\ntwo\n"),
        ("---\na: [\n---\none\n", "two", "---\na: [\n---\none\n\ntwo\n"),
        ("one\n", " \n", "one\n"),
        ("one\n", "", "one\n"),
        ("- a\n", "- b", "- a\n- b\n"),
        ("- a", "- b\n- c", "- a\n- b\n- c"),
        ("- a\n  more\n", "- b", "- a\n  more\n- b\n"),
        ("- a\n  - b\n", "- c", "- a\n  - b\n- c\n"),
        ("- [ ] a\n", "- [ ] b", "- [ ] a\n- [ ] b\n"),
        ("1. a\n", "2. b", "1. a\n2. b\n"),
        ("1. a\n", "2) b", "1. a\n\n2) b\n"),
        ("- a\n", "* b", "- a\n\n* b\n"),
        ("- a\n", "text", "- a\n\ntext\n"),
        ("text\n", "- a", "text\n\n- a\n"),
        ("- a\n\ntext\n", "- b", "- a\n\ntext\n\n- b\n"),
        ("<div>\n- a\n", "- b", "<div>\n- a\n\n- b\n"),
        ("```\ncode\n```\n", "two", "```\ncode\n```\n\ntwo\n"),
        ("- ```\n  code\n", "two", "- ```\n  code\n\ntwo\n"),
        ("[x][y]\n", "[y]: z.md", "[x][y]\n\n[y]: z.md\n"),
    ],
)
def test_a_block_is_added_below_one_blank_line(text, addition, after):
    """A list goes on without one; line ending, line breaks at the end and everything before stay."""
    assert Edited(after) == append(text, addition)


@pytest.mark.parametrize(
    ("text", "addition"),
    [
        ("```\ncode\n", "two"),
        ("~~~~\n```\n", "- two"),
        ("- ```\n  code\n", "  two"),
        ("<!-- open\n", "two"),
        ("$$\n[[x]]\n", "$$\n1\n$$"),
        ("---\na: 1\n", "---\n"),
        ("", "---\na: 1\n---\n"),
        ("one\n", "\ud800"),
    ],
)
def test_a_block_that_would_not_be_read_as_written_is_refused(text, addition):
    """Open code, comments and math, text that turns into frontmatter, half a character."""
    assert isinstance(append(text, addition), Refused)


@given(notes, additions)
def test_appending_keeps_what_is_there(text, addition):
    """The text is a prefix but for the blank lines at its end, which are the end of the result."""
    result = append(text, addition)
    if isinstance(result, Refused):
        return
    note, after = parse(text), parse(result.text)
    visible = text.rstrip() if note.body.strip() else text
    blank = text[len(visible) :]

    assert result.text.startswith(visible + blank.partition("\n")[0].rstrip("\r"))
    assert result.text.endswith(blank[blank.find("\n") :] if "\n" in blank else "")
    assert head_of(text) == head_of(result.text)
    assert note.headings == after.headings[: len(note.headings)]
    assert lines_of(text) + lines_of(addition) == lines_of(result.text)


@pytest.mark.parametrize(
    ("text", "old", "new", "count", "after"),
    [
        ("---\na: one\n---\none two\n", "one", "three", 1, "---\na: one\n---\nthree two\n"),
        ("a a\n", "a", "b", 2, "b b\n"),
        ("a\r\nb\r\n", "a\nb", "x\ny\nz", 1, "x\r\ny\r\nz\r\n"),
        ("a\nb", "\nb", "", 1, "a"),
        ("A\n===\ntext\n", "===", "---", 1, "A\n---\ntext\n"),
        ("a\ntext\n", "text", "===", 1, "a\n===\n"),
        ("a\n", "a", "a", 1, "a\n"),
    ],
)
def test_an_exact_text_is_replaced(text, old, new, count, after):
    """In the body alone, with the line ending of the note."""
    assert Edited(after) == replace_once(text, old, new, count)


@pytest.mark.parametrize(
    ("text", "old", "new", "count", "reason"),
    [
        ("a b a\n", "a", "c", 1, "stands 2 times in the body, not 1"),
        ("---\na: 1\n---\nb\n", "a", "c", 1, "stands 0 times in the body, not 1"),
        ("aaa\n", "aa", "b", 1, "overlaps itself"),
        ("a\n", "", "b", 1, "no text"),
        ("a\n", "b", "c", 0, "no text"),
        ("a\n---\nb\n", "a\n---", "---\na: 1\n---", 1, "frontmatter"),
        ("---\na: 1\nb\n", "b", "---\nb", 1, "frontmatter"),
        ("$$\n# A\n\nb\n", "b", "$$", 1, "headings above"),
        ("a\n", "a", "\udfff", 1, "half a character"),
        ("a\n", "\udfff", "a", 1, "0 times"),
    ],
)
def test_a_replacement_that_is_not_meant_is_refused(text, old, new, count, reason):
    """Another number of places, nothing to find, or a text that would be read as frontmatter."""
    result = replace_once(text, old, new, count)

    assert isinstance(result, Refused)
    assert reason in result.reason


@given(notes, st.data(), additions)
def test_a_replacement_changes_only_what_was_named(text, data, new):
    """Whatever stands before and after the exact text keeps its bytes."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 6, len(text))))
    old = text[start:end]
    assume(not (old.startswith("\n") and text.startswith("\r", start - 1)))
    result = replace_once(text, old, new)
    if isinstance(result, Edited):
        at = text.index(old, parse(text).frontmatter.body_start)

        assert result.text.startswith(text[:at])
        assert result.text.endswith(text[at + len(old) :])
        assert head_of(text) == head_of(result.text)


def test_a_section_is_what_stands_below_its_heading():
    """Sub-sections belong to it; its hash is that of the text in UTF-8."""
    text = "# A\n\nä\n## B\nb\n# C\n"
    digest = sha256("\nä\n## B\nb\n".encode()).hexdigest()

    assert Edited("# A\n\nnew\n# C\n") == replace_section(text, ["a"], "new", digest)
    assert f"its SHA-256 is {digest}" in replace_section(text, ["a"], "new", "0" * 64).reason


def test_a_section_that_could_be_another_is_refused():
    """The candidates are named with their lines; so are the headings there are when none is found."""
    text = "# A\n## Log\n# B\n## Log\n"

    assert "'Log' (line 2), 'Log' (line 4)" in replace_section(text, ["Log"], "", None).reason
    assert "'A' (line 1)" in replace_section(text, ["Missing"], "", None).reason
    assert "4 more" in replace_section("# A\n" * 14, ["B"], "", None).reason
    assert isinstance(replace_section("text", ["A"], "", None), Refused)
    assert isinstance(replace_section("# A", [], "", None), Refused)


@pytest.mark.parametrize(
    ("text", "content", "after"),
    [
        ("# A\n\nold\n\n# B\n", "new", "# A\n\nnew\n\n# B\n"),
        ("# A\nold\n# B\n", "\nnew\n", "# A\nnew\n# B\n"),
        ("# A\n\nold\n## S\nx\n\n\n# B\n", "## T\nnew", "# A\n\n## T\nnew\n\n\n# B\n"),
        ("# A\nold", "new\n", "# A\nnew"),
        ("# A\r\nold\r\n", "x\ny", "# A\r\nx\r\ny\r\n"),
        ("A\n---\nold\n", "new", "A\n---\nnew\n"),
        ("# A\n\nold\n\n# B\n", "", "# A\n\n# B\n"),
        ("# A\nold", "", "# A"),
        ("# A\n\n# B\n", "new", "# A\n\nnew\n\n# B\n"),
        ("# A\n", "new", "# A\n\nnew\n"),
        ("# A", "new", "# A\n\nnew"),
        ("# A\n", " ", "# A\n"),
        ("# A\n    code\n", "    new", "# A\n    new\n"),
    ],
)
def test_a_section_gets_other_content(text, content, after):
    """The heading line and the blank lines around the content stay."""
    chain = [parse(text).headings[0].text]

    assert Edited(after) == replace_section(text, chain, content, None)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("# A\nold\n# B\n", "# C\nx"),
        ("## A\nold\n", "C\n==="),
        ("# A\nold\n# B\n", "```\nopen"),
        ("# A\nold\n# B\n", "<div>"),
        ("# A\n***\nB\n===\n", "text"),
        ("# A\nold\n", "\udc00"),
        ("# B\n# B\n# A\n# A\n", "x"),
    ],
)
def test_content_that_would_leave_its_section_is_refused(text, content):
    """A heading of the same or a higher level, or code that would swallow what follows."""
    assert isinstance(replace_section(text, ["A"], content, None), Refused)


def test_a_section_is_replaced_only_as_it_was_read():
    """The hash of the section, or eight digits of it, has to fit."""
    text = "# A\nold\n"
    digest = sha256(b"old\n").hexdigest()

    for expected in (digest, digest[:8].upper(), None):
        assert Edited("# A\nnew\n") == replace_section(text, ["A"], "new", expected)
    for expected in (digest[:7], "", "0" * 64, digest + "0", "\ud800" * 8):
        assert isinstance(replace_section(text, ["A"], "new", expected), Refused)


@pytest.mark.parametrize(
    ("text", "addition", "after"),
    [
        ("# A\nold\n\n# B\n", "new", "# A\nold\n\nnew\n\n# B\n"),
        ("# A\n## S\n- a\n\n\n# B\n", "- b", "# A\n## S\n- a\n- b\n\n\n# B\n"),
        ("# A\n# B\n", "new", "# A\n\nnew\n# B\n"),
        ("# A\n\n# B\n", "new", "# A\n\nnew\n\n# B\n"),
        ("# A\nold", "new", "# A\nold\n\nnew"),
        ("# A\r\nold\r\n", "## S\nnew", "# A\r\nold\r\n\r\n## S\r\nnew\r\n"),
        ("# A\nold\n", "", "# A\nold\n"),
    ],
)
def test_a_block_is_added_at_the_end_of_a_section(text, addition, after):
    """Below its sub-sections, above the blank lines before the next heading."""
    assert Edited(after) == append_to_section(text, ["A"], addition)


@pytest.mark.parametrize(
    ("text", "addition"), [("# A\n```\nopen\n", "x"), ("# A\n", "# B"), ("# B\n", "x"), ("# A\n", "\ud800")]
)
def test_a_block_that_does_not_fit_into_a_section_is_refused(text, addition):
    """Open code, a heading that would end the section, a section that is not there, half a character."""
    assert isinstance(append_to_section(text, ["A"], addition), Refused)


@given(notes_with_sections, additions, st.sampled_from(["append", "replace"]))
def test_a_section_is_edited_within_its_bounds(text, content, edit):
    """Everything up to the end of the heading and from the next heading on keeps its bytes and its meaning."""
    before = section_of(text, "Part")
    assume(before is not None)
    start, end = before
    if edit == "append":
        result = append_to_section(text, ["Part"], content)
    else:
        digest = sha256(text[start:end].encode("utf-8", "surrogatepass")).hexdigest()
        result = replace_section(text, ["Part"], content, digest)
    if isinstance(result, Refused):
        assert "SHA-256" not in result.reason
        return

    assert result.text.startswith(text[:start].rstrip())
    assert result.text.endswith(text[end:])
    assert head_of(text) == head_of(result.text)
    if after := section_of(result.text, "Part"):
        kept = lines_of(text[start:end]) if edit == "append" else []
        assert kept + lines_of(content) == lines_of(result.text[slice(*after)])


LINE = "- [[b]] (uses)"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("text\n", f"text\n\n## Links\n\n{LINE}\n"),
        ("text", f"text\n\n## Links\n\n{LINE}"),
        ("", f"## Links\n\n{LINE}\n"),
        ("---\na: 1\n---\n", f"---\na: 1\n---\n## Links\n\n{LINE}\n"),
        ("## Links\n", f"## Links\n\n{LINE}\n"),
        ("## Links", f"## Links\n\n{LINE}"),
        ("## Links\n\n# B\n", f"## Links\n\n{LINE}\n\n# B\n"),
        ("## links:\n- [[a]] (x)\n\ntext\n", f"## links:\n- [[a]] (x)\n{LINE}\n\ntext\n"),
        ("## Links\n- [[a]] (x)\n  why\n\n  more\ntext\n", f"## Links\n- [[a]] (x)\n  why\n\n  more\ntext\n{LINE}\n"),
        ("## Links\n- [[a]] (x)\n- [[b]]\n\n- c\n## S\n", f"## Links\n- [[a]] (x)\n- [[b]]\n\n- c\n{LINE}\n## S\n"),
        ("## Links\n- c\n## S\n- [[a]] (x)\n", f"## Links\n- c\n{LINE}\n## S\n- [[a]] (x)\n"),
        ("## Links\r\ntext\r\n", f"## Links\r\ntext\r\n\r\n{LINE}\r\n"),
        ("# Links\n", f"# Links\n\n## Links\n\n{LINE}\n"),
        ("## Links\n- [[b]] (other)\n", f"## Links\n- [[b]] (other)\n{LINE}\n"),
        ("## Links\n- [[B|x]] (uses)\n", "## Links\n- [[B|x]] (uses)\n"),
    ],
)
def test_a_link_goes_to_the_end_of_the_list_of_links(text, after):
    """The heading is made where it is missing; a link that is there already changes nothing."""
    assert Edited(after) == add_link(text, "b", "uses")


@pytest.mark.parametrize(
    ("target", "relation", "label", "line"),
    [
        ("folder/a#H#^id", "part of", None, "- [[folder/a#H#^id]] (part of)"),
        ("a", "see: #1", "l|m", "- [[a|l|m]] (see: #1)"),
        ("Sq]uare", "x", "a `b` c", "- [[Sq]uare|a `b` c]] (x)"),
        ("日本", "ähnlich", None, "- [[日本]] (ähnlich)"),
    ],
)
def test_a_link_is_written_as_it_reads_back(target, relation, label, line):
    """Subpaths, odd brackets and every script are fine."""
    result = add_link("## Links\n", target, relation, label)

    assert Edited(f"## Links\n\n{line}\n") == result
    assert (TypedLink(target, label, relation, 3),) == typed_links(parse(result.text))


@pytest.mark.parametrize(
    ("target", "relation", "label"),
    [
        ("", "x", None),
        ("a|b", "x", None),
        ("a[[b", "x", None),
        ("a]]", "x", None),
        ("a\nb", "x", None),
        ("a]", "x", None),
        ("a\\", "x", "l"),
        ("\ud800", "x", None),
        ("a", "", None),
        ("a", " ", None),
        ("a", " x", None),
        ("a", "x(y", None),
        ("a", "x)", None),
        ("a", "x\r", None),
        ("a", "x", ""),
        ("a", "x", "[[b]]"),
        ("a", "x", "b\nc"),
        ("a", "x", "\udfff"),
    ],
)
def test_a_link_that_cannot_be_written_is_refused(target, relation, label):
    """What would end the link or the relation, is empty, or would not read back."""
    assert isinstance(add_link("## Links\n", target, relation, label), Refused)


@pytest.mark.parametrize("text", ["## Links\n## Links\n", "## Links\n```\n", "```\n"])
def test_a_link_without_a_place_is_refused(text):
    """Two lists of links, or code that is still open."""
    assert isinstance(add_link(text, "a", "x"), Refused)


def test_only_lines_of_links_with_a_relation_are_read():
    """Below a level-2 heading Links, not in code, each alone on its line."""
    text = (
        "- [[no]] (x)\n## Links\n- [[a]] (x)\n* [[b#H|label]] ( is y )  \n  - [[c]] (z)\ntext [[no]] (x)\n- [[no]]\n"
        "- ![[no]] (x)\n- [[no]] (x) more\n- [[no]] [[no]] (x)\n- [no](no.md) (x)\n\n```\n- [[no]] (x)\n```\n"
        "### Sub\n- [[d]] (x)\r\n# Other\n- [[no]] (x)\n## LINKS\n- [[e]] (x)"
    )
    expected = [("a", None, "x", 3), ("b#H", "label", "is y", 4), ("c", None, "z", 5), ("d", None, "x", 17)]

    assert (*(TypedLink(*one) for one in expected), TypedLink("e", None, "x", 21)) == typed_links(parse(text))


@pytest.mark.parametrize(
    ("text", "relation", "after"),
    [
        ("## Links\n- [[b]] (x)\n- [[c]] (x)\n", None, "## Links\n- [[c]] (x)\n"),
        ("## Links\n- [[c]] (x)\n- [[B|l]] (x)", None, "## Links\n- [[c]] (x)"),
        ("## Links\n- [[b]] (x)\n- [[b]] (y)\n", "y", "## Links\n- [[b]] (x)\n"),
        ("## Links\n- [[b]] (x)\n- c\n\n- [[b]] (y)\n\n# D\n", None, "## Links\n- c\n\n# D\n"),
        ("## Links\r\n\r\n- [[b]] (x)\r\n\r\ntext\r\n", None, "## Links\r\n\r\ntext\r\n"),
        ("## Links\n\n- [[b]] (x)\n- c\n", None, "## Links\n\n- c\n"),
    ],
)
def test_the_lines_of_a_link_are_removed(text, relation, after):
    """All of them or those of one relation; a line that stood alone takes one blank line along."""
    assert Edited(after) == remove_link(text, "b", relation)


@pytest.mark.parametrize(
    "text",
    [
        "## Links\n- [[c]] (x)\n",
        "- [[b]] (x)\n",
        "## Links\n- [[b]] (y)\n",
        "## Links\n```\n- [[b]] (x)\n```\n",
        "## Links\n- [[b]] (x)\n  why\n",
        "## Links\ntext\n- [[b]] (x)\n===\n",
    ],
)
def test_a_line_that_is_not_there_or_not_alone_is_not_removed(text):
    """Another link, another place, code, a line with more text that hangs on it."""
    assert isinstance(remove_link(text, "b", "x"), Refused)


@given(notes_with_sections, st.sampled_from(["a", "b#c", "日本"]), texts)
def test_a_link_added_and_removed_leaves_no_trace(text, target, relation):
    """Where there was a list of links, its note gets back every byte."""
    text = text.replace("Part", "Links")
    assume([heading for heading in parse(text).headings if heading.text == "Links"])
    added = add_link(text, target, relation)
    if isinstance(added, Edited) and added.text != text:
        assert head_of(text) == head_of(added.text)
        assert len(typed_links(parse(text))) + 1 == len(typed_links(parse(added.text)))
        assert Edited(text) == remove_link(added.text, target, relation)


@given(notes, texts, texts, st.none() | texts)
def test_a_link_changes_nothing_else(text, target, relation, label):
    """Whatever the link: it is refused, or one line more reads back below the same frontmatter."""
    result = add_link(text, target, relation, label)
    if isinstance(result, Edited) and result.text != text:
        found = [(one.target, one.label, one.relation) for one in typed_links(parse(result.text))]

        assert (target, label, relation) in found
        assert head_of(text) == head_of(result.text)


@pytest.mark.parametrize("path", real_notes()[::20])
def test_real_notes_gain_and_lose_a_section(path):
    """On real notes a new section can be filled, and replaced text put back."""
    text = path.read_bytes().decode("utf-8")
    added = append(text, "## Memwell test\n\nold text of memwell")
    if isinstance(added, Refused):
        return

    changed = replace_section(added.text, ["Memwell test"], "new text of memwell", None)

    assert added == replace_once(changed.text, "new text of memwell", "old text of memwell")


@pytest.mark.parametrize(
    "unit", ["- [[a]] (x)\n", "## Links\n", "- a\n\n", "# A\n", "[[a]] (", "\r\n", "A\n---\n", "a", "> - "]
)
def test_time_is_linear(unit):
    """Four times the text takes no more than about four times as long, whatever it repeats."""

    def seconds(size: int) -> float:
        text = "## Links\n" + unit * (size // len(unit))
        start = time.process_time()
        append(text, "- x")
        replace_section(text, ["Links"], "x", None)
        replace_once(text, unit * 50, "b")
        append_to_section(text, ["Links"], "x")
        add_link(text, "b", "x")
        remove_link(text, "a")
        return time.process_time() - start

    small = min(seconds(4_000) for _ in range(3))
    assert min(seconds(16_000) for _ in range(3)) < 12 * max(small, 0.005)


@given(note_texts, st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n"]))
def test_without_certain_marks_nothing_swallows_what_follows(text, gap):
    """Only code, HTML, math and comments go on over the lines below; so where none can be, nobody has to parse."""
    above = _MAY_SWALLOW.sub("", text).rstrip() + gap

    assume(parse(above).body.strip())

    assert len(above) == parse(f"{above}# x").headings[-1].start
