"""Making ids, many at once: ULIDs, which sort by the moment they were made. Reads no clock."""

import os
from datetime import datetime

import numpy as np

_STAMP_BYTES, _RANDOM_BYTES = 6, 10
_PAD, _PAD_CHARS = bytes(4), 6  # what comes before a stamp, so that its last bit ends a group
_RANDOM_CHARS = 16
_CROCKFORD = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
_GROUP_BYTES = 5  # which make eight letters, of five bits each
_SHIFTS = np.arange(35, -1, -5, dtype=np.uint64)


def ulids(moment: datetime, count: int) -> list[str]:
    """Make ``count`` ids of one moment, in the order in which they sort.

    The format is that of https://github.com/ulid/spec: 48 bits of milliseconds since 1970, 80 random ones.
    """
    stamp = _encoded(_PAD + int(moment.timestamp() * 1000).to_bytes(_STAMP_BYTES, "big"))[_PAD_CHARS:]
    random = _encoded(os.urandom(_RANDOM_BYTES * count))
    return sorted(stamp + random[at : at + _RANDOM_CHARS] for at in range(0, len(random), _RANDOM_CHARS))


def _encoded(data: bytes) -> str:
    """Write bytes, of which there are whole groups, in Crockford's base 32."""
    groups = np.zeros((len(data) // _GROUP_BYTES, 8), np.uint8)
    groups[:, -_GROUP_BYTES:] = np.frombuffer(data, np.uint8).reshape(-1, _GROUP_BYTES)
    letters: bytes = _CROCKFORD[groups.view(">u8") >> _SHIFTS & 31].tobytes()
    return letters.decode()
