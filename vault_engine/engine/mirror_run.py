"""One run that brings a vault and a folder together: look, plan, do, remember."""

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import NamedTuple, TypeVar

from vault_engine.engine.changing import announced, keeper, saw, write_bytes, writing
from vault_engine.engine.merging import merged
from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.mirrored import MirrorChange, planned_change
from vault_engine.engine.move import finish_moves, move
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.engine.write import archive_note
from vault_engine.errors import BadInput, CannotMerge, MemwellError, NoteChanged, NoteDamaged, NoteOpen
from vault_engine.index.record import CONFLICTED
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.note import parse
from vault_engine.note.special import may_be_read_only, why_read_only
from vault_engine.sync.exported import mark_of as line_mark
from vault_engine.sync.exported import with_links
from vault_engine.sync.folder import BEING_SAVED, EVICTED, Folder, There, own_text
from vault_engine.sync.merge import Merged, merge
from vault_engine.sync.plan import (
    Conflict,
    Create,
    Delete,
    Held,
    Leave,
    Merge,
    Plan,
    PlannedChange,
    Rename,
    Side,
    Update,
    Vanished,
    find_vanished,
    plan_sync,
    whereabouts,
)
from vault_engine.sync.state import State, Synced
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import mark_of

PERSON = Actor("external", "somebody", "obsidian-sync")

_Planned = TypeVar("_Planned", bound=PlannedChange | Rename)

_AT_THAT_MOMENT = "somebody changed it at that moment: the next run takes it up"
GRACE_S = 0.5  # a note that is gone for so long has been deleted
_LOOKS = 3  # at a folder in which something is being saved
_ROUNDS = 3  # of renames, each of which changes what is to be planned


class _File(NamedTuple):
    """What is to be written into the folder."""

    path: str
    before: str  # SHA-256 of what the file holds, "" for none
    data: bytes
    marks: tuple[str, ...]  # of the lines that are added


