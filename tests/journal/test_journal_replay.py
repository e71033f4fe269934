"""What the entries of a journal say about the notes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import REMEMBERED, Head, Heads, as_of, happened, heads, history

ANA = Actor("human", "ana", "cli")
A, B, C = "notes/a.md", "notes/b.md", "archive/c.md"
PATHS = [A, B, C]
KINDS = ["create", "write", "archive", "restore", "move", "rewriting move", "external", "renamed by hand", "purge"]
ACTIONS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 2), st.sampled_from("AB"), st.integers(0, 4)),
    max_size=25,
)


def entry(
    op: Op, path: str, before: str = "", after: str = "", *, to: str | None = None, at: int = 1, **fields
) -> Entry:
    """An entry made ``at`` so many microseconds."""
    stated = {"seq": at, "id": f"id{at:04}", "ts": f"2026-11-21T10:00:00.{at:06}Z", "actor": ANA, "ref": None}
    return Entry(change=Change(op, path, before, after, to), prev="", h="", **stated | fields)


@dataclass
class Story:
    """Changes as they are made, entered by two devices, beside a plain dictionary that says what is where.

    A change whose number is 0 is announced and does not happen.
    """

    notes: dict[str, str] = field(default_factory=dict)
    archive: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)  # of each entry
    states: list[dict[str, str]] = field(default_factory=list)  # after each group of entries
    ends: list[int] = field(default_factory=list)  # how many entries there were then

    @classmethod
    def of(cls, actions: Sequence[tuple[str, int, int, str, int]]) -> "Story":
        story = cls()
        for kind, one, other, device, number in actions:
            changes = story._changes(kind, PATHS[one], PATHS[other])
            group = [story._enter(device, change, first=None) for change in changes[:1]]
            group += [story._enter(device, change, first=group[0].id) for change in changes[1:]]
            if number == 0:
                for announced in reversed(group):
                    story._enter(device, announced.change._replace(op=Op.ABORT), first=announced.id)
            else:
                for change in changes:
                    story._apply(change, changes[0])
            if group:
                story.states.append(dict(story.notes))
                story.ends.append(len(story.entries))
        return story

    def _enter(self, device: str, change: Change, first: str | None) -> Entry:
        at = len(self.entries) + 1
        seq = self.devices.count(device) + 1
        made = replace(entry(change.op, change.path, at=at, ref=first), change=change, seq=seq)
        self.entries.append(made)
        self.devices.append(device)
        return made

    def _changes(self, kind: str, path: str, other: str) -> list[Change]:
        sha, new = self.notes.get(path, ""), f"sha{len(self.entries)}"
        archived = next(iter(self.archive), None)
        is_free = other not in self.notes
        if kind == "create" and not sha:
            return [Change(Op.CREATE, path, "", new)]
        if kind == "write" and sha:
            return [Change(Op.WRITE, path, sha, new)]
        if kind == "archive" and sha:
            return [Change(Op.ARCHIVE, path, sha, "", f"archive/{path}{len(self.entries)}")]
        if kind == "restore" and archived and not sha:
            return [Change(Op.RESTORE, path, "", self.archive[archived], archived)]
        if kind == "move" and sha and is_free:
            return [Change(Op.MOVE, path, sha, sha, other)]
        if kind == "rewriting move" and sha and is_free:
            links = [one for one in self.notes if one != path]
            writes = [Change(Op.WRITE, one, self.notes[one], f"{new}{one}") for one in links]
            return [Change(Op.MOVE, path, sha, new, other), Change(Op.WRITE, path, sha, new), *writes]
        if kind == "external":
            return [Change(Op.EXTERNAL, path, sha, "" if sha and path == other else new)]
        if kind == "renamed by hand" and sha and is_free:
            return [Change(Op.EXTERNAL, path, sha, sha, other)]
        return [Change(Op.PURGE, path, sha, "")] if kind == "purge" else []

    def _apply(self, change: Change, first: Change) -> None:
        if change.op is Op.ARCHIVE:
            self.archive[change.to] = self.notes.pop(change.path)
        elif change.op is Op.RESTORE:
            del self.archive[change.to]
            self.notes[change.path] = change.after
        elif change.to:
            del self.notes[change.path]
            self.notes[change.to] = change.after
        elif change.op is Op.EXTERNAL and not change.after:
            del self.notes[change.path]
        elif change.op is not Op.PURGE and change.path != (first.to and first.path):
            self.notes[change.path] = change.after

    def of_device(self, device: str) -> list[Entry]:
        return [one for one, its in zip(self.entries, self.devices, strict=True) if its == device]


def fed(entries: Sequence[Entry]) -> Heads:
    found = Heads()
    for one in entries:
        found.feed(one)
    return found


# ---- laws


@given(ACTIONS)
def test_the_heads_are_what_the_changes_made(actions):
    """Whatever was created, edited, moved, archived, deleted, announced in vain: each note, and no other."""
    story = Story.of(actions)

    assert story.notes == heads(story.entries)


@given(ACTIONS)
def test_what_was_there_at_a_moment_is_what_the_changes_had_made_by_then(actions):
    """A moment after each change gives the notes as they were after it."""
    story = Story.of(actions)

    for end, state in zip(story.ends, story.states, strict=True):
        assert state == as_of(story.entries, story.entries[end - 1].ts)


@given(ACTIONS)
def test_heads_kept_up_entry_by_entry_are_the_heads(actions):
    """After every change, also when the state was written down and read again in between."""
    story, kept, start = Story.of(actions), Heads(), 0

    for end, state in zip(story.ends, story.states, strict=True):
        for one in story.entries[start:end]:
            kept.feed(one)
        start = end
        assert state == kept.current()
        kept = Heads.from_json(json.loads(json.dumps(kept.to_json())))
        assert state == kept.current()


@given(ACTIONS)
def test_what_did_not_happen_never_matters(actions):
    """A journal without the aborted entries says the same."""
    story = Story.of(actions)
    done = happened(story.entries)

    assert heads(done) == heads(story.entries)
    assert [history(done, path) for path in PATHS] == [history(story.entries, path) for path in PATHS]
    assert {one.ref for one in story.entries if one.change.op is Op.ABORT}.isdisjoint(one.id for one in done)


@given(ACTIONS)
def test_the_order_in_which_devices_are_read_does_not_matter(actions):
    """One device's entries after the other's say the same as the two interleaved by time."""
    story = Story.of(actions)
    one, other = story.of_device("A"), story.of_device("B")

    for entries in (one + other, other + one):
        assert story.notes == heads(entries)
        assert story.notes == fed(entries).current()
        assert [history(story.entries, path) for path in PATHS] == [history(entries, path) for path in PATHS]


@given(ACTIONS)
def test_an_entry_that_comes_twice_counts_once(actions):
    """A journal that is read again from its beginning changes nothing."""
    entries = Story.of(actions).entries
    once, twice = fed(entries), fed(entries + entries)

    assert [once.get(path) for path in PATHS] == [twice.get(path) for path in PATHS]


@given(ACTIONS, st.sets(st.integers(0, 60)))
def test_any_entry_can_be_aborted_at_any_time(actions, numbers):
    """The heads are then those without it; where too many of a path are aborted, its head may be unknown."""
    entries = Story.of(actions).entries
    aborted = [entries[number].id for number in numbers if number < len(entries)]
    late = [entry(Op.ABORT, "elsewhere.md", at=900 + i, ref=id) for i, id in enumerate(aborted)]
    expected, found = heads(entries + late), fed(entries + late).current()

    for path in PATHS:
        if len([one for one in entries if path in (one.change.path, one.change.to)]) <= REMEMBERED:
            assert expected.get(path) == found.get(path)


@given(ACTIONS)
def test_the_history_ends_with_what_is_there(actions):
    """The last version of a note that is there is its head; every version is of an entry that happened, in order."""
    story = Story.of(actions)

    for path, sha256 in story.notes.items():
        versions = history(story.entries, path)
        assert (path, sha256) == (versions[-1].path, versions[-1].sha256)
        order = [one.entry.ts for one in versions]
        assert sorted(order) == order
        assert {one.entry.id for one in versions} <= {one.id for one in happened(story.entries)}


HOSTILE = st.lists(
    st.builds(
        entry,
        st.sampled_from(Op),
        st.sampled_from(["", A, B, "../../etc/passwd", "\ud800"]),
        st.sampled_from(["", "sha1"]),
        st.sampled_from(["", "sha2"]),
        to=st.sampled_from([None, "", A, B, "archive/", f"archive/{A}", "\0"]),
        at=st.integers(-2, 9),
        id=st.sampled_from(["", "id1", "id2", "id3"]),
        ref=st.sampled_from([None, "", "id1", "id2", "id3", "id4"]),
        ts=st.sampled_from(["", "Z", "yesterday", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00.5Z", "9999.9.9"]),
    ),
    max_size=12,
)


@given(HOSTILE, st.text(max_size=5))
def test_no_journal_makes_it_fail(entries, text):
    """Whatever entries come by sync: an answer, of paths and hashes that stand in them."""
    for path in (A, B, "", f"archive/{A}", text):
        history(entries, path)
    as_of(entries, text)
    kept = fed(entries)

    assert set(heads(entries).values()) <= {"sha1", "sha2"}
    assert set(kept.current().values()) <= {"sha1", "sha2"}
    assert kept.current() == Heads.from_json(kept.to_json()).current()


# ---- what happened


def test_what_was_announced_and_aborted_did_not_happen():
    """The entry and its abort are left out, and so is what the journal says of itself; the order stays."""
    write, vain = entry(Op.WRITE, A, "0", "1", at=2), entry(Op.WRITE, A, "1", "2", at=3)
    purge, create = entry(Op.PURGE, B, "7", at=4), entry(Op.CREATE, A, "", "0", at=1)
    abort, mended = entry(Op.ABORT, A, at=5, ref=vain.id), entry(Op.RECOVERED, "", at=6)

    assert [write, purge, create] == happened([write, vain, purge, abort, mended, create])


def test_an_entry_without_an_id_is_nobodys_first():
    """A write without a ref does not belong to it."""
    entries = [
        entry(Op.CREATE, A, "", "1", at=1),
        entry(Op.MOVE, A, "1", "1", to=B, at=2, id=""),
        entry(Op.WRITE, A, "1", "2", at=3, ref=""),
    ]

    assert {A: "2", B: "1"} == heads(entries) == fed(entries).current()


def test_an_abort_that_names_nothing_aborts_nothing():
    """An entry without an id is not the one meant by an abort without a ref."""
    create = entry(Op.CREATE, A, "", "1", at=1, id="")
    entries = [create, entry(Op.ABORT, A, at=2), entry(Op.ABORT, A, at=3, ref="")]

    assert [create] == happened(entries)
    assert {A: "1"} == heads(entries) == fed(entries).current()


# ---- moments

MOMENTS = [
    ("2026-11-21T09:59:59Z", {}),
    ("2026-11-21T10:00:00Z", {A: "1"}),
    ("2026-11-21T10:00:00.000000Z", {A: "1"}),
    ("2026-11-21T10:00:00+00:00", {A: "1"}),
    ("2026-11-21T10:00:00.499999Z", {A: "1"}),
    ("2026-11-21T10:00:00.5Z", {A: "2"}),
    ("2026-11-21T10:00:00.500000000Z", {A: "2"}),
    ("2026-11-21T10:00:01Z", {A: "2"}),
]


@pytest.mark.parametrize(("moment", "expected"), MOMENTS)
def test_times_compare_with_any_number_of_decimals(moment, expected):
    """A change of that very moment has happened."""
    first = entry(Op.CREATE, A, "", "1", at=1, ts="2026-11-21T10:00:00Z")
    second = entry(Op.WRITE, A, "1", "2", at=2, ts="2026-11-21T10:00:00.500000Z")

    assert expected == as_of([first, second], moment)


def test_a_change_aborted_later_had_not_happened_before():
    """Looking back between an entry and its abort shows what was really there."""
    create, write = entry(Op.CREATE, A, "", "1", at=1), entry(Op.WRITE, A, "1", "2", at=2)
    entries = [create, write, entry(Op.ABORT, A, "1", "2", at=9, ref=write.id)]

    assert {A: "1"} == as_of(entries, write.ts)


# ---- heads


def test_a_head_names_its_entry_and_whether_it_was_made_by_hand():
    """An edit in an editor is told from one that was announced."""
    entries = [entry(Op.CREATE, A, "", "1"), entry(Op.EXTERNAL, A, "1", "2", at=2), entry(Op.EXTERNAL, A, "2", at=3)]

    found = [fed(entries[:count]).get(A) for count in range(4)]

    assert [None, Head("1", "id0001", by_hand=False), Head("2", "id0002", by_hand=True), None] == found


def test_a_note_renamed_by_hand_is_still_the_text_of_who_wrote_it():
    """An edit in an editor stays one under the new name, and what was announced does not become one."""
    for begin, by_hand in ((Op.CREATE, False), (Op.EXTERNAL, True)):
        renamed = [entry(begin, A, "", "1", at=1), entry(Op.EXTERNAL, A, "1", "1", to=B, at=2)]
        assert Head("1", "id0002", by_hand) == fed(renamed).get(B) == fed(renamed + renamed).get(B)

    edited = [entry(Op.CREATE, A, "", "1", at=1), entry(Op.EXTERNAL, A, "1", "2", to=B, at=2)]
    assert Head("2", "id0002", by_hand=True) == fed(edited).get(B)


def test_after_an_abort_the_head_is_the_one_before_with_its_entry():
    """That somebody edited the note by hand is not forgotten over a write that failed."""
    by_hand = entry(Op.EXTERNAL, A, "", "1", at=1)
    kept = fed([by_hand, entry(Op.WRITE, A, "1", "2", at=2)])

    kept.feed(entry(Op.ABORT, A, "1", "2", at=3, ref="id0002"))

    assert Head("1", "id0001", by_hand=True) == kept.get(A)


def test_writes_that_fail_again_and_again_forget_nothing():
    """A full disk under an agent that keeps trying: the head stays the last that happened."""
    kept = fed([entry(Op.CREATE, A, "", "1")])
    for at in range(2, 40, 2):
        kept.feed(entry(Op.WRITE, A, "1", "2", at=at))
        kept.feed(entry(Op.ABORT, A, "1", "2", at=at + 1, ref=f"id{at:04}"))

    assert Head("1", "id0001", by_hand=False) == kept.get(A)


def test_an_entry_read_again_and_again_takes_no_room():
    """What was there before it is still known when it is aborted."""
    create, write = entry(Op.CREATE, A, "", "1", at=1), entry(Op.WRITE, A, "1", "2", at=2)

    kept = fed([create, *[write] * 9, entry(Op.ABORT, A, "1", "2", at=3, ref=write.id)])

    assert Head("1", create.id, by_hand=False) == kept.get(A)


def test_an_older_entry_that_comes_later_does_not_replace_a_newer_head():
    """Another device's journal arrives by sync after this one has gone on."""
    entries = [entry(Op.WRITE, A, "1", "3", at=3), entry(Op.WRITE, A, "1", "2", at=2)]
    kept = fed(entries)
    assert {A: "3"} == heads(entries)
    assert Head("3", "id0003", by_hand=False) == kept.get(A)

    kept.feed(entry(Op.ARCHIVE, A, "2", "", to=f"archive/{A}", at=1))
    assert Head("3", "id0003", by_hand=False) == kept.get(A)


