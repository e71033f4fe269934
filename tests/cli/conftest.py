"""The command line as a person meets it: in this process where that is faithful, in one of its own where it is not."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from memwell_cli.main import run
from vault_engine import Engine

DEADLINE_S = 60
SETTINGS = ("VAULT", "EMBEDDER", "EMBEDDER_KEY", "CACHE_DIR", "DEVICE", "ACTOR")

OF_CLIENTS = ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "KIMI_CODE_HOME", "HERMES_HOME")
OF_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA")


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object that was printed."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The one error object that was printed."""
        return json.loads(self.err)["error"]


Cli = Callable[..., Outcome]
Spawn = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's reaches a test; indexes are kept in the test's own folder; no embedder."""
    for name in SETTINGS:
        monkeypatch.delenv(f"MEMWELL_{name}", raising=False)
    monkeypatch.setenv("MEMWELL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MEMWELL_EMBEDDER", "none")
    monkeypatch.setenv("MEMWELL_RUNTIME_DIR", "/dev/null/none")  # hooks leave no process behind
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty vault, which is the current folder."""
    folder = tmp_path / "vault"
    Engine.create(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command in this process; ``stdin`` is what it may read."""

    def call(*arguments: str, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capsys.readouterr()
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def spawn() -> Spawn:
    """Runs a command in a process of its own and gives its bytes."""

    def call(
        *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [sys.executable, "-m", "memwell_cli", *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=DEADLINE_S,
            check=False,
        )

    return call


def put(vault: Path, path: str, content: str | bytes) -> Path:
    """Write a note as a person's editor would."""
    file = vault / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.fixture(name="put")
def put_fixture(home: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a note into the vault as a person's editor would."""
    return lambda path, content: put(home, path, content)


@pytest.fixture
def tree() -> Callable[[Path], dict[str, tuple[bytes, int]]]:
    """Gives every file of a folder but ours, with its bytes and the time it was last changed."""

    def look(folder: Path) -> dict[str, tuple[bytes, int]]:
        return {
            file.relative_to(folder).as_posix(): (file.read_bytes(), file.stat().st_mtime_ns)
            for file in sorted(folder.rglob("*"))
            if file.is_file() and ".memwell" not in file.relative_to(folder).parts
        }

    return look


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's home folder, with Claude Code and Cursor on the machine."""
    home = tmp_path / "home"
    for folder in (".claude", ".cursor"):
        (home / folder).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in (*OF_CLIENTS, *OF_FOLDERS):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def files(person: Path) -> Callable[[], dict[str, bytes]]:
    """Gives every file in the home folder but those of a vault."""
    return lambda: {
        path.relative_to(person).as_posix(): path.read_bytes()
        for path in sorted(person.rglob("*"))
        if path.is_file() and ".memwell" not in path.parts
    }


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as it is installed, by which this process was called."""
    file = tmp_path / "bin" / "memwell"
    file.parent.mkdir()
    path = os.pathsep.join(filter(None, sys.path))  # clients pass on few variables
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" -m memwell_cli "$@"\n')
    file.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(file)])
    return file
