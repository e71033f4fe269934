"""The files of vectors: appended to, followed by other processes, and never trusted."""

import itertools
import multiprocessing
import sys
from pathlib import Path

import numpy as np
import pytest
from embedding_fakes import keys_of as keys
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.index.vector_log import Added, Place, pack, unpack
from vault_engine.index.vector_view import KeyRows, checksums
from vault_engine.index.vectors import VectorStore
from vault_engine.vault.lock import Lock

DIM = 8
NUMBERS = st.lists(st.integers(0, 40), unique=True, max_size=12)


def vectors(*numbers: int) -> np.ndarray:
    made = np.random.default_rng(7).standard_normal((64, DIM)).astype(np.float32)[list(numbers)]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def opened(folder: Path) -> VectorStore:
    store = VectorStore(folder / "v.log")
    store.load_new()
    return store


def held(store: VectorStore, among=range(64)) -> dict[int, list[float]]:
    """Give the vector of each number that has one, after looking at its sum."""
    rows = store.view.rows(keys(*among))
    whole = [number for number, row in zip(among, rows, strict=True) if row >= 0 and store.view.check(np.array([row]))]
    return {number: store.view.vectors[store.view.rows(keys(number))[0]].tolist() for number in whole}


def expected(*numbers: int) -> dict[int, list[float]]:
    return {number: vectors(number)[0].tolist() for number in numbers}


@pytest.fixture
def filled(tmp_path) -> Path:
    """A folder with the vectors of ten numbers, of which each pair was written together."""
    store = opened(tmp_path)
    for first in range(0, 10, 2):
        store.append(keys(first, first + 1), vectors(first, first + 1))
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("v*"))


def test_what_was_appended_is_there(filled):
    """In the store that wrote it and in one that reads it, under the key it was given, and under no other."""
    assert expected(*range(10)) == held(opened(filled))
    assert [-1, 3, -1] == opened(filled).view.rows(keys(10, 3, 99)).tolist()


def test_a_key_has_one_vector(tmp_path):
    """A key that is there already keeps its row."""
    store = opened(tmp_path)
    store.append(keys(1, 2), vectors(1, 2))
    store.append(keys(2, 3), vectors(9, 3))

    assert expected(1, 2, 3) == held(store)
    assert 3 == len(store) == len(store.view.alive)


def test_two_stores_follow_each_other(tmp_path):
    """What one appends the other has after its next look; neither loses a row."""
    one, other = opened(tmp_path), opened(tmp_path)
    for number in range(0, 20, 2):
        one.append(keys(number), vectors(number))
        other.append(keys(number + 1), vectors(number + 1))
    one.load_new()

    assert expected(*range(20)) == held(one) == held(other)


def _append_many(folder: str, own: range) -> None:
    store, lock = opened(Path(folder)), Lock(Path(folder) / "lock")
    for number in own:
        with lock.held():
            store.append(keys(number), vectors(number))


