"""The journal on disk."""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vault_engine.errors import NotConfirmed, StorageFailed, VaultDenied
from vault_engine.journal.entry import NO_PREVIOUS, Actor, Change, Op, encode
from vault_engine.journal.store import Damage, Head, Journal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Actor("human", "ana", "cli")


@pytest.fixture
def journal_of(tmp_path):
    """Gives the journal as one device sees it."""
    return lambda device: Journal(tmp_path / "journal", lambda: device, tmp_path / "local")


@pytest.fixture
def journal(journal_of):
    """The journal of the device ``desk``."""
    return journal_of("desk")


def change(path: str, op: Op = Op.CREATE) -> Change:
    return Change(op, path, "", "1" * 64)


def write(journal: Journal, *paths: str, at: datetime = NOON) -> None:
    for number, path in enumerate(paths):
        with journal.announced(change(path), at=at + timedelta(seconds=number), actor=ANA):
            pass


def paths(journal: Journal) -> list[str]:
    return [entry.change.path for entry in journal.entries() if entry.change.op is not Op.RECOVERED]


def only_file(journal: Journal):
    (file,) = journal.files()
    return file


def test_one_line_a_write_numbered_and_chained(journal):
    """Each line counts one on and names the hash of the one before."""
    write(journal, "a.md", "b.md", "c.md")

    entries = journal.entries()
    assert [1, 2, 3] == [entry.seq for entry in entries]
    assert ["", entries[0].h, entries[1].h] == [entry.prev for entry in entries]
    assert [ANA] * 3 == [entry.actor for entry in entries]
    assert 3 == only_file(journal).read_bytes().count(b"\n")
    assert [] == journal.verify()


def test_the_chain_goes_on_in_the_next_months_file(journal, tmp_path):
    """One file a month, one chain over all."""
    write(journal, "a.md")
    write(journal, "b.md", at=NOON + timedelta(days=30))

    assert ["2026-11.jsonl", "2026-12.jsonl"] == [file.name for file in journal.files()]
    assert [] == journal.verify()
    journal.files()[0].unlink()
    assert [Damage("desk/2026-12.jsonl", 1, "a line before this one is missing or changed")] == journal.verify()


def test_the_entry_is_there_before_the_block_runs(journal):
    """The journal leads the vault: what is about to happen is entered first."""
    with journal.announced(change("a.md"), at=NOON, actor=ANA) as entry_id:
        assert [entry_id] == [entry.id for entry in journal.entries()]


def test_a_failed_block_is_entered_as_aborted(journal):
    """What was announced and did not happen is said so, and the failure goes on to the caller."""
    with pytest.raises(StorageFailed), journal.announced(change("a.md"), at=NOON, actor=ANA) as entry_id:
        raise StorageFailed("a.md", "disk full")

    announced, aborted = journal.entries()
    assert (Op.CREATE, Op.ABORT) == (announced.change.op, aborted.change.op)
    assert entry_id == aborted.ref
    assert [] == journal.verify()


def test_a_flipped_byte_is_found_in_its_line(journal):
    """Change any one byte of the journal, line breaks too, and `verify` names that line first."""
    write(journal, "a.md", "b.md", "c.md")
    file = only_file(journal)
    whole = file.read_bytes()
    wrong = []
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x04
        file.write_bytes(damaged)
        line = whole.count(b"\n", 0, at) + 1
        named = [damage.line for damage in journal.verify()[:1]]
        if named != [line]:
            wrong.append((at, line, named))

    assert [] == wrong


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_that_is_taken_out_is_missed(journal, gone):
    """The line after it no longer fits; only the last line can go unnoticed, until the next one is written."""
    write(journal, "a.md", "b.md", "c.md", "d.md")
    lines = only_file(journal).read_bytes().splitlines(keepends=True)
    del lines[gone]
    only_file(journal).write_bytes(b"".join(lines))

    problem = "a line before this one is missing or changed"
    assert [Damage("desk/2026-11.jsonl", gone + 1, problem)] == journal.verify()


def test_lines_that_changed_places_are_noticed(journal):
    """Order is part of what the chain proves."""
    write(journal, "a.md", "b.md", "c.md")
    one, two, three = only_file(journal).read_bytes().splitlines(keepends=True)
    only_file(journal).write_bytes(two + one + three)

    assert [] != journal.verify()


def test_a_damaged_last_line_does_not_block_writing(journal):
    """The journal goes on in a new file, whose first entry says why; `verify` goes on naming the damage."""
    write(journal, "a.md", "b.md")
    damaged = only_file(journal).read_bytes().replace(b"b.md", b"X.md")
    only_file(journal).write_bytes(damaged)

    journal.catch_up(NOON)
    write(journal, "c.md")

    assert ["a.md", "c.md"] == paths(journal)
    assert Damage("desk/2026-11.jsonl", 2, "the line's hash does not match its bytes") == journal.verify()[0]
    assert damaged == journal.files()[0].read_bytes()
    assert "2026-11.jsonl ends with a line that can't be read" in journal.entries()[1].change.reason


