"""Keys and values with a time to live: durable, shared by processes, whatever the clock does."""

import multiprocessing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.errors import BadInput
from vault_engine.state.store import MAX_KEYS, MAX_VALUE_BYTES, Store, read_json

NOW = 1_800_000_000_000_000  # microseconds
SECOND = 1_000_000


@pytest.fixture
def store(tmp_path):
    """An empty one."""
    return Store(tmp_path / "state", tmp_path / "quarantine")


def test_what_is_set_is_there(store, tmp_path):
    """For every process; the time when the key came up stays."""
    store.set("a", {"n": [1, None, "ü"]}, NOW)
    store.set("a", 2, NOW + 1)
    held = Store(tmp_path / "state", tmp_path / "quarantine").get("a", NOW + 2)

    assert (2, NOW, NOW + 1, None) == held


def test_what_is_over_is_not_there(store):
    """From that moment on; a value that is set again lasts anew."""
    store.set("a", 1, NOW, ttl_s=10)
    store.set("b", 2, NOW)

    assert store.get("a", NOW + 10 * SECOND - 1)
    assert store.get("a", NOW + 10 * SECOND) is None
    assert ["b"] == list(store.list(NOW + 10 * SECOND))
    store.set("a", 1, NOW + 20 * SECOND, ttl_s=10)
    assert NOW + 20 * SECOND == store.get("a", NOW + 25 * SECOND).created_us


def test_what_is_deleted_is_gone(store):
    """Once; what is over was not there."""
    store.set("a", 1, NOW)
    store.set("b", 1, NOW, ttl_s=1)

    assert [True, False, False] == [store.delete("a", NOW), store.delete("a", NOW), store.delete("b", NOW + SECOND)]
    assert {} == store.list(NOW + SECOND)


def test_keys_are_listed_by_prefix(store):
    """In their order."""
    for key in ("b/2", "a", "b/1"):
        store.set(key, key, NOW)

    assert ["b/1", "b/2"] == list(store.list(NOW, "b/"))


@pytest.mark.parametrize("key", ["", "/a", "a b", "../a\n", "ä", "a" * 201, ".hidden", "a\x00"])
def test_keys_have_rules(store, key):
    """So that they can be read everywhere."""
    for verb in (lambda: store.set(key, 1, NOW), lambda: store.get(key, NOW), lambda: store.delete(key, NOW)):
        with pytest.raises(BadInput):
            verb()


def test_values_have_bounds(store):
    """What is no JSON, too long or nested too deeply is refused and changes nothing."""
    store.set("a", 1, NOW)
    deep: list = []
    for _ in range(200):
        deep = [deep]
    for value in ("x" * MAX_VALUE_BYTES, float("nan"), {1, 2}, b"x", "\ud800", deep, 10**5000):
        with pytest.raises(BadInput):
            store.set("a", value, NOW)
    for ttl in (0, -1, float("nan"), float("inf"), 1e12):
        with pytest.raises(BadInput):
            store.set("a", 2, NOW, ttl)
    for text in ("{", "NaN", "[" * 100_000, ""):
        with pytest.raises(BadInput):
            read_json(text)
    assert 1 == store.get("a", NOW).value


def test_there_are_only_so_many(store, monkeypatch):
    """What is over does not count."""
    monkeypatch.setattr("vault_engine.state.store.MAX_KEYS", 2)
    assert MAX_KEYS > 2
    store.set("a", 1, NOW, ttl_s=1)
    store.set("b", 1, NOW)
    with pytest.raises(BadInput, match="keys already"):
        store.set("c", 1, NOW)
    store.set("c", 1, NOW + SECOND)

    assert ["b", "c"] == list(store.list(NOW + SECOND))


@pytest.mark.parametrize("cut", [0, 1, 40, 90, -2])
def test_a_torn_file_is_kept_and_begun_anew(store, tmp_path, cut):
    """By the next change; until then there is nothing."""
    store.set("a", "precious", NOW)
    file = tmp_path / "state" / "state.json"
    torn = file.read_bytes()[:cut]
    file.write_bytes(torn)

    assert store.get("a", NOW) is None
    store.set("b", 1, NOW)

    assert ["b"] == list(store.list(NOW))
    assert [torn] == [one.read_bytes() for one in (tmp_path / "quarantine").iterdir()]


def test_one_flipped_byte_is_noticed(store, tmp_path):
    """Wherever it is."""
    store.set("a", "precious", NOW)
    file = tmp_path / "state" / "state.json"
    data = file.read_bytes()
    for at in range(0, len(data) - 2, 5):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert store.get("a", NOW) is None


def _count(folder, quarantine, name, times):
    store = Store(folder, quarantine)
    for number in range(times):
        store.set(f"{name}/{number}", number, NOW)
        store.delete(f"shared/{number}", NOW)


def test_processes_lose_nothing_of_each_other(store, tmp_path):
    """Each sets its own keys while all delete the same ones."""
    for number in range(8):
        store.set(f"shared/{number}", number, NOW)
    context = multiprocessing.get_context("spawn")
    arguments = (tmp_path / "state", tmp_path / "quarantine")
    running = [context.Process(target=_count, args=(*arguments, f"p{number}", 8)) for number in range(3)]
    for process in running:
        process.start()
    for process in running:
        process.join(60)

    assert [0, 0, 0] == [process.exitcode for process in running]
    assert {f"p{one}/{number}" for one in range(3) for number in range(8)} == set(store.list(NOW))


steps = st.lists(
    st.tuples(
        st.sampled_from(("set", "set", "delete", "clock")),
        st.sampled_from("abc"),
        st.one_of(st.none(), st.integers(1, 50)),
        st.integers(-100, 100),
    ),
    max_size=25,
)


def changed(model, now):
    """What a change begins with: what is over is gone, what was set later than now was set now."""
    alive = {key: one for key, one in model.items() if one[2] is None or now < one[2]}
    return {
        key: (value, min(updated, now), None if over is None else over - max(updated - now, 0))
        for key, (value, updated, over) in alive.items()
    }


@settings(max_examples=25, deadline=None)
@given(steps)
def test_values_hold_as_long_as_they_should(tmp_path_factory, steps):
    """Whatever the clock does and through whichever process: after a change never longer than their own time."""
    folder = tmp_path_factory.mktemp("state")
    stores = [Store(folder / "state", folder / "quarantine") for _ in range(2)]
    model: dict[str, tuple[int, int, int | None]] = {}  # value, when it was set, when it is over
    now = NOW
    for number, (step, key, ttl, jump) in enumerate(steps):
        if step == "clock":
            now += jump * SECOND
        elif step == "set":
            stores[number % 2].set(key, number, now, ttl)
            model = changed(model, now) | {key: (number, now, ttl and now + ttl * SECOND)}
            assert all(over is None or over <= now + 50 * SECOND for _, _, over in model.values())
        elif step == "delete" and stores[number % 2].delete(key, now):
            model = changed(model, now)
            del model[key]
        wanted = {key: one for key, one in sorted(model.items()) if one[2] is None or now < one[2]}
        held = stores[1 - number % 2].list(now)
        assert wanted == {key: (one.value, one.updated_us, one.expires_us) for key, one in held.items()}
