"""The copies that sync tools put beside a note which two devices had changed: listed, compared, resolved.

A copy is never searched, merged or removed unasked. What is resolved is a change like any other: the note's old text
is in its history, and the copy is in the archive, from where `restore` brings it back.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from vault_engine.engine.changing import check_here, editable_text, write_bytes, writing
from vault_engine.engine.merging import merged
from vault_engine.engine.session import Session
from vault_engine.engine.write import archive_note
from vault_engine.errors import (
    BadInput,
    CannotMerge,
    EditRefused,
    MemwellError,
    NoteAmbiguous,
    NoteChanged,
    NoteMissing,
)
from vault_engine.index.record import decode
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.journal.replay import history
from vault_engine.note.body import is_hash_of
from vault_engine.sync.merge import Merged, merge, unified_diff
from vault_engine.vault.copies import conflict_base, is_similar, possible_base
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import NOTE_SUFFIX

Take = Literal["ours", "theirs", "merge"]
"""Whose text the note shall have: its own, the copy's, or both by lines."""

_MAX_VERSIONS = 200  # of a note that are compared with a copy to find where they parted


@dataclass(frozen=True)
class ConflictCopy:
    """One copy, and how it differs from its note."""

    path: str
    note: str  # whose copy it is
    note_is_there: bool
    certain: bool  # False: a person may have chosen its name; it was taken for a copy as it holds much the same
    added: int | None  # lines that only the copy has; None where it is no text
    removed: int | None  # lines that only the note has


@dataclass(frozen=True)
class Conflicts:
    """The copies in a vault, by path."""

    copies: tuple[ConflictCopy, ...]


@dataclass(frozen=True)
class ConflictShown:
    """One copy beside its note."""

    conflict: ConflictCopy
    diff: str  # from the note to the copy, as ``diff -u`` writes it
    parted: str | None  # the revision of the note that the copy was made from, as far as the history tells
    overlaps: tuple[int, ...] | None  # lines of that revision that both changed; None without one


@dataclass(frozen=True)
class Resolved:
    """A copy was resolved, or would be after a dry run."""

    path: str
    note: str
    take: Take
    archived: str | None  # the copy's name in the archive; None after a dry run
    before: str  # SHA-256 of the note's bytes, "" if it was not there
    sha256: str  # and after
    diff: str  # what became of the note


def conflicts(session: Session) -> Conflicts:
    """List the conflict copies.

    Those whose name only a sync tool gives, and those whose name people give too where the note is there and holds
    much the same.

    Raises:
        VaultMissing: the vault's folder is gone.
    """
    with session.guard:
        session.refresh()
        return Conflicts(tuple(sorted(_copies(session), key=lambda one: one.path)))


def show_conflict(session: Session, ref: str) -> ConflictShown:
    """Compare a conflict copy with its note.

    Args:
        session: the open vault.
        ref: the path of the copy, or of the note if it has only one.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one copy.
        EditRefused: it is a copy of something that is no note.
    """
    with session.guard:
        session.refresh()
        copy = _find(session, ref)
        ours, theirs = _bytes(session, copy)
        base = _parted(session, copy.note, ours, theirs) if ours is not None else None
        diff = unified_diff(_shown(ours), _shown(theirs), copy.note if ours is not None else "/dev/null", copy.path)
        if base is None or ours is None:
            return ConflictShown(copy, diff, None, None)
        result = merge(_shown(base), _shown(ours), _shown(theirs))
        overlaps = () if isinstance(result, Merged) else tuple(overlap.start for overlap in result.overlaps)
        return ConflictShown(copy, diff, sha256_hex(base), overlaps)


