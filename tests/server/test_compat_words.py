"""Names and bodies of other memories as notes hold them: what comes back is what was given."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.errors import BadInput
from vault_engine.server.mcp.compat.words import (
    as_category,
    as_key,
    as_tags,
    as_theirs,
    changed_tags,
    layer_of,
    read_body,
    split_links,
    with_links,
    write_body,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODIES = VALUES | st.dictionaries(st.sampled_from(["content", "text", "summary", "n"]), VALUES)


@given(BODIES, st.booleans(), st.sampled_from([None, 2]))
def test_json_comes_back_to_the_byte(value, is_ascii, indent):
    """Whatever it is, and however it was written."""
    raw = json.dumps(value, ensure_ascii=is_ascii, indent=indent)

    assert raw == read_body(*write_body(raw))


@pytest.mark.parametrize(
    ("raw", "text", "template"),
    [
        ('{"content": "Redis is at 6379."}', "Redis is at 6379.", None),
        ('{"content":"a","n":1}', "a", '{"content":"","n":1}'),
        ('{"n": 1, "summary": "b", "text": "a"}', "a", '{"n": 1, "summary": "b", "text": ""}'),
        ('"just a text"', "just a text", '""'),
        ('{"content": "caf\\u00e9"}', "café", '{"content": "caf\\u00e9"}'),
        ('{"n": [1]}', '```json\n{"n": [1]}\n```', None),
        ('{"content": ["```"]}', '````json\n{"content": ["```"]}\n````', None),
        ('{"content": ""}', '```json\n{"content": ""}\n```', None),
    ],
)
def test_what_a_note_says(raw, text, template):
    """Its text, where it has one; the JSON around it is a property."""
    assert (text, template) == write_body(raw)


def test_what_a_person_has_edited_stands_in_the_same_json():
    """And what is JSON no more is a text."""
    assert '{"content":"new","n":1}' == read_body("new", '{"content":"","n":1}')
    assert '{"content":"né","n":1}' == read_body("né", '{"content":"old","n":1}')
    assert '{"content": "by hand"}' == read_body("by hand", None)
    assert '{"content": "by hand"}' == read_body("by hand", "no json")
    assert json.dumps({"content": "```json\n{\n```"}) == read_body("```json\n{\n```", None)


def test_what_is_no_json_is_refused():
    """With what it should be."""
    with pytest.raises(BadInput, match="not JSON"):
        write_body("plain words")
    with pytest.raises(BadInput, match="not JSON"):
        write_body("[" * 100_000)


@given(TEXT.map(str.strip).filter(lambda name: "%" not in name or "%3A" in name))
def test_keys_come_back(name):
    """No two keys are one name of a file."""
    assert name == as_theirs(as_key(name))


def test_names_of_files():
    """What no file name can hold is written otherwise; levels of a category stay."""
    assert "svc%3Aredis%2F6379" == as_key("svc:redis/6379")
    assert "a/b%3Ac/%2Ehidden" == as_category("a/b:c/.hidden")
    assert ("100%", "100%2541") == (as_key("100%"), as_key("100%41"))


def test_tags_become_markdowns():
    """And the answer says which."""
    assert ("release-2", "_2026", "a/b") == as_tags(["release 2", "2026", "#a/b", "???", "release 2"])
    assert ["the tag 'x y' is written 'x-y'", "'!' can't be a tag"] == changed_tags(["ok", "x y", "!"])


def test_layers():
    """Of our tiers; what states none is in the buffer."""
    tiers = ["working", "Episodic", "semantic", "procedural", "core", "world", None, 3]

    assert ["buffer", "buffer", "working", "working", "core", "core", "buffer", "buffer"] == list(map(layer_of, tiers))


def test_the_links_of_a_note_are_no_part_of_its_text():
    """Where they are nothing but links, at its end."""
    links = "## Links\n\n- [[a]] (related)\n- [[b]] (uses)"

    assert ("Text.", links) == split_links(with_links("Text.", links))
    assert ("", links) == split_links(links)
    for text in ("Text.", "## Links\n\nwords", "x ## Links", "## Links and more\n\n- [[a]]"):
        assert (text, "") == split_links(text)
