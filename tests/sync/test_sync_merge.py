"""Bringing together what two wrote on one base."""

import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.sync import merge as module
from vault_engine.sync.merge import Merged, Overlap, Overlapping, merge, unified_diff

ODD = [
    "a\n",
    "b\n",
    "c\n",
    "a\r\n",
    "\n",
    "\r\n",
    "\u2028\n",
    "a\x0cb\x85\n",
    "\ud800\n",
    "a\rb\n",
    "---\n",
    "updated: 2026\n",
]
TEXTS = st.builds(
    lambda lines, last: "".join(lines) + last,
    st.lists(st.sampled_from(ODD), max_size=9),
    st.sampled_from(["", "a", "b"]),
)
EDITS = st.lists(st.tuples(st.sampled_from(["add", "remove", "replace"]), st.integers(0, 12)), max_size=5)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, in the plainest way."""
    found = [f"{line}\n" for line in text.split("\n")]
    return [*found[:-1], found[-1][:-1]] if found[-1] != "\n" else found[:-1]


def edited(lines: Sequence[str], edits: Sequence[tuple[str, int]], name: str) -> list[str]:
    """Some lines added, removed, replaced; no added line is like any other."""
    found = list(lines)
    for number, (kind, at) in enumerate(edits):
        at = min(at, len(found))
        found[at : at + (kind != "add")] = [] if kind == "remove" else [f"{name} {number}\n"]
    return found


@st.composite
def distinct(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """A base and two sides, in which no line stands twice. Some edits both sides made."""
    base = [f"base {number}\n" for number in range(draw(st.integers(0, 12)))]
    common = edited(base, draw(EDITS), "both") if draw(st.booleans()) else base
    return base, edited(common, draw(EDITS), "ours"), edited(common, draw(EDITS), "theirs")


def some_texts(alphabet: str, count: int) -> list[tuple[str, str, str]]:
    """Always the same small texts, of few different lines: a base, and two sides that differ a little from it."""
    dice = random.Random(alphabet)

    def varied(lines: list[str]) -> list[str]:
        found = list(lines)
        for _ in range(dice.randint(0, 3)):
            at = dice.randint(0, len(found))
            found[at : at + dice.randint(0, 2)] = [f"{dice.choice(alphabet)}\n" for _ in range(dice.randint(0, 2))]
        return found

    made = []
    for _ in range(count):
        base = [f"{dice.choice(alphabet)}\n" for _ in range(dice.randint(0, 12))]
        ours = varied(base)
        theirs = varied(ours if dice.random() < 0.2 else base)
        made.append(("".join(base), "".join(ours), "".join(theirs)))
    return made


# ---- laws


@given(TEXTS, TEXTS)
def test_who_changed_nothing_gets_the_other_side(base, text):
    """And what both made alike is taken as it is."""
    assert Merged(text) == merge(base, base, text)
    assert Merged(text) == merge(base, text, base)
    assert Merged(text) == merge(base, text, text)


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_are_equal_before_the_law(base, ours, theirs):
    """Exchanged, they give the same text, or overlap in the same places."""
    one, other = merge(base, ours, theirs), merge(base, theirs, ours)

    if isinstance(one, Overlapping):
        exchanged = [Overlap(lap.start, lap.end, lap.base, lap.theirs, lap.ours) for lap in one.overlaps]
        assert Overlapping(tuple(exchanged)) == other
    else:
        assert one == other


@given(TEXTS, TEXTS, TEXTS)
def test_nothing_is_invented(base, ours, theirs):
    """Every line of the result is one of a side, with its end, and as often at most as both have it."""
    merged = merge(base, ours, theirs)

    if isinstance(merged, Merged):
        assert Counter(lines_of(merged.text)) <= Counter(lines_of(ours)) + Counter(lines_of(theirs))
        assert set(lines_of(ours)) - set(lines_of(base)) <= set(lines_of(merged.text)) | dates(ours)
        assert set(lines_of(theirs)) - set(lines_of(base)) <= set(lines_of(merged.text)) | dates(theirs)


def dates(text: str) -> set[str]:
    """The lines of which a merge may drop one."""
    return {line for line in lines_of(text) if line.startswith("updated: ")}


@given(distinct())
def test_what_is_added_is_there_what_is_removed_is_gone_and_all_else_is_kept(texts):
    """Exactly: each line once, in the order that it has on its side."""
    base, ours, theirs = texts
    merged = merge(*map("".join, texts))

    if isinstance(merged, Merged):
        found = lines_of(merged.text)
        kept = set(base) & set(ours) & set(theirs)
        assert kept | (set(ours) - set(base)) | (set(theirs) - set(base)) == set(found)
        assert len(set(found)) == len(found)
        for side in (ours, theirs):
            assert [line for line in side if line in found] == [line for line in found if line in side]


@given(distinct())
def test_an_overlap_says_what_each_has_where(texts):
    """With each overlap settled for one side, the texts between them are that side's, or the other's changes."""
    base, ours, theirs = map("".join, texts)
    merged = merge(base, ours, theirs)

    if isinstance(merged, Overlapping):
        for overlap in merged.overlaps:
            assert overlap.base == "".join(lines_of(base)[overlap.start - 1 : overlap.end - 1])
            assert overlap.ours in ours
            assert overlap.theirs in theirs
            assert 3 == len({overlap.base, overlap.ours, overlap.theirs})
        assert all(one.end < other.start for one, other in pairwise(merged.overlaps))


@pytest.mark.parametrize(("at", "other"), list(combinations(range(6), 2)))
def test_two_edits_merge_if_an_unchanged_line_is_between(at, other):
    """Neighbouring lines are an overlap."""
    base = [f"{number}\n" for number in range(6)]
    ours, theirs = list(base), list(base)
    ours[at], theirs[other] = "ours\n", "theirs\n"
    both = [*base]
    both[at], both[other] = "ours\n", "theirs\n"

    merged = merge("".join(base), "".join(ours), "".join(theirs))

    if other - at > 1:
        assert Merged("".join(both)) == merged
    else:
        overlap = Overlap(at + 1, other + 2, f"{at}\n{other}\n", f"ours\n{other}\n", f"{at}\ntheirs\n")
        assert Overlapping((overlap,)) == merged


# ---- cases


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("", "a\n", "", "a\n"),
        ("", "a", "a", "a"),
        ("1\n2\n3\n", "0\n1\n2\n3\n", "1\n2\n3\n4\n", "0\n1\n2\n3\n4\n"),
        ("1\n2\n3\n", "1\nnew\n2\n3\n", "1\nnew\n2\n3\n", "1\nnew\n2\n3\n"),
        ("1\n2\n3\n", "1\nnew\n2\n3\n", "1\nnew\n2\n", "1\nnew\n2\n"),
        ("1\n2\n3\n", "2\n3\n", "1\n2\n", "2\n"),
        ("1\n2\n3", "0\n1\n2\n3", "1\n2\n3\n", "0\n1\n2\n3\n"),
        ("1\r\n2\n3\r\n", "1\r\n2\n3\r\n4\n", "0\r\n1\r\n2\n3\r\n", "0\r\n1\r\n2\n3\r\n4\n"),
        ("1\u2028x\n2\n3\n", "1\u2028y\n2\n3\n", "1\u2028x\n2\n3\x0c\n", "1\u2028y\n2\n3\x0c\n"),
        ("# A\n\n1\n\n# B\n\n1\n", "# A\n\n2\n\n# B\n\n1\n", "# A\n\n1\n\n# B\n\n3\n", "# A\n\n2\n\n# B\n\n3\n"),
        ("a\nb\n", "a\nd\nb\n", "c\na\nb\nb\n", "c\na\nd\nb\nb\n"),
        ("b\nc\nc\nb\nd\nf\n", "b\nc\nc\nb\nd\nd\nf\n", "b\nc\nc\nd\nd\nf\n", "b\nc\nc\nd\nd\nd\nf\n"),
    ],
    ids=range(12),
)  # fmt: skip
def test_changes_in_different_places_are_brought_together(base, ours, theirs, merged):
    """With every line's own end, and none at the end where the changed side has none."""
    assert Merged(merged) == merge(base, ours, theirs)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "overlap"),
    [
        ("", "a\n", "b\n", Overlap(1, 1, "", "a\n", "b\n")),
        ("1\n", "1\na\n", "1\nb\n", Overlap(2, 2, "", "a\n", "b\n")),
        ("1\n", "1\na\n", "1\na\nb\n", Overlap(2, 2, "", "a\n", "a\nb\n")),
        ("1\n2\n", "1\na\n2\n", "1\nb\n", Overlap(2, 3, "2\n", "a\n2\n", "b\n")),
        ("1\n2\n", "", "1\n2\n3\n", Overlap(1, 3, "1\n2\n", "", "1\n2\n3\n")),
        ("1\n2", "1\n2\n3", "1\n2\n4", Overlap(2, 3, "2", "2\n3", "2\n4")),
        ("1\n2\n", "1\r\n2\r\n", "1\n2\n3\n", Overlap(1, 3, "1\n2\n", "1\r\n2\r\n", "1\n2\n3\n")),
        ("1\n", "1", "1\n2\n", Overlap(1, 2, "1\n", "1", "1\n2\n")),
        ("1\n2\n3\n4\n5\n", "1\nx\n5\n", "1\na\n3\nb\n5\n", Overlap(2, 5, "2\n3\n4\n", "x\n", "a\n3\nb\n")),
        ("1\n2\n", "1\n2\n1\n", "0\n1\n2\n2\n", Overlap(3, 3, "", "1\n", "2\n")),
    ],
    ids=range(10),
)  # fmt: skip
def test_changes_in_one_place_overlap(base, ours, theirs, overlap):
    """Also two different ends of one text, a text removed and added to, line ends changed throughout."""
    assert Overlapping((overlap,)) == merge(base, ours, theirs)


