"""File names and identity of paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.names import (
    link_problem,
    path_key,
    path_problem,
    portable_problem,
    safe_name,
    slug_problem,
    to_key,
)

marks = st.sampled_from([*'/\\:*?"<>|#^[]%. \u00a0\u2000\u2028\u200d\u0301\t\x85\ud800é🎉', "con", ".md", "x" * 200])
titles = st.one_of(st.text(), st.lists(st.one_of(marks, st.text(max_size=3))).map("".join))


@pytest.mark.parametrize(
    "name", ["API style", "api-style.md", "日本語", "Café", "console", "comma", "a.b", "🎉", "C++"]
)
def test_names_for_every_platform(name):
    """Letters of every script, blanks, dots inside and most signs are fine."""
    assert slug_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "empty"),
        ("..", "dot"),
        (".hidden", "dot"),
        ("a.", "dot"),
        (" a", "blank"),
        ("a ", "blank"),
        ("a/b", "reserved"),
        ("a\\b", "reserved"),
        ("what?", "reserved"),
        ("a:b", "reserved"),
        ("C#", "breaks links"),
        ("[a]", "breaks links"),
        ("a\tb", "U+0009"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("a\ud800b", "U+D800"),
        ("CON", "device"),
        ("nul.tar.gz", "device"),
        ("lpt0.md", "device"),
        ("com9", "device"),
        ("COM\u00b2.md", "device"),
        ("aux .md", "device"),
        ("100%% sure", "breaks links"),
        ("a\u00a0", "blank"),
        ("a\u2028b", "U+2028"),
        ("x" * 238 + ".md", "240 bytes"),
        ("Cafe\u0301", "NFC"),
        ("é" * 121, "240 bytes"),
    ],
)
def test_names_that_fail_somewhere(name, problem):
    """Each refusal says why."""
    assert problem in (slug_problem(name) or "")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Re: plan.md", ": is reserved"),
        ("what?.md", "? is reserved"),
        ("con.md", "con is a device"),
        ("LPT1.tar.md", "device"),
        (" a.md", "blank"),
        ("a.", "dot"),
        ("a\tb.md", "U+0009"),
        ("\ud800.md", "U+D800"),
        ("é" * 127 + ".md", "255 bytes"),
        ("", "empty"),
    ],
    ids=ascii,
)
def test_existing_names_that_some_platform_refuses(name, problem):
    """An existing name is looked at with its extension, and it is said what is wrong with it."""
    assert problem in (portable_problem(name) or "")


@pytest.mark.parametrize(
    "name",
    ["Cafe\u0301.md", "C#.md", "[a]^1.md", "a.b .md", "\U0001f468\u200d\U0001f469.md", "x" * 252 + ".md"],
    ids=ascii,
)
def test_existing_names_that_every_platform_takes(name):
    """Neither the Unicode form nor what breaks links keeps a file from being stored, nor 255 bytes."""
    assert portable_problem(name) is None


@pytest.mark.parametrize(
    ("name", "mark"), [("C#.md", "#"), ("a^b.md", "^"), ("[a.md", "["), ("a].md", "]"), ("a%%b.md", "%%")]
)
def test_names_that_no_link_can_hold(name, mark):
    """Obsidian stores such a name, and no link leads to it."""
    assert f"{mark} breaks links to the note" == link_problem(name)
    assert link_problem("100% - (a), b.md") is None


def test_a_path_too_long_for_windows():
    """260 units of UTF-16 are the most, folders included; a character beyond the basic plane has two."""
    assert path_problem("x" * 260) is None
    assert "261 characters are too long for Windows" == path_problem("x" * 261)
    assert "262 characters are too long for Windows" == path_problem("🎉" * 131)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("API style", "API style"),
        ("either/or\\and", "either-or-and"),
        ('What? "a": <b> | *c*', "What a b  c"),
        ("C# [draft] ^1", "C draft 1"),
        ("100%% sure", "100% sure"),
        ("50%#% off", "50% off"),
        ("a\tb\u200bc\ud800", "abc"),
        (" .. .hidden. . ", "hidden"),
        ("\u3000wide\u00a0", "wide"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("e\u200d\u0301", "\u00e9"),
        ("CON", "Untitled"),
        ("nul.txt", "Untitled"),
        ("con" + " " * 240 + "x", "Untitled"),
        ("???", "Untitled"),
        ("", "Untitled"),
        ("x" * 300, "x" * 237),
        ("日" * 100, "日" * 79),
        ("x" * 235 + " . y", "x" * 235),
    ],
    ids=ascii,
)
def test_a_name_for_any_title(title, name):
    """What can't be in a name goes, slashes become dashes, and too much is cut between characters."""
    assert name == safe_name(title)


@given(titles)
def test_a_safe_name_is_a_good_name(title):
    """Whatever the title, its name is one that we give, with and without an extension, and its own safe name."""
    name = safe_name(title)

    assert (None, None) == (slug_problem(name), slug_problem(f"{name}.md"))
    assert (None, None) == (portable_problem(f"{name}.md"), link_problem(f"{name}.md"))
    assert name == safe_name(name)


@given(titles)
def test_no_name_is_too_strange_to_be_looked_at(name):
    """Whatever a name holds, something is said of it."""
    for look in (slug_problem, portable_problem, link_problem, path_problem):
        look(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A/B.md", "a/b.MD"), ("Caf\u00e9", "Cafe\u0301"), ("ЗАМЕТКА", "Заметка"), ("Straße", "STRASSE")],
)
def test_paths_that_are_one(one, other):
    """Case and Unicode form make no other path."""
    assert path_key(one) == path_key(other)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("# API style!\n\nUse nouns.", "api-style"),
        ("\n\n  We don't guess.  ", "we-dont-guess"),
        ("Ünïcode Größe", "ünïcode-größe"),
        ("会议记录 2026", "会议记录-2026"),
        ("हिन्दी नोट", "हिन्दी-नोट"),
        ("---\n***\n", "note"),
        ("", "note"),
        ("CON", "con-note"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 100, "x" * 60),
    ],
)
def test_a_key_suggested_from_a_text(text, key):
    """The first line with words, in lower case, joined by dashes, cut at a word."""
    assert key == to_key(text)


@given(st.text())
def test_a_suggested_key_is_a_good_name(text):
    """Whatever the text, the key can be a file name and is at most 60 characters."""
    key = to_key(text)

    assert slug_problem(f"{key}.md") is None
    assert len(key) <= 60


@given(st.text())
def test_a_path_key_is_its_own_key(text):
    """Folding twice changes nothing."""
    assert path_key(path_key(text)) == path_key(text)
