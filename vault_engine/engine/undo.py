"""The verb that takes the last change of a note back, or an earlier one with what came after it kept.

An undo is a change like any other: it is in the journal, and undoing once more brings back what it took away.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from vault_engine.engine.changing import check_here, editable_text, write_bytes, writing
from vault_engine.engine.history import Past, content, named_version, past_of
from vault_engine.engine.move import undo_move
from vault_engine.engine.session import Session
from vault_engine.engine.write import archived_paths, forget, restore
from vault_engine.errors import EditRefused, NoteChanged, VersionMissing
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.note.body import is_hash_of
from vault_engine.sync.merge import Merged, merge, unified_diff
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import ARCHIVE

Action = Literal["updated", "archived", "restored", "recreated", "moved", "unchanged"]


@dataclass(frozen=True)
class Undone:
    """A change was taken back, or would be after a dry run."""

    action: Action
    path: str  # of the note now; where it was, if it is in the archive now
    entry: str | None  # whose change it was; None for one by hand that no entry tells of yet
    before: str  # SHA-256 of the note's bytes before the undo, "" if it was not there
    sha256: str  # and after
    merged: bool  # whether changes made since were kept
    diff: str  # as ``diff -u`` writes it


class _Target(NamedTuple):
    """The change to take back."""

    entry: str | None
    change: Change
    part_of: str | None  # the entry of the move that it belongs to


class _Plan(NamedTuple):
    """What an undo does to the note; None stands for a note that is not there."""

    action: Action
    path: str
    target: _Target
    found: bytes | None
    wanted: bytes | None
    merged: bool = False


def undo(
    session: Session,
    ref: str,
    *,
    entry: str | None = None,
    expected: str | None = None,
    dry_run: bool = False,
    actor: Actor | None = None,
) -> Undone:
    """Bring a note back to what it was before its last change, or take one earlier change out of it.

    A note that was deleted by hand is written again, one in the archive restored, one that was made is archived, one
    that was moved is moved back. The last change may be an undo: then that is taken back.

    Args:
        session: the open vault.
        ref: the note, by any of its names; one that is gone by its path or its file's name.
        entry: the change to take back, by the id of its entry or its number (``#42``). What was changed since is
            merged in by lines.
        expected: the SHA-256 of the note as the caller knows it, or its first eight digits; "" if it is not there.
        dry_run: only say what would change.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VersionMissing: the note has no such change.
        NoteChanged: the note is not the revision expected.
        EditRefused: the change can't be taken back alone: later ones touch the same lines, say.
        NoteDamaged: what the note held before is not kept any more, or it can't be merged.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    if dry_run:
        with session.guard:
            session.refresh()
            return _shown(_plan(session, ref, entry, expected))
    with writing(session, actor) as author:
        plan = _plan(session, ref, entry, expected)
        _carry_out(session, plan, author, Expect.GIVEN if expected else Expect.NONE)
        return _shown(plan)


def _carry_out(session: Session, plan: _Plan, author: Actor, expect: Expect) -> None:
    """Do it with the verbs there are, which keep what they replace and enter it in the journal."""
    reason = f"undo of {plan.target.entry}" if plan.target.entry else "undo of an edit by hand"
    if plan.action == "archived":
        forget(session, plan.path, reason=reason, actor=author)
    elif plan.action == "restored":
        restore(session, _archive_name(plan.target.change), actor=author)
    elif plan.action == "moved":
        undo_move(session, plan.target.entry, author)
    elif plan.wanted is not None and plan.action != "unchanged":
        if plan.found is None:
            session.vault.check_free(plan.path, plan.path)
        op = Op.CREATE if plan.found is None else Op.WRITE
        change = Change(op, plan.path, "", "", reason=reason, expect=expect)
        write_bytes(session, change, plan.found or b"", plan.wanted, author)


def _plan(session: Session, ref: str, entry: str | None, expected: str | None) -> _Plan:
    past = past_of(session, ref)
    check_here(session, past.path)
    if expected is not None and not is_hash_of(past.found, expected) and expected != past.found:
        raise NoteChanged(past.path, expected, past.found)
    target = _last_change(past) if entry is None else _change_of(past, entry)
    change = target.change
    found = content(session, past, past.found) if past.found else None
    if change.op is Op.MOVE:
        return _move_back(past, target, found)
    if change.op is Op.EXTERNAL and change.to:
        raise EditRefused(past.path, f"it was renamed by hand, from {change.path}; move it back instead")
    if found is None:
        return _bring_back(session, past, target)
    if not change.before:
        if past.found != change.after:
            raise EditRefused(past.path, "it was changed since it was made: take that back first, or forget it")
        return _Plan("archived", past.path, target, found, None)
    if not change.after:
        raise EditRefused(past.path, "it was gone after that change and is there again")
    return _take_out(session, past, target, found)


def _last_change(past: Past) -> _Target:
    """Give the newest change of a note, be it one that the journal does not know of yet."""
    if not past.versions:
        raise EditRefused(past.path, "the journal knows of no change of it")
    last = past.versions[-1].entry
    if not past.is_recorded:
        return _Target(None, Change(Op.EXTERNAL, past.path, past.versions[-1].sha256, past.found), None)
    if last.change.op is Op.WRITE and last.ref:
        raise EditRefused(
            past.path,
            f"last it was changed together with other notes: take that back ({last.ref}), or name the entry {last.id}",
        )
    return _Target(last.id, last.change, last.ref)


def _change_of(past: Past, entry: str) -> _Target:
    index = named_version(past, entry)
    if index is None:
        raise VersionMissing(past.path, entry, "its history lists the entries there are")
    found = past.versions[index].entry
    return _Target(found.id, found.change, found.ref)


def _move_back(past: Past, target: _Target, found: bytes | None) -> _Plan:
    if target.part_of:
        raise EditRefused(past.path, "that change took a move back; move the note again instead")
    return _Plan("moved", target.change.path, target, found, found)


def _bring_back(session: Session, past: Past, target: _Target) -> _Plan:
    if target.change.after or not target.change.before:
        raise EditRefused(past.path, "it is not there any more; bring it back first")
    wanted = content(session, past, target.change.before)
    is_archived = target.change.op is Op.ARCHIVE and _is_last_archived(session, target.change)
    return _Plan("restored" if is_archived else "recreated", past.path, target, None, wanted)


def _is_last_archived(session: Session, archived: Change) -> bool:
    """Say whether the archive still holds what it was given, and `restore` would take that by its name there."""
    name = _archive_name(archived)
    meant = [each for each, former in archived_paths(session).items() if name in (each, former)]
    return meant[-1:] == [name] and sha256_hex(session.vault.read_archived(name)) == archived.before


def _archive_name(archived: Change) -> str:
    return (archived.to or "").removeprefix(f"{ARCHIVE}/")


def _take_out(session: Session, past: Past, target: _Target, found: bytes) -> _Plan:
    """Put back what one change replaced; what was changed since stays, if it is elsewhere in the note."""
    change, path = target.change, past.path
    if past.found == change.before:
        return _Plan("unchanged", path, target, found, found)
    before = content(session, past, change.before)
    if past.found == change.after:
        return _Plan("updated", path, target, found, before)
    now = editable_text(session, path, found)
    try:
        base, ours = (data.decode("utf-8") for data in (content(session, past, change.after), before))
    except UnicodeDecodeError:
        raise EditRefused(path, "what it held at that time is no text, so nothing can be merged") from None
    result = merge(base, ours, now)
    if not isinstance(result, Merged):
        lines = ", ".join(str(overlap.start) for overlap in result.overlaps[:5])
        raise EditRefused(path, f"what that change wrote was changed again since (line {lines}, as it was then)")
    wanted = result.text.encode()
    return _Plan("unchanged" if wanted == found else "updated", path, target, found, wanted, merged=True)


def _shown(plan: _Plan) -> Undone:
    before, after = ("" if data is None else sha256_hex(data) for data in (plan.found, plan.wanted))
    if plan.action == "moved":
        after = plan.target.change.before
    old, new = ((data or b"").decode("utf-8", "backslashreplace") for data in (plan.found, plan.wanted))
    old_name, new_name = (f"{plan.path}@{sha256[:8]}" if sha256 else "/dev/null" for sha256 in (before, after))
    return Undone(
        action=plan.action,
        path=plan.path,
        entry=plan.target.entry,
        before=before,
        sha256=after,
        merged=plan.merged,
        diff=unified_diff(old, new, old_name, new_name) if old != new else "",
    )
