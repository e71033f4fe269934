"""Writing the vault's notes into a folder for a program that reads them another way: one way only, for Notion."""

import time
from collections.abc import Container
from contextlib import suppress

from vault_engine.config import MOST_VANISHED
from vault_engine.engine.changing import keeper
from vault_engine.engine.mirror_form import AsTheyAre
from vault_engine.engine.mirror_shown import Shown
from vault_engine.engine.mirrored import MirrorChange, planned_change
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError, NotesVanished
from vault_engine.index.record import CONFLICTED
from vault_engine.note import Link
from vault_engine.sync.folder import Folder
from vault_engine.sync.notion import notion_text
from vault_engine.sync.plan import Create, Delete, Held, Plan, Update, plan_sync
from vault_engine.sync.state import State, Synced
from vault_engine.vault.files import sha256_hex


class Export:
    """One run. What a person has changed in the folder is left; a renamed note is a new file, and the old one goes."""

    def __init__(
        self, session: Session, folder: Folder, state: State, is_selected: Container[str], shown: Shown
    ) -> None:
        """Begin, by the index as of the last refresh."""
        self.changes: list[MirrorChange] = []
        self.problems: list[Problem] = []
        self._session, self._folder, self._state = session, folder, state
        self._base = state.load()
        self._shown = shown
        self._marks: dict[str, tuple[str, ...]] = {}  # by path: what properties were added
        records = session.index.records
        meant = {path for path in records if path in is_selected and records[path].problem != CONFLICTED}
        self._data: dict[str, bytes] = {}  # what the folder is to hold
        for path in sorted(meant.difference(session.index.walk.placeholders)):
            with suppress(MemwellError):  # gone just now
                self._data[path] = self._written(path, meant)
        self._there: dict[str, str] = {}

    @property
    def notes(self) -> int:
        """How many notes the folder has as they are to be."""
        return sum(self._there.get(path) == sha256_hex(data) for path, data in self._data.items())

    def carry_out(self, *, dry_run: bool, yes: bool) -> None:
        """Write what has changed, and delete what is gone from the vault.

        Raises:
            NotesVanished: that is much, and nobody has said that it is meant.
        """
        look = self._folder.look(self._base, self._data.keys(), AsTheyAre(), time.time_ns())
        self._there = {path: there.shown for path, there in look.notes.items()}
        self._take_up()
        plan = self._plan(look.waiting)
        if dry_run:
            self.changes += map(planned_change, plan.changes)
            return
        gone = sum(isinstance(one, Delete) for one in plan.changes)
        if not yes and gone > 1 and gone > MOST_VANISHED * len(self._base):
            raise NotesVanished("what is to be exported", gone, len(self._base))
        due = {one.path: one for one in plan.changes if isinstance(one, Create | Update)}
        files = {path: (self._there.get(path, ""), self._data[path]) for path in due}
        self._state.announce({path: (sha256_hex(self._data[path]),) for path in due}, {})
        for path, error in self._folder.write(files, lambda path: keeper(self._session, path)).items():
            if error:
                self.problems.append(Problem(path, str(error)))
            else:
                self._there[path] = sha256_hex(self._data[path])
                self.changes.append(planned_change(due[path]))
        for change in plan.changes:
            if isinstance(change, Delete):
                try:
                    self._folder.remove(look.notes[change.path])
                except MemwellError as error:
                    self.problems.append(Problem(change.path, str(error)))
                    continue
                del self._there[change.path]
            if change.path not in due:
                self.changes.append(planned_change(change))
        self._remember()

    def _take_up(self) -> None:
        """Know again what a run before this one wrote before it was killed, though a note may be another one now."""
        for path, written in self._state.announced().items():
            there = self._there.get(path)
            if there in written:
                self._base[path] = Synced(_held(there), there)

    def _plan(self, waiting: dict[str, str]) -> Plan:
        base = {path: _held(one.shown) for path, one in self._base.items()}
        ours = {path: _held(sha256_hex(data)) for path, data in self._data.items()}
        theirs = {path: _held(shown) for path, shown in self._there.items()}
        return plan_sync(base, ours, theirs, one_way=True, waiting=waiting)

    def _remember(self) -> None:
        kept = {path: one for path, one in self._base.items() if path in self._data or path in self._there}
        shown = {path: sha256_hex(data) for path, data in self._data.items()}
        alike = {path for path in shown if self._there.get(path) == shown[path]}
        for path in alike:
            kept[path] = Synced(_held(shown[path]), shown[path], self._marks.get(path, ()))
        self._state.save(kept, unsure=shown.keys() - alike)

    def _written(self, path: str, meant: Container[str]) -> bytes:
        """Give a note as it is to be; one that is no text as it is."""

        def file_of(link: Link) -> str | None:
            file = index.resolver.find(link, path)
            return file if file in meant else None

        index = self._session.index
        data = self._session.vault.read(path)
        before = self._base[path].added if path in self._base else ()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        if self._shown.is_due(path, before):
            text, self._marks[path] = self._shown.add(path, text)
        else:
            text, self._marks[path] = self._shown.add_again(text, before)
        return notion_text(text, path, index.records[path].title, file_of).encode()


def _held(sha256: str) -> Held:
    return Held(sha256, None, 0)  # neither identity nor size: renames are not looked for
