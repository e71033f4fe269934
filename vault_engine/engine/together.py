"""Changing several notes as one: entered in the journal in one step, taken back together.

Texts are changed all or none; then notes go into the archive or come back, and do not depend on each other.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

from vault_engine.engine.changing import check_unchanged, keeper, saw, write_bytes, writing
from vault_engine.engine.resting import check_rests
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import (
    BadInput,
    EntryMissing,
    MemwellError,
    NotConfirmed,
    NoteChanged,
    NoteDamaged,
    NoteExists,
)
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import happened
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import ARCHIVE
from vault_engine.vault.swap import Staged

MAX_TOGETHER = 100  # notes: each holds a file open until all have their places


class Archival(NamedTuple):
    """A note that goes into the archive."""

    path: str
    before: str  # SHA-256 of its bytes
    archived: str  # its name there


class Restoral(NamedTuple):
    """A note that comes back from the archive."""

    path: str
    sha256: str
    archived: str


class Carried(NamedTuple):
    """Notes went into the archive or came back."""

    entry: str | None  # of the journal, to take it back by; None where all stayed
    left: tuple[Problem, ...]  # notes that stayed where they were, and why


class Rewrite(NamedTuple):
    """What a note holds and what it shall hold."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class UndoneTogether:
    """Changes that were made together were taken back, or would be after a dry run."""

    entry: str  # of the changes that were taken back
    files: tuple[str, ...]
    undone_by: str | None  # the entry to take that back by; None after a dry run, and where nothing was left to do
    left: tuple[Problem, ...] = ()  # notes that could not be brought back from the archive, or put there; and why


def write_together(session: Session, author: Actor, rewrites: Sequence[Rewrite], reasons: Mapping[str, str]) -> str:
    """Give several notes new bytes; if one of them can't have them, none does. The vault is held.

    Args:
        session: the open vault.
        author: who does it.
        rewrites: at least one; no two of one note.
        reasons: why, by path, for the journal.

    Returns:
        The id of the first entry, which the others name.

    Raises as `change_together` does.
    """
    entry = change_together(session, author, rewrites, (), reasons).entry
    assert entry
    return entry


def carry_together(
    session: Session, author: Actor, carried: Sequence[Archival | Restoral], reasons: Mapping[str, str]
) -> Carried:
    """Move notes into the archive or back, entered in one durable step, as `change_together` does. The vault is held.

    Raises:
        VaultDenied, StorageFailed: the journal can't be written; nothing was changed.
        NotConfirmed: it was done, and the disk did not confirm all of it.
    """
    return change_together(session, author, (), carried, reasons)


def change_together(
    session: Session,
    author: Actor,
    rewrites: Sequence[Rewrite],
    carried: Sequence[Archival | Restoral],
    reasons: Mapping[str, str],
) -> Carried:
    """Give notes new bytes and move others into the archive or back, entered in one durable step. The vault is held.

    If one of those that are rewritten can't be, nothing is done. Then the others are moved, and do not depend on each
    other: one that somebody has just changed, or whose place is taken, stays and is named.

    Args:
        session: the open vault.
        author: who does it.
        rewrites: no two of one note.
        carried: no two of one note, and none that is rewritten; at least one of either.
        reasons: why, by path, for the journal.

    Raises:
        NoteChanged, NoteOpen, NoteInUse, VaultDenied, StorageFailed: nothing was changed.
        NotConfirmed: it was done, and the disk did not confirm all of it.
    """
    for rewrite in rewrites:
        check_rests(session, rewrite.path)
        saw(session, rewrite.path, rewrite.before)
    if rewrites:
        session.revisions.put_many([one.after for one in rewrites])
        session.revisions.sync()
    changes = [_change(one, reasons.get(one.path, "")) for one in rewrites]
    changes += [_carriage(one, reasons.get(one.path, "")) for one in carried]
    with ExitStack() as stack:
        staged = [stack.enter_context(session.vault.staged(one.path, one.after)) for one in rewrites]
        for rewrite in rewrites:
            check_unchanged(session, rewrite.path, sha256_hex(rewrite.before))
        entries = session.journal.announce(changes, at=session.now(), actor=author)
        unconfirmed = _put(session, author, rewrites, staged, entries)
    left: dict[Entry, Problem] = {}
    for one, entry in zip(carried, entries[len(rewrites) :], strict=True):
        try:
            _carry(session, one)
        except NotConfirmed as error:
            unconfirmed = error
        except MemwellError as error:
            left[entry] = Problem(one.path, str(error))
    if left:
        session.journal.abort(list(left), at=session.now(), actor=author, reason="it could not be moved")
    if unconfirmed:
        raise unconfirmed
    session.journal.settle()
    return Carried(next((entry.id for entry in entries if entry not in left), None), tuple(left.values()))


def _put(
    session: Session, author: Actor, rewrites: Sequence[Rewrite], staged: Sequence[Staged], entries: Sequence[Entry]
) -> NotConfirmed | None:
    """Put staged notes in their places; give what says that the disk did not confirm it.

    Raises what says that one could not be put there: those before it have what they held, and all is aborted.
    """
    unconfirmed: NotConfirmed | None = None
    for number, (temporary, one) in enumerate(zip(staged, rewrites, strict=True)):
        try:
            session.vault.put(temporary, one.path, sha256_hex(one.before), keeper(session, one.path))
        except NotConfirmed as error:
            unconfirmed = error
        except MemwellError as error:
            session.journal.abort(entries[number:], at=session.now(), actor=author, reason=str(error))
            _take_back(session, author, rewrites[:number], entries[0].id)
            raise
    return unconfirmed


