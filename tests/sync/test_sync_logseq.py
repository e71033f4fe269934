"""A note as a page of Logseq, and a page as the note it shows."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault_engine.sync.logseq import Base, Own, marks_of, note_text, page_text
from vault_engine.sync.logseq_chunks import chunks_of
from vault_engine.sync.logseq_page import read_page

NOTE = """\
---
id: 01K
tags:
  - a
  - "b c"   # why
uses: "[[b]]"
title: The title
aliases: [z]
nested: {a: 1}
---

# Head

Para one [[b|the b]] and [[c#part]]
second line

- item 1
  more
    - nested

```py
- no item

x
```

| a | b |
|---|---|
| 1 | 2 |

intro:
- child
"""
PAGE = """\
memwell-id:: 01K
tags:: a, b c
uses:: [[x/b]]
memwell-title:: The title
alias:: z

- # Head
- Para one [the b]([[x/b]]) and [c#part]([[c]])
  second line
- item 1
  more
	- nested
- ```py
  - no item

  x
  ```
- | a | b |
  |---|---|
  | 1 | 2 |
- intro:
	- child
"""
UUID = "3b241101-e2bb-4255-8caf-4136c566a962"


class Names:
    """Two notes, one of them in a folder; both can be meant by their names."""

    def page_of(self, link):
        """Give a page."""
        return {"b": "x/b", "c": "c"}.get(link.target)

    def target_of(self, name):
        """Give the name of a note."""
        return {"x/b": "b", "c": "c"}.get(name)


def shown(page: str, note: str = NOTE) -> str:
    """Give the note that a page shows which was that of ``note``; nothing may be guessed."""
    base = Base(note, marks_of(page_text(note, None, Names())))
    own = note_text(page, base, Names())
    assert own.is_sure
    return own.text


def replaced(text: str, old: str, new: str) -> str:
    """Replace a part that is there once."""
    assert 1 == text.count(old)
    return text.replace(old, new)


# ---- a note as a page


def test_each_part_of_a_note_is_a_block_of_its_page():
    """Headings, paragraphs, tables and code are blocks, list items too, properties stand at the head."""
    assert PAGE == page_text(NOTE, None, Names())


@pytest.mark.parametrize(
    ("note", "page"),
    [
        ("", ""),
        ("one\n", "- one\n"),
        ("one", "- one\n"),
        ("one\r\ntwo\r\n", "- one\n  two\n"),
        ("a\n- b\n\n- c\n", "- a\n\t- b\n- c\n"),
        ("- a\n\n  b\n", "- a\n\n  b\n"),
        ("* a\n* b\n", "- * a\n  * b\n"),
        ("1. a\n   - b\n", "- 1. a\n\t- b\n"),
        ("> q\n> r\n", "- > q\n  > r\n"),
        ("$$\n- a\n$$\n", "- $$\n  - a\n  $$\n"),
        ("---\nid: x\n---\n", "memwell-id:: x\n\n"),
        ("---\nbroken: [\n---\na\n", "- a\n"),
        ("k:: v\n", "- k:: v\n"),
        ("![[b]] ![[p.png]] `[[b]]`\n", "- {{embed [[x/b]]}} ![[p.png]] `[[b]]`\n"),
        ("[l](b) [[zz|l]] [[zz]]\n", "- [l]([[x/b]]) [l]([[zz]]) [[zz]]\n"),
    ],
)
def test_what_a_page_looks_like(note, page):
    """By table."""
    assert page == page_text(note, None, Names())
    assert note == shown(page, note)


# ---- a page as a note


def test_a_page_that_nobody_touched_shows_the_note():
    """To the byte, with what is remembered of the page and without."""
    assert NOTE == shown(PAGE)
    assert Own(NOTE, is_sure=True) == note_text(PAGE, Base(NOTE), Names())


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("more", "much more", "  more\n", "  much more\n"),
        ("- # Head", "- ## Head", "# Head\n", "## Head\n"),
        ("- intro:", "- new\n- intro:", "intro:\n", "new\n\nintro:\n"),
        ("- intro:", "- new\n\t- below\n- intro:", "intro:\n", "new\n- below\n\nintro:\n"),
        ("\t- nested\n", "\t- nested\n\t- another [[x/b]]\n", "    - nested\n", "    - nested\n    - another [[b]]\n"),
        ("\t- nested\n", "", "    - nested\n", ""),
        ("  second line", "  second line\n\t- below", "second line\n", "second line\n- below\n"),
        ("\t- child", "- child", "intro:\n- child", "intro:\n\n- child"),
        ("the b](", "that b](", "[[b|the b]]", "[[b|that b]]"),
        ("  x\n", "  x = 1\n", "\nx\n```", "\nx = 1\n```"),
        ("  | 1 | 2 |\n", "  | 1 | 2 |\n  | 3 | 4 |\n", "| 1 | 2 |\n", "| 1 | 2 |\n| 3 | 4 |\n"),
        ("memwell-title:: The title", "memwell-title:: 12", "title: The title", 'title: "12"'),
        ("alias:: z\n", "alias:: z\nrank:: 3\n", "{a: 1}\n", "{a: 1}\nrank: 3\n"),
        ("alias:: z\n", "", "aliases: [z]\n", ""),
        ("uses:: [[x/b]]", "uses:: [[c]]", '"[[b]]"', '"[[c]]"'),
    ],
)
def test_an_edit_of_a_block_changes_its_lines_and_no_others(before, after, old, new):
    """Whatever kind of block it is; links are the note's."""
    page = replaced(PAGE, before, after)

    note = shown(page)

    assert replaced(NOTE, old, new) == note
    assert page == page_text(note, page, Names(), note)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- item 1\n", f"- item 1\n  id:: {UUID}\n  collapsed:: true\n"),
        ("- item 1\n", "- item 1\n  :LOGBOOK:\n  CLOCK: [2024-01-05 Fri 10:00:00]\n  :END:\n"),
        ("alias:: z\n", "alias:: z\ntitle:: Another\n"),
        ("- ```py\n", f"- id:: {UUID}\n  ```py\n"),
        ("  ```\n", f"  ```\n  id:: {UUID}\n"),
        ("\t- child\n", "\t- child\n\t-\n-"),
    ],
)
def test_what_only_logseq_knows_never_reaches_the_note(before, after):
    """Ids, what is folded, the logbook, the page's own title, empty blocks; and an edit here leaves it there."""
    page = replaced(PAGE, before, after)
    note = shown(page)
    assert NOTE == note

    changed = replaced(note, "# Head\n", "# Another\n")

    assert replaced(page, "# Head\n", "# Another\n") == page_text(changed, page, Names(), note)


def test_a_block_that_is_edited_here_keeps_its_id_there():
    """So that what refers to it still does."""
    page = replaced(PAGE, "- # Head\n", f"- # Head\n  id:: {UUID}\n")

    written = page_text(replaced(NOTE, "# Head\n", "# Another\n"), page, Names(), NOTE)

    assert replaced(page, "# Head\n", "# Another\n") == written


def test_a_page_of_logseqs_own_becomes_a_note():
    """Its blocks are a list, its properties frontmatter; what only Logseq knows is left out."""
    page = f"tags:: x, y z\nrank:: 2\n\n- # T\n  id:: {UUID}\n\t- [[x/b]] and [l]([[c]])\n\t  below\n-\n"
    note = "---\ntags:\n  - x\n  - y z\nrank: 2\n---\n- # T\n\t- [[b]] and [[c|l]]\n\t  below\n"

    assert Own(note, is_sure=True) == note_text(page, None, Names())
    assert page == page_text(note, page, Names(), note)


def test_a_page_with_yaml_keeps_it():
    """As Logseq reads that too."""
    note = note_text("---\na: 1 # x\n---\n- b\n", None, Names()).text
    assert "---\na: 1 # x\n---\n- b\n" == note
    assert "---\na: 2 # x\n---\n- b\n" == page_text(note.replace("1", "2"), note, Names(), note)


def test_properties_that_cant_be_read_are_never_lost():
    """Those behind a broken YAML head become text, and one that is there twice stays so in the page."""
    own = note_text("---\na: [\n---\nb:: 1\n\n- x\n", None, Names())
    assert "---\na: [\n---\nb:: 1\n\n- x\n" == own.text

    page = "a:: 1\na:: 2\n\n- x\n"
    note = note_text(page, None, Names()).text
    assert "a: 2\n" in note
    assert page.replace("- x", "- y") == page_text(note.replace("- x", "- y"), page, Names(), note)


def test_links_that_lead_elsewhere_by_now_are_written_anew():
    """The note is as it was; what is not about that stays as it is in the page."""

    class Moved(Names):
        def page_of(self, link):
            return {"b": "y/b"}.get(link.target)

        def target_of(self, name):
            return {"y/b": "b"}.get(name)

    page = replaced(PAGE, "- item 1\n", f"- item 1\n  id:: {UUID}\n")

    assert page.replace("x/b", "y/b") == page_text(NOTE, page, Moved(), NOTE)


def test_what_markdown_cant_hold_is_not_guessed():
    """A list below a heading can't be deeper than one step; then both texts are to be kept."""
    own = note_text("- # A\n\t- b\n\t\t\t- c\n", Base("# A\n"), Names())
    assert "# A\n- b\n\t- c\n" == own.text

    own = note_text("  - added\n\n- x\n", Base("---\na: [\n---\nx\n", ("nothing",)), Names())
    assert own.is_sure
    own = note_text("a:: 2\n\n- x\n", Base("---\na: [\n---\nx\n"), Names())
    assert Own("---\na: 2\n---\n- x\n", is_sure=False) == own


# ---- laws

LINES = (
    "", "", "a", "- a", "  - b", "\t- c", "    - d", "-", "  -", "# h", "## i", "  cont", "```", "~~~", "$$", "<!--",
    "-->", "| t |", "> q", "1. x", "* y", "key:: v", "id:: 3", "[[b]]", "- [[c|d]]", "---", "- - x", "- ```", "  ```",
    ":LOGBOOK:", ":END:", "  collapsed:: true", "- \tq", "   ", "- # h", "\t",
)  # fmt: skip
NOTES = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=14).map("\n".join),
    st.lists(st.sampled_from(LINES), max_size=8).map("\r\n".join),
    st.text(alphabet="-# \t\n`ab$[]:", max_size=60),
    st.text(max_size=40),
)
BLOCKS = ("- new", "\t- deep", "  added", "- # H", "\t\t- deeper", f"- x\n  id:: {UUID}", "-", "- a\n  b\n\n  c")


