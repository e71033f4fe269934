"""Bringing two machines together through a git remote: `pull`, `push`, `sync`.

What is here is committed first, so that nothing is merged that git does not hold. What comes is brought into the files
by the protocol of every write, and into the branch as a merge commit afterwards: a process that dies in between leaves
files that the next run commits and merges again, to the same end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from vault_engine.engine import git
from vault_engine.engine.changing import writing
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote_commit import changes_here, check_gone, commit_here, own_changes
from vault_engine.engine.remote_files import AnyFiles, FileChange, apply
from vault_engine.engine.remote_incoming import (
    Incoming,
    find_incoming,
    forget_begun,
    save_begun,
    stage_of,
    touched_there,
)
from vault_engine.engine.session import Session
from vault_engine.errors import GitUnusable, NoteChanged, SyncBlocked
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.sync.git import Made, Repository
from vault_engine.sync.remote_git import (
    Known,
    Remote,
    count_between,
    fetch,
    find_remote,
    index_lines,
    tracked,
    write_merge,
)
from vault_engine.sync.remote_git import push as push_to
from vault_engine.sync.remote_plan import Told
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import is_note

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

    remote: str
    branch: str
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


@dataclass(frozen=True)
class Synced:
    """Both have the same."""

    pulled: Pulled
    pushed: Pushed


@dataclass(frozen=True)
class SyncState:
    """How this vault stands to its remote, as far as is known without asking it."""

    remote: str | None
    branch: str | None
    address: str | None
    ahead: int  # commits to be sent
    behind: int  # commits to be brought in
    uncommitted: int  # files whose changes a sync would commit first
    conflicts: int  # copies that wait for somebody to look at them
    problem: str | None


class _Ground(NamedTuple):
    """Where a sync takes place."""

    session: Session
    repository: Repository
    remote: Remote
    scratch: Path


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
    *,
    remote: str | None = None,
    dry_run: bool = False,
    unrelated: bool = False,
    yes: bool = False,
    actor: Actor | None = None,
) -> Pulled:
    """Bring in what the remote has.

    Args:
        session: the open vault.
        remote: its name; None: what the branch follows, else ``origin``.
        dry_run: only say what would become of which file. What the remote has is fetched all the same.
        unrelated: bring two histories together that have nothing in common.
        yes: follow also where more notes are gone than anybody deletes at once.
        actor: who asks for it.

    Raises:
        GitUnusable: there is no such remote, or it can't be reached, or git is in the middle of something.
        SyncBlocked: what comes can't be brought in. Nothing of it was.
        NotesVanished: more than a fifth of the notes is not there any more. Nothing was changed.
        VaultBusy, VaultDenied, StorageFailed: some files may be brought in already; the next run goes on from there.
    """
    with _ground(session, remote, yes=yes or dry_run) as ground:
        return _pulled(ground, dry_run=dry_run, unrelated=unrelated, actor=actor)


def push(session: Session, *, remote: str | None = None, yes: bool = False, actor: Actor | None = None) -> Pushed:
    """Send the remote what is here. If it has something new, that is brought in first.

    Raises as `pull` does.
    """
    with _ground(session, remote, yes=yes) as ground:
        with writing(session, actor):
            committed, left = commit_here(session, ground.repository)
        return _pushed(ground, committed, left, actor)


def sync(
    session: Session,
    *,
    remote: str | None = None,
    unrelated: bool = False,
    yes: bool = False,
    actor: Actor | None = None,
) -> Synced:
    """Pull, then push. Raises as `pull` does."""
    with _ground(session, remote, yes=yes) as ground:
        pulled = _pulled(ground, dry_run=False, unrelated=unrelated, actor=actor)
        return Synced(pulled, _pushed(ground, 0, list(pulled.left), actor))


def sync_state(session: Session, *, remote: str | None = None) -> SyncState:
    """Say how the vault stands to its remote, without asking it."""
    with session.guard:
        session.refresh()
        conflicts = len(session.index.walk.conflict_copies)
        try:
            repository = Repository(session.config.root)
            found = find_remote(repository, remote)
            there, here = tracked(repository, found), repository.head()
            ahead, behind = count_between(repository, here, there), count_between(repository, there, here)
            changed = len(changes_here(session, repository).files)
        except GitUnusable as error:
            return SyncState(None, None, None, 0, 0, 0, conflicts, error.reason)
        problem = repository.busy()
    return SyncState(found.name, found.branch, found.fetch_url, ahead, behind, changed, conflicts, problem)


# ---- the parts


@contextmanager
def _ground(session: Session, remote: str | None, *, yes: bool) -> Iterator[_Ground]:
    """Keep other processes of ours from committing, and look whether git is free and the notes are there."""
    with git.lock_of(session).held():
        repository = Repository(session.config.root)
        repository.mend()
        if reason := repository.busy():
            raise GitUnusable(reason)
        if not yes:
            with session.guard:
                session.refresh()
                check_gone(session, repository)
        yield _Ground(session, repository, find_remote(repository, remote), git.scratch_of(session))


def _pushed(ground: _Ground, committed: int, left: list[LeftToYou], actor: Actor | None) -> Pushed:
    repository, remote = ground.repository, ground.remote
    pulled: Pulled | None = None
    for _ in range(_ATTEMPTS):
        head = repository.head()
        before = tracked(repository, remote)
        if not head:
            raise GitUnusable("there is nothing to push yet: the branch has no commit")
        refused = "" if head == before else push_to(repository, remote, head)
        if not refused:
            sent = count_between(repository, head, before)
            return Pushed(remote.name, remote.branch, head, committed, sent, pulled, tuple(left))
        pulled = _pulled(ground, dry_run=False, unrelated=False, actor=actor)
    raise GitUnusable(f"{remote.name} refuses the push: {refused}")


def _pulled(ground: _Ground, *, dry_run: bool, unrelated: bool, actor: Actor | None) -> Pulled:
    session, repository, remote = ground.session, ground.repository, ground.remote
    tip, total = fetch(repository, remote), _Sum()
    if dry_run:
        with session.guard:
            session.refresh()
            incoming = find_incoming(session, repository, remote, tip, unrelated=unrelated, committed=False)
        total.take(incoming)
        return _told(remote, repository.head(), total, (), dry_run=True)
    for attempt in range(_ATTEMPTS):
        with writing(session, actor):
            is_joining = bool(tip) and not repository.head() and not session.index.walk.notes
            made, left = (0, []) if is_joining else commit_here(session, repository, touched_there(repository, tip))
            total.committed += made
            incoming = find_incoming(session, repository, remote, tip, unrelated=unrelated, committed=not is_joining)
            if incoming is None:
                return _told(remote, repository.head(), total, left)
            total.take(incoming)
            try:
                commit = _bring_in(ground, incoming, tip)
            except (NoteChanged, GitUnusable):  # somebody is at work here: look again at what is there then
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return _told(remote, commit, total, left)
            finally:
                session.refresh(wait=False)
    raise SyncBlocked("the files are being changed again and again")


def _told(remote: Remote, commit: str, total: _Sum, left: Sequence[LeftToYou], *, dry_run: bool = False) -> Pulled:
    files = tuple(FilePulled(*told) for told in total.told)
    refused = (LeftToYou(path, reason) for path, reason in total.refused.items())
    return Pulled(remote.name, remote.branch, commit, total.committed, files, (*left, *refused), dry_run)


def _bring_in(ground: _Ground, incoming: Incoming, tip: str) -> str:
    """Make the files what they shall be, enter that, and move the branch; give the commit it is at."""
    session, repository = ground.session, ground.repository
    index_was, head = repository.index_bytes(), repository.head()
    files = AnyFiles(session.config.root, session.config.memwell_dir)
    notes = [change for change in incoming.changes if is_note(change.path)]
    # Revisions come first, journals last: so no text is without its history, and none is told of that is not here.
    order = [[change for change in incoming.changes if stage_of(change.path) == stage] for stage in range(3)]
    save_begun(session, incoming)
    apply(session, files, order[0], incoming.content)
    _keep_texts(session, notes, incoming)
    apply(session, files, [*order[1], *order[2]], incoming.content)
    _enter(session, notes, incoming, ground.remote)
    wanted: dict[str, Known | None] = dict(incoming.tree)
    own = own_changes(session, repository)
    names = repository.write_blobs(incoming.texts | own.contents)
    wanted |= {path: Known(known.mode, names.get(known.oid, known.oid)) for path, known in wanted.items() if known}
    wanted |= {path: Known("100644", names[sha256]) if sha256 else None for path, sha256 in own.files.items()}
    message = f"memwell: merge {ground.remote.name}/{ground.remote.branch}\n\nMemwell-Actor: system:memwell\n"
    commit = write_merge(repository, head, wanted, [*([head] if head else []), tip], message, ground.scratch)
    made = Made(commit, message.partition("\n")[0], tuple(wanted))
    repository.publish([made], head, index_lines(repository, wanted), index_was)
    forget_begun(session)
    return commit


def _keep_texts(session: Session, notes: list[FileChange], incoming: Incoming) -> None:
    """Keep what notes hold and shall hold, as before every change, where no device does yet."""
    names = sorted({name for change in notes for name in (change.before, change.after) if name is not None})
    texts = [text for name in names if sha256_hex(text := incoming.content(name)) not in session.revisions]
    if texts:
        session.revisions.put_many(texts)
        session.revisions.sync()


def _enter(session: Session, notes: list[FileChange], incoming: Incoming, remote: Remote) -> None:
    """Enter what the journals that came along do not tell."""

    def sha256(name: str | None) -> str:
        return "" if name is None else sha256_hex(incoming.content(name))

    session.known.catch_up()
    found = [
        Change(
            Op.EXTERNAL,
            change.path,
            sha256(change.before),
            sha256(change.after),
            reason=f"pulled from {remote.name}",
            size=0 if change.after is None else len(incoming.content(change.after)),
        )
        for change in notes
        if session.known_sha256(change.path) != sha256(change.after)
    ]
    if found:
        session.note_external(*found)
    session.index.touch([change.path for change in notes])
