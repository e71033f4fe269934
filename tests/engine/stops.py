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

from vault_engine.vault import place

COUNTED = (
    "fsync", "replace", "rename", "unlink", "mkdir", "rmdir", "truncate", "ftruncate", "chmod", "fchmod", "link",
)  # fmt: skip
FOLDERS = ("dir_fd", "src_dir_fd")


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


def named(first: Any, folder: int | None) -> str:
    """Give the whole path of what an operation is about: a path, a name in an open folder, or an open file."""
    if isinstance(first, int):
        return str(Path(f"/proc/self/fd/{first}").readlink())
    return str(Path(f"/proc/self/fd/{folder}").readlink() / first) if folder is not None else os.fspath(first)


@contextmanager
def watched(operations: Operations, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count every file operation inside the block."""
    opened, fdopened, os_opened, os_written, exchanged = io.open, os.fdopen, os.open, os.write, place._renameat2

    def counting(name: str) -> Any:
        real = getattr(os, name)

        def call(first: Any, *rest: Any, **options: Any) -> Any:
            path = named(first, next((options[key] for key in FOLDERS if options.get(key) is not None), None))
            if name != "unlink" or os.path.lexists(path):
                operations.happens(name, path)
            return real(first, *rest, **options)

        return call

    def os_open(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        where = named(path, options.get("dir_fd"))
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            operations.happens("open", where)
        return os_opened(path, flags, *rest, **options)

    def os_write(handle: int, data: Any) -> int:
        try:
            operations.happens("write", named(handle, None))
        except BaseException:
            os_written(handle, bytes(data)[: len(data) // 2])
            raise
        return os_written(handle, data)

    def renameat2(old_folder: int, old: str, new_folder: int, new: str, flags: int) -> None:
        operations.happens("renameat2", named(new, new_folder))
        exchanged(old_folder, old, new_folder, new, flags)

    def io_open(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+"):
            return opened(file, mode, *rest, **options)
        operations.happens(f"open {mode}", file)
        return TornFile(opened(file, mode, *rest, **options), operations)

    def fdopen(handle: int, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+"):
            return fdopened(handle, mode, *rest, **options)
        return TornFile(fdopened(handle, mode, *rest, **options), operations)

    with monkeypatch.context() as patched:
        for name in COUNTED:
            patched.setattr(os, name, counting(name))
        patched.setattr(os, "open", os_open)
        patched.setattr(os, "write", os_write)
        patched.setattr(io, "open", io_open)
        patched.setattr(os, "fdopen", fdopen)
        patched.setattr(place, "_renameat2", renameat2)
        yield
