"""Runs of obsidian-sync that are killed, or meet a full disk, at one of their file operations."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from stops import Fail, Killed, Stop, watched

from vault_engine import Engine
from vault_engine.engine import MirrorTerms
from vault_engine.errors import MemwellError

Env = dict[str, str]
DISK_FULL = 28


class StoppedRuns:
    """Runs that begin alike, in a vault and a folder that are not in step, always at one and the same place."""

    def __init__(
        self,
        root: Path,
        target: str,
        terms: MirrorTerms,
        *,
        prepare: Callable[[Path, Env], None],
        opened: Callable[[Path, Env], Engine],
        check: Callable[[Path, Env], None],
    ) -> None:
        """Make the pattern of what each begins with.

        Args:
            root: a folder of its own.
            target: the name of the folder that is kept in step.
            terms: of each run.
            prepare: makes the vault and the folder.
            opened: opens the vault.
            check: what holds after any run that was stopped, once others have followed it.
        """
        self._folder, self._pattern = root / "pair", root / "pattern"
        self._env = {"MEMWELL_CACHE_DIR": str(self._folder / "cache"), "MEMWELL_EMBEDDER": "none"}
        self._target, self._terms, self._opened, self._check = target, terms, opened, check
        prepare(self._folder, self._env)
        self._folder.rename(self._pattern)

    def steps(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Count the file operations of one whole run."""
        self._begin()
        with self._opened(self._folder, self._env) as engine:
            operations = Stop(10**9, self._folder)
            with watched(operations, monkeypatch):
                self._run(engine)
        self._check(self._folder, self._env)
        return len(operations.seen)

    def some(self, monkeypatch: pytest.MonkeyPatch, first: int) -> Iterator[int]:
        """Give about a dozen of a run's operations, by number."""
        count = self.steps(monkeypatch)
        yield from range(first, count, 1 + count // 12)

    def every(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """Give all of a run's operations, by number."""
        yield from range(1, self.steps(monkeypatch))

    def kill(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        """Kill a run at an operation."""
        self._begin()
        engine = self._opened(self._folder, self._env)
        with watched(Stop(at, self._folder), monkeypatch), pytest.raises(Killed):
            self._run(engine)
        self._check(self._folder, self._env)

    def fail(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        """Let an operation of a run fail: the disk is full for a moment."""
        self._begin()
        engine = self._opened(self._folder, self._env)
        with watched(Fail(at, self._folder, DISK_FULL), monkeypatch), suppress(MemwellError):
            self._run(engine)
        engine.close()
        self._check(self._folder, self._env)

    def _begin(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._pattern, self._folder)

    def _run(self, engine: Engine) -> None:
        engine.mirror(self._folder / self._target, self._terms)
