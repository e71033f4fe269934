"""Arrays come back from their file as they were, or not at all."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from vault_engine.index.container import ContainerDamaged, open_arrays, write_arrays
from vault_engine.index.texts import Texts

ARRAYS = {
    "small": np.arange(7, dtype=np.int32),
    "empty": np.empty((0, 16), np.uint8),
    "wide": np.arange(30, dtype=np.float32).reshape(10, 3),
    "flags": np.array([True, False]),
}
KINDS = st.sampled_from([np.uint8, np.uint16, np.int32, np.int64, np.float32, np.bool_])
SHAPES = arrays_of.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    arrays=st.dictionaries(st.text(max_size=5), KINDS.flatmap(lambda kind: arrays_of.arrays(kind, SHAPES)), max_size=4),
    notes=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
def test_arrays_come_back(tmp_path, arrays, notes):
    """Whatever their type and shape, with what was noted beside them."""
    file = tmp_path / "arrays"
    file.unlink(missing_ok=True)
    write_arrays(file, arrays, notes)

    found, noted = open_arrays(file, verify=True)

    assert notes == noted
    assert {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()} == {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in found.items()
    }


def test_a_file_is_never_written_over(tmp_path):
    """Who has mapped one goes on seeing what was in it."""
    write_arrays(tmp_path / "arrays", ARRAYS, {})

    with pytest.raises(FileExistsError):
        write_arrays(tmp_path / "arrays", ARRAYS, {})


def test_every_flipped_bit_of_an_array_or_head_is_noticed(tmp_path):
    """Only the padding between arrays may change, as nobody reads it."""
    file = tmp_path / "arrays"
    write_arrays(file, ARRAYS, {"gone": ["a.md"]})
    whole = file.read_bytes()
    unnoticed = []
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            open_arrays(file, verify=True)
        except ContainerDamaged:
            continue
        unnoticed.append(at)

    assert all(whole[at] == 0 for at in unnoticed)


@pytest.mark.parametrize("left", [0, 3, 20, 100, -1])
def test_a_file_that_was_cut_short_is_noticed_even_unread(tmp_path, left):
    """Without a look at the checksums."""
    file = tmp_path / "arrays"
    write_arrays(file, {"all": np.arange(64, dtype=np.uint8)}, {})
    file.write_bytes(file.read_bytes()[:left])

    with pytest.raises(ContainerDamaged):
        open_arrays(file, verify=False)


def test_a_file_that_is_not_there_is_damaged(tmp_path):
    """And nothing else."""
    with pytest.raises(ContainerDamaged):
        open_arrays(tmp_path / "none", verify=False)


@given(st.lists(st.text(max_size=6)), st.lists(st.text(max_size=6)), st.data())
def test_strings_are_kept_taken_and_joined(some, others, data):
    """As lists are."""
    picked = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=5)) if some else []
    kept = Texts.of(some)

    assert some == list(kept)
    assert some == [kept[number] for number in range(len(kept))]
    assert [some[number] for number in picked] == list(kept.take(np.array(picked, np.int64)))
    assert some + others == list(Texts.joined([kept, Texts.of(others)]))
    assert some == list(Texts.from_arrays(kept.arrays("name"), "name"))
