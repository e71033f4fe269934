"""Which vault a hook is about, and where the server of that vault answers hooks.

Needs little of the standard library and nothing else: it is loaded at every prompt.
"""

import hashlib
import os
import stat
from collections.abc import Mapping

OTHERS = 3  # the exit code of a process that was to answer hooks where another one does, or is about to

_MAX_PATH_BYTES = 100  # a socket's path may have no more on some systems


def vault_root(given: str | None, env: Mapping[str, str], start: str) -> str | None:
    """Give the folder of the vault that is meant, links resolved, as `config.find_vault` does; None: there is none."""
    named = env.get("MEMWELL_VAULT") or None if given is None else given
    folder = os.path.expanduser(named) if named is not None else os.path.abspath(start)  # noqa: PTH100, PTH111
    while True:
        if os.path.isdir(os.path.join(folder, ".memwell")):  # noqa: PTH112, PTH118
            return os.path.realpath(folder)
        above = os.path.dirname(folder)  # noqa: PTH120
        if named is not None or above == folder:
            return None
        folder = above


def socket_path(root: str, env: Mapping[str, str]) -> str | None:
    """Say where the server of a vault answers; None where this system has no such sockets, or no short name for one."""
    folder = _runtime_folder(env)
    if folder is None:
        return None
    path = f"{folder}/{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}.sock"
    return path if len(os.fsencode(path)) <= _MAX_PATH_BYTES else None


def is_private(folder: str) -> bool:
    """Say whether a folder is ours and nobody else can look or write into it."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0


def made_private(folder: str) -> bool:
    """Make a folder that only this user can reach, if it is not there; say whether it is one then."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    except OSError:
        return False
    return is_private(folder)


def _runtime_folder(env: Mapping[str, str]) -> str | None:
    """Say where sockets are. No variable of the system's counts: clients pass them on to hooks, and not to servers."""
    if not hasattr(os, "getuid"):
        return None
    if given := env.get("MEMWELL_RUNTIME_DIR"):
        return given
    system = f"/run/user/{os.getuid()}"
    return f"{system}/memwell" if os.path.isdir(system) else f"/tmp/memwell-{os.getuid()}"  # noqa: PTH112
