"""Who does the steps of `bench.crash_steps`: the engine, or one of some small writers.

One small writer is right and each other leaves out a step, to see whether the crash proof can fail. They keep a
journal of their own, so that the same check can be made of it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from bench.crash_steps import STEPS, Step, actor_of, line_of, text_of
from bench.kept import sha256, sha256_at
from vault_engine import Actor, Engine, Memory
from vault_engine.engine import Append, SetProperty, bulk
from vault_engine.errors import NotConfirmed
from vault_engine.vault import ahead, many
from vault_engine.vault.place import Place

SMALL_JOURNAL = ".small/journal.jsonl"


class Protocol(NamedTuple):
    """Which steps a small writer takes."""

    temporary_file: bool = True  # else it writes the note in place
    file_synced: bool = True
    journal_synced: bool = True
    folder_synced: bool = True
    journal_first: bool = True


PROTOCOLS = {
    "right": Protocol(),
    "naive": Protocol(temporary_file=False, file_synced=False),
    "tmprename": Protocol(file_synced=False),
    "nojsync": Protocol(journal_synced=False),
    "nodirsync": Protocol(folder_synced=False),
    "journallast": Protocol(journal_first=False),
}


class ByEngine:
    """The steps, done by the product."""

    def __init__(self, vault: Path, env: Mapping[str, str]) -> None:
        self._vault, self._env = vault, env
        self._engine: Engine | None = None

    def do(self, number: int, step: Step) -> None:
        """Do one step."""
        if step.verb == "make":
            Engine.create(self._vault)
            return
        if self._engine is None or number == len(STEPS) // 2:  # closed and opened again half-way
            self.close()
            self._engine = Engine.open(self._vault, env=self._env)
        self._change(self._engine, number, step)

    def close(self) -> None:
        """Close the vault."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _change(self, engine: Engine, number: int, step: Step) -> None:
        actor = Actor("agent", actor_of(number), "python")
        read = sha256_at(self._vault / step.path)
        match step.verb:
            case "remember":
                engine.remember(self._memory(number, step.path), actor=actor)
            case "import":
                self._import(engine, [self._memory(number, path) for path in step.touched], actor)
            case "append":
                engine.edit(step.path, Append(line_of(number)), expected=read, actor=actor)
            case "property":
                engine.edit(step.path, SetProperty("step", number), expected=read, actor=actor)
            case "move":
                engine.move(step.path, step.to, actor=actor)
            case "forget":
                engine.forget(step.path, actor=actor)
            case "restore":
                engine.restore(step.path, actor=actor)

    def _memory(self, number: int, path: str) -> Memory:
        category, _, name = path.removesuffix(".md").rpartition("/")
        return Memory(text_of(number, path), category=category, key=name, expected=sha256_at(self._vault / path))

    def _import(self, engine: Engine, memories: list[Memory], actor: Actor) -> None:
        # As of many notes: another process stages what is in new folders and whole packs, and the recorder sees that
        # one's operations too; the disk is synced on the way.
        with (
            patch.object(many, "_STAGED_ALONE", new=0),
            patch.object(bulk, "FULL_PACK_BYTES", new=1),
            patch.object(ahead, "BYTES_BETWEEN", new=1),
            patch.object(ahead, "sync_all", new=_sync_each),
            patch.object(many, "sync_all", new=_sync_each),
        ):
            done = engine.remember_many(memories, actor=actor)
        if done.failed or not done.confirmed:
            raise NotConfirmed(", ".join(str(one.error) for one in done.failed), "some may have been made")


class SmallWriter:
    """Writes notes and a journal by one protocol."""

    def __init__(self, vault: Path, protocol: Protocol) -> None:
        self._vault, self._protocol, self._seq = vault, protocol, 0
        self._journal, self._temporary = vault / SMALL_JOURNAL, vault / ".small" / "temporary"
        self._journal.parent.mkdir()
        self._journal.touch()
        for folder in (self._journal.parent, vault):
            _sync(folder)

    def do(self, number: int, step: Step) -> None:
        """Do one step: write a note anew, or add a line to it."""
        file = self._vault / step.path
        old = file.read_bytes() if file.exists() else b""
        text = text_of(number, step.path) if step.verb == "remember" else f"{old.decode()}{line_of(number)}\n"
        new = text.encode()
        if self._protocol.journal_first:
            self._enter(number, step.path, old, new)
        self._write(file, new)
        if not self._protocol.journal_first:
            self._enter(number, step.path, old, new)

    def _enter(self, number: int, path: str, old: bytes, new: bytes) -> None:
        self._seq += 1
        line = {"seq": self._seq, "id": str(number), "op": "write", "path": path, "actor": {"name": actor_of(number)}}
        with self._journal.open("ab") as journal:
            journal.write(json.dumps({**line, "before": sha256(old), "after": sha256(new)}).encode() + b"\n")
            journal.flush()
            if self._protocol.journal_synced:
                os.fsync(journal.fileno())

    def _write(self, file: Path, data: bytes) -> None:
        self._make_folder(file.parent)
        target = self._temporary if self._protocol.temporary_file else file
        with target.open("ab") as handle:
            handle.truncate(0)  # by itself: the recorder does not see a truncation that is part of opening
            handle.write(data)
            handle.flush()
            if self._protocol.file_synced:
                os.fsync(handle.fileno())
        if self._protocol.temporary_file:
            target.rename(file)
        if self._protocol.folder_synced:
            _sync(file.parent)

    def _make_folder(self, folder: Path) -> None:
        if folder.exists():
            return
        self._make_folder(folder.parent)
        folder.mkdir()
        _sync(folder.parent)


def _sync_each(place: Place) -> None:
    """Sync each temporary file: the recorder sees no sync of a whole file system, which does more."""
    for file in Path(place.folder).rglob("*"):
        if file.is_file():
            _sync(file)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
