"""Token vectors on disk: what was written is read again, and nothing else ever is."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_engine.index.token_store import Tokens, TokenStore

DIM = 8
ROOM = 1_000_000


def key_of(number: int) -> np.ndarray:
    """Give the key of a chunk."""
    return np.frombuffer(number.to_bytes(16), np.uint8)


def keys_of(*numbers: int) -> np.ndarray:
    """Give the keys of chunks."""
    return np.array([key_of(number) for number in numbers], np.uint8).reshape(-1, 16)


def tokens_of(number: int, count: int = 3) -> Tokens:
    """Give the tokens of a chunk, which tell it from others."""
    chance = np.random.default_rng(number)
    return Tokens(chance.integers(-127, 128, (count, DIM), np.int8), chance.random(count, np.float32))


def opened(folder, most_bytes=ROOM) -> TokenStore:
    """Open the store as another process would."""
    store = TokenStore(folder / "late-x.log", most_bytes)
    store.load_new()
    return store


def append(store: TokenStore, *numbers: int) -> bool:
    """Keep chunks."""
    return store.append(keys_of(*numbers), [tokens_of(number) for number in numbers], store.generation)


def numbers_in(store: TokenStore, numbers: range) -> set[int]:
    """Say which chunks are there, each as it was written."""
    found = store.read(keys_of(*numbers))
    for number, one in zip(numbers, found, strict=True):
        if one is not None:
            expected = tokens_of(number)
            assert (expected.codes.tolist(), expected.scales.tolist()) == (one.codes.tolist(), one.scales.tolist())
    return {number for number, one in zip(numbers, found, strict=True) if one is not None}


def test_what_was_written_is_there_for_the_next_process(tmp_path):
    """And for one that had opened the store before."""
    before, store = opened(tmp_path), opened(tmp_path)
    assert append(store, 1, 2)
    assert append(store, 5)

    before.load_new()

    for each in (store, before, opened(tmp_path)):
        assert {1, 2, 5} == numbers_in(each, range(8))
        assert [True, False] == each.has(keys_of(5, 6)).tolist()
    assert 3 * 3 * (DIM + 4) == store.byte_count


def test_a_text_without_words_has_no_tokens(tmp_path):
    """Which is something else than not being there."""
    store = opened(tmp_path)
    store.append(keys_of(1), [tokens_of(1, count=0)], 0)

    (found,) = opened(tmp_path).read(keys_of(1))

    assert (0, DIM) == found.codes.shape


def test_it_does_not_grow_beyond_its_bound(tmp_path):
    """What does not fit is not kept, and what is there stays."""
    store = opened(tmp_path, most_bytes=100)

    assert append(store, 1, 2)
    assert not append(store, 3)
    assert {1, 2} == numbers_in(store, range(5))


def test_only_what_is_needed_is_kept(tmp_path):
    """Nothing of the rest is on disk any more; what was read before that is not written again."""
    store = opened(tmp_path)
    append(store, 1, 2, 3)
    before = store.generation
    assert 3 * (DIM + 4) == store.unneeded_bytes(keys_of(1, 2))

    store.keep_only(keys_of(2, 9))

    assert {2} == numbers_in(opened(tmp_path), range(10))
    assert not store.append(keys_of(3), [tokens_of(3)], before)
    (data,) = tmp_path.glob("*.i8")
    assert tokens_of(3).codes.tobytes() not in data.read_bytes()
    store.keep_only(keys_of())
    assert [] == list(tmp_path.iterdir())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.sampled_from(["late-x.log", "data"]),
    at=st.floats(0, 1, exclude_max=True),
    flip=st.integers(1, 255),
    cut=st.booleans(),
)
def test_damage_is_noticed(tmp_path_factory, where, at, flip, cut):
    """A byte changed or the end cut off anywhere: what is read is as it was written, and new chunks can be kept."""
    folder = tmp_path_factory.mktemp("store")
    store = opened(folder)
    append(store, 1, 2)
    append(store, 3)
    (data,) = folder.glob("*.i8")
    file = data if where == "data" else folder / where
    whole = bytearray(file.read_bytes())
    place = int(at * len(whole))
    whole[place] ^= flip
    file.write_bytes(whole[:place] if cut else whole)

    again = opened(folder)

    assert numbers_in(again, range(5)) <= {1, 2, 3}
    assert append(again, 4)
    assert 4 in numbers_in(opened(folder), range(5))


def test_a_crash_between_the_two_files_loses_what_was_being_written(tmp_path):
    """Vectors that no entry tells of are passed over."""
    store = opened(tmp_path)
    append(store, 1)
    (data,) = tmp_path.glob("*.i8")
    data.write_bytes(data.read_bytes() + b"half of some")

    append(opened(tmp_path), 2)

    assert {1, 2} == numbers_in(opened(tmp_path), range(5))


def test_vectors_of_another_dimension_replace_all(tmp_path):
    """Another model goes by the same name now."""
    store = opened(tmp_path)
    append(store, 1)
    wider = Tokens(np.ones((2, DIM + 1), np.int8), np.ones(2, np.float32))

    store.append(keys_of(2), [wider], store.generation)

    assert [None, (2, DIM + 1)] == [one and one.codes.shape for one in opened(tmp_path).read(keys_of(1, 2))]


@pytest.mark.parametrize("held", [b"", b"x", b"mwTok\x01\x00\x00" + bytes(8) + b"\xff" * 4 + bytes(12)])
def test_a_log_that_is_none_is_begun_anew(tmp_path, held):
    """Nothing of it is trusted, least of all a size."""
    (tmp_path / "late-x.log").write_bytes(held)
    store = opened(tmp_path)
    assert set() == numbers_in(store, range(3))

    assert append(store, 1)

    assert {1} == numbers_in(opened(tmp_path), range(3))
