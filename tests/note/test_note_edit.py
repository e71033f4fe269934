"""Byte-exact edits."""

import json

import pytest
from hypothesis import assume, given
from shared_cases import real_notes, rows
from strategies import keys, note_texts, properties, texts, values

from vault_engine.note import Edited, FrontmatterState, Refused, parse, read_frontmatter, render, replace_body
from vault_engine.note import set_properties as edit


def note_with(yaml: str, body: str = "body\n") -> str:
    return f"---\n{yaml}---\n{body}"


@pytest.mark.parametrize("case", rows("property_edit_cases.jsonl"))
def test_shared_case(case):
    """One property changes, every other byte stays; or the edit is refused."""
    op = case["op"]

    result = edit(case["before"], {op["key"]: op["value"] if op["op"] == "set" else None})

    if case["refuse"]:
        assert isinstance(result, Refused)
    else:
        assert Edited(case["after"]) == result


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("a: # why\n  - 1\n", {"a": 2}, "a: 2 # why\n"),
        ("a: 1 # why\n", {"a": [2]}, "a: # why\n  - 2\n"),
        ("a: # why\n  - 1\nb: 1\n", {"a": ["x", "z"]}, "a: # why\n  - x\n  - z\nb: 1\n"),
        ("a:\nb: 1\n", {"a": 2}, "a: 2\nb: 1\n"),
        ("a:\nb: 1\n", {"a": {"c": [1]}}, "a:\n  c:\n    - 1\nb: 1\n"),
        ("tags: [a, b] # mine\n", {"tags": ["a", "c: d"]}, 'tags: [a, "c: d"] # mine\n'),
        ("a: 1\n# about b\nb: 2\n", {"a": None}, "# about b\nb: 2\n"),
        ("a: |\n  one\n\n# about b\nb: 2\n", {"a": "x"}, "a: x\n\n# about b\nb: 2\n"),
        ("a: 1\n# last\n", {"b": True, "c": 1.5}, "a: 1\n# last\nb: true\nc: 1.5\n"),
        ("'a b' : 1\n", {"a b": 2}, "'a b' : 2\n"),
        ("a: 1\n", {"a": None}, ""),
        ("a: 1\n", {"a": 1.0}, "a: 1.0\n"),
        ("a: 1\n", {"a": True}, "a: true\n"),
        ("a: 01\n", {"a": 1}, "a: 01\n"),
    ],
)
def test_a_change_touches_its_own_lines(before, changes, after):
    """Comments, neighbours and flow lists stay; the same value writes nothing."""
    assert Edited(note_with(after)) == edit(note_with(before), changes)


@pytest.mark.parametrize(
    ("yaml", "changes"),
    [
        ("a:\n  - 1 # one\n  - 2\n", {"a": [3]}),
        ("a: | # why\n  text\n", {"a": "x"}),
        ("? a\n: 1\n", {"a": 2}),
        ("? [a]\n: 1\n", {"b": 2}),
        ("  a: 1\n", {"b": 2}),
        ("{a: 1}\n", {"b": 2}),
        ("a: &x [1]\nb: *x\n", {"a": 2}),
        ("a: [1\n", {"b": 2}),
        ("a: 1\n", {"b": float("nan")}),
        ("a: 1\n", {"b": {1, 2}}),
        ("a: 1\n", {"b": {1: 2}}),
        ("a: 1\n", {"b": "\ud800"}),
        ("a: 1\n", {"b": "x" * 70_000}),
        ("a: 1\n...\n", {"b": 2}),
    ],
)
def test_what_cannot_be_done_safely_is_refused(yaml, changes):
    """Lost comments, complex keys, anchors in use, flow blocks, invalid YAML, values without a place in JSON."""
    assert isinstance(edit(note_with(yaml), changes), Refused)


