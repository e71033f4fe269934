"""The door at which the server of a vault answers hooks: a socket that only this user can reach.

One process has the door of a vault; others wait until it is free. What comes through it is bounded in size, time and
number, and whoever sends something else gets no answer.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vault_engine.engine import Engine
from vault_engine.errors import MemwellError
from vault_engine.hooks.answering import context_for
from vault_engine.hooks.place import is_private, socket_path
from vault_engine.vault.lock import Lock

MAX_REQUEST_BYTES = 64 << 10
MAX_AT_ONCE = 4
PATIENCE_S = 1.0  # until a request must have come in whole
_LOOK_S = 0.2
_TRY_AGAIN_S = 2.0

_WARMING = {"event": "prompt", "prompt": "what is remembered here", "budget": 1}


@contextmanager
def answering_hooks(engine: Engine, env: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Answer the hooks of a vault inside the block, as soon as no other process does.

    Where the system has no such sockets, or no folder that is private, nobody answers, and hooks open the vault
    themselves.
    """
    path = socket_path(str(engine.root), env)
    if path is None or sys.platform == "win32":
        yield
        return
    door = _Door(engine, Path(path))
    door.start()
    try:
        yield
    finally:
        door.stop()


class _Door(threading.Thread):
    """Takes the door when it is free, and answers whoever comes."""

    def __init__(self, engine: Engine, path: Path) -> None:
        super().__init__(name="memwell-hooks", daemon=True)
        self._engine, self._path = engine, path
        self._ended = threading.Event()
        self._places = threading.BoundedSemaphore(MAX_AT_ONCE)

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
        """Have the door as long as the server runs, if nobody else has it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(str(self._path.parent)):
            return
        lock = self._path.with_suffix(".lock")
        with Lock(lock).held(wait_s=0):
            self._path.unlink(missing_ok=True)  # of a process that is gone
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(str(self._path))
                self._path.chmod(0o600)
                listener.listen(MAX_AT_ONCE)
                listener.settimeout(_LOOK_S)
                self._welcome(listener)
            self._path.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)

    def _welcome(self, listener: socket.socket) -> None:
        while not self._ended.is_set():
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
                context = context_for(self._engine, request)
                connection.settimeout(PATIENCE_S)
                connection.sendall(json.dumps({"format": 1, "context": context}).encode() + b"\n")
            if request["event"] == "session-start":  # the first prompt follows: have the model loaded by then
                context_for(self._engine, _WARMING)
        except (OSError, ValueError, RecursionError, MemwellError):
            return  # whoever asked gets no answer, and goes on without
        finally:
            self._places.release()


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