def test_a_journal_that_is_all_garbage_does_not_block_writing(journal):
    """Nothing of it is thrown away either."""
    write(journal, "a.md")
    only_file(journal).write_bytes(b"\x00\xff garbage\nmore\n")

    journal.catch_up(NOON)
    write(journal, "b.md")

    assert ["b.md"] == paths(journal)
    assert b"\x00\xff garbage\nmore\n" == journal.files()[0].read_bytes()


def test_the_journals_of_all_devices_are_read_as_one(journal_of):
    """Each device writes its own file and its own chain; together they are one history."""
    desk, phone = journal_of("desk"), journal_of("phone")
    write(desk, "a.md", at=NOON)
    write(phone, "b.md", at=NOON + timedelta(minutes=1))
    write(desk, "c.md", at=NOON + timedelta(minutes=2))

    assert ["a.md", "b.md", "c.md"] == paths(desk) == paths(phone)
    assert [1, 1, 2] == [entry.seq for entry in phone.entries()]
    assert [] == phone.verify()


def test_a_line_stays_short_however_much_is_said(journal):
    """A reason and a name are cut, with a sign that they were; the line stays below 64 KiB, the chain whole."""
    talker = Actor("agent", "\x00" * 10_000, "mcp", "s" * 10_000)
    long = Change(Op.MOVE, "é" * 996 + ".md", "", "1" * 64, to="🧠" * 996 + ".md", reason="\x01" * 100_000)
    with journal.announced(long, at=NOON, actor=talker):
        pass
    write(journal, "b.md", at=NOON + timedelta(seconds=1))

    first, second = journal.entries()
    assert ("\x01" * 1999 + "…", "\x00" * 199 + "…") == (first.change.reason, first.actor.name)
    assert long.to == first.change.to
    assert second.prev == first.h
    assert max(map(len, only_file(journal).read_bytes().splitlines())) < 1 << 16
    assert [] == journal.verify()


def test_half_a_character_in_a_reason_is_kept(journal):
    """A program may send one; it is written as JSON can, and read again."""
    with journal.announced(change("a.md")._replace(reason="\ud800"), at=NOON, actor=ANA):
        pass

    assert "\ud800" == journal.entries()[0].change.reason
    assert [] == journal.verify()


def test_times_are_written_in_utc(journal):
    """Wherever the clock is."""
    write(journal, "a.md", at=datetime(2026, 11, 21, 14, tzinfo=timezone(timedelta(hours=2))))

    assert "2026-11-21T12:00:00.000000Z" == journal.entries()[0].ts


def test_what_is_announced_together_belongs_together(journal):
    """The first names what the caller says, the others the first; after a crash all of them are given back."""
    first, second, third = journal.announce([change(f"{name}.md") for name in "abc"], at=NOON, actor=ANA, ref="X")

    assert ("X", first.id, first.id) == (first.ref, second.ref, third.ref)
    assert 3 == len({first.id, second.id, third.id})
    assert [first, second, third] == journal.unsettled() == journal.entries()


@pytest.fixture
def group(journal):
    """Something settled, then three changes announced together and under way."""
    write(journal, "before.md")
    return journal.announce([change(f"{name}.md") for name in "abc"], at=NOON + timedelta(seconds=9), actor=ANA)


LATER = NOON + timedelta(minutes=1)


def test_after_a_crash_the_last_group_is_not_settled(journal_of, group):
    """Every process is told the same, until one of them has found out and says so."""
    other, third = journal_of("desk"), journal_of("desk")

    assert group == other.catch_up(LATER) == third.catch_up(LATER) == other.catch_up(LATER)
    other.settle()
    assert [] == other.catch_up(LATER) == third.catch_up(LATER) == journal_of("desk").catch_up(LATER)


def test_a_failed_process_is_told_what_it_left_open_itself(journal, group):
    """Its next call finds out what became of it."""
    assert group == journal.catch_up(LATER)


@pytest.mark.parametrize("aborted", [[0], [1], [2], [0, 1], [1, 2]])
def test_a_part_that_is_aborted_does_not_settle_the_rest(journal, journal_of, group, aborted):
    """The others may still be under way; when all is aborted, all is settled."""
    rest = [entry for number, entry in enumerate(group) if number not in aborted]
    journal.abort([group[number] for number in aborted], at=LATER, actor=ANA)

    assert rest == journal_of("desk").catch_up(LATER) == journal.unsettled()
    journal.abort(rest, at=LATER, actor=ANA)
    assert [] == journal_of("desk").catch_up(LATER) == journal.unsettled()


