"""Another process that writes the temporary files of many new notes and packs, while this one goes on computing.

Creating a small file is nearly all system calls, each of which a thread would have to get Python's lock back after. So
this module is also a small program, which knows nothing but the standard library and starts in some ten milliseconds.
It is a help that may fail at any moment: whoever uses it does again what it does not say to have done.

What goes to the program: portions, each its length and so many bytes; one of length 0 is the last. A portion holds
whole files: the permissions, which the umask narrows, the lengths of folder, name and content, then these. What comes
back, after the last portion: a greeting, as the program may be another than we think, and a byte for each file in turn,
1 if it is written. A program whose parent is gone does no further portion.
"""

import os
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

_PORTION_BYTES = 128 << 10
_PIPE_BYTES = 1 << 20  # what may wait for the program
_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<IIII")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_GREETING = b"\0staged:"
_DONE, _NOT_DONE = 1, 0


class Stager:
    """The process, from here. It writes beneath one folder that is held open; nothing it writes is durable yet."""

    def __init__(self, folder: int) -> None:
        """Start the process.

        Args:
            folder: the handle of the folder that holds those it writes to.

        Raises:
            OSError: no process can be started.
        """
        import subprocess

        command = [sys.executable, "-I", "-S", __file__, str(folder), str(os.getpid())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(folder,),
        )
        assert self._process.stdin
        self._to = self._process.stdin.fileno()
        _widen(self._to)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._is_there = True

    def hand_over(self, folder: str, name: str, data: bytes, mode: int = 0o666) -> None:
        """Have a file written that is not there yet; waits while the process has much to do."""
        where, what = os.fsencode(folder), os.fsencode(name)
        self._waiting += (_HEAD.pack(mode, len(where), len(what), len(data)), where, what, data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _PORTION_BYTES:
            self._send()

    def finish(self) -> list[bool]:
        """Let the process come to its end; say of each file in turn whether it is written.

        Nothing is left of one that is not. Fewer are told of where the process has died: then any may be there, or
        parts of it.
        """
        self._send()
        self._send()  # of nothing: it was the last
        assert self._process.stdout
        answer = b""
        with suppress(OSError):
            answer = self._process.stdout.read() if self._is_there else b""
        greeting, done = answer[: len(_GREETING)], answer[len(_GREETING) :]
        return [each == _DONE for each in done] if greeting == _GREETING else []

    def close(self) -> None:
        """End the process, whatever it is doing; nothing is written any more when this returns."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()

    def _send(self) -> None:
        portion = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        try:
            if self._is_there:
                _write_all(self._to, _LENGTH.pack(len(portion)) + portion)
        except OSError:
            self._is_there = False


def is_possible() -> bool:
    """Say whether such a process can be had here: a program that is packed into one file has no Python to start."""
    return os.name == "posix" and bool(sys.executable) and not hasattr(sys, "frozen") and os.path.isfile(__file__)  # noqa: PTH113 - of a text


def _widen(pipe: int) -> None:
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # it is as wide as it is
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _write_all(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


# ---- the program


def main(folder: int, parent: int, source: BinaryIO) -> bytes:
    """Write what comes from ``source``; say what was written.

    Raises:
        EOFError: the parent is gone.
    """
    done = bytearray(_GREETING)
    folders: dict[bytes, int] = {}
    while portion := _next_portion(source):
        if os.getppid() != parent:
            raise EOFError
        at = 0
        while at < len(portion):
            mode, into, name, data, at = _next_file(portion, at)
            try:
                if into not in folders:
                    folders[into] = os.open(into, _FOLDER, dir_fd=folder)
                _write_new(folders[into], name, data, mode)
                done.append(_DONE)
            except OSError:
                done.append(_NOT_DONE)
    return bytes(done)


def _next_portion(source: BinaryIO) -> bytes:
    length = source.read(_LENGTH.size)
    portion = source.read(_LENGTH.unpack(length)[0]) if len(length) == _LENGTH.size else b""
    if _LENGTH.pack(len(portion)) != length:
        raise EOFError
    return portion


def _next_file(portion: bytes, at: int) -> tuple[int, bytes, bytes, memoryview, int]:
    """Give permissions, folder, name and content of the file at an offset, and where the next one is."""
    mode, folder, name, size = _HEAD.unpack_from(portion, at)
    at += _HEAD.size
    start = at + folder + name
    return (
        mode,
        portion[at : at + folder],
        portion[at + folder : start],
        memoryview(portion)[start : start + size],
        start + size,
    )


def _write_new(folder: int, name: bytes, data: memoryview, mode: int) -> None:
    """Write a file as `place.write_new` does; on a failure nothing of it is left."""
    handle = os.open(name, _NEW, mode, dir_fd=folder)
    try:
        try:
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise


if __name__ == "__main__":
    sys.stdout.buffer.write(main(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer))
