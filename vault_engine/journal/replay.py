"""What the entries of a journal say about the notes: where each is, what it holds, how it came there. Pure.

An entry announces a change. The change happened unless an entry ``abort`` names it, whenever that one came. Entries
of several devices are put in order by time, and within one moment by number and id: the newest change of a path says
what is there, whichever device's file is read first. A journal arrives by sync and may hold anything: what does not
fit together has some answer, never an exception.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from vault_engine.journal.entry import Change, Entry, Op

REMEMBERED = 4  # changes of a path that `Heads` keeps to fall back on; what is aborted together puts two on one path

_CHANGES = frozenset({Op.CREATE, Op.WRITE, Op.ARCHIVE, Op.RESTORE, Op.MOVE, Op.EXTERNAL})
_ABOUT_THE_JOURNAL = frozenset({Op.ABORT, Op.RECOVERED})
_ARCHIVE = "archive/"


@dataclass(frozen=True, slots=True)
class Head:
    """The last change of a note that is there."""

    sha256: str  # of the bytes that it should have now
    entry_id: str
    by_hand: bool  # whether somebody wrote what it holds without telling, in an editor say


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a note."""

    entry: Entry  # that brought it about
    path: str  # the note's at that time; the last one, when it was archived
    sha256: str  # of its bytes; "" when it was gone


class _Place(NamedTuple):
    """Where a note can be. The archive has names of its own, and a vault may have a folder ``archive``."""

    name: str
    is_archived: bool = False


class _Step(NamedTuple):
    """What one entry did: the note from ``source`` is at ``target``."""

    source: _Place | None  # None: the note began
    target: _Place
    sha256: str  # of the note as it is in the vault; "" if it is not there any more

    @property
    def leaves(self) -> _Place | None:
        """The place where the note is no longer."""
        return None if self.source == self.target else self.source


class _Effect(NamedTuple):
    """What one entry did to one path. The later of two is the greater."""

    ts: str
    seq: int
    entry_id: str
    sha256: str  # "": the note is not here any more
    by_hand: bool
    part_of: str  # the id of the entry that a ``write`` belongs to


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """Leave out what was announced and did not happen, and what is about the journal itself. Keeps the order given."""
    found = list(entries)
    aborted = {entry.ref for entry in found if entry.change.op is Op.ABORT and entry.ref}
    return [entry for entry in found if entry.change.op not in _ABOUT_THE_JOURNAL and entry.id not in aborted]


def happened(entries: Iterable[Entry]) -> list[Entry]:
    """Leave out what was announced and did not happen, and what did nothing to a note. Keeps the order given."""
    return [entry for entry in standing(entries) if entry.change.op is not Op.EVENT]


def events(entries: Iterable[Entry]) -> list[Entry]:
    """Give what somebody told. Keeps the order given."""
    return [entry for entry in standing(entries) if entry.change.op is Op.EVENT]


def events_about(entries: Iterable[Entry], versions: Sequence[Version]) -> list[Entry]:
    """Give what was told about a note while it had the path that was named.

    Args:
        entries: the whole journal.
        versions: all of the note, oldest first, as `history` gives them.
    """
    moments = [_order(version.entry) for version in versions]
    found: list[Entry] = []
    for entry in events(entries):
        place = bisect_right(moments, _order(entry)) - 1
        if place >= 0 and versions[place].path == entry.change.path and versions[place].sha256:
            found.append(entry)
    return found


def heads(entries: Iterable[Entry]) -> dict[str, str]:
    """Say which notes there should be: the SHA-256 of each, by path."""
    return _states(happened(entries))


def as_of(entries: Iterable[Entry], moment: str) -> dict[str, str]:
    """Say which notes there were right after ``moment``: the SHA-256 of each, by path.

    Args:
        entries: the whole journal. What was aborted later had not happened then either.
        moment: ISO 8601 in UTC, ``2026-11-21T10:00:00Z``, with any number of decimals.
    """
    last = _comparable(moment)
    return _states(entry for entry in happened(entries) if _comparable(entry.ts) <= last)


def history(entries: Iterable[Entry], path: str) -> list[Version]:
    """List every version of the note that is at ``path``, oldest first.

    If none is there, it is the note that was there last: archived, deleted, or elsewhere by now. The versions follow
    it through renames, and into the archive and back. A note that appears where another was deleted counts as its
    next version, as no other name leads to the deleted one. ``archive/NAME`` means an archived note, unless the vault
    has had a note of that path.
    """
    steps = _steps(happened(entries))
    found = _versions(steps, _Place(path))
    if not found and path.startswith(_ARCHIVE):
        return _versions(steps, _Place(path, is_archived=True))
    return found


