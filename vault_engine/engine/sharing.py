"""The verbs that copy notes into another workspace, of this vault or another one.

A copy has an id of its own, and says where it is from: `SHARED_FROM` is the id of the note it was made of, else its
path, and `SHARED_SHA256` the revision. It is brought up to date as long as nobody has touched it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from vault_engine.engine.bulk import NotRemembered, write_planned
from vault_engine.engine.changing import check_here, editable_text, write_bytes, writing
from vault_engine.engine.find import find
from vault_engine.engine.resting import check_rests, when_rested
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session
from vault_engine.engine.write import Planned, name_hints
from vault_engine.errors import BadInput, MemwellError, NoteChanged, NoteDamaged, NoteExists
from vault_engine.index.record import Record
from vault_engine.journal.entry import Actor, Change, Op
from vault_engine.journal.ids import ulids
from vault_engine.note import Refused, path_key, set_properties
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import check_path
from vault_engine.vault.reach import (
    DEFAULT_WORKSPACE,
    Reach,
    Within,
    below_workspace,
    check_workspace,
    home_of,
    is_within,
    workspace_of,
)

SHARED_FROM = "shared_from"
SHARED_SHA256 = "shared_sha256"
_REASON = "shared from "

Action = Literal["created", "updated", "unchanged", "refused"]


@dataclass(frozen=True)
class Shared:
    """What becomes of one note that is shared."""

    action: Action
    source: str  # its path
    path: str  # of the copy
    id: str | None  # of the copy
    sha256: str  # of the copy; "" where it was refused
    problem: str | None = None  # why it was refused


@dataclass(frozen=True)
class Federated:
    """What became of the notes of a workspace that were shared, or would after a dry run, by path."""

    workspace: str
    to: str
    vault: str  # the other one, or the same
    notes: tuple[Shared, ...]
    confirmed: bool = True  # False: all that is said was done, but the disk did not confirm it


class _Source(NamedTuple):
    """A note that is shared, as it was read."""

    record: Record
    data: bytes

    @property
    def name(self) -> str:
        """What the copy says it is from."""
        return self.record.id or self.record.path


def share(
    session: Session,
    ref: str,
    to: str,
    *,
    target: Session | None = None,
    dry_run: bool = False,
    actor: Actor | None = None,
    within: Within = None,
) -> Shared:
    """Copy a note into another workspace; its links and every other property stay as they are.

    Sharing it again brings the copy up to date, if nobody has touched that.

    Args:
        session: the vault it is in.
        ref: the note, by any of its names.
        to: the workspace; `DEFAULT_WORKSPACE` for the notes of none.
        target: the vault that the copy goes into; None: the same.
        dry_run: only say what would be done.
        actor: who asks for it, where that is not who opened the vault.
        within: what may be reached of the vault it is in.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        BadInput: it is in that workspace.
        NoteExists: another note is where the copy would be.
        NoteChanged: the copy was touched, and the note has changed since.
        NoteDamaged: its properties can't be changed safely.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    target, to = target or session, check_workspace(to)
    with session.guard:
        session.refresh()
        record = find(ref, session.index.records, within)
        source = _Source(record, session.vault.read(record.path))
    if target is session and workspace_of(record.path) == (None if to == DEFAULT_WORKSPACE else to):
        raise BadInput(f"{record.path} is in that workspace already")
    if dry_run:
        with target.guard:
            target.refresh()
            return _shared(source, _plan(target, source, to))

    def copy() -> Shared:
        with writing(target, actor) as author:
            planned = _plan(target, source, to)
            if planned.result.action != "unchanged":
                write_bytes(target, planned.change, planned.old, planned.new, author)
            return _shared(source, planned)

    return when_rested(copy)


def federate(
    session: Session,
    workspace: str,
    to: str,
    *,
    target: Session | None = None,
    dry_run: bool = False,
    actor: Actor | None = None,
    within: Within = None,
) -> Federated:
    """Share every note of a workspace; each as `share` would, all of them durable together.

    A note that can't be shared is reported, and the others go on. Takes the same arguments, and raises:

    Raises:
        BadInput: the workspaces are the same, or one can't have that name.
        VaultBusy, VaultDenied, StorageFailed: the vault can't be written at all; nothing was.
    """
    target, workspace, to = target or session, check_workspace(workspace), check_workspace(to)
    if target is session and workspace == to:
        raise BadInput(f"{to} is the same workspace")
    own = None if workspace == DEFAULT_WORKSPACE else workspace
    with session.guard:
        session.refresh()
        records = session.index.records
        paths = sorted(path for path in records if workspace_of(path) == own and is_within(path, within))
        found = [records[path] for path in paths]
    run = _Run(session, target, to, found)
    if dry_run:
        with target.guard:
            target.refresh()
            for number, planned in run.planned():
                run.say(number, planned.result)
    else:
        with writing(target, actor) as author:
            done = write_planned(target, author, run.planned(), len(found))
            for number, result in done.results.items():
                run.say(number, result.error if isinstance(result, NotRemembered) else result)
            run.confirmed = done.confirmed
    notes = tuple(run.told[number] for number in range(len(found)))
    return Federated(workspace, to, str(target.config.root), notes, run.confirmed)


