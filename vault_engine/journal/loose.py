"""Reading a revision that is too large for a pack, from a file of its own."""

import hashlib
import os
import zlib
from collections.abc import Iterator

from vault_engine.journal.pack import opened
from vault_engine.vault.files import sha256_hex

_INFLATED_AT_ONCE = 4 << 10


def read_loose(file: str, sha256: str) -> bytes | None:
    """Read a loose file; None if it is not there whole. It is hashed first, so that a bomb takes no memory."""
    try:
        with opened(file) as handle:
            digest = hashlib.sha256()
            for piece in _inflated(handle):
                digest.update(piece)
            if digest.hexdigest() != sha256:
                return None
            data = b"".join(_inflated(handle))
    except (OSError, zlib.error):
        return None
    return data if sha256_hex(data) == sha256 else None


def _inflated(handle: int) -> Iterator[bytes]:
    os.lseek(handle, 0, os.SEEK_SET)
    inflater = zlib.decompressobj()
    while not inflater.eof and (stored := os.read(handle, _INFLATED_AT_ONCE)):
        yield inflater.decompress(stored)
