"""The bytes a note had, by their SHA-256: what an overwritten or archived note can be brought back from."""

import zlib
from pathlib import Path

from vault_engine.vault.files import sha256_hex, write_atomic


class Revisions:
    """Content by hash, ``ab/cdef…``, compressed. What is there whole is not written again."""

    def __init__(self, folder: Path, temporary_folder: Path) -> None:
        self._folder = folder
        self._temporary_folder = temporary_folder

    def put(self, data: bytes) -> str:
        """Keep ``data`` durably and return its SHA-256. A damaged copy that is there is replaced."""
        name = sha256_hex(data)
        try:
            self.get(name)
        except KeyError:
            write_atomic(self._file(name), zlib.compress(data), self._temporary_folder)
        return name

    def get(self, sha256: str) -> bytes:
        """Give the bytes of a revision.

        Raises:
            KeyError: it was never kept, or the file that kept it is damaged.
        """
        try:
            data = zlib.decompress(self._file(sha256).read_bytes())
        except (OSError, zlib.error) as error:
            raise KeyError(sha256) from error
        if sha256_hex(data) != sha256:
            raise KeyError(sha256)
        return data

    def __contains__(self, sha256: str) -> bool:
        return self._file(sha256).exists()

    def _file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]
