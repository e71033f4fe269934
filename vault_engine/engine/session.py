"""One process's hold on one vault: what the verbs of the engine share. Only here is the clock read."""

import os
import re
import socket
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vault_engine.config import AUTO_RERANKER, DEFAULT_EMBEDDER, LATE_RERANKER, Config
from vault_engine.index.chunks import JudgedChunks
from vault_engine.index.embeddings import Progress
from vault_engine.index.record import stem_of
from vault_engine.index.store import Index, Refreshed
from vault_engine.index.token_vectors import TokenVectors
from vault_engine.journal.counters import Counters
from vault_engine.journal.counters import name_of as counted_name
from vault_engine.journal.entry import Actor, Change
from vault_engine.journal.known import Known
from vault_engine.journal.revisions import Revisions
from vault_engine.journal.store import Journal
from vault_engine.note import path_key
from vault_engine.search.judging import Reranker
from vault_engine.vault.files import write_atomic
from vault_engine.vault.store import Vault

if TYPE_CHECKING:
    from vault_engine.engine.pair_judges import PairJudge

EXTERNAL = "external"  # the kind of who changes notes without telling
SYSTEM = "system"  # the kind of what Memwell does by itself

_SOMEBODY = Actor(EXTERNAL, "somebody")
_QUICKLY_SEEN = 200  # a vault of so few notes is looked at before each answer: that takes milliseconds
_DEVICE_FILE = "device"
_FRESH_S = 1.0  # a writer trusts a look at the whole vault this old, and looks itself at the notes it concerns
_NOT_IN_NAMES = re.compile(r"[^\w-]+")
_MAX_NAME_CHARS = 60


class Used(Protocol):
    """What tells which note was used."""

    @property
    def path(self) -> str:
        """Give its path."""

    @property
    def id(self) -> str | None:
        """Give the identity that it carries."""


@dataclass(slots=True)
class Backlog:
    """Notes that are still to be entered in the journal, when nobody else has anything to do with the vault."""

    notes: dict[str, None] = field(default_factory=dict)  # the last is taken first
    gone: dict[str, str] = field(default_factory=dict)  # notes that are not there any more, and what they held

    def __len__(self) -> int:
        return len(self.notes) + len(self.gone)

    def clear(self) -> None:
        """Forget it."""
        self.notes, self.gone = {}, {}