def test_two_processes_append_at_the_same_time(tmp_path):
    """Each under the index's lock: every row is there, once."""
    halves = [range(30), range(20, 60)]
    processes = [
        multiprocessing.get_context("spawn").Process(target=_append_many, args=(str(tmp_path), own)) for own in halves
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    store = opened(tmp_path)
    assert expected(*range(60)) == held(store)
    assert 60 == len(store.view.alive)


def _append_for_ever(folder: str) -> None:
    store, lock = opened(Path(folder)), Lock(Path(folder) / "lock")
    for turn in itertools.count():
        with lock.held():
            if turn % 9 == 8:
                store.keep_only(keys(*range(turn % 5, 64, 2)))
            store.append(keys(turn % 64), vectors(turn % 64))
            store.tidy()


def test_a_new_log_is_not_taken_for_the_old_one_that_has_grown(tmp_path):
    """Even where the disk gives it the old one's inode: what was read of it is not there any more."""
    for folder, numbers in (("old", range(3)), ("new", range(10, 19))):
        (tmp_path / folder).mkdir()
        opened(tmp_path / folder).append(keys(*numbers), vectors(*numbers))
    reader = opened(tmp_path / "old")
    for file in (tmp_path / "new").iterdir():
        (tmp_path / "old" / file.name).write_bytes(file.read_bytes())

    reader.load_new()

    assert expected(*range(10, 19)) == held(reader)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_moment_the_files_hold_only_what_was_appended(tmp_path):
    """A hundred times, while appending and compacting; a reader who has the files open all along follows."""
    reader, seen = opened(tmp_path), 0
    for turn in range(100):
        process = multiprocessing.get_context("fork").Process(target=_append_for_ever, args=(str(tmp_path),))
        process.start()
        process.join(0.02 + turn % 10 * 0.01)
        process.kill()
        process.join()
        reader.load_new()
        store = opened(tmp_path)
        assert held(reader) == held(store) == expected(*held(store))
        seen += len(store)
    assert seen > 500
    assert opened(tmp_path).check() == 0


def test_a_look_without_news_opens_nothing(filled, monkeypatch):
    """It costs one look at the log."""
    store = opened(filled)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a file was opened"))
    view = store.view

    store.load_new()

    assert view is store.view


@pytest.mark.parametrize("which", range(3))
def test_cut_short_at_any_byte_a_whole_beginning_is_left(filled, which):
    """What a crash left of a file: the rows before stay, no error, and what is appended then is found by everybody."""
    file = files(filled)[which]
    data = file.read_bytes()
    assert file.suffix in (".log", ".f32", ".i8")
    for size in range(0, len(data), 5):
        file.write_bytes(data[:size])
        store = opened(filled)
        before = held(store)
        assert before == {number: vector for number, vector in expected(*range(10)).items() if number in before}
        assert len(before) >= size * 10 // len(data) - 2
        store.append(keys(*range(10)), vectors(*range(10)))
        assert expected(*range(10)) == held(store) == held(opened(filled))
        for other in files(filled):
            other.unlink()
        restored = opened(filled)
        for first in range(0, 10, 2):
            restored.append(keys(first, first + 1), vectors(first, first + 1))
        file = files(filled)[which]
        data = file.read_bytes()


@pytest.mark.parametrize("which", range(3))
def test_any_flipped_byte_costs_one_record(filled, which):
    """Damage is noticed, is never an error, and takes no more with it than what was written together."""
    file = files(filled)[which]
    data = file.read_bytes()
    for at in range(len(data)):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        store = opened(filled)
        left = held(store)
        assert 8 <= len(left)
        assert left == {number: vector for number, vector in expected(*range(10)).items() if number in left}
    file.write_bytes(data)
    assert 10 == len(held(opened(filled)))


def test_what_was_damaged_is_appended_again(filled):
    """The row that replaces it is found, here and by a store that has not noticed the damage."""
    unaware = opened(filled)
    rows = next(filled.glob("*.f32"))
    data = bytearray(rows.read_bytes())
    data[3 * 4 * DIM + 5] ^= 1
    rows.write_bytes(data)
    store = opened(filled)
    assert store.view.rows(keys(3)).tolist() == [-1]

    store.append(keys(3), vectors(3))
    unaware.load_new()

    assert expected(*range(10)) == held(store) == held(unaware) == held(opened(filled))


def test_damage_to_old_rows_is_found_when_they_are_used(tmp_path):
    """Opening looks at the sums of the last rows only; an answer never rests on a row that is not whole."""
    many = np.random.default_rng(3).standard_normal((3000, DIM)).astype(np.float32)
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    numbers = [*range(3000)]
    store = opened(tmp_path)
    store.append(keys(*numbers), many)
    rows = next(tmp_path.glob("*.f32"))
    data = bytearray(rows.read_bytes())
    data[7 * 4 * DIM : 8 * 4 * DIM] = np.full(DIM, np.nan, np.float32).tobytes()
    rows.write_bytes(data)

    store = opened(tmp_path)
    assert 7 == store.view.rows(keys(7))[0]
    assert 7 not in store.view.nearest(many[7], None, 10)[0]
    assert -1 == store.view.rows(keys(7))[0]
    assert np.isnan(opened(tmp_path).view.cosines(many[7], np.array([7, 8]))).tolist() == [True, False]
    assert (1, 0) == ((again := opened(tmp_path)).check(), again.check())


def test_compaction_keeps_what_is_asked_for_and_erases_the_rest(filled):
    """The bytes of the others are in no file any more; another process follows."""
    other = opened(filled)
    store = opened(filled)
    store.keep_only(keys(2, 5, 77))
    other.load_new()

    assert expected(2, 5) == held(store) == held(other) == held(opened(filled))
    assert ["v", f"v-{store.view.generation:016x}"] == sorted({file.stem for file in files(filled)})
    assert not any(vectors(3).tobytes() in file.read_bytes() for file in files(filled))

    other.append(keys(11), vectors(11))
    store.load_new()
    assert expected(2, 5, 11) == held(store) == held(opened(filled))


def test_compaction_to_nothing_leaves_no_file(filled):
    """And the store begins anew afterwards."""
    store = opened(filled)
    store.keep_only(keys())
    assert ([], 0, 0) == (files(filled), len(store), store.dim)

    store.append(keys(1), vectors(1))
    assert expected(1) == held(opened(filled))


def test_a_crash_in_a_compaction_leaves_the_rows_as_they_were(filled, monkeypatch):
    """Up to the moment the new log takes the old one's place; what was written for nothing is removed by the next."""
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(OSError, match="no"):
            opened(filled).keep_only(keys(2))

    store = opened(filled)
    assert expected(*range(10)) == held(store)
    store.keep_only(keys(*range(9)))
    assert expected(*range(9)) == held(opened(filled))
    assert 3 == len(files(filled))


def test_a_log_of_many_small_records_is_written_anew(tmp_path):
    """The rows stay where they are, and those who follow keep them."""
    store, other = opened(tmp_path), opened(tmp_path)
    many = np.repeat(vectors(*range(60)), 10, axis=0)
    for number in range(600):
        store.append(keys(number), many[number : number + 1])
    size = store.log.stat().st_size
    other.load_new()
    generation = store.view.generation

    store.tidy()
    other.load_new()

    assert (600, 600) == (len(store), len(other))
    assert generation == store.view.generation == other.view.generation
    assert [*range(600)] == store.view.rows(keys(*range(600))).tolist() == other.view.rows(keys(*range(600))).tolist()
    assert store.log.stat().st_size < size * 2 / 3
    store.append(keys(601), vectors(1))
    other.load_new()
    assert 600 == other.view.rows(keys(601))[0]


def test_vectors_of_another_dimension_replace_the_old_ones(filled):
    """Another model behind the same name begins anew, in this process, its files and every other process."""
    one, other = opened(filled), opened(filled)
    one.append(keys(50), np.ones((1, 5), np.float32) / np.sqrt(5))
    other.load_new()

    for store in (one, other, opened(filled)):
        assert (5, -1, True) == (store.dim, store.view.rows(keys(1))[0], store.view.rows(keys(50))[0] >= 0)


def test_what_can_not_be_written_is_kept_in_memory(filled):
    """For this process alone, with what was in the files."""
    store = opened(filled)
    store.keep_in_memory(keys(20, 21), vectors(20, 21))
    store.append(keys(22), vectors(22))

    assert expected(*range(10), 20, 21, 22) == held(store)
    assert expected(*range(10)) == held(opened(filled))
    assert 21 == store.view.keys[store.view.nearest(vectors(21)[0], None, 1)[0][0]][-1]


def test_a_text_without_meaning_has_a_vector_all_the_same(tmp_path):
    """Zeros, or what is no number: kept as zeros, so that nobody asks for it again."""
    store = opened(tmp_path)
    store.append(keys(1, 2), np.array([[0.0] * DIM, [np.nan] * DIM], np.float32))

    assert [0.0, 0.0] == opened(tmp_path).view.cosines(vectors(1)[0], opened(tmp_path).view.rows(keys(1, 2))).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["append", "keep", "tidy", "open", "cut"]), NUMBERS), max_size=14))
