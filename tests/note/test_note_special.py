"""Notes that only their owner may edit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import note_texts

from vault_engine.note import parse
from vault_engine.note.special import (
    find_merge_markers,
    is_excalidraw_path,
    may_be_read_only,
    searchable_end,
    why_read_only,
)

WORDS = "---\nexcalidraw-plugin: parsed\n---\n# Excalidraw Data\n\n## Text Elements\nharbour ^a1\n\n"
DATA = "```compressed-json\nN4KAkARALgng\n```\n"
CONFLICT = "one\n<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> branch\ntwo\n"

lines = st.sampled_from(
    ["<<<<<<<", "<<<<<<< a", "=======", ">>>>>>>", ">>>>>>> b", "||||||| c", "word", " <<<<<<<", ""]
)

HEADS = st.sampled_from(
    [
        "---",
        "excalidraw-plugin: parsed",
        "'excalidraw-plugin':",
        '"\\x65xcalidraw-plugin": parsed',
        "? excalidraw-plugin",
        "{excalidraw-plugin: parsed}",
        '"excalidraw-\\',
        'plugin": parsed',
        "a: 1",
        *CONFLICT.split("\n"),
    ]
)


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.excalidraw.md", "words", "an Excalidraw drawing: only its plugin may edit it"),
        ("b/A.Excalidraw.MD", "---\nbroken: [\n---\n", "an Excalidraw drawing: only its plugin may edit it"),
        ("a.md", WORDS, "an Excalidraw drawing: only its plugin may edit it"),
        ("a.md", "---\nexcalidraw-plugin:\n---\n", "an Excalidraw drawing: only its plugin may edit it"),
        ("a.md", "an excalidraw-plugin", None),
        ("excalidraw.md", "words", None),
        ("a.md", "---\nbroken: [\n---\n", None),
    ],
)
def test_drawings_are_their_plugins(path, text, reason):
    """A drawing is told by its name or by its property; a broken frontmatter is another matter."""
    assert reason == why_read_only(parse(text), path)


def test_a_conflicted_note_waits_for_a_person():
    """Nothing is written to what a merge left half done."""
    note = replace(parse("words"), conflicted=True)

    assert "it holds a merge's conflict markers: a person has to mend it first" == why_read_only(note, "a.md")


def test_a_drawings_name():
    """The plugin's double extension, in any case."""
    assert [True, True, False] == [is_excalidraw_path(p) for p in ("a/b.excalidraw.md", "B.EXCALIDRAW.MD", "b.md")]


@pytest.mark.parametrize(
    ("text", "searchable"),
    [
        (f"{WORDS}%%\n## Drawing\n{DATA}%%", WORDS),
        (f"{WORDS}%%\n\n## Drawing\n{DATA}%%", WORDS),
        (f"{WORDS}# Drawing\n{DATA}", WORDS),
        (f"{WORDS}fifty %%\n## Drawing \n{DATA}", f"{WORDS}fifty %%\n"),
        (f"{WORDS}```\nleft open\n%%\n## Drawing\n{DATA}%%", f"{WORDS}```\nleft open\n"),
        (f"{WORDS}## Drawing\nmine\n%%\n## Drawing\n{DATA}%%", f"{WORDS}## Drawing\nmine\n"),
        (f"{WORDS}%%\n## Drawing\n{DATA}%%".replace("\n", "\r\n"), WORDS.replace("\n", "\r\n")),
        ("---\nexcalidraw-plugin: x\n---\n%%\n## Drawing\n", "---\nexcalidraw-plugin: x\n---\n"),
        (f"{WORDS}%%", f"{WORDS}%%"),
        (f"# Mine\n## Drawing\n{DATA}", f"# Mine\n## Drawing\n{DATA}"),
    ],
)
def test_a_drawings_data_are_no_words(text, searchable):
    """What is searched ends where the last section of that name begins, or the comment round it; elsewhere, nowhere."""
    assert searchable == text[: searchable_end(parse(text))]


