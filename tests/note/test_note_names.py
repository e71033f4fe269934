"""File names and identity of paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note import path_key, slug_problem, to_key


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
        ("Cafe\u0301", "NFC"),
        ("é" * 121, "240 bytes"),
    ],
)
def test_names_that_fail_somewhere(name, problem):
    """Each refusal says why."""
    assert problem in (slug_problem(name) or "")


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
