"""Since when no chunk has needed a vector: what nobody needs for long is dropped, and what comes back is still there.

A text that is gone comes back with an undo, a checkout of another branch, a note out of the archive. So the first look
that finds a vector without a chunk only puts a tombstone; a look that finds an old one drops the vector.
"""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.record import KEY_BYTES
from vault_engine.index.vector_log import Keys
from vault_engine.vault.files import write_atomic

KEPT_DAYS = 30  # a vector that no chunk needs
_MAGIC = b"mwT\x01"
_SUM_BYTES = 4
_STONE = np.dtype([("key", "u1", (KEY_BYTES,)), ("day", "<i4")])

Tombstones = NDArray[np.void]
"""Keys and the days since when none of them was needed, shape ``(n,)``, by key."""


def unneeded(there: Keys, needed: Keys) -> Keys:
    """Give the keys that are there and not needed, ascending, each once."""
    return _as_keys(np.setdiff1d(_as_items(there), _as_items(needed)))


def tombstones(before: Tombstones, unneeded: Keys, today: int) -> Tombstones:
    """Put a tombstone for each key that is not needed; one that has one keeps its day, one that is needed loses it.

    Args:
        before: the tombstones there were.
        unneeded: keys, ascending, each once.
        today: the number of the day.
    """
    stones = np.empty(len(unneeded), _STONE)
    stones["key"], stones["day"] = unneeded, today
    _, here, there = np.intersect1d(_as_items(unneeded), _as_items(before["key"]), return_indices=True)
    stones["day"][here] = np.minimum(before["day"][there], today)
    return stones


def read_tombstones(file: Path) -> Tombstones:
    """Read what `write_tombstones` has written; nothing where that is damaged or not there."""
    try:
        data = file.read_bytes()
    except OSError:
        return np.empty(0, _STONE)
    rows = data[len(_MAGIC) + _SUM_BYTES :]
    is_whole = data.startswith(_MAGIC + zlib.crc32(rows).to_bytes(_SUM_BYTES, "little"))
    return np.frombuffer(rows, _STONE) if is_whole and not len(rows) % _STONE.itemsize else np.empty(0, _STONE)


def write_tombstones(file: Path, stones: Tombstones) -> None:
    """Keep tombstones for later looks.

    Raises:
        VaultDenied, StorageFailed: they are as before.
    """
    rows = stones.tobytes()
    write_atomic(file, _MAGIC + zlib.crc32(rows).to_bytes(_SUM_BYTES, "little") + rows, file.parent)


def _as_items(keys: Keys) -> NDArray[np.void]:
    return np.ascontiguousarray(keys).view(f"V{KEY_BYTES}").ravel()


def _as_keys(items: NDArray[np.void]) -> Keys:
    return items.view(np.uint8).reshape(-1, KEY_BYTES)
