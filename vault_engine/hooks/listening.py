"""The door at which the server of a vault answers hooks: a socket that only this user can reach.

One process has the door of a vault; others wait until it is free. The one that a hook starts where there is no server
(`standing_in`) gives way to a server. What comes through the door is bounded in size, time and number, and whoever
sends something else gets no answer.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vault_engine.engine import Engine
from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.hooks.answering import context_for
from vault_engine.hooks.asking import LEAVE, LEAVING, leave
from vault_engine.hooks.place import made_private, socket_path
from vault_engine.vault.lock import Lock

MAX_REQUEST_BYTES = 64 << 10
MAX_AT_ONCE = 4
PATIENCE_S = 1.0  # until a request must have come in whole
_LOOK_S = 0.2
_TRY_AGAIN_S = 2.0
_LEAVING_S = 2.0  # for one that gives way

_WARMING = {"event": "prompt", "prompt": "what is remembered here", "budget": 1}


@contextmanager
def answering_hooks(engine: Engine, env: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Answer the hooks of a vault inside the block, as soon as no other server does.

    Where the system has no such sockets, or no folder that is private, nobody answers, and hooks open the vault
    themselves.
    """
    path = socket_path(str(engine.root), env)
    if path is None or sys.platform == "win32":
        yield
        return
    taking = _Taking(Door(engine, Path(path)))
    taking.start()
    try:
        yield
    finally:
        taking.stop()


class _Taking(threading.Thread):
    """Takes the door when it is free, or who has it is only standing in, and answers whoever comes."""

    def __init__(self, door: "Door") -> None:
        super().__init__(name="memwell-hooks", daemon=True)
        self._door = door
        self._ended = threading.Event()

    def stop(self) -> None:
        """Close the door, and wait until it is."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError, MemwellError):
                self._be_there()
            self._ended.wait(_TRY_AGAIN_S)

    def _be_there(self) -> None:
        """Have the door as long as the server runs, if no other server has it."""
        path = self._door.path
        if not made_private(str(path.parent)):
            return
        lock = Lock(lock_of(path))
        try:
            with lock.held(wait_s=0):
                self._door.answer(self._ended.is_set)
        except VaultBusy:
            if leave(str(path)):
                with lock.held(wait_s=_LEAVING_S):
                    self._door.answer(self._ended.is_set)


def lock_of(path: Path) -> Path:
    """Give the file whose lock is held by who has a door."""
    return path.with_suffix(".lock")


class Door:
    """A socket at which hooks are answered. Whoever opens it holds the lock beside it.

    Args:
        engine: the open vault.
        path: of the socket.
        gives_way: whether it is closed for a server of the vault that comes.
    """

    def __init__(self, engine: Engine, path: Path, *, gives_way: bool = False) -> None:
        self.path = path
        self.last_asked = time.monotonic()
        self.is_given_up = False  # a server has come
        self._engine, self._gives_way = engine, gives_way
        self._places = threading.BoundedSemaphore(MAX_AT_ONCE)

    def answer(self, is_over: Callable[[], bool]) -> None:
        """Answer whoever comes until it is over, or the socket's name is somebody else's."""
        self.path.unlink(missing_ok=True)  # of a process that is gone
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.path))
            self.path.chmod(0o600)
            listener.listen(MAX_AT_ONCE)
            listener.settimeout(_LOOK_S)
            self._welcome(listener, is_over)
        self.path.unlink(missing_ok=True)
        lock_of(self.path).unlink(missing_ok=True)

    def _welcome(self, listener: socket.socket, is_over: Callable[[], bool]) -> None:
        while not (is_over() or self.is_given_up):
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            if self._places.acquire(blocking=False):
                threading.Thread(target=self._serve, args=(connection,), name="memwell-hook", daemon=True).start()
            else:
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                request = _read(connection)
                if self._gives_way and request.get("event") == LEAVE:
                    self.is_given_up = True
                    connection.sendall(LEAVING)
                    return
                self.last_asked = time.monotonic()
                context = context_for(self._engine, request)
                connection.settimeout(PATIENCE_S)
                connection.sendall(json.dumps({"format": 1, "context": context}).encode() + b"\n")
            if request["event"] == "session-start":  # the first prompt follows: have the model loaded by then
                self.warm()
        except (OSError, ValueError, RecursionError, MemwellError):
            return  # whoever asked gets no answer, and goes on without
        finally:
            self._places.release()

    def warm(self) -> None:
        """Load what a question needs."""
        context_for(self._engine, _WARMING)


def _read(connection: socket.socket) -> Mapping[str, Any]:
    """Read a request: one JSON object on one line.

    Raises:
        ValueError: it is none, or too long, or not there in time.
    """
    until, data = time.monotonic() + PATIENCE_S, b""
    while not data.endswith(b"\n"):
        left = until - time.monotonic()
        if left <= 0 or len(data) > MAX_REQUEST_BYTES:
            raise ValueError("no request")
        connection.settimeout(left)
        part = connection.recv(1 << 14)
        if not part:
            raise ValueError("no request")
        data += part
    request = json.loads(data)
    if not isinstance(request, dict):
        raise ValueError("no request")
    return request
