"""The verbs that answer for the whole vault as it was known at a time, and for what was valid when.

The two times are different things: *known at* is when a change was made, *valid at* is when what a note says holds
(see `note.validity`). A path in the journal may be another device's and hostile: it is checked before it is used.
"""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vault_engine.engine.history import kept_bytes
from vault_engine.engine.maintain import Progress
from vault_engine.engine.moments import read_moment, read_validity_moment
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, BadName
from vault_engine.index.record import Record, describe
from vault_engine.journal import replay
from vault_engine.note.validity import VALID_FROM, VALID_TO, microseconds, validity
from vault_engine.search.query import Query
from vault_engine.vault.files import explained
from vault_engine.vault.paths import check_path
from vault_engine.vault.place import place_of, write_new
from vault_engine.vault.reach import Within, is_within
from vault_engine.vault.store import CANVAS

# What says that this one name can't be had here; anything else, such as a full disk, concerns all.
_NAME_TROUBLE = frozenset({errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL})

_MODE = 0o600  # what was written in private stays so


@dataclass(frozen=True)
class Missing:
    """A note that can't be had as it was."""

    path: str
    sha256: str  # "" where nobody knows what it held
    problem: str


@dataclass(frozen=True)
class VaultAt:
    """The notes of a vault as they were known at a time are in a folder now."""

    at: str
    notes: int
    missing: tuple[Missing, ...]
    folder: str


@dataclass(frozen=True)
class LineAt:
    """One note in a list of what was known or valid."""

    id: str | None
    path: str
    title: str
    category: str
    type: str | None
    status: str | None
    tags: tuple[str, ...]
    size: int  # bytes
    sha256: str
    valid_from: str | None  # as the note writes it
    valid_to: str | None
    problem: str | None  # with the note, or with one of these two


@dataclass(frozen=True)
class ListedAt:
    """Notes as they were known at one time that hold at another, by path."""

    as_of: str | None
    valid_at: str | None
    notes: tuple[LineAt, ...]
    missing: tuple[Missing, ...]


class _Known(NamedTuple):
    path: str
    sha256: str


def vault_at(session: Session, at: str, to: Path, *, progress: Progress | None = None) -> VaultAt:
    """Write every note as it was known at a time into a folder. Attachments and canvases are not among them.

    Args:
        session: the open vault.
        at: a time, as `moments.read_moment` reads it.
        to: the folder: new or empty, and outside the vault.
        progress: called as notes are written.

    Raises:
        BadInput: the time can't be read, or the folder may not be used.
        VaultDenied, StorageFailed: the folder can't be written; what was written so far is in it.
    """
    with session.guard:
        moment = read_moment(at, session.now())
        session.refresh()
        folder = _empty_folder(session, to)
        known, missing = _known_at(session, moment)
        written = 0
        for done, note in enumerate(known, 1):
            problem = _write(session, note, folder)
            if problem:
                missing.append(Missing(*note, problem))
            else:
                written += 1
            if progress:
                progress("writing notes", done, len(known))
        return VaultAt(moment, written, tuple(sorted(missing, key=lambda one: one.path)), str(folder))