def test_all_overlaps_are_told_and_none_is_settled():
    """What could be brought together between them is not in doubt, and not told."""
    lines = [f"{number}\n" for number in range(9)]
    ours = "".join(["A\n", *lines[1:4], "ours\n", *lines[5:8], "B\n"])
    theirs = "".join(["C\n", *lines[1:8], "D\n"])

    assert (
        Overlapping((Overlap(1, 2, "0\n", "A\n", "C\n"), Overlap(9, 10, "8\n", "B\n", "D\n")))
        == merge("".join(lines), ours, theirs)
    )  # fmt: skip


# ---- updated


def note(updated: str, body: str = "text\n", tags: str = "tags: x\n") -> str:
    return f"---\ntitle: T\n{updated}{tags}---\n{body}"


OLD, ONE, TWO = "updated: 2026-11-20\n", "updated: 2026-11-21T09:00:00Z\n", "updated: 2026-11-21T10:00:00Z\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "later"),
    [
        (ONE, TWO, TWO),
        ('updated: "2026-11-22"\n', TWO, 'updated: "2026-11-22"\n'),
        ("updated:  2026-11-21T10:00:00Z  \r\n", ONE, "updated:  2026-11-21T10:00:00Z  \r\n"),
        ("updated: 2026-11-19\n", "updated: 2026-11-18\n", "updated: 2026-11-19\n"),
    ],
)
def test_of_two_dates_in_updated_the_later_is_taken(ours, theirs, later):
    """Whichever side it is on; with all that each changed elsewhere."""
    for one, other in ((ours, theirs), (theirs, ours)):
        mine, yours = note(one, "text\n\nmore\n"), note(other, "top\n\ntext\n")
        assert Merged(note(later)) == merge(note(OLD), note(one), note(other))
        assert Merged(note(later, "top\n\ntext\n\nmore\n")) == merge(note(OLD), mine, yours)


