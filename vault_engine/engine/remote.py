"""Bringing machines together through a git remote or a bucket: `pull`, `push`, `sync`.

What is here is taken up first, so that nothing is merged that is in no state of the vault. What comes is brought into
the files by the protocol of every write, and recorded afterwards: a process that dies in between leaves files that the
next run takes up and merges again, to the same end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from vault_engine.engine import git
from vault_engine.engine.changing import writing
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.maintain import Progress
from vault_engine.engine.remote_bucket import BucketGround
from vault_engine.engine.remote_ground import Ground, Refused, bring_in
from vault_engine.engine.remote_incoming import Incoming
from vault_engine.engine.remote_repository import RepositoryGround
from vault_engine.engine.remote_target import chosen, keep
from vault_engine.engine.session import Session
from vault_engine.errors import BucketUnusable, GitUnusable, NoteChanged, SyncBlocked
from vault_engine.journal.entry import Actor
from vault_engine.sync.remote_plan import Told

_ATTEMPTS = 3  # while somebody is changing the same files, here or there


@dataclass(frozen=True)
class FilePulled:
    """What a pull made of one file."""

    what: str  # added | updated | removed | renamed | merged | conflict
    path: str
    to: str  # its new name, or the copy with what the other machine had; else ""


@dataclass(frozen=True)
class Pulled:
    """What another machine had is here, or would be after a dry run."""

    remote: str  # its name; of a bucket the address
    branch: str  # "" for a bucket
    commit: str  # where the branch is now
    committed: int  # commits made first of what was here
    files: tuple[FilePulled, ...]
    left: tuple[LeftToYou, ...]  # what was not committed or not brought in, and why
    dry_run: bool = False


@dataclass(frozen=True)
class Pushed:
    """The remote has what is here."""

    remote: str
    branch: str
    commit: str
    committed: int
    sent: int  # commits that the remote did not have, as far as was known
    pulled: Pulled | None  # what had to be brought in first
    left: tuple[LeftToYou, ...]
    objects: int = 0  # that a bucket did not have
    size: int = 0  # bytes of those


@dataclass(frozen=True)
class Synced:
    """Both have the same."""

    pulled: Pulled
    pushed: Pushed


@dataclass(frozen=True)
class SyncState:
    """How this vault stands to a git remote or a bucket, as far as is known without asking it."""

    remote: str | None
    branch: str | None
    address: str | None
    ahead: int  # commits to be sent
    behind: int  # commits to be brought in
    uncommitted: int  # files that have changed since, which a sync would take up first
    conflicts: int  # copies that wait for somebody to look at them
    problem: str | None


class Where(NamedTuple):
    """Where to sync: what was asked for; nothing means what is kept, else git's own choice."""

    remote: str | None = None  # a git remote's name
    to: str | None = None  # ``s3://bucket/prefix``, or ``git``
    endpoint_url: str | None = None  # of a server that is not Amazon's
    keep: bool = False  # from now on, where nothing is asked for


ANYWHERE = Where()


@dataclass
class _Sum:
    """What a pull has done so far, over its attempts."""

    committed: int = 0
    told: dict[Told, None] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def take(self, incoming: Incoming | None) -> None:
        """Count in what is brought in."""
        if incoming is not None:
            self.told |= dict.fromkeys(incoming.told)
            self.refused |= incoming.refused


