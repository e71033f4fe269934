"""What happened, the newest first: changes of notes and events, by time, kind, place and author."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from vault_engine.engine.benchmarks import BENCHMARK, Means, means
from vault_engine.engine.entries import EntryLine, concerns, lines_of
from vault_engine.engine.events import told
from vault_engine.engine.history import past_of
from vault_engine.engine.moments import read_moment, read_start
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import events_about, standing
from vault_engine.note.validity import microseconds
from vault_engine.vault.paths import check_folder
from vault_engine.vault.reach import Within, below_workspace, is_below

MAX_LIMIT = 1000
CHANGE = "change"
"""Stands for whatever changed a note, as ``event`` does for every event."""


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which of all that happened is wanted; what is None does not matter."""

    since: str | None = None  # a point in time, as `moments.FORMS` has them; a day is its beginning
    until: str | None = None  # likewise; a day is its end
    types: tuple[str, ...] = ()  # of events, or what was done: create, write, archive …; ``event``, ``change``
    category: str | None = None  # in this folder, of whatever workspace
    note: str | None = None  # to this note, whatever its path was
    actor: str | None = None  # by a name, a kind (human, agent, system, external) or KIND:NAME; of an event its agent
    limit: int = 50
    offset: int = 0  # how many of the newest are passed over


@dataclass(frozen=True)
class Timeline:
    """Some of what happened, the newest first."""

    entries: tuple[EntryLine, ...]
    total: int  # how many are wanted, shown or not
    benchmarks: tuple[Means, ...]  # of all that are wanted, where these are benchmarks alone


Wanted = Callable[[Entry], bool]


def timeline(session: Session, wanted: TimelineFilter, *, within: Within = None) -> Timeline:
    """List what happened, by the journals of all devices; what was announced and did not happen is left out.

    Raises:
        BadInput: a time is none, the limit is not between 1 and 1,000, or the offset is negative.
        BadName: no folder can have the name of the category.
        NoteMissing, NoteAmbiguous: ``note`` does not mean one note.
    """
    if not 1 <= wanted.limit <= MAX_LIMIT or wanted.offset < 0:
        raise BadInput(f"a limit is from 1 to {MAX_LIMIT:,} and an offset not negative")
    with session.guard:
        tests = list(_tests(session, wanted, within))
        entries = session.journal.entries()
        found = [entry for entry in standing(entries) if all(test(entry) for test in tests)]
        found.reverse()
        chosen = found[wanted.offset : wanted.offset + wanted.limit]
        is_benchmarks = wanted.types == (BENCHMARK,)
        measured = means(told(session, entry) for entry in found) if is_benchmarks else ()
        return Timeline(tuple(lines_of(session, (), chosen)), len(found), measured)


def _tests(session: Session, wanted: TimelineFilter, within: Within) -> list[Wanted]:
    """Give what an entry must pass, the cheapest first."""
    tests: list[Wanted] = []
    now = session.now()
    if wanted.since:
        first = _us(read_start(wanted.since, now))
        tests.append(lambda entry: first <= _us(entry.ts))
    if wanted.until:
        last = _us(read_moment(wanted.until, now))
        tests.append(lambda entry: _us(entry.ts) <= last)
    if wanted.types:
        names = frozenset(wanted.types)
        tests.append(lambda entry: _is_of(entry.change, names))
    if wanted.category:
        folder = check_folder(wanted.category)
        tests.append(lambda entry: any(_is_in(path, folder) for path in _places(entry.change)))
    if within is not None:
        tests.append(lambda entry: concerns(entry.change, within))
    if wanted.note:
        ids = _of_note(session, wanted.note, within)
        tests.append(lambda entry: entry.id in ids)
    if wanted.actor:
        name = wanted.actor.strip()
        tests.append(lambda entry: _is_by(session, entry, name))
    return tests


def _us(moment: str) -> int:
    """Give a time in microseconds; one that is none, from another device, as before all others."""
    found = microseconds(moment)
    return -1 if found is None else found


def _is_of(change: Change, names: Collection[str]) -> bool:
    if change.op is Op.EVENT:
        return change.reason in names or Op.EVENT.value in names
    return change.op.value in names or CHANGE in names


def _places(change: Change) -> tuple[str, ...]:
    """Give the places that an entry names, but for those in the archive."""
    is_rename = change.op in (Op.MOVE, Op.EXTERNAL) and change.to
    return (change.path, change.to or "") if is_rename else (change.path,)


def _is_in(path: str, folder: str) -> bool:
    return is_below(path, folder) or is_below(below_workspace(path), folder)


def _of_note(session: Session, ref: str, within: Within) -> set[str]:
    session.refresh()
    versions = past_of(session, ref, within).versions
    about = events_about(session.journal.entries(), versions)
    return {version.entry.id for version in versions} | {entry.id for entry in about}


def _is_by(session: Session, entry: Entry, name: str) -> bool:
    if name in _names(entry.actor):
        return True
    said = told(session, entry) if entry.change.op is Op.EVENT else None
    return said is not None and said.agent == name


def _names(actor: Actor) -> tuple[str, str, str]:
    return actor.name, actor.kind, f"{actor.kind}:{actor.name}"
