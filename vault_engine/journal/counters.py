"""How often notes were used on this machine, and when last: beside the notes, so that reading never writes a note.

One file in ``.memwell/local``, a JSON list a line, to whose end every process appends; a lock keeps them apart. What a
crash cut short is one line that says nothing, so nothing is synced while somebody waits for an answer. Many lines
become one a note in a new file that takes the place of the old one, whole or not at all. Nothing in it is trusted.

    ["+", AT, TIMES, NAME, ...]     notes were used; AT is in microseconds since 1970 UTC
    [">", OLD, NEW]                 a note has another path
    ["@", AT, PATH, SHA256]         as it is now, the note says what it said then: only its decay was written into it
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from vault_engine.errors import MemwellError
from vault_engine.vault.files import explained, write_atomic
from vault_engine.vault.lock import Lock

FORMAT = 1

_WAIT_S = 1.0  # for another process that counts; it needs a moment, or a second at most to compact
_WORTH_COMPACTING = 1 << 18  # bytes behind what is compact; who looks at the counters does it
_TOO_MUCH = 1 << 24  # bytes behind it; then whoever counts does it
_HEAD = re.compile(rb'\{"format": 1, "compact": (\d{1,12})\}\n')
_HEAD_BYTES = 64
_SAID_KEPT = 2  # revisions of a note: the one before counts as long as the write that follows may fail
_MAX_NAME_CHARS = 4096
_MAX_COUNT = 1 << 40
_MAX_MOMENT_US = 253_402_300_799_000_000  # the last second of the year 9999
_SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | _SAFE_FLAGS


class Access(NamedTuple):
    """How often a note was used, and when last."""

    times: int = 0
    last_us: int = 0  # microseconds since 1970 UTC; 0: never


class Counted(NamedTuple):
    """What the counters say."""

    accesses: dict[str, Access]  # by name, as `name_of` gives it
    said_before: dict[str, dict[str, int]]  # by path and SHA-256: since when the note says what that revision says


class _Loaded(NamedTuple):
    """What was read last."""

    seen: tuple[int, int, int]  # what the file looked like
    data: bytes
    counted: Counted


class Counters:
    """The counters of one vault on this machine."""

    def __init__(self, local_dir: Path) -> None:
        self._file = local_dir / "counters.log"
        self._temporary_dir = local_dir / "tmp"
        self._lock = Lock(local_dir / "counters.lock")
        self._loaded: _Loaded | None = None

    def used(self, names: Collection[str], at_us: int) -> None:
        """Count one use of each note; where that can't be written, it is not counted."""
        if names:
            self._append(["+", at_us, 1, *names])

    def renamed(self, *paths: tuple[str, str]) -> None:
        """Have notes' counts follow them, each from one path to another, in the order given."""
        if paths:
            self._append(*([">", old, new] for old, new in paths))

    def says_as_before(self, path: str, sha256: str, since_us: int) -> None:
        """Remember since when a note says what it says, though its file is written just now."""
        self._append(["@", since_us, path, sha256])

    def load(self) -> Counted:
        """Give what has been counted; nothing where that can't be read. Much that was appended is made compact."""
        with suppress(MemwellError), explained(self._file):
            data, seen = self._read()
            if self._loaded and self._loaded.seen == seen:
                return self._loaded.counted
            counted = _added_up(data, self._loaded)
            self._loaded = _Loaded(seen, data, counted)
            if len(data) > _compact_size(data) + _WORTH_COMPACTING:
                with self._lock.held(wait_s=_WAIT_S):
                    self._compact()
            return counted
        return self._loaded.counted if self._loaded else Counted({}, {})

    def _append(self, *lines: Sequence[str | int]) -> None:
        """Add lines, between two line breaks, so that what was cut short before or behind them stays alone."""
        data = b"\n%b\n" % b"\n".join(json.dumps(line).encode() for line in lines)
        with suppress(MemwellError), explained(self._file), self._lock.held(wait_s=_WAIT_S):
            handle = os.open(self._file, _APPEND, 0o600)
            try:
                os.write(handle, data)
                size = os.fstat(handle).st_size
                is_much = size > _TOO_MUCH and size > _TOO_MUCH + _compact_size(_head(handle))
            finally:
                os.close(handle)
            if is_much:
                self._compact()

    def _read(self) -> tuple[bytes, tuple[int, int, int]]:
        try:
            with self._file.open("rb") as file:
                data, state = file.read(), os.fstat(file.fileno())
        except FileNotFoundError:
            return b"", (0, 0, 0)
        return data, (len(data), state.st_mtime_ns, state.st_ino)

    def _compact(self) -> None:
        """Write one line a note in place of all that were appended. The caller holds the lock."""
        counted = _added_up(self._read()[0])
        lines: list[list[str | int]] = [["+", one.last_us, one.times, name] for name, one in counted.accesses.items()]
        lines += [["@", at, path, one] for path, said in counted.said_before.items() for one, at in said.items()]
        body = b"\n".join(json.dumps(line).encode() for line in lines)
        head = b'{"format": %d, "compact": %d}\n' % (FORMAT, len(body))
        write_atomic(self._file, head + body, self._temporary_dir, mode=0o600)