def pull(
    session: Session,
    where: Where = ANYWHERE,
    *,
    dry_run: bool = False,
    unrelated: bool = False,
    yes: bool = False,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Pulled:
    """Bring in what the other machines have sent.

    Args:
        session: the open vault.
        where: they meet.
        dry_run: only say what would become of which file. What is there is fetched all the same.
        unrelated: bring two histories together that have nothing in common.
        yes: follow also where more notes are gone than anybody deletes at once.
        actor: who asks for it.
        progress: is told how far the transfers of a bucket are.

    Raises:
        BadInput: ``where`` can't be understood.
        GitUnusable: there is no such remote, or it can't be reached, or git is in the middle of something.
        BucketUnusable: it is not there, can't be reached, or says no.
        BucketDamaged: an object in it is missing or not what its name says. Nothing was brought in.
        SyncBlocked: what comes can't be brought in. Nothing of it was.
        NotesVanished: more than a fifth of the notes is not there any more. Nothing was changed.
        VaultBusy, VaultDenied, StorageFailed: some files may be brought in already; the next run goes on from there.
    """
    with _ground(session, where, yes=yes or dry_run, progress=progress) as ground:
        return _pulled(session, ground, dry_run=dry_run, unrelated=unrelated, actor=actor)


def push(
    session: Session,
    where: Where = ANYWHERE,
    *,
    yes: bool = False,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Pushed:
    """Send what is here. If there is something new, that is brought in first.

    Raises as `pull` does.
    """
    with _ground(session, where, yes=yes, progress=progress) as ground:
        with writing(session, actor):
            committed, left = ground.commit_here()
        return _pushed(session, ground, committed, left, actor)


def sync(
    session: Session,
    where: Where = ANYWHERE,
    *,
    unrelated: bool = False,
    yes: bool = False,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Synced:
    """Pull, then push. Raises as `pull` does."""
    with _ground(session, where, yes=yes, progress=progress) as ground:
        pulled = _pulled(session, ground, dry_run=False, unrelated=unrelated, actor=actor)
        return Synced(pulled, _pushed(session, ground, 0, list(pulled.left), actor))


def sync_state(session: Session, where: Where = ANYWHERE) -> SyncState:
    """Say how the vault stands to where it is synced, without asking there.

    Raises:
        BadInput: ``where`` can't be understood.
    """
    target = chosen(session, where.remote, where.to, where.endpoint_url)
    with session.guard:
        session.refresh()
        conflicts = len(session.index.walk.conflict_copies)
        try:
            if target:
                bucket = BucketGround(session, target)
                ahead, changed = bucket.standing
                return SyncState(bucket.name, "", bucket.name, ahead, 0, changed, conflicts, None)
            ground = RepositoryGround(session, where.remote)
            ahead, behind, changed = ground.standing
        except GitUnusable as error:
            return SyncState(None, None, None, 0, 0, 0, conflicts, error.reason)
        problem = ground.repository.busy()
    address = ground.remote.fetch_url
    return SyncState(ground.name, ground.branch, address, ahead, behind, changed, conflicts, problem)


# ---- the parts


@contextmanager
def _ground(session: Session, where: Where, *, yes: bool, progress: Progress | None) -> Iterator[Ground]:
    """Keep other processes of ours from syncing, and look whether the place is ready and the notes are there."""
    target = chosen(session, where.remote, where.to, where.endpoint_url)
    with git.lock_of(session).held():
        ground: Ground
        if target:
            ground = BucketGround(session, target, progress)
        else:
            ground = RepositoryGround(session, where.remote)
            ground.make_ready()
        if not yes:
            with session.guard:
                session.refresh()
                ground.check_gone()
        yield ground
        if where.keep:
            keep(session, target)


def _pushed(session: Session, ground: Ground, committed: int, left: list[LeftToYou], actor: Actor | None) -> Pushed:
    pulled: Pulled | None = None
    reason = ""
    for _ in range(_ATTEMPTS):
        sent = ground.push()
        if isinstance(sent, Refused):
            reason = sent.reason
            pulled = _pulled(session, ground, dry_run=False, unrelated=False, actor=actor)
            continue
        head = ground.head
        return Pushed(ground.name, ground.branch, head, committed, sent.commits, pulled, tuple(left), *sent[1:])
    if ground.branch:
        raise GitUnusable(f"{ground.name} refuses the push: {reason}")
    raise BucketUnusable(ground.name, reason)


def _pulled(session: Session, ground: Ground, *, dry_run: bool, unrelated: bool, actor: Actor | None) -> Pulled:
    tips, total = ground.fetch(unrelated=unrelated), _Sum()
    if dry_run:
        with session.guard:
            session.refresh()
            for tip in tips:
                total.take(ground.find(tip, unrelated=unrelated, committed=False))
        return _told(ground, total, (), dry_run=True)
    left: list[LeftToYou] = []
    for tip in tips or [""]:
        left = _taken(session, ground, tip, total, unrelated=unrelated, actor=actor)
    return _told(ground, total, left)


def _taken(
    session: Session, ground: Ground, tip: str, total: _Sum, *, unrelated: bool, actor: Actor | None
) -> list[LeftToYou]:
    """Bring in one state; count in ``total`` what that does, and give what was left of what is here."""
    for attempt in range(_ATTEMPTS):
        with writing(session, actor):
            is_joining = bool(tip) and not ground.head and not session.index.walk.notes
            made, left = (0, []) if is_joining else ground.commit_here(tip)
            total.committed += made
            incoming = ground.find(tip, unrelated=unrelated, committed=not is_joining)
            if incoming is None:
                return left
            total.take(incoming)
            try:
                bring_in(session, ground, incoming, tip)
            except (NoteChanged, GitUnusable):  # somebody is at work here: look again at what is there then
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return left
            finally:
                session.refresh(wait=False)
    raise SyncBlocked("the files are being changed again and again")


def _told(ground: Ground, total: _Sum, left: Sequence[LeftToYou], *, dry_run: bool = False) -> Pulled:
    files = tuple(FilePulled(*told) for told in total.told)
    refused = (LeftToYou(path, reason) for path, reason in total.refused.items())
    return Pulled(ground.name, ground.branch, ground.head, total.committed, files, (*left, *refused), dry_run)