@given(note_texts, keys, values)
def test_setting_changes_one_property_and_nothing_else(text, key, value):
    """Whatever the note: the new value reads back, all others and the body stay, or nothing is done."""
    before, result = read_frontmatter(text), edit(text, {key: value})
    if isinstance(result, Refused):
        return
    after = read_frontmatter(result.text)

    assert json.dumps({**before.properties, key: value}) == json.dumps(after.properties)
    assert text[before.body_start :] == result.text[after.body_start :]


@given(note_texts, keys, values)
def test_adding_and_deleting_restores_the_text(text, key, value):
    """A key that was not there leaves no trace; only a block that was made for it stays, empty."""
    before = read_frontmatter(text)
    assume(key not in before.properties)
    added = edit(text, {key: value})
    assume(isinstance(added, Edited))

    restored = edit(added.text, {key: None})

    if before.state is FrontmatterState.NONE:
        assert FrontmatterState.EMPTY is read_frontmatter(restored.text).state
    else:
        assert Edited(text) == restored


@pytest.mark.parametrize("path", real_notes())
def test_real_notes_gain_and_lose_a_property(path):
    """On real notes adding a key adds one line, and deleting it gives back the bytes."""
    text = path.read_bytes().decode("utf-8")
    before = read_frontmatter(text)
    result = edit(text, {"memwell-test": "x"})

    if before.state in {FrontmatterState.INVALID, FrontmatterState.NON_MAPPING}:
        assert isinstance(result, Refused)
    elif before.state is not FrontmatterState.NONE:
        assert isinstance(result, Edited)
        assert text.count("\n") + 1 == result.text.count("\n")
        assert Edited(text) == edit(result.text, {"memwell-test": None})


@given(properties, texts)
def test_a_rendered_note_reads_back(given_properties, body):
    """The properties in the order given, a blank line, the body."""
    note = parse(render(given_properties, body))

    if given_properties:
        assert json.dumps(given_properties) == json.dumps(note.frontmatter.properties)
        assert body.strip("\r\n") == note.body.strip("\r\n")


def test_a_rendered_note_looks_hand_written():
    """Plain where plain is safe, quoted where not, lists in block style, one line break at the end."""
    text = render({"title": "API style: v2", "tags": ["a", "yes"], "created": "2026-11-21", "gone": None}, "# Hi\n\n")

    assert text == '---\ntitle: "API style: v2"\ntags:\n  - a\n  - "yes"\ncreated: 2026-11-21\n---\n\n# Hi\n'
    assert render({}, "# Hi") == "# Hi\n"
    assert render({"a": 1}, "") == "---\na: 1\n---\n"


@pytest.mark.parametrize(
    ("text", "body", "after"),
    [
        ("---\na: 1 # c\n---\n\nold\n", "new", "---\na: 1 # c\n---\n\nnew\n"),
        ("---\na: 1\n---\nold", "new\n", "---\na: 1\n---\nnew"),
        ("---\r\na: 1\r\n---\r\n\r\nold\r\n", "x\ny", "---\r\na: 1\r\n---\r\n\r\nx\r\ny\r\n"),
        ("---\na: 1\n---", "new", "---\na: 1\n---\nnew\n"),
        ("old\n\n\n", "new", "new\n\n\n"),
        ("\ufeffold", "new", "\ufeffnew"),
        ("", "new", "new\n"),
        ("old\n", "---\na: 1\n---\n", "\n---\na: 1\n---\n"),
        ("---\na: [\n---\nold\n", "new", "---\na: [\n---\nnew\n"),
    ],
)
def test_a_new_body_keeps_the_head_and_the_habits_of_the_file(text, body, after):
    """Frontmatter bytes, blank line, line ending and last line break stay; a body never turns into a head."""
    assert Edited(after) == replace_body(text, body)


@given(note_texts, texts)
def test_a_new_body_leaves_the_frontmatter_alone(text, body):
    """The head is the same bytes, and the body the same text but for line ends round it."""
    before, result = read_frontmatter(text), replace_body(text, body)
    after = read_frontmatter(result.text)

    assert before == after or not before.body_start
    assert text[: before.end] == result.text[: after.end]
    assert Edited(text) == replace_body(text, text[before.body_start :])
