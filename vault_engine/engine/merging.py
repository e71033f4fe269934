"""Putting a change that was made to an older revision of a note into the note as it is now."""

from vault_engine.engine.session import Session
from vault_engine.errors import CannotMerge, NoteChanged
from vault_engine.journal.replay import history
from vault_engine.note import FrontmatterState
from vault_engine.note.body import is_hash_of
from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.sync.merge import Merged, merge
from vault_engine.vault.files import sha256_hex

_READABLE = (FrontmatterState.OK, FrontmatterState.EMPTY)


def base_of(session: Session, path: str, expected: str, found: str) -> bytes:
    """Give the bytes of the revision of a note that a caller had read.

    Args:
        session: the open vault.
        path: the note.
        expected: the revision's SHA-256, or at least its first eight digits.
        found: the revision that the note is now, for the error.

    Raises:
        NoteChanged: the note had no such revision, or several, or it is not kept any more.
    """
    changes = [version.entry.change for version in history(session.journal.entries(), path)]
    held = {sha256 for change in changes for sha256 in (change.before, change.after) if sha256}
    meant = [sha256 for sha256 in held if is_hash_of(sha256, expected)]
    try:
        if len(meant) == 1:
            return session.revisions.get(meant[0])
    except KeyError:
        pass
    raise NoteChanged(path, expected, found)


def merged(path: str, base: bytes, ours: str, theirs: bytes) -> bytes:
    """Give the note as it is now with the caller's change in it.

    Args:
        path: the note, for the error.
        base: the bytes that the caller had read, which are UTF-8.
        ours: what the caller made of them.
        theirs: the bytes that the note has now, which are UTF-8.

    Raises:
        CannotMerge: both changed the same lines, or their properties do not go together.
    """
    now = theirs.decode()
    result = merge(base.decode(), ours, now)
    if not isinstance(result, Merged):
        lines = [overlap.start for overlap in result.overlaps]
        raise CannotMerge(path, sha256_hex(base), sha256_hex(theirs), lines)
    head, sides = read_frontmatter(result.text), [read_frontmatter(side) for side in (ours, now)]
    if head.state not in (*_READABLE, *(side.state for side in sides)):
        raise CannotMerge(path, sha256_hex(base), sha256_hex(theirs), [_line_of(head.problem)])
    return result.text.encode()


def _line_of(problem: str | None) -> int:
    """Say which line the properties' problem begins with; the first where it does not say."""
    number = (problem or "").removeprefix("line ").partition(":")[0]
    return int(number) if number.isdecimal() else 1
