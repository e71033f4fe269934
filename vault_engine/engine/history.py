"""The verbs that answer from the journal and the revisions: what a note was, who changed it, when.

Nothing here changes a note. Whatever the journal holds may have come from another device, so its paths are looked up
among the notes and never opened unchecked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from vault_engine.engine.find import find, near
from vault_engine.engine.moments import read_moment
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, MemwellError, NoteAmbiguous, NoteDamaged, NoteMissing, VersionMissing
from vault_engine.index.record import stem_of
from vault_engine.journal import replay
from vault_engine.journal.entry import Actor, Entry, Op
from vault_engine.journal.replay import Version
from vault_engine.note import path_key
from vault_engine.note.body import MIN_HASH_DIGITS, is_hash_of
from vault_engine.note.validity import microseconds
from vault_engine.sync.merge import unified_diff
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.reach import Within, is_within

NOW = "now"
_NOTHING = "/dev/null"  # what `diff -u` calls a file that is not there
_MAX_CANDIDATES = 20  # notes that are gone and had one name: enough to say that it is not clear which is meant
_EMPTY = sha256_hex(b"")

What = Literal[
    "created", "updated", "archived", "restored", "moved", "edited by hand", "made by hand", "deleted by hand",
    "renamed by hand",
]  # fmt: skip


@dataclass(frozen=True)
class VersionLine:
    """One version of a note, and the change that made it."""

    entry: str  # id of the journal entry
    seq: int
    at: str
    actor: Actor
    what: What
    reason: str
    sha256: str  # "" where the change took the note away
    size: int | None  # bytes; None where nobody knows any more
    path: str  # at that time
    came_from: str | None  # the path before, where the change was a move
    kept: bool  # whether its bytes can be had
    current: bool  # whether the file holds it now


@dataclass(frozen=True)
class History:
    """What became of one note, the newest version first."""

    path: str  # now, or when it was last there
    versions: tuple[VersionLine, ...]
    total: int  # how many there are, shown or not
    unrecorded: str | None  # the SHA-256 of the file where the journal does not know of it yet, "" if it is gone


@dataclass(frozen=True)
class Diffed:
    """What differs between two versions of a note."""

    path: str
    old: str  # SHA-256; "" where the note was not there
    new: str
    diff: str  # as ``diff -u`` writes it; "" if they are the same


@dataclass(frozen=True)
class NoteAt:
    """One note, byte for byte, as it was known at a time."""

    path: str  # at that time
    data: bytes
    sha256: str
    entry: str | None  # that made it so; None for what the file holds now and no entry tells of


class Past(NamedTuple):
    """All that is known of one note."""

    path: str  # now, or when it was last there
    versions: list[Version]  # oldest first
    found: str  # SHA-256 of the file now, "" if it is not there

    @property
    def is_recorded(self) -> bool:
        """Say whether the newest version is what the file holds."""
        return self.found == (self.versions[-1].sha256 if self.versions else "")

    @property
    def holds_newest(self) -> bool:
        """Say whether the note is there and is its newest version."""
        return bool(self.found) and self.is_recorded


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison; ``index`` is its place among the versions, behind the last one for the file now."""

    index: int
    path: str
    sha256: str
    entry: str | None


def history(session: Session, ref: str, *, limit: int = 50, within: Within = None) -> History:
    """List what became of a note, renames followed.

    Args:
        session: the open vault.
        ref: the note, by any of its names; one that is gone by its path or its file's name.
        limit: how many versions at most.
        within: what may be reached; a note's past comes along with it, wherever it was then.

    Raises:
        BadInput: the limit is not positive.
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
    """
    if limit < 1:
        raise BadInput(f"limit {limit} is not positive")
    with session.guard:
        session.refresh()
        past = past_of(session, ref, within)
        newest = past.versions[: -limit - 1 : -1]
        lines = [_line(session, past, version) for version in newest]
        return History(past.path, tuple(lines), len(past.versions), None if past.is_recorded else past.found)


