"""The files a canvas shows, and a rename of one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.note.canvas import canvas_links, canvas_texts, rewritten_canvas
from vault_engine.note.relink import apply_splices

CANVAS = """{
\t"nodes":[
\t\t{"id":"1","type":"file","file":"notes/A.md","subpath":"#H","x":-4.0e1},
\t\t{"id":"2","type":"text","text":"see [[A|x]] and \\"[[B]]\\"\\n`[[C]]`"},
\t\t{"file":"notes\\/\\u00c4.md","type":"file","styleAttributes":{"file":"notes/A.md","type":"file"}},
\t\t{"id":"3","type":"link","file":"notes/A.md"}
\t],
\t"edges":[{"type":"file","file":"notes/A.md"}]
}"""


def test_the_files_of_a_canvas():
    """Nodes of type file, wherever their members stand; each with the place of its path."""
    links = canvas_links(CANVAS)

    assert ["notes/A.md", "notes/Ä.md"] == [link.target for link in links]
    assert ["notes/A.md", "notes\\/\\u00c4.md"] == [CANVAS[link.start : link.end] for link in links]


def test_the_texts_of_a_canvas():
    """Nodes of type text, whatever else has a member of that name."""
    assert ('see [[A|x]] and "[[B]]"\n`[[C]]`',) == canvas_texts(CANVAS)


@pytest.mark.parametrize(
    ("old", "new", "written", "expected"),
    [
        ("notes/A.md", 'x/Ü "1".md', '"file":"notes/A.md","sub', '"file":"x/Ü \\"1\\".md","sub'),
        ("notes/Ä.md", "x/Ü.md", "notes\\/\\u00c4.md", "x\\/\\u00dc.md"),
        ("notes/A\u0308.md", "x/B.md", "notes\\/\\u00c4.md", "x\\/B.md"),
        ("notes/a.md", "x/B.md", "", ""),
    ],
)
def test_a_rename_changes_the_characters_of_the_path_alone(old, new, written, expected):
    """Escaped as it was; every other byte of the canvas stays."""
    splices = rewritten_canvas(CANVAS, {old: new})

    assert CANVAS.replace(written, expected, 1) == apply_splices(CANVAS, splices)


def test_a_splice_tells_the_line():
    """Counted from 1."""
    moved = {"notes/A.md": "B.md", "notes/Ä.md": "C.md"}

    assert [3, 5] == [splice.line for splice in rewritten_canvas(CANVAS, moved)]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '"x"', "{" * 9, "[" * 200_000, '{"nodes":' * 50_000, '{"nodes":1}', '{"nodes":[1,{}]}',
        '{"nodes":[{"type":"file","file":3}]}', '{"nodes":[{"type":"file","file":"a","file":3}]}', "9" * 10_000,
        CANVAS[:-1], '{"nodes":[[{"type":"file","file":"a"}]]}', '{"nodes":{"a":[{"type":"file","file":"a"}]}}',
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_canvas_has_no_files(text):
    """Broken, hostile or merely something else: no link, and no exception."""
    assert () == canvas_links(text)
    assert () == rewritten_canvas(text, {"a": "b"})


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
_PATHS = st.one_of(st.sampled_from(["a.md", "b/a.md"]), st.text(max_size=6))
_NODES = st.builds(
    lambda more, kind, file: more | {"type": kind, "file": file},
    st.dictionaries(st.text(max_size=4), _JSON, max_size=3),
    st.sampled_from(["file", "text"]),
    _PATHS,
)


@given(st.lists(_NODES, max_size=5), _JSON, _PATHS, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_a_rename_on_any_canvas(nodes, more, new, ascii_only, indent):
    """The canvas means what it meant, with the one path changed in its file nodes."""
    text = json.dumps({"more": more, "nodes": nodes}, ensure_ascii=ascii_only, indent=indent)

    after = apply_splices(text, rewritten_canvas(text, {"a.md": new}))

    expected = [
        node | {"file": new} if (node["type"], node["file"]) == ("file", "a.md") else node for node in nodes
    ]  # fmt: skip
    assert {"more": more, "nodes": expected} == json.loads(after)


@given(st.text(st.sampled_from('{}[]",:\\ua0 \nnodestypefile'), max_size=60))
def test_no_text_raises(text):
    """Whatever stands there."""
    canvas_links(text)
    canvas_texts(text)
