"""The bytes that notes had: kept, found, erased, dropped."""

import os
import random
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from revision_store import NAMES, NOTES, Store, readable, records

from vault_engine.journal import revisions as revisions_module
from vault_engine.journal.pack import encode
from vault_engine.journal.revisions import Erased, Pruned, Revisions
from vault_engine.vault.files import sha256_hex

pytestmark = pytest.mark.usefixtures("quick_disk")

TOO_LARGE = random.Random(1).randbytes(100_000)
MUTATING = ("fsync", "write", "replace", "rename", "unlink", "ftruncate", "mkdir")


def write_loose(store: Store, data: bytes) -> Path:
    """Keep a revision the way older versions did."""
    name = sha256_hex(data)
    file = store.folder / name[:2] / name[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(zlib.compress(data))
    return file


class Killed(BaseException):
    """The process is no more."""


class Operations:
    """Counts what is done to files; from the n-th on nothing is done any more, and of a write only the half."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stop_at: float = float("inf"), error: OSError | None = None):
        self.seen: list[str] = []
        self._stop_at, self._error = stop_at, error
        for name in MUTATING:
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name, real):
        def call(*arguments, **named):
            self.seen.append(name)
            if self._error is not None and len(self.seen) == self._stop_at:
                raise self._error
            if self._error is None and len(self.seen) >= self._stop_at:
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise Killed
            return real(*arguments, **named)

        return call


def stopped_everywhere(tmp_path, prepare, act, check, *, at_least):
    """Do ``act`` on a fresh store, stopped before each of its file operations in turn; ``check`` what is left."""
    for stop_at in range(1, 500):
        store = Store(tmp_path / str(stop_at))
        prepare(store)
        with pytest.MonkeyPatch.context() as patched:
            Operations(patched, stop_at)
            try:
                act(store)
            except Killed:
                pass
            else:
                assert stop_at > at_least
                return
        check(store)
    pytest.fail("it never came to its end")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=2000), max_size=4), st.lists(st.binary(max_size=2000), max_size=4))
def test_bytes_are_kept_by_their_hash(tmp_path_factory, one_by_one, together):
    """What goes in under a SHA-256 comes out of it, byte for byte, in this process and the next."""
    store = Store(tmp_path_factory.mktemp("kept"))
    revisions = store.open()
    names = [revisions.put(data) for data in one_by_one] + revisions.put_many(together)
    revisions.sync()

    assert [sha256_hex(data) for data in one_by_one + together] == names
    for opened in (revisions, store.open()):
        assert one_by_one + together == [opened.get(name) for name in names]
        assert set(names) == opened.names()
        assert [] == opened.verify()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "many", "erase", "prune", "open"]), st.sets(st.integers(0, 6))), max_size=8
    )
)
def test_any_order_of_doings_leaves_what_it_should(tmp_path_factory, doings):
    """A store and a dictionary that is put to, erased from and pruned the same way hold the same."""
    store = Store(tmp_path_factory.mktemp("doings"))
    revisions, model = store.open(), {}
    for verb, numbers in doings:
        notes = {sha256_hex(b"note %d" % number): b"note %d" % number for number in numbers}
        if verb == "put":
            for note in notes.values():
                revisions.put(note)
            model |= notes
        elif verb == "many":
            revisions.put_many(notes.values())
            revisions.sync()
            model |= notes
        elif verb == "erase":
            assert Erased(tuple(sorted(notes.keys() & model.keys())), {}) == revisions.erase(notes.keys())
            model = {name: note for name, note in model.items() if name not in notes}
        elif verb == "prune":
            revisions.prune(notes.keys())
            model = {name: note for name, note in model.items() if name in notes}
        else:
            revisions = store.open()

    assert model == {name: revisions.get(name) for name in revisions.names()}
    assert [] == revisions.verify()


def test_the_same_bytes_are_kept_once(store, kept):
    """What is there whole is never written again, by this process or another, alone or with others."""
    for revisions in (store.open(), store.open()):
        revisions.put(NOTES[0])
        revisions.put_many([*NOTES, *NOTES])

    assert kept == store.pack().read_bytes()


def test_a_durable_put_is_one_write_and_one_fsync(store, kept, monkeypatch):
    """In this order, once the pack is open."""
    revisions = store.open()
    revisions.put(b"opens the pack")
    operations = Operations(monkeypatch)

    revisions.put(b"more")

    assert ["write", "fsync"] == operations.seen


def test_what_another_process_left_unsynced_is_made_durable(store, monkeypatch):
    """It may have died before its fsync: who relies on its copy sees to that, once."""
    store.open().put_many(NOTES)
    revisions = store.open()
    operations = Operations(monkeypatch)

    for note in NOTES:
        revisions.put(note)

    assert ["fsync"] == operations.seen


def test_many_are_durable_after_sync(store, monkeypatch):
    """One write and one fsync for all of them."""
    revisions = store.open()
    revisions.put(b"opens the pack")
    operations = Operations(monkeypatch)

    revisions.put_many(NOTES)
    revisions.sync()
    revisions.sync()

    assert ["write", "fsync"] == operations.seen


def test_what_was_never_kept_is_a_key_error(store, kept):
    """An unknown hash is not there, and what is no hash leads nowhere."""
    revisions = store.open()
    for name in ["0" * 64, "", "0" * 63, "../../secret", NAMES[0].upper(), "0" * 64 + "\n", "\ud800" * 64]:
        assert name not in revisions
        with pytest.raises(KeyError):
            revisions.get(name)


def test_reading_writes_nothing_and_asks_for_no_name(tmp_path):
    """Not a folder is made for a look into an empty store."""
    revisions = Revisions(tmp_path / "revisions", lambda: pytest.fail("asked"), tmp_path / "local")

    assert "0" * 64 not in revisions
    assert (set(), 0, []) == (revisions.names(), revisions.count(), revisions.verify())
    assert [] == list(tmp_path.iterdir())


def test_a_full_pack_is_followed_by_the_next(store, monkeypatch):
    """What git would store anew with each change stays small."""
    monkeypatch.setattr(revisions_module, "FULL_PACK_BYTES", 300)
    notes = [random.Random(seed).randbytes(140) for seed in range(5)]
    for note in notes:
        store.open().put(note)

    assert ["desk/000001.pack", "desk/000002.pack", "desk/000003.pack"] == store.packs()
    assert notes == [store.open().get(sha256_hex(note)) for note in notes]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_packs_are_their_owners_alone(store, kept):
    """Folders 0700, files 0600."""
    write = store.open().put(TOO_LARGE)

    assert 0o600 == store.pack().stat().st_mode & 0o777
    folders = [store.folder, store.folder / "desk", store.folder / write[:2]]
    assert [0o700] * 3 == [folder.stat().st_mode & 0o777 for folder in folders]


def test_large_content_has_a_file_of_its_own(store):
    """It is found, kept once, verified and counted as any other."""
    revisions = store.open()
    name = revisions.put(TOO_LARGE)
    assert [name] == revisions.put_many([TOO_LARGE])

    assert TOO_LARGE == store.open().get(name)
    assert ([], {name}) == (store.packs(), revisions.names())


def test_loose_revisions_of_older_vaults_are_read(store):
    """They are given out, named, and not kept a second time."""
    write_loose(store, b"old words")
    revisions = store.open()

    assert b"old words" == revisions.get(sha256_hex(b"old words"))
    assert {revisions.put(b"old words")} == revisions.names()
    assert [] == store.packs()


@pytest.mark.parametrize("damaged", [b"", zlib.compress(b"old words")[:-6], zlib.compress(b"other"), b"\xff" * 40])
def test_a_damaged_loose_revision_is_never_given_out(store, damaged):
    """Wrong bytes would be worse than none; `verify` names it, and keeping the bytes again mends that."""
    file = write_loose(store, b"old words")
    file.write_bytes(damaged)
    revisions = store.open()
    name = sha256_hex(b"old words")

    with pytest.raises(KeyError):
        revisions.get(name)
    assert [f"{name[:2]}/{name[2:]}"] == [damage.file for damage in revisions.verify()]
    assert b"old words" == revisions.get(revisions.put(b"old words"))


def test_a_loose_bomb_takes_no_memory(store):
    """It is hashed piece by piece before it is believed."""
    file = write_loose(store, b"words")
    file.write_bytes(zlib.compress(bytes(100 << 20)))
    revisions = store.open()
    tracemalloc.start()
    try:
        assert sha256_hex(b"words") not in revisions
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_each_device_writes_its_own_packs_and_reads_all(store):
    """And keeps for itself what only another one has, for that one may drop it."""
    name = store.open("desk").put(NOTES[0])
    phone = store.open("phone")

    assert NOTES[0] == phone.get(name)
    assert ["desk/000001.pack"] == store.packs()
    phone.put(NOTES[0])
    assert ["desk/000001.pack", "phone/000001.pack"] == store.packs()
    assert 1 == phone.count()


# --- crashes, erasing, dropping -----------------------------------------------------------------------------------


def test_a_killed_put_leaves_all_that_was_acknowledged(tmp_path):
    """Stopped before any file operation, the first pack's among them: what was kept is there, and put works."""

    def check(store):
        revisions = store.open()
        assert [NOTES[0], b"next"] == [revisions.get(revisions.put(note)) for note in (NOTES[0], b"next")]
        assert [] == store.open().verify()

    def act(store):
        revisions = store.open()
        for note in (*NOTES, TOO_LARGE):
            revisions.put(note)

    stopped_everywhere(tmp_path, lambda store: None, act, check, at_least=12)


def secrets(store: Store) -> list[str]:
    """Which files hold the first note in a form that can be read."""
    files = [file for file in (*store.folder.rglob("*"), *store.local.rglob("*")) if file.is_file()]
    raw, packed = NOTES[0][:-3], zlib.compress(NOTES[0])
    return [file.name for file in files if raw in file.read_bytes() or packed in file.read_bytes()]


def keep_everywhere(store: Store) -> None:
    """Keep the notes in a pack, twice, in a loose file, and in what was set aside after a crash."""
    write_loose(store, NOTES[0])
    revisions = store.open()
    for note in NOTES[1:]:
        revisions.put(note)
    revisions.close()
    record = encode(NOTES[0], NAMES[0])
    with store.pack().open("ab") as pack:
        pack.write(record + record + record[:-1])
    store.open().mend()
    with store.pack().open("ab") as pack:
        pack.write(record[:-2])


def test_what_is_erased_is_nowhere_any_more(store):
    """Not in any copy of this device, loose, or set aside; the others are as they were; again is no harm."""
    keep_everywhere(store)
    assert 3 == len(secrets(store))

    assert Erased((NAMES[0],), {}) == store.open().erase(NAMES[:1])

    assert [] == secrets(store)
    assert [None, *NOTES[1:]] == readable(store.open())
    assert (set(NAMES[1:]), []) == (store.open().names(), store.open().verify())
    assert Erased((), {}) == store.open().erase([*NAMES[:1], "0" * 64, "../x"])


def test_a_killed_erasing_is_finished_by_the_next(tmp_path):
    """Stopped anywhere: the note is whole or not given out, the others are there, and erasing again ends it."""

    def check(store):
        found = readable(store.open())
        assert found in (NOTES, [None, *NOTES[1:]])
        store.open().put(b"next")
        store.open().erase(NAMES[:1])
        assert [] == secrets(store) == store.open().verify()
        assert [None, *NOTES[1:]] == readable(store.open())

    stopped_everywhere(tmp_path, keep_everywhere, lambda store: store.open().erase(NAMES[:1]), check, at_least=12)


def test_what_other_devices_hold_is_said(store):
    """Their packs are not ours to write."""
    for device in ("desk", "phone", "tablet"):
        store.open(device).put(NOTES[0])
    others = [store.pack(device).read_bytes() for device in ("phone", "tablet")]

    assert Erased((NAMES[0],), {NAMES[0]: 2}) == store.open().erase(NAMES)
    assert others == [store.pack(device).read_bytes() for device in ("phone", "tablet")]
    assert Erased((NAMES[0],), {NAMES[0]: 1}) == store.open("phone").erase(NAMES)


def keep_in_several_packs(store: Store) -> None:
    """Keep each note in a pack of its own, with one to drop beside it, and loose files of both sorts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(revisions_module, "FULL_PACK_BYTES", 100)
        for number, note in enumerate(NOTES):
            store.open().put_many([note, b"to drop %d" % number])
        store.open().put(b"to drop")
    write_loose(store, b"loose")
    write_loose(store, b"loose, to drop")


def test_pruning_keeps_what_it_is_told_to(store):
    """And drops the rest of this device's packs and of the loose files, as it said it would."""
    keep_in_several_packs(store)
    keep = {*NAMES, sha256_hex(b"loose")}
    phone = store.open("phone").put(b"of the phone")
    size = sum(file.stat().st_size for file in store.folder.rglob("*") if file.is_file())
    revisions = store.open()

    planned = revisions.prune(keep, dry_run=True)
    assert 10 == revisions.count()
    pruned = revisions.prune(keep)

    assert planned == pruned
    assert (5, size - sum(file.stat().st_size for file in store.folder.rglob("*") if file.is_file())) == pruned
    assert keep | {phone} == revisions.names() == store.open().names()
    assert [*NOTES, b"loose"] == readable(revisions, [*NAMES, sha256_hex(b"loose")])
    assert Pruned(0, 0) == revisions.prune(keep)
    assert b"next" == store.open().get(revisions.put(b"next"))


def test_a_killed_pruning_loses_nothing_that_is_kept(tmp_path):
    """Stopped anywhere, in the next process all is there that was to be, and the next pruning ends it."""
    keep = {*NAMES, sha256_hex(b"loose")}

    def check(store):
        assert [*NOTES, b"loose"] == readable(store.open(), [*NAMES, sha256_hex(b"loose")])
        assert [] == store.open().verify()
        store.open().prune(keep)
        assert keep == store.open().names()

    stopped_everywhere(tmp_path, keep_in_several_packs, lambda store: store.open().prune(keep), check, at_least=12)


def test_a_pack_with_damage_is_not_written_anew(store, kept):
    """A person may want to see the bytes that are damaged."""
    damaged = kept[:10] + b"?" + kept[11:]
    store.pack().write_bytes(damaged)

    assert Pruned(0, 0) == store.open().prune(set())
    assert damaged == store.pack().read_bytes()


def test_a_reader_sees_what_another_process_puts(store, kept):
    """Without the lock and at once, one by one, in packs that begin meanwhile; after a pruning too."""
    reader = store.open()
    assert NOTES == readable(reader)
    code = (
        "import sys, pathlib; from vault_engine.journal import revisions as module\n"
        "module.FULL_PACK_BYTES = 2000\n"
        "writer = module.Revisions(pathlib.Path(sys.argv[1]), lambda: 'desk', pathlib.Path(sys.argv[2]))\n"
        "for line in sys.stdin:\n"
        "    number = int(line)\n"
        "    if number == 50: writer.prune(writer.names() - {sys.argv[3]})\n"
        "    print(writer.put(b'put %d ' % number * 20), flush=True)\n"
    )
    arguments = [sys.executable, "-c", code, str(store.folder), str(store.local), NAMES[0]]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        for number in range(60):
            print(number, file=writer.stdin, flush=True)
            assert b"put %d " % number * 20 == reader.get(writer.stdout.readline().strip())
        writer.stdin.close()
    assert [None, *NOTES[1:]] == readable(reader)
    assert 2 < len(store.packs())


def test_two_writers_of_one_device_take_turns(store):
    """Each notices what the other appended, began or replaced; nothing is written over."""
    one, other = store.open(), store.open()
    notes = [b"turn %d" % number for number in range(20)]
    for number, note in enumerate(notes):
        (one, other)[number % 2].put(note)
        if number == 10:
            one.prune({sha256_hex(note) for note in notes[:11]} | {sha256_hex(b"")})
        if number == 12:
            one.put(b"to drop")
            other.prune({sha256_hex(note) for note in notes[:13]})

    assert notes == readable(one, [sha256_hex(note) for note in notes]) == readable(other, map(sha256_hex, notes))
    assert [] == one.verify()
    assert 20 == len(records(store.pack().read_bytes()))
