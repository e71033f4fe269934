"""Giving a note another path, with every link that this would break rewritten; and taking that back.

Everything is made ready and announced in one step; the file is renamed first, and its links follow. What somebody
edits at that moment is left as it is, and said; what a crash left undone, `finish_move` does later.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple
from unicodedata import normalize

from vault_engine.engine.changing import announced, check_here, check_unchanged, keeper, saw, write_bytes, writing
from vault_engine.engine.find import find
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import (
    BadInput,
    BadName,
    MemwellError,
    NameTaken,
    NeedsConfirmation,
    NotConfirmed,
    NoteChanged,
    NoteDamaged,
)
from vault_engine.index.filters import PROBLEM
from vault_engine.index.record import CONFLICTED, MAX_PARSED_BYTES, Record
from vault_engine.journal.entry import Actor, Change, Entry, Op
from vault_engine.journal.replay import happened
from vault_engine.note import LinkFormat, Profile, Refused, parse, path_key, slug_problem
from vault_engine.note.canvas import rewritten_canvas
from vault_engine.note.relink import Renaming, Splice, apply_splices, rewritten_links
from vault_engine.note.special import why_read_only
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.habits import read_habits
from vault_engine.vault.paths import check_path, clean_name, is_ignored, is_note
from vault_engine.vault.store import CANVAS

MAX_FILES_UNASKED = 20  # changed by one move, the moved note included


@dataclass(frozen=True)
class FileEdit:
    """One note or canvas whose links follow a move."""

    path: str  # before the move
    splices: tuple[Splice, ...]
    before: str  # the whole text
    after: str
    sha256: str  # of the bytes before


@dataclass(frozen=True)
class MovePlan:
    """What a move will do."""

    old: str
    new: str
    sha256: str  # of the note's bytes before
    edits: tuple[FileEdit, ...]

    @property
    def files(self) -> int:
        """How many files change, the moved note included."""
        return len({self.old, *(edit.path for edit in self.edits)})


@dataclass(frozen=True)
class LinkEdit:
    """One link that follows a move."""

    path: str  # of the note or canvas it stands in, before the move
    line: int
    old: str  # the target as written
    new: str


@dataclass(frozen=True)
class Moved:
    """A note has another path now, or would have it after a dry run."""

    old: str
    new: str
    files: tuple[str, ...]  # that change, under their paths afterwards; the moved note is one of them
    links: tuple[LinkEdit, ...]
    entry: str | None  # of the journal, to undo it by; None after a dry run
    left: tuple[Problem, ...] = ()  # files whose links were left as they are, and why


class _Rewrite(NamedTuple):
    path: str
    before: bytes
    after: bytes


class _Done(NamedTuple):
    entry: str
    left: tuple[Problem, ...]


def plan_move(session: Session, ref: str, new_path: str, *, link_format: LinkFormat = LinkFormat.SHORTEST) -> MovePlan:
    """Say what moving a note would change. Writes nothing.

    Args:
        session: the open vault.
        ref: the note, by any of its names.
        new_path: the path it shall have, with or without ``.md``; with ``/`` at its end the folder, the name kept.
        link_format: how a link is written where its own form does not say.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        BadInput, BadName: the note can't have that path, or has it already.
        NameTaken: another file has it.
        NoteDamaged: a note's links would have to change and it can't be edited safely.
    """
    with session.guard:
        session.refresh()
        return _plan(session, ref, new_path, link_format)


def move(
    session: Session,
    ref: str,
    new_path: str,
    *,
    dry_run: bool = False,
    yes: bool = False,
    actor: Actor | None = None,
    link_format: LinkFormat | None = None,
) -> Moved:
    """Give a note another path and rewrite every link that would break, in notes and canvases.

    Takes what `plan_move` takes, and raises what it raises; without a format, links are written as Obsidian is set
    to write them. ``yes`` lets the move change more than `MAX_FILES_UNASKED` files.

    Raises:
        NeedsConfirmation: it would change more, and ``yes`` was not said.
        NoteChanged: somebody changed a note meanwhile; nothing was changed.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed.
        NotConfirmed: it was done, and the disk did not confirm all of it.
    """
    link_format = link_format or read_habits(session.config.root).link_format
    if dry_run:
        return _moved(plan_move(session, ref, new_path, link_format=link_format), None)
    with writing(session, actor) as author:
        plan = _plan(session, ref, new_path, link_format)
        if plan.files > MAX_FILES_UNASKED and not yes:
            raise NeedsConfirmation(plan.old, plan.new, plan.files)
        rewrites = [_Rewrite(edit.path, edit.before.encode(), edit.after.encode()) for edit in plan.edits]
        return _moved(plan, _carry_out(session, author, plan.old, plan.new, rewrites))


def move_alone(session: Session, path: str, to: str, *, reason: str, actor: Actor) -> None:
    """Give a note another path and leave links to it as they are. Raises as `move` does, for that one file."""
    with writing(session, actor) as author:
        data = session.vault.read(path)
        saw(session, path, data)
        sha256 = sha256_hex(data)
        change = Change(Op.MOVE, path, sha256, sha256, to=to, reason=reason, size=len(data))
        with announced(session, change, author):
            session.vault.move(path, to)
        session.counters.renamed((path, to))


def undo_move(session: Session, entry_id: str | None = None, actor: Actor | None = None) -> Moved:
    """Take a move back: every file that it changed has the bytes and the path it had before.

    A move that a crash cut short is taken back too: what it did not reach is left as it is.

    Args:
        session: the open vault.
        entry_id: the move, as `move` gave it; without it the latest that was not taken back.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: there is no such move, or it was taken back already.
        NoteChanged: a file was changed since. Nothing was changed; move the note back instead.
        NameTaken: another file has the old path now.
        NoteDamaged: what a note held before is not among the revisions any more.
        VaultBusy, VaultDenied, StorageFailed, NotConfirmed: as `move`.
    """
    with writing(session, actor) as author:
        done, writes = _to_undo(session, entry_id)
        old, new = done.change.path, done.change.to or done.change.path
        now = new if session.vault.revision_of(new) else old
        if now != old:
            _check_free(session, old, now)
        placed = [write._replace(path=now) if write.path in (old, new) else write for write in writes]
        if not any(write.path == now for write in placed):
            check_unchanged(session, now, done.change.after)
        rewrites = [one for write in placed if (one := _reversal(session, write))]
        finished = _carry_out(session, author, now, old, rewrites, reason=f"undo of {done.id}", ref=done.id)
        files = {old, *(one.path for one in rewrites if one.path != now)}
        return Moved(now, old, tuple(sorted(files)), (), *finished)


# ---- planning


def _plan(session: Session, ref: str, new_path: str, link_format: LinkFormat) -> MovePlan:
    index = session.index
    if index.rules.profile is Profile.LOGSEQ:
        raise BadInput("the pages of a Logseq graph are renamed in Logseq: their names are more than their files'")
    old = find(ref, index.records).path
    new = _new_path(session, old, new_path)
    _check_free(session, new, old)
    check_here(session, old)
    files = {*index.records, *index.walk.others, *index.walk.placeholders}
    renaming = Renaming.of(sorted(files), {old: new}, link_format)
    may_be_hit = {old, *index.graph.naming((old, new)), *index.records.having(PROBLEM, "true")}
    notes = (_note_edit(session, path, renaming) for path in may_be_hit if _is_hit(index.records[path], renaming))
    canvases = (_canvas_edit(session, path, renaming) for path in index.walk.others if path.lower().endswith(CANVAS))
    edits = sorted((edit for edit in chain(notes, canvases) if edit), key=lambda edit: edit.path)
    return MovePlan(old, new, session.vault.revision_of(old), tuple(edits))


def _new_path(session: Session, old: str, given: str) -> str:
    """Read where a note shall go; a folder or name that is there already keeps its spelling."""
    own_name = old.rpartition("/")[2]
    text = clean_name(given)
    if text.endswith("/"):
        text = f"{text}{own_name}".removeprefix("/")
    elif not text.lower().endswith(".md"):
        text = f"{text}.md"
    folder, _, name = check_path(text).rpartition("/")
    if normalize("NFC", name) == normalize("NFC", own_name):
        name = own_name
    elif problem := slug_problem(name[: -len(".md")]) or slug_problem(name):
        raise BadName(name, problem)
    path = "/".join([*_settled(session, folder), name])
    if not is_note(path) or any(map(is_ignored, path.split("/"))):
        raise BadName(path, "Memwell and sync tools do not take a file of such a name for a note")
    if path == old:
        raise BadInput(f"{old} has that path already")
    return check_path(path)


def _settled(session: Session, folder: str) -> list[str]:
    """Give the parts of a folder's path, those that exist as they are spelled on disk."""
    folders: set[str] = set()
    for path in chain(session.index.walk.notes, session.index.walk.others):
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    spelled = {path_key(path): path for path in folders}
    parts: list[str] = []
    for part in folder.split("/") if folder else []:
        path = "/".join([*parts, part])
        if path in folders:
            parts.append(part)
        elif found := spelled.get(path_key(path)):
            parts = found.split("/")
        elif (problem := slug_problem(part)) and not (session.vault.root / path).is_dir():
            raise BadName(part, problem)
        else:
            parts.append(part)
    return parts


