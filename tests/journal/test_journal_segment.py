"""What a crash, a flipped bit or an older copy does to the files of a journal, and how it goes on."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.journal import segment
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.segment import list_all, list_device, read_end
from vault_engine.journal.store import Damage, Journal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Actor("human", "ana", "cli")
SOMEBODY = Actor("external", "somebody")


class Machine:
    """One machine's vault folder and a clock that goes on by itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = NOON
        self.journal = self.opened()

    def opened(self) -> Journal:
        """Gives the journal as another process opens it."""
        return Journal(self.root / "journal", lambda: "desk", self.root / "local")

    @property
    def file(self) -> Path:
        return self.root / "journal" / "desk" / "2026-11.jsonl"

    def now(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def write(self, *paths: str, settle: bool = True) -> list[str]:
        changes = [Change(Op.CREATE, path, "", "1" * 64) for path in paths]
        entries = self.journal.announce(changes, at=self.now(), actor=ANA)
        if settle:
            self.journal.settle()
        return [entry.id for entry in entries]

    def note(self, *paths: str) -> None:
        changes = [Change(Op.EXTERNAL, path, "", "2" * 64) for path in paths]
        self.journal.note(changes, at=self.now(), actor=SOMEBODY)

    def crash(self) -> None:
        self.journal = self.opened()

    def ids(self) -> list[str]:
        return [entry.id for entry in self.journal.entries()]


@pytest.fixture(autouse=True, scope="module")
def no_fsync():
    """Without waiting for the disk: what it would have lost is taken away by hand."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture
def machine(tmp_path):
    """A machine with an empty journal."""
    return Machine(tmp_path)


@settings(max_examples=150, deadline=None)
@given(
    durable=st.integers(0, 4),
    lost=st.lists(st.integers(1, 3), max_size=3),
    announced=st.booleans(),
    forgets=st.booleans(),
    places=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
)
def test_whatever_a_power_cut_takes_of_what_was_not_durable_the_journal_goes_on(
    durable, lost, announced, forgets, places
):
    """Cut anywhere, with a hole of NULs anywhere before the cut: what was durable stays, and nothing is wrong."""
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        kept = [id for number in range(durable) for id in machine.write(f"{number}.md", f"{number}-b.md")]
        machine.journal.catch_up(machine.now())
        sure = machine.file.read_bytes() if durable else b""
        for count in lost:
            machine.note(*(f"by-hand-{number}.md" for number in range(count)))
        if announced:
            machine.write("last.md", settle=False)
        if not machine.file.exists():
            return
        unsure = machine.file.read_bytes()[len(sure) :]
        cut, start, end = (round(place * len(unsure)) for place in places)
        start, end = sorted((min(start, cut), min(end, cut)))
        machine.file.write_bytes(sure + unsure[:start] + b"\0" * (end - start) + unsure[end:cut])
        if forgets:
            shutil.rmtree(machine.root / "local", ignore_errors=True)

        machine.crash()
        machine.journal.catch_up(machine.now())
        after = machine.write("after.md")

        assert [] == machine.journal.verify()
        assert set(kept + after) <= set(machine.ids())
        assert machine.file.read_bytes().startswith(sure)
        assert [] == machine.journal.unsettled()


@pytest.mark.parametrize("left", [1, 40, -1])
def test_what_was_cut_short_is_kept_in_quarantine_and_told(machine, left):
    """The bytes are moved, not lost, and an entry says so."""
    machine.write("a.md")
    sure = machine.file.read_bytes()
    machine.note("b.md")
    torn = machine.file.read_bytes()[len(sure) :][:left]
    machine.file.write_bytes(sure + torn)
    machine.crash()

    machine.journal.catch_up(machine.now())

    assert [Op.CREATE, Op.RECOVERED] == [entry.change.op for entry in machine.journal.entries()]
    assert [torn] == [file.read_bytes() for file in (machine.root / "local" / "quarantine").iterdir()]
    assert f"{len(torn)} bytes" in machine.journal.entries()[-1].change.reason
    assert [] == machine.journal.catch_up(machine.now())
    assert 2 == len(machine.ids())


@settings(max_examples=200, deadline=None)
@given(st.tuples(st.integers(0, 10**6), st.integers(0, 7)), st.booleans())
def test_a_flipped_bit_of_what_was_settled_is_found_and_nothing_is_cut(flip, has_more):
    """Not before the journal has gone on, and not after; the journal goes on all the same."""
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        machine.write("a.md")
        machine.write("b.md", "c.md")
        if has_more:
            machine.note("d.md")
        settled = machine.file.read_bytes()
        length = len(settled) if not has_more else settled.rindex(b"\n", 0, -1) + 1
        damaged = bytearray(settled)
        damaged[flip[0] % length] ^= 1 << flip[1]
        machine.file.write_bytes(damaged)
        machine.crash()
        before = machine.journal.verify()

        machine.journal.catch_up(machine.now())
        machine.write("after.md")

        assert before
        assert machine.journal.verify()
        assert machine.file.read_bytes().startswith(bytes(damaged))
        assert 4 <= machine.journal.entries()[-1].seq


@pytest.mark.parametrize("gone", range(1, 12))
def test_a_settled_end_that_was_cut_off_is_damage_and_stays_as_it_is(machine, gone):
    """Nobody's crash does that: the journal goes on in a new file, whose number says where."""
    machine.write("a.md")
    machine.write("b.md")
    left = machine.file.read_bytes()[:-gone]
    machine.file.write_bytes(left)
    machine.crash()

    assert machine.journal.verify()
    machine.journal.catch_up(machine.now())
    machine.write("c.md")

    assert ["2026-11.jsonl", "2026-11-3.jsonl"] == [file.name for file in machine.journal.files()]
    assert left == machine.file.read_bytes()
    assert [1, 3, 4] == [entry.seq for entry in machine.journal.entries()]
    assert machine.journal.verify()


def test_a_damaged_line_in_the_middle_is_not_cut_even_if_the_mark_is_lost(machine):
    """What was announced before something else was durable then."""
    for name in "abcd":
        machine.write(f"{name}.md")
    shutil.rmtree(machine.root / "local")
    damaged = machine.file.read_bytes().replace(b"b.md", b"\0.md")
    machine.file.write_bytes(damaged)
    machine.crash()

    machine.write("after.md")

    assert machine.file.read_bytes().startswith(damaged)
    assert [1, 3, 4, 5] == [entry.seq for entry in machine.journal.entries()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["write", "note", "keep", "back", "crash", "month"]), max_size=14))
