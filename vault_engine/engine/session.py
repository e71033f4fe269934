"""One process's hold on one vault: what the verbs of the engine share. Only here is the clock read."""

import os
import re
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from vault_engine.config import Config
from vault_engine.index.embeddings import Progress
from vault_engine.index.store import Index, Refreshed
from vault_engine.journal.entry import Actor
from vault_engine.journal.revisions import Revisions
from vault_engine.journal.store import Journal
from vault_engine.vault.files import write_atomic
from vault_engine.vault.store import Vault

_DEVICE_FILE = "device"
_NOT_IN_NAMES = re.compile(r"[^\w-]+")
_MAX_NAME_CHARS = 60


class Session:
    """The vault, its journal and its index. ``guard`` keeps threads apart; the vault's lock, processes."""

    def __init__(self, config: Config, actor: Actor) -> None:
        self.config = config
        self._actor = actor
        self.guard = threading.RLock()
        self.vault = Vault(config.root, config.memwell_dir)
        self.revisions = Revisions(config.memwell_dir / "revisions", self.vault.local_dir / "tmp")
        self._journal: Journal | None = None
        self._index: Index | None = None

    @property
    def index(self) -> Index:
        """The index, loaded when it is first asked for."""
        if self._index is None:
            self._index = Index(self.config, self.vault)
        return self._index

    @property
    def journal(self) -> Journal:
        """The journal."""
        if self._journal is None:
            self._journal = Journal(
                self.config.memwell_dir / "journal",
                lambda: _device_name(self.config.device, self.vault.local_dir),
                self.vault.local_dir / "quarantine",
            )
        return self._journal

    def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Take in what has changed in the vault since the last look."""
        return self.index.refresh(time.time_ns(), progress)

    def actor(self, calling: Actor | None) -> Actor:
        """Say who makes a change: what the settings say, else who calls, else who opened the vault."""
        actor = calling or self._actor
        return Actor.named(self.config.actor, actor.client) if self.config.actor else actor

    def now(self) -> datetime:
        """Read the clock."""
        return datetime.now(UTC)

    def close(self) -> None:
        """Keep the index for the next process."""
        with self.guard:
            if self._index is not None:
                self._index.save()


def timestamp(moment: datetime) -> str:
    """Write a moment as notes hold it: UTC, to the second, in the form Obsidian knows as a date and time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _device_name(given: str | None, local_dir: Path) -> str:
    """Give this machine's name in the journal, fit to name a folder.

    Where none is given, one is made up and kept: two machines of one host name must not share a journal.
    """
    if given:
        return given
    file = local_dir / _DEVICE_FILE
    try:
        name = _as_name(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        name = ""
    if not name:
        name = f"{_as_name(socket.gethostname()) or 'device'}-{os.urandom(2).hex()}"
        write_atomic(file, name.encode(), local_dir / "tmp")
    return name


def _as_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.strip()).strip("-")[:_MAX_NAME_CHARS]