def test_a_byte_order_mark_is_no_part_of_the_frontmatter():
    """A note that begins with one is merged like any other."""
    assert Merged(f"\ufeff{note(TWO)}") == merge(*(f"\ufeff{note(date)}" for date in (OLD, ONE, TWO)))


def test_beside_another_overlap_updated_is_one_too():
    """All places are told as they are in the three texts."""
    overlaps = (Overlap(3, 4, OLD, ONE, TWO), Overlap(6, 7, "text\n", "a\n", "b\n"))

    assert Overlapping(overlaps) == merge(note(OLD), note(ONE, "a\n"), note(TWO, "b\n"))


def test_updated_does_not_stand_in_the_way_of_its_neighbours():
    """A property beside it that only one side changed is merged as if the date had not changed."""
    assert Merged(note(TWO, tags="tags: y\n")) == merge(note(OLD), note(ONE, tags="tags: y\n"), note(TWO))


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (note(OLD), note(ONE, "a\n"), note(TWO, "b\n")),
        (note(OLD), note(ONE, tags="tags: a\n"), note(TWO, tags="tags: b\n")),
        (note(OLD), note("updated: 2026-11-01\n"), note(OLD, tags="tags: b\n")),
        (note(OLD), note("updated: today\n"), note(TWO)),
        (note(OLD), note("updated: [2026-11-21]\n"), note(TWO)),
        (note(OLD), note("updated: 2026-11-21 # by hand\n"), note(TWO)),
        (note(OLD), note("updated: 2026-11-21\n  and on\n"), note(TWO)),
        (note(OLD), note("updated: 2026-11-21\nupdated: 2026-11-22\n"), note(TWO)),
        (note(OLD), note("updated:\n  - 2026-11-21\n"), note(TWO)),
        (note(OLD), note(""), note(TWO)),
        (note(""), note(ONE), note(TWO)),
        (OLD, ONE, TWO),
        (f"---\n{OLD}", f"---\n{ONE}", f"---\n{TWO}"),
        (f"---\na: b\n---\n{OLD}", f"---\na: b\n---\n{ONE}", f"---\na: b\n---\n{TWO}"),
        (note(OLD.upper()), note(ONE.upper()), note(TWO.upper())),
    ],
    ids=range(15),
)
def test_any_other_overlap_is_one(base, ours, theirs):
    """Another one beside it, a value that is no date or goes on, a line new on both sides or not in the frontmatter."""
    assert isinstance(merge(base, ours, theirs), Overlapping)
    assert isinstance(merge(base, theirs, ours), Overlapping)


