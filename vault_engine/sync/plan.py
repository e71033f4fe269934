"""What must be done so that a vault and a folder hold the same notes: from what both held last, and hold now. Pure.

*Ours* is the vault, *theirs* the folder in which a person edits. Where both changed the same lines, the person's text
stays and ours goes beside it. A deletion is carried over only where the other side left the note as it was; what was
edited or renamed comes back. A rename is recognised by the note's ``id``, else by its bytes.

Renames are made first and alone: links to the renamed notes change with them, so whoever makes them looks again and
plans anew. Any change may be found done already, by a run that was cut short: to plan again is always right.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from vault_engine.config import MOST_VANISHED
from vault_engine.vault.copies import conflict_base


class Side(StrEnum):
    """Which of the two."""

    OURS = "ours"
    THEIRS = "theirs"


class Held(NamedTuple):
    """What one side holds under a path, or what both held there last."""

    sha256: str  # of the note's own text
    id: str | None = None  # the identity it carries
    size: int = 1  # bytes; no rename is told by an empty note, which is like any other


Notes = Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Rename:
    """The note has another path on the other side."""

    side: Side  # where it is to be renamed
    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Create:
    """Only the other side has the note."""

    side: Side  # where it is to be written
    path: str
    is_back: bool  # it was deleted here, and edited or renamed there


@dataclass(frozen=True, slots=True)
class Update:
    """Only the other side has changed the note."""

    side: Side
    path: str


@dataclass(frozen=True, slots=True)
class Delete:
    """The other side has deleted the note, and this one has left it as it was."""

    side: Side
    path: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Both have changed the note. If that can't be brought together, it is a `Conflict`."""

    path: str
    base: str  # SHA-256 of what both held


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both have a note of that path and never held the same: theirs stays, ours goes beside it."""

    path: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing is done about the note now."""

    path: str
    why: str


