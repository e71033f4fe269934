"""A crash invents nobody: where no person has touched a note, the journal never says that one has."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stops import Killed, Operations, Stop, watched

from bench.kept import journal, notes, sha256
from vault_engine import Actor, Engine, Memory
from vault_engine.config import load_config
from vault_engine.engine import Append
from vault_engine.engine.session import Session
from vault_engine.errors import NoteMissing
from vault_engine.journal.replay import heads

VERBS: dict[str, Callable[[Engine], object]] = {
    "remember": lambda engine: engine.remember(Memory("New.", category="a", key="new")),
    "update": lambda engine: engine.remember(Memory("Other. [[x]]", category="a", key="x")),
    "edit": lambda engine: engine.edit("a/x.md", Append("More.")),
    "many": lambda engine: engine.remember_many(
        [Memory(f"{key}.", category="b", key=key) for key in "uv"] + [Memory("Other.", category="a", key="x")]
    ),
    "move": lambda engine: engine.move("a/x.md", "b/z.md", yes=True),
    "forget": lambda engine: engine.forget("a/y.md"),
    "restore": lambda engine: engine.restore("a/gone.md"),
    "undo": lambda engine: engine.undo("a/y.md"),
    "purge": lambda engine: engine.purge("a/y.md", yes=True),
}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory) -> Path:
    """A vault whose notes were all written by agents, one of them with a link to itself."""
    folder = tmp_path_factory.mktemp("pattern")
    Engine.create(folder / "vault")
    with open_in(folder) as engine:
        engine.remember(Memory("See [[a/x]], which is this.", category="a", key="x"))
        engine.remember(Memory("See [[a/x]].", category="a", key="y"))
        engine.edit("a/y.md", Append("Twice."))
        engine.remember(Memory("Gone.", category="a", key="gone"))
        engine.forget("a/gone.md")
    return folder


def open_in(folder: Path) -> Engine:
    env = {"MEMWELL_CACHE_DIR": str(folder / "cache"), "MEMWELL_EMBEDDER": "none"}
    return Engine.open(folder / "vault", actor=Actor("agent", "tester"), env=env)


def again(pattern: Path, folder: Path) -> None:
    """Copy the vault anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pattern, folder)


def count_operations(pattern: Path, folder: Path, verb: Callable[[Engine], object], patch: pytest.MonkeyPatch) -> int:
    """Do it undisturbed; give how many file operations that takes."""
    again(pattern, folder)
    operations = Operations(0, folder)
    engine = open_in(folder)
    with watched(operations, patch):
        verb(engine)
    return len(operations.seen)


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_no_crash_is_taken_for_an_edit_by_hand(pattern, tmp_path, monkeypatch, verb):
    """Killed before any operation and recovered, each entry is an agent's or Memwell's; they say what is on disk."""
    folder, vault = tmp_path / "trial", tmp_path / "trial" / "vault"
    wrong = []
    for step in range(1, count_operations(pattern, folder, verb, monkeypatch) + 1):
        again(pattern, folder)
        engine, operations = open_in(folder), Stop(step, folder)
        with watched(operations, monkeypatch), pytest.raises(Killed):
            verb(engine)
        with open_in(folder) as engine, pytest.raises(NoteMissing):
            engine.forget("no such note")
        by_hand = [(line.op, line.path, line.to) for line in journal(vault) if line.actor == "somebody"]
        entries = Session(load_config(vault, {}), Actor("system", "judge")).journal.entries()
        there = {path: sha256(data) for path, data in notes(vault).items()}
        if by_hand or heads(entries) != there:
            wrong.append((step, operations.seen[-1], by_hand))

    assert [] == wrong