def test_a_note_that_was_archived_stays_gone_when_an_older_edit_arrives():
    """What is gone is remembered as gone."""
    kept = fed([entry(Op.ARCHIVE, A, "1", "", to=f"archive/{A}", at=3), entry(Op.WRITE, A, "0", "1", at=2)])

    assert {} == kept.current()


def test_a_move_that_was_aborted_leaves_the_links_it_had_rewritten():
    """A crash after the note itself was rewritten, and before it was renamed: it has its old path and the new text."""
    entries = [
        entry(Op.CREATE, A, "", "1", at=1),
        entry(Op.MOVE, A, "1", "2", to=B, at=2),
        entry(Op.WRITE, A, "1", "2", at=3, ref="id0002"),
    ]
    assert {B: "2"} == heads(entries) == fed(entries).current()

    entries.append(entry(Op.ABORT, A, "1", "2", to=B, at=4, ref="id0002"))
    assert {A: "2"} == heads(entries) == fed(entries).current()


def test_a_folder_called_archive_is_not_the_archive():
    """A vault's own ``archive/a.md`` is another file than the archived note of that name."""
    mine = f"archive/{A}"
    entries = [
        entry(Op.CREATE, mine, "", "9", at=1),
        entry(Op.CREATE, A, "", "1", at=2),
        entry(Op.ARCHIVE, A, "1", "", to=mine, at=3),
    ]
    restored = [*entries, entry(Op.RESTORE, A, "", "1", to=mine, at=4)]

    assert {mine: "9"} == heads(entries) == fed(entries).current()
    assert {mine: "9", A: "1"} == heads(restored) == fed(restored).current()
    assert ["9"] == [version.sha256 for version in history(restored, mine)]
    assert ["1", "", "1"] == [version.sha256 for version in history(restored, A)]


