"""Entering what others did to the notes: editors, git, sync tools. Their text is kept like everybody's.

A few changes are entered before anything else happens to the vault. Many, above all the notes of a vault that is met
for the first time, become a backlog: it is entered some at a time, and between two portions everybody else has his
turn. What is left of it when the process ends, the next one finds by looking.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from vault_engine.config import MOST_VANISHED
from vault_engine.engine.erasing import erase
from vault_engine.engine.recover import settle
from vault_engine.engine.resting import why_external
from vault_engine.engine.session import Session, name_of
from vault_engine.engine.vanished import Vanished, is_recent
from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.journal.entry import Change, Op
from vault_engine.journal.retention import purged
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import is_note

_AT_ONCE = 500  # notes that are kept together; with the bytes, bounds the memory that a first look takes
_BYTES_AT_ONCE = 16 << 20
_PORTION_S = 0.008  # of the backlog so much is read while others wait; to keep it takes about as long again
_GONE_AT_ONCE = 100
_MUCH_GONE = 20  # notes; of fewer it is believed at once that somebody deleted them


def enter_external(session: Session, *, exact: bool = False, patient: bool = False) -> int:
    """Enter what the last look at the vault found and no journal knows; give how many changes that were.

    Of many the rest becomes the backlog. The caller holds the vault.

    Args:
        session: the open vault.
        exact: enter every change of a note that the journals know, however many there are.
        patient: don't believe yet that a note is deleted that was there a moment ago. For who comes back: a writer
            has to know now.
    """
    session.known.catch_up()
    _erase_purged(session)
    lately = session.known.take_paths() | session.told
    session.told = set()
    session.behind |= {path: name_of(path) for path in lately if session.indexed(path) != session.known_sha256(path)}
    lost = {path for path in lately if _may_be_gone(session, path) and _is_gone(session, path)}
    if lost:
        session.refresh(wait=False)  # where there is less, there may be more elsewhere: a rename
    touched = session.index.take_touched()
    differing = _all_differing(session) if touched is None else _differing(session, touched | lost)
    unknown = sorted(differing.difference(session.index.walk.placeholders))  # to read those would fetch them
    may_be_gone = sorted({*unknown, *session.withheld}) if session.withheld else unknown
    gone = {path: session.known_sha256(path) for path in may_be_gone if _is_gone(session, path)}
    found = [path for path in unknown if path not in gone]
    session.withheld = _too_many(session, gone, found)
    for path in session.withheld:
        del gone[path]
    try:
        if len(unknown) > _AT_ONCE:
            found, gone = _put_off(session, found, gone, exact=exact)
        entered = _enter_found(session, found, gone)
        session.leaving = {path for path in gone if patient and is_recent(session, path)}
        session.index.touch(session.leaving)
        for path in session.leaving:
            del gone[path]
        return entered + _note(session, [Change(Op.EXTERNAL, path, before, "") for path, before in gone.items()])
    except BaseException:
        session.index.touch(unknown)  # the next writer meets them again
        raise


def _too_many(session: Session, gone: Mapping[str, str], found: Iterable[str]) -> set[str]:
    """Give the notes that are gone and were not renamed, if they are so many that a drive may be missing.

    A sync tool that was logged out and an empty mount point look like somebody who deletes everything. So nothing is
    entered until the notes are back, or their owner says that it is meant.
    """
    if len(gone) < _MUCH_GONE or session.is_gone_meant:
        return set()
    texts = {session.indexed(path) for path in found}
    lost = {path for path, sha256 in gone.items() if sha256 and sha256 not in texts}
    return lost if len(lost) >= max(_MUCH_GONE, MOST_VANISHED * len(session.known.current())) else set()


def missing(session: Session) -> set[str]:
    """Give the notes that are gone as of the last look, if they are too many to be entered."""
    session.known.catch_up()
    known, records = session.known.current(), session.index.records
    gone = {path: known[path] for path in known.keys() - records.keys() if _is_gone(session, path)}
    return _too_many(session, gone, records.keys() - known.keys())


def accept_gone(session: Session) -> int:
    """Enter that notes are gone though they are very many; give how many they were.

    Raises:
        VaultMissing: the vault's folder is gone.
        VaultBusy, VaultDenied, StorageFailed: nothing was entered.
    """
    with session.guard, session.vault.lock.held():
        settle(session)
        session.refresh(wait=False)
        enter_external(session)
        accepted, session.is_gone_meant = len(session.withheld), True
        try:
            enter_external(session, exact=True)
        finally:
            session.is_gone_meant = False
        return accepted


def _all_differing(session: Session) -> set[str]:
    """Compare all there is with the journals; quick about notes that only one of them knows."""
    indexed, known = session.index.records.keys(), session.known.current().keys()
    return (indexed ^ known) | _differing(session, indexed & known)


def _differing(session: Session, paths: Iterable[str]) -> set[str]:
    return {path for path in paths if session.indexed(path) != session.known_sha256(path)}


def _put_off(
    session: Session, found: list[str], gone: dict[str, str], *, exact: bool
) -> tuple[list[str], dict[str, str]]:
    """Leave what is too much for now to the backlog, what the journals know of in front; give what is not."""
    texts = set(gone.values())
    known = {path for path in found if session.known_sha256(path) or (texts and session.indexed(path) in texts)}
    backlog = session.backlog
    backlog.notes.update(dict.fromkeys(path for path in found if path not in known))
    if exact or len(known) + len(gone) <= _AT_ONCE:
        return [path for path in found if path in known], gone
    backlog.notes.update(dict.fromkeys(sorted(known)))
    backlog.gone |= gone
    return [], {}


def enter_backlog(session: Session) -> bool:
    """Enter some of the backlog, what has changed since before it; say whether there is more to do.

    Nothing while somebody else is writing. Where it can't be entered, the backlog is given up until the next look.
    """
    with session.guard:
        if not session.backlog:
            return False
        try:
            with session.vault.lock.held(wait_s=0):
                settle(session)
                enter_external(session, patient=True)
                _enter_portion(session)
        except VaultBusy:
            return True
        except MemwellError:
            session.index.touch([*session.backlog.notes, *session.backlog.gone])
            session.backlog.clear()
            session.has_news = True
        return bool(session.backlog)


def _enter_portion(session: Session) -> None:
    backlog, taken = session.backlog, list[str]()
    gone_before = tuple(backlog.gone)
    try:
        _enter_found(session, _some(session, time.monotonic() + _PORTION_S, taken), backlog.gone)
        if not backlog.notes:  # only now it is certain which of these were not renamed
            taken += list(backlog.gone)[:_GONE_AT_ONCE]
            gone = {path: backlog.gone.pop(path) for path in taken if path in backlog.gone}
            still = [path for path in gone if session.known_sha256(path) == gone[path] and _is_gone(session, path)]
            _note(session, [Change(Op.EXTERNAL, path, gone[path], "") for path in still])
    except BaseException:
        session.index.touch([*taken, *gone_before])
        raise


def _some(session: Session, until: float, taken: list[str]) -> Iterator[str]:
    """Take notes from the backlog, at least one, while there is time: those that still are to be entered."""
    notes = session.backlog.notes
    while notes:
        path, _ = notes.popitem()
        if path in session.index.records and session.indexed(path) != session.known_sha256(path):
            taken.append(path)
            yield path
        if time.monotonic() >= until:
            return


def enter_external_if_free(session: Session, *, following: bool = False) -> None:
    """Enter what the looks of this process have found, if nobody else is writing; say nothing where it can't be.

    For readers, so that the history has a person's edits even where no agent ever writes.

    Args:
        session: the open vault.
        following: this process follows the vault: it keeps every note there is even where the vault has no journal
            yet, and comes back for what was deleted a moment ago. A reader in passing does neither.
    """
    if not session.has_news or not (following or session.journal.files()):
        return
    with suppress(MemwellError), session.guard, session.vault.lock.held(wait_s=0):
        settle(session)
        enter_external(session, patient=following)
        session.has_news = bool(session.leaving)


def _erase_purged(session: Session) -> None:
    """Erase what this device keeps of notes that another one has purged; what is in a note again stays."""
    lately = session.known.take_purged()
    if kept := [sha256 for sha256 in lately if sha256 in session.revisions]:
        gone = purged(session.journal.entries()).difference(session.known.current().values())
        if left := gone.intersection(kept):
            erase(session, left)


def _enter_found(session: Session, paths: Iterable[str], gone: dict[str, str]) -> int:
    """Keep what the notes hold and enter it, some at a time.

    A note whose text or id has vanished elsewhere was renamed: it is taken out of ``gone``.
    """
    vanished = Vanished(session, gone)
    changes: list[Change] = []
    texts: list[bytes] = []
    entered = size = 0
    for path in paths:
        data = _text_to_enter(session, path)
        if data is None:
            continue
        before, sha256 = session.known_sha256(path), sha256_hex(data)
        if not before and (old := vanished.take(sha256, data)) is not None:
            changes.append(Change(Op.EXTERNAL, old, session.known_sha256(old), sha256, to=path, size=len(data)))
        else:
            reason = why_external(session, path, before, data)
            changes.append(Change(Op.EXTERNAL, path, before, sha256, reason=reason, size=len(data)))
        texts.append(data)
        size += len(data)
        if len(texts) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            entered += _keep(session, texts, changes)
            texts, changes, size = [], [], 0
    return entered + _keep(session, texts, changes)


def _text_to_enter(session: Session, path: str) -> bytes | None:
    """Read a note that may hold what no journal knows; None if it does not, or is to be looked at again."""
    try:
        data = session.vault.read(path)
    except MemwellError:  # gone again, or not to be read
        session.index.touch([path])
        return None
    sha256 = sha256_hex(data)
    if sha256 == session.known_sha256(path):
        session.behind[path] = name_of(path)
        return None
    if is_note(path) and sha256 != session.indexed(path):  # being saved at this moment
        session.index.touch([path])
        return None
    return data


def _keep(session: Session, texts: list[bytes], changes: list[Change]) -> int:
    if texts:
        session.revisions.put_many(texts)
        session.revisions.sync()
    return _note(session, changes)


def _note(session: Session, changes: list[Change]) -> int:
    if changes:
        session.note_external(*changes)
    return len(changes)


def _may_be_gone(session: Session, path: str) -> bool:
    """Say whether it is worth looking properly for a note that the journals tell of."""
    return session.known.get(path) is not None and not os.path.lexists(f"{session.vault.root}/{path}")


def _is_gone(session: Session, path: str) -> bool:
    """Say whether a note that there should be is not there."""
    if path in session.index.records or path in session.index.walk.placeholders:
        return False
    try:
        return not session.vault.has(path)
    except MemwellError:
        return False
