"""Making ids, many at once: ULIDs, which sort by the moment they were made. Reads no clock."""

import os
from base64 import b32encode
from datetime import datetime

from ulid import ULID

_STAMP_CHARS, _RANDOM_CHARS, _RANDOM_BYTES = 10, 16, 10
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def ulids(moment: datetime, count: int) -> list[str]:
    """Make ``count`` ids of one moment, in the order in which they sort."""
    stamp = str(ULID.from_datetime(moment))[:_STAMP_CHARS]
    random = b32encode(os.urandom(_RANDOM_BYTES * count)).translate(_CROCKFORD).decode()
    return sorted(stamp + random[at : at + _RANDOM_CHARS] for at in range(0, len(random), _RANDOM_CHARS))
