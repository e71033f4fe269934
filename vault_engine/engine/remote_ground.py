"""What syncing asks of the place where machines meet, and what is the same for every such place."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from vault_engine.config import MOST_VANISHED
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote_files import AnyFiles, FileChange, apply
from vault_engine.engine.remote_incoming import Incoming, save_begun, stage_of
from vault_engine.engine.session import Session
from vault_engine.errors import NotesVanished
from vault_engine.journal.entry import Change, Op
from vault_engine.vault.paths import NOTE_SUFFIX, is_ignored, is_note

_FEW = 10  # notes that anybody may delete at once


class Sent(NamedTuple):
    """What a push has sent."""

    commits: int
    objects: int = 0  # files and lists of files that a bucket did not have
    size: int = 0  # bytes of those


class Refused(NamedTuple):
    """Why a push was not taken: it is tried again after a pull."""

    reason: str


class Ground(ABC):
    """Where machines meet, as one vault sees it: a git remote, or a bucket. The caller holds the lock of syncing."""

    name: str  # for people
    branch: str  # "" where there is only one

    @property
    @abstractmethod
    def head(self) -> str:
        """The state that the vault was last brought to, "" for none."""

    @property
    @abstractmethod
    def begun_file(self) -> Path:
        """Where a pull remembers what it has begun."""

    @abstractmethod
    def check_gone(self) -> None:
        """Check that not so many notes are gone that a disk may be missing.

        Raises:
            NotesVanished: more than a fifth is, or all. Nothing was changed.
        """

    @abstractmethod
    def fetch(self, *, unrelated: bool) -> list[str]:
        """Say which states others have left there, and have them at hand.

        Raises:
            MemwellError: it can't be reached, or says no.
        """

    @abstractmethod
    def commit_here(self, tip: str = "") -> tuple[int, list[LeftToYou]]:
        """Take up what the vault holds; give how many commits that took, and what had to be left.

        Args:
            tip: what is to be brought in next: its files are taken up too.
        """

    @abstractmethod
    def find(self, tip: str, *, unrelated: bool, committed: bool) -> Incoming | None:
        """Say what bringing in a state changes, None if it brings nothing. Touches no file of the vault.

        Raises:
            SyncBlocked: it can't be brought in.
        """

    @abstractmethod
    def record(self, incoming: Incoming, tip: str) -> str:
        """Remember that the vault has what ``tip`` has; give the state that it is at now."""

    @abstractmethod
    def push(self) -> Sent | Refused:
        """Send what is here.

        Raises:
            MemwellError: it can't be reached, or says no.
        """


def bring_in(session: Session, ground: Ground, incoming: Incoming, tip: str) -> str:
    """Make the files what they shall be, enter that, and record it; give the state that the vault is at."""
    files = AnyFiles(session.config.root, session.config.memwell_dir)
    notes = [change for change in incoming.changes if is_note(change.path)]
    # Revisions come first, journals last: so no text is without its history, and none is told of that is not here.
    order = [[change for change in incoming.changes if stage_of(change.path) == stage] for stage in range(3)]
    save_begun(session, ground.begun_file, incoming)
    apply(session, files, order[0], incoming.objects)
    _keep_texts(session, notes, incoming)
    apply(session, files, [*order[1], *order[2]], incoming.objects)
    _enter(session, notes, incoming, ground.name)
    return ground.record(incoming, tip)


def check_gone(session: Session, known: list[str]) -> None:
    """Check that of the notes ``known`` to the other machines not so many are gone that a disk may be missing.

    Raises:
        NotesVanished: more than a fifth is, or all. Nothing was changed.
    """
    walk = session.index.walk
    there = {*walk.notes, *walk.conflict_copies, *walk.placeholders}
    notes = [path for path in known if path.lower().endswith(NOTE_SUFFIX) and not _is_hidden(path)]
    gone = sum(path not in there for path in notes)
    if gone > max(MOST_VANISHED * len(notes), _FEW) or (gone > 1 and gone == len(notes)):
        raise NotesVanished("the vault", gone, len(notes))


def _is_hidden(path: str) -> bool:
    return any(is_ignored(part) for part in path.split("/"))


def _keep_texts(session: Session, notes: list[FileChange], incoming: Incoming) -> None:
    """Keep what notes hold and shall hold, as before every change, where no device does yet."""
    objects = incoming.objects
    names = {name for change in notes for name in (change.before, change.after) if name is not None}
    hashed = {objects.sha256(name): name for name in sorted(names)}
    wanted = [sha256 for sha256 in hashed if sha256 not in session.revisions]
    if wanted:
        session.revisions.put_hashed((sha256, objects.read(hashed[sha256])) for sha256 in wanted)
        session.revisions.sync()


def _enter(session: Session, notes: list[FileChange], incoming: Incoming, remote: str) -> None:
    """Enter what the journals that came along do not tell."""
    objects = incoming.objects

    def sha256(name: str | None) -> str:
        return "" if name is None else objects.sha256(name)

    session.known.catch_up()
    found = [
        Change(
            Op.EXTERNAL,
            change.path,
            sha256(change.before),
            sha256(change.after),
            reason=f"pulled from {remote}",
            size=0 if change.after is None else len(objects.read(change.after)),
        )
        for change in notes
        if session.known_sha256(change.path) != sha256(change.after)
    ]
    if found:
        session.note_external(*found)
    session.index.touch([change.path for change in notes])
