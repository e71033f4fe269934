"""One run that brings a vault and a folder together: look, plan, do, remember."""

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, TypeVar

from vault_engine.engine.changing import keeper, write_bytes, writing
from vault_engine.engine.merging import merged
from vault_engine.engine.mirror_additions import Known
from vault_engine.engine.mirror_form import MirrorForm, Written
from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.mirror_memory import Rest, may_be_from_memory, written_over
from vault_engine.engine.mirrored import MirrorChange, planned_change
from vault_engine.engine.move import finish_moves, move, move_alone
from vault_engine.engine.resting import SYNC_CLIENT
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.engine.write import archive_note
from vault_engine.errors import BadInput, BadName, CannotMerge, MemwellError, NoteChanged, NoteDamaged, NoteOpen
from vault_engine.index.record import CONFLICTED
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.note import parse
from vault_engine.note.special import may_be_read_only, why_read_only
from vault_engine.sync.folder import BEING_SAVED, EVICTED, Folder, There, id_of
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
from vault_engine.sync.shown import property_marks
from vault_engine.sync.state import State, Synced
from vault_engine.sync.written_over import merge_additions
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import mark_of

PERSON = Actor("external", "somebody", SYNC_CLIENT)

_Planned = TypeVar("_Planned", bound=PlannedChange | Rename)

_AT_THAT_MOMENT = "somebody changed it at that moment: the next run takes it up"
_BEING_WRITTEN = "it was changed a moment ago: the next run writes it"
_WRITTEN_OVER = "a program had written over it from memory"
GRACE_S = 0.5  # a note that is gone for so long has been deleted
_LOOKS = 3  # at a folder in which something is being saved
_ROUNDS = 3  # of renames, each of which changes what is to be planned


class _File(NamedTuple):
    """What is to be written into the folder."""

    path: str
    before: str  # SHA-256 of what the file holds, "" for none
    written: Written


