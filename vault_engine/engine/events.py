"""Events: what somebody decided, tried or measured, told to the journal beside the changes of notes.

What is told is JSON among the revisions, named by the entry's hash: it can be erased while the journal still verifies.
"""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from vault_engine.engine.changing import find_note, saw, writing
from vault_engine.engine.memory import MAX_FIELD_CHARS, home_of
from vault_engine.engine.recover import settle
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, NotAllowed, NoteMissing
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.state.store import check_value
from vault_engine.vault.paths import check_folder
from vault_engine.vault.reach import Reach, Within, is_within

FORMAT = 1
DECISION = "decision"
MAX_TYPE_CHARS = 60
_MAX_TOLD_BYTES = 1 << 20  # three parts and what is around them are less


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell. Each part is a text or another value of JSON, at most 64 KiB."""

    evaluated: Any = None  # what was looked at, or asked
    acted: Any = None  # what was done
    forward: Any = None  # what follows
    type: str = DECISION
    note: str | None = None  # the note that it is about
    category: str | None = None  # or the folder
    key: str | None = None  # and what in it, whether that is a note or not
    agent: str | None = None  # whose event it is, where that is not who tells of it


@dataclass(frozen=True)
class Told:
    """What was told in an event."""

    evaluated: Any
    acted: Any
    forward: Any
    category: str | None
    key: str | None
    agent: str | None


@dataclass(frozen=True)
class Recorded:
    """An event is in the journal."""

    entry: str  # its id
    at: str  # ISO 8601, UTC
    type: str
    about: str  # the path of a note, a folder with a ``/`` at its end, or "" for the whole vault


def record(session: Session, event: Event, actor: Actor | None = None, *, within: Within = None) -> Recorded:
    """Enter an event in the journal, durably; no note changes.

    Args:
        session: the open vault.
        event: what is told.
        actor: who tells it, where that is not who opened the vault.
        within: what may be reached: the event is about that, where it names nothing.

    Raises:
        BadInput: nothing is told, a part is no JSON or too long, or what it is about is named in two ways.
        BadName: no folder can have the name of the category.
        NotAllowed: the category is beyond what may be reached.
        NoteMissing, NoteAmbiguous: ``note`` does not mean one note.
        VaultBusy, VaultDenied, StorageFailed: nothing was entered.
    """
    _check(event)
    if event.note is None and event.key is None:
        about = _folder(event, within)
        with session.guard, session.vault.lock.held():
            settle(session)
            return _entered(session, event, about, session.actor(actor))
    with writing(session, actor, exact=False) as author:
        return _entered(session, event, _note_or_folder(session, event, within), author)


def told(session: Session, entry: Entry) -> Told | None:
    """Give what an event tells; None if that was erased, or is not to be had."""
    try:
        data = session.revisions.get(entry.change.after)
        facts = json.loads(data) if len(data) <= _MAX_TOLD_BYTES else None
    except (KeyError, ValueError, RecursionError):
        return None
    if not isinstance(facts, dict):
        return None
    lines = (_line(facts.get(name)) for name in ("category", "key", "agent"))
    return Told(facts.get("evaluated"), facts.get("acted"), facts.get("forward"), *lines)


class _Named(NamedTuple):
    """A field of an event that is one line."""

    name: str
    value: str | None
    max_chars: int = MAX_FIELD_CHARS


def _check(event: Event) -> None:
    parts = {"evaluated": event.evaluated, "acted": event.acted, "forward": event.forward}
    if all(value is None or value == "" for value in parts.values()):
        raise BadInput("an event tells what was evaluated, what was done, or what follows")
    for name, value in parts.items():
        check_value(value, f"what is told as {name!r}")
    for field in (
        _Named("type", event.type, MAX_TYPE_CHARS),
        _Named("category", event.category),
        _Named("key", event.key),
        _Named("agent", event.agent),
    ):
        value = field.value
        if value is not None and not (value.strip() and value.isprintable() and len(value) <= field.max_chars):
            raise BadInput(f"{field.name} must be one line of 1 to {field.max_chars} characters, not {value[:60]!r}")
    if event.note is not None and (event.category or event.key):
        raise BadInput("an event is about a note, or about a category and a key in it: name one of the two")
    if event.key is not None and event.category is None:
        raise BadInput("a key needs its category")


def _folder(event: Event, within: Within) -> str:
    """Give the folder that an event is about, with its ``/``; "" for the whole vault."""
    if event.category is None:
        reached = (within.folder or within.home) if isinstance(within, Reach) else within
        return f"{reached}/" if reached else ""
    home, category = home_of(check_folder(event.category), within)
    folder = f"{home}/{category}/" if home else f"{category}/"
    if not is_within(folder, within):
        raise NotAllowed(f"{folder} is beyond {within}, which is all that is reached")
    return folder


def _note_or_folder(session: Session, event: Event, within: Within) -> str:
    """Give the path of the note that an event is about; where a key names none, its folder."""
    if event.note is not None:
        path = find_note(session, event.note, within).path
    else:
        folder = _folder(event, within)
        try:
            path = find_note(session, f"{event.category}/{event.key}", within).path
        except NoteMissing:
            return folder
    saw(session, path, session.vault.read(path))
    return path


def _entered(session: Session, event: Event, about: str, author: Actor) -> Recorded:
    """Keep what is told and enter it. The vault is held."""
    facts = {
        "format": FORMAT,
        "type": event.type,
        "about": about,
        "evaluated": event.evaluated,
        "acted": event.acted,
        "forward": event.forward,
        "category": event.category,
        "key": event.key,
        "agent": event.agent,
    }
    data = json.dumps(facts, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    sha256 = session.revisions.put(data, sync=False)
    change = Change(Op.EVENT, about, "", sha256, reason=event.type, size=len(data))
    (entry,) = session.journal.announce([change], at=session.now(), actor=author, first=session.revisions.sync)
    session.journal.settle()
    return Recorded(entry.id, entry.ts, event.type, about)


def _line(value: Any) -> str | None:
    return value if isinstance(value, str) else None