@pytest.mark.parametrize(
    "stored",
    [
        None, [], "", {}, {"effects": {}}, {"aborted": [], "effects": []}, {"aborted": [1], "effects": {}},
        {"aborted": [], "effects": {A: 1}}, {"aborted": [], "effects": {A: [["ts", 1]]}},
        {"aborted": [], "effects": {A: [["ts", "1", "id", "sha", False, ""]]}},
        {"aborted": [], "effects": {A: [["ts", 1, "id", None, False, ""]]}},
    ],
)  # fmt: skip
def test_what_is_no_heads_is_refused(stored):
    """A ValueError, so that the caller reads the journal instead."""
    with pytest.raises(ValueError):  # noqa: PT011 - the text is for a person
        Heads.from_json(stored)


# ---- history


def told(entries: Sequence[Entry], path: str) -> list[tuple[int, str, str]]:
    """A history in short: number of the entry, path, content."""
    return [(one.entry.seq, one.path, one.sha256) for one in history(entries, path)]


LIFE = [
    entry(Op.CREATE, A, "", "1", at=1),
    entry(Op.MOVE, A, "1", "2", to=B, at=2),
    entry(Op.WRITE, A, "1", "2", at=3, ref="id0002"),
    entry(Op.EXTERNAL, B, "2", "3", at=4),
    entry(Op.EXTERNAL, B, "3", "3", to="c.md", at=5),
    entry(Op.ARCHIVE, "c.md", "3", "", to="archive/c (2).md", at=6),
    entry(Op.RESTORE, "c.md", "", "3", to="archive/c (2).md", at=7),
    entry(Op.WRITE, "c.md", "3", "4", at=8),
]
TOLD = [(1, A, "1"), (2, B, "2"), (4, B, "3"), (5, "c.md", "3"), (6, "c.md", ""), (7, "c.md", "3"), (8, "c.md", "4")]


