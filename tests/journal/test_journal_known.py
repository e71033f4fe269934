"""What each note should hold, kept up from the journals of all devices."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.journal import known as known_module
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.known import Known
from vault_engine.journal.replay import Heads
from vault_engine.journal.store import Journal
from vault_engine.vault.files import sha256_hex

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Actor("human", "ana")
PATHS = ["a.md", "b.md", "c.md"]


class Machine:
    """One machine's view on the journals in a folder; each process knows by itself."""

    def __init__(self, root: Path, device: str = "desk") -> None:
        self.root, self.local = root, root / f"local-{device}"
        self.journal = Journal(root / "journal", lambda: device, self.local)
        self.known = Known(self.journal, self.local)
        self.written = 0

    def write(self, path: str, *, at: datetime, op: Op = Op.WRITE) -> None:
        self.written += 1
        change = Change(op, path, "1" * 64, sha256_hex(f"{at}{self.written}".encode()))
        self.journal.catch_up(at)
        self.journal.announce([change], at=at, actor=ANA)
        self.journal.settle()

    def expected(self) -> dict:
        """What reading all journals from the beginning says."""
        heads = Heads()
        for entry in self.journal.entries():
            heads.feed(entry)
        return {path: heads.get(path) for path in PATHS}

    def found(self) -> dict:
        self.known.catch_up()
        return {path: self.known.get(path) for path in PATHS}


