"""Entering what others did to the notes: editors, git, sync tools. Their text is kept like everybody's."""

import os
from collections import defaultdict
from contextlib import suppress

from vault_engine.engine.erasing import erase
from vault_engine.engine.recover import settle
from vault_engine.engine.session import Session, name_of
from vault_engine.errors import MemwellError
from vault_engine.journal.entry import Change, Op
from vault_engine.journal.retention import purged
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import is_note

_AT_ONCE = 500  # notes that are kept together; with the bytes, bounds the memory that a first look takes
_BYTES_AT_ONCE = 16 << 20


def enter_external(session: Session) -> int:
    """Enter every change that the last look at the vault found and no journal knows; give how many there were.

    The caller holds the vault.
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
    paths = session.index.records.keys() | session.known.current() if touched is None else touched | lost
    differing = {path for path in paths if session.indexed(path) != session.known_sha256(path)}
    unknown = sorted(differing.difference(session.index.walk.placeholders))  # to read those would fetch them
    gone = {path: session.known_sha256(path) for path in unknown if _is_gone(session, path)}
    try:
        entered = _enter_found(session, [path for path in unknown if path not in gone], gone)
        return entered + _note(session, [Change(Op.EXTERNAL, path, before, "") for path, before in gone.items()])
    except BaseException:
        session.index.touch(unknown)  # the next writer meets them again
        raise


def enter_external_if_free(session: Session, *, adopt: bool = False) -> None:
    """Enter what the looks of this process have found, if nobody else is writing; say nothing where it can't be.

    For readers, so that the history has a person's edits even where no agent ever writes.

    Args:
        session: the open vault.
        adopt: keep every note there is, where the vault has no journal yet; a reader in passing does not.
    """
    if not session.has_news or not (adopt or session.journal.files()):
        return
    with suppress(MemwellError), session.guard, session.vault.lock.held(wait_s=0):
        settle(session)
        enter_external(session)
        session.has_news = False


def _erase_purged(session: Session) -> None:
    """Erase what this device keeps of notes that another one has purged; what is in a note again stays."""
    lately = session.known.take_purged()
    if kept := [sha256 for sha256 in lately if sha256 in session.revisions]:
        gone = purged(session.journal.entries()).difference(session.known.current().values())
        if left := gone.intersection(kept):
            erase(session, left)


def _enter_found(session: Session, paths: list[str], gone: dict[str, str]) -> int:
    """Keep what the notes hold and enter it, some at a time.

    A note whose text has vanished elsewhere was renamed: it is taken out of ``gone``.
    """
    left = defaultdict(list)
    for path, sha256 in reversed(gone.items()):
        left[sha256].append(path)
    changes: list[Change] = []
    texts: list[bytes] = []
    entered = size = 0
    for path in paths:
        data = _text_to_enter(session, path)
        if data is None:
            continue
        before, sha256 = session.known_sha256(path), sha256_hex(data)
        if data and not before and left[sha256]:
            old = left[sha256].pop()
            del gone[old]
            changes.append(Change(Op.EXTERNAL, old, sha256, sha256, to=path, size=len(data)))
        else:
            changes.append(Change(Op.EXTERNAL, path, before, sha256, size=len(data)))
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
