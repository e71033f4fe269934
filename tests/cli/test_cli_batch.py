"""``memwell remember --batch``: a note a line; what can't be kept is named and the rest goes on."""

import json
import re
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memwell_cli.commands.remember import _KINDS
from vault_engine import Engine, Memory
from vault_engine.engine.bulk import RememberedMany


def lines(*memories):
    return "".join(json.dumps(memory) + "\n" for memory in memories).encode()


@pytest.fixture
def batch(tmp_path):
    """Writes a batch file and gives its name."""

    def write(data):
        (tmp_path / "b.jsonl").write_bytes(data)
        return str(tmp_path / "b.jsonl")

    return write


def test_every_field_of_a_memory_has_its_name():
    """None can be given in Python only."""
    assert {field.name for field in fields(Memory)} - {
        "on_similar",
        "id",
        "properties",
    } == _KINDS.keys()  # what importers alone give


def test_each_line_becomes_a_note(cli, home, batch):
    """The answer counts what became of them."""
    cli("remember", "old", "--key", "b")
    cli("remember", "same", "--key", "c")
    file = batch(lines(*({"text": text, "key": key} for key, text in (("a", "new"), ("b", "newer"), ("c", "same")))))

    assert (0, "created 1, updated 1, unchanged 1, failed 0\n", "") == cli("remember", "--batch", file)
    assert ["new", "newer", "same"] == [cli("note", "show", key).out.splitlines()[-1] for key in "abc"]


def test_every_field_reaches_the_note(cli, home, batch):
    """Nothing that was said is dropped; null is as good as left out."""
    memory = {
        "text": "At four.", "category": "x/y", "key": "tea", "title": "Tea", "type": "preference", "tags": ["a/b", "c"],
        "importance": 1, "pinned": True, "recall_when": ["planning"], "source": "mail", "expected": "", "merge": False,
    }  # fmt: skip

    assert 0 == cli("remember", "--batch", batch(lines(memory, {"text": "x", "key": "n", "tags": None}))).code
    properties = cli("note", "show", "x/y/tea", "--json").json["properties"]
    assert {
        "type": "preference", "tags": ["a/b", "c"], "importance": 1, "pinned": True, "source": "mail",
        "recall_when": ["planning"],
    }.items() <= properties.items()  # fmt: skip
    assert "# Tea\n\nAt four.\n" in (home / "x/y/tea.md").read_text()


def test_from_stdin(cli, home):
    """``-`` reads it; a line may end as Windows ends it, and the file begin with a mark of the byte order."""
    data = b"\xef\xbb\xbf" + lines({"text": "x", "key": "a"}, {"text": "y", "key": "b"}, {}).replace(b"\n", b"\r\n")

    assert (3, "created 2, updated 0, unchanged 0, failed 1\n", "stdin:3: there is no text\n") == cli(
        "remember", "--batch", "-", stdin=data
    )


def test_a_last_line_need_not_end(cli, home, batch):
    """It counts all the same."""
    assert "created 1," in cli("remember", "--batch", batch(b'{"text": "x"}')).out


def test_an_empty_file(cli, home, batch):
    """Nothing was asked for, and nothing went wrong."""
    file = batch(b"")

    assert (0, "created 0, updated 0, unchanged 0, failed 0\n", "") == cli("remember", "--batch", file)
    assert {
        "format": 1, "created": 0, "updated": 0, "unchanged": 0, "failed": [], "confirmed": True, "notes": [],
    } == cli("remember", "--batch", file, "--json").json  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "the line is blank"),
        (b" \t\r", "the line is blank"),
        (b"{", "not JSON: Expecting property name enclosed in double quotes (column 2)"),
        (b"\xff", "not UTF-8 (byte 0)"),
        (b"[]", "the line is no JSON object"),
        (b'"text"', "the line is no JSON object"),
        (b"null", "the line is no JSON object"),
        (b"{}", "there is no text"),
        (b'{"text": null}', "there is no text"),
        (b'{"text": 5}', "text must be a text"),
        (b'{"text": ["x"]}', "text must be a text"),
        (b'{"text": "x", "tags": "t"}', "tags must be a list of texts"),
        (b'{"text": "x", "tags": [1]}', "tags must be a list of texts"),
        (b'{"text": "x", "importance": "1"}', "importance must be a number"),
        (b'{"text": "x", "importance": true}', "importance must be a number"),
        (b'{"text": "x", "importance": 2}', "importance 2 is not between 0 and 1"),
        (b'{"text": "x", "importance": NaN}', "not JSON: NaN is no number of JSON's"),
        (b'{"text": "x", "importance": -Infinity}', "not JSON: -Infinity is no number of JSON's"),
        (b'{"text": "x", "importance": 1e999}', "importance inf is not between 0 and 1"),
        (b'{"text": "x", "importance": ' + b"9" * 5000 + b"}", "importance inf is not between 0 and 1"),
        (b'{"text": "x", "pinned": 1}', "pinned must be true or false"),
        (b'{"text": "x", "merge": "yes"}', "merge must be true or false"),
        (b'{"text": "x", "merge": true}', "a merge needs the revision that was read, as `expected`"),
        (b'{"text": "x", "tag": "t"}', "a memory has no 'tag'"),
        (b'{"text": "x", "text": "y"}', "not JSON: it has a name twice"),
        (b'{"text": "\\ud800"}', "the text holds the character U+D800, which no text has"),
        (b'{"text": "x", "\\ud800": 1}', "a memory has no '\\ud800'"),
        (
            b'{"text": "x", "key": "\\ud800"}',
            "'\\ud800' can't name a note: the name holds the invisible character U+D800",
        ),
        (b'{"text": "x", "key": "../up"}', "'../up' can't name a note"),
        (b"[" * 200_000, "not JSON that can be read: nested too deeply"),
        (b'{"text": ' + b"[" * 200_000, "not JSON that can be read: nested too deeply"),
        (b'{"text": "' + b"x" * (9 << 20) + b'"}', "the line has more than 8 MiB"),
        (b'{"text": "' + b"x" * (2 << 20) + b'"}', "the text has 2.1 MB, more than the 1 MiB of one note"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_line_that_can_not_be_kept_is_named_and_the_others_go_on(cli, home, batch, line, message):
    """Its number counts from 1, and the lines behind it keep theirs."""
    file = batch(lines({"text": "one", "key": "a"}) + line + b"\n" + lines({"text": "two", "key": "b"}))

    done = cli("remember", "--batch", file)

    assert (3, "created 2, updated 0, unchanged 0, failed 1\n") == (done.code, done.out)
    assert done.err.startswith(f"{file}:2: {message}")
    assert 1 == len(done.err.splitlines())
    as_json = cli("remember", "--batch", file, "--json")
    assert (3, "", [2], [1, 3]) == (
        as_json.code,
        as_json.err,
        [one["line"] for one in as_json.json["failed"]],
        [one["line"] for one in as_json.json["notes"]],
    )


def test_a_note_may_be_in_the_way_of_a_line(cli, home, put, batch):
    """The failure says what sort it is, as an error would."""
    put("notes/a.md", "by hand")
    done = cli("remember", "--batch", batch(lines({"text": "x", "key": "a"}, {"text": "y", "key": "b"})), "--json")

    assert 3 == done.code
    [failed] = done.json["failed"]
    assert (1, "conflict", True) == (failed["line"], failed["kind"], "was not made by Memwell" in failed["message"])
    assert "by hand" == (home / "notes/a.md").read_text()


def test_where_no_line_can_be_kept_it_has_failed(cli, home, batch):
    """Exit code 1."""
    assert 1 == cli("remember", "--batch", batch(b"\n{}\n")).code


def test_as_json_each_note_is_named_with_its_line(cli, home, batch):
    """In the order of the lines."""
    done = cli("remember", "--batch", batch(lines({"text": "x", "key": "b"}, {"text": "y", "key": "a"})), "--json")

    assert (0, "") == (done.code, done.err)
    assert [(1, "created", "notes/b.md"), (2, "created", "notes/a.md")] == [
        (one["line"], one["action"], one["path"]) for one in done.json["notes"]
    ]
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["sha256"]) and one["id"] for one in done.json["notes"])


