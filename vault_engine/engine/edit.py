"""The verb that changes part of a note. What was not asked for keeps every byte, or nothing is written."""

import re
from collections.abc import Sequence
from typing import Any

from vault_engine.engine.changing import check_here, editable_text, find_note, showing_text, write_bytes, writing
from vault_engine.engine.find import find
from vault_engine.engine.merging import base_of, merged
from vault_engine.engine.resting import when_rested
from vault_engine.engine.results import Changed
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, EditRefused, NoteChanged
from vault_engine.index.record import Record
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.note import Refused
from vault_engine.note.body import is_hash_of
from vault_engine.note.change import Edit, apply_edit
from vault_engine.note.yaml12 import scalar_value
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import Within

_LINE = re.compile(r"[^\n]*+\n|[^\n]++")


def edit(
    session: Session,
    ref: str,
    edits: Sequence[Edit],
    *,
    expected: str | None = None,
    merge: bool = False,
    dry_run: bool = False,
    actor: Actor | None = None,
    within: Within = None,
    reason: str = "",
    is_use: bool = True,
) -> Changed:
    """Make edits of one note, in the order given: all of them or none.

    Args:
        session: the open vault.
        ref: the note, by any of its names.
        edits: what to change.
        expected: the SHA-256 of the note as the caller read it, or at least its first eight digits.
        merge: if the note has changed since, make the edits of what the caller read and merge the two, line by line.
        dry_run: only say what would change.
        actor: who asks for it, where that is not who opened the vault.
        within: what who asks is confined to.
        reason: why, for the journal.
        is_use: whether that counts.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        NoteChanged: the note is not the revision expected.
        CannotMerge: it is not, and somebody changed the same lines.
        EditRefused: an edit would risk bytes that nobody asked to change, or does not fit the note.
        NoteDamaged: nobody but its owner may edit the note.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    if not edits:
        raise BadInput("there is nothing to change")
    if merge and not expected:
        raise BadInput("a merge needs the revision that was read, as `expected`")
    if dry_run:
        with session.guard, showing_text(session):
            session.refresh()
            record = find(ref, session.index.records, within)
            old, new = edited(session, record, edits, expected, merge=merge)
            return _changed(record, old, new)

    def write() -> Changed:
        with writing(session, actor, exact=False) as author:
            record = find_note(session, ref, within)
            old, new = edited(session, record, edits, expected, merge=merge)
            if new != old:
                stance = Expect.NONE if expected is None else Expect.GIVEN
                change = Change(Op.WRITE, record.path, "", "", reason=reason, expect=stance)
                write_bytes(session, change, old, new, author)
            return _changed(record, old, new)

    done = when_rested(write)
    if is_use and done.action == "updated":
        session.count_uses(done)
    return done


def read_value(text: str) -> Any:
    """Say what a text means as the value of a property: what YAML reads in it, but never nothing."""
    value = scalar_value(text)
    return text if value is None else value


def edited(
    session: Session, record: Record, edits: Sequence[Edit], expected: str | None, *, merge: bool
) -> tuple[bytes, bytes]:
    """Give the note's bytes as they are and as they would be. Looks at no other note. Raises as `edit` does."""
    path = record.path
    check_here(session, path)
    old = session.vault.read(path)
    found = sha256_hex(old)
    text = editable_text(session, path, old)
    if expected is None or is_hash_of(found, expected):
        return old, applied(session, path, text, edits).encode()
    if not merge:
        raise NoteChanged(path, expected, found)
    base = base_of(session, path, expected, found)
    ours = applied(session, path, editable_text(session, path, base), edits)
    return old, merged(path, base, ours, old)


def applied(session: Session, path: str, text: str, edits: Sequence[Edit]) -> str:
    """Give a note's text with edits made, in the order given. Raises EditRefused as `edit` does."""
    for each in edits:
        result = apply_edit(text, each, session.index.rules.profile)
        if isinstance(result, Refused):
            raise EditRefused(path, result.reason)
        text = result.text
    return text


def _changed(record: Record, old: bytes, new: bytes) -> Changed:
    return Changed(
        action="updated" if new != old else "unchanged",
        id=record.id,
        path=record.path,
        before=sha256_hex(old),
        sha256=sha256_hex(new),
        diff=_diff(_LINE.findall(old.decode()), _LINE.findall(new.decode())) if new != old else "",
    )


def _diff(old: list[str], new: list[str]) -> str:
    """Show what lies between the lines that both texts begin with and those that both end with."""
    shorter = min(len(old), len(new))
    first = next((number for number in range(shorter) if old[number] != new[number]), shorter)
    left = shorter - first
    same = next((number for number in range(left) if old[-1 - number] != new[-1 - number]), left)
    gone, come = old[first : len(old) - same], new[first : len(new) - same]
    shown = [*(f"-{line}" for line in gone), *(f"+{line}" for line in come)]
    return "\n".join([f"@@ {first + 1} @@", *(line.rstrip("\r\n") for line in shown)])
