"""How far each transcript has been read, on this machine. Nothing in it is trusted: what does not fit counts as new."""

import json
import os
import time
from pathlib import Path

from vault_engine.vault.files import sha256_hex, write_atomic

_FORMAT = 1
_MAX_TRANSCRIPTS = 500
_MAX_BYTES = 1 << 20


class Progress:
    """Which offset has been reached in each transcript."""

    def __init__(self, local: Path) -> None:
        """Read it.

        Args:
            local: the vault's folder for what belongs to this machine.
        """
        self._local, self._file = local, local / "hooks.json"
        self._reached = _read(self._file)

    def of(self, transcript: Path) -> int:
        """Give the offset in bytes from which on a transcript is new; one that has become shorter is new as a whole."""
        offset = self._reached.get(_key(transcript), (0, 0.0))[0]
        return offset if offset <= transcript.stat().st_size else 0

    def keep(self, transcript: Path, offset: int) -> None:
        """Keep how far a transcript was read, and forget those that were read longest ago.

        Raises:
            VaultDenied, StorageFailed: it can't be written.
        """
        self._reached[_key(transcript)] = (offset, time.time())
        newest = sorted(self._reached.items(), key=lambda item: -item[1][1])[:_MAX_TRANSCRIPTS]
        self._reached = dict(newest)
        data = json.dumps({"format": _FORMAT, "transcripts": self._reached}).encode()
        write_atomic(self._file, data, self._local / "tmp", mode=0o600)


def _key(transcript: Path) -> str:
    return sha256_hex(os.fsencode(transcript))[:16]


def _read(file: Path) -> dict[str, tuple[int, float]]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            return {}
        said = json.loads(file.read_bytes())
        if said["format"] != _FORMAT:
            return {}
        return {key: (offset, float(at)) for key, (offset, at) in said["transcripts"].items() if _is_offset(offset)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _is_offset(value: object) -> bool:
    return type(value) is int and value >= 0