def _check_free(session: Session, new: str, old: str) -> None:
    """Check that no file has the new path, nor one that some device takes for the same."""
    walk, key = session.index.walk, path_key(new)
    for path in chain(walk.notes, walk.others, walk.conflict_copies, walk.placeholders):
        if path != old and path_key(path) == key:
            raise NameTaken(path, "a file is there" if path == new else f"some devices take {new} for the same name")
    session.vault.check_free(new, old)


def _is_hit(record: Record, renaming: Renaming) -> bool:
    """Say whether a note may hold a link to rewrite; of one long or half merged the index does not know them all."""
    is_unknown = record.size > MAX_PARSED_BYTES or record.problem == CONFLICTED
    return is_unknown or any(renaming.wanted(link.target, record.path) for link in record.links)


def _note_edit(session: Session, path: str, renaming: Renaming) -> FileEdit | None:
    check_here(session, path)
    data = session.vault.read(path)
    note = parse(data.decode("utf-8", "replace"))
    splices = rewritten_links(note, path, renaming)
    if isinstance(splices, Refused):
        raise NoteDamaged(path, splices.reason)
    if splices and (reason := why_read_only(note, path)):
        raise NoteDamaged(path, reason)
    return _edit(path, data, splices)


def _canvas_edit(session: Session, path: str, renaming: Renaming) -> FileEdit | None:
    data = session.vault.read(path)
    return _edit(path, data, rewritten_canvas(data.decode("utf-8", "replace"), renaming.moved))


