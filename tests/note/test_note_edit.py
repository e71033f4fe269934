"""Byte-exact edits."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shared_cases import real_notes
from strategies import keys, note_texts, properties, texts, values

from vault_engine.note import DELETED, Edited, FrontmatterState, Refused, parse, read_frontmatter, render, replace_body
from vault_engine.note import set_properties as edit
from vault_engine.note.edit import add_tag, remove_tag, rename_property


def note_with(yaml: str, body: str = "body\n") -> str:
    return f"---\n{yaml}---\n{body}"


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("a: # why\n  - 1\n", {"a": 2}, "a: 2 # why\n"),
        ("a: 1 # why\n", {"a": [2]}, "a: # why\n  - 2\n"),
        ("a: # why\n  - 1\nb: 1\n", {"a": ["x", "z"]}, "a: # why\n  - x\n  - z\nb: 1\n"),
        ("a:\nb: 1\n", {"a": 2}, "a: 2\nb: 1\n"),
        ("a:\nb: 1\n", {"a": {"c": [1]}}, "a:\n  c:\n    - 1\nb: 1\n"),
        ("tags: [a, b] # mine\n", {"tags": ["a", "c: d"]}, 'tags: [a, "c: d"] # mine\n'),
        ("a: 1\n# about b\nb: 2\n", {"a": DELETED}, "# about b\nb: 2\n"),
        ("a: |\n  one\n\n# about b\nb: 2\n", {"a": "x"}, "a: x\n\n# about b\nb: 2\n"),
        ("a: 1\n# last\n", {"b": True, "c": 1.5}, "a: 1\n# last\nb: true\nc: 1.5\n"),
        ("'a b' : 1\n", {"a b": 2}, "'a b' : 2\n"),
        ("a: 1\n", {"a": DELETED}, ""),
        ("a: 1\n", {"a": 1.0}, "a: 1.0\n"),
        ("a: 1 # why\nb: [x]\n", {"a": None, "b": None, "c": None}, "a: # why\nb:\nc:\n"),
        ("a: null\nb:\n", {"a": None, "b": None}, "a: null\nb:\n"),
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

    restored = edit(added.text, {key: DELETED})

    if before.state is FrontmatterState.NONE:
        assert FrontmatterState.EMPTY is read_frontmatter(restored.text).state
    else:
        assert Edited(text) == restored


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("a: 1 # why\nb: 2\n", "a", "c", "c: 1 # why\nb: 2\n"),
        ("'a b' :\n  - 1 # one\n", "a b", "c", "c :\n  - 1 # one\n"),
        ("a: |\n  text\n\nb: 2\n", "a", "no", '"no": |\n  text\n\nb: 2\n'),
        ("a: &x [1]\nb: *x\n", "a", "d: e", '"d: e": &x [1]\nb: *x\n'),
        ("a: 1\n", "a", "a", "a: 1\n"),
        ("1: 1\n", "1", "schlüssel", '"schlüssel": 1\n'),
    ],
)
def test_a_property_gets_another_name(before, old, new, after):
    """Only the characters of its key change; the new name is quoted where that is needed."""
    assert Edited(note_with(after)) == rename_property(note_with(before), old, new)


@pytest.mark.parametrize(
    ("yaml", "old", "new"),
    [
        ("a: 1\nb: 2\n", "a", "b"),
        ("a: 1\n", "b", "c"),
        ("", "a", "b"),
        ("a: [1\n", "a", "b"),
        ("- a\n", "a", "b"),
        ("{a: 1}\n", "a", "b"),
        ("? a\n: 1\n", "a", "b"),
        ("&x a: 1\n", "a", "b"),
        ("&x a: *x\n", "a", "b"),
        ("a: 1\n", "a", "\ud800"),
        ("a: 1\n", "a", "b" * 2000),
    ],
)
def test_a_name_that_cannot_be_changed_is_refused(yaml, old, new):
    """A name that exists, a property that does not, keys not written plainly, names no key can have."""
    assert isinstance(rename_property(note_with(yaml), old, new), Refused)


@given(note_texts, keys, values, keys, texts)
def test_a_name_changed_there_and_back_restores_the_text(text, old, value, new, line):
    """A key as we write it comes back to the byte; values, order and body stay in between."""
    added = edit(text, {old: value, f"{old}{new}!": line})
    assume(isinstance(added, Edited) and old not in read_frontmatter(text).properties)
    renamed = rename_property(added.text, old, new)
    assume(isinstance(renamed, Edited))

    assert list(read_frontmatter(added.text).properties.values()) == list(
        read_frontmatter(renamed.text).properties.values()
    )
    assert parse(added.text).body == parse(renamed.text).body
    assert added == rename_property(renamed.text, new, old)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tags: [a, b] # mine\n", "tags: [a, b, x/y] # mine\n"),
        ("tags: [ a, 'b, c' ]\n", "tags: [ a, 'b, c', x/y ]\n"),
        ("tags: [a,]\n", "tags: [a, x/y,]\n"),
        ("tags: [\n  a,\n  b\n]\n", "tags: [\n  a,\n  b, x/y\n]\n"),
        ("tags: [a, [b]]\n", "tags: [a, [b], x/y]\n"),
        ("tags: []\n", "tags: [x/y]\n"),
        ("tags:\n- a # one\n# two\nb: 1\n", "tags:\n- a # one\n- x/y\n# two\nb: 1\n"),
        ("tags: # why\n    -  'a'\n    -  \"b\"\n\nb: 1\n", None),
        ("tags: a # why\n", "tags: # why\n  - a\n  - x/y\n"),
        ("tags: a, b\n", "tags:\n  - a, b\n  - x/y\n"),
        ("tags: 2026\n", "tags:\n  - 2026\n  - x/y\n"),
        ("tags:\nb: 1\n", "tags:\n  - x/y\nb: 1\n"),
        ("b: 1\n", "b: 1\ntags:\n  - x/y\n"),
        ("tags: [X/Y]\n", "tags: [X/Y]\n"),
        ('tags: "#x/Y"\n', 'tags: "#x/Y"\n'),
    ],
)
def test_a_tag_is_added_as_the_list_is_written(before, after):
    """One item more in the list's own style; a single text becomes a list; a tag that is there stays alone."""
    after = after or before.replace('"b"\n', '"b"\n    -  x/y\n')

    assert Edited(note_with(after)) == add_tag(note_with(before), "x/y")