@pytest.mark.parametrize("path", [A, B, "c.md", "archive/c (2).md"])
def test_a_history_follows_a_note_through_all_its_names(path):
    """Renamed by us and by hand, archived and brought back: by any name it had, the same versions."""
    assert TOLD == told(LIFE, path)


def test_an_archived_note_has_a_history_that_ends_with_it_gone():
    """By the path it had, and by its name in the archive."""
    assert TOLD[:5] == told(LIFE[:6], "c.md") == told(LIFE[:6], "archive/c (2).md")


@pytest.mark.parametrize("begin", [Op.CREATE, Op.EXTERNAL])
def test_a_note_made_where_another_had_been_has_its_own_history(begin):
    """The one that was moved away, or archived, keeps its own."""
    entries = [
        entry(Op.CREATE, A, "", "1", at=1),
        entry(Op.MOVE, A, "1", "1", to=B, at=2),
        entry(begin, A, "", "2", at=3),
        entry(Op.ARCHIVE, A, "2", "", to=f"archive/{A}", at=4),
        entry(begin, A, "", "3", at=5),
    ]

    assert [(5, A, "3")] == told(entries, A)
    assert [(1, A, "1"), (2, B, "1")] == told(entries, B)
    assert [(3, A, "2"), (4, A, "")] == told(entries, f"archive/{A}")