PlannedChange = Create | Update | Delete | Merge | Conflict | Leave


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in order. While there are renames, the changes are what will be due after them."""

    renames: tuple[Rename, ...]
    changes: tuple[PlannedChange, ...]


class Vanished(NamedTuple):
    """How many of the notes that both held are gone on one side."""

    side: Side
    gone: int
    of: int


class _Track(NamedTuple):
    """One note that both held: the path it had, and where it is now."""

    path: str
    ours: str | None
    theirs: str | None

    @property
    def name(self) -> str:
        """The path it shall have on both sides: where the person has put it, if they have moved it."""
        return self.ours or self.path if self.theirs in (None, self.path) else str(self.theirs)

    @property
    def rename(self) -> Rename | None:
        if self.ours is None or self.theirs is None or self.ours == self.theirs:
            return None
        if self.name == self.theirs:
            return Rename(Side.OURS, self.ours, self.name)
        return Rename(Side.THEIRS, self.theirs, self.name)


def plan_sync(
    base: Notes, ours: Notes, theirs: Notes, *, one_way: bool = False, waiting: Mapping[str, str] | None = None
) -> Plan:
    """Say what brings the two sides together. Touches nothing.

    What is new and what has changed comes before deletions: a text on its way from one path to another is never gone.

    Args:
        base: what both held when they last held the same, by path.
        ours: what the vault holds.
        theirs: what the folder holds.
        one_way: write theirs only, and nothing over what a person did there.
        waiting: paths that are not to be touched now, and why.
    """
    tracks = _tracks(base, ours, theirs)
    renames = [rename for track in tracks if (rename := track.rename)]
    known = {path for track in tracks for path in track}
    changes = [change for track in tracks if (change := _change_of(track, base[track.path], ours, theirs))]
    changes += [change for path in (ours.keys() | theirs.keys()) - known if (change := _fresh(path, ours, theirs))]
    if one_way:
        changes, renames = _exported(changes, renames)
    changes = list(_without_twins(changes, ours, theirs))
    if waiting:
        renames = [one for one in renames if not {one.path, one.to} & waiting.keys()]
        changes = [Leave(one.path, waiting[one.path]) if one.path in waiting else one for one in changes]
    renames.sort(key=lambda one: one.path)
    changes.sort(key=lambda one: (isinstance(one, Delete), one.path))
    return Plan(tuple(renames), tuple(changes))


def find_vanished(base: Notes, ours: Notes, theirs: Notes) -> Vanished | None:
    """Say whether so much is gone on one side that it should be asked about: more than a fifth, or all.

    One note alone may go at any time, if others are still there.
    """
    tracks = _tracks(base, ours, theirs)
    for side, notes in ((Side.THEIRS, theirs), (Side.OURS, ours)):
        places = [(one.theirs, one.ours) if side is Side.THEIRS else (one.ours, one.theirs) for one in tracks]
        gone = sum(here is None and there is not None for here, there in places)
        if gone and (not notes or (gone > 1 and gone > MOST_VANISHED * len(base))):
            return Vanished(side, gone, len(base))
    return None


def whereabouts(base: Notes, ours: Notes, theirs: Notes) -> dict[str, str]:
    """Say by which path each note that both held is to be remembered: its new one, if it has that on both sides.

    Notes that are gone on both are left out.
    """
    tracks = _tracks(base, ours, theirs)
    return {one.path: one.name if one.ours == one.theirs else one.path for one in tracks if one.ours or one.theirs}


# ---- who is who


def _tracks(base: Notes, ours: Notes, theirs: Notes) -> list[_Track]:
    """Follow each note that both held to where it is now."""
    our_moves, their_moves = _moved(base, ours), _moved(base, theirs)
    our_moves |= _moved_alike(their_moves, our_moves, base, ours)
    their_moves |= _moved_alike(our_moves, their_moves, base, theirs)
    return [_track(path, our_moves, their_moves, ours, theirs) for path in sorted(base)]


def _track(
    path: str, our_moves: Mapping[str, str], their_moves: Mapping[str, str], ours: Notes, theirs: Notes
) -> _Track:
    here, there = path if path in ours else None, path if path in theirs else None
    track = _Track(path, our_moves.get(path, here), their_moves.get(path, there))
    is_taken = (track.ours != track.name and track.name in ours) or (
        track.theirs != track.name and track.name in theirs
    )
    return _Track(path, here, there) if is_taken else track  # another note has that path there: no rename, then


def _moved(base: Notes, side: Notes) -> dict[str, str]:
    """Find the notes that have another path now: by their identity, else by their text, where only one can be meant.

    A conflict copy is no note that was moved, whatever it holds.
    """
    gone = {path: held for path, held in base.items() if path not in side}
    new = {path: held for path, held in side.items() if path not in base and not conflict_base(path)}
    found: dict[str, str] = {}
    for trait in (_identity, _name_and_text, _text):
        before = _alone(trait, gone, found.keys())
        after = _alone(trait, new, set(found.values()))
        found |= {path: after[key] for key, path in before.items() if key in after}
    return found


def _moved_alike(moves: Mapping[str, str], own: Mapping[str, str], base: Notes, side: Notes) -> dict[str, str]:
    """Take a note that is where the other side has moved it for the moved one, if it is gone from where it was.

    So it is after a run that was cut short, when what the note holds has changed with the rename.
    """
    taken = set(own.values())
    return {
        path: to
        for path, to in moves.items()
        if path not in side and path not in own and to in side and to not in taken and base[path].id == side[to].id
    }


def _alone(trait: Callable[[str, Held], object], notes: Notes, without: Iterable[str]) -> dict[object, str]:
    """Give the notes that no other shares a trait with, by the trait."""
    left = set(without)
    listed = [(key, path) for path, held in notes.items() if path not in left and (key := trait(path, held))]
    counts = Counter(key for key, _ in listed)
    return {key: path for key, path in listed if counts[key] == 1}


def _identity(_path: str, held: Held) -> object:
    return held.id


def _name_and_text(path: str, held: Held) -> object:
    return held.size and (path.rpartition("/")[2], held.sha256)


def _text(_path: str, held: Held) -> object:
    return held.size and held.sha256


# ---- what to do


def _change_of(track: _Track, known: Held, ours: Notes, theirs: Notes) -> PlannedChange | None:
    """Say what is due for a note that both held, under the path it shall have."""
    here = ours[track.ours].sha256 if track.ours else None
    there = theirs[track.theirs].sha256 if track.theirs else None
    if here == there:
        return None
    if here is None:
        is_untouched = (there, track.theirs) == (known.sha256, track.path)
        return Delete(Side.THEIRS, track.path) if is_untouched else Create(Side.OURS, track.name, is_back=True)
    if there is None:
        is_untouched = (here, track.ours) == (known.sha256, track.path)
        return Delete(Side.OURS, track.path) if is_untouched else Create(Side.THEIRS, track.name, is_back=True)
    if here == known.sha256:
        return Update(Side.OURS, track.name)
    if there == known.sha256:
        return Update(Side.THEIRS, track.name)
    return Merge(track.name, known.sha256)


def _fresh(path: str, ours: Notes, theirs: Notes) -> PlannedChange | None:
    """Say what is due for a note that both never held."""
    if path not in theirs:
        return Create(Side.THEIRS, path, is_back=False)
    if path not in ours:
        return Create(Side.OURS, path, is_back=False)
    return None if ours[path].sha256 == theirs[path].sha256 else Conflict(path)


def _exported(changes: Iterable[PlannedChange], renames: Iterable[Rename]) -> tuple[list[PlannedChange], list[Rename]]:
    """Keep of a plan what one way allows; say what a person did there that stays as it is."""
    there = [one for one in renames if one.side is Side.OURS]
    left: list[PlannedChange] = [Leave(one.to, f"renamed there; {one.path} in the vault") for one in there]
    moved = {one.to for one in there}
    kept = [one for change in changes if change.path not in moved for one in _one_way(change)]
    return kept + left, [one for one in renames if one.side is Side.THEIRS]


def _one_way(change: PlannedChange) -> Iterator[PlannedChange]:
    match change:
        case Create(Side.OURS, _, is_back=False):
            pass  # a note of the person's own
        case Create(Side.OURS, path):
            yield Leave(path, "changed there, and deleted in the vault")
        case Update(Side.OURS, path):
            yield Leave(path, "edited there")
        case Delete(Side.OURS, path):
            yield Leave(path, "deleted there")
        case Merge(path) | Conflict(path):
            yield Leave(path, "edited there and in the vault")
        case _:
            yield change


def _without_twins(changes: Iterable[PlannedChange], ours: Notes, theirs: Notes) -> Iterator[PlannedChange]:
    """Leave new notes alone where some devices would take their names for that of another one."""
    spellings = {side: {_key(path): path for path in notes} for side, notes in zip(Side, (ours, theirs), strict=True)}
    for change in changes:
        twin = spellings[change.side].get(_key(change.path)) if isinstance(change, Create) else None
        yield Leave(change.path, f"some devices take it for {twin}") if twin else change


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
