"""The journal on disk."""

from datetime import UTC, datetime, timedelta

import pytest

from vault_engine.errors import StorageFailed
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.store import Damage, Journal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Actor("human", "ana", "cli")


@pytest.fixture
def journal_of(tmp_path):
    """Gives the journal as one device sees it."""
    return lambda device: Journal(tmp_path / "journal", lambda: device, tmp_path / "quarantine")


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
    return [entry.change.path for entry in journal.entries()]


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
    assert [1] == [damage.line for damage in journal.verify()]


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


@pytest.mark.parametrize("left", [1, 40, -1])
def test_a_torn_tail_goes_to_quarantine(journal, tmp_path, left):
    """What a crash left of a line is set aside by the next write; all that was whole stays."""
    write(journal, "a.md", "b.md")
    whole = only_file(journal).read_bytes()
    first = whole.index(b"\n") + 1
    only_file(journal).write_bytes(whole[:first] + whole[first:][:left])
    assert ["a.md"] == paths(journal)

    write(journal, "c.md")

    assert ["a.md", "c.md"] == paths(journal)
    assert [] == journal.verify()
    assert [whole[first:][:left]] == [file.read_bytes() for file in (tmp_path / "quarantine").iterdir()]


def test_a_damaged_last_line_does_not_block_writing(journal):
    """The next entry follows the last readable one, and `verify` goes on naming the damage."""
    write(journal, "a.md", "b.md")
    damaged = only_file(journal).read_bytes().replace(b"b.md", b"X.md")
    only_file(journal).write_bytes(damaged)

    write(journal, "c.md")

    assert ["a.md", "c.md"] == paths(journal)
    assert 2 == journal.verify()[0].line
    assert only_file(journal).read_bytes().startswith(damaged)


def test_a_journal_that_is_all_garbage_does_not_block_writing(journal, tmp_path):
    """Nothing of it is thrown away either."""
    write(journal, "a.md")
    only_file(journal).write_bytes(b"\x00\xff garbage\nmore\n")

    write(journal, "b.md")

    assert ["b.md"] == paths(journal)
    assert only_file(journal).read_bytes().startswith(b"\x00\xff garbage\nmore\n")


def test_the_journals_of_all_devices_are_read_as_one(journal_of):
    """Each device writes its own file and its own chain; together they are one history."""
    desk, phone = journal_of("desk"), journal_of("phone")
    write(desk, "a.md", at=NOON)
    write(phone, "b.md", at=NOON + timedelta(minutes=1))
    write(desk, "c.md", at=NOON + timedelta(minutes=2))

    assert ["a.md", "b.md", "c.md"] == paths(desk) == paths(phone)
    assert [1, 1, 2] == [entry.seq for entry in phone.entries()]
    assert [] == phone.verify()


def test_a_line_longer_than_usual_is_still_the_last_one(journal):
    """A long reason does not make the chain lose its end."""
    long = change("a.md")._replace(reason="because " * 10_000)
    with journal.announced(long, at=NOON, actor=ANA):
        pass
    write(journal, "b.md", at=NOON + timedelta(seconds=1))

    assert [1, 2] == [entry.seq for entry in journal.entries()]
    assert [] == journal.verify()
