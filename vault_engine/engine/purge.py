"""Erasing: the content of one note or event for good, or old revisions by the owner's settings. Entries always stay."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from vault_engine.engine.changing import writing
from vault_engine.engine.erasing import erase
from vault_engine.engine.history import Past, past_of
from vault_engine.engine.session import Session
from vault_engine.engine.write import archive_note, archived_paths
from vault_engine.errors import BadInput, EntryMissing, NeedsYes
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import Version, events, events_about, standing
from vault_engine.journal.retention import kept, purged
from vault_engine.vault.files import sha256_hex


@dataclass(frozen=True)
class Purged:
    """What was erased of one note, or would be."""

    path: str
    revisions: int  # contents that were erased, what was told of it included
    shared: int  # contents left, as another note has or had the same
    archived: tuple[str, ...]  # names in the archive that were deleted
    elsewhere: dict[str, int]  # by revision: copies that other devices keep, and erase themselves when they next write


@dataclass(frozen=True)
class EventErased:
    """What an event told was erased, or would be."""

    entry: str
    about: str
    revisions: int  # 0: it was erased before
    elsewhere: dict[str, int]  # as of `Purged`


@dataclass(frozen=True)
class Pruned:
    """What was dropped of the history, or would be."""

    revisions: int
    bytes_freed: int
    since: str | None  # what was replaced before that moment was dropped; None: all is kept for ever


def purge(
    session: Session,
    ref: str,
    *,
    yes: bool = False,
    dry_run: bool = False,
    only_gone: bool = False,
    reason: str = "",
    actor: Actor | None = None,
) -> Purged:
    """Erase a note and everything it ever held: the file, its copies in the archive, its revisions, events about it.

    The journal keeps that there was a note of that name, when it changed, and when something was told of it. What git
    or a backup has kept is not reached.

    Args:
        session: the open vault.
        ref: the note, by any of its names; one that is gone by its path.
        yes: do it, it can't be taken back.
        dry_run: only say what would be erased.
        only_gone: refuse a note that is there, as only what was forgotten is meant.
        reason: kept in the journal.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        NeedsYes: ``yes`` was not said.
        BadInput: the note is there, and only one that is gone was meant.
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultBusy, VaultDenied, StorageFailed: it is not done, or not done to the end; do it again.
    """
    if dry_run:
        with session.guard:
            session.refresh()
            return _planned(session, ref, only_gone=only_gone).as_result({})
    session.is_tidy = False  # what processes left that have died since may hold it too
    with writing(session, actor) as author:
        plan = _planned(session, ref, only_gone=only_gone)
        if not yes:
            raise NeedsYes(plan.path, len(plan.gone))
        if plan.is_there:
            archived, _ = archive_note(session, plan.path, "to be purged", author)
            plan = plan._replace(archived=(*plan.archived, archived))
        if plan.gone:
            changes = [Change(Op.PURGE, plan.path, sha256, "", reason=reason) for sha256 in plan.gone]
            session.journal.announce(changes, at=session.now(), actor=author)
        for name in plan.archived:
            session.vault.erase_archived(name)
        erased = erase(session, plan.gone)
        session.journal.settle()
        return plan.as_result(erased.left)


def erase_event(
    session: Session,
    entry: str,
    *,
    yes: bool = False,
    dry_run: bool = False,
    reason: str = "",
    actor: Actor | None = None,
) -> EventErased:
    """Erase what an event tells, and events that tell the very same; the journal keeps when, of which type, by whom.

    Args:
        session: the open vault.
        entry: its id.
        yes: do it, it can't be taken back.
        dry_run: only say what would be erased.
        reason: kept in the journal.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        NeedsYes: ``yes`` was not said.
        EntryMissing: no event has that id.
        BadInput: a note holds or held the very same.
        VaultBusy, VaultDenied, StorageFailed: it is not done, or not done to the end; do it again.
    """
    with session.guard, nullcontext() if dry_run else writing(session, actor) as author:
        entries = session.journal.entries()
        found = next((one for one in events(entries) if one.id == entry.strip()), None)
        if found is None:
            raise EntryMissing(entry)
        change = found.change
        same = {one.id for one in events(entries) if one.change.after == change.after}
        if change.after in _contents_of_others(session, entries, "", same):
            raise BadInput(f"what the event {found.id} tells is the text of a note: purge that note")
        is_kept = change.after in session.revisions
        if dry_run or author is None:
            return EventErased(found.id, change.path, int(is_kept), {})
        if not yes:
            raise NeedsYes(f"what the event {found.id} tells", int(is_kept))
        erasing = Change(Op.PURGE, change.path, change.after, "", reason=reason)
        session.journal.announce([erasing], at=session.now(), actor=author)
        erased = erase(session, [change.after])
        session.journal.settle()
        return EventErased(found.id, change.path, len(erased.erased), dict(erased.left))


def prune(session: Session, *, dry_run: bool = False, actor: Actor | None = None) -> Pruned:
    """Drop the revisions that the settings ``keep_days`` and ``keep_versions`` do not ask to keep.

    Raises:
        VaultBusy, VaultDenied, StorageFailed: nothing was dropped.
    """
    since = oldest_kept(session)
    if since is None:
        return Pruned(0, 0, None)
    with session.guard, nullcontext() if dry_run else writing(session, actor):
        dropped = session.revisions.prune(_to_keep(session, since), dry_run=dry_run)
        return Pruned(dropped.dropped, dropped.bytes_freed, since)


def finish_purges(session: Session) -> list[str]:
    """Erase what was purged and is there yet, as a crash came in between; say so in words. The vault is held.

    Raises:
        VaultDenied, StorageFailed: not all is erased; do it again.
    """
    contents = purged(session.journal.entries()).difference(session.known.current().values())
    if not contents:
        return []
    archived = [name for name in session.vault.archived() if sha256_hex(session.vault.read_archived(name)) in contents]
    for name in archived:
        session.vault.erase_archived(name)
    if archived or contents & session.revisions.names():
        erased = erase(session, contents).erased
    else:
        erased = session.revisions.erase(contents).erased  # of which the erasing was begun
    found = [f"archive/{name}: erased, as it was purged" for name in archived]
    return found + ([f"erased {len(erased)} revisions that were purged"] if erased else [])


def oldest_kept(session: Session) -> str | None:
    """Give the moment from which the settings keep all that notes held, as entries have it; None: everything."""
    if not session.config.keep_days:
        return None
    moment = session.now() - timedelta(days=session.config.keep_days)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _to_keep(session: Session, since: str) -> set[str]:
    """Say which revisions stay; all that no entry names too, where the entries may be lost that did."""
    entries = session.journal.entries()
    keep = kept(entries, since=since, versions=session.config.keep_versions)
    if session.journal.verify():
        named = {sha256 for entry in entries for sha256 in (entry.change.before, entry.change.after)}
        keep |= session.revisions.names() - named
    return keep


class _Plan(NamedTuple):
    """What a purge erases."""

    path: str
    gone: tuple[str, ...]
    shared: int
    archived: tuple[str, ...]
    is_there: bool

    def as_result(self, left: Mapping[str, int]) -> Purged:
        return Purged(self.path, len(self.gone), self.shared, self.archived, dict(left))


def _planned(session: Session, ref: str, *, only_gone: bool) -> _Plan:
    past = past_of(session, ref)
    if only_gone and past.found:
        raise BadInput(f"{past.path} is there: forget it first")
    entries = session.journal.entries()
    own = {version.entry.id for version in past.versions} | {one.id for one in events_about(entries, past.versions)}
    contents = _contents_of(entries, past, own) | ({past.found} - {""})
    shared = contents & _contents_of_others(session, entries, past.path, own)
    archived = [
        name
        for name in archived_paths(session)
        if sha256_hex(session.vault.read_archived(name)) in contents and _was_at(past.versions, name)
    ]
    return _Plan(past.path, tuple(sorted(contents - shared)), len(shared), tuple(archived), bool(past.found))


def _contents_of(entries: Sequence[Entry], past: Past, own: Collection[str]) -> set[str]:
    """Give every content that a note had by its own entries, or should have got in vain."""
    paths = {version.path for version in past.versions}
    done = {entry.id for entry in standing(entries)}
    return {
        sha256
        for entry in entries
        if entry.id in own or (entry.id not in done and entry.change.path in paths)
        for sha256 in (entry.change.before, entry.change.after)
        if sha256
    }


def _contents_of_others(session: Session, entries: Sequence[Entry], path: str, own: Collection[str]) -> set[str]:
    """Give every content that is or was another note's than the one at ``path``, or another event's."""
    found = {record.sha256 for record in session.index.records.values() if record.path != path}
    for entry in standing(entries):
        if entry.id not in own and entry.change.op is not Op.PURGE:
            found |= {entry.change.before, entry.change.after}
    return found - {""}


def _was_at(versions: Sequence[Version], name: str) -> bool:
    return any(version.entry.change.to == f"archive/{name}" for version in versions)
