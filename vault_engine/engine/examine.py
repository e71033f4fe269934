"""What a vault needs beside whole files: its lock can be had, only its owner may change it, its model works."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
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
    unusable: tuple[Problem, ...]  # what in .memwell can't be read or written
    exposed: tuple[Problem, ...]  # what in .memwell anybody may change
    model: ModelState


def examine(session: Session, *, offline: bool = False) -> Examined:
    """Take the vault's lock for a moment, look at who may write in ``.memwell``, load the model and embed a line.

    Args:
        session: the open vault.
        offline: ask no endpoint and download nothing.
    """
    files = tuple(_files(session.config.memwell_dir))
    return Examined(
        _lock_problem(session),
        tuple(islice(_unusable(files), _MAX_LISTED)),
        tuple(islice(_exposed(files), _MAX_LISTED)),
        _model(session, offline=offline),
    )


def _lock_problem(session: Session) -> str | None:
    try:
        with session.vault.lock.held(wait_s=_WAIT_S):
            return None
    except MemwellError as error:
        return str(error)


def _files(folder: Path) -> Iterator[tuple[Path, str, int]]:
    """Give each file and folder of a folder, itself too: where it is, what to call it, its mode."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for file in (Path(place), *(Path(place) / name for name in sorted(names))):
            with suppress(OSError):  # it was another process's, for a moment
                yield file, file.relative_to(folder.parent).as_posix(), file.lstat().st_mode


def _unusable(files: Iterable[tuple[Path, str, int]]) -> Iterator[Problem]:
    for file, name, mode in files:
        if not os.access(file, os.R_OK):
            yield Problem(name, "can't be read")
        elif stat.S_ISDIR(mode) and not os.access(file, os.W_OK | os.X_OK):
            yield Problem(name, "nothing can be written in it")


def _exposed(files: Iterable[tuple[Path, str, int]]) -> Iterator[Problem]:
    for _, name, mode in files:
        if mode & stat.S_IWOTH and not stat.S_ISLNK(mode) and os.name != "nt":  # Windows has no such modes
            yield Problem(name, "anybody on this machine may change it")


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
