"""What a bucket holds, as bytes and as values."""

import json

import pytest
from hypothesis import given
from hypothesis.strategies import binary, booleans, builds, dictionaries, integers, text

from vault_engine.sync import bucket_format
from vault_engine.sync.bucket_format import (
    PART_BYTES,
    Address,
    Commit,
    Entry,
    Related,
    Unfit,
    entry_of,
    name_of,
    parse_address,
    parts_of,
    read_commit,
    read_lists,
    relate,
    write_commit,
    write_lists,
)

AT = "2026-11-21T10:00:00Z"
COMMIT = Commit(("1" * 64,), 7, ("2" * 64,), "anna", AT, ("3" * 64,))
paths = text(min_size=1, max_size=20).filter(lambda path: path.isprintable())
entries = builds(lambda data, bit: entry_of(data, is_executable=bit), binary(max_size=20), booleans())


@given(dictionaries(paths, entries))
def test_what_is_written_is_read(tree):
    """Whatever the files are called."""
    assert tree == read_lists(write_lists(tree))


@given(integers(0, 1 << 40), text(max_size=100).filter(str.isprintable))
def test_a_commit_is_read_as_it_was_written(depth, device):
    """With all that it says."""
    commit = Commit(COMMIT.parents, depth, COMMIT.lists, device, AT, COMMIT.past)

    assert commit == read_commit(write_commit(commit))


def test_a_change_of_one_file_changes_one_list():
    """So that a push of a large vault is small."""
    tree = {f"{number}.md": entry_of(b"%d" % number) for number in range(3000)}

    lists = write_lists(tree)
    after = write_lists(tree | {"7.md": entry_of(b"changed")})

    assert 16 == len(lists)
    assert 1 == sum(one != other for one, other in zip(lists, after, strict=True))
    assert tree == read_lists(lists)


def test_a_file_that_grows_keeps_its_whole_parts():
    """So that of a journal only the end is sent again."""
    data = b"line\n" * (PART_BYTES // 2)
    before, after = entry_of(data), entry_of(data + b"more\n")

    assert before.parts[:-1] == after.parts[: len(before.parts) - 1]
    assert data == b"".join(parts_of(data))
    assert before.parts == tuple(map(name_of, parts_of(data)))
    assert (name_of(b""),) == entry_of(b"").objects


@pytest.mark.parametrize(
    "facts",
    [
        *({"depth": -1}, {"depth": 10**30}, {"depth": "1"}, {"depth": True}, {"at": "today"}, {"device": 5}),
        *({"parents": "x"}, {"parents": ["x"]}, {"past": None}, {"format": "1"}, {"format": 0}, {"format": 2}),
        *({"parents": ["0" * 64] * 300}, {"lists": []}, {"lists": ["0" * 64] * 2}, {"device": "\ud800"}),
    ],
)
def test_a_commit_that_nobody_of_us_writes_is_unfit(facts):
    """Each value is looked at."""
    with pytest.raises(Unfit):
        read_commit(json.dumps(json.loads(write_commit(COMMIT)) | facts).encode())


LINE = ["a.md", "0" * 64, 5, 0, []]


@pytest.mark.parametrize(
    "lines",
    [
        *("x", [5], [LINE, LINE], [[*LINE, 1]], [["", *LINE[1:]]], [["a" * 2000, *LINE[1:]]], [["\ud800", *LINE[1:]]]),
        *([["a.md", "x", 5, 0, []]], [["a.md", "0" * 64, -1, 0, []]], [["a.md", "0" * 64, 1 << 40, 0, []]]),
        *([["a.md", "0" * 64, 5, 2, []]], [["a.md", "0" * 64, 5, 0, ["0" * 64]]], [["a.md", "0" * 64, 5, 0, "x"]]),
        [["a.md", "0" * 64, PART_BYTES + 1, 0, []]],
    ],
)
def test_a_list_that_nobody_of_us_writes_is_unfit(lines):
    """Each value is looked at; two lists name no file twice."""
    with pytest.raises(Unfit):
        read_lists([json.dumps({"format": 1, "files": lines}).encode()])


def test_a_file_in_two_lists_and_too_many_files_are_unfit(monkeypatch):
    """Whatever the lists say by themselves."""
    two = write_lists({"a.md": entry_of(b"a"), "b.md": entry_of(b"b")})
    with pytest.raises(Unfit, match="twice"):
        read_lists(two * 2)
    monkeypatch.setattr(bucket_format, "_MAX_FILES", 1)
    with pytest.raises(Unfit, match="more than"):
        read_lists(two)


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b"[" * 100_000, b"\xff", b'{"format":1}', b"1" * 10_000])
def test_what_is_no_json_of_ours_is_unfit(data):
    """However deep or long it is."""
    for read in (read_commit, lambda data: read_lists([data])):
        with pytest.raises(Unfit):
            read(data)


def test_an_address_names_a_bucket_and_a_prefix():
    """With or without slashes around that."""
    assert Address("notes", "") == parse_address("s3://notes") == parse_address("S3://notes/")
    assert Address("my.notes", "a/b") == parse_address("s3://my.notes//a/b/")
    assert "s3://notes/a" == str(parse_address("s3://notes/a/"))
    assert "a/objects/ab/cd" == Address("notes", "a").key("objects", "abcd")
    assert "heads/x" == Address("notes", "").key("heads", "x")


# ---- what comes from what


def history(**parents):
    """Give commits by one letter each, with the depth that follows from their parents."""
    made = {}
    for name, before in parents.items():
        depth = 1 + max((made[one].depth for one in before), default=0)
        made[name] = Commit(tuple(before), depth, ("0" * 64,), "", AT)
    return made.__getitem__


def test_the_nearest_state_that_both_come_from_is_found():
    """On one line, after two lines parted, and after they met."""
    load = history(a="", b="a", c="b", d="b", e="cd", f="e", g="d")

    assert Related("c", frozenset("c")) == relate("c", "e", load)
    assert Related("b", frozenset()) == relate("c", "d", load)
    assert Related("c", frozenset("c")) == relate("cg", "f", load)
    assert Related("e", frozenset()) == relate("f", "e", load)
    assert Related("", frozenset()) == relate("", "e", load)
    assert "" == relate("x", "e", lambda name: Commit((), 1, ()) if name == "x" else load(name)).base


def test_of_several_all_machines_find_the_same():
    """Two have brought the same together, each in its own way."""
    load = history(a="", b="", c="ab", d="ab")

    assert relate("c", "d", load).base == relate("d", "c", load).base == "a"


def test_a_commit_that_does_not_stand_below_its_parents_is_unfit():
    """Else the search would have no end that is right."""
    one = {"a": Commit(("b",), 1, ()), "b": Commit((), 5, ()), "c": Commit((), 1, ())}

    with pytest.raises(Unfit):
        relate("c", "a", one.__getitem__)


def test_an_entry_says_which_objects_hold_it():
    """Itself, or its parts."""
    assert ("0" * 64,) == Entry("0" * 64, 5).objects
    assert ("1" * 64, "2" * 64) == Entry("0" * 64, PART_BYTES + 1, False, ("1" * 64, "2" * 64)).objects
