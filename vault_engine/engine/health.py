"""Whether a vault works: a note of its own is written, changed, archived and brought back as every note is."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vault_engine.config import MEMWELL_DIR
from vault_engine.engine.maintain import journal_problems
from vault_engine.engine.memory import Memory
from vault_engine.engine.session import Session
from vault_engine.engine.write import forget, remember, restore
from vault_engine.errors import MemwellError, NoteDamaged
from vault_engine.journal.entry import Actor
from vault_engine.vault.files import explained, make_folder

_TEXTS = ("Can this be written?", "And can it be written again?")
_PROBER = Actor("system", "memwell")


@dataclass(frozen=True)
class HealthCheck:
    """One thing that was tried."""

    name: str
    problem: str | None  # None: it works
    took_ms: float  # 1 digit


@dataclass(frozen=True)
class Health:
    """How a vault is."""

    is_healthy: bool
    checks: tuple[HealthCheck, ...]


def health(session: Session) -> Health:
    """Try what a vault is there for. What is written for that is gone again, and never among the notes.

    Raises:
        VaultMissing: the vault's folder is gone.
    """
    tries: tuple[tuple[str, Callable[[Session], None]], ...] = (
        ("read", _read),
        ("lock", _lock),
        ("write", _write),
        ("journal", _journal),
        ("index", _index),
    )
    with session.guard:
        checks = tuple(_tried(name, do, session) for name, do in tries)
    return Health(all(one.problem is None for one in checks), checks)


def _tried(name: str, do: Callable[[Session], None], session: Session) -> HealthCheck:
    began = time.perf_counter()
    problem = None
    try:
        do(session)
    except MemwellError as error:
        problem = str(error)
    return HealthCheck(name, problem, round((time.perf_counter() - began) * 1000, 1))


def _read(session: Session) -> None:
    """Look at the whole vault."""
    session.refresh()


def _lock(session: Session) -> None:
    """Take the lock that every change needs."""
    with session.vault.lock.held():
        pass


def _write(session: Session) -> None:
    """Let a note come, change, go and come back in a vault beside the notes, on the same disk."""
    root = session.vault.local_dir / f"probe-{os.getpid()}-{os.urandom(4).hex()}"
    own = root / MEMWELL_DIR
    try:
        with explained(root):
            make_folder(root)
            own.mkdir()
        config = replace(
            session.config,
            root=root,
            cache_dir=root / MEMWELL_DIR / "cache",
            embedder="none",
            device="probe",
            profile=None,
        )
        _write_in(root, Session(config, _PROBER))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _write_in(root: Path, probe: Session) -> None:
    for text in _TEXTS:
        path = remember(probe, Memory(text, key="probe", on_similar="off")).path
        _check(root, path, text)
    forget(probe, path)
    restore(probe, path)
    _check(root, path, _TEXTS[-1])
    probe.close()


def _check(root: Path, path: str, text: str) -> None:
    with explained(path):
        found = (root / path).read_text("utf-8")
    if not found.endswith(f"{text}\n"):
        raise NoteDamaged(path, "it does not hold what was just written")


def _journal(session: Session) -> None:
    """Check every line of the journal."""
    if problems := journal_problems(session):
        raise NoteDamaged(problems[0].path, f"{problems[0].problem} ({len(problems):,} in all)")


def _index(session: Session) -> None:
    """Look whether the index can be kept, and every note be read."""
    index = session.index
    if index.cache_problem:
        raise NoteDamaged(str(session.config.cache_dir), index.cache_problem)
    for path, reason in index.unread.items():
        raise NoteDamaged(path, f"it can't be read: {reason} ({len(index.unread):,} in all)")