def _carry(session: Session, one: Archival | Restoral) -> None:
    if isinstance(one, Archival):
        session.vault.archive(one.path, one.archived, one.before)
    else:
        session.vault.restore(one.archived, one.path)


def archival(session: Session, path: str, taken: Collection[str] = ()) -> Archival:
    """Make a note ready to be archived: its bytes are kept, and it gets a name there that is none of ``taken``.

    Raises:
        NoteInUse, NoteMissing, VaultDenied, StorageFailed: it can't be.
    """
    check_rests(session, path)
    data = session.vault.read(path)
    saw(session, path, data)
    return Archival(path, sha256_hex(data), session.vault.free_archive_name(path, taken))


def undo_together(
    session: Session, entry_id: str, *, dry_run: bool = False, actor: Actor | None = None
) -> UndoneTogether:
    """Take back all that was changed together: every note has the bytes that it had before.

    Args:
        session: the open vault.
        entry_id: any entry of it, by its id.
        dry_run: only say which notes would change.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        EntryMissing: the journal has no such entry, or what it tells of did not happen.
        BadInput: it tells of something that is taken back otherwise.
        NoteChanged: a note was changed since; nothing was changed.
        NoteDamaged: what a note held before is not kept any more.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """
    with writing(session, actor) as author:
        group = _group(session, entry_id)
        first = group[0].id
        rewrites = [one for entry in group if entry.change.op is Op.WRITE and (one := _reversal(session, entry.change))]
        back, left = _ways_back(session, [entry.change for entry in group if entry.change.op is not Op.WRITE])
        files = (*(one.path for one in rewrites), *(one.path for one in back))
        if dry_run or not files:
            return UndoneTogether(first, files, None, left)
        done = change_together(session, author, rewrites, back, dict.fromkeys(files, f"undo of {first}"))
        stayed = {problem.path for problem in done.left}
        return UndoneTogether(
            first, tuple(path for path in files if path not in stayed), done.entry, (*left, *done.left)
        )


def _ways_back(session: Session, changes: Sequence[Change]) -> tuple[list[Archival | Restoral], tuple[Problem, ...]]:
    """Say how notes get back to where they were; what somebody has done with one since is left, and said."""
    back, left = list[Archival | Restoral](), list[Problem]()
    names: set[str] = set()
    for change in changes:
        try:
            one = _way_back(session, change, names)
        except MemwellError as error:
            left.append(Problem(change.path, str(error)))
            continue
        if one:
            back.append(one)
            names.add(one.archived)
    return back, tuple(left)


def _way_back(session: Session, change: Change, taken: Collection[str]) -> Archival | Restoral | None:
    """Say how a note gets back to where it was; None if it is there.

    Raises what tells that it can't.
    """
    path, archived = change.path, (change.to or "").removeprefix(f"{ARCHIVE}/")
    found = session.vault.revision_of(path)
    if change.op is Op.RESTORE:
        if not found:
            return None
        check_unchanged(session, path, change.after)
        return archival(session, path, taken)
    if found:
        if found == change.before and not session.vault.is_archived(archived):
            return None
        raise NoteExists(path, found, "restoring would replace it")
    if sha256_hex(session.vault.read_archived(archived)) != change.before:
        raise NoteDamaged(path, "what is in the archive under its name is not what it held")
    session.vault.check_free(path, path)
    return Restoral(path, change.before, archived)


def _carriage(one: Archival | Restoral, reason: str) -> Change:
    to = f"{ARCHIVE}/{one.archived}"
    if isinstance(one, Archival):
        return Change(Op.ARCHIVE, one.path, one.before, "", to=to, reason=reason)
    return Change(Op.RESTORE, one.path, "", one.sha256, to=to, reason=reason)


def _change(one: Rewrite, reason: str) -> Change:
    before, after = sha256_hex(one.before), sha256_hex(one.after)
    return Change(Op.WRITE, one.path, before, after, reason=reason, size=len(one.after))


def _take_back(session: Session, author: Actor, done: Sequence[Rewrite], entry: str) -> None:
    """Give notes back what they held, as one of the others could not be changed."""
    for one in reversed(done):
        change = Change(Op.WRITE, one.path, "", "", reason=f"undo of {entry}: another note could not be changed")
        write_bytes(session, change, one.after, one.before, author)


def _group(session: Session, entry_id: str) -> list[Entry]:
    """Find the entries of what was changed together."""
    done = happened(session.journal.entries())
    named = next((entry for entry in done if entry.id == entry_id), None)
    if named is None:
        raise EntryMissing(entry_id)
    first = named.ref or named.id
    group = [entry for entry in done if first in (entry.id, entry.ref)]
    if not {entry.change.op for entry in group} <= {Op.WRITE, Op.ARCHIVE, Op.RESTORE}:
        raise BadInput(f"{entry_id} is no change of texts alone: undo its note, or the move that it belongs to")
    return group


def _reversal(session: Session, change: Change) -> Rewrite | None:
    """Say how a note gets its bytes back; None if it has them."""
    found = session.vault.read(change.path)
    if (sha256 := sha256_hex(found)) == change.before:
        return None
    if sha256 != change.after:
        raise NoteChanged(change.path, change.after, sha256)
    try:
        return Rewrite(change.path, found, session.revisions.get(change.before))
    except KeyError:
        raise NoteDamaged(change.path, "what it held before is not kept any more") from None