def resolve_conflict(
    session: Session,
    ref: str,
    take: Take,
    *,
    expected: str | None = None,
    dry_run: bool = False,
    actor: Actor | None = None,
) -> Resolved:
    """Give a note the text that its owner chose, and move the copy into the archive.

    Args:
        session: the open vault.
        ref: the path of the copy, or of the note if it has only one.
        take: "ours" leaves the note as it is, "theirs" gives it the copy's bytes, "merge" what both changed since
            they parted, where they did not change the same lines.
        expected: the SHA-256 of the note as the caller knows it, or its first eight digits.
        dry_run: only say what would change.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: ``take`` is none of the three.
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one copy.
        NoteChanged: the note is not the revision expected, or the copy was changed meanwhile.
        EditRefused: they can't be merged, or the copy is of something that is no note.
        NoteDamaged: the note can't be edited safely.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    if take not in ("ours", "theirs", "merge"):
        raise BadInput(f"take {take!r} is none of ours, theirs, merge")
    if dry_run:
        with session.guard:
            session.refresh()
            copy = _find(session, ref)
            return _resolved(copy, take, *_planned(session, copy, take, expected)[:2])
    with writing(session, actor) as author:
        copy = _find(session, ref)
        old, new, theirs = _planned(session, copy, take, expected)
        reason = f"{take} of {copy.path}"
        if new is not None and new != old:
            op = Op.WRITE if old is not None else Op.CREATE
            change = Change(op, copy.note, "", "", reason=reason, expect=Expect.GIVEN if expected else Expect.NONE)
            write_bytes(session, change, old or b"", new, author)
        found = session.vault.revision_of(copy.path)
        if found != sha256_hex(theirs):
            raise NoteChanged(copy.path, sha256_hex(theirs), found)
        archived, _ = archive_note(session, copy.path, f"resolved: {take}", author)
        return _resolved(copy, take, old, new, archived)


# ---- finding


def _copies(session: Session) -> Iterator[ConflictCopy]:
    walk = session.index.walk
    for path in walk.conflict_copies:
        if note := conflict_base(path):
            yield _compared(session, path, note, certain=True)
    for path in walk.notes:
        note = possible_base(path)
        if note in walk.notes and note is not None:
            copy, text = (_text(session, one) for one in (path, note))
            if copy is not None and text is not None and is_similar(copy, text):
                yield _compared(session, path, note, certain=False)


def _compared(session: Session, path: str, note: str, *, certain: bool) -> ConflictCopy:
    walk = session.index.walk
    is_there = note in walk.notes or note in walk.others
    copy, text = _text(session, path), _text(session, note) if is_there else ""
    if copy is None or text is None:
        return ConflictCopy(path, note, is_there, certain, None, None)
    theirs, ours = (Counter(one.splitlines()) for one in (copy, text))
    return ConflictCopy(path, note, is_there, certain, (theirs - ours).total(), (ours - theirs).total())


def _text(session: Session, path: str) -> str | None:
    """Give the text of a file; None if it is no note's, or can't be read."""
    if not path.lower().endswith(NOTE_SUFFIX) or path in session.index.walk.placeholders:
        return None
    with suppress(MemwellError):
        return decode(session.vault.read(path))[0]
    return None


def _find(session: Session, ref: str) -> ConflictCopy:
    copies = list(_copies(session))
    found = [one for one in copies if ref in (one.path, f"./{one.path}")]
    found = found or [one for one in copies if one.note in (ref, f"{ref}.md")]
    if not found:
        raise NoteMissing(ref, where="the list of conflict copies")
    if len(found) > 1:
        raise NoteAmbiguous(ref, [one.path for one in found])
    return found[0]


# ---- deciding


def _bytes(session: Session, copy: ConflictCopy) -> tuple[bytes | None, bytes]:
    """Give the bytes of the note, None if it is not there, and of the copy."""
    if not copy.path.lower().endswith(NOTE_SUFFIX):
        raise EditRefused(copy.path, "it is no note: compare the two with the program they belong to")
    check_here(session, copy.note)
    theirs = session.vault.read(copy.path)
    try:
        return session.vault.read(copy.note), theirs
    except NoteMissing:
        return None, theirs


def _planned(
    session: Session, copy: ConflictCopy, take: Take, expected: str | None
) -> tuple[bytes | None, bytes | None, bytes]:
    """Give the note's bytes before and after, and the copy's."""
    ours, theirs = _bytes(session, copy)
    found = sha256_hex(ours) if ours is not None else ""
    if expected is not None and expected != found and not is_hash_of(found, expected):
        raise NoteChanged(copy.note, expected, found)
    if take == "ours":
        return ours, ours, theirs
    if ours is None:
        if take == "merge":
            raise EditRefused(copy.note, "it is not there, so there is nothing to merge with: take theirs")
        session.vault.check_free(copy.note, copy.note)
        return None, theirs, theirs
    text = editable_text(session, copy.note, ours)
    return ours, theirs if take == "theirs" else _merged(session, copy, ours, text, theirs), theirs


def _merged(session: Session, copy: ConflictCopy, ours: bytes, text: str, theirs: bytes) -> bytes:
    base = _parted(session, copy.note, ours, theirs)
    if base is None:
        raise EditRefused(copy.note, "its history has no version that the copy can have been made from: take one")
    try:
        return merged(copy.note, base, text, theirs)
    except UnicodeDecodeError:
        raise EditRefused(copy.path, "it is not UTF-8, so nothing can be merged") from None
    except CannotMerge as error:
        lines = ", ".join(map(str, error.lines[:5]))
        raise EditRefused(
            copy.note, f"both changed the same place (line {lines}, as it was before): take one"
        ) from None


def _parted(session: Session, path: str, ours: bytes, theirs: bytes) -> bytes | None:
    """Give the version of a note that a copy was made from: the one that differs least from it, the older of two.

    Never the note as it is now: all that was changed in it since would count as taken back by the copy.
    """
    versions = [version.sha256 for version in history(session.journal.entries(), path)[-_MAX_VERSIONS:]]
    lines = Counter(theirs.splitlines())
    best: tuple[int, bytes] | None = None
    for sha256 in dict.fromkeys(one for one in versions if one and one != sha256_hex(ours)):
        with suppress(KeyError):
            data = session.revisions.get(sha256)
            other = Counter(data.splitlines())
            differing = (lines - other).total() + (other - lines).total()
            if best is None or differing < best[0]:
                best = differing, data
    return best[1] if best else None


# ---- telling


def _resolved(
    copy: ConflictCopy, take: Take, old: bytes | None, new: bytes | None, archived: str | None = None
) -> Resolved:
    before, after = ("" if data is None else sha256_hex(data) for data in (old, new))
    old_name, new_name = (f"{copy.note}@{sha256[:8]}" if sha256 else "/dev/null" for sha256 in (before, after))
    diff = unified_diff(_shown(old), _shown(new), old_name, new_name) if old != new else ""
    return Resolved(copy.path, copy.note, take, archived, before, after, diff)


def _shown(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")
