"""Keys and values of this machine, in one file that is replaced as a whole.

Each change is made under a lock of its own, from the file as it is then, and is durable when it is answered. A file
that can't be read is copied to the quarantine by the next change, and the state begins anew. A clock that went back
makes a value last longer, but from the next change on no longer than its own time to live.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from vault_engine.errors import BadInput
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.lock import Lock

FORMAT = 1
MAX_VALUE_BYTES = 64 << 10
MAX_KEYS = 10_000
MAX_BYTES = 16 << 20  # of all together: each change writes them anew
MAX_KEY_CHARS = 200
MAX_TTL_S = 10 * 366 * 86400
_MAX_DEPTH = 100

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_HEAD = re.compile(rb'\{"format":1,"sha256":"([0-9a-f]{64})","values":')
_NAME, _LOCK = "state.json", "state.lock"


class Held(NamedTuple):
    """One value."""

    value: Any  # of JSON
    created_us: int  # when the key was first set since it was not there, in microseconds since 1970
    updated_us: int
    expires_us: int | None  # from when on it is not there any more; None: it stays


Values = dict[str, Held]


class Store:
    """The keys and values in one folder. Several threads and processes may use it."""

    def __init__(self, folder: Path, quarantine: Path) -> None:
        """Name the store; nothing is made before something is set.

        Args:
            folder: holds the file and its lock.
            quarantine: where a file goes that can't be read.
        """
        self._folder, self._quarantine = folder, quarantine
        self._file = folder / _NAME
        self._lock = Lock(folder / _LOCK)

    def get(self, key: str, now_us: int) -> Held | None:
        """Give the value of a key, None if there is none, or none any more.

        Raises:
            BadInput: no key can be called so.
            VaultDenied, StorageFailed: the file can't be read.
        """
        return self._read(now_us).get(check_key(key))

    def list(self, now_us: int, prefix: str = "") -> Values:
        """Give all values whose keys begin with ``prefix``, by key."""
        return {key: held for key, held in sorted(self._read(now_us).items()) if key.startswith(prefix)}

    def set(self, key: str, value: Any, now_us: int, ttl_s: float | None = None) -> Held:
        """Keep a value, durably, in place of the one before.

        Args:
            key: letters, digits and ``. _ : / @ -``, at most 200.
            value: of JSON, at most 64 KiB as text.
            now_us: the time, in microseconds since 1970.
            ttl_s: in how many seconds it is over; None: never.

        Raises:
            BadInput: key, value or time are out of bounds, or there are too many.
            VaultBusy, VaultDenied, StorageFailed: nothing was changed.
        """
        check_key(key)
        check_value(value)
        if ttl_s is not None and not 0 < ttl_s <= MAX_TTL_S:
            raise BadInput(f"a time to live of {ttl_s:g} seconds is not between 0 and ten years")
        with self._changing(now_us) as values:
            before = values.get(key)
            expires = None if ttl_s is None else now_us + int(ttl_s * 1e6)
            held = Held(value, before.created_us if before else now_us, now_us, expires)
            values[key] = held
            if len(values) > MAX_KEYS:
                raise BadInput(f"there are {MAX_KEYS:,} keys already: delete some, or give them a time to live")
        return held

    def delete(self, key: str, now_us: int) -> bool:
        """Forget a key, durably; say whether it was there. Raises as `set`."""
        check_key(key)
        if key not in self._read(now_us):
            return False
        with self._changing(now_us) as values:
            return values.pop(key, None) is not None

    @contextmanager
    def _changing(self, now_us: int) -> Iterator[Values]:
        """Give the values for a change, and keep them as they are at the end of the block, unless it fails."""
        with self._lock.held():
            values = {key: _rebased(held, now_us) for key, held in self._read(now_us, mend=True).items()}
            yield values
            data = _encoded(values)
            if len(data) > MAX_BYTES:
                raise BadInput(f"all values together would have more than {MAX_BYTES >> 20} MiB: delete some")
            write_atomic(self._file, data, self._folder / "tmp", mode=0o600)

    def _read(self, now_us: int, *, mend: bool = False) -> Values:
        """Read what holds now; what is over is left out. Only who holds the lock may mend."""
        with explained(self._file):
            try:
                data = self._file.read_bytes()
            except FileNotFoundError:
                return {}
        try:
            values = _decoded(data)
        except ValueError:
            if mend:
                write_atomic(self._quarantine / f"state-{sha256_hex(data)[:12]}", data, self._folder / "tmp")
            return {}
        return {key: held for key, held in values.items() if held.expires_us is None or now_us < held.expires_us}


def _rebased(held: Held, now_us: int) -> Held:
    """Give a value set at a time that is yet to come, as the clock went back, no more than its own time from now on."""
    ahead = held.updated_us - now_us
    if ahead <= 0:
        return held
    expires = None if held.expires_us is None else held.expires_us - ahead
    return Held(held.value, min(held.created_us, now_us), now_us, expires)


def check_key(key: str) -> str:
    """Give a key back that may be one.

    Raises:
        BadInput: it may not.
    """
    if len(key) > MAX_KEY_CHARS or not _KEY.fullmatch(key):
        raise BadInput(
            f"{key[:60]!r} is no key: letters, digits and any of . _ : / @ - behind the first, at most {MAX_KEY_CHARS}"
        )
    return key


def read_json(text: str) -> Any:
    """Read a value from a text.

    Raises:
        BadInput: it is not JSON.
    """
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the value is not JSON: {error}") from None


def check_value(value: Any, what: str = "the value") -> None:
    """Check that a value is JSON, and not too much of it.

    Args:
        value: of JSON, at most 64 KiB as text.
        what: what errors call it.

    Raises:
        BadInput: it is not.
    """
    layer, depth = [value], 0
    while layer:
        if depth > _MAX_DEPTH:
            raise BadInput(f"{what} is nested deeper than {_MAX_DEPTH} times")
        depth += 1
        layer = [part for one in layer if isinstance(one, dict | list | tuple) for part in _parts(one)]
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8"))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"{what} is not JSON: {error}") from None
    if size > MAX_VALUE_BYTES:
        raise BadInput(f"{what} has {size:,} bytes, more than {MAX_VALUE_BYTES:,}")


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _encoded(values: Mapping[str, Held]) -> bytes:
    """Write all values, with a hash by which a torn file is known."""
    body = json.dumps({key: list(held) for key, held in values.items()}, ensure_ascii=False, separators=(",", ":"))
    return f'{{"format":{FORMAT},"sha256":"{sha256_hex(body.encode())}","values":{body}}}\n'.encode()


def _decoded(data: bytes) -> Values:
    """Read what `_encoded` wrote.

    Raises:
        ValueError: it is not that.
    """
    head = _HEAD.match(data)
    body = data[head.end() : -len(b"}\n")] if head else b""
    if head is None or sha256_hex(body) != head[1].decode():
        raise ValueError("it is torn, or of another version")
    return {key: Held(*held) for key, held in json.loads(body).items()}
