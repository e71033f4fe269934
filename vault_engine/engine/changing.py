"""The one way in which notes change: the vault is held, what others did is entered, each change is announced.

What is replaced is kept as a revision first; the announcement is durable before the note is touched; the note is
exchanged only for the revision that the caller knew. After a crash `recover.settle` finds out what happened.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from vault_engine.engine.external import enter_external
from vault_engine.engine.find import find, paths_meant
from vault_engine.engine.recover import settle
from vault_engine.engine.resting import check_rests
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError, NoteChanged, NoteDamaged, NoteMissing
from vault_engine.index.record import Record
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.note import parse
from vault_engine.note.special import may_be_read_only, why_read_only
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import Within, is_within


@contextmanager
def writing(session: Session, actor: Actor | None, *, exact: bool = True) -> Iterator[Actor]:
    """Hold the vault for a change; say in whose name the change is made.

    What a crash left open is settled first, and what others changed is in the journal before anything else is, but for
    what is too much and becomes the backlog: of such a note `saw` enters what it holds before it is changed.

    Args:
        session: the open vault.
        actor: who asks for the change, where that is not who opened the vault.
        exact: look at the whole vault; else a look a moment ago will do, as in `Session.look`.
    """
    with session.guard:
        if not session.index.records:
            session.refresh()  # without the lock: the first time, this may take long
        with session.vault.lock.held():
            settle(session)
            if exact:
                session.refresh(wait=False)  # nobody shall wait for us; what is being saved is read afresh anyway
            else:
                session.look()
            enter_external(session, exact=exact)
            try:
                yield session.actor(actor)
            except NoteChanged as error:
                raise with_text(session, error) from error.__cause__


def find_note(session: Session, ref: str, within: Within = None) -> Record:
    """Give the note that ``ref`` means, where the vault was not looked at just now. Takes and raises what `find` does.

    A path means one note whatever else there is; of any other name, a look must say that it is the only one.
    """
    for path in paths_meant(ref, within):
        if not is_within(path, within):
            continue
        if (record := session.index.records.get(path)) and os.path.lexists(f"{session.vault.root}/{path}"):
            return record
    session.refresh(wait=False)
    enter_external(session)
    try:
        return find(ref, session.index.records, within)
    except NoteMissing:
        if not session.index.unsettled_ns:
            raise
    session.refresh()  # it may be the one that is being saved
    enter_external(session)
    return find(ref, session.index.records, within)


def announced(
    session: Session, change: Change, author: Actor, first: Callable[[], None] | None = None
) -> AbstractContextManager[str]:
    """Enter a change, let the block make it, or enter that it was not made; see `Journal.announced`."""
    return session.journal.announced(change, at=session.now(), actor=author, first=first)


def write_bytes(session: Session, change: Change, old: bytes, new: bytes, author: Actor) -> str:
    """Make ``new`` the note's bytes, if they still are ``old``; give the new SHA-256.

    All is made ready, then come the fsyncs, one after the other: revision, temporary file, journal. So no entry is
    there before what it tells of is durable; and little is computed after an fsync, when a processor is slow.

    Args:
        session: the open vault.
        change: what is done; its hashes and size are filled in here. A `Op.CREATE` has no old bytes.
        old: the bytes that the caller has read.
        new: the bytes there shall be.
        author: who does it.

    Raises:
        NoteChanged: the note holds something else by now. It still does.
        NoteOpen: a program has the note open for writing.
        NoteInUse: somebody seems to be writing in the page of a graph.
        VaultDenied, StorageFailed: nothing was changed.
    """
    before = "" if change.op is Op.CREATE else sha256_hex(old)
    if before:
        check_rests(session, change.path)
        saw(session, change.path, old)
    after = session.revisions.put(new, sync=False)
    change = change._replace(before=before, after=after, size=len(new))
    with session.vault.staged(change.path, new, sync=False) as staged:

        def make_durable() -> None:
            session.revisions.sync()
            staged.sync(change.path)
            if before:
                staged.check_unchanged(change.path, before)

        with announced(session, change, author, make_durable):
            session.vault.put(staged, change.path, before, keeper(session, change.path))
    return after


def saw(session: Session, path: str, data: bytes) -> None:
    """Keep the bytes of a note that is about to change, and enter whose they are if nobody has told."""
    sha256 = session.revisions.put(data)
    head = session.known.get(path)
    if head is None or head.sha256 != sha256:
        change = Change(Op.EXTERNAL, path, head.sha256 if head else "", sha256, size=len(data))
        session.note_external(change)


def keeper(session: Session, path: str) -> Callable[[bytes], None]:
    """Give what keeps the text that somebody saved while a note was being exchanged, and saved over at once."""

    def keep(data: bytes) -> None:
        sha256 = session.revisions.put(data)
        change = Change(Op.EXTERNAL, path, "", sha256, reason="saved over at once", size=len(data))
        session.note_external(change)

    return keep


def check_unchanged(session: Session, path: str, expected: str) -> None:
    """Check that a note holds the revision expected, "" for none.

    Raises:
        NoteChanged: it holds another.
    """
    found = session.vault.revision_of(path)
    if found != expected:
        raise NoteChanged(path, expected, found)


@contextmanager
def showing_text(session: Session) -> Iterator[None]:
    """Let a `NoteChanged` show the note as it is now, so that its caller needs no other call to see it."""
    try:
        yield
    except NoteChanged as error:
        raise with_text(session, error) from error.__cause__


def with_text(session: Session, error: NoteChanged) -> NoteChanged:
    """Put into the error the note as it is now."""
    with suppress(MemwellError):
        error.text = session.vault.read(error.path).decode("utf-8", "replace")
    return error


def check_here(session: Session, path: str) -> None:
    """Check that a cloud has not taken a note off this device: reading it would download it.

    Raises:
        NoteDamaged: it has.
    """
    if path in session.index.walk.placeholders:
        raise NoteDamaged(path, "a cloud keeps it and it is not on this device, so it can't be changed")


def editable_text(session: Session, path: str, data: bytes) -> str:
    """Give the text of a note that may be edited.

    Raises:
        NoteDamaged: it is not UTF-8, or nobody but its owner may edit it.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteDamaged(path, f"not UTF-8 (byte {error.start}), so it can't be edited") from None
    if may_be_read_only(text, path) and (reason := why_read_only(parse(text, session.index.rules.profile), path)):
        raise NoteDamaged(path, reason)
    return text