def name_of(path: str, id: str | None) -> str:
    """Give what a note is counted under: the identity it carries, else its path."""
    return f"id:{id}" if id else path


def access_of(counted: Counted, path: str, id: str | None) -> Access:
    """Give a note's counts, those from before it had an identity too."""
    found = [counted.accesses.get(name, Access()) for name in {path, name_of(path, id)}]
    return Access(sum(one.times for one in found), max(one.last_us for one in found))


def _head(handle: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    return os.read(handle, _HEAD_BYTES)


def _compact_size(data: bytes) -> int:
    found = _HEAD.match(data)
    return int(found[1]) if found else 0


def _added_up(data: bytes, known: _Loaded | None = None) -> Counted:
    """Read the lines, only those behind what is known already; one that is none of ours says nothing."""
    counted = Counted({}, {})
    if known and data.startswith(known.data) and data[len(known.data) :].startswith(b"\n"):
        data = data[len(known.data) :]
        said_before = {path: dict(said) for path, said in known.counted.said_before.items()}
        counted = Counted(dict(known.counted.accesses), said_before)  # what was given before stays as it was
    for line in _parsed([line for line in data.split(b"\n") if line.startswith(b"[")]):
        _take(counted, line)
    return counted


def _parsed(lines: Sequence[bytes]) -> list[Any]:
    """Read lines of JSON: all at once, which is quicker, or one by one where one of them is none."""
    with suppress(ValueError, RecursionError):
        found = json.loads(b"[%b]" % b",".join(lines))
        if len(found) == len(lines):
            return list(found)
    found = []
    for line in lines:
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return found


def _take(counted: Counted, line: Any) -> None:
    accesses, said_before = counted
    match line:
        case ["+", int(at), int(times), *names] if _is_moment(at) and 0 < times <= _MAX_COUNT and _are_names(names):
            for name in names:
                before = accesses.get(name, Access())
                total = min(before.times + times, _MAX_COUNT)
                accesses[name] = Access(total, max(before.last_us, at))
        case [">", old, new] if _are_names([old, new]) and old != new:
            _follow(accesses, old, new)
            _follow(said_before, old, new)
        case ["@", int(at), path, sha256] if _is_moment(at) and _are_names([path, sha256]):
            said = said_before.setdefault(path, {})
            said.pop(sha256, None)
            said[sha256] = at
            if len(said) > _SAID_KEPT:
                del said[next(iter(said))]


def _follow(kept: dict[str, Any], old: str, new: str) -> None:
    kept.pop(new, None)  # it is of another note, which had that path before
    if old in kept:
        kept[new] = kept.pop(old)


def _is_moment(at: int) -> bool:
    return 0 <= at <= _MAX_MOMENT_US


def _are_names(names: Iterable[Any]) -> bool:
    return all(isinstance(name, str) and 0 < len(name) <= _MAX_NAME_CHARS for name in names)
