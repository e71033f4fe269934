"""Stops or fails the n-th file operation of what runs inside a block.

A stop is a power cut: that operation and every later one does not happen, whatever handlers and ``finally`` do.
A failure is the system's refusal of that one operation.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

COUNTED = ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir", "truncate", "chmod", "link")


class Killed(BaseException):
    """The process is no more."""


class Operations:
    """Counts file operations that change something; what happens at the n-th is up to the subclass."""

    def __init__(self, at: int, under: Path) -> None:
        self.at, self._under = at, str(under)
        self.seen: list[str] = []

    def happens(self, name: str, path: object = None) -> None:
        """Count one operation, if it is on a file below the folder watched or on an open one."""
        if path is not None and not str(path).startswith(self._under):
            return
        self.seen.append(f"{name} {str(path or '').removeprefix(self._under)}")
        self.act(len(self.seen))

    def act(self, number: int) -> None:
        """Let operation ``number`` happen, or not."""


class Stop(Operations):
    """A power cut at the n-th operation."""

    def act(self, number: int) -> None:
        if number >= self.at:
            raise Killed


class Fail(Operations):
    """A refusal of the n-th operation alone, or of that and all that follow."""

    def __init__(self, at: int, under: Path, number: int, *, for_good: bool = False) -> None:
        super().__init__(at, under)
        self._number, self._for_good = number, for_good

    def act(self, number: int) -> None:
        if number == self.at or (self._for_good and number > self.at):
            raise OSError(self._number, os.strerror(self._number))


class TornFile:
    """A file whose write is an operation too; the power cut comes half-way through it."""

    def __init__(self, file: Any, operations: Operations) -> None:
        self._file, self._operations = file, operations

    def write(self, data: Any) -> int:
        try:
            self._operations.happens("write")
        except BaseException:
            self._file.write(data[: len(data) // 2])
            raise
        return int(self._file.write(data))

    def __enter__(self) -> "TornFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def watched(operations: Operations, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count every file operation inside the block."""
    opened, fdopened, os_opened = io.open, os.fdopen, os.open

    def counting(name: str) -> Any:
        real = getattr(os, name)

        def call(first: Any, *rest: Any, **named: Any) -> Any:
            if name != "unlink" or os.path.lexists(first):
                operations.happens(name, first if not isinstance(first, int) else None)
            return real(first, *rest, **named)

        return call

    def os_open(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or Path(path).is_dir():
            operations.happens("open", path)
        return os_opened(path, flags, *rest, **named)

    def io_open(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+"):
            return opened(file, mode, *rest, **named)
        operations.happens(f"open {mode}", file)
        return TornFile(opened(file, mode, *rest, **named), operations)

    def fdopen(handle: int, mode: str = "r", *rest: Any, **named: Any) -> Any:
        return TornFile(fdopened(handle, mode, *rest, **named), operations)

    with monkeypatch.context() as patched:
        for name in COUNTED:
            patched.setattr(os, name, counting(name))
        patched.setattr(os, "open", os_open)
        patched.setattr(io, "open", io_open)
        patched.setattr(os, "fdopen", fdopen)
        yield