def test_a_store_is_a_mapping_of_keys_to_vectors(tmp_path_factory, steps):
    """Whatever is done in whatever order, by two processes in turns, both hold what a dictionary would."""
    folder = tmp_path_factory.mktemp("store")
    stores, model = [opened(folder), opened(folder)], set()
    for turn, (step, numbers) in enumerate(steps):
        store = stores[turn % 2]
        if step == "append" and numbers:
            store.append(keys(*numbers), vectors(*numbers))
            model |= set(numbers)
        elif step == "keep":
            store.keep_only(keys(*numbers))
            model &= set(numbers)
        elif step == "tidy":
            store.tidy()
        elif step == "open":
            stores[turn % 2] = opened(folder)
        elif step == "cut" and store.log.exists():
            with store.log.open("ab") as handle:
                handle.write(b"mwV\x02torn")
    for store in stores:
        store.load_new()
        assert expected(*sorted(model)) == held(store)


@given(
    st.lists(st.binary(min_size=1, max_size=2), max_size=30), st.lists(st.binary(min_size=1, max_size=2), max_size=9)
)
def test_keys_are_found_like_in_a_dictionary(written, asked):
    """Also where many share their first half; of equal ones the last row counts."""
    as_array = lambda texts: np.frombuffer(b"".join(t.rjust(16, b"\0") for t in texts), np.uint8).reshape(-1, 16)  # noqa: E731
    for turned in (slice(None), slice(None, None, -1)):
        found = KeyRows.of(as_array(written)[:, turned], np.arange(len(written))).find(as_array(asked)[:, turned])
        last = {text.rjust(16, b"\0"): row for row, text in enumerate(written)}
        assert [last.get(text.rjust(16, b"\0"), -1) for text in asked] == found.tolist()


PLACE = Place(3, DIM)


@given(st.lists(st.integers(0, 5), max_size=6), st.binary(max_size=60), st.integers(0, 200))
def test_whole_records_are_read_among_anything(counts, noise, cut):
    """Records come back as they were, whatever stands before them; a record cut short is none."""
    records = [
        Added(10 * i, keys(*range(n)), np.ones(n, np.float32), checksums(vectors(*range(n))))
        for i, n in enumerate(counts)
    ]
    packed = [pack(PLACE, record) for record in records]
    whole = unpack(noise + b"".join(packed))
    assert [(r.first, r.keys.tobytes(), r.sums.tolist()) for r in records] == [
        (r.first, r.keys.tobytes(), r.sums.tolist()) for r in whole.records
    ]
    if packed:
        torn = unpack(b"".join(packed)[: -1 - cut % len(packed[-1])])
        assert len(records) - 1 == len(torn.records)
        assert len(b"".join(packed[:-1])) == torn.end
