"""The verbs for small values that an agent keeps for a while, beside the notes; they are never synced."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.state.store import Held, Store

_FOLDER, _QUARANTINE = "state", "quarantine"
_TTL = re.compile(r"(?P<amount>\d{1,9}(?:\.\d{1,6})?)(?P<unit>ms|s|m|h|d|w)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


@dataclass(frozen=True)
class StateValue:
    """One key, and what it holds."""

    key: str
    found: bool  # False: there is no such key, or no more; then all that follows is None
    value: Any = None  # of JSON
    created: str | None = None  # ISO 8601, UTC
    updated: str | None = None
    expires: str | None = None  # None: it stays


@dataclass(frozen=True)
class StateList:
    """Keys, and what they hold."""

    values: tuple[StateValue, ...]  # by key


@dataclass(frozen=True)
class StateDeleted:
    """A key is not there any more."""

    key: str
    found: bool  # whether it was there


def state_set(session: Session, key: str, value: Any, ttl: str | float | None = None) -> StateValue:
    """Keep a value under a key, durably, until its time to live is over.

    Args:
        session: the open vault.
        key: letters, digits and ``. _ : / @ -``, at most 200.
        value: of JSON, at most 64 KiB.
        ttl: seconds, or a text such as ``90s``, ``10m``, ``2h`` or ``7d``; None: for good.

    Raises:
        BadInput: key, value or time are out of bounds.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """
    return _shown(key, _store(session).set(key, value, session.now_us(), read_ttl(ttl)))


def state_get(session: Session, key: str) -> StateValue:
    """Give what a key holds now. Raises BadInput: no key can be called so; VaultDenied, StorageFailed."""
    return _shown(key, _store(session).get(key, session.now_us()))


def state_delete(session: Session, key: str) -> StateDeleted:
    """Forget a key. Raises as `state_set`."""
    return StateDeleted(key, _store(session).delete(key, session.now_us()))


def state_list(session: Session, prefix: str = "") -> StateList:
    """Give all that is held now under keys that begin with ``prefix``. Raises VaultDenied, StorageFailed."""
    held = _store(session).list(session.now_us(), prefix)
    return StateList(tuple(_shown(key, one) for key, one in held.items()))


def read_ttl(ttl: str | float | None) -> float | None:
    """Read a time to live, in seconds.

    Raises:
        BadInput: it is none.
    """
    if ttl is None or not isinstance(ttl, str):
        return ttl
    found = _TTL.fullmatch(ttl.strip())
    if found is None:
        raise BadInput(f"{ttl!r} is no length of time: a number with ms, s, m, h, d or w, such as 10m")
    return float(found["amount"]) * _SECONDS[found["unit"] or "s"]


def _store(session: Session) -> Store:
    local = session.vault.local_dir
    return Store(local / _FOLDER, local / _QUARANTINE)


def _shown(key: str, held: Held | None) -> StateValue:
    if held is None:
        return StateValue(key, found=False)
    times = (None if us is None else _timestamp(us) for us in (held.created_us, held.updated_us, held.expires_us))
    return StateValue(key, True, held.value, *times)


def _timestamp(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