def test_a_note_made_where_another_was_deleted_goes_on_with_its_history():
    """Otherwise no name would lead to the text that was deleted; nor to one that another device made there as well."""
    made, gone = entry(Op.EXTERNAL, A, "", "1", at=1), entry(Op.EXTERNAL, A, "1", "", at=2)
    again, elsewhere = entry(Op.CREATE, A, "", "2", at=3), entry(Op.CREATE, A, "", "3", at=4)

    assert [(1, A, "1"), (2, A, ""), (3, A, "2")] == told([made, gone, again], A)
    assert [(3, A, "2"), (4, A, "3")] == told([again, elsewhere], A)


def test_a_note_written_here_while_it_was_renamed_elsewhere_has_both_histories():
    """Two devices out of touch leave two notes; what both were is in the history of both."""
    entries = [
        entry(Op.CREATE, A, "", "1", at=1),
        entry(Op.MOVE, A, "1", "1", to=B, at=2),
        entry(Op.WRITE, A, "1", "2", at=3),
    ]

    assert [(1, A, "1"), (3, A, "2")] == told(entries, A)
    assert [(1, A, "1"), (2, B, "1")] == told(entries, B)


def test_a_note_nobody_wrote_of_has_no_history():
    """An empty list, for any path."""
    assert [] == told(LIFE, "never.md") == told(LIFE, "archive/never.md")


def test_a_journal_that_begins_late_tells_what_it_has():
    """A note is moved, restored or edited whose beginning is in no journal."""
    entries = [entry(Op.RESTORE, A, "", "1", to="archive/x.md"), entry(Op.MOVE, A, "1", "1", to=B, at=2)]

    assert [(1, A, "1"), (2, B, "1")] == told(entries, B)