# ---- beside git


def merged_by_git(folder, texts: Sequence[str]) -> str | None:
    """What ``git merge-file`` makes of them; None if it finds a conflict."""
    files = [folder / name for name in ("ours", "base", "theirs")]
    for file, text in zip(files, (texts[1], texts[0], texts[2]), strict=True):
        file.write_bytes(text.encode())
    done = subprocess.run(["git", "merge-file", "-p", "--", *files], capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@needs_git
def test_texts_of_distinct_lines_merge_as_git_merges_them(tmp_path):
    """The same text, or an overlap where git finds a conflict."""
    dice = random.Random(1)
    for _ in range(100):
        base = [f"base {number}\n" for number in range(dice.randint(0, 14))]
        sides = [
            edited(base, [(dice.choice(["add", "remove", "replace"]), dice.randint(0, 14)) for _ in range(3)], name)
            for name in dice.choice([("ours", "theirs"), ("same", "same")])
        ]
        texts = ["".join(lines) for lines in (base, *sides)]
        merged = merge(*texts)
        assert merged_by_git(tmp_path, texts) == (merged.text if isinstance(merged, Merged) else None)


@needs_git
@pytest.mark.parametrize("alphabet", ["abc", "abcdefgh"])
def test_where_git_merges_too_the_text_is_the_same(tmp_path, alphabet):
    """Lines that stand many times can be matched in several ways: one may overlap where the other does not."""
    results = [(merge(*texts), merged_by_git(tmp_path, texts)) for texts in some_texts(alphabet, 100)]

    both = [(ours.text, theirs) for ours, theirs in results if isinstance(ours, Merged) and theirs is not None]
    assert [theirs for _, theirs in both] == [ours for ours, _ in both]
    agreed = sum(isinstance(ours, Merged) == (theirs is not None) for ours, theirs in results)
    assert agreed >= 0.95 * len(results)


# ---- within bounds


@pytest.mark.parametrize(("steps", "edits"), [(0, 200), (30, 200), (10**6, 0), (10**6, 2)])
def test_a_comparison_cut_short_only_makes_it_more_careful(monkeypatch, steps, edits):
    """Where fewer steps are allowed, what merges is the same text; some of it overlaps instead."""
    texts = [one for alphabet in ("ab", "abcd", "abcdefghijkl") for one in some_texts(alphabet, 400)]
    whole = [merge(*one) for one in texts]
    monkeypatch.setattr(module, "MAX_STEPS", steps)
    monkeypatch.setattr(module, "MAX_EDITS", edits)

    cut = [merge(*one) for one in texts]

    pairs = [(full, short) for full, short in zip(whole, cut, strict=True) if isinstance(short, Merged)]
    assert [full for full, _ in pairs] == [short for _, short in pairs]
    assert len(pairs) < sum(isinstance(full, Merged) for full in whole)


def test_a_stretch_beyond_the_steps_counts_as_changed(monkeypatch):
    """From the first changed line to the last."""
    texts = ["1\n2\n3\n4\n5\n", "a\n2\n3\n4\nb\n", "1\n2\nc\n4\n5\n"]
    assert Merged("a\n2\nc\n4\nb\n") == merge(*texts)

    monkeypatch.setattr(module, "MAX_STEPS", 0)

    assert Overlapping((Overlap(1, 6, *texts),)) == merge(*texts)


@given(distinct())
def test_without_any_steps_the_laws_hold(texts):
    """Each line that was added is there, each that was removed is gone."""
    base, ours, theirs = texts
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "MAX_STEPS", 0)
        merged = merge(*map("".join, texts))

    if isinstance(merged, Merged):
        kept = set(base) & set(ours) & set(theirs)
        assert kept | (set(ours) - set(base)) | (set(theirs) - set(base)) == set(lines_of(merged.text))


def shuffled(lines: Sequence[str], seed: int) -> str:
    return "".join(random.Random(seed).sample(lines, len(lines)))