class Session:
    """The vault, its journal and its index. ``guard`` keeps threads apart; the vault's lock, processes."""

    def __init__(self, config: Config, actor: Actor) -> None:
        self.config = config
        self._actor = actor
        self.guard = threading.RLock()
        self.vault = Vault(config.root, config.memwell_dir)
        local_dir = self.vault.local_dir
        self.revisions = Revisions(config.memwell_dir / "revisions", self._device, local_dir)
        self.journal = Journal(config.memwell_dir / "journal", self._device, local_dir)
        self.known = Known(self.journal, local_dir)
        self.counters = Counters(local_dir)
        self.is_watched = False  # whether a watcher has the index follow the vault
        self.told: set[str] = set()  # notes of which the journals told a reader, and no writer has looked yet
        self.is_tidy = False  # whether the temporary files of dead processes have been looked for
        self.behind: dict[str, str] = {}  # notes of which the journal told before the index met them; and their names
        self.backlog = Backlog()  # what others did and was too much to be entered at once
        self.withheld: set[str] = set()  # notes that are gone, so many that nothing is entered until that is meant
        self.is_gone_meant = False
        self.leaving: set[str] = set()  # notes that are gone since a moment: somebody may be about to write them again
        self.has_news = False  # whether a look of this process has found what may not be in the journal yet
        self.reranker: Reranker | None = None  # made when a question first wants it; it holds a model
        self.pair_judge: PairJudge | None = None  # likewise, for contradictions
        self._device_name = config.device
        self._looked_at: float | None = None
        self._index: Index | None = None
        self._is_load_due = False

    @property
    def index(self) -> Index:
        """The index, loaded when it is first asked for."""
        if self._index is None:
            self._index = Index(self.config, self.vault, self.known)
            if self._is_load_due:
                self._index.embeddings.expect_load()
        return self._index

    def expect_load(self) -> None:
        """Have questions answered by words until a thread that is about to start has loaded the embedder."""
        with self.guard:
            self._is_load_due = True
            if self._index is not None:
                self._index.embeddings.expect_load()

    @cached_property
    def token_vectors(self) -> TokenVectors:
        """The vectors of the tokens of chunks, opened when they are first asked for."""
        model = self.index.embeddings.packaged_model()
        return TokenVectors(self.config.cache_dir, self.config.late_megabytes * 1_000_000, model)

    def fill_token_vectors(
        self, stop: threading.Event | None = None, progress: Progress = lambda _done, _total: None
    ) -> None:
        """Make the token vectors that the reranker of the settings needs, and drop those that nobody does."""
        auto = self.config.reranker == AUTO_RERANKER and self.config.embedder == DEFAULT_EMBEDDER
        if auto or self.config.reranker == LATE_RERANKER:
            chunks = JudgedChunks(self.index.chunks(self.guard), only_turns=auto)
            if len(keys := chunks.keys()):
                self.token_vectors.tidy(keys)
                self.token_vectors.fill(chunks, stop, progress)

    def refresh(self, progress: Progress | None = None, *, wait: bool = True) -> Refreshed:
        """Take in what has changed in the vault since the last look; ``wait`` a moment for what is being saved."""
        self._looked_at = time.monotonic()
        done = self.index.refresh(time.time_ns(), progress)
        if wait and (wait_ns := self.index.unsettled_ns):
            time.sleep(wait_ns / 1e9)
            done = self.index.look_again(time.time_ns(), done)
        self.index.touch(self.behind)
        self.behind = {}
        self.has_news = self.has_news or any(done)
        return done

    def bring_in(self) -> None:
        """Take in what has changed since the last look, for who asks.

        Of a large vault that is watched that is what the journals tell: the watcher takes in what others do. Else
        anything may have changed.
        """
        if not self.is_watched or len(self.index.walk.notes) <= _QUICKLY_SEEN:
            self.refresh()
        else:
            self.look_at_told()

    def look_at_told(self) -> None:
        """Take in the notes of which the journals tell something else than the index."""
        self.known.catch_up()
        told = self.known.take_paths() | self.behind.keys()
        self.told |= told
        self.look_at(*(path for path in told if self.indexed(path) != self.known_sha256(path)))
        self.behind = {path: name_of(path) for path in told if self.indexed(path) != self.known_sha256(path)}

    def indexed(self, path: str) -> str:
        """Give the SHA-256 of a note as the index knows it, "" for none."""
        if path not in self.index.records:
            return ""
        layer, number = self.index.records.place(path)
        return layer.segment.catalogue.sha256(number)

    def known_sha256(self, path: str) -> str:
        """Give the SHA-256 of a note as the journals know it, "" for none."""
        head = self.known.get(path)
        return head.sha256 if head else ""

    def look(self) -> None:
        """Refresh, unless that was a moment ago: then only what other processes have written since is looked at.

        For a writer who looks himself at the files that his change concerns.
        """
        is_fresh = self._looked_at is not None and time.monotonic() - self._looked_at < _FRESH_S
        is_followed = self.is_watched and self._looked_at is not None
        others_wrote = self.journal.take_others_wrote()
        if not (is_fresh or is_followed):
            self.refresh(wait=False)
        elif others_wrote:
            self.look_at_told()

    def look_at(self, *paths: str, folders: Collection[str] = ()) -> Refreshed:
        """Take in some notes, and all in some folders, as they are now."""
        done = self.index.look_below(folders, time.time_ns()) if folders else Refreshed(0, 0, 0)
        return done.plus(self.index.look_at(paths, time.time_ns()))

    def look_again(self) -> Refreshed:
        """Take in what was being saved at the last look."""
        done = self.index.look_again(time.time_ns(), Refreshed(0, 0, 0))
        self.has_news = self.has_news or any(done)
        return done

    def actor(self, calling: Actor | None) -> Actor:
        """Say who makes a change: what the settings say, else who calls, else who opened the vault.

        What somebody did elsewhere stays theirs, and what Memwell does by itself its own, whatever the settings say.
        """
        actor = calling or self._actor
        is_own = calling is not None and calling.kind == SYSTEM
        if self.config.actor and actor.kind != EXTERNAL and not is_own:
            actor = Actor.named(self.config.actor, actor.client)
        session = self.config.session or self._actor.session
        return replace(actor, session=session) if session and not actor.session else actor

    def note_external(self, *changes: Change) -> None:
        """Enter what somebody did to notes without telling: an editor, git, a sync tool."""
        self.journal.note(changes, at=self.now(), actor=_SOMEBODY)
        self.counters.renamed(*((change.path, change.to) for change in changes if change.to))

    def count_uses(self, *notes: Used) -> None:
        """Count that somebody was given notes, or changed them."""
        self.counters.used([counted_name(one.path, one.id) for one in notes], self.now_us())

    def now(self) -> datetime:
        """Read the clock."""
        return datetime.now(UTC)

    def now_us(self) -> int:
        """Read the clock, in microseconds since 1970."""
        return int(self.now().timestamp() * 1_000_000)

    def close(self) -> None:
        """Keep the index for the next process."""
        with self.guard:
            if self._index is not None:
                self._index.save()
            self.known.save()

    @property
    def is_named(self) -> bool:
        """Whether this machine has a name in the journal yet; else it has entered nothing."""
        return self._device_name is not None or (self.vault.local_dir / _DEVICE_FILE).is_file()

    def _device(self) -> str:
        """Give this machine's name in the journal."""
        if self._device_name is None:
            self._device_name = _made_up_name(self.vault.local_dir)
        return self._device_name


def timestamp(moment: datetime) -> str:
    """Write a moment as notes hold it: UTC, to the second, in the form Obsidian knows as a date and time."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _made_up_name(local_dir: Path) -> str:
    """Make a name up and keep it, fit to name a folder: two machines of one host name must not share a journal."""
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


def name_of(path: str) -> str:
    """Give what links call a note, as `path_key` compares it."""
    return path_key(stem_of(path))
