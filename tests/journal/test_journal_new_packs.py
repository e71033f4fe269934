"""Packs that are written elsewhere and get their places whole."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from revision_store import NAMES, NOTES, Store, readable

from vault_engine.errors import StorageFailed
from vault_engine.journal.appending import NewPack
from vault_engine.journal.pack import Record, content, walk
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.place import Place, place_of

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def store(tmp_path):
    """A store where nothing is kept yet."""
    (tmp_path / "staged").mkdir()
    return Store(tmp_path)


def staged(store: Store, *notes: bytes) -> tuple[Place, dict[str, int]]:
    """Write a pack of notes beside the store."""
    pack = NewPack()
    for note in notes:
        pack.add(sha256_hex(note), note)
    place = place_of(store.folder.parent / "staged", next(iter(pack.offsets)))
    place.file.write_bytes(pack.take())
    return place, pack.offsets


@given(notes=st.lists(st.binary(max_size=200), unique=True))
def test_a_new_pack_holds_what_is_added_where_it_says(notes):
    """Each record whole, and nothing between them."""
    pack = NewPack()
    for note in notes:
        pack.add(sha256_hex(note), note)
    size, data = pack.size, pack.take()
    found = {part.offset: content(part, data) for part in walk(data) if isinstance(part, Record)}

    assert {pack.offsets[sha256_hex(note)]: note for note in notes} == found
    assert size == len(data)


def test_what_is_too_large_is_left_out_of_a_new_pack():
    """It gets a file of its own, from whoever keeps it."""
    pack = NewPack()
    pack.add("00" * 32, random.Random(1).randbytes(100_000))

    assert ({}, 0, b"") == (pack.offsets, pack.size, pack.take())


def test_new_packs_come_behind_those_that_are_there(store):
    """What is put afterwards goes on in the last; this process and the next give all of it out."""
    revisions = store.open()
    revisions.put(NOTES[0])
    revisions.take_in([staged(store, NOTES[1]), staged(store, NOTES[2])])
    revisions.put(b"later")

    assert ["desk/000001.pack", "desk/000002.pack", "desk/000003.pack"] == store.packs()
    for reader in (revisions, store.open()):
        assert [*NOTES, b"later"] == readable(reader, [*NAMES, sha256_hex(b"later")])
        assert [] == reader.verify()
    assert store.pack(number=3).read_bytes().endswith(b"later")


def test_what_a_crash_cut_short_is_mended_before_a_new_pack_follows(store):
    """Afterwards nobody looks at the end of that pack any more."""
    store.open().put(NOTES[0])
    with store.pack().open("ab") as pack:
        pack.write(b"half a record")
    store.open().take_in([staged(store, NOTES[1])])

    assert [] == store.open().verify()
    assert [b"half a record"] == store.set_aside()


def test_a_name_that_something_else_has_is_passed_over(store):
    """Whatever a sync tool has put there stays."""
    store.open().put(NOTES[0])
    store.pack(number=2).symlink_to("nowhere")
    revisions = store.open()
    revisions.take_in([staged(store, NOTES[1])])

    assert [*NOTES[:2], None] == readable(revisions)
    assert (True, True) == (store.pack(number=2).is_symlink(), store.pack(number=3).is_file())


def test_a_new_pack_that_is_not_there_is_told_of(store):
    """Those before it are kept."""
    revisions = store.open()
    packs = [staged(store, NOTES[0]), staged(store, NOTES[1])]
    packs[1][0].file.unlink()
    with pytest.raises(StorageFailed):
        revisions.take_in(packs)

    assert [NOTES[0], None, None] == readable(revisions)
    assert [] == revisions.verify()
