"""The record that keeps one revision, and the file of many."""

import errno
import json
import os
import random
import shutil
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from revision_store import NAMES, NOTES, Store, readable, records

from vault_engine.errors import StorageFailed
from vault_engine.journal import pack as pack_module
from vault_engine.journal.appending import Appender
from vault_engine.journal.pack import (
    ERASED,
    MAX_STORED_BYTES,
    RAW,
    ZLIB,
    Gap,
    content,
    encode,
    erase_records,
    is_whole,
    packs_in,
    read_content,
    read_pack,
    sound_end,
    walk,
)
from vault_engine.journal.revisions import RevisionDamage
from vault_engine.vault.files import sha256_hex

pytestmark = pytest.mark.usefixtures("quick_disk")

HEADER_BYTES = 49


def record_of(data: bytes, *, quick: bool = False) -> bytes:
    record = encode(data, sha256_hex(data), quick=quick)
    assert record is not None
    return record


def forged(payload: bytes, *, raw: int, sha256: str = "0" * 64, codec: bytes = RAW, stored: int | None = None) -> bytes:
    """A record whose header is in order, whatever it claims."""
    stored = len(payload) if stored is None else stored
    checked = struct.pack("<4sII32s", b"\xabMR1", stored, raw, bytes.fromhex(sha256))
    return checked + struct.pack("<I", zlib.crc32(checked)) + codec + payload


def contents(pack: bytes) -> list[bytes | None]:
    """What a pack gives out, in order."""
    return [content(part, pack) for part in walk(pack) if not isinstance(part, Gap)]


@pytest.fixture
def pack():
    """The bytes of three records, of which the second is compressed."""
    return b"".join(record_of(note) for note in NOTES)


@given(st.lists(st.binary(max_size=300), max_size=5), st.booleans())
def test_what_is_written_one_after_the_other_is_read_in_that_order(notes, quick):
    """Any contents, compressed or not, come out byte for byte, and no byte is left over."""
    pack = b"".join(record_of(note, quick=quick) for note in notes)

    assert notes == contents(pack)
    assert len(pack) == sound_end(pack)


def test_what_shrinks_is_compressed_and_the_rest_kept_as_it_is(pack):
    """Compression that gains nothing is not used; in haste none is."""
    assert [RAW, ZLIB, RAW] == [record.codec for record in walk(pack)]
    assert [RAW] == [record.codec for record in walk(record_of(NOTES[1], quick=True))]


@pytest.mark.parametrize("quick", [False, True])
def test_what_takes_more_than_64_kib_is_not_for_a_pack(quick):
    """Its compressed size counts: a long note of few words fits."""
    unique, dull = random.Random(1).randbytes(MAX_STORED_BYTES + 1), b"words " * 100_000

    assert encode(unique, sha256_hex(unique), quick=quick) is None
    assert [dull] == contents(record_of(dull, quick=quick))


