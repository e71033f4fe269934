"""``memwell graph export``: the graph as a file, and as a page that a real browser shows."""

import html
import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

HOSTILE = "</script><img src=x onerror=document.title='hacked'>"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def notes(put):
    """Two notes that link to each other, one with a hostile title, and a target that is not there."""
    put("x/a.md", f'---\ntitle: "{HOSTILE}"\n---\n[[b]] [[<b>bold</b>]]\n')
    put("b.md", '---\nup: "[[a]]"\n---\n')


def test_json_goes_to_stdout(cli, notes):
    """It is the default, and what --json prints."""
    done = cli("graph", "export")

    assert (0, "", 1) == (done.code, done.err, done.json["format"])
    assert {HOSTILE, "b", "<b>bold</b>"} == {node["title"] for node in done.json["nodes"]}
    assert {"", "up"} == {edge["relation"] for edge in done.json["edges"]}
    assert done.out == cli("graph", "export", "--json").out == cli("graph", "export", "--format", "json").out


def test_every_format_can_be_written_to_a_file(cli, notes, tmp_path):
    """Whole, over what was there; what was written is said, with --json as an object."""
    file = tmp_path / "graph.out"
    for name in ("json", "graphml", "dot", "html"):
        assert (0, f"wrote {file}: 3 nodes, 3 links\n", "") == cli(
            "graph", "export", "--format", name, "--out", str(file)
        )
        assert cli("graph", "export", "--format", name).out == file.read_text("utf-8")
    assert [file] == [found for found in tmp_path.iterdir() if found.is_file()]
    facts = cli("graph", "export", "--format", "html", "--out", str(file), "--json").json
    assert {"format": 1, "path": str(file), "nodes": 3, "edges": 3, "total": 3} == facts


def test_graphml_is_xml(cli, notes):
    """With every node and link."""
    root = ElementTree.fromstring(cli("graph", "export", "--format", "graphml").out.encode())

    assert (3, 3) == (len(root.findall(".//{*}node")), len(root.findall(".//{*}edge")))


def test_what_is_left_out_is_said(cli, notes):
    """On stderr."""
    done = cli("graph", "export", "--limit", "1")

    assert (0, 1, "1 of 3 nodes, those most leads to; --limit shows more\n") == (
        done.code,
        len(done.json["nodes"]),
        done.err,
    )


def test_what_can_not_be_written_is_an_error(cli, notes, tmp_path):
    """A folder that is not there, and formats that contradict each other; nothing is left behind."""
    done = cli("graph", "export", "--out", str(tmp_path / "nowhere" / "x"))

    assert (2, "") == (done.code, done.out)
    assert "can't write" in done.err
    assert 2 == cli("graph", "export", "--format", "dot", "--json").code
    assert 2 == cli("graph", "export", "--limit", "0").code


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_page(cli, notes, tmp_path):
    """The script runs under the page's own policy; the chosen note's title and its neighbours stand there as text."""
    page = tmp_path / "graph.html"
    assert 0 == cli("graph", "export", "--format", "html", "--out", str(page)).code
    titles = [
        node[1] for node in json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"))[1])["nodes"]
    ]

    shown = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=3000", "--dump-dom", f"file://{page}#{titles.index(HOSTILE)}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout  # fmt: skip

    assert 'data-state="ready"' in shown
    assert "3 nodes, 3 links" in shown
    assert f'<h1 id="name">{html.escape(HOSTILE, quote=False)}</h1>' in shown
    assert '<p id="path">x/a.md</p>' in shown
    assert {"b", "&lt;b&gt;bold&lt;/b&gt;"} == set(re.findall(r'<button type="button">([^<]*)</button>', shown))
    assert "<title>vault</title>" in shown
    assert "<img" not in shown
