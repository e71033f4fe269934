"""Vectors that no chunk needs: noted with the day, dropped when that is long ago, and there again until then."""

from pathlib import Path

import numpy as np
import pytest
from embedding_fakes import FakeChunks, FakeEmbedder, opened
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.index import embeddings as embeddings_module
from vault_engine.index.filling import Filling
from vault_engine.index.tombstones import KEPT_DAYS, read_tombstones, tombstones, unneeded, write_tombstones

NONE = read_tombstones(Path(__file__).with_name("no such file"))
KEYS = st.lists(st.binary(min_size=16, max_size=16), max_size=8, unique=True)


@pytest.fixture
def fake(monkeypatch) -> FakeEmbedder:
    """The embedder of every vault in this test."""
    made = FakeEmbedder("fake")
    monkeypatch.setattr(embeddings_module, "make_embedder", lambda config, **_: made)
    return made


def as_keys(items):
    return np.frombuffer(b"".join(items), np.uint8).reshape(-1, 16)


def stones_of(stones):
    return {key.tobytes(): int(day) for key, day in zip(stones["key"], stones["day"], strict=True)}


@given(KEYS, KEYS)
def test_what_is_there_and_not_needed_is_unneeded(there, needed):
    """Whatever else is needed."""
    assert sorted(set(there) - set(needed)) == [key.tobytes() for key in unneeded(as_keys(there), as_keys(needed))]


@given(KEYS, KEYS, st.integers(0, 100), st.integers(0, 100))
def test_a_tombstone_keeps_its_day_for_as_long_as_it_stands(before, now, first, today):
    """One that is needed again is gone; a clock that was wrong does not keep anything for ever."""
    stones = tombstones(tombstones(NONE, as_keys(sorted(before)), first), as_keys(sorted(now)), today)

    assert {key: min(first, today) if key in before else today for key in now} == stones_of(stones)


def test_what_is_kept_is_read_again_and_damage_is_nothing(tmp_path):
    """Then every tombstone is put anew, and all is kept for longer."""
    file, stones = tmp_path / "x.unneeded", tombstones(NONE, as_keys([b"a" * 16, b"b" * 16]), 7)
    write_tombstones(file, stones)
    whole = file.read_bytes()

    assert stones_of(stones) == stones_of(read_tombstones(file))
    for damaged in (whole[:-1], whole[:-20], b"", b"x" + whole[1:], whole[:10] + b"\0" + whole[11:]):
        file.write_bytes(damaged)
        assert {} == stones_of(read_tombstones(file))


def test_what_nobody_needs_for_long_is_dropped(fake, tmp_path):
    """And what is needed again within that time is not embedded anew, be it by another process."""
    both, one = FakeChunks("first", "second"), FakeChunks("first")
    opened(tmp_path).fill(both)
    assert 0 == opened(tmp_path).bury(one.keys(), 100)
    assert 0 == opened(tmp_path).bury(one.keys(), 100 + KEPT_DAYS - 1)
    assert 0 == len(opened(tmp_path).waiting(both.keys()))
    assert 0 == opened(tmp_path).bury(both.keys(), 100 + KEPT_DAYS)
    assert 0 == opened(tmp_path).bury(one.keys(), 101 + KEPT_DAYS)

    last = opened(tmp_path)
    assert 1 == last.bury(one.keys(), 101 + 2 * KEPT_DAYS)

    assert 1 == len(last.waiting(both.keys()))
    assert 0 == len(opened(tmp_path).waiting(one.keys()))
    assert 0 == opened(tmp_path).bury(one.keys(), 102 + 2 * KEPT_DAYS)
    assert ["first", "second"] == sorted(fake.texts)


def test_a_purge_leaves_no_tombstone(fake, tmp_path):
    """Not even the key of a text may stay."""
    embeddings = opened(tmp_path)
    embeddings.fill(FakeChunks("first", "second"))
    embeddings.bury(FakeChunks("first").keys(), 100)
    assert 1 == len(list(tmp_path.rglob("*.unneeded")))

    embeddings.keep_only(FakeChunks("first").keys())

    assert [] == list(tmp_path.rglob("*.unneeded"))


def test_a_server_looks_once_a_day(fake, tmp_path, until):
    """When all is embedded."""
    embeddings, chunks, days = opened(tmp_path), FakeChunks("first", "second"), [100]
    filling = Filling(lambda: (embeddings, chunks), lambda: days[-1])
    filling.start()
    filling.poke()
    until(lambda: filling._buried_on == 100)
    chunks.set("first")
    days.append(101)
    filling.poke()
    until(lambda: len(list(tmp_path.rglob("*.unneeded"))) == 1)
    days.append(101 + KEPT_DAYS)
    filling.poke()
    until(lambda: filling._buried_on == 101 + KEPT_DAYS)
    filling.stop()

    assert 1 == len(opened(tmp_path).waiting(FakeChunks("first", "second").keys()))