def test_any_flipped_bit_is_noticed_and_hurts_one_record_at_most(pack):
    """All bits of three records: the others are still found, and the one that was hit gives its bytes or none."""
    wrong = []
    for bit in range(len(pack) * 8):
        damaged = bytearray(pack)
        damaged[bit // 8] ^= 1 << bit % 8
        parts = list(walk(bytes(damaged)))
        kept = [found for found in contents(bytes(damaged)) if found is not None]
        noticed = any(isinstance(part, Gap) or not is_whole(part, bytes(damaged)) for part in parts)
        if not ((noticed and 2 == len(kept) and set(kept) < set(NOTES)) or kept == NOTES):
            wrong.append(bit)

    assert [] == wrong


def test_cut_at_any_byte_the_whole_records_are_found(pack):
    """The sound part ends with the last record that is all there."""
    ends = [0, *(record.end for record in walk(pack))]

    expected = [max(end for end in ends if end <= cut) for cut in range(len(pack) + 1)]
    assert expected == [sound_end(pack[:cut]) for cut in range(len(pack) + 1)]


def test_a_tail_that_became_zeros_is_no_record(pack):
    """A power cut may leave a file's length and not its bytes: from any byte of the last record on."""
    second = next(record.end for record in walk(pack) if record.codec == ZLIB)

    cuts = range(second, len(pack))
    assert [second] * len(cuts) == [sound_end(pack[:cut] + bytes(len(pack) - cut)) for cut in cuts]


@pytest.mark.parametrize(("stored", "raw"), [(0xFFFFFFFF, 5), (MAX_STORED_BYTES + 1, 5), (9_999, 5), (5, 0xFFFFFFFF)])
def test_a_hostile_length_is_no_record(pack, stored, raw):
    """Longer than the file or than any record may be: the bytes are passed over, and what follows is found."""
    hostile = forged(b"12345", raw=raw, stored=stored)

    assert [Gap(0, len(hostile))] == list(walk(hostile))
    assert NOTES == contents(hostile + pack)


def test_a_bomb_takes_no_memory():
    """What inflates to more than its header says is not inflated further."""
    bomb = forged(zlib.compress(bytes(40 << 20)), raw=1000, codec=ZLIB)
    tracemalloc.start()
    try:
        assert [None] == contents(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("codec", [b"z", b"x", b"\0", ERASED])
def test_a_codec_that_does_not_fit_gives_nothing(codec):
    """Not what inflates, nothing known, or erased: none of it is given out."""
    assert [None] == contents(forged(b"12345", raw=5, sha256=sha256_hex(b"12345"), codec=codec))


def test_a_note_that_looks_like_a_record_hides_nothing(pack):
    """Where a header was damaged, one inside the note's text can't claim the records that follow."""
    claims = forged(b"", raw=200, stored=200)
    note = b"see: " + claims
    damaged = b"?" + record_of(note, quick=True)[1:] + pack

    assert [note, *NOTES] == contents(record_of(note, quick=True) + pack)
    assert NOTES == contents(damaged)


def test_erased_records_hold_zeros(pack, tmp_path):
    """Nothing of the content stays; hash and length do, and the records around it."""
    file = tmp_path / "000001.pack"
    file.write_bytes(pack)
    first, second, _ = walk(pack)

    erase_records(file, [first, second])

    erased = file.read_bytes()
    assert [None, None, NOTES[2]] == contents(erased)
    assert [True, True, False] == [record.erased for record in walk(erased)]
    assert all(is_whole(record, erased) for record in walk(erased))
    assert bytes(len(NOTES[0])) == erased[first.payload : first.end]


def test_what_says_that_it_is_erased_must_be(pack):
    """A record that is marked and still holds bytes is not in order."""
    record = next(iter(walk(pack)))
    marked = pack[: record.payload - 1] + ERASED + pack[record.payload :]

    assert [False, True, True] == [is_whole(record, marked) for record in walk(marked)]
    assert record.end == sound_end(marked[: record.end])


@pytest.mark.parametrize("offset", [0, 1, 48, 10_000, 0xFFFFFFFF])
def test_reading_where_no_such_record_stands_gives_nothing(pack, tmp_path, offset):
    """A place is a hint: header and hash decide."""
    file = tmp_path / "000001.pack"
    file.write_bytes(pack)

    assert (NOTES[0], HEADER_BYTES + len(NOTES[0])) == read_content(str(file), 0, sha256_hex(NOTES[0]))
    assert read_content(str(file), offset, sha256_hex(NOTES[2])) is None


@pytest.mark.parametrize("length", [8_142, 8_143, 8_144, 20_000, MAX_STORED_BYTES])
def test_a_record_longer_than_the_first_read_is_read_whole(tmp_path, length):
    """However long, and just at the edge of it."""
    file = tmp_path / "000001.pack"
    data = random.Random(length).randbytes(length)
    record = record_of(data, quick=True)
    file.write_bytes(b"before" + record + b"behind")

    assert (data, 6 + len(record)) == read_content(str(file), 6, sha256_hex(data))


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither")
@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/hostname"), os.mkfifo])
def test_only_a_plain_file_is_opened(tmp_path, make):
    """A link is not followed, and a pipe not waited for."""
    file = tmp_path / "desk" / "000001.pack"
    file.parent.mkdir()
    make(file)

    with pytest.raises(OSError, match=r"symbolic|levels|plain"):
        read_pack(file)
    assert [] == list(packs_in(tmp_path))


def test_an_appender_notices_what_others_did(tmp_path, pack):
    """Another process may have appended to the file or put another one in its place."""
    file = tmp_path / "000001.pack"
    file.write_bytes(pack)
    appender = Appender(file)
    assert appender.size == appender.size_found() == len(pack)

    with file.open("ab") as other:
        other.write(b"more")
    assert len(pack) + 4 == appender.size_found()

    (tmp_path / "new").write_bytes(pack)
    (tmp_path / "new").replace(file)
    assert -1 == appender.size_found()
    appender.close()


# --- an appender and its disk ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "code"), [("write", errno.ENOSPC), ("fsync", errno.EIO)])
def test_what_the_disk_refuses_is_taken_back(store, kept, monkeypatch, operation, code):
    """Half a record, or one that was not confirmed: the pack is as it was, and the next put works."""
    revisions = store.open()
    revisions.put(b"opens the pack")
    before = store.pack().read_bytes()
    real = getattr(os, operation)

    def refused(handle, *data):
        if data:
            real(handle, data[0][:30])
        raise OSError(code, os.strerror(code))

    for keep in (revisions.put, lambda note: (revisions.put_many([note]), revisions.sync())):
        with monkeypatch.context() as patched:
            patched.setattr(os, operation, refused)
            with pytest.raises(StorageFailed):
                keep(b"refused")
        assert before == store.pack().read_bytes()
        assert sha256_hex(b"refused") not in revisions

    assert b"refused" == revisions.get(revisions.put(b"refused"))
    assert [] == store.open().verify()


# --- torn tails and flipped bits ---------------------------------------------------------------------------------


def check_torn(store: Store, torn: bytes, whole: bytes) -> list[str]:
    """A pack that ends in ``torn`` bytes of whatever: all before is read, the next put works, nothing is lost."""
    wrong = []
    store.pack().write_bytes(torn)
    shutil.rmtree(store.local, ignore_errors=True)
    ends = [record.end for record in records(whole)]
    expected = [note if torn[:end] == whole[:end] else None for note, end in zip(NOTES, ends, strict=True)]
    sound = max([0, *(end for note, end in zip(expected, ends, strict=True) if note)])
    revisions = store.open()
    if expected != readable(revisions):
        wrong.append("read before")
    if b"next" != revisions.get(revisions.put(b"next")) or expected != readable(store.open()):
        wrong.append("read after")
    if revisions.verify() or not store.pack().read_bytes().startswith(torn[:sound]):
        wrong.append("mended")
    if [torn[sound:]] * (sound < len(torn)) != store.set_aside():
        wrong.append("set aside")
    revisions.close()
    return wrong


def test_a_pack_cut_at_any_byte_is_mended_by_the_next_put(store, kept):
    """Every byte of three records: a power cut takes what was not acknowledged, and nothing else."""
    assert 300 < len(kept)
    assert {} == {cut: wrong for cut in range(len(kept)) if (wrong := check_torn(store, kept[:cut], kept))}


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a_tail_of_zeros_is_mended_by_the_next_put(store, kept, step):
    """The length grew and the bytes never came: some record's, several records', more than there were."""
    tails = [(cut, bytes(zeros)) for cut in range(0, len(kept), step) for zeros in (1, 60, 300, len(kept) - cut)]

    assert {} == {
        (cut, len(tail)): wrong
        for cut, tail in tails
        if kept[cut : cut + len(tail)].strip(b"\0") and (wrong := check_torn(store, kept[:cut] + tail, kept))
    }


@pytest.mark.parametrize("share", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a_flipped_bit_hurts_one_revision_at_most(store, kept, share):
    """Found by `verify`; the others are read, and put works and makes good what was hit."""
    wrong = {}
    for bit in range(0, len(kept) * 8, share):
        damaged = bytearray(kept)
        damaged[bit // 8] ^= 1 << bit % 8
        store.pack().write_bytes(damaged)
        found = readable(store.open())
        noticed = store.open().verify()
        revisions = store.open()
        revisions.put_many(NOTES)
        if not (
            sorted(map(bool, found)) >= [False, True, True]
            and all(note in (None, expected) for note, expected in zip(found, NOTES, strict=True))
            and (noticed or found == NOTES)
            and NOTES == readable(revisions)
        ):
            wrong[bit] = found
        revisions.close()

    assert {} == wrong


def test_damage_before_the_tail_is_never_cut(store, kept):
    """Only what follows the last whole record is moved; what lies before stays where it is, and is named."""
    damaged = kept[:10] + b"?" + kept[11:]
    store.pack().write_bytes(damaged + b"\0" * 30)
    revisions = store.open()

    (said,) = revisions.mend()
    assert said.startswith("the last 30 bytes of desk/000001.pack were cut short by a crash; they are in revisions-")
    assert (damaged, [bytes(30)]) == (store.pack().read_bytes(), store.set_aside())
    assert [] == revisions.mend()
    assert [RevisionDamage("desk/000001.pack", 0, "61 bytes are no record")] == revisions.verify()
    assert [None, *NOTES[1:]] == readable(revisions)


def test_a_damaged_copy_does_not_hide_a_whole_one(store):
    """Any copy that is whole serves."""
    for device in ("desk", "phone"):
        store.open(device).put(NOTES[0])
    for device, other in (("desk", "phone"), ("phone", "desk")):
        whole = store.pack(device).read_bytes()
        store.pack(device).write_bytes(whole[:-1] + b"?")

        assert NOTES[0] == store.open().get(NAMES[0])
        assert [f"{device}/000001.pack"] == [damage.file for damage in store.open(other).verify()]
        store.pack(device).write_bytes(whole)


def test_another_devices_cut_pack_is_left_alone(store, kept):
    """It is still being synced, perhaps: what is whole is read, and what comes later is found."""
    phone = store.pack("phone")
    phone.parent.mkdir()
    phone.write_bytes(kept[:-5])
    store.pack().unlink()
    revisions = store.open()
    assert [*NOTES[:2], None] == readable(revisions)

    assert [] == revisions.mend()
    assert [
        RevisionDamage("phone/000001.pack", records(kept)[2].offset, "164 bytes are cut short")
    ] == revisions.verify()
    phone.write_bytes(kept)
    assert NOTES == readable(revisions)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_leads_nowhere(store, tmp_path, kept):
    """A pack or a device's folder that is a link is neither read nor written through."""
    elsewhere = tmp_path / "elsewhere"
    store.pack().rename(elsewhere)
    store.pack().symlink_to(elsewhere)
    revisions = store.open()

    assert [None] * 3 == readable(revisions)
    revisions.put(b"new")
    assert (kept, b"new") == (elsewhere.read_bytes(), revisions.get(sha256_hex(b"new")))
    assert store.pack(number=2).exists()

    (tmp_path / "folder").mkdir()
    (store.folder / "phone").symlink_to(tmp_path / "folder")
    with pytest.raises(StorageFailed):
        store.open("phone").put(b"new")
    assert [] == list((tmp_path / "folder").iterdir())


# --- where each revision stands -----------------------------------------------------------------------------------


@pytest.fixture
def indexed(store, kept, monkeypatch):
    """The file that says where each of the three notes stands."""
    monkeypatch.setattr(pack_module, "_UNINDEXED_RECORDS", 2)
    assert NOTES == readable(store.open())
    return store.local / "revisions.index"


def test_the_sidecar_spares_going_through_the_packs(store, indexed, monkeypatch):
    """The next process reads no pack to find a revision but the record itself."""
    monkeypatch.setattr(pack_module, "read_pack", lambda path: pytest.fail("went through a pack"))

    assert NOTES == readable(store.open())


def test_what_came_since_is_found(store, indexed):
    """In the pack that grew, in a new one, and without the sidecar being written anew each time."""
    store.open().put(b"more")
    store.open("phone").put(b"of the phone")
    before = indexed.read_bytes()

    names = [sha256_hex(b"more"), sha256_hex(b"of the phone")]
    assert [*NOTES, b"more", b"of the phone"] == readable(store.open(), [*NAMES, *names])
    assert before == indexed.read_bytes()


def test_a_sidecar_of_other_days_is_no_harm(store, indexed):
    """After a pruning, and a pack that was put in the place of another one, all is found and nothing else."""
    old = indexed.read_bytes()
    store.open().prune(NAMES[1:])
    indexed.write_bytes(old)
    assert [None, *NOTES[1:]] == readable(store.open())

    data = record_of(b"another") + record_of(NOTES[2]) * 3
    with store.pack().open("r+b") as pack:  # the same file, longer, with other bytes
        pack.write(data)
    indexed.write_bytes(old)
    revisions = store.open()
    assert [b"another", NOTES[2]] == [revisions.get(sha256_hex(b"another")), revisions.get(NAMES[2])]


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"\xff" * 99, lambda data: data[:-1], None])
def test_a_sidecar_that_is_lost_or_garbage_is_made_again(store, indexed, damage):
    """Nothing but time is lost."""
    if damage:
        indexed.write_bytes(damage(indexed.read_bytes()))
    else:
        indexed.unlink()

    assert NOTES == readable(store.open())
    assert NOTES == readable(store.open())
    assert indexed.exists()


def test_any_flipped_bit_of_the_sidecar_is_no_harm(store, indexed):
    """Every revision is still found."""
    whole = indexed.read_bytes()
    wrong = []
    for bit in range(0, len(whole) * 8, 7):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        indexed.write_bytes(damaged)
        if readable(store.open()) != NOTES:
            wrong.append(bit)

    assert [] == wrong


@pytest.mark.parametrize("name", ["no packs", "far away", "no rows", "wrong kind", "other places"])
def test_a_sidecar_that_lies_is_not_believed(store, indexed, name):
    """Its checksum may be right and all else wrong: `get` goes through the packs before it says no."""
    head, _, rows = indexed.read_bytes().partition(b"\n")[2].partition(b"\n")
    said = json.loads(head)
    half = len(rows) // 2
    lies = {
        "no packs": ({**said, "packs": []}, rows),
        "far away": (said, rows[:half] + b"\xff" * half),
        "no rows": (said, b""),
        "wrong kind": ({**said, "packs": 7, "seen": [1]}, rows),
        "other places": (said, rows[:half] + bytes(half)),
    }
    said, rows = lies[name]
    rest = json.dumps(said).encode() + b"\n" + rows
    indexed.write_bytes(b"%08x\n%b" % (zlib.crc32(rest), rest))

    revisions = store.open()
    assert NOTES == [revisions.get(sha256) for sha256 in NAMES]
