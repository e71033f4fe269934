"""Living beside a Logseq that has the vault open as its graph: it holds pages in memory and writes them as a whole.

A page that somebody changed a moment ago is not written until it rests. A change that Logseq has written over, because
it had not seen it, is kept as a revision like every text, and the journal says whose it was.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from vault_engine.engine.session import Session
from vault_engine.errors import NoteInUse
from vault_engine.journal.entry import Op
from vault_engine.journal.replay import happened, history
from vault_engine.note import Profile
from vault_engine.vault.walk import signature_of

SYNC_CLIENT = "obsidian-sync"  # of who changes a vault through a folder that is kept in step with it

_Result = TypeVar("_Result")

_MOST_S = 10.0  # to wait for a page to rest
_WRITTEN_OVER = "written over from memory, without what was written by"


def check_rests(session: Session, path: str) -> None:
    """Check that nobody seems to be writing in a page of a graph: the last to change it was not a person just now.

    Raises:
        NoteInUse: somebody may be.
    """
    rest_ns = session.config.rest_seconds * 1_000_000_000
    if not rest_ns or session.index.rules.profile is not Profile.LOGSEQ:
        return
    head = session.known.get(path)
    if head and not head.by_hand:
        return
    try:
        age_ns = time.time_ns() - signature_of(session.config.root / path).mtime_ns
    except OSError:
        return
    if 0 <= age_ns < rest_ns and not _is_synced(session, path):
        raise NoteInUse(path, (rest_ns - age_ns) / 1e9)


def _is_synced(session: Session, path: str) -> bool:
    """Say whether what a note holds came from a folder that is kept in step: nobody typed it here."""
    versions = history(session.journal.entries(), path)
    return bool(versions) and versions[-1].entry.actor.client == SYNC_CLIENT


def when_rested(do: Callable[[], _Result]) -> _Result:
    """Do something once nobody seems to be writing in the page that it concerns; the vault is not held meanwhile.

    Raises:
        NoteInUse: somebody seems to be for more than ten seconds.
    """
    until = time.monotonic() + _MOST_S
    while True:
        try:
            return do()
        except NoteInUse as error:
            if time.monotonic() + error.rests_s > until:
                raise
            time.sleep(error.rests_s)


def why_external(session: Session, path: str, before: str, data: bytes) -> str:
    """Say what is to be told of an external change: that it has nothing of a change made here just before; else "".

    Args:
        session: the open vault.
        path: the note.
        before: the revision that the journal knows.
        data: what the note holds now.
    """
    head = session.known.get(path)
    if session.index.rules.profile is not Profile.LOGSEQ or not before or not head or head.by_hand:
        return ""
    from vault_engine.sync.written_over import IN_MEMORY_NS, is_written_over  # for vaults of Logseq's alone

    with suppress(KeyError, ValueError, OSError, IndexError):  # what was purged can't be compared
        entry = history(session.journal.entries(), path)[-1].entry
        changed_ns = signature_of(session.config.root / path).mtime_ns
        since_ns = changed_ns - datetime.fromisoformat(entry.ts).timestamp() * 1e9
        if entry.change.op is not Op.WRITE or entry.change.after != before or since_ns > IN_MEMORY_NS:
            return ""
        had, has = (session.revisions.get(one).decode() for one in (entry.change.before, before))
        if is_written_over(had, has, data.decode()):
            return f"{_WRITTEN_OVER} {entry.actor.name}: {before[:8]}"
    return ""


def find_written_over(session: Session) -> dict[str, str]:
    """Give the notes of which Logseq has written over a change, and nobody has written since; and what was said."""
    if session.index.rules.profile is not Profile.LOGSEQ:
        return {}
    last = {entry.change.path: entry.change.reason for entry in happened(session.journal.entries())}
    return {path: reason for path, reason in sorted(last.items()) if reason.startswith(_WRITTEN_OVER)}
