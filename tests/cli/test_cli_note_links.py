"""``memwell note parse``, ``note links`` and ``note backlinks``."""

import json

import pytest

BLOCK = "64a1b2c3-1111-2222-3333-444455556666"


def test_links_are_listed_with_where_they_lead(cli, put):
    """One line each: where it stands, as what it is written, what it means."""
    put("x/Two.md", "x\n")
    put("y/Two.md", "x\n")
    put("One.md", "---\naliases: [Uno]\n---\n# H\n")
    put(
        "a.md",
        "[[One#H|one]]\n![[One#Deep]]\n[[Two]]\n[[Nine]] [[Uno]]\n[t](One.md#^b)\n\n## Links\n\n\n- [[One]] (is)\n",
    )

    assert (
        0,
        " 1  [[One#H|one]]  → One.md\n"
        " 2  ![[One#Deep]]  → One.md (no such heading)\n"
        " 3  [[Two]]  → one of x/Two.md, y/Two.md\n"
        " 4  [[Nine]]  → nothing\n"
        " 4  [[Uno]]  → nothing (an alias of One.md)\n"
        " 5  [[One.md#^b|t]]  → One.md (no such block)\n"
        "10  [[One]] (is)  → One.md\n",
        "",
    ) == cli("note", "links", "a")


def test_links_as_json(cli, put):
    """Every fact of a link has its name."""
    put("a.md", "[[b#H]]\n")
    put("b.md", "# H\n")

    printed = cli("note", "links", "a", "--json").json

    assert (1, "a.md", None) == (printed["format"], printed["path"], printed["problem"])
    assert [
        {
            "kind": "wiki",
            "target": "b",
            "path": "b.md",
            "state": "resolved",
            "candidates": [],
            "heading": ["H"],
            "block": None,
            "anchor": "found",
            "alias": None,
            "embed": False,
            "line": 1,
            "key": None,
            "relation": None,
            "alias_of": [],
        }
    ] == printed["links"]


def test_a_doubtful_notes_links_come_with_a_remark(cli, put):
    """On stderr: the links are the answer."""
    put("a.md", "---\nx: [\n---\n[[b]]\n")

    done = cli("note", "links", "a")

    assert (0, "4  [[b]]  → nothing\n") == (done.code, done.out)
    assert done.err.startswith("note: a.md: line ")


def test_backlinks_are_listed_with_their_lines(cli, put):
    """Notes and canvases by path."""
    put("N.md", "x\n")
    put("b.md", "see [[N]] there\n")
    put("a.canvas", json.dumps({"nodes": [{"type": "text", "text": "look: [[n]]"}]}))

    assert (0, "a.canvas: look: [[n]]\nb.md:1: see [[N]] there\n", "") == cli("note", "backlinks", "N")
    first = cli("note", "backlinks", "N", "--json").json["links"][0]
    assert ("a.canvas", None, "canvas") == (first["path"], first["line"], first["kind"])


@pytest.mark.parametrize(("verb", "said"), [("links", "no links\n"), ("backlinks", "no links to it\n")])
def test_where_there_are_none_it_is_said(verb, said, cli, put):
    """On stderr; the exit code is 0."""
    put("a.md", "x\n")

    assert (0, "", said) == cli("note", verb, "a")
    assert [] == cli("note", verb, "a", "--json").json["links"]
    assert 10 == cli("note", verb, "nope").code


def test_logseq_blocks_are_shown_as_they_are_written(cli, put):
    """In double parentheses."""
    put("logseq/config.edn", "{}")
    put("pages/a.md", f"- (({BLOCK}))\n")

    assert f"1  (({BLOCK}))  → nothing\n" == cli("note", "links", "pages/a.md").out


def test_parse_prints_what_a_file_holds(cli, tmp_path):
    """One JSON object with or without --json; no vault is needed, and only the note itself is known."""
    file = tmp_path / "a.md"
    file.write_bytes("---\nn: 0123\n---\n# Hé\r\n[[a]] [[b#^x]] #tag ^id\n".encode())

    plain, compact = cli("note", "parse", str(file)), cli("note", "parse", str(file), "--json")

    assert (0, "", 0, "") == (plain.code, plain.err, compact.code, compact.err)
    assert plain.json == compact.json
    assert (1, {"n": 123}, [[1, "Hé"]], ["tag"], ["id"]) == tuple(
        plain.json[name] for name in ("format", "frontmatter", "headings", "tags", "blocks")
    )
    assert ["a.md", None] == [link["path"] for link in plain.json["links"]]
    assert (True, 1) == (plain.out.startswith("{\n  "), compact.out.count("\n"))


def test_parse_resolves_links_in_any_folder(cli, tmp_path):
    """By the place the file has in it, else by the place that is named."""
    for path in ("x/a.md", "x/b.md", "y/b.md"):
        (tmp_path / "notes" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / path).write_text("[[b]] [[./b]]", "utf-8")
    folder, outside = str(tmp_path / "notes"), tmp_path / "outside.md"
    outside.write_text("[[./b]]", "utf-8")

    def paths(*arguments, **given):
        return [link["path"] for link in cli("note", "parse", *arguments, "--vault", folder, **given).json["links"]]

    assert ["x/b.md", "x/b.md"] == paths(f"{folder}/x/a.md")
    assert ["y/b.md", "y/b.md"] == paths(f"{folder}/x/a.md", "--source", "y/new.md")
    assert [None] == paths(str(outside))
    assert ["y/b.md"] == paths("-", "--source", "y/new.md", stdin=b"[[b]]")
    assert ["stdin.md"] == [link["path"] for link in cli("note", "parse", "-", stdin=b"[[#H]]").json["links"]]


def test_parse_follows_the_folders_rules_or_those_named(cli, tmp_path):
    """A Logseq graph is known by its settings."""
    (tmp_path / "graph/logseq").mkdir(parents=True)
    (tmp_path / "graph/logseq/config.edn").write_text("{}", "utf-8")
    graph = ("--vault", str(tmp_path / "graph"), "--source", "pages/a.md")

    assert "a" == cli("note", "parse", "-", *graph, stdin=b"- x\n").json["page_name"]
    assert "page_name" not in cli("note", "parse", "-", *graph, "--profile", "obsidian", stdin=b"- x\n").json
    assert "page_name" in cli("note", "parse", "-", "--profile", "logseq", stdin=b"- x\n").json


@pytest.mark.parametrize(
    ("stdin", "arguments", "code", "words"),
    [
        (b"caf\xe9", ("-",), 14, "not UTF-8 (byte 3)"),
        (b"x" * ((16 << 20) + 1), ("-",), 2, "longer than 16 MiB"),
        (b"", ("missing.md",), 2, "can't read missing.md: No such file or directory"),
        (b"", (".",), 2, "can't read .: Is a directory"),
        (b"", ("-", "--vault", "missing"), 10, "missing is not a folder"),
        (b"", ("-", "--profile", "other"), 2, "other"),
        (b"", ("-", "--source", "\udcff.md"), 2, "not Unicode"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_can_not_be_parsed_is_an_error(stdin, arguments, code, words, cli):
    """With the exit code that tells why."""
    done = cli("note", "parse", *arguments, stdin=stdin)

    assert (code, "") == (done.code, done.out)
    assert words in done.err


def test_parsing_touches_nothing(cli, tmp_path, tree):
    """Neither the file nor the folder, which becomes no vault."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"[[a]]\r\n")
    before = tree(folder)

    assert 0 == cli("note", "parse", str(folder / "a.md"), "--vault", str(folder)).code
    assert before == tree(folder)
    assert ["a.md"] == [file.name for file in folder.iterdir()]