class Run:
    """What both sides hold, as it is looked at and changed. The caller holds the session and, to write, the folder."""

    def __init__(
        self,
        session: Session,
        folder: Folder,
        state: State,
        *,
        form: MirrorForm,
        one_way: bool,
        is_selected: Callable[[str], bool],
    ) -> None:
        self.changes: list[MirrorChange] = []
        self.problems: list[Problem] = []
        self._session, self._folder, self._state = session, folder, state
        self._form, self._one_way, self._is_selected = form, one_way, is_selected
        self._reason = f"obsidian-sync {folder.root.name}"
        self._base = state.load()
        self._ours: dict[str, Held] = {}
        self._theirs: dict[str, There] = {}
        self._added = state.marks(self._base)
        self._waiting: dict[str, str] = {}
        self._refused: dict[str, str] = {}  # paths that could not be renamed in this run, and why
        self._brought_together: set[str] = set()  # notes of which the vault has what comes of both sides' texts
        self._written_over: set[str] = set()  # notes whose pages were written from a memory without our change
        self._undone: set[str] = set()  # notes of which something could not be done
        self._just_written: set[str] = set()  # notes whose files this run has written
        self._rest = Rest(session, folder, is_needed=form.is_in_memory)
        self._merged_files: set[str] = set()  # SHA-256 of what the folder had of them

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
        self._session.refresh()
        self._look_at_ours()
        look = self._folder.look(self._base, self._ours.keys(), self._form, time.time_ns())
        for _ in range(_LOOKS - 1):
            if look.unsettled_ns:
                time.sleep(look.unsettled_ns / 1e9)
                look = self._folder.look(self._base, self._ours.keys(), self._form, time.time_ns())
        self._theirs = look.notes
        self._added |= {path: there.marks for path, there in look.notes.items() if there.marks is not None}
        self._waiting |= look.waiting
        if self._form.is_in_memory:
            self._find_written_over()

    def _look_at_ours(self) -> None:
        index = self._session.index
        self._waiting = self._refused | dict.fromkeys(index.walk.placeholders, EVICTED) | dict(index.unread)
        related: set[str] = set()
        self._ours = {}
        for path, record in index.records.items():  # each is decoded for it: only once
            self._ours[path] = Held(record.sha256, record.id, record.size)
            if record.problem == CONFLICTED:
                self._waiting[path] = CONFLICTED
            elif AddedLinks.may_be_below(record):
                related.add(path)
        self._form.begin(Known(self._base, self._added, self._ours, related))

    def _find_written_over(self) -> None:
        """Find what a program has written from memory over what was written here: then that is what both held last."""
        asked: dict[str, bytes] = {}
        for path, there in self._theirs.items():
            if path not in self._waiting and may_be_from_memory(self._base.get(path), there):
                with suppress(MemwellError):  # changed at this moment
                    asked[path] = self._read_theirs(path)
        over = written_over(self._session, self._base, asked)
        if over:
            self._base |= over
            self._written_over |= over.keys()
            self._form.begin(Known(self._base, self._added, self._ours, ()))
        for path in over:
            there = self._theirs[path]
            with suppress(MemwellError):
                if said := self._form.own(path, self._folder.read(there)):
                    held = Held(sha256_hex(said.data), said.id, len(said.data))
                    self._theirs[path] = there._replace(held=held, is_sure=said.is_sure)
                    self._added[path] = said.marks or ()

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
            is_unmergeable = isinstance(change, Merge) and change.path not in renamed and self._merged(change) is None
            is_unsure = isinstance(change, Update) and change.path in self._theirs and self._is_conflict(change)
            if is_unmergeable or is_unsure:
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

    # ---- doing it

    def tidy(self) -> None:
        """Take up what a run before this one left as it was killed."""

        def home_of(mark: str, data: bytes) -> str | None:
            if not self._ours:
                self._look_at_ours()
            path = homes.get(mark)
            said = self._form.own(path or "", data)
            if said is None or sha256_hex(said.data) in self._session.revisions or sha256_hex(data) in shown:
                return None
            if any(self._has_all_of(one, data, said.data) for one in ([path] if path else homes.values())):
                return None
            return self._file_of(path) if path else "Saved while Memwell was writing.md"

        if self._state.is_renaming:
            self.problems += finish_moves(self._session, PERSON)[1]
            if not self.problems:
                self._state.end_renames()
        homes = {mark_of(self._file_of(path)): path for path in (*self._base, *self._session.index.records)}
        shown = self._state.merged | {one.shown for one in self._base.values()}
        for copy in self._folder.tidy(home_of, self._day()):
            self.changes.append(MirrorChange("conflict", "folder", copy, why="saved as a run before was killed"))

    def _has_all_of(self, path: str, data: bytes, own: bytes) -> bool:
        """Say whether the vault's note begins so, as what was half written does, or was merged with that text."""
        with suppress(MemwellError, KeyError, UnicodeDecodeError):
            ours = self._session.vault.read(path)
            there = self._folder.bytes_of(self._file_of(path))
            if ours.startswith(data) or self._form.written(path, ours, there).data.startswith(data):
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
        alike = {path for path in self._ours if self._is_alike(path)}
        for path in alike:
            there, known = self._theirs[path], self._base.get(path)
            now = Synced(self._ours[path], there.shown, self._added.get(path, ()), there.seen)
            is_written, is_again = path in self._just_written, path in self._written_over
            kept[path] = self._rest.with_past(now, known, is_written=is_written, is_again=is_again)
        self._state.names = "" if any(map(self._form.wants, self._undone)) else self._form.names
        if self._merged_files:
            self._state.merged = frozenset(self._merged_files)
        unsure = self._undone | self._waiting.keys() | (self._ours.keys() - alike)
        others = self._theirs.keys() - alike if self._form.has_additions else ()
        self._state.save(kept, unsure, {path: self._added.get(path, ()) for path in others})

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
        deletions = [change for change in changes if isinstance(change, Delete)]
        self._write_theirs(due, is_last=not deletions)
        if not deletions:
            return
        time.sleep(GRACE_S)  # editors and sync tools take a file away and bring it back
        for deletion in deletions:
            self._attempt(deletion, self._delete)
        self._write_theirs({}, is_last=True)  # links to them lead elsewhere now, or nowhere

    def _attempt(self, change: _Planned, do: Callable[[_Planned], MirrorChange]) -> None:
        """Do one thing; what fails is said, and planned again the next time."""
        try:
            self.changes.append(do(change))
        except MemwellError as error:
            self._say_failed(change.path, error)
            if isinstance(change, Rename):
                self._refused |= {change.path: str(error), change.to: str(error)}

    def _say_failed(self, path: str, error: MemwellError) -> None:
        self._undone.add(path)
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
            self._check_rests(rename.path)
            self._theirs[rename.to] = self._folder.rename(self._theirs[rename.path], self._new_file(rename.to))
            del self._theirs[rename.path]
            self._added[rename.to] = self._added.get(rename.path, ())
            return done
        self._added.setdefault(rename.to, self._added.get(rename.path, ()))
        try:
            left = move(self._session, rename.path, rename.to, yes=True, actor=PERSON).left
        except (BadInput, NoteDamaged) as error:
            move_alone(self._session, rename.path, rename.to, reason=self._reason, actor=PERSON)
            return replace(done, why=f"links to it were not rewritten: {error}")
        self.problems += left
        return done

    # ---- the vault

    def _change_ours(self, change: PlannedChange) -> MirrorChange:
        """Take into the vault what the person did."""
        path, done = change.path, planned_change(change)
        data = self._merged(change) if isinstance(change, Merge) else None
        if data is None:
            data = self._read_theirs(path)
            if self._is_conflict(change):
                copy = self._folder.put_beside(self._theirs[path].file, self._read_ours(path), self._day())
                done = MirrorChange("conflict", "both", path, copy, "the vault's text is in the copy beside it")
        self._put_ours(path, data)
        self._brought_together.add(path)
        self._merged_files.add(self._theirs[path].shown)
        return done

    def _is_conflict(self, change: PlannedChange) -> bool:
        """Say whether the vault's text would be lost to what the folder has; a `Merge` that can't be made counts."""
        return isinstance(change, Merge | Conflict) or (
            isinstance(change, Update) and change.side is Side.OURS and not self._theirs[change.path].is_sure
        )

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
        self._ours[path] = Held(sha256_hex(data), id_of(data), len(data))

    def _merged(self, change: Merge) -> bytes | None:
        """Bring both sides' changes together; None where that can't be done."""
        ours, theirs = self._read_ours(change.path), self._read_theirs(change.path)
        if not self._theirs[change.path].is_sure:
            return None
        try:
            text = ours.decode()
            for one in (text, theirs.decode()):
                if may_be_read_only(one, change.path) and why_read_only(parse(one), change.path):
                    return None
            base = self._session.revisions.get(change.base)
            if change.path in self._written_over and (both := merge_additions(base.decode(), text, theirs.decode())):
                return both.encode()
            return merged(change.path, base, text, theirs)
        except (CannotMerge, KeyError, UnicodeDecodeError):  # the lines of both, a base that was purged, no text
            return None

    def _read_ours(self, path: str) -> bytes:
        data = self._session.vault.read(path)
        if sha256_hex(data) != self._ours[path].sha256:
            raise NoteChanged(path, self._ours[path].sha256, sha256_hex(data))
        return data

    # ---- the folder

    def _read_theirs(self, path: str) -> bytes:
        said = self._form.own(path, self._folder.read(self._theirs[path]))
        if said is None or sha256_hex(said.data) != self._theirs[path].held.sha256:
            raise NoteChanged(path, self._theirs[path].held.sha256, "")
        return said.data

    def _write_theirs(self, due: dict[str, Create | Update], *, is_last: bool) -> None:
        """Write into the folder what the vault has newer, and at last the links of notes that have others now."""
        self._session.refresh(wait=False)
        both = self._ours.keys() & (due.keys() | self._theirs.keys())
        alike = {path for path in both if path not in due and path not in self._waiting and self._is_alike(path)}
        self._form.begin_writing(self._theirs.keys() | due.keys(), alike)
        files: dict[str, _File] = {}
        for path in sorted(both):
            is_due = path in due or path in self._brought_together
            if not is_due and not (is_last and path in alike and self._form.wants(path)):
                continue
            try:
                there = self._theirs.get(path)
                one = self._form.written(path, self._read_ours(path), self._folder.read(there) if there else None)
                if there and sha256_hex(one.data) == there.shown:
                    self._added[path] = one.marks
                else:
                    file = there.file if there else self._new_file(path)
                    files[file] = _File(path, there.shown if there else "", one)
            except MemwellError as error:
                self._say_failed(path, error)
        files = {file: one for file, one in files.items() if not one.before or self._has_rested(one.path)}
        if self._form.has_additions:
            self._state.announce({one.path: one.written.marks for one in files.values()}, self._added)
        contents = {file: (one.before, one.written.data) for file, one in files.items()}
        for file, problem in self._folder.write(contents, lambda file: keeper(self._session, file)).items():
            self._wrote(file, files[file], due.get(files[file].path), problem)

    def _wrote(self, file: str, one: _File, change: Create | Update | None, problem: MemwellError | None) -> None:
        if problem:
            self._say_failed(one.path, problem)
            return
        self._theirs[one.path] = There(self._ours[one.path], sha256_hex(one.written.data), file)
        if self._form.names or property_marks((*one.written.marks, *self._added.get(one.path, ()))):
            self._merged_files.add(one.before)  # by other names of links, or with properties, it is no revision
        self._added[one.path] = one.written.marks
        self._just_written.add(one.path)
        if change:
            why = _WRITTEN_OVER if one.path in self._written_over else ""
            self.changes.append(replace(planned_change(change), why=why) if why else planned_change(change))
        elif one.path not in self._brought_together:
            self.changes.append(MirrorChange(one.written.what, "folder", one.path))

    def _has_rested(self, path: str) -> bool:
        """Say whether nobody seems to be writing in a page; else it is left."""
        if self._rest.has_rested(self._theirs[path], self._base.get(path)):
            return True
        self._undone.add(path)
        self.changes.append(MirrorChange("left", "both", path, why=_BEING_WRITTEN))
        return False

    def _check_rests(self, path: str) -> None:
        """Raise NoteOpen if somebody seems to be writing in a page."""
        if not self._rest.has_rested(self._theirs[path], self._base.get(path)):
            raise NoteOpen(path)

    def _file_of(self, path: str) -> str:
        """Give the file that a note is in, or would be."""
        there = self._theirs.get(path)
        return there.file if there else self._form.file_of(path) or path

    def _new_file(self, path: str) -> str:
        """Give the file for a new note. Raises BadName: the folder can have none of that name."""
        if file := self._form.file_of(path):
            return file
        raise BadName(path, "no file of the folder can be called so and be read back")

    # ---- both

    def _delete(self, change: Delete) -> MirrorChange:
        """Delete a note that the other side has deleted: from the vault into its archive, from the folder for good.

        What the folder's note held is what the vault's held, whose archive and history have it.
        """
        path = change.path
        if self._session.vault.has(path) if change.side is Side.THEIRS else self._folder.has(self._file_of(path)):
            raise NoteChanged(path, "", "")
        if change.side is Side.THEIRS:
            self._check_rests(path)
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