def diff(
    session: Session, ref: str, old: str | None = None, new: str | None = None, *, within: Within = None
) -> Diffed:
    """Compare two versions of a note.

    Args:
        session: the open vault.
        ref: as of `history`.
        old: a version: the id of its entry, its number (``#42``), eight digits or more of its SHA-256, a time (see
            `moments.read_moment`) or ``now``; without it the last one before ``new`` that differs from it.
        new: the other version; without it the file as it is now.
        within: as of `history`.

    Raises:
        BadInput: a version is named by what is none of these, or means several.
        VersionMissing: the note has no such version.
        NoteDamaged: the bytes of a version are not kept any more.
        NoteMissing, NoteAmbiguous: as `history`.
    """
    with session.guard:
        session.refresh()
        past = past_of(session, ref, within)
        after = _side(session, past, new or NOW)
        before = _side(session, past, old) if old else _last_before(past, after)
        if before.sha256 == after.sha256:
            return Diffed(past.path, before.sha256, after.sha256, "")
        old_text, new_text = (_shown(content(session, past, side.sha256)) for side in (before, after))
        lines = unified_diff(old_text, new_text, _name(before), _name(after))
        return Diffed(past.path, before.sha256, after.sha256, lines)


def show_at(session: Session, ref: str, at: str, *, within: Within = None) -> NoteAt:
    """Give the bytes a note had, as they were known at a time.

    Args:
        session: the open vault.
        ref: as of `history`: the name it has today, whatever it was called then.
        at: a time, or any other name of a version that `diff` takes.
        within: as of `history`.

    Raises:
        VersionMissing: the note was not there then.
        BadInput, NoteDamaged, NoteMissing, NoteAmbiguous: as `diff`.
    """
    with session.guard:
        session.refresh()
        past = past_of(session, ref, within)
        side = _side(session, past, at)
        if not side.sha256:
            raise VersionMissing(past.path, at, "the note was not there then")
        return NoteAt(side.path, content(session, past, side.sha256), side.sha256, side.entry)


def past_of(session: Session, ref: str, within: Within = None) -> Past:
    """Find a note that is there, or one that is gone, with all its versions. Takes and raises as `history`."""
    entries = replay.happened(session.journal.entries())
    try:
        path = find(ref, session.index.records, within).path
    except NoteMissing:
        versions = _gone(session, ref, entries, within)
        path = versions[-1].path
        if versions[-1:] != replay.history(entries, path)[-1:]:  # archived, and another note has its path
            return Past(path, versions, "")
    else:
        versions = replay.history(entries, path)
    return Past(path, versions, session.vault.revision_of(path))


def content(session: Session, past: Past, sha256: str) -> bytes:
    """Give the bytes of a version, b"" for none.

    Raises:
        NoteDamaged: they are not kept any more.
    """
    data = kept_bytes(session, past.path, sha256) if sha256 else b""
    if data is None:
        raise NoteDamaged(past.path, f"what it held as {sha256[:8]} is not kept any more")
    return data


def kept_bytes(session: Session, path: str, sha256: str) -> bytes | None:
    """Give a revision, or what the note itself holds if that is it; None if neither is there."""
    try:
        return session.revisions.get(sha256)
    except KeyError:
        pass
    try:
        data = session.vault.read(path)
    except MemwellError:
        return None
    return data if sha256_hex(data) == sha256 else None


def named_version(past: Past, named: str) -> int | None:
    """Give the place of the version with this entry id, number or SHA-256; None if it is named by none of these.

    Raises:
        BadInput: several versions have that number, or different ones begin with those digits.
        VersionMissing: no version has them.
    """
    name = named.strip()
    if name.startswith("#"):
        found = [i for i, version in enumerate(past.versions) if f"#{version.entry.seq}" == name]
        distinct = len(found)
    elif is_hex(name):
        found = [i for i, version in enumerate(past.versions) if is_hash_of(version.sha256, name)]
        distinct = len({past.versions[i].sha256 for i in found})
    else:
        return next((i for i, version in enumerate(past.versions) if version.entry.id == name), None)
    if distinct > 1:
        ids = ", ".join(past.versions[i].entry.id for i in found)
        raise BadInput(f"{named!r} means several versions of {past.path}: name one by its entry: {ids}")
    if not found:
        raise VersionMissing(past.path, named, "its history lists what there is")
    return found[-1]


def is_hex(name: str) -> bool:
    """Say whether a text can be a SHA-256 or the beginning of one."""
    return len(name) >= MIN_HASH_DIGITS and not name.lower().strip("0123456789abcdef")