@given(NOTES)
def test_the_parts_of_a_text_are_the_text(text):
    """Character by character."""
    read = chunks_of(text)
    assert text == read.lead + "".join(chunk.text + chunk.gap for chunk in read.chunks)


@given(NOTES)
def test_whatever_a_note_holds_its_page_shows_it(note):
    """To the byte; the few that no page can show are said. The page stays as it is."""
    page = page_text(note, None, Names())
    assume(page is not None)

    assert Own(note, is_sure=True) == note_text(page, Base(note, marks_of(page)), Names())
    assert note == note_text(page, Base(note), Names()).text
    assert page == page_text(note, page, Names(), note)


@given(NOTES, st.data())
def test_whatever_is_done_to_a_page_the_note_shows_it_and_nothing_is_written_back(note, data):
    """The edited page shows a note whose page it is: the next look finds nothing to do."""
    page = page_text(note, None, Names())
    assume(page is not None)
    lines = page.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    stays = data.draw(st.integers(0, 1))
    lines[at : at + stays] = data.draw(st.lists(st.sampled_from(BLOCKS), max_size=2))
    edited = "\n".join(lines)

    own = note_text(edited, Base(note, marks_of(page)), Names())

    assert Own(own.text, is_sure=True) == note_text(edited, Base(own.text, marks_of(edited)), Names())
    back = page_text(own.text, edited, Names(), own.text)
    assert [one.chunk.depth for one in read_page(edited).blocks] == [one.chunk.depth for one in read_page(back).blocks]
    assert back == edited or "[[" in note


