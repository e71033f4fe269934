"""Answering the hooks of a vault that no server answers: a small process that a hook starts, and that goes by itself.

``python -m vault_engine.hooks.standing_in VAULT MINUTES``. It goes when nobody has asked for that long, when a server
of the vault comes, or when the vault or the socket is gone. Meanwhile it follows the vault as a server does. It
searches by words alone, which loads no model, holds no lock but that of the socket, and is the only one for a vault.
"""

import os
import sys
import time
from pathlib import Path

from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.hooks.log import note
from vault_engine.hooks.place import OTHERS, made_private, socket_path
from vault_engine.vault.lock import Lock

EVENT = "stand-in"  # in the log of the hooks, when it is gone: the last that it writes
_HANDLES = 1024


def stand_in(root: str, minutes: float) -> int:
    """Answer until it is over; give the exit code. What became of it stands in the log of the hooks."""
    path = socket_path(root, os.environ)
    if path is None or not made_private(os.path.dirname(path)):  # noqa: PTH120
        return 1
    began = time.monotonic()
    try:
        with Lock(Path(path).with_suffix(".lock")).held(wait_s=0):  # before all that takes long is loaded
            why = _answered(root, Path(path), minutes)
    except VaultBusy:
        return OTHERS
    except (MemwellError, OSError, ValueError) as error:
        note(root, EVENT, type(error).__name__, time.monotonic() - began)
        return 1
    note(root, EVENT, why, time.monotonic() - began)
    return 0


def _answered(root: str, path: Path, minutes: float) -> str:
    from vault_engine.engine import Actor, Engine
    from vault_engine.hooks.listening import Door

    env = {**os.environ, "MEMWELL_EMBEDDER": "none", "MEMWELL_RERANKER": "none"}
    with Engine.open(root, actor=Actor("agent", "hook", "hook"), env=env) as engine:
        os.chdir(os.sep)  # so that it keeps no folder busy
        door = Door(engine, path, gives_way=True)
        door.warm()
        engine.watch()  # else each question would look at every file first
        why = ""

        def is_over() -> bool:
            nonlocal why
            is_late = time.monotonic() - door.last_asked > minutes * 60
            why = "idle" if is_late else "gone" if not _is_ours(path, root) else ""
            return bool(why)

        door.answer(is_over)
        return "gave-way" if door.is_given_up else why


def _is_ours(path: Path, root: str) -> bool:
    """Say whether socket and vault are still there."""
    return path.exists() and os.path.isdir(os.path.join(root, ".memwell"))  # noqa: PTH112, PTH118


if __name__ == "__main__":
    os.closerange(3, _HANDLES)  # of whoever ran the hook, who may wait until nobody has them
    sys.exit(stand_in(sys.argv[1], float(sys.argv[2])))