MANY = [f"{number}\n" for number in range(20_000)]
HOSTILE = [
    ("a\n" * 20_000, "a\n" * 19_000 + "b\n", "a\n" * 21_000),
    ("".join(MANY), shuffled(MANY, 1), shuffled(MANY, 2)),
    ("a\nb\n" * 10_000, "b\na\n" * 10_000, "a\na\nb\n" * 7_000),
    (shuffled(["a\n", "b\n"] * 10_000, 3), shuffled(["a\n", "b\n"] * 10_000, 4), shuffled(["a\n", "b\n"] * 10_000, 5)),
    ("".join(MANY), "".join(reversed(MANY)), "".join(MANY[::2])),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("texts", HOSTILE, ids=["equal", "shuffled", "alternating", "two kinds", "reversed"])
def test_hostile_texts_get_an_answer(texts):
    """Twenty thousand lines whose comparison could take hours; the differences still make one of the other."""
    base, ours, theirs = texts

    assert isinstance(merge(*texts), Overlapping)
    assert Merged(ours) == merge(base, ours, base)
    assert theirs == patched(base, unified_diff(base, theirs, "a", "b"))


# ---- differences


def patched(old: str, diff: str) -> str:
    """Apply a diff, checking each line that it shows of the old text and each number that it states."""
    lines, found, at = lines_of(old), [], 0
    marked = lines_of(diff)[2:]
    for number, line in enumerate(marked):
        is_cut = marked[number + 1 : number + 2] == ["\\ No newline at end of file\n"]
        text = line[1:-1] if is_cut else line[1:]
        if line.startswith("@@"):
            before, after = (part[1:].split(",") for part in line.split(" ")[1:3])
            start = int(before[0]) - (before[1:] != ["0"])
            found += lines[at:start]
            at = start
            assert int(after[0]) - (after[1:] != ["0"]) == len(found)
        elif line[0] in " -":
            assert lines[at] == text
            at += 1
        if line[0] in " +":
            found.append(text)
    return "".join([*found, *lines[at:]])


@given(TEXTS, TEXTS, st.integers(-1, 4))
def test_the_differences_make_the_new_text_of_the_old(old, new, context):
    """Whatever the texts hold; "" only where they are equal."""
    diff = unified_diff(old, new, "old", "new", context)

    assert new == patched(old, diff)
    assert (old == new) == (diff == "")


def test_differences_are_written_as_diff_writes_them():
    """Three lines around each change, near ones together, the end without a newline marked."""
    old = "".join(f"{number}\n" for number in range(1, 21)) + "end"
    new = old.replace("5\n", "five\n", 1).replace("8\n", "8\n8a\n", 1).removeprefix("1\n") + "\n"

    assert (
        "--- a.md\n+++ b.md\n"
        "@@ -1,11 +1,11 @@\n-1\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n+8a\n 9\n 10\n 11\n"
        "@@ -18,4 +18,4 @@\n 18\n 19\n 20\n-end\n\\ No newline at end of file\n+end\n"
    ) == unified_diff(old, new, "a.md", "b.md")  # fmt: skip
    assert "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n" == unified_diff("", "x\n", "a", "b")
    assert "--- a\n+++ b\n@@ -1,2 +0,0 @@\n-x\n-y\n" == unified_diff("x\ny\n", "", "a", "b")
    assert "--- a\n+++ b\n@@ -2 +2 @@\n-y\n+z\n" == unified_diff("x\ny\n", "x\nz\n", "a", "b", context=0)


@pytest.mark.skipif(not shutil.which("diff"), reason="diff is not installed")
def test_differences_of_distinct_lines_are_those_of_diff(tmp_path):
    """Byte for byte, but for the times in the first two lines."""
    dice = random.Random(2)
    for _ in range(60):
        old = [f"{number}\n" for number in range(dice.randint(1, 30))]
        new = edited(old, [(dice.choice(["add", "remove", "replace"]), dice.randint(0, 30)) for _ in range(4)], "new")
        texts = ["".join(old), "".join(new)[: -1 if dice.random() < 0.5 else None]]
        files = [tmp_path / "old", tmp_path / "new"]
        for file, text in zip(files, texts, strict=True):
            file.write_bytes(text.encode())
        done = subprocess.run(["diff", "-u", *files], capture_output=True, check=False)
        assert lines_of(done.stdout.decode())[2:] == lines_of(unified_diff(*texts, "old", "new"))[2:]


def test_a_name_with_control_characters_is_quoted():
    """It can't pretend to be a line of the diff."""
    assert '--- "a\\n-x"\n+++ b c\n@@ -0,0 +1 @@\n+x\n' == unified_diff("", "x\n", "a\n-x", "b c")
