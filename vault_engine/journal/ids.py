"""Making ids, many at once: ULIDs, which sort by the moment they were made. Reads no clock."""

import os
from base64 import b32encode
from datetime import datetime

_STAMP_BYTES, _RANDOM_BYTES = 6, 10
_PAD, _PAD_CHARS = bytes(4), 6  # what comes before a stamp, so that base 32 ends with its last bit
_RANDOM_CHARS = 16
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def ulids(moment: datetime, count: int) -> list[str]:
    """Make ``count`` ids of one moment, in the order in which they sort.

    The format is that of https://github.com/ulid/spec: 48 bits of milliseconds since 1970, 80 random ones.
    """
    stamp = _encoded(_PAD + int(moment.timestamp() * 1000).to_bytes(_STAMP_BYTES, "big"))[_PAD_CHARS:]
    random = _encoded(os.urandom(_RANDOM_BYTES * count))
    return sorted(stamp + random[at : at + _RANDOM_CHARS] for at in range(0, len(random), _RANDOM_CHARS))


def _encoded(data: bytes) -> str:
    return b32encode(data).translate(_CROCKFORD).decode()
