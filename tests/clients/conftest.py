"""A machine of a person who has clients: a home folder in the test's own, as Linux lays it out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vault_engine.clients import Desk, Surroundings

Look = Callable[[], dict[str, tuple[bytes | str, int]]]


@pytest.fixture(autouse=True)
def disk_that_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked here is what files hold, a thousand times, not whether they survive a power failure."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The machine, with nothing on it."""
    home = tmp_path / "home"
    home.mkdir()
    return Desk(Surroundings("linux", str(home), {}), tmp_path / "data" / "memwell")


@pytest.fixture
def home_look(desk: Desk) -> Look:
    """Gives all that is in the home folder: bytes or where a link leads, and mode."""
    home = Path(desk.around.home)

    def one(path: Path) -> tuple[bytes | str, int]:
        if path.is_symlink():
            return str(path.readlink()), 0
        return (b"" if path.is_dir() else path.read_bytes()), path.stat().st_mode

    return lambda: {path.relative_to(home).as_posix(): one(path) for path in sorted(home.rglob("*"))}
