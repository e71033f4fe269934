"""Segments, which hold some notes in arrays, and layers of them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from keyword_worlds import ENGLISH, a_text

from vault_engine.index.batch import Batch
from vault_engine.index.graph import HeldNames
from vault_engine.index.keyword.postings import FIELD_WEIGHTS
from vault_engine.index.layers import Layer, Layers
from vault_engine.index.record import KEY_BYTES, OBSIDIAN, describe
from vault_engine.index.segment import Segment, join
from vault_engine.index.view import View, _distinct
from vault_engine.vault.walk import Signature

a_note = st.builds(
    "---\ntags: [{}]\nimportance: 0.{}\ncreated: 2026-11-0{}\n---\n# {}\n\n{} [[n1]]\n\n## {}\n\n{}\n".format,
    st.sampled_from(["north", "north/a", "south"]),
    st.integers(0, 9),
    st.integers(1, 9),
    a_text,
    a_text,
    a_text,
    st.integers(0, 200).map("berth ".__mul__),
)


def segment_of(notes: list[tuple[str, str]]) -> Segment:
    batch = Batch(ENGLISH, FIELD_WEIGHTS, HeldNames(OBSIDIAN))
    for path, text in notes:
        batch.add(describe(path, text.encode()), Signature(len(text), int(path[1:-3]), 0))
    return batch.finish()


@settings(max_examples=50)
@given(st.lists(st.lists(a_note, max_size=4), min_size=1, max_size=3), st.data())
def test_notes_joined_in_any_order_are_as_if_made_so(texts, data):
    """Array for array: whichever notes of each segment are kept, and in whatever order they shall come."""
    numbers = iter(range(100))
    parts = [[(f"n{next(numbers)}.md", text) for text in part] for part in texts]
    kept = [data.draw(st.lists(st.sampled_from(range(len(part))), unique=True)) if part else [] for part in parts]

    joined = join([segment_of(part) for part in parts], [np.array(one, np.int64) for one in kept])

    expected = segment_of([part[at] for part, one in zip(parts, kept, strict=True) for at in one]).arrays()
    found = joined.arrays()
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(array, found[name], err_msg=name)


@settings(max_examples=50)
@given(st.lists(st.none() | st.dictionaries(st.sampled_from(["n0.md", "n1.md", "n2.md"]), a_note), max_size=6))
def test_what_is_kept_of_a_layer_holds_whatever_comes_over_it(changes):
    """After segments were laid over each other, and taken away again (None): as if all were looked at anew."""
    layers = Layers()
    assert set() == layers.take_changed()
    for notes in changes:
        before = {path: layers[path] for path in layers}
        if notes is not None:
            layers.push(Layer(segment_of(sorted(notes.items()))))
        elif layers.layers:
            layers.pop()

        view, first = View(layers), 0
        for layer, part in zip(layers.layers, view.keywords.parts, strict=True):
            catalogue, postings = layer.segment.catalogue, layer.segment.postings
            alive = [layers.place(path) == (layer, number) for number, path in enumerate(catalogue.paths)]
            rows = np.array(alive, np.bool_)[catalogue.note_of_row()]
            expected = np.bincount(postings.lengths[rows], minlength=256)
            assert (first, np.flatnonzero(~rows).tolist()) == (part.first, part.dead.tolist())
            assert expected.tolist() == part.length_counts.tolist()
            first += postings.row_count
        after = {path: layers[path] for path in layers}
        assert {path: note.links for path, note in after.items()} == dict(layers.links())
        differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        assert differing <= layers.take_changed()


@given(st.lists(st.tuples(st.sampled_from([b"\0" * 8, b"a" * 8, b"\xff" * 8]), st.binary(min_size=8, max_size=8))))
def test_each_key_is_given_once_in_order(parts):
    """Also where two begin alike."""
    keys = [head + tail for head, tail in parts]
    array = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES)

    assert sorted(set(keys)) == [key.tobytes() for key in _distinct(array)]
    assert sorted(set(keys[:1] * 3)) == [key.tobytes() for key in _distinct(np.repeat(array[:1], 3, axis=0))]