@pytest.fixture(autouse=True, scope="module")
def quick():
    """Without waiting for the disk, and with everything worth keeping for the next process."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        patched.setattr(known_module, "_WORTH_SAVING", 1)
        yield


@pytest.fixture
def machine(tmp_path):
    """A machine that has written a little."""
    machine = Machine(tmp_path)
    for number in range(6):
        machine.write(PATHS[number % 3], at=NOON + timedelta(seconds=number))
    return machine


STEPS = st.one_of(
    st.tuples(st.sampled_from(["write", "other writes"]), st.sampled_from(PATHS)),
    st.tuples(
        st.sampled_from(["look", "save", "new process", "lose heads", "spoil heads", "keep", "older", "cut", "torn"]),
        st.just(""),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25), st.integers(0, 10**6))
def test_it_always_is_what_the_journals_say(steps, byte):
    """Whoever writes, whatever is put back, cut off or spoilt in between, and in whichever process."""
    with TemporaryDirectory() as folder:
        machine, other, clock = Machine(Path(folder)), Machine(Path(folder), "phone"), NOON
        heads, journals, kept = machine.local / "heads.json", Path(folder) / "journal", Path(folder) / "kept"
        for step, path in steps:
            clock += timedelta(seconds=1)
            files = machine.journal.files()
            if step == "write":
                machine.write(path, at=clock)
            elif step == "other writes":
                other.write(path, at=clock)
            elif step == "look":
                machine.known.catch_up()
            elif step == "save":
                machine.known.save()
            elif step == "new process":
                machine = Machine(Path(folder))
                machine.written = byte + len(steps)
            elif step == "lose heads":
                heads.unlink(missing_ok=True)
            elif step == "spoil heads" and heads.exists():
                data = bytearray(heads.read_bytes())
                data[byte % len(data)] ^= 1
                heads.write_bytes(data)
            elif step == "keep":
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(journals, kept) if journals.exists() else kept.mkdir()
            elif step == "older" and kept.exists():
                shutil.rmtree(journals, ignore_errors=True)
                shutil.copytree(kept, journals)
            elif step == "cut" and files:
                os.truncate(files[-1], byte % (files[-1].stat().st_size + 1))
            elif step == "torn" and files:
                with files[byte % len(files)].open("ab") as file:
                    file.write(b'{"v":1,')

        assert machine.expected() == machine.found()
        machine.known.save()
        assert machine.expected() == Machine(Path(folder)).found()


@pytest.mark.parametrize("how", ["gone", "shorter", "same size", "longer"])
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_file_that_was_put_there_anew_is_read_anew(machine, tmp_path, how, is_kept):
    """By git or a sync tool, with another history; also if this process had kept for others what it knew."""
    machine.found()
    if is_kept:
        machine.known.save()
        machine = Machine(machine.root)
    other = Machine(tmp_path / "other")
    for number in range({"gone": 0, "shorter": 3, "same size": 6, "longer": 9}[how]):
        other.write(PATHS[number % 2], at=NOON + timedelta(minutes=number))
    (file,) = machine.journal.files()
    data = b"".join(each.read_bytes() for each in other.journal.files())
    assert (how == "same size") is (len(data) == file.stat().st_size)
    if data:
        file.write_bytes(data)
    else:
        file.unlink()

    assert machine.expected() == machine.found()


def test_nothing_new_costs_no_reading(machine, monkeypatch):
    """A file that is as it was is not opened."""
    before = machine.found()
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("a file was opened"))

    assert before == machine.found()


def test_what_was_kept_is_not_read_again(machine, monkeypatch):
    """The next process begins where this one ended."""
    expected = machine.found()
    machine.known.save()
    machine.write("a.md", at=NOON + timedelta(hours=1))
    seen = []
    monkeypatch.setattr(known_module, "lines", lambda data: seen.append(data.count(b"\n")) or [])

    found = Machine(machine.root).found()

    assert [1] == seen
    assert expected == found


@pytest.mark.parametrize(
    "text",
    ["", "{}", "null", "[1]", "\ud800", "[" * 100_000, '{"format": 3}', '{"format": 3, "read": [], "purged": []}'],
)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_whatever_stands_in_the_file_it_is_read_anew(machine, text, is_sealed):
    """A cache is trusted only as far as it fits."""
    body = text.encode("utf-8", "surrogatepass")
    machine.local.joinpath("heads.json").write_bytes((sha256_hex(body).encode() + b"\n") * is_sealed + body)

    assert machine.expected() == Machine(machine.root).found()


@pytest.mark.parametrize("heads", ["", "{}", "[" * 100_000, "null", '{"effects": {"a.md": [[1]]}, "aborted": []}'])
def test_heads_that_make_no_sense_are_read_anew(machine, heads):
    """Even where all around them fits, and also what came since."""
    machine.found()
    machine.known.save()
    file = machine.local / "heads.json"
    body = file.read_bytes().split(b"\n")[1] + b"\n" + heads.encode()
    file.write_bytes(sha256_hex(body).encode() + b"\n" + body)
    machine.write("a.md", at=NOON + timedelta(hours=1))

    assert machine.expected() == Machine(machine.root).found()


def test_half_a_character_from_another_device_can_be_kept(machine):
    """A journal comes by sync; what it names may be no text that can be encoded."""
    machine.write("\ud800.md", at=NOON + timedelta(hours=1))
    machine.known.catch_up()
    machine.known.save()

    restored = Machine(machine.root).known
    restored.catch_up()
    assert machine.known.get("\ud800.md") == restored.get("\ud800.md") is not None
    assert 3 == json.loads((machine.local / "heads.json").read_bytes().split(b"\n")[1])["format"]


def test_an_entry_of_this_process_is_known_at_once(machine):
    """Without catching up by hand."""
    machine.known.catch_up()
    machine.write("a.md", at=NOON + timedelta(hours=1))

    assert machine.expected()["a.md"] == machine.known.get("a.md")
    assert machine.expected()["a.md"].sha256 == machine.known.current()["a.md"]


def test_what_the_journals_have_told_of_is_given_once(machine):
    """The paths of entries read lately, both of a move."""
    assert set() == machine.known.take_paths()
    machine.known.catch_up()
    assert set(PATHS) == machine.known.take_paths()
    machine.journal.announce([Change(Op.MOVE, "a.md", "", "1" * 64, to="d.md")], at=NOON, actor=ANA)
    machine.known.catch_up()
    assert {"a.md", "d.md"} == machine.known.take_paths()
    assert set() == machine.known.take_paths()


def test_what_is_to_be_erased_is_not_forgotten_between_processes(machine):
    """One process reads of it and keeps what it knows; the next one that writes erases it."""
    machine.journal.announce([Change(Op.PURGE, "a.md", "5" * 64, "")], at=NOON, actor=ANA)
    machine.known.catch_up()
    machine.known.save()
    following = Machine(machine.root).known
    following.catch_up()

    assert ["5" * 64] == following.take_purged()
    assert [] == following.take_purged()