@given(st.lists(st.sampled_from(["a", "- b", "# c", "d\ne", "- f\n  g"]), max_size=6), st.data())
def test_what_was_not_touched_keeps_its_lines(parts, data):
    """Every part but the one that was changed is in the note, in the old order."""
    parts = [f"{part} {number}" for number, part in enumerate(parts)]
    note = "".join(f"{part}\n\n" for part in parts)
    page = page_text(note, None, Names())
    blocks = read_page(page).blocks
    assume(blocks)
    at = data.draw(st.integers(0, len(blocks) - 1))
    edited = page.replace(f" {at}\n", f" {at} changed\n", 1)

    own = note_text(edited, Base(note, marks_of(page)), Names())

    assert Own(note.replace(f" {at}\n", f" {at} changed\n"), is_sure=True) == own


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_text_is_a_page_and_any_text_a_note(page, note):
    """Nothing is raised, whatever a file holds."""
    own = note_text(page, Base(note), Names())
    page_text(own.text, page, Names(), own.text)
    note_text(page, None, Names())


@pytest.mark.parametrize(
    "part", ["- a\n", "```\n", "-\n", "\t- a\n", ":LOGBOOK:\n", "$$\n", "- ```\n", "a\n\n", "[[b]]\n"]
)
def test_a_huge_text_is_shown_and_read_back(part):
    """What is opened and never closed does not make it slow."""
    note = part * 5_000
    page = page_text(note, None, Names())
    if page is not None:
        assert note == shown(page, note)
        edited = note_text(f"- first\n{page}- last\n", Base(note, marks_of(page)), Names())
        assert len(edited.text) > len(note)