def test_an_older_copy_and_its_return_leave_the_chain_whole(steps):
    """Whatever older state git puts there: when all files are back as they were, longest, nothing is missing."""
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        kept: dict[str, bytes] = {}
        longest: dict[str, bytes] = {}
        own = machine.root / "journal" / "desk"

        def look() -> dict[str, bytes]:
            return {file.name: file.read_bytes() for file in own.glob("*.jsonl")}

        for number, step in enumerate(steps):
            if step == "write":
                machine.journal.catch_up(machine.now())
                machine.write(f"{number}.md")
            elif step == "note":
                machine.journal.catch_up(machine.now())
                machine.note(f"{number}.md")
                machine.write(f"{number}-b.md")
            elif step == "keep":
                kept = look()
            elif step == "crash":
                machine.crash()
            elif step == "month":
                machine.clock += timedelta(days=30)
            else:
                shutil.rmtree(own, ignore_errors=True)
                own.mkdir(parents=True, exist_ok=True)
                for name, data in kept.items():
                    (own / name).write_bytes(data)
            for name, data in look().items():
                longest[name] = max(longest.get(name, b""), data, key=len)
        last = max((entry.seq for entry in machine.journal.entries()), default=0)
        for name, data in longest.items():
            (own / name).write_bytes(data)

        assert [] == machine.opened().verify()
        assert last <= len(machine.opened().entries())


def test_what_an_older_copy_lacks_is_named(machine):
    """The new file says in its first entry that entries are missing; `verify` names the gap until they are back."""
    machine.write("a.md")
    older = machine.file.read_bytes()
    machine.write("b.md", "c.md")
    newer = machine.file.read_bytes()
    machine.file.write_bytes(older)

    assert ["entry 3 is not there, or not the one that was known"] == [
        damage.problem for damage in machine.journal.verify()
    ]
    machine.journal.catch_up(machine.now())
    machine.write("d.md")

    assert [1, 4, 5] == [entry.seq for entry in machine.journal.entries()]
    assert "entries up to 3" in machine.journal.entries()[1].change.reason
    gap = "a line before this one is missing or changed"
    assert [Damage("desk/2026-11-4.jsonl", 1, gap)] == machine.journal.verify()
    machine.file.write_bytes(newer)
    assert [] == machine.journal.verify()


