"""The verbs that show the journal as it is written, entry by entry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vault_engine.engine.events import Told, told
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, EntryMissing
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.vault.reach import Within, is_within


@dataclass(frozen=True)
class EntryLine:
    """One entry of the journal."""

    seq: int  # counts in the journal of one device
    id: str
    at: str
    actor: Actor
    op: str
    path: str
    to: str | None
    before: str
    after: str
    size: int
    expect: str
    reason: str  # of an event its type
    ref: str | None
    aborted: bool  # announced, and did not happen
    told: Told | None = None  # what an event tells; None for any other entry, or where it was erased


@dataclass(frozen=True)
class Entries:
    """Some of the journal's entries, the oldest first."""

    entries: tuple[EntryLine, ...]
    total: int  # how many the journal has


def last_entries(session: Session, count: int = 20, *, within: Within = None) -> Entries:
    """Give the newest entries of the journal, of those that concern what may be reached and nothing else.

    Raises:
        BadInput: the count is not positive.
    """
    if count < 1:
        raise BadInput(f"{count} is not a positive number of entries")
    with session.guard:
        entries = _reached(session, within)
        return Entries(tuple(lines_of(session, entries, entries[-count:])), len(entries))


def find_entries(
    session: Session, which: str | None = None, *, path: str | None = None, within: Within = None
) -> Entries:
    """Give the entries that are meant.

    Args:
        session: the open vault.
        which: the id of an entry, or its number as ``#42``; each device counts on its own, so several may have it.
        path: all entries that name this path.
        within: what may be reached.

    Raises:
        BadInput: not exactly one of the two was given.
        EntryMissing: there is no such entry.
    """
    if (which is None) == (path is None):
        raise BadInput("give the id of an entry, its number as #42, or a path")
    with session.guard:
        entries = _reached(session, within)
        found = [
            entry
            for entry in entries
            if (path in (entry.change.path, entry.change.to) if path is not None else _is_called(entry, which or ""))
        ]
        if not found:
            raise EntryMissing(which or path or "")
        return Entries(tuple(lines_of(session, entries, found)), len(entries))


def follow(session: Session, on_entries: Callable[[tuple[EntryLine, ...]], None]) -> None:
    """From now on, tell of what comes into the journals, whoever enters it, when this process gets to know of it."""
    with session.guard:
        session.known.catch_up()
        session.known.on_entries = lambda fresh: on_entries(tuple(lines_of(session, fresh, fresh)))


def lines_of(session: Session, entries: Sequence[Entry], chosen: Sequence[Entry]) -> Iterator[EntryLine]:
    """Give some entries as they are shown, with what events tell.

    Args:
        session: the open vault.
        entries: those among which an `Op.ABORT` of one of the chosen would be.
        chosen: those that are wanted.
    """
    aborted = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
    for entry in chosen:
        said = told(session, entry) if entry.change.op is Op.EVENT else None
        yield _line(entry, said, is_aborted=entry.id in aborted)


def concerns(change: Change, within: Within) -> bool:
    """Say whether an entry is about what may be reached, and nothing else."""
    if change.op is Op.EVENT:
        return is_within(change.path, within)
    to = change.to if change.op in (Op.MOVE, Op.EXTERNAL) else None  # else it is a name in the archive
    return all(is_within(path, within) for path in (change.path, to) if path)


def _reached(session: Session, within: Within) -> Sequence[Entry]:
    entries = session.journal.entries()
    return entries if within is None else [entry for entry in entries if concerns(entry.change, within)]


def _is_called(entry: Entry, name: str) -> bool:
    return name.strip() in (entry.id, f"#{entry.seq}")


def _line(entry: Entry, said: Told | None, *, is_aborted: bool) -> EntryLine:
    change = entry.change
    return EntryLine(
        seq=entry.seq,
        id=entry.id,
        at=entry.ts,
        actor=entry.actor,
        op=change.op.value,
        path=change.path,
        to=change.to,
        before=change.before,
        after=change.after,
        size=change.size,
        expect=change.expect.value,
        reason=change.reason,
        ref=entry.ref,
        aborted=is_aborted,
        told=said,
    )