def list_at(
    session: Session,
    as_of: str | None = None,
    valid_at: str | None = None,
    *,
    category: str | None = None,
    type: str | None = None,
    tags: tuple[str, ...] = (),
    within: Within = None,
) -> ListedAt:
    """List the notes as they were known at one time, of these those whose validity holds another.

    ``valid_from`` and ``valid_to`` are the bounds of a note's validity, the second one exclusive. A bound that is
    missing is open; so is one that can't be read, and the line says so.

    Args:
        session: the open vault.
        as_of: a time, as `moments.read_moment` reads it; without it the notes as they are.
        valid_at: a time, as `moments.read_validity_moment` reads it; without it notes are listed whenever they hold.
        category: only notes of this category or one below.
        type: only notes of this type.
        tags: only notes with all of these tags, or ones below.
        within: what may be reached, by the paths of that time.

    Raises:
        BadInput: a time can't be read.
    """
    with session.guard:
        missing: list[Missing] = []
        known_moment = None if as_of is None else read_moment(as_of, session.now())
        valid_moment = None if valid_at is None else read_validity_moment(valid_at, session.now())
        session.refresh()
        if known_moment is None:
            records = list(session.index.records.values())
        else:
            records, missing = _records_at(session, known_moment)
        instant = None if valid_moment is None else microseconds(valid_moment)
        wanted = Query("*", category=category, type=type, tags=tags)
        records = [record for record in records if is_within(record.path, within) and wanted.allows(record)]
        missing = [one for one in missing if is_within(one.path, within)]
        found = sorted(records, key=lambda record: record.path)
        lines = (_line(record, instant) for record in found)
        return ListedAt(known_moment, valid_moment, tuple(filter(None, lines)), tuple(missing))


def _known_at(session: Session, moment: str) -> tuple[list[_Known], list[Missing]]:
    """Give the notes of a moment, and those that can't be among them: hostile paths, and what no entry tells of."""
    entries = session.journal.entries()
    known: list[_Known] = []
    missing: list[Missing] = []
    for path, sha256 in sorted(replay.as_of(entries, moment).items()):
        try:
            known += [_Known(check_path(path), sha256)] if not path.lower().endswith(CANVAS) else []
        except BadName as error:
            missing.append(Missing(path, sha256, error.problem))
    told = {name for entry in entries for name in (entry.change.path, entry.change.to)}
    unknown = sorted(session.index.records.keys() - told)
    return known, missing + [Missing(path, "", "nothing is known of it but what it is now") for path in unknown]


def _records_at(session: Session, moment: str) -> tuple[list[Record], list[Missing]]:
    known, missing = _known_at(session, moment)
    records: list[Record] = []
    for path, sha256 in known:
        current = session.index.records.get(path)
        if current and current.sha256 == sha256:
            records.append(current)
        elif (data := kept_bytes(session, path, sha256)) is None:
            missing.append(Missing(path, sha256, "what it held is not kept any more"))
        else:
            records.append(describe(path, data, session.index.rules).record)
    return records, missing


def _line(record: Record, instant: int | None) -> LineAt | None:
    bounds = validity(record.properties)
    if instant is not None and not bounds.holds(instant):
        return None
    problems = [problem for problem in (record.problem, bounds.problem) if problem]
    return LineAt(
        id=record.id,
        path=record.path,
        title=record.title,
        category=record.category,
        type=record.type,
        status=record.status,
        tags=record.tags,
        size=record.size,
        sha256=record.sha256,
        valid_from=_text(record, VALID_FROM),
        valid_to=_text(record, VALID_TO),
        problem="; ".join(problems) or None,
    )


def _text(record: Record, name: str) -> str | None:
    value = record.properties.get(name)
    return None if value is None else str(value)


def _empty_folder(session: Session, to: Path) -> Path:
    """Make the folder, or find it empty.

    Raises:
        BadInput: it holds something, is none, or is the vault or in it.
    """
    root = session.config.root
    with explained(to):
        folder = to.expanduser().resolve()
        if any(parent.exists() and parent.samefile(root) for parent in (folder, *folder.parents)):
            raise BadInput(f"{to} is in the vault: its notes would be notes of the vault too")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{to} is not an empty folder")
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(session: Session, note: _Known, folder: Path) -> str | None:
    """Write one note where nothing is; say why where that can't be."""
    data = kept_bytes(session, note.path, note.sha256)
    if data is None:
        return "what it held is not kept any more"
    with explained(folder / note.path):
        try:
            with place_of(folder, note.path, create=True) as place:
                write_new(place, data, mode=_MODE, sync=False)
        except BadName as error:
            return error.problem
        except OSError as error:
            if error.errno not in _NAME_TROUBLE:
                raise
            return f"it can't have that name there: {error.strerror}"
    return None