def test_a_journal_that_vanished_goes_on_with_its_number(machine):
    """As this machine remembers it."""
    machine.write("a.md")
    gone = machine.file.read_bytes()
    machine.file.unlink()

    machine.journal.catch_up(machine.now())
    machine.write("b.md")

    assert ["2026-11-2.jsonl"] == [file.name for file in machine.journal.files()]
    assert machine.journal.verify()
    machine.file.write_bytes(gone)
    assert [] == machine.journal.verify()


def test_a_file_does_not_grow_for_ever(machine, monkeypatch):
    """A full one is left as it is and the next begun; the chain goes over both."""
    monkeypatch.setattr(segment, "MAX_BYTES", 1000)
    for number in range(10):
        machine.write(f"{number}.md")

    names = [file.name for file in machine.journal.files()]
    assert ["2026-11.jsonl", "2026-11-4.jsonl", "2026-11-7.jsonl", "2026-11-10.jsonl"] == names
    assert list(range(1, 11)) == [entry.seq for entry in machine.opened().entries()]
    assert [] == machine.journal.verify()


def test_the_clock_may_go_back_and_the_time_does_not(machine):
    """An entry never has a time before the one before it; what the clock said is kept."""
    machine.write("a.md")
    late = machine.journal.entries()[0].ts
    machine.clock -= timedelta(days=60)
    machine.crash()
    machine.write("b.md")

    first, second = machine.journal.entries()
    assert (late, late, None) == (first.ts, second.ts, first.clock)
    assert second.clock.startswith("2026-09-22")
    assert ["2026-11.jsonl"] == [file.name for file in machine.journal.files()]


def test_only_files_of_a_journal_are_read(machine):
    """A sync tool's conflict copy, a link and a pipe are left out, nothing is appended to them, and they are named."""
    machine.write("a.md")
    own = machine.file.parent
    copy = own / "2026-11.sync-conflict-20261121-120000-ABCDEFG.jsonl"
    copy.write_bytes(machine.file.read_bytes())
    (own / "2026-12.jsonl").symlink_to(machine.root / "elsewhere")
    os.mkfifo(own / "2027-01.jsonl")
    machine.crash()

    machine.write("b.md")

    assert [machine.file] == machine.journal.files()
    assert [1, 2] == [entry.seq for entry in machine.journal.entries()]
    assert not (machine.root / "elsewhere").exists()
    problem = "no journal has a file of this name; it is not read"
    others = ["2026-11.sync-conflict-20261121-120000-ABCDEFG.jsonl", "2026-12.jsonl", "2027-01.jsonl"]
    assert [Damage(f"desk/{name}", 0, problem) for name in others] == machine.journal.verify()


def test_files_are_in_the_order_they_were_written(tmp_path):
    """By month, then by the number of their first entry, which is a number and no text."""
    names = ["2026-11.jsonl", "2026-11-9.jsonl", "2026-11-10.jsonl", "2026-12.jsonl"]
    (tmp_path / "desk").mkdir()
    for name in sorted(names):
        (tmp_path / "desk" / name).touch()

    assert (
        names
        == [listed.name for listed in list_device(tmp_path / "desk")]
        == [listed.name for listed in list_all(tmp_path)]
    )
    assert [] == list_all(tmp_path / "missing") == list_device(tmp_path / "missing")


def test_what_a_failed_append_wrote_is_taken_back(machine, monkeypatch):
    """The disk is full half-way: the file is as it was."""
    machine.write("a.md")
    before = machine.file.read_bytes()
    write = os.write

    def full(handle: int, data: bytes) -> int:
        write(handle, bytes(data)[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            segment.append(machine.file, b"x" * 100, sync=True)

    assert before == machine.file.read_bytes()


@pytest.mark.parametrize("count", [1, 100, 6000])
def test_the_end_is_read_however_much_is_not_settled(machine, count):
    """From the last settled entry on, be it a line or megabytes."""
    machine.write("a.md")
    machine.write(*(f"{number}.md" for number in range(count)), settle=False)

    end = read_end(machine.journal.files(), 1)

    assert list(range(2, count + 2)) == [entry.seq for entry in end.entries if entry.seq > 1]
    assert (machine.file.stat().st_size, b"", None) == (end.size, end.torn, end.damaged)
    assert count == len(machine.opened().catch_up(machine.now()))
