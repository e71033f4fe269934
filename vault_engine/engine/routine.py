"""Grooming by the clock, beside a server: what `cohere` does, as often as the settings say, when nobody is at work.

When it was done last is in ``.memwell/local``, so the processes of one machine agree: one of them does it.
"""

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from vault_engine.engine.cohering import Cohered, cohere
from vault_engine.engine.session import Session, timestamp
from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.journal.entry import Actor
from vault_engine.vault.files import write_atomic
from vault_engine.vault.lock import Lock

GROOMER = Actor("system", "memwell/groom")
QUIET_S = 30.0  # nobody has changed a note for so long

_FILE, _LOCK = "groomed.json", "groom.lock"
_FORMAT = 1
_LOOK_S = 600.0  # a machine that slept looks at the clock so soon
_RETRY_S = 600.0  # after a problem that may have gone away by itself
_HOUR_S = 3600.0
_ABOUT_S = 1.0  # times in the journal never go back, and may be a little ahead


@dataclass(frozen=True)
class Groomed:
    """What became of the last time."""

    at: str  # ISO 8601, UTC; "": never
    said: str = ""  # what was done
    entry: str | None = None  # of the journal, to take it back by
    problem: str | None = None  # why a try since came to nothing


class Routine:
    """Grooms in a thread of its own. Never raises; what went wrong is kept for who asks how the vault is."""

    def __init__(self, session: Session, *, quiet_s: float = QUIET_S) -> None:
        self._session, self._quiet_s = session, quiet_s
        self._stop = threading.Event()
        self._changed = time.monotonic()
        self._not_before = 0.0
        self._thread = threading.Thread(target=self._run, name="memwell-groom", daemon=True)

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread.start()

    def poke(self) -> None:
        """Say that something has changed in the vault: somebody may be at work."""
        self._changed = time.monotonic()

    def stop(self) -> None:
        """End, after what is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(min(self._wait_s(), _LOOK_S)):
            if self._wait_s() <= 0 and not groom_if_due(self._session):
                self._not_before = time.monotonic() + _RETRY_S

    def _wait_s(self) -> float:
        """Say how long to wait: until it is due, nobody is at work, and a problem had time to go away."""
        now = time.monotonic()
        return max(due_in_s(self._session), self._changed + self._quiet_s - now, self._not_before - now, 0.0)


def groom_if_due(session: Session) -> bool:
    """Groom, unless another process does or has; say whether there is nothing left to do. Never raises."""
    try:
        with Lock(session.vault.local_dir / _LOCK).held(wait_s=0):
            if due_in_s(session) > 0 or _is_done_elsewhere(session):
                return True
            try:
                done = cohere(session, dry_run=False, actor=GROOMER)
            except MemwellError as error:
                last = last_groomed(session)
                _save(session, Groomed(last.at, last.said, last.entry, problem=str(error)))
                return False
            _save(session, Groomed(session.now().isoformat(), _words(done), done.entry))
            return True
    except VaultBusy:
        return False
    except (MemwellError, OSError):  # what was done can't be kept: it is tried again
        return False


def due_in_s(session: Session) -> float:
    """Say in how many seconds grooming is due, 0 where it is; only for who has it switched on."""
    return _due_in_s(session, last_groomed(session).at)


def _due_in_s(session: Session, last: str) -> float:
    with suppress(ValueError, TypeError):
        since = (session.now() - datetime.fromisoformat(last)).total_seconds()
        if since >= -_HOUR_S:  # clocks of two machines may differ a little; else one was wrong
            return max(session.config.groom_hours * _HOUR_S - max(since, 0.0), 0.0)
    return 0.0


def _is_done_elsewhere(session: Session) -> bool:
    """Say whether another machine has groomed the vault, as the journals tell that came from there; note it if so."""
    told = (entry for entry in session.journal.entries(holding=f'"{GROOMER.name}"') if entry.actor == GROOMER)
    last = max((entry.ts for entry in told), default="")
    if _due_in_s(session, last) <= _ABOUT_S:
        return False
    _save(session, Groomed(last, "by another machine"))
    return True


def last_groomed(session: Session) -> Groomed:
    """Read what became of the last time, as far as that can be told."""
    try:
        stored = json.loads((session.vault.local_dir / _FILE).read_bytes())
        if stored.pop("format") != _FORMAT:
            return Groomed("")
        found = Groomed(**stored)
        texts = (found.at, found.said, found.entry or "", found.problem or "")
        return found if all(isinstance(one, str) for one in texts) else Groomed("")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Groomed("")


def grooming(session: Session) -> str | None:
    """Say in words how grooming by the clock goes; None where it is off."""
    if not session.config.groom_hours:
        return None
    last = last_groomed(session)
    try:
        when = timestamp(datetime.fromisoformat(last.at))
    except ValueError:
        when = ""
    done = f"{when}Z: {last.said}" if when else "not yet"
    undo = f"; 'memwell journal undo {last.entry}' takes it back" if when and last.entry else ""
    problem = f"; since then it could not be done: {last.problem}" if last.problem else ""
    return f"every {session.config.groom_hours:g} h by a server, last {done}{undo}{problem}"


def _words(done: Cohered) -> str:
    said = f"{len(done.moved):,} tiers, {len(done.links):,} links, {len(done.archived):,} notes archived"
    if done.left:
        said += f", {len(done.left):,} could not be changed"
    return f"{said}; it stopped at the most one run may do, {done.waiting:,} wait" if done.waiting else said


def _save(session: Session, groomed: Groomed) -> None:
    text = json.dumps({"format": _FORMAT, **asdict(groomed)})
    write_atomic(session.vault.local_dir / _FILE, text.encode(), session.vault.local_dir / "tmp")
