"""What a vault needs beside whole files: its lock can be had, only its owner may change it, its model works."""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.embedder import is_local, make_embedder

_WAIT_S = 5.0  # a write takes milliseconds
_LINE = "Which line shows that the model works?"
_MAX_LISTED = 100


@dataclass(frozen=True)
class ModelState:
    """Whether texts can be turned into vectors."""

    name: str  # as in the settings; "none": it was turned off
    ms: float | None  # to load it and embed one line; None: that was not done
    problem: str | None


@dataclass(frozen=True)
class Examined:
    """What was found beside the files."""

    lock: str | None  # why nothing can be written just now
    permissions: tuple[Problem, ...]  # of what is in .memwell
    model: ModelState


def examine(session: Session, *, offline: bool = False) -> Examined:
    """Take the vault's lock for a moment, look at who may write in ``.memwell``, load the model and embed a line.

    Args:
        session: the open vault.
        offline: ask no endpoint and download nothing.
    """
    found = tuple(_permission_problems(session.config.memwell_dir))
    return Examined(_lock_problem(session), found[:_MAX_LISTED], _model(session, offline=offline))


def _lock_problem(session: Session) -> str | None:
    try:
        with session.vault.lock.held(wait_s=_WAIT_S):
            return None
    except MemwellError as error:
        return str(error)


def _permission_problems(folder: Path) -> Iterator[Problem]:
    """List what its owner can't use, or what anybody may change."""
    if os.name == "nt":  # there are no such modes
        return
    for place, folders, names in os.walk(folder, onerror=None):
        folders.sort()
        for file in (Path(place), *(Path(place) / name for name in sorted(names))):
            problem = _permission_problem(file)
            if problem:
                yield Problem(str(file.relative_to(folder.parent)), problem)


def _permission_problem(file: Path) -> str | None:
    try:
        found = file.lstat()
    except OSError:  # it was another process's, for a moment
        return None
    if stat.S_ISLNK(found.st_mode):
        return None
    if not os.access(file, os.R_OK | (os.X_OK if stat.S_ISDIR(found.st_mode) else 0)):
        return "can't be read"
    if stat.S_ISDIR(found.st_mode) and not os.access(file, os.W_OK):
        return "can't be written"
    return "anybody on this machine may change it" if found.st_mode & stat.S_IWOTH else None


def _model(session: Session, *, offline: bool) -> ModelState:
    setting = session.config.embedder
    if setting == "none" or (offline and not is_local(setting)):
        return ModelState(setting, None, None)
    began = time.perf_counter()
    try:
        embedder = make_embedder(session.config, offline=offline)
        assert embedder is not None, "the setting is not none"
        embedder.embed_query(_LINE)
    except MemwellError as error:
        return ModelState(setting, None, str(error))
    return ModelState(setting, round((time.perf_counter() - began) * 1000, 1), None)
