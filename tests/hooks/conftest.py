"""Hooks as a client runs them: a process that gets JSON on stdin, beside a server of the vault or alone."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Ran(NamedTuple):
    """What became of a hook."""

    code: int
    out: str
    err: str
    log: list[str]  # what each line of the log says, without its time

    @property
    def context(self) -> str:
        """What the client is told."""
        return json.loads(self.out)["hookSpecificOutput"]["additionalContext"]


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of our own: no embedder, the index in the test's folder, sockets where paths are short."""
    with tempfile.TemporaryDirectory(prefix="mw-", dir="/tmp") as short:
        yield {
            "MEMWELL_CACHE_DIR": str(tmp_path / "cache"),
            "MEMWELL_EMBEDDER": "none",
            "MEMWELL_RUNTIME_DIR": f"{short}/run",
            "HOME": str(tmp_path),
        }


@pytest.fixture
def log(vault: Path):
    """Reads what the log says of each event: its name and what became of it."""

    def read() -> list[str]:
        file = vault / ".memwell" / "local" / "hook.log"
        return [" ".join(line.split()[1:3]) for line in file.read_text().splitlines()] if file.exists() else []

    return read


@pytest.fixture
def hook(vault: Path, env: dict[str, str], log, tmp_path: Path):
    """Runs a hook on the vault; ``said`` is what the client says, as JSON or as bytes."""

    def run(event: str, said: Any, *options: str, folder: Path | None = None, **more: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "memwell_cli", "hook", event, *options],
            input=said if isinstance(said, bytes) else json.dumps(said).encode(),
            capture_output=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("MEMWELL_")} | env | more,
            cwd=folder or vault,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), log())

    return run
