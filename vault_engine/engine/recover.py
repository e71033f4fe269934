"""After a crash: finding out what became of the changes that were announced last. No note is written here.

A note that holds what was announced was changed; one that still holds what it held before was not; one that holds
something third was changed by somebody after that.
"""

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.journal.entry import Change, Entry, Op
from vault_engine.journal.replay import happened
from vault_engine.journal.store import MEMWELL
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.store import TMP, mark_of

QUARANTINE = "quarantine"

_REASON = "it had not been made when the power or the process went"
_STAGED = ".note"
_IN_USE_S = 60.0  # none of our own small files takes as long to write
_QUIET_S = 2.0  # an editor that opened the old file in time has saved by then
_SPARE_NAME = re.compile(r"([0-9a-f]{64})-")


def settle(session: Session) -> None:
    """Complete or abort what another process, or a failed call of this one, left announced. The vault is held."""
    open_entries = session.journal.catch_up(session.now())
    if open_entries or not session.is_tidy:
        undone = _not_made(session, open_entries)
        _clear_temporaries(session, open_entries, undone)
        session.is_tidy = True
        if undone:
            session.journal.abort(undone, at=session.now(), actor=MEMWELL, reason=_REASON)
        elif open_entries:
            session.journal.settle()
    _look_at_displaced(session)


def was_made(session: Session, change: Change) -> bool:
    """Say whether a change that was announced has been made, by looking at the notes."""
    is_rename = change.op is Op.MOVE and change.to not in (None, change.path)
    if change.before == change.after and not is_rename:
        return True
    try:
        found = session.vault.revision_of(change.path)
        if is_rename and change.to:
            return not (found == change.before and not session.vault.revision_of(change.to))
    except MemwellError:
        return True  # it can't be told: nothing says that it was not
    return found != change.before


def _not_made(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """List the entries whose changes were not made; links follow a note only once it has been moved."""
    undone = [entry for entry in entries if not was_made(session, entry.change)]
    is_unmoved = any(entry.change.op is Op.MOVE for entry in undone)
    return list(entries) if is_unmoved else undone


# ---- what lies about


def _clear_temporaries(session: Session, open_entries: Sequence[Entry], undone: Sequence[Entry]) -> None:
    """Remove what dead processes left, after keeping the text of a note that came out of its place with the crash.

    All that we stage is among the revisions; what is not is that text. It is entered before its change is settled:
    after that, nobody could tell whose file it is.
    """
    by_mark = {mark_of(entry.change.path): entry for entry in open_entries}
    files = [file for file in session.vault.temporaries() if not _may_be_in_use(session, file)]
    for file in files:
        entry = by_mark.get(file.name.rpartition("-")[2])
        data = _content(file) if entry else None
        if entry and data is not None and sha256_hex(data) not in session.revisions:
            change = entry.change
            _keep(session, change.path, change.before if entry in undone else change.after, data)
    for file in files:
        with suppress(OSError):  # then it stays: nothing is wrong but the space it takes
            if file.is_dir() and not file.is_symlink():  # notes of a folder that did not get its place
                shutil.rmtree(file)
            else:
                file.unlink()


def _may_be_in_use(session: Session, file: Path) -> bool:
    """Say whether another thread of this process may be writing a file: only notes need the vault for that."""
    if not file.name.startswith(f"{os.getpid()}-") or file.name.endswith(_STAGED):
        return False
    with suppress(OSError):  # it is gone
        return session.now().timestamp() - file.stat(follow_symlinks=False).st_mtime < _IN_USE_S
    return True


def _content(file: Path) -> bytes | None:
    """Read a file of our own; None for what is none of ours."""
    with explained(file):
        return file.read_bytes() if file.is_file() and not file.is_symlink() else None


def _keep(session: Session, path: str, before: str, data: bytes) -> None:
    """Enter and keep what somebody saved while a note was being exchanged as the process died.

    It is kept last: by that a recovery after this one tells that there is nothing left to do.
    """
    sha256, head = sha256_hex(data), session.known.get(path)
    if head is None or head.sha256 != sha256:
        change = Change(Op.EXTERNAL, path, before, sha256, reason="saved as the process died", size=len(data))
        session.note_external(change)
    session.revisions.put(data)
    session.index.touch([path])  # the note may hold something else


# ---- what was displaced


def _look_at_displaced(session: Session) -> None:
    """Look at the old files that were set aside, as nobody could tell whether an editor had them open."""
    try:
        names = os.listdir(session.vault.spare_dir)  # noqa: PTH208 - it is done with every change
    except OSError:
        return
    now = session.now().timestamp()
    for file in (session.vault.spare_dir / name for name in sorted(names)):
        with suppress(OSError, MemwellError):  # else it waits for the next time
            if not 0 <= now - file.stat(follow_symlinks=False).st_ctime < _QUIET_S:
                _rescue(session, file)
                file.unlink()


def _rescue(session: Session, file: Path) -> None:
    """Put what an editor wrote into an old file beside the note, as a conflict copy, and into the history."""
    named = _SPARE_NAME.match(file.name)
    before, data = named[1] if named else "", _content(file)
    if data is None or (sha256 := sha256_hex(data)) == before:
        return
    path = _path_of(session, before)
    if path is None:
        write_atomic(session.vault.local_dir / QUARANTINE / file.name, data, session.vault.local_dir / TMP)
    elif session.vault.revision_of(path) != sha256:
        session.revisions.put(data)
        copy = session.vault.put_beside(path, data, f"conflicted copy {session.now().date().isoformat()}")
        reason = f"written to {path} as that was being replaced"
        if session.known.get(copy) is None:
            change = Change(Op.EXTERNAL, copy, "", sha256, reason=reason, size=len(data))
            session.note_external(change)


def _path_of(session: Session, before: str) -> str | None:
    """Give the path of the note that was last replaced while it held this revision."""
    for entry in reversed(happened(session.journal.entries())):
        if before and entry.change.before == before:
            return entry.change.path
    return None
