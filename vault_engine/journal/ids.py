"""Making ids, many at once: ULIDs, which sort by the moment they were made. Reads no clock."""

import os
from base64 import b32encode
from datetime import datetime

_PAD, _STAMP_BYTES, _RANDOM_BYTES = bytes(4), 6, 10  # 128 bits, padded in front to what base 32 writes without a rest
_CHARS, _PAD_CHARS = 32, 6
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def ulids(moment: datetime, count: int) -> list[str]:
    """Make ``count`` ids of one moment, in the order in which they sort.

    The format is that of https://github.com/ulid/spec: 48 bits of milliseconds since 1970, 80 random ones.
    """
    front = _PAD + int(moment.timestamp() * 1000).to_bytes(_STAMP_BYTES, "big")
    random = os.urandom(_RANDOM_BYTES * count)
    numbers = b"".join(front + random[at : at + _RANDOM_BYTES] for at in range(0, len(random), _RANDOM_BYTES))
    text = b32encode(numbers).translate(_CROCKFORD).decode()
    return sorted(text[at + _PAD_CHARS : at + _CHARS] for at in range(0, len(text), _CHARS))