class Run:
    """What both sides hold, as it is looked at and changed. The caller holds the session and, to write, the folder."""

    def __init__(
        self,
        session: Session,
        folder: Folder,
        state: State,
        *,
        one_way: bool,
        prefix: str,
        is_selected: Callable[[str], bool],
    ) -> None:
        self.changes: list[MirrorChange] = []
        self.problems: list[Problem] = []
        self._session, self._folder, self._state = session, folder, state
        self._one_way, self._prefix, self._is_selected = one_way, prefix, is_selected
        self._reason = f"obsidian-sync {folder.root.name}"
        self._base = state.load()
        self._ours: dict[str, Held] = {}
        self._theirs: dict[str, There] = {}
        self._added: dict[str, tuple[str, ...]] = {path: one.added for path, one in self._base.items()}
        self._waiting: dict[str, str] = {}
        self._related: set[str] = set()  # notes of the vault whose properties may link to others
        self._refused: dict[str, str] = {}  # paths that could not be renamed in this run, and why
        self._brought_together: set[str] = set()  # notes of which the vault has what comes of both sides' texts
        self._merged_files: set[str] = set()  # SHA-256 of what the folder had of them
        self._knows = self._line_knower()

    @property
    def notes(self) -> int:
        """How many notes both sides hold alike."""
        return sum(self._is_alike(path) for path in self._ours)

    # ---- looking and planning

    def look(self) -> None:
        """Say what both sides hold now, after waiting a moment for what is being saved.

        Raises:
            VaultMissing: one of them is gone.
        """
        session = self._session
        session.refresh()
        self._waiting = (
            self._refused | dict.fromkeys(session.index.walk.placeholders, EVICTED) | dict(session.index.unread)
        )
        self._ours, self._related = {}, set()
        for path, record in session.index.records.items():  # each is decoded for it: only once
            self._ours[path] = Held(record.sha256, record.id, record.size)
            if record.problem == CONFLICTED:
                self._waiting[path] = CONFLICTED
            elif AddedLinks.may_be_below(record):
                self._related.add(path)
        self._knows = self._line_knower()
        look = self._folder.look(self._base, self._ours.keys(), self._knows, time.time_ns())
        for _ in range(_LOOKS - 1):
            if look.unsettled_ns:
                time.sleep(look.unsettled_ns / 1e9)
                look = self._folder.look(self._base, self._ours.keys(), self._knows, time.time_ns())
        self._theirs = look.notes
        self._waiting |= look.waiting

    def plan(self) -> Plan:
        """Say what is to be done."""
        base = {path: one.held for path, one in self._base.items()}
        plan = plan_sync(base, self._ours, self._held_there(), one_way=self._one_way, waiting=self._waiting)
        changes = list(self._if_selected(plan.changes))
        if BEING_SAVED in (why for path, why in self._waiting.items() if path not in self._base):
            changes = [one for one in changes if not isinstance(one, Delete)]  # what is gone may be on its way there
        said = {change.path for change in changes}
        changes += [Leave(*one) for one in sorted(self._waiting.items()) if one[0] not in said and one[1] != EVICTED]
        return replace(plan, changes=tuple(changes))

    def vanished(self) -> Vanished | None:
        """Say whether so much is gone on one side, and would be deleted on the other, that it should be asked about."""
        base = {path: one.held for path, one in self._base.items()}
        found = find_vanished(base, self._ours, self._held_there())
        return None if found and self._one_way and found.side is Side.THEIRS else found

    def preview(self) -> None:
        """Say what would be done, and do nothing."""
        plan = self.plan()
        renamed = {rename.to: rename.path for rename in plan.renames}
        for change in (*plan.renames, *plan.changes):
            shown = planned_change(change)
            if isinstance(change, Merge) and change.path not in renamed and self._merged(change) is None:
                shown = MirrorChange("conflict", "both", change.path)
            self.changes.append(shown)

    def _held_there(self) -> dict[str, Held]:
        return {path: there.held for path, there in self._theirs.items()}

    def _if_selected(self, changes: Iterable[PlannedChange]) -> Iterable[PlannedChange]:
        """Leave out notes that the folder never had and that were not asked for."""
        for change in changes:
            if isinstance(change, Create) and change.side is Side.THEIRS and not change.is_back:
                if self._is_selected(change.path):
                    yield change
            elif isinstance(change, Conflict) and not self._is_selected(change.path):
                yield Leave(change.path, "the vault has a note of that path, which is not selected")
            else:
                yield change

    def _is_alike(self, path: str) -> bool:
        there = self._theirs.get(path)
        return there is not None and there.held.sha256 == self._ours[path].sha256

    def _line_knower(self) -> Callable[[str, str], bool]:
        """Give what says whether a line was added to a note; of what was moved, whether it was to any."""
        added = {path: frozenset(marks) for path, marks in self._added.items()}

        @cache
        def everything() -> frozenset[str]:
            return frozenset().union(*added.values())

        @cache
        def lines() -> AddedLinks:
            return AddedLinks(self._session, self._prefix, self._ours.keys())

        def knows(path: str, mark: str) -> bool:
            if path in added:
                return mark in added[path]
            return mark in everything() or mark in map(line_mark, lines().of(path))

        return knows

    # ---- doing it

    def tidy(self) -> None:
        """Take up what a run before this one left as it was killed."""

        def home_of(mark: str, data: bytes) -> str | None:
            path = homes.get(mark)
            own, *_ = own_text(data, lambda line: self._knows(path or "", line))
            if sha256_hex(own) in self._session.revisions or sha256_hex(data) in shown:
                return None
            if any(self._has_all_of(one, data, own) for one in ([path] if path else homes.values())):
                return None
            return path or "Saved while Memwell was writing.md"

        if self._state.is_renaming:
            self.problems += finish_moves(self._session, PERSON)[1]
            if not self.problems:
                self._state.end_renames()
        homes: dict[str, str] = {mark_of(path): path for path in (*self._base, *self._session.index.records)}
        shown = self._state.merged | {one.shown for one in self._base.values()}
        for copy in self._folder.tidy(home_of, self._day()):
            self.changes.append(MirrorChange("conflict", "folder", copy, why="saved as a run before was killed"))

    def _has_all_of(self, path: str, data: bytes, own: bytes) -> bool:
        """Say whether the vault's note begins so, as what was half written does, or was merged with that text."""
        with suppress(MemwellError, KeyError, UnicodeDecodeError):
            ours = self._session.vault.read(path)
            if ours.startswith(data):
                return True
            base = self._session.revisions.get(self._base[path].held.sha256)
            return merge(base.decode(), ours.decode(), own.decode()) == Merged(ours.decode())
        return False

    def carry_out(self) -> None:
        """Do what is planned, and remember it."""
        for _ in range(_ROUNDS):
            plan = self.plan()
            if not plan.renames:
                break
            self._rename_all(plan.renames)
            self.look()
        else:
            for rename in self.plan().renames:  # somebody renames as fast as we do
                self._waiting |= {rename.path: _AT_THAT_MOMENT, rename.to: _AT_THAT_MOMENT}
            plan = self.plan()
        self._change(plan.changes)
        self.remember()

    def remember(self) -> None:
        """Keep what both sides hold alike. Of the others, what they held last still counts."""
        base = {path: one.held for path, one in self._base.items()}
        places = whereabouts(base, self._ours, self._held_there())
        kept = {place: self._base[path] for path, place in places.items()}
        for path, held in self._ours.items():
            there = self._theirs.get(path)
            if there and there.held.sha256 == held.sha256:
                kept[path] = Synced(held, there.shown, self._added.get(path, ()), there.seen)
        if self._merged_files:
            self._state.merged = frozenset(self._merged_files)
        self._state.save(kept)

    def _change(self, changes: Collection[PlannedChange]) -> None:
        for change in changes:
            if isinstance(change, Leave):
                self.changes.append(planned_change(change))
            elif not isinstance(change, Delete) and getattr(change, "side", Side.OURS) is Side.OURS:
                self._attempt(change, self._change_ours)
        due = {
            change.path: change
            for change in changes
            if isinstance(change, Create | Update) and change.side is Side.THEIRS
        }
        self._write_theirs(due)
        deletions = [change for change in changes if isinstance(change, Delete)]
        if deletions:
            time.sleep(GRACE_S)  # editors and sync tools take a file away and bring it back
        for deletion in deletions:
            self._attempt(deletion, self._delete)

    def _attempt(self, change: _Planned, do: Callable[[_Planned], MirrorChange]) -> None:
        """Do one thing; what fails is said, and planned again the next time."""
        try:
            self.changes.append(do(change))
        except MemwellError as error:
            self._say_failed(change.path, error)
            if isinstance(change, Rename):
                self._refused |= {change.path: str(error), change.to: str(error)}

    def _say_failed(self, path: str, error: MemwellError) -> None:
        if isinstance(error, NoteChanged | NoteOpen):
            self.changes.append(MirrorChange("left", "both", path, why=_AT_THAT_MOMENT))
        else:
            self.problems.append(Problem(path, str(error)))

    # ---- renames

    def _rename_all(self, renames: Collection[Rename]) -> None:
        if any(one.side is Side.OURS for one in renames):
            self._state.begin_renames()
        for rename in renames:
            self._attempt(rename, self._rename)
        if self._state.is_renaming and not self.problems:  # else links that were left are rewritten the next time
            self._state.end_renames()

    def _rename(self, rename: Rename) -> MirrorChange:
        done = planned_change(rename)
        if rename.side is Side.THEIRS:
            self._theirs[rename.to] = self._folder.rename(self._theirs.pop(rename.path), rename.to)
            return done
        try:
            left = move(self._session, rename.path, rename.to, yes=True, actor=PERSON).left
        except (BadInput, NoteDamaged) as error:
            self._rename_alone(rename)
            return replace(done, why=f"links to it were not rewritten: {error}")
        self.problems += left
        return done

    def _rename_alone(self, rename: Rename) -> None:
        """Rename a note of the vault as the person has, without its links."""
        session = self._session
        with writing(session, PERSON) as author:
            data = session.vault.read(rename.path)
            saw(session, rename.path, data)
            sha256 = sha256_hex(data)
            change = Change(Op.MOVE, rename.path, sha256, sha256, to=rename.to, reason=self._reason, size=len(data))
            with announced(session, change, author):
                session.vault.move(rename.path, rename.to)

    # ---- the vault

    def _change_ours(self, change: PlannedChange) -> MirrorChange:
        """Take into the vault what the person did."""
        path, done = change.path, planned_change(change)
        data = self._merged(change) if isinstance(change, Merge) else None
        if data is None:
            data = self._read_theirs(path)
            if isinstance(change, Merge | Conflict):
                copy = self._folder.put_beside(self._theirs[path].file, self._read_ours(path), self._day())
                done = MirrorChange("conflict", "both", path, copy, "the vault's text is in the copy beside it")
        self._put_ours(path, data)
        self._brought_together.add(path)
        self._merged_files.add(self._theirs[path].shown)
        return done

    def _put_ours(self, path: str, data: bytes) -> None:
        session, known = self._session, self._ours.get(path)
        if known and known.sha256 == sha256_hex(data):
            return
        with writing(session, PERSON, exact=False) as author:
            old = self._read_ours(path) if known else b""
            if not known:
                session.vault.check_free(path, path)
            change = Change(Op.WRITE if known else Op.CREATE, path, "", "", reason=self._reason, expect=Expect.GIVEN)
            write_bytes(session, change, old, data, author)
        own, id, _ = own_text(data, lambda _line: False)
        self._ours[path] = Held(sha256_hex(own), id, len(own))

    def _merged(self, change: Merge) -> bytes | None:
        """Bring both sides' changes together; None where that can't be done."""
        ours, theirs = self._read_ours(change.path), self._read_theirs(change.path)
        try:
            text = ours.decode()
            for one in (text, theirs.decode()):
                if may_be_read_only(one, change.path) and why_read_only(parse(one), change.path):
                    return None
            return merged(change.path, self._session.revisions.get(change.base), text, theirs)
        except (CannotMerge, KeyError, UnicodeDecodeError):  # the lines of both, a base that was purged, no text
            return None

    def _read_ours(self, path: str) -> bytes:
        data = self._session.vault.read(path)
        if sha256_hex(data) != self._ours[path].sha256:
            raise NoteChanged(path, self._ours[path].sha256, sha256_hex(data))
        return data

    # ---- the folder

    def _read_theirs(self, path: str) -> bytes:
        return self._folder.read(self._theirs[path], lambda mark: self._knows(path, mark))

    def _write_theirs(self, due: dict[str, Create | Update]) -> None:
        """Write into the folder what the vault has newer, and the links of notes whose relations have changed."""
        self._session.refresh(wait=False)
        lines = AddedLinks(self._session, self._prefix, self._theirs.keys() | due.keys())
        related = self._related | self._brought_together
        files: dict[str, _File] = {}
        for path in sorted(self._ours.keys() & (due.keys() | self._theirs.keys())):
            added = lines.of(path) if path in related else ()
            marks = tuple(map(line_mark, added))
            if path not in due and path not in self._brought_together and not self._needs_links(path, marks):
                continue
            try:
                data, there = _shown(self._read_ours(path), added), self._theirs.get(path)
            except MemwellError as error:
                self._say_failed(path, error)
                continue
            if there and sha256_hex(data) == there.shown:
                self._added[path] = marks
            else:
                files[there.file if there else path] = _File(path, there.shown if there else "", data, marks)
        contents = {file: (one.before, one.data) for file, one in files.items()}
        for file, problem in self._folder.write(contents, lambda file: keeper(self._session, file)).items():
            self._wrote(file, files[file], due.get(files[file].path), problem)

    def _wrote(self, file: str, one: _File, change: Create | Update | None, problem: MemwellError | None) -> None:
        if problem:
            self._say_failed(one.path, problem)
            return
        self._theirs[one.path] = There(self._ours[one.path], sha256_hex(one.data), file)
        self._added[one.path] = one.marks
        if change:
            self.changes.append(planned_change(change))
        elif one.path not in self._brought_together:
            self.changes.append(MirrorChange("links", "folder", one.path))

    def _needs_links(self, path: str, marks: tuple[str, ...]) -> bool:
        return path not in self._waiting and self._is_alike(path) and self._added.get(path, ()) != marks

    # ---- both

    def _delete(self, change: Delete) -> MirrorChange:
        """Delete a note that the other side has deleted: from the vault into its archive, from the folder for good.

        What the folder's note held is what the vault's held, whose archive and history have it.
        """
        path = change.path
        if self._session.vault.has(path) if change.side is Side.THEIRS else self._folder.has(path):
            raise NoteChanged(path, "", "")
        if change.side is Side.THEIRS:
            self._folder.remove(self._theirs[path])
            del self._theirs[path]
        else:
            with writing(self._session, PERSON, exact=False) as author:
                self._read_ours(path)
                archive_note(self._session, path, self._reason, author)
            del self._ours[path]
        return planned_change(change)

    def _day(self) -> str:
        return self._session.now().date().isoformat()


def _shown(data: bytes, lines: Collection[str]) -> bytes:
    """Give what the folder shows of a note."""
    if not lines:
        return data
    try:
        return with_links(data.decode(), lines).encode()
    except UnicodeDecodeError:
        return data
