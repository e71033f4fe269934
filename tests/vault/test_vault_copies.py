"""The copies sync tools make of notes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.vault.copies import conflict_base, is_similar, possible_base

pieces = st.sampled_from(
    [".sync-conflict-20260914-101530", "-ABCDEF7", " (Conflicted copy ", "'s conflicted copy 2026-09-14", ")", ".", "/",
     ".md", " 2", " (1)", "-DESKTOP-AB12", "~syncthing~"]
)  # fmt: skip
paths = st.lists(st.one_of(pieces, st.text(max_size=3))).map("".join)


@pytest.mark.parametrize(
    ("copy", "base"),
    [
        ("a.sync-conflict-20260914-101530-ABCDEF7.md", "a.md"),
        ("a.sync-conflict-20260914-101530.md", "a.md"),
        ("b/c/a.b.sync-conflict-20260914-101530-ABCDEF7.png", "b/c/a.b.png"),
        ("a.sync-conflict-20260914-101530-ABCDEF7.sync-conflict-20260915-101530-ABCDEF7.md", "a.md"),
        ("a (Anna's conflicted copy 2026-09-14).md", "a.md"),
        ("a (conflicted copy 2026-09-14 101530).md", "a.md"),
        ("b (c)/a (Conflicted copy Pixel 8 202609141015).md", "b (c)/a.md"),
    ],
)
def test_a_certain_copy_says_whose_it_is(copy, base):
    """Syncthing, Dropbox, Nextcloud and Obsidian Sync write the name of the note into that of its copy."""
    assert base == conflict_base(copy)


@pytest.mark.parametrize(
    "path",
    [
        "a.md",
        "a 2.md",
        "a (conflict).md",
        "conflicted copy.md",
        "sync-conflict.md",
        "x.sync-conflict-20260914-101530-ABCDEF7.md/a.md",
        ".syncthing.a.sync-conflict-20260914-101530-ABCDEF7.md.tmp",
        "b/~syncthing~a.sync-conflict-20260914-101530-ABCDEF7.md.tmp",
        ".sync-conflict-20260914-101530-ABCDEF7.md",
        " (Conflicted copy Pixel).md",
    ],
)
def test_any_other_name_is_nobodys_copy(path):
    """Names a person may choose, a tool's temporary files, and marks with no name before them."""
    assert conflict_base(path) is None


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("b/Plan 2.md", "b/Plan.md"),
        ("Plan 9.MD", "Plan.MD"),
        ("Plan (1).md", "Plan.md"),
        ("Plan (12).md", "Plan.md"),
        ("Plan 2 (1).md", "Plan 2.md"),
        ("Plan-DESKTOP-AB12CD.md", "Plan.md"),
        ("2026-09-14-DESKTOP-AB12CD7.md", "2026-09-14.md"),
        ("2026-09-14-PC01.md", "2026-09-14.md"),
        ("My-plan-LAPTOP-7F.md", "My-plan.md"),
        ("Meeting notes-JOHN-PC.md", "Meeting notes.md"),
    ],
)
def test_a_name_that_may_be_a_copys(path, base):
    """iCloud's number, Google Drive's in brackets, OneDrive's computer."""
    assert base == possible_base(path)


@pytest.mark.parametrize(
    "path",
    [
        "Plan.md", "Plan 1.md", "Plan 10.md", "Plan 0.md", "Plan2.md", "Plan (0).md", "Plan (100).md", "Plan(1).md",
        "2026-09-14.md", "Plan-2026.md", "Plan-PC.md", "Plan-desktop.md", "Plan-ABCDEFGHIJKLMNOP.md", "Plan-.md",
        " 2.md", " (1).md", "-DESKTOP-AB12CD.md", "Plan 2/a.md", "Plan 2.png", "Plan 2",
    ],
)  # fmt: skip
def test_a_name_that_is_no_copys(path):
    """Other numbers, dates, suffixes no computer has, files that are no notes, and nothing left for the base."""
    assert possible_base(path) is None


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("a\nb\nc\n", "a\nb\nc\n", True),
        ("a\n\n\nb\r\n", "b\na\n", True),
        ("a\nb\n", "a\nb\nc\nd\ne\nf\n", True),
        ("a\nb\n", "a\nx\ny\nz\n", True),
        ("a\nb\nc\n", "a\nx\ny\nz\n", False),
        ("a\nb\nc\n", "a\na\na\n", False),
        ("\n \n", "\n \n", False),
        ("", "a", False),
    ],
)
def test_a_copy_shares_half_of_its_lines(one, other, similar):
    """Half of the lines of the shorter one, each counted once; of nothing, nobody can tell."""
    assert (similar, similar) == (is_similar(one, other), is_similar(other, one))


@given(paths)
def test_a_base_is_another_path_in_the_same_folder(path):
    """Whatever the name, its base has a name too, and is no certain copy itself."""
    for base in (conflict_base(path), possible_base(path)):
        if base is not None:
            assert path.rpartition("/")[0] == base.rpartition("/")[0]
            assert base != path
            assert not base.rpartition("/")[2].startswith(".") or path.rpartition("/")[2].startswith(".")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", [" (", "'s conflicted copy ", "-A", "A-", " (1)", ".sync-conflict-20260914-101530"])
def test_a_hostile_name_costs_no_more_than_its_length(piece):
    """A megabyte of one mark is read once."""
    path = "conflict" + piece * (1_000_000 // len(piece))

    assert possible_base(path) is None
    assert conflict_base(path + "x") is None or piece.startswith(".")
