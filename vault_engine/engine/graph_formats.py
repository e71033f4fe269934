"""The graph as a text for other programs, and as a page for a person. What notes say stays data in all of them."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from xml.sax.saxutils import escape as xml_escaped

from vault_engine.engine.graph import GraphView, whole_graph
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput

_NODE_FIELDS = ("kind", "path", "title", "category")
_KINDS = ("note", "other", "unresolved")
_TOKEN = re.compile("@([A-Z]+)@")
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_DOT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_MARKUP = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})


@dataclass(frozen=True)
class Exported:
    """A vault's graph as a text."""

    text: str  # of which UTF-8 can be made
    nodes: int
    edges: int
    total: int  # how many nodes there are, in the text or not


def export(session: Session, format: str, *, limit: int | None = None) -> Exported:
    """Write the graph of the vault in one of `FORMATS`.

    Args:
        session: the open vault.
        format: its name.
        limit: how many nodes at most, chosen as `whole_graph` does.

    Raises:
        BadInput: there is no such format, or the limit is not positive.
    """
    if format not in FORMATS:
        raise BadInput(f"format {format!r} is none of {', '.join(FORMATS)}")
    view = whole_graph(session, limit=limit)
    return Exported(FORMATS[format](view), len(view.nodes), len(view.edges), view.total)


def to_json(view: GraphView) -> str:
    """Write the graph as one JSON object in node-link form, which NetworkX and D3 read. A node's id is its place."""
    facts = {
        "format": 1,
        "directed": True,
        "multigraph": True,
        "graph": {"name": view.name},
        "nodes": [{"id": number, **asdict(node)} for number, node in enumerate(view.nodes)],
        "edges": [asdict(edge) for edge in view.edges],
        "total": view.total,
    }
    return f"{_json(facts)}\n"


def to_graphml(view: GraphView) -> str:
    """Write the graph as GraphML, which Gephi, yEd and NetworkX read; what XML can't hold becomes U+FFFD."""
    return "".join(f"{line}\n" for line in _graphml(view))


def to_dot(view: GraphView) -> str:
    """Write the graph in Graphviz's language; control characters become U+FFFD."""
    lines = [f"digraph {_dot(view.name)} {{"]
    for number, node in enumerate(view.nodes):
        style = ', style="dashed"' if node.kind == "unresolved" else ""
        tip = f", tooltip={_dot(node.path)}" if node.path is not None else ""
        lines.append(f"  n{number} [label={_dot(node.title)}{tip}{style}];")
    for edge in view.edges:
        label = f" [label={_dot(edge.relation)}]" if edge.relation else ""
        lines.append(f"  n{edge.source} -> n{edge.target}{label};")
    return "\n".join([*lines, "}", ""])


def to_html(view: GraphView) -> str:
    """Write a page that shows the graph in any browser. It loads nothing, and runs no script but its own."""
    relations: dict[str, int] = {}
    for edge in view.edges:
        relations.setdefault(edge.relation, len(relations))
    data = {
        "name": view.name,
        "total": view.total,
        "nodes": [[_KINDS.index(node.kind), node.title, node.path, node.category] for node in view.nodes],
        "edges": [part for edge in view.edges for part in (edge.source, edge.target, relations[edge.relation])],
        "relations": list(relations),
    }
    style, script = _part("graph.css"), _part("graph.js")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'"
    parts = {
        "POLICY": f"{policy}; form-action 'none'",
        "TITLE": escape(_clean(view.name)),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": _json(data).translate(_MARKUP),
    }
    return _TOKEN.sub(lambda token: parts[token[1]], _part("graph.html"))


FORMATS: dict[str, Callable[[GraphView], str]] = {
    "json": to_json,
    "graphml": to_graphml,
    "dot": to_dot,
    "html": to_html,
}


def _graphml(view: GraphView) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for name in _NODE_FIELDS:
        yield f'  <key id="{name}" for="node" attr.name="{name}" attr.type="string"/>'
    yield '  <key id="relation" for="edge" attr.name="relation" attr.type="string"/>'
    yield '  <graph edgedefault="directed">'
    for number, node in enumerate(view.nodes):
        values = ((name, getattr(node, name)) for name in _NODE_FIELDS)
        facts = "".join(f'<data key="{name}">{_xml(value)}</data>' for name, value in values if value is not None)
        yield f'    <node id="n{number}">{facts}</node>'
    for number, edge in enumerate(view.edges):
        fact = f'<data key="relation">{_xml(edge.relation)}</data>' if edge.relation else ""
        yield f'    <edge id="e{number}" source="n{edge.source}" target="n{edge.target}">{fact}</edge>'
    yield "  </graph>"
    yield "</graphml>"


def _xml(text: str) -> str:
    return xml_escaped(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text), {"\r": "&#13;"})


def _dot(text: str) -> str:
    quoted = _NO_DOT.sub("\N{REPLACEMENT CHARACTER}", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace").decode()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _part(name: str) -> str:
    return files("vault_engine.engine").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
