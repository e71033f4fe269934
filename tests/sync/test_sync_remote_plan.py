"""What a pull makes of two sides, as a law: nothing anybody added is lost, and doing it again changes nothing."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.sync.plan import Held
from vault_engine.sync.remote_plan import COPIED, Contents, copy_name, has_only_grown, note_id, plan_pull
from vault_engine.vault.copies import conflict_base

DATE = "2026-11-21"
PATHS = ("a.md", "b.md", "folder/a.md", "picture.png", "A.md")

lines = st.lists(st.sampled_from(["one", "two", "three", "four", "five", "", "---", "id: x", "id: y"]), max_size=7)
texts = lines.map(lambda some: "".join(f"{line}\n" for line in some).encode())
sides = st.dictionaries(st.sampled_from(PATHS), texts, max_size=4)


def name_of(data):
    return sha256(data).hexdigest()


def held(side):
    return {path: Held(name_of(data), note_id(path, data), len(data)) for path, data in side.items()}


def pulled(base, here, there):
    """Plan a pull and give what the vault holds after it, and what was told."""
    known = {name_of(data): data for side in (base, here, there) for data in side.values()}
    contents = Contents(known.__getitem__, name_of, lambda data: name_of(data)[:8])
    copies = [path for path in here if conflict_base(path)]
    pull = plan_pull(held(base), held(here), held(there), contents, date=DATE, copies=copies)
    known |= pull.texts
    return {path: known[name] for path, name in pull.files.items()}, pull.told


def lines_of(side):
    return {line for data in side.values() for line in data.decode().splitlines()}


def edited(draw, base):
    """Give a side that somebody made of ``base``: edits, deletions, renames, new notes."""
    side = {}
    for path, data in base.items():
        what = draw(st.sampled_from(["leave", "edit", "rewrite", "delete", "rename"]))
        if what == "edit":
            some = data.decode().splitlines()
            some.insert(draw(st.integers(0, len(some))), f"new {draw(st.integers(0, 999))}")
            data = "".join(f"{line}\n" for line in some).encode()
        if what == "rewrite":
            data = draw(texts)
        if what == "rename":
            path = f"renamed/{draw(st.sampled_from('xyz'))}-{path.replace('/', '-')}"
        if what != "delete":
            side[path] = data
    return side | draw(st.dictionaries(st.sampled_from(["new.md", "new2.md", "a.md"]), texts, max_size=2))


@st.composite
def triples(draw):
    base = draw(sides)
    return base, edited(draw, base), edited(draw, base)


@settings(max_examples=80, deadline=None)
@given(triples())
def test_every_line_that_anyone_added_is_in_a_file_afterwards(triple):
    """In the note, or in a copy beside it."""
    base, here, there = triple

    after, _ = pulled(base, here, there)

    added = (lines_of(here) | lines_of(there)) - lines_of(base)
    assert set() == added - lines_of(after)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(triples())
def test_every_line_is_in_a_file_afterwards_ten_thousand_times(triple):
    """The same, for longer; and the other machine comes to hold the same."""
    base, here, there = triple

    after, _ = pulled(base, here, there)
    theirs, told = pulled(there, there, after)

    added = (lines_of(here) | lines_of(there)) - lines_of(base)
    assert set() == added - lines_of(after)
    assert after == theirs or any(one.what == COPIED for one in told)


@settings(max_examples=80, deadline=None)
@given(triples())
def test_what_nobody_there_has_touched_stays_as_it_is_here(triple):
    """Also where it was edited, renamed or deleted here."""
    base, here, _ = triple

    after, _ = pulled(base, here, base)

    assert here == after
    assert here == pulled(base, here, here)[0]
    assert base == pulled(base, base, base)[0]


@settings(max_examples=80, deadline=None)
@given(triples())
def test_where_nobody_here_has_touched_anything_all_that_is_there_is_taken(triple):
    """A fast-forward, but for two names that some devices take for one."""
    base, _, there = triple

    after, told = pulled(base, base, there)

    if not any(one.what == COPIED for one in told):
        assert there == after


@settings(max_examples=80, deadline=None)
@given(triples(), st.data())
def test_a_pull_that_was_cut_short_is_taken_up_again(triple, data):
    """Of what was brought in before, the other side counts as known: no line is lost, and then all stays as it is.

    Only a file that was renamed here and changed there may be kept under both names, as nothing tells of its rename:
    under the old one as a copy, where some devices take that for another's.
    """
    base, here, there = triple
    once, _ = pulled(base, here, there)
    written = [path for path in sorted(once) if once[path] != here.get(path)]
    gone = [path for path in sorted(here) if path not in once]
    done = data.draw(st.integers(0, len(written) + len(gone)))
    middle = here | {path: once[path] for path in written[:done]}
    for path in gone[: max(0, done - len(written))]:
        del middle[path]
    known = base | {path: there[path] for path in written[:done] if path in there}

    again, _ = pulled(known, middle, there)

    added = (lines_of(here) | lines_of(there)) - lines_of(base)
    assert set() == added - lines_of(again)
    if done == len(written) + len(gone):
        assert once.items() <= again.items()
        kept_twice = {conflict_base(path) or path for path in again.keys() - once.keys()}
        assert kept_twice <= there.keys() - here.keys()


@settings(max_examples=80, deadline=None)
@given(triples())
def test_the_other_machine_comes_to_hold_the_same(triple):
    """It has pushed before: the merge is a fast-forward there."""
    base, here, there = triple

    after, _ = pulled(base, here, there)
    theirs, told = pulled(there, there, after)

    if not any(one.what == COPIED for one in told):
        assert after == theirs


def test_two_files_that_hold_the_same_are_told_apart_by_where_the_first_went():
    """One was renamed on each side: after the first rename, the second is still known."""
    base = {"folder/a.md": b"one\none\n", "picture.png": b"one\n"}
    here = {"folder/a.md": b"one\n", "renamed/x.png": b"one\n"}
    there = {"renamed/a.md": b"one\none\n", "picture.png": b"", "new.md": b"one\n"}

    after, _ = pulled(base, here, there)

    assert {"renamed/a.md": b"one\n", "renamed/x.png": b"", "new.md": b"one\n"} == after


def test_a_copy_is_never_taken_for_a_note_that_was_renamed():
    """Also where it holds what a note held that is gone."""
    copy = copy_name("new.md", DATE, name_of(b"one\n")[:8])
    base, there = {"old.md": b"one\n"}, {"old.md": b"changed\n", "new.md": b"one\n"}

    after, _ = pulled(base, {"new.md": b"mine\n", copy: b"one\n"}, there)

    assert {"new.md": b"mine\n", copy: b"one\n", "old.md": b"changed\n"} == after


def test_a_copys_name_is_one_that_only_tools_give():
    """Whatever the file is called."""
    for path in ("a.md", "folder/b.c.md", "picture.png"):
        assert path == conflict_base(copy_name(path, DATE, "1234abcd"))


def test_a_journal_may_grow_and_nothing_else():
    """A line that is not as it was, or not there any more, is told by the bytes."""
    assert has_only_grown(b"one\n", b"one\ntwo\n")
    assert has_only_grown(b"one\n", b"one\n")
    assert not has_only_grown(b"one\n", b"eno\ntwo\n")
    assert not has_only_grown(b"one\ntwo\n", b"one\n")