def test_a_drawing_told_by_its_name_alone():
    """A broken frontmatter does not make words of a drawing's data."""
    text = f"---\nbroken: [\n---\nwords\n%%\n## Drawing\n{DATA}%%"

    assert "---\nbroken: [\n---\nwords\n" == text[: searchable_end(parse(text), "a.excalidraw.md")]


@pytest.mark.parametrize(
    "text",
    [
        CONFLICT,
        CONFLICT.replace("\n", "\r\n"),
        "<<<<<<<\n=======\n>>>>>>>",
        "<<<<<<< a\nx\n||||||| base\ny\n=======\nz\n>>>>>>> b\n",
        "<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> b\n",
        "Title\n=======\n" + CONFLICT,
    ],
)
def test_merge_markers_are_found(text):
    """Three lines in their order, with or without the common ancestor, nested or alone."""
    assert find_merge_markers(text, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< HEAD\nmine\n=======\n",
        "<<<<<<< HEAD\n>>>>>>> branch\n",
        ">>>>>>> a\n=======\n<<<<<<< b\n",
        "<<<<<<<< a\n========\n>>>>>>>> b\n",
        "<<<<<<<a\n=======\n>>>>>>> b\n",
        " <<<<<<< a\n =======\n >>>>>>> b\n",
        "> <<<<<<< a\n> =======\n> >>>>>>> b\n",
        "Title\n=======\n",
    ],
)
def test_what_only_looks_like_merge_markers(text):
    """Part of them, another order, another length, another place in the line."""
    assert not find_merge_markers(text, [])


def test_merge_markers_in_code_are_quoted():
    """A note about merging shows its markers in code; one marker outside its code spans is not quoted."""
    first, middle, last = (CONFLICT.index(mark) for mark in ("<<<<<<<", "=======", ">>>>>>>"))
    size = len(CONFLICT)

    assert not find_merge_markers(CONFLICT, [(0, size)])
    assert not find_merge_markers(CONFLICT, [(0, 2), (first, middle)])
    assert not find_merge_markers(CONFLICT, [(last, size)])
    assert not find_merge_markers(CONFLICT, [(0, size), (1, 3)])
    assert find_merge_markers(CONFLICT, [(0, first), (last + 20, size)])
    assert find_merge_markers(CONFLICT + CONFLICT, [(0, size)])


@given(st.lists(lines).map("\n".join))
def test_markers_are_found_as_a_plain_reading_finds_them(text):
    """Line by line: the first opening, the first divider after it, an end after that."""
    awaited = ["<<<<<<<", "=======", ">>>>>>>"]
    for line in text.split("\n"):
        if awaited and line.split(" ")[0] == awaited[0]:
            del awaited[0]

    assert (not awaited) == find_merge_markers(text, [])


@given(note_texts, st.sampled_from(["a.md", "a.excalidraw.md"]))
def test_no_note_is_too_strange_to_be_looked_at(text, path):
    """What is searched lies within the text, whatever that is."""
    note = parse(text)

    assert note.frontmatter.body_start <= searchable_end(note, path) <= len(text)
    assert (why_read_only(note, path) is None) == (path == "a.md" and not note.conflicted)


@given(note_texts | st.lists(HEADS).map("\n".join), st.sampled_from(["a.md", "a.excalidraw.md"]))
def test_a_glance_overlooks_nothing_that_is_read_only(text, path):
    """Neither a drawing whose property is written oddly nor what a merge left."""
    assert may_be_read_only(text, path) or why_read_only(parse(text), path) is None


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["<<<<<<< a\n", "=======\n", "<<<<<<<", "# Drawing\n", "%%\n\n", " \n", "# Drawing \t"]
)
def test_a_hostile_text_costs_no_more_than_its_length(piece):
    """A megabyte of one mark is read once."""
    text = "<<<<<<< a\n" + piece * (1_000_000 // len(piece))
    note = replace(parse("words"), text=text)

    assert not find_merge_markers(text, [(i, i + 1) for i in range(0, len(text), 20)])
    assert searchable_end(note, "a.excalidraw.md") <= len(text)
