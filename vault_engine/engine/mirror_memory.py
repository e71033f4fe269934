"""Living with a program that holds the notes of a folder in memory and writes them as a whole: Logseq.

What somebody changed there a moment ago is not written here until it rests. What was written here and is gone, because
the program had not seen it, is brought together with what the program wrote.
"""

import time
from collections.abc import Mapping
from contextlib import suppress

from vault_engine.engine.session import Session
from vault_engine.sync.folder import Folder, There, id_of
from vault_engine.sync.plan import Held
from vault_engine.sync.state import Synced
from vault_engine.sync.written_over import IN_MEMORY_NS, is_written_over


class Rest:
    """Leaves alone for a while what somebody may be writing in. One run waits for that once."""

    def __init__(self, session: Session, folder: Folder, *, is_needed: bool) -> None:
        self._folder, self._is_needed = folder, is_needed
        self._rest_ns = session.config.rest_seconds * 1_000_000_000
        self._has_waited = False

    def has_rested(self, there: There, known: Synced | None) -> bool:
        """Say whether nobody has changed a file for so long that nobody seems to be writing in it."""
        if not self._is_needed or (known and known.shown == there.shown and known.written_ns):
            return True  # the last to write was this side
        left_ns = self._folder.unrested_ns(there.file, self._rest_ns, time.time_ns())
        if left_ns and not self._has_waited:
            self._has_waited = True
            time.sleep(left_ns / 1e9)
            left_ns = self._folder.unrested_ns(there.file, self._rest_ns, time.time_ns())
        return not left_ns

    def with_past(self, now: Synced, known: Synced | None, *, is_written: bool, is_again: bool) -> Synced:
        """Add what a file showed before it was written here, which is to be known if a program writes over it.

        Args:
            now: what both hold now.
            known: what both held before this run.
            is_written: the file was written in this run.
            is_again: it was, because somebody had written over it; what somebody writes over again is believed.
        """
        if not self._is_needed:
            return now
        if is_written:
            is_changed = known and not is_again and known.held.sha256 != now.held.sha256
            return now._replace(before=known.held.sha256 if known and is_changed else "", written_ns=time.time_ns())
        if known and known.shown == now.shown:
            return now._replace(before=known.before, written_ns=known.written_ns)
        return now


def may_be_from_memory(known: Synced | None, there: There) -> bool:
    """Say at a glance whether a file may have been written from a memory older than what was written here."""
    if not known or not known.before or there.shown == known.shown or not there.seen:
        return False
    return there.seen.mtime_ns - known.written_ns <= IN_MEMORY_NS


def written_over(session: Session, base: Mapping[str, Synced], now: Mapping[str, bytes]) -> dict[str, Synced]:
    """Find the notes that have nothing of what was written here last; give what both held before that.

    Args:
        session: the open vault.
        base: what both held last.
        now: the notes that may be such, as the folder has them.
    """
    over: dict[str, Synced] = {}
    for path, data in now.items():
        known = base[path]
        with suppress(KeyError, UnicodeDecodeError):  # what was purged can't be compared
            before, ours = (session.revisions.get(one).decode() for one in (known.before, known.held.sha256))
            if is_written_over(before, ours, data.decode()):
                over[path] = Synced(Held(known.before, id_of(before), len(before.encode())), known.shown)
    return over