def _edit(path: str, data: bytes, splices: tuple[Splice, ...]) -> FileEdit | None:
    if not splices:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteDamaged(path, f"not UTF-8 (byte {error.start}), so its links can't be rewritten") from None
    return FileEdit(path, splices, text, apply_splices(text, splices), sha256_hex(data))


def _moved(plan: MovePlan, done: _Done | None) -> Moved:
    files = {plan.new, *(plan.new if edit.path == plan.old else edit.path for edit in plan.edits)}
    links = (LinkEdit(edit.path, one.line, one.old, one.text) for edit in plan.edits for one in edit.splices)
    return Moved(plan.old, plan.new, tuple(sorted(files)), tuple(links), *(done or (None,)))


# ---- doing it


def _carry_out(
    session: Session,
    author: Actor,
    old: str,
    new: str,
    rewrites: Sequence[_Rewrite],
    *,
    reason: str = "",
    ref: str | None = None,
) -> _Done:
    """Rename a file and rewrite files, itself among them perhaps; what has changed meanwhile is left as it is.

    Raises:
        NoteChanged, NameTaken, VaultDenied, StorageFailed: nothing was changed.
        NotConfirmed: it was done.
    """
    data = session.vault.read(old)
    for path, before in ((old, data), *((one.path, one.before) for one in rewrites)):
        saw(session, path, before)
    session.revisions.put_many([one.after for one in rewrites])
    session.revisions.sync()
    placed = [one._replace(path=new) if one.path == old else one for one in rewrites]
    moved = sha256_hex(data)
    changes = [Change(Op.MOVE, old, moved, moved, to=new, reason=reason, size=len(data))]
    changes += [_change(one, f"move {old} -> {new}") for one in placed]
    with ExitStack() as stack:
        staged = [stack.enter_context(session.vault.staged(one.path, one.after)) for one in rewrites]
        for one in rewrites:
            check_unchanged(session, one.path, sha256_hex(one.before))
        entries = session.journal.announce(changes, at=session.now(), actor=author, ref=ref)
        unconfirmed = _rename(session, entries, old, new)
        session.counters.renamed((old, new))
        left: list[Problem] = []
        for temporary, change, entry in zip(staged, changes[1:], entries[1:], strict=True):
            try:
                session.vault.put(temporary, change.path, change.before, keeper(session, change.path))
            except NotConfirmed as error:
                unconfirmed.append(error)
            except MemwellError as error:
                left.append(Problem(change.path, str(error)))
                with suppress(MemwellError):  # then recovery sees it
                    session.journal.abort([entry], at=session.now(), actor=author, reason=str(error))
    if unconfirmed:
        raise unconfirmed[0]
    session.journal.settle()
    return _Done(entries[0].id, tuple(left))