def test_an_abort_that_is_cut_short_leaves_the_first_of_the_group(journal, journal_of, group, tmp_path):
    """A move tells what became of the links that follow it, so its own abort is the last."""
    (mark,) = (tmp_path / "local" / "settled").iterdir()
    before = mark.read_bytes()
    journal.abort(group, at=LATER, actor=ANA)
    mark.write_bytes(before)
    lines = only_file(journal).read_bytes().splitlines(keepends=True)
    only_file(journal).write_bytes(b"".join(lines[:-1]) + lines[-1][:40])

    assert group[:1] == journal_of("desk").catch_up(LATER)


def test_what_is_noted_meanwhile_does_not_settle_the_rest(journal, journal_of, group):
    """Text that an editor saved in that moment is entered before the others have their places."""
    journal.note([change("a.md", Op.EXTERNAL)], at=LATER, actor=ANA)
    assert group == journal_of("desk").catch_up(LATER)

    journal.abort(group[:1], at=LATER, actor=ANA)
    assert group[1:] == journal_of("desk").catch_up(LATER)


def test_a_recovery_that_is_cut_short_begins_again(journal_of, group):
    """What it has noted so far does not settle anything."""
    first = journal_of("desk")
    first.catch_up(LATER)
    first.note([change("a.md", Op.EXTERNAL)], at=LATER, actor=ANA)

    assert group == journal_of("desk").catch_up(LATER)


def test_what_is_followed_by_another_change_is_settled(journal, journal_of, tmp_path):
    """Also where this machine's mark is lost."""
    write(journal, "a.md", "b.md")
    journal.note([change("c.md", Op.EXTERNAL)], at=LATER, actor=ANA)
    for file in (tmp_path / "local" / "settled").iterdir():
        file.unlink()

    assert [] == journal_of("desk").catch_up(LATER)


def test_a_change_that_was_not_confirmed_stays_open(journal, journal_of):
    """A power failure may take it back: then somebody looks."""
    with pytest.raises(NotConfirmed), journal.announced(change("a.md"), at=NOON, actor=ANA):
        raise NotConfirmed("a.md", "the disk failed")

    assert ["a.md"] == [entry.change.path for entry in journal_of("desk").catch_up(LATER)]


def marked(journal_of) -> int:
    """Gives the number of the entry that is remembered as settled."""
    return journal_of("desk")._settled().seq


def test_what_is_remembered_as_settled_never_outlives_the_entries(journal, journal_of, fsyncs):
    """After a note, which costs no fsync, nothing is said until an fsync has come."""
    write(journal, "a.md")
    journal.note([change("b.md", Op.EXTERNAL)], at=LATER, actor=ANA)
    assert 1 == marked(journal_of)

    fsyncs.clear()
    journal.settle()
    assert (2, ["2026-11.jsonl"]) == (marked(journal_of), fsyncs)


@pytest.mark.parametrize("reader", ["this process", "another process"])
def test_a_new_months_file_does_not_leave_the_old_one_behind(journal, journal_of, fsyncs, reader):
    """What was noted in the old one is made durable first, whoever noted it."""
    write(journal, "a.md")
    journal.note([change("b.md", Op.EXTERNAL)], at=LATER, actor=ANA)
    journal = journal if reader == "this process" else journal_of("desk")
    journal.catch_up(LATER)
    fsyncs.clear()

    write(journal, "c.md", at=NOON + timedelta(days=30))

    assert ["2026-11.jsonl", "2026-12.jsonl"] == [name for name in fsyncs if name.endswith(".jsonl")]
    assert 3 == marked(journal_of)


@pytest.fixture
def fsyncs(monkeypatch):
    """The names of what is made durable, in order."""
    names: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        names.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))  # noqa: PTH115, PTH119
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return names


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc")  # noqa: PTH110
def test_an_announcement_is_one_fsync(journal, fsyncs):
    """However many changes; a new file costs those of its folders too. Settling costs none."""
    write(journal, "a.md")
    assert {"2026-11.jsonl", "desk", "journal"} <= set(fsyncs)
    fsyncs.clear()

    journal.announce([change(f"{number}.md") for number in range(500)], at=LATER, actor=ANA)
    journal.settle()

    assert ["2026-11.jsonl"] == fsyncs


def test_a_torn_mark_leaves_the_one_before(journal, journal_of, tmp_path):
    """Whatever a crash makes of the last line written, the mark says less, never something else."""
    write(journal, *(f"{number}.md" for number in range(5)))
    (file,) = (tmp_path / "local" / "settled").iterdir()
    whole = file.read_bytes()
    seqs = set()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        file.write_bytes(damaged)
        seqs.add(marked(journal_of))
        assert [] == journal_of("desk").verify()

    assert {4, 5} == seqs


