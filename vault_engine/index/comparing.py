"""In what two indexes of one vault differ: nothing, where both are right."""

from collections.abc import Iterable

import numpy as np

from vault_engine.index.layers import Layers
from vault_engine.index.segment import Segment, join

_OF_FILES = "catalogue.signatures"  # when a file was looked at says nothing of what is in it


def differing_notes(some: Layers, others: Layers) -> list[str]:
    """List the notes that only one of them knows, or of which they know different things."""
    both = some.keys() & others.keys()
    return sorted((some.keys() ^ others.keys()) | {path for path in both if some[path] != others[path]})


def differing_arrays(some: Layers, others: Layers) -> list[str]:
    """List what of their postings, filter columns and catalogues is not the same, number for number.

    Args:
        some: an index.
        others: another one of the same notes.
    """
    if not some:
        return []
    one, other = (in_order(layers).arrays() for layers in (some, others))
    names = one.keys() | other.keys()
    return sorted(name for name in names - {_OF_FILES} if not _are_same(one.get(name), other.get(name)))


def in_order(layers: Layers) -> Segment:
    """Put all notes into one segment, in the order of their paths."""
    alive = [np.flatnonzero(layer.alive) for layer in layers.layers]
    whole = join([layer.segment for layer in layers.layers], alive)
    return join([whole], [np.array(_order(whole.catalogue.paths), np.int64)])


def _order(paths: Iterable[str]) -> list[int]:
    listed = list(paths)
    return sorted(range(len(listed)), key=listed.__getitem__)


def _are_same(one: object, other: object) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