def test_lines_about_one_note_follow_each_other(cli, home, batch):
    """The last one is what it holds."""
    done = cli("remember", "--batch", batch(lines(*({"text": f"{n}", "key": "a"} for n in range(3)))))

    assert "created 1, updated 2, unchanged 0, failed 0\n" == done.out
    assert "2" == cli("note", "show", "a").out.splitlines()[-1]


def test_what_the_disk_did_not_confirm_is_partly_done(cli, home, batch, monkeypatch):
    """Exit code 3, and the words of the error."""
    monkeypatch.setattr(Engine, "remember_many", lambda *_, **__: RememberedMany((), confirmed=False))
    file = batch(b"")

    done = cli("remember", "--batch", file)

    assert (3, True) == (done.code, "may be undone if the power fails" in done.err)
    assert cli("remember", "--batch", file, "--json").json["confirmed"] is False


@pytest.mark.parametrize(
    "more",
    [["text"], ["--key", "k"], ["--tag", "t"], ["--pin"], ["--merge"], ["--file", "f"], ["--importance", "0"]],
    ids=lambda more: more[0],
)
def test_nothing_else_may_be_said_beside_it(cli, home, batch, more):
    """Exit code 2: each line says it for itself."""
    refused = cli("remember", "--batch", batch(lines({"text": "x"})), *more)

    assert (2, "") == (refused.code, refused.out)
    assert "beside --batch only --vault, --workspace and --json may be given" in refused.err
    assert not (home / "notes").exists()


@pytest.mark.parametrize("file", ["nope", ".", "a\0b"], ids=repr)
def test_a_file_that_can_not_be_read(cli, home, file):
    """Exit code 2, with the reason."""
    refused = cli("remember", "--batch", file)

    assert (2, "") == (refused.code, refused.out)
    assert "can't read" in refused.err


def test_a_message_can_not_command_the_terminal(cli, home, batch):
    """Whatever stands in the line."""
    done = cli("remember", "--batch", batch(lines({"text": "x", "\x1b[2J\r": 1}, {"text": "x", "expected": "\x1b]0;"})))

    assert (1, 2) == (done.code, len(done.err.splitlines()))
    assert [] == [char for char in done.err if not char.isprintable() and char != "\n"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
NAMES = st.sampled_from(sorted(_KINDS)) | st.text(max_size=4)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4).map(lambda facts: json.dumps({"text": "x"} | facts).encode())
LINES = OBJECTS | st.binary(max_size=40).map(lambda data: data.replace(b"\n", b""))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=12))
def test_whatever_the_lines_are_each_is_kept_or_named(cli, home, batch, given_lines):
    """No traceback, no line forgotten, none counted twice."""
    done = cli("remember", "--batch", batch(b"".join(line + b"\n" for line in given_lines)), "--json")

    assert "" == done.err
    kept, failed = done.json["notes"], done.json["failed"]
    assert sorted(one["line"] for one in kept + failed) == list(range(1, len(given_lines) + 1))
    assert (3 if kept and failed else 1 if failed else 0) == done.code
    assert len(kept) == sum(done.json[action] for action in ("created", "updated", "unchanged"))