def test_a_tag_is_added_to_a_note_without_properties():
    """The block is made, with the line ending of the note; what YAML would misread is quoted."""
    assert Edited("---\r\ntags:\r\n  - a\r\n---\r\nbody\r\n") == add_tag("body\r\n", "a")
    assert Edited(note_with('tags: [a, "2026-x"]\n')) == add_tag(note_with("tags: [a]\n"), "2026-x")
    assert Edited("---\r\ntags:\r\n  - a\r\n  - b\r\n---") == add_tag("---\r\ntags:\r\n  - a\r\n---", "b")


@pytest.mark.parametrize(
    ("yaml", "tag"),
    [
        ("", "#x"),
        ("", "a b"),
        ("", "2026"),
        ("", ""),
        ("", "a\ud800"),
        ("tags: {a: 1}\n", "x"),
        ("tags: [a # one\n  , b]\n", "x"),
        ("tags: [a\n", "x"),
        ("tags: &t [a]\nb: *t\n", "x"),
        ("{tags: [a]}\n", "x"),
    ],
)
def test_a_tag_that_cannot_be_added_is_refused(yaml, tag):
    """What is no tag, a property that holds none, comments that would be lost, a list used elsewhere."""
    assert isinstance(add_tag(note_with(yaml), tag), Refused)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tags: [a, X, b] # mine\n", "tags: [a, b] # mine\n"),
        ("tags: [x, 'a']\n", "tags: ['a']\n"),
        ("tags: [x, X, a, x, b, '#x' ]\n", "tags: [a, b ]\n"),
        ("tags: [a, [x], x]\n", "tags: [a, [x]]\n"),
        ("tags:\n# one\n- a # two\n- x # three\n# four\n- b\nc: 1\n", None),
        ("tags: [x]\nb: 1\n", "b: 1\n"),
        ("b: 1\ntags:\n  - x\n", "b: 1\n"),
        ("tags: x\n", ""),
        ("tags: [x, 2026]\n", "tags: [2026]\n"),
    ],
)
def test_a_tag_is_removed_from_its_place(before, after):
    """In whatever case and however often; comments on other items stay; an empty property goes."""
    after = before.replace("- x # three\n", "") if after is None else after

    assert Edited(note_with(after)) == remove_tag(note_with(before), "x")


@pytest.mark.parametrize("yaml", ["", "tags: [a]\n", "tags: {x: 1}\n", "tags: [x\n", "tag: x\n", "tags: [a/x]\n"])
def test_a_tag_that_is_not_there_is_not_removed(yaml):
    """Nothing is done, and that is told."""
    assert isinstance(remove_tag(note_with(yaml), "x"), Refused)


tag_lists = st.one_of(
    st.lists(st.one_of(texts, st.integers(), st.none()), min_size=1, max_size=4).map(
        lambda items: render({"tags": items}, "").removeprefix("---\n").removesuffix("---\n")
    ),
    st.builds(
        "{0}tags:{1}\n".format,
        st.sampled_from(["", "a: 1 # one\n", "'t': [x]\n"]),
        st.sampled_from([" [a]", " [ a , b ]", ' ["a,", c,]', "\n- a # x\n# y\n- b", "\n   - a\n   - |\n     b\n# z"]),
    ),
)


@given(tag_lists, note_texts, st.sampled_from(["new", "new/tag", "2026-new", "日本", "no", "true"]), st.booleans())
def test_a_tag_added_and_removed_leaves_no_trace(yaml, body, tag, crlf):
    """A list that is there gets back every byte, comments and style included; the body is never touched."""
    text = note_with(yaml, body)
    text = text.replace("\r", "").replace("\n", "\r\n") if crlf else text
    added = add_tag(text, tag)
    assume(isinstance(added, Edited) and added.text != text)

    assert parse(text).body == parse(added.text).body
    assert tag in parse(added.text).frontmatter.properties["tags"]
    assert Edited(text) == remove_tag(added.text, tag)


@given(note_texts, texts)
def test_no_note_breaks_an_edit_of_tags_or_names(text, name):
    """Whatever the text and the name: refused, or the body keeps its bytes."""
    for result in (add_tag(text, name), remove_tag(text, "a"), rename_property(text, "tags", name)):
        if isinstance(result, Edited):
            assert parse(text).body == parse(result.text).body


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
        assert Edited(text) == edit(result.text, {"memwell-test": DELETED})


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