def test_processes_that_take_turns_keep_one_chain(journal_of):
    """Each reads what the others wrote before it writes; and is told that they did."""
    one, other = journal_of("desk"), journal_of("desk")
    for number in range(6):
        writer = (one, other)[number % 2]
        writer.catch_up(NOON)
        assert (number > 1) <= writer.take_others_wrote()
        write(writer, f"{number}.md", at=NOON + timedelta(seconds=number))
        writer.catch_up(NOON)
        assert not writer.take_others_wrote()

    assert list(range(1, 7)) == [entry.seq for entry in one.entries()]
    assert [] == one.verify()


def test_a_file_of_the_same_size_in_its_place_is_noticed(journal, journal_of, tmp_path):
    """A checkout of another state may have as many bytes."""
    write(journal, "a.md", "b.md")
    other = Journal(tmp_path / "other", lambda: "desk", tmp_path / "elsewhere")
    write(other, "x.md", "y.md")
    only_file(journal).write_bytes(only_file(other).read_bytes())

    journal.catch_up(LATER)
    write(journal, "c.md", at=LATER)

    assert ["x.md", "y.md", "c.md"] == paths(journal)
    assert [] == journal.verify()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_an_entry_that_can_not_be_made_durable_is_not_there(journal, monkeypatch, number):
    """The caller is told, and the journal is as it was; the next entry takes its number."""
    write(journal, "a.md")
    before = only_file(journal).read_bytes()

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(StorageFailed):
            journal.announce([change("b.md")], at=LATER, actor=ANA)

    assert before == only_file(journal).read_bytes()
    write(journal, "c.md", at=LATER)
    assert [1, 2] == [entry.seq for entry in journal.entries()]
    assert [] == journal.verify()


def test_a_link_in_the_place_of_the_file_is_not_written_through(journal, tmp_path):
    """Nothing outside is touched."""
    (tmp_path / "journal" / "desk").mkdir(parents=True)
    (tmp_path / "journal" / "desk" / "2026-11.jsonl").symlink_to(tmp_path / "target")

    with pytest.raises((StorageFailed, VaultDenied)):
        write(journal, "a.md")

    assert not (tmp_path / "target").exists()


def test_a_hostile_time_in_an_own_entry_does_not_lead_out_of_the_folder(journal, tmp_path):
    """The month in a file's name is one."""
    own = tmp_path / "journal" / "desk"
    own.mkdir(parents=True)
    line = encode(change("a.md"), seq=1, id="01", ts="~/../../x", actor=ANA, prev=NO_PREVIOUS)
    (own / "2026-11.jsonl").write_bytes(line)

    write(journal, "b.md", at=NOON + timedelta(days=30))

    assert ["2026-11.jsonl", "2026-12.jsonl"] == [file.name for file in journal.files()]
    assert [] == journal.verify()


def test_known_heads_must_still_be_there(journal, journal_of):
    """A journal that was rewritten as a whole is consistent; only a head that was noted earlier gives it away."""
    write(journal, "a.md", "b.md")
    (head,) = journal.heads()
    assert [] == journal.verify([head])

    wrong = [head._replace(h="0" * 64), head._replace(seq=7), head._replace(device="phone")]
    problems = [f"entry {one.seq} is not there, or not the one that was known" for one in wrong]
    for one, problem in zip(wrong, problems, strict=True):
        assert [Damage(one.device, 0, problem)] == journal.verify([one])
        assert f"{one.device}:{one.seq}:{one.h}" == str(one)


def test_the_heads_are_the_last_entries(journal_of):
    """Of every device, over its files."""
    desk, phone = journal_of("desk"), journal_of("phone")
    write(desk, "a.md", "b.md")
    write(desk, "c.md", at=NOON + timedelta(days=30))
    write(phone, "x.md")

    last = {"desk": desk.entries()[-1], "phone": next(one for one in desk.entries() if one.change.path == "x.md")}
    assert [Head(device, entry.seq, entry.h) for device, entry in last.items()] == desk.heads()


KILLED_WHILE_WRITING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.store import Journal
root = Path(sys.argv[1])
journal = Journal(root / "journal", lambda: "desk", root / "local")
while True:
    changes = [Change(Op.CREATE, "a.md", "", "1" * 64)] * 3
    entries = journal.announce(changes, at=datetime.now(UTC), actor=Actor("human", "ana"))
    journal.settle()
    print(entries[-1].id, flush=True)
"""


@pytest.mark.parametrize("count", [1, 5, 20])
def test_what_a_killed_process_has_announced_is_there(tmp_path, journal, count):
    """All that was acknowledged, and a journal that verifies."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_WRITING, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(count)]
        process.kill()
        acknowledged += process.stdout.read().split()

    journal.catch_up(NOON)
    write(journal, "after.md")

    assert set(acknowledged) <= {entry.id for entry in journal.entries()}
    assert [] == journal.verify()