def _side(session: Session, past: Past, named: str) -> _Side:
    now = _Side(len(past.versions), past.path, past.found, None)
    if named.strip().lower() == NOW or (past.found and is_hash_of(past.found, named.strip())):
        return now
    index = named_version(past, named)
    if index is None:
        moment = read_moment(named, session.now())
        index = _index_at(past, moment)
        if index is None:
            raise VersionMissing(past.path, named, "nothing is known of it from then")
    version = past.versions[index]
    return _Side(index, version.path, version.sha256, version.entry.id)


def _index_at(past: Past, moment: str) -> int | None:
    """Give the place of the last version that was there at a moment."""
    last = microseconds(moment) or 0
    times = (microseconds(version.entry.ts) for version in past.versions)
    return max((i for i, time in enumerate(times) if time is not None and time <= last), default=None)


def _last_before(past: Past, after: _Side) -> _Side:
    for index in reversed(range(after.index)):
        version = past.versions[index]
        if version.sha256 != after.sha256:
            return _Side(index, version.path, version.sha256, version.entry.id)
    return _Side(0, after.path, "", None)


def _gone(session: Session, ref: str, happened: Sequence[Entry], within: Within) -> list[Version]:
    """Give the versions of the one note that had that path or name; it may have another name now.

    Raises:
        NoteMissing, NoteAmbiguous: none had it, or several.
    """
    wanted = ref.strip().removeprefix("[[").removesuffix("]]")
    paths = {path: None for entry in happened for path in _paths(entry) if is_within(path, within)}
    key = path_key(wanted)
    same_path = (path for path in paths if path_key(path) in (key, f"{key}.md"))
    same_name = (path for path in paths if path_key(stem_of(path)) == key)
    for candidates in ((wanted,), (f"{wanted}.md",), same_path, same_name):
        histories = (replay.history(happened, path) for path in islice(candidates, _MAX_CANDIDATES))
        reached = (versions for versions in histories if versions and is_within(versions[-1].path, within))
        meant = {versions[-1].entry.id: versions for versions in reached}
        if len(meant) > 1:
            raise NoteAmbiguous(ref, sorted(versions[-1].path for versions in meant.values()))
        if meant:
            return next(iter(meant.values()))
    known = (path for path in session.index.records if is_within(path, within))
    raise NoteMissing(ref, near(ref, [*known, *paths]), where="the vault or its history")


def _paths(entry: Entry) -> tuple[str, ...]:
    change = entry.change
    return (change.path, change.to) if _came_from(entry) and change.to else (change.path,)


def _came_from(entry: Entry) -> str | None:
    """Give the path that a note had before an entry moved it."""
    change = entry.change
    return change.path if change.op in (Op.MOVE, Op.EXTERNAL) and change.to else None


def _line(session: Session, past: Past, version: Version) -> VersionLine:
    entry, change = version.entry, version.entry.change
    kept = bool(version.sha256) and (version.sha256 == past.found or version.sha256 in session.revisions)
    return VersionLine(
        entry=entry.id,
        seq=entry.seq,
        at=entry.ts,
        actor=entry.actor,
        what=_what(entry),
        reason=change.reason,
        sha256=version.sha256,
        size=_size(session, past, version),
        path=version.path,
        came_from=_came_from(entry),
        kept=kept,
        current=past.holds_newest and version is past.versions[-1],
    )


def _what(entry: Entry) -> What:
    change = entry.change
    if change.op is Op.EXTERNAL:
        if change.to:
            return "renamed by hand"
        return (
            "edited by hand"
            if change.before and change.after
            else "made by hand"
            if change.after
            else "deleted by hand"
        )
    names: dict[Op, What] = {
        Op.CREATE: "created",
        Op.ARCHIVE: "archived",
        Op.RESTORE: "restored",
        Op.MOVE: "moved",
    }
    return names.get(change.op, "updated")


def _size(session: Session, past: Past, version: Version) -> int | None:
    """Give the size of a version; entries of old do not say it."""
    if version.entry.change.size or version.sha256 in ("", _EMPTY):
        return version.entry.change.size if version.sha256 else 0
    data = kept_bytes(session, past.path, version.sha256)
    return None if data is None else len(data)


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _name(side: _Side) -> str:
    return f"{side.path}@{side.sha256[:8]}" if side.sha256 else _NOTHING