class _Run:
    """The sharing of many notes."""

    def __init__(self, source: Session, target: Session, to: str, found: list[Record]) -> None:
        self.told: dict[int, Shared] = {}
        self.confirmed = True
        self._source, self._target, self._to, self._found = source, target, to, found

    def say(self, number: int, result: Remembered | MemwellError) -> None:
        """Tell what became of a note."""
        record = self._found[number]
        if isinstance(result, MemwellError):
            path = _path_in(record.path, self._to)
            self.told[number] = Shared("refused", record.path, path, None, "", str(result))
        else:
            self.told[number] = Shared(result.action, record.path, result.path, result.id, result.sha256)

    def planned(self) -> Iterator[tuple[int, Planned]]:
        """Give what to do for each note; what can't be shared is told."""
        taken: set[str] = set()
        for number, record in enumerate(self._found):
            try:
                source = _Source(record, self._source.vault.read(record.path))
                planned = _plan(self._target, source, self._to)
                place = path_key(planned.result.path)
                if place in taken:
                    raise NoteExists(planned.result.path, "", "is where another of these notes goes too")
            except MemwellError as error:
                self.say(number, error)
            else:
                taken.add(place)
                yield number, planned


def _plan(session: Session, source: _Source, to: str) -> Planned:
    """Say what sharing a note does in the vault that the copy goes into; it is held, or only looked at."""
    path = check_path(_path_in(source.record.path, to))
    known = _copy_of(session, source, path)
    return _creation(session, source, path, to) if known is None else _update(session, source, known)


def _path_in(path: str, to: str) -> str:
    home = home_of(to)
    return f"{home}/{below_workspace(path)}" if home else below_workspace(path)


def _copy_of(session: Session, source: _Source, path: str) -> Record | None:
    """Find the copy that was made before, wherever in its workspace it is now."""
    names, records, workspace = session.index.names, session.index.records, workspace_of(path)
    stated = source.record
    for found in (*names.at(path), *names.filed_as(stated.category, stated.key)):
        if workspace_of(found) == workspace and records[found].text(SHARED_FROM) == source.name:
            return records[found]
    return None


def _creation(session: Session, source: _Source, path: str, to: str) -> Planned:
    if revision := session.vault.revision_of(path):
        raise NoteExists(path, revision, "is another note")
    session.vault.check_free(path, path)
    hints = name_hints(session, path, Reach(workspace=to))
    id = ulids(session.now(), 1)[0]
    data = _copied(source, id)
    change = Change(Op.CREATE, path, "", sha256_hex(data), size=len(data), reason=_reason(source))
    return Planned(_result("created", source, path, id, data, hints), change, b"", data)


def _update(session: Session, source: _Source, known: Record) -> Planned:
    path = known.path
    check_rests(session, path)
    check_here(session, path)
    old = session.vault.read(path)
    change = Change(Op.WRITE, path, "", "", reason=_reason(source))
    if known.text(SHARED_SHA256) == sha256_hex(source.data):
        return Planned(_result("unchanged", source, path, known.id, old), change, old, old)
    _check_untouched(session, path, sha256_hex(old))
    editable_text(session, path, old)
    data = _copied(source, known.id or ulids(session.now(), 1)[0])
    return Planned(_result("updated", source, path, known.id, data), change, old, data)


def _check_untouched(session: Session, path: str, found: str) -> None:
    """Check that a copy is as sharing has left it, wherever it was then. Raises NoteChanged: it is not."""
    made = [entry.change for entry in session.journal.entries() if entry.change.reason.startswith(_REASON)]
    if not any(change.after == found for change in made):
        last = [change.after for change in made if change.path == path]
        raise NoteChanged(path, last[-1] if last else "", found)


def _copied(source: _Source, id: str) -> bytes:
    path = source.record.path
    try:
        text = source.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteDamaged(path, f"not UTF-8 (byte {error.start}), so it can't be shared") from None
    stated = {"id": id, SHARED_FROM: source.name, SHARED_SHA256: sha256_hex(source.data)}
    result = set_properties(text, stated)
    if isinstance(result, Refused):
        raise NoteDamaged(path, f"its properties can't be changed safely: {result.reason}")
    return result.text.encode()


def _reason(source: _Source) -> str:
    return f"{_REASON}{source.record.path}"


def _result(
    action: Literal["created", "updated", "unchanged"],
    source: _Source,
    path: str,
    id: str | None,
    data: bytes,
    hints: tuple[str, ...] = (),
) -> Remembered:
    return Remembered(action, id, path, source.record.category, source.record.key, sha256_hex(data), hints)


def _shared(source: _Source, planned: Planned) -> Shared:
    result = planned.result
    return Shared(result.action, source.record.path, result.path, result.id, result.sha256)
