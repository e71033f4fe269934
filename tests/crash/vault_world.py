"""One vault with two engines on it and a person beside them, and what must hold of it whatever they do.

An engine's verb can be cut short by the death of its process, refused by the disk, or met by the person's save at one
of its file operations.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from stops import Fail, Killed, Operations, Stop, watched

from bench.kept import ARCHIVE, archived, notes, sha256
from vault_engine import Actor, Engine, MemwellError
from vault_engine.config import load_config
from vault_engine.engine import Append, Edit, Replace, SetProperty
from vault_engine.engine.session import Session
from vault_engine.errors import NotConfirmed
from vault_engine.journal.entry import Entry, Op
from vault_engine.journal.replay import happened
from vault_engine.vault import swap

LONG_AGO_NS = 1_700_000_000_000_000_000
CATEGORIES, KEYS = ("a", "b"), ("x", "y")
PATHS = ("a/x.md", "a/y.md", "b/x.md", "b/y.md", "p.md", "q.md", "c/z.md")
TOKEN = re.compile(rb"token-\d+")
SOMEBODY, UNCLEAR = "somebody", "unclear"
ERRNOS = (errno.ENOSPC, errno.EIO, errno.EACCES)

Trouble = tuple[str, int, int] | None
Texts = dict[str, bytes]


class Meddle(Operations):
    """A person who does something at the n-th operation, just before it happens."""

    def __init__(self, at: int, under: Path, do: Callable[[], None]) -> None:
        super().__init__(at, under)
        self._do = do

    def act(self, number: int) -> None:
        if number == self.at:
            self._do()


class Whole(Operations):
    """What is written over itself within one sector is never written by half."""

    def happens(self, name: str, path: object = None) -> None:
        if not (name == "write" and "/local/settled/" in str(path)):
            super().happens(name, path)


class Death(Whole, Stop):
    """The death of a process."""


class Refusal(Whole, Fail):
    """A disk that fails once."""


class Saving(NamedTuple):
    """A save that has emptied the file and not yet written it."""

    handle: int
    text: bytes


class Outcome(NamedTuple):
    """What came of one verb."""

    value: Any  # None: it did not answer
    before: Texts
    after: Texts
    meddled: str = ""  # the note that a person changed meanwhile

    @property
    def changed(self) -> set[str]:
        """The files that differ, but for what the person changed."""
        files = self.before.keys() | self.after.keys()
        return {path for path in files if self.before.get(path) != self.after.get(path)} - {self.meddled}


class World:
    """A vault, who works in it, and what is known of its texts: which must be kept, and who wrote each."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="memwell-machine-"))
        self.vault, self.cache = self.folder / "vault", self.folder / "cache"
        self.env = {"MEMWELL_CACHE_DIR": str(self.cache), "MEMWELL_EMBEDDER": "none"}
        self.skew = self.earliest = self.latest = timedelta()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(swap, "_WRITER_WAIT_S", 0.0)
        self.patch.setattr(Session, "now", lambda _session: datetime.now(UTC) + self.skew)
        self.opened: dict[int, Engine] = {}
        self.kept: set[str] = set()  # SHA-256 of the texts that were acknowledged or entered
        self.purged: set[str] = set()  # of those that somebody wanted gone, whether that succeeded or not
        self.unconfirmed: set[str] = set()  # of a verb cut short: whether it happened may be unclear
        self.author = {sha256(b""): UNCLEAR}  # who wrote each text
        self.saving: list[Saving] = []
        self.is_torn = False  # whether a write was cut short and none has followed it
        self.meddled_with = b""  # what a person saved while a verb was at work
        self.count = 0
        Engine.create(self.vault)

    def leave(self) -> None:
        """Leave nothing behind."""
        for saving in self.saving:
            os.close(saving.handle)
        self.patch.undo()
        shutil.rmtree(self.folder)

    def engine(self, who: int) -> Engine:
        """Give one of the two engines, opened when it is first wanted."""
        if who not in self.opened:
            self.opened[who] = Engine.open(self.vault, actor=Actor("agent", f"agent{who}"), env=self.env)
        return self.opened[who]

    def session(self) -> Session:
        """Give a look of our own at journal and revisions, which no engine notices."""
        return Session(load_config(self.vault, self.env), Actor("system", "judge"))

    def disk(self) -> Texts:
        """Read every note and every archived one."""
        return notes(self.vault) | archived(self.vault)

    def do(
        self,
        who: int,
        verb: Callable[[Engine], Any],
        trouble: Trouble,
        about: Sequence[str],
        *,
        partly: bool = False,
    ) -> Outcome:
        """Let an engine do something, with what trouble there is; check what must hold however it ends.

        Args:
            who: the engine.
            verb: what it does.
            trouble: what comes in between.
            about: the notes that it may be about, of which a person may change one meanwhile.
            partly: whether a verb that fails may have done part of it.
        """
        before, engine, known = self.disk(), self.engine(who), self.ids()
        met: list[str] = []
        value: Any = None
        ended: BaseException | None = None
        with watched(self.operations(trouble, about, met), self.patch):
            try:
                value = verb(engine)
            except (MemwellError, Killed) as error:
                ended = error
        if isinstance(ended, Killed):
            del self.opened[who]
        done = Outcome(value, before, self.disk(), "".join(met))
        if ended and not partly and not isinstance(ended, (Killed, NotConfirmed)):
            assert set() == done.changed, f"refused, and yet changed: {ended!r}"
        if ended:
            self.check_announced(done, known, who)
            self.take_in(done, who)
        if trouble and trouble[0] == "fail":  # what was refused may have been the mark that all is settled
            self.unconfirmed |= {sha256(data) for data in done.after.values()} - self.author.keys()
        self.check_conserved(done)
        self.is_torn |= ended is not None
        return done

    def operations(self, trouble: Trouble, about: Sequence[str], met: list[str]) -> Operations:
        """Make the trouble that is wanted; ``met`` gets the note that a person changes."""
        kind, at, how = trouble or ("none", 0, 0)

        def meddle() -> None:
            path = about[how // 3 % len(about)]
            if not path or self.is_open(path):
                return
            met.append(path)
            self.meddled_with = b""
            if how % 3 == 2 and (self.vault / path).exists():
                (self.vault / path).unlink()
            elif how % 3 < 2:
                self.meddled_with = self.text(how).encode()
                self.write(path, self.meddled_with, by_rename=how % 3 == 0, fresh=True)

        if kind == "stop":
            return Death(at, self.folder)
        if kind == "fail":
            return Refusal(at, self.vault, ERRNOS[how])
        return Meddle(at if kind == "meddle" and about else 0, self.vault, meddle)

    def check_announced(self, done: Outcome, known: set[str], who: int) -> None:
        """Check that the journal tells of each change of a verb that did not come to its end."""
        entries = [entry for entry in self.session().journal.entries() if entry.id not in known]
        changes = [entry.change for entry in entries if entry.actor.name == f"agent{who}"]
        self.unconfirmed |= {change.after for change in changes} - self.author.keys()
        for change in changes:  # a text that another one replaced at once
            self.author.setdefault(change.after, f"agent{who}")
        named = {change.after for change in changes} | {change.before for change in changes if change.to}
        left = {change.path for change in changes if change.to or not change.after}
        for path in done.changed:
            data = done.after.get(path)
            if data is not None:
                assert sha256(data) in named, f"{path} changed and no entry tells of it"
            else:
                assert path in left or path.startswith(ARCHIVE), f"{path} is gone and no entry tells of it"

    def check_conserved(self, done: Outcome) -> None:
        """Check that a verb has lost nothing that was there, nor what a person saved meanwhile."""
        texts = {sha256(data) for path, data in done.before.items() if path != done.meddled}
        texts |= {sha256(self.meddled_with)} if done.meddled and self.meddled_with else set()
        there, revisions = {sha256(data) for data in done.after.values()}, self.session().revisions
        gone = texts - there - self.purged
        assert [] == [name for name in gone if name not in revisions], "a text is nowhere any more"
        self.kept |= gone

    def check_changed(self, done: Outcome, allowed: Iterable[str]) -> None:
        """Check that a verb has changed no file but those it says."""
        assert set() == done.changed - set(allowed)

    def check_holds(self, done: Outcome, path: str, name: str) -> None:
        """Check that a file holds what the verb says."""
        assert name == sha256(done.after.get(path, b"")) or path == done.meddled

    def check_authors(self, entries: Sequence[Entry]) -> None:
        """Check that each text that is kept was entered under the name of who wrote it.

        What one had announced before he died, another may have made.
        """
        refs = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
        announced = {(entry.change.after, entry.actor.name) for entry in entries if entry.id in refs}
        first: dict[str, str] = {}
        for entry in happened(entries):
            if entry.change.after != entry.change.before:
                first.setdefault(entry.change.after, entry.actor.name)
        for name in self.kept & self.author.keys():
            if (name, self.author[name]) in announced:
                continue
            if self.author[name] != UNCLEAR and (name in first or name not in self.unconfirmed):
                assert self.author[name] == first.get(name)

    def take_in(self, done: Outcome, who: int) -> None:
        """Remember what an agent has written: from now on it is kept, if a person has not deleted it at once."""
        if written := getattr(done.value, "sha256", ""):
            self.author.setdefault(written, f"agent{who}")
        for path, data in done.after.items():
            if data != done.before.get(path) and self.author.setdefault(sha256(data), f"agent{who}") != SOMEBODY:
                self.kept.add(sha256(data))

    def ids(self) -> set[str]:
        """Give the ids of all entries of the journal."""
        return {entry.id for entry in self.session().journal.entries()}

    def aborted(self, path: str) -> set[str]:
        """Give the texts that a note was to have and, for all that its history tells, never had."""
        entries = self.session().journal.entries()
        refs = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
        return {entry.change.after for entry in entries if entry.id in refs and entry.change.path == path}

    def revision(self, path: str, knows: str) -> str | None:
        """Name the revision of a note that an agent has read: as it is now, as it was before, or none."""
        if not knows or not path:
            return None
        if knows == "now":
            return sha256((self.vault / path).read_bytes()) if (self.vault / path).exists() else ""
        changes = [entry.change for entry in self.session().journal.entries() if entry.change.path == path]
        return next((change.before for change in reversed(changes) if change.before), None)

    def edit_of(self, kind: int, old: bytes) -> Edit:
        """Make one of three edits: at the end, in the middle, of a property."""
        if kind == 1 and (found := TOKEN.search(old)):
            return Replace(found[0].decode(), f"{self.token()} once {found[0].decode()}")
        return SetProperty("seen", self.token()) if kind == 2 else Append(f"And {self.token()}.")

    def text(self, link: int) -> str:
        """Write a text that nobody has written before, with a link."""
        return f"# {self.token()}\n\nSee [[{PATHS[link][:-3].rpartition('/')[2]}]].\n"

    def token(self) -> str:
        self.count += 1
        return f"token-{self.count}"

    def write(self, path: str, data: bytes, *, by_rename: bool, fresh: bool) -> None:
        """Save a file as an editor does, some time ago or at this moment."""
        file = self.vault / path
        file.parent.mkdir(exist_ok=True)
        if by_rename or not file.exists():
            temporary = file.with_suffix(".tmp")
            temporary.write_bytes(data)
            temporary.replace(file)
        else:
            with file.open("r+b") as handle:
                handle.truncate(0)
                handle.write(data)
        self.author.setdefault(sha256(data), SOMEBODY)
        if not fresh:
            self.age(file)

    def age(self, file: Path) -> None:
        """Let a file have been saved long ago, each at another moment."""
        self.count += 1
        moment = LONG_AGO_NS + self.count * 10**9
        os.utime(file, ns=(moment, moment))

    def is_open(self, path: str) -> bool:
        """Say whether an editor has emptied this file and not yet written it."""
        try:
            inode = (self.vault / path).stat().st_ino
        except FileNotFoundError:
            return False
        return any(os.fstat(saving.handle).st_ino == inode for saving in self.saving)

    def choose(self, files: Iterable[str], number: int) -> str:
        """Choose one of the files; "" if there are none."""
        found = sorted(files)
        return found[number % len(found)] if found else ""


def tokens(data: bytes) -> set[bytes]:
    """Find what tells the texts apart."""
    return set(TOKEN.findall(data))
