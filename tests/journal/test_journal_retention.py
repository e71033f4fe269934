"""What the owner wants kept is kept, and what notes hold is, whatever the settings say."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import events, happened, heads, standing
from vault_engine.journal.retention import kept, purged

ME = Actor("agent", "me")
PATHS = ("a.md", "b.md")


def entry(number: int, op: Op, path: str, before: str, after: str, to: str | None = None, ref: str | None = None):
    """Make an entry of its day."""
    change = Change(op, path, before, after, to)
    return Entry(number, f"id{number}", f"2026-01-{number:02}T00:00:00.000000Z", ME, change, ref, "", "")


def history(*texts: str, path: str = "a.md") -> list[Entry]:
    """Let a note hold one text after the other, a day each."""
    before = ["", *texts]
    return [
        entry(number, Op.WRITE if old else Op.CREATE, path, old, new)
        for number, (old, new) in enumerate(zip(before, texts, strict=False), 1)
    ]


@st.composite
def journals(draw) -> list[Entry]:
    """Give a journal as the engine writes it: what happens fits what is there."""
    held: dict[str, str] = {}
    archive: dict[str, tuple[str, str]] = {}
    entries: list[Entry] = []
    for number in range(1, draw(st.integers(0, 14)) + 1):
        path, other = draw(st.permutations(PATHS))
        op = draw(st.sampled_from(["write", "delete", "archive", "restore", "move", "rename", "abort", "tell"]))
        old, new = held.get(path, ""), f"text {draw(st.integers(0, 5))}"
        if op == "write":
            entries.append(entry(number, Op.WRITE if old else Op.CREATE, path, old, new))
            held[path] = new
        elif op == "tell":
            entries.append(entry(number, Op.EVENT, path, "", f"told {number}"))
        elif op == "abort":
            entries.append(entry(number, Op.WRITE, path, old, new))
            entries.append(entry(number, Op.ABORT, path, old, new, ref=f"id{number}"))
        elif op == "restore" and archive and not old:
            name, (former, text) = archive.popitem()
            if not held.get(former):
                entries.append(entry(number, Op.RESTORE, former, "", text, to=name))
                held[former] = text
            else:
                archive[name] = (former, text)
        elif old and op == "delete":
            entries.append(entry(number, Op.EXTERNAL, path, old, ""))
            del held[path]
        elif old and op == "archive":
            entries.append(entry(number, Op.ARCHIVE, path, old, "", to=f"archive/{number}"))
            archive[f"archive/{number}"] = (path, held.pop(path))
        elif old and op in ("move", "rename") and not held.get(other):
            entries.append(entry(number, Op.MOVE if op == "move" else Op.EXTERNAL, path, old, old, to=other))
            held[other] = held.pop(path)
    return entries


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00.000000Z"


@given(journals(), st.integers(1, 20), st.integers(0, 4))
def test_what_notes_and_the_archive_hold_is_always_kept(entries, since, versions):
    """However old it is."""
    done = happened(entries)
    archived = {e.change.to: e.change.before for e in done if e.change.op is Op.ARCHIVE}
    for one in done:
        if one.change.op is Op.RESTORE:
            archived.pop(one.change.to, None)

    assert {*heads(entries).values(), *archived.values()} <= kept(entries, since=day(since), versions=versions)


@given(journals(), st.integers(1, 20), st.integers(0, 4))
def test_what_was_held_since_the_moment_is_kept(entries, since, versions):
    """Whoever read a note since then can have it merged."""
    held: defaultdict[str, str] = defaultdict(str)
    recent: set[str] = set()
    for one in happened(entries):
        if one.ts >= day(since):
            recent |= {one.change.before, one.change.after}
        held[one.change.path] = one.change.after

    assert recent - {""} <= kept(entries, since=day(since), versions=versions)


@given(journals(), st.integers(1, 20), st.integers(1, 20), st.integers(0, 4), st.integers(0, 4))
def test_who_asks_for_more_gets_more(entries, since, other, versions, more):
    """An earlier moment or more versions never cost a revision; and none is kept that no note had and nobody told."""
    small = kept(entries, since=day(max(since, other)), versions=versions)
    large = kept(entries, since=day(min(since, other)), versions=versions + more)
    named = {sha256 for one in standing(entries) for sha256 in (one.change.before, one.change.after)}

    assert small <= large <= named - {""}


@given(journals(), st.integers(1, 20), st.integers(0, 4))
def test_what_was_told_is_always_kept(entries, since, versions):
    """However old it is, and never for a version of the note that it is about."""
    told = {one.change.after for one in events(entries)}
    without = [one for one in entries if one.change.op is not Op.EVENT]

    assert told | kept(without, since=day(since), versions=versions) == kept(
        entries, since=day(since), versions=versions
    )


def test_old_versions_go_and_the_last_ones_stay():
    """As many as the owner wants, at least one."""
    entries = history("1", "2", "3", "4")

    assert {"4"} == kept(entries, since=day(20), versions=0)
    assert {"3", "4"} == kept(entries, since=day(20), versions=2)
    assert {"2", "3", "4"} == kept(entries, since=day(3), versions=1)


def test_a_note_that_is_gone_counts_as_no_version():
    """Its last text is one."""
    entries = [*history("1", "2"), entry(3, Op.EXTERNAL, "a.md", "2", "")]

    assert {"2"} == kept(entries, since=day(20), versions=1)


def test_what_nobody_told_of_is_a_version():
    """An entry names what it replaced."""
    entries = [*history("1"), entry(2, Op.WRITE, "a.md", "unknown", "2")]

    assert {"unknown", "2"} == kept(entries, since=day(20), versions=2)


def test_a_note_renamed_by_hand_keeps_its_text_when_the_old_name_is_used_again():
    """It is another note's then."""
    entries = [
        *history("1"),
        entry(2, Op.EXTERNAL, "a.md", "1", "1", to="b.md"),
        entry(3, Op.CREATE, "a.md", "", "2"),
        entry(4, Op.WRITE, "a.md", "2", "3"),
    ]

    assert {"1", "3"} == kept(entries, since=day(20), versions=1)


def test_times_with_other_decimals_are_in_order():
    """Another program may have written them."""
    entries = history("1", "2")
    whole = Entry(2, "id2", "2026-01-02T00:00:00Z", ME, entries[1].change, None, "", "")

    assert {"2"} == kept([entries[0], whole], since="2026-01-02T00:00:00.500000Z", versions=1)


def test_what_was_purged_is_gone_until_a_note_has_it_again():
    """Written, restored or renamed."""
    entries = [*history("1", "2"), entry(3, Op.PURGE, "a.md", "1", ""), entry(4, Op.PURGE, "a.md", "2", "")]

    assert {"1", "2"} == purged(entries)
    assert {"2"} == purged([*entries, entry(5, Op.CREATE, "b.md", "", "1")])
    assert {"1", "2"} == purged([*entries, entry(5, Op.EXTERNAL, "a.md", "2", "3")])