def _change(rewrite: _Rewrite, reason: str) -> Change:
    before, after = sha256_hex(rewrite.before), sha256_hex(rewrite.after)
    return Change(Op.WRITE, rewrite.path, before, after, reason=reason, size=len(rewrite.after))


def _rename(session: Session, entries: Sequence[Entry], old: str, new: str) -> list[NotConfirmed]:
    """Rename the file; if that fails, nothing of the move happens."""
    if old == new:
        return []
    try:
        session.vault.move(old, new)
    except NotConfirmed as error:
        return [error]
    except MemwellError as error:
        session.journal.abort(entries, at=session.now(), actor=entries[0].actor, reason=str(error))
        raise
    return []


# ---- undoing it


def _to_undo(session: Session, entry_id: str | None) -> tuple[Entry, list[Change]]:
    """Find a move and the rewrites that belong to it."""
    done = happened(session.journal.entries())
    moves = [entry for entry in done if entry.change.op is Op.MOVE]
    undone = {entry.ref for entry in moves if entry.ref}
    if entry_id in undone:
        raise BadInput(f"the move {entry_id} was undone already")
    open_moves = [e for e in moves if not e.ref and e.id not in undone and entry_id in (None, e.id)]
    if not open_moves:
        raise BadInput(f"the journal has no move {entry_id}" if entry_id else "the journal has no move to undo")
    writes = [e.change for e in done if e.change.op is Op.WRITE and e.ref == open_moves[-1].id]
    return open_moves[-1], writes


def _reversal(session: Session, write: Change) -> _Rewrite | None:
    """Say how a rewritten file gets its bytes back; None if it has them."""
    found = session.vault.read(write.path)
    if sha256_hex(found) == write.before:
        return None
    if sha256_hex(found) != write.after:
        raise NoteChanged(write.path, write.after, sha256_hex(found))
    try:
        return _Rewrite(write.path, found, session.revisions.get(write.before))
    except KeyError:
        raise NoteDamaged(write.path, "what it held before the move is not kept any more") from None


# ---- finishing one that a crash cut short


def unfinished(session: Session) -> list[Entry]:
    """List the rewritings that belong to a move which happened, were not made, and still can be."""
    entries = session.journal.entries()
    moves = {entry.id for entry in happened(entries) if entry.change.op is Op.MOVE}
    last = {entry.change.path: entry for entry in entries if entry.change.op not in (Op.ABORT, Op.EVENT)}
    aborted = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
    return [
        entry
        for entry in last.values()
        if entry.ref in moves
        and entry.id in aborted
        and entry.change.op is Op.WRITE
        and session.vault.revision_of(entry.change.path) == entry.change.before
    ]


def finish_moves(session: Session, actor: Actor | None = None) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Rewrite the links that a move cut short by a crash has left; give the files rewritten, and those left and why.

    Only a file that still holds what it held before the move is touched.

    Raises:
        VaultBusy, VaultDenied: nothing was changed.
    """
    done: list[str] = []
    left: list[Problem] = []
    with writing(session, actor) as author:
        for entry in unfinished(session):
            path = entry.change.path
            try:
                old, new = session.vault.read(path), session.revisions.get(entry.change.after)
                write_bytes(session, entry.change._replace(reason=f"finishes {entry.ref}"), old, new, author)
                done.append(path)
            except KeyError:
                left.append(Problem(path, "what it should hold is not kept any more"))
            except MemwellError as error:
                left.append(Problem(path, str(error)))
    return tuple(done), tuple(left)
