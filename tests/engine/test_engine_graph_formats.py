"""The graph in other programs' languages: whatever notes say, it reads back as what they said."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.engine import GraphEdge, GraphView, NodeView
from vault_engine.engine.graph_formats import to_dot, to_graphml, to_html, to_json

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]> & &amp; <x/>",
    'quote " and \\" and \\',
    "line\u2028and\u2029",
    "@DATA@ @SCRIPT@",
    "half \udc80 \x00 \x1b[31m",
    "",
]
_TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=8)
_NODES = st.one_of(
    st.builds(NodeView, st.just("note"), _TEXTS, _TEXTS, _TEXTS),
    st.builds(NodeView, st.just("unresolved"), st.none(), _TEXTS, st.none()),
)
_NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"


@st.composite
def views(draw):
    nodes = tuple(draw(st.lists(_NODES, min_size=1, max_size=5)))
    place = st.integers(0, len(nodes) - 1)
    edges = tuple(draw(st.lists(st.builds(GraphEdge, place, place, _TEXTS), max_size=5)))
    return GraphView(draw(_TEXTS), nodes, edges, len(nodes))


def cleaned(text, pattern):
    return None if text is None else re.sub(pattern, "\ufffd", text)


@given(views())
def test_json_reads_back(view):
    """Nodes and links as they are; ids are places."""
    read = json.loads(to_json(view).encode())

    assert (1, True, {"name": view.name}, view.total) == (
        read["format"],
        read["directed"],
        read["graph"],
        read["total"],
    )
    assert [NodeView(*(node[name] for name in ("kind", "path", "title", "category"))) for node in read["nodes"]] == [
        *view.nodes
    ]
    assert list(range(len(view.nodes))) == [node["id"] for node in read["nodes"]]
    assert list(view.edges) == [GraphEdge(edge["source"], edge["target"], edge["relation"]) for edge in read["edges"]]


@given(views())
def test_graphml_reads_back(view):
    """Up to the characters that XML does not know."""
    root = ElementTree.fromstring(to_graphml(view).encode())

    def facts(element):
        return {data.get("key"): data.text or "" for data in element.iter(f"{_NAMESPACE}data")}

    no_xml = "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    nodes = [facts(node) for node in root.iter(f"{_NAMESPACE}node")]
    for node, read in zip(view.nodes, nodes, strict=True):
        for name in ("kind", "path", "title", "category"):
            assert cleaned(getattr(node, name), no_xml) == read.get(name)
    edges = [(e.get("source"), e.get("target"), facts(e).get("relation", "")) for e in root.iter(f"{_NAMESPACE}edge")]
    assert [(f"n{e.source}", f"n{e.target}", cleaned(e.relation, no_xml)) for e in view.edges] == edges


@given(views())
def test_dot_reads_back(view):
    """Each statement on one line, each text in one pair of quotes."""
    quoted = r'"((?:[^"\\]|\\.)*)"'
    lines = to_dot(view).encode().decode().split("\n")
    nodes = [
        re.fullmatch(rf"  n(\d+) \[label={quoted}(?:, tooltip={quoted})?(, style=\"dashed\")?\];", line)
        for line in lines
    ]
    edges = [re.fullmatch(rf"  n(\d+) -> n(\d+)(?: \[label={quoted}\])?;", line) for line in lines]

    def text(written):
        return re.sub(r"\\(.)", r"\1", written)

    no_dot = "[\x00-\x1f\x7f\ud800-\udfff]"
    assert [cleaned(node.title, no_dot) for node in view.nodes] == [text(node[2]) for node in nodes if node]
    assert [(e.source, e.target, cleaned(e.relation, no_dot)) for e in view.edges] == [
        (int(edge[1]), int(edge[2]), text(edge[3] or "")) for edge in edges if edge
    ]
    assert len(lines) == len(view.nodes) + len(view.edges) + 3


class Page(HTMLParser):
    """The elements of a page, and what stands in its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.attributes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data


PLAIN = Page(to_html(GraphView("x", (), (), 0)))


@given(views())
def test_the_page_holds_notes_as_data_only(view):
    """Whatever they say, its elements and its script are the same, and the data reads back."""
    page = Page(to_html(view).encode().decode())
    read = json.loads(page.scripts[0])

    assert PLAIN.tags == page.tags
    assert PLAIN.attributes == page.attributes
    assert PLAIN.scripts[1].strip() == page.scripts[1].strip()
    assert [[node.title, node.path, node.category] for node in view.nodes] == [node[1:] for node in read["nodes"]]
    assert [edge.relation for edge in view.edges] == [read["relations"][number] for number in read["edges"][2::3]]


def test_the_page_loads_nothing():
    """No address in it but the languages' own, no attribute that runs a script, and a policy that forbids both."""
    text = to_html(GraphView("x", (), (), 0))

    assert [] == re.findall(r"(?:https?:)?//[a-z]", text)
    assert not {"src", "href", "style"} & {name for name, _ in PLAIN.attributes}
    assert [] == [name for name, _ in PLAIN.attributes if name.startswith("on")]
    assert "default-src 'none'; script-src 'sha256-" in text


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_no_markup_in_any_format(title):
    """Nothing of it stands unescaped in the page or in XML."""
    view = GraphView(title, (NodeView("note", title, title, title),), (), 1)

    assert "<img" not in to_html(view) + to_graphml(view)
    assert 2 == to_html(view).count("</script>")
