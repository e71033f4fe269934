"""The format cases, and the program that runs files of them."""

import json

import pytest
from shared_cases import rows

from bench.format_cases import main, problems_of

READING = {"id": "r", "vault": ["a/N.md", "S.md"], "source_path": "S.md", "input": "[[N|x]] #t", "profile": "obsidian"}
LINK = {"kind": "wiki", "embed": False, "target": "N", "path": "a/N.md", "heading": None, "block": None, "alias": "x"}
EDIT = {"id": "e", "before": "---\na: 1\n---\n", "op": {"op": "set", "key": "a", "value": 2}}
RENAME = {
    "id": "m", "vault": ["A.md", "S.md"], "source_path": "S.md", "before": "[[A]]",
    "rename": {"old": "A.md", "new": "C.md"}, "link_format": "shortest",
}  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [*rows("wikilink_cases.jsonl"), *rows("property_edit_cases.jsonl"), *rows("rename_cases.jsonl")],
)
def test_a_case_of_the_format(case):
    """Notes are read, changed and relinked exactly as each case says."""
    assert [] == list(problems_of(case))


@pytest.mark.parametrize(
    "case",
    [
        READING | {"expect": {"links": [LINK], "tags": ["t"], "frontmatter": None}},
        READING | {"expect": {"links": [{"target": "N"}]}},
        EDIT | {"after": "---\na: 2\n---\n", "refuse": False},
        EDIT | {"before": "---\n- a\n---\n", "after": None, "refuse": True},
        EDIT | {"op": {"op": "delete", "key": "a"}, "after": "---\n---\n"},
        RENAME | {"after": "[[C]]"},
        READING | {"input": "[[AL]]", "expect": {"links": [{"path": None}], "alias_of": {"a/N.md": ["AL"]}}},
        READING
        | {"input": "- [[AL]]", "profile": "logseq"}
        | {"expect": {"resolved": {"AL": "a/N.md"}, "alias_of": {"a/N.md": ["AL"]}}},
        READING | {"input": "---\na: 1\n---\n", "expect": {"frontmatter": {"a": 2}, "skip_value_check": True}},
    ],
)
def test_what_is_as_expected_passes(case):
    """All three shapes; of a link only what the case states; other notes' aliases are given, not expected."""
    assert [] == list(problems_of(case))


@pytest.mark.parametrize(
    "case",
    [
        READING | {"expect": {"links": []}},
        READING | {"expect": {"links": [LINK, LINK]}},
        READING | {"expect": {"links": [LINK | {"alias": "y"}]}},
        READING | {"expect": {"tags": ["u"]}},
        READING | {"expect": {"frontmatter": {}}},
        READING | {"input": "---\na: 1\n---\n", "expect": {"frontmatter": {"a": True}}},
        READING | {"expect": {"colour": "red"}},
        EDIT | {"after": "---\na: 3\n---\n"},
        EDIT | {"after": None, "refuse": True},
        EDIT | {"before": "---\n- a\n---\n", "after": "---\n- a\n---\n", "refuse": False},
        RENAME | {"after": "[[A]]"},
    ],
)
def test_what_differs_fails(case):
    """Also one link too many, a value of another type, and what no reader could say."""
    assert [] != list(problems_of(case))


def test_the_program(tmp_path, capsys):
    """A line for each case that fails, the counts, and the exit code; what is no case fails too."""
    good, bad = EDIT | {"after": "---\na: 2\n---\n"}, EDIT | {"after": "x"}
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join([json.dumps(good), json.dumps(bad), "", "{}", "nonsense"]), "utf-8")

    assert 1 == main([str(file)])
    out = capsys.readouterr().out.splitlines()
    assert ["cases.jsonl:2", "cases.jsonl:4", "cases.jsonl:5"] == [line.partition(": ")[0] for line in out[:-1]]
    assert "1 passed, 3 failed" == out[-1]

    file.write_text(json.dumps(good), "utf-8")
    assert 0 == main([str(file)])