class Heads:
    """The heads of all notes, kept up entry by entry.

    Entries of one device come in its order. One of another device may come late: it does not replace a newer head,
    and an entry that came before does no harm. Any change can be aborted; where more than `REMEMBERED` of one path
    are, without one between that happened, the path's head is unknown.
    """

    def __init__(self) -> None:
        self._effects: dict[str, list[_Effect]] = {}  # by path; the last ones, oldest first
        self._aborted: set[str] = set()

    def feed(self, entry: Entry) -> None:
        """Take in one entry."""
        change = entry.change
        if change.op is Op.ABORT and entry.ref:
            self._aborted.add(entry.ref)
        elif change.op in _CHANGES:
            step, by_hand = _step(change), change.op is Op.EXTERNAL or entry.actor.kind == "external"
            before = self.get(change.path) if by_hand else None
            if before and before.sha256 == change.after:  # renamed by hand: whose text it is stays
                by_hand = before.by_hand
            if step.leaves:
                self._put(step.leaves, _effect(entry, "", by_hand=by_hand))
            self._put(step.target, _effect(entry, step.sha256, by_hand=by_hand))

    def get(self, path: str) -> Head | None:
        """Give the head of the note that should be at ``path``; None if there should be none, or none is known."""
        standing = [effect for effect in self._effects.get(path, ()) if effect.entry_id not in self._aborted]
        left = {effect.entry_id for effect in standing if effect.entry_id and not effect.sha256}
        for effect in reversed(standing):
            if effect.part_of not in left:  # else the note was rewritten and then moved: it is not here
                return Head(effect.sha256, effect.entry_id, effect.by_hand) if effect.sha256 else None
        return None

    def current(self) -> dict[str, str]:
        """Say which notes there should be: the SHA-256 of each, by path."""
        return {path: head.sha256 for path in self._effects if (head := self.get(path))}

    def to_json(self) -> dict[str, Any]:
        """Give all that is known as plain values, for `from_json`."""
        effects = {path: [list(effect) for effect in effects] for path, effects in self._effects.items()}
        return {"effects": effects, "aborted": sorted(self._aborted)}

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """Read what `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        restored = cls()
        try:
            _check_effects([one for effects in stored["effects"].values() for one in effects])
            restored._aborted = {_text(one) for one in stored["aborted"]}
            restored._effects = {path: sorted(map(_Effect._make, of)) for path, of in stored["effects"].items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not the heads of a journal: {error}") from error
        return restored

    def _put(self, place: _Place, effect: _Effect) -> None:
        if place.is_archived:
            return
        standing = [one for one in self._effects.get(place.name, ()) if one.entry_id not in self._aborted]
        if effect[:3] not in {one[:3] for one in standing}:  # else the entry came before
            insort(standing, effect)
        self._effects[place.name] = standing[-REMEMBERED:]


# ---- entries in order


def _comparable(ts: str) -> str:
    """Give a time in a form whose order as text is that of the times, with however many decimals they are written."""
    whole, _, decimals = ts.removesuffix("Z").removesuffix("+00:00").partition(".")
    return f"{whole}.{decimals.rstrip('0')}"


def _order(entry: Entry) -> tuple[str, int, str]:
    return _comparable(entry.ts), entry.seq, entry.id


def _step(change: Change) -> _Step:
    here = _Place(change.path)
    there = _Place(change.to, change.op in (Op.ARCHIVE, Op.RESTORE)) if change.to else here
    if change.op is Op.ARCHIVE:
        return _Step(here, there, "")
    if change.op is Op.RESTORE:
        return _Step(there, here, change.after)
    if change.op is Op.MOVE or (change.op is Op.EXTERNAL and change.to):
        return _Step(here, there, change.after)
    begins = change.op is Op.CREATE or (change.op is Op.EXTERNAL and not change.before)
    return _Step(None if begins else here, here, change.after)


def _steps(entries: Iterable[Entry]) -> list[tuple[Entry, _Step]]:
    """Say what each entry did, in order.

    A moved note whose own links follow is written under its old path, in an entry after that of the move, which says
    already what the note holds at its new path: such an entry is left out.
    """
    changes = (entry for entry in entries if entry.change.op in _CHANGES)
    steps = [(entry, _step(entry.change)) for entry in sorted(changes, key=_order)]
    left = {(entry.id, step.leaves) for entry, step in steps if entry.id and step.leaves}
    return [
        (entry, step)
        for entry, step in steps
        if entry.change.op is not Op.WRITE or (entry.ref, step.target) not in left
    ]


def _states(entries: Iterable[Entry]) -> dict[str, str]:
    states: dict[_Place, str] = {}
    for _, step in _steps(entries):
        if step.leaves:
            states.pop(step.leaves, None)
        states[step.target] = step.sha256
    return {place.name: sha256 for place, sha256 in states.items() if sha256}


# ---- one note


def _versions(steps: list[tuple[Entry, _Step]], wanted: _Place) -> list[Version]:
    """Walk back from where the note is now."""
    place = _whereabouts(steps, wanted)
    found: list[Version] = []
    has_begun = False  # whether the last version found may be the note's first
    for entry, step in reversed(steps):
        if step.target == place:
            path = entry.change.path if place.is_archived else place.name
            found.append(Version(entry, path, step.sha256))
            has_begun = step.source is None
            place = step.source or place
        elif step.source == place and has_begun:  # another note had this place before, and is elsewhere
            break
    return found[::-1]


def _whereabouts(steps: list[tuple[Entry, _Step]], wanted: _Place) -> _Place:
    """Say where the note is now that is at ``wanted``, or was there last."""
    place = wanted
    for _, step in steps:
        if step.target == wanted:
            place = wanted
        elif step.source == place:
            place = step.target
    return place


# ---- heads


def _effect(entry: Entry, sha256: str, *, by_hand: bool) -> _Effect:
    part_of = entry.ref or "" if entry.change.op is Op.WRITE else ""
    return _Effect(*_order(entry), sha256, by_hand, part_of)


def _check_effects(stored: list[Any]) -> None:
    """Raise an error unless each is the values of an `_Effect`: all at once, as a server that starts waits for it."""
    if stored:
        found = [set(map(type, values)) for values in zip(*stored, strict=True)]
        if found != [{kind} for kind in (str, int, str, str, bool, str)]:
            raise TypeError("a value is of another kind")


def _text(stored: Any) -> str:
    if not isinstance(stored, str):
        raise TypeError(f"{stored!r} is not a text")
    return stored
