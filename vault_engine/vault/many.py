"""Writing many notes with one sync: what `Vault.many` gives."""

import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vault_engine.errors import MemwellError, NotConfirmed
from vault_engine.vault.ahead import SyncAhead
from vault_engine.vault.files import explained, refusal
from vault_engine.vault.paths import check_path
from vault_engine.vault.place import (
    CAN_SYNC_ALL,
    Place,
    hands_down,
    place_of,
    remove,
    rename_new,
    sync_all,
    sync_folder,
    write_new,
)
from vault_engine.vault.stager import Stager, is_possible
from vault_engine.vault.swap import Keep, Staged, confirm, put_new, put_over

if TYPE_CHECKING:
    from vault_engine.vault.store import Vault

_FOLDERS_HELD = 200
_OWNERS_MODE = 0o600
_STAGED_ALONE = 300  # notes; for those that come then another process is started, which takes as long as to stage them


class _NewFolder:
    """A folder that the vault does not have yet: its notes are staged in it, and it gets its place with all of them."""

    def __init__(self, place: Place, opened: Place) -> None:
        self.place = place  # its own, among the temporary files
        self.opened = opened  # any name in it
        self.is_whole = True  # whether it holds nothing but whole notes, and can still be moved as one
        self.is_there = False  # whether it has its place

    def inside(self, path: str) -> Place:
        """Give the place of one of its notes."""
        return Place(self.opened.folder, path.rpartition("/")[2], self.opened.handle, path)


class Many:
    """Files that are staged one by one, made durable together, and put in their places one by one.

    The order is `stage`, `finish`, `sync`, `put`, `confirm`. No two are for one note, and once one is put, all of its
    folder that were staged must be meant to be: where the vault has no such folder yet, they come into it in one step.
    """

    def __init__(self, vault: "Vault", temporaries: Place, held: ExitStack) -> None:
        self._vault = vault
        self._temporaries = temporaries
        self._held = held
        self._staged: dict[str, Staged] = {}
        self._folders: dict[str, Place] = {}
        self._new_folders: dict[str, _NewFolder | None] = {}
        self._new_held = ExitStack()
        self._not_confirmed: NotConfirmed | None = None
        self._inside: dict[str, bytes] = {}  # what is staged in new folders, by path, in order, and what is beside them
        self._beside: dict[str, Place] = {}  # temporary files that are no notes, by name
        self._alone: int | None = None  # how many of these were staged here before there was another process
        self._stager: Stager | None = None
        self._ahead = SyncAhead(temporaries)
        held.callback(self._ahead.close)

    def stage(self, path: str, data: bytes, sha256: str, *, is_new: bool) -> None:
        """Write the temporary file of one note, as `Vault.staged` does; ``sha256`` is that of its data.

        Of a note in a new folder that may be done until `finish`, which then gives what it raised.
        """
        self._ahead.wrote(len(data))
        try:
            if is_new and (new := self._new_folder(path)):
                if stager := self._helper():
                    check_path(path)
                    stager.hand_over(new.place.name, path.rpartition("/")[2], data)
                else:
                    self._stage_inside(new, path, data)
                self._inside[path] = data
                return
            temporary = self._in_temporaries(self._vault.temporary_name(path))
            self._vault.stage(temporary, path, data, sync=not CAN_SYNC_ALL, is_new=is_new)
            self._staged[path] = Staged(temporary, sha256)
        except OSError as error:
            raise refusal(path, error) from error

    def stage_beside(self, data: bytes) -> Place:
        """Write a temporary file that is no note, and only its owner's; whoever wants to keep it moves it away.

        That may be done until `finish`; `is_beside` says then whether it was.
        """
        self._ahead.wrote(len(data))
        place = self._in_temporaries(self._vault.temporary_name("beside"))
        with explained(self._temporaries.folder):
            if stager := self._helper():
                stager.hand_over(os.curdir, place.name, data, _OWNERS_MODE)
            else:
                write_new(place, data, mode=_OWNERS_MODE, sync=not CAN_SYNC_ALL)
        self._inside[place.name], self._beside[place.name] = b"", place
        return place

    def is_beside(self, place: Place) -> bool:
        """Say whether a file that `stage_beside` was given is there."""
        return place.name in self._beside

    def finish(self) -> dict[str, MemwellError]:
        """See to it that all notes are staged; give those for which that failed, by path.

        What another process could not write is written here; where it has died, so is all else: what there is of a
        file then, nobody can say.
        """
        refused: dict[str, MemwellError] = {}
        if self._stager is None or self._alone is None:
            return refused
        written = [True] * self._alone + self._stager.finish()
        self._end_helper()
        if len(written) < len(self._inside):
            written = [False] * len(self._inside)
            for path in self._inside:
                if place := self._place_inside(path):
                    with suppress(OSError):  # then it can't be written either
                        remove(place)
        for (path, data), is_written in zip(self._inside.items(), written, strict=False):
            if not is_written and not self._beside.pop(path, None) and (new := self._new_folder(path)):
                try:
                    self._stage_inside(new, path, data)
                except OSError as error:
                    refused[path] = refusal(path, error)
                except MemwellError as error:
                    refused[path] = error
        return refused

    def sync(self) -> None:
        """Make all that was staged durable."""
        with explained(self._temporaries.folder):
            sync_all(self._temporaries)
            for new in self._new_folders.values():
                if new:
                    sync_folder(new.opened)

    def put(self, path: str, before: str, keep: Keep) -> None:
        """Put one file in its place, as `Vault.put` does, not yet durably."""
        folder, _, name = path.rpartition("/")
        new = None if before else self._new_folders.get(folder)
        if new and new.is_there:
            return
        with explained(path):
            if new and self._came_along(new, folder):
                return
            staged = Staged(new.inside(path), sha256="") if new else self._staged[path]
            held = self._folders.get(folder) or self._hold(folder, path)
            target = Place(held.folder, name, held.handle, path)
            if before:
                put_over(staged, target, path, before, keep, self._vault.spare_dir)
            else:
                put_new(staged, target, path)
                self._staged.pop(path, None)  # nothing is left of it

    def confirm(self) -> None:
        """Make the places durable.

        Raises:
            NotConfirmed: the disk did not confirm one of them.
        """
        self._confirm_held()
        if self._not_confirmed:
            raise self._not_confirmed

    def clear(self) -> None:
        """Remove what was staged and has no place, and what was replaced."""
        self._end_helper()
        self._new_held.close()
        for new in self._new_folders.values():
            if new and not new.is_there:
                shutil.rmtree(new.place.file, ignore_errors=True)
        for beside in self._beside.values():
            with suppress(OSError):
                remove(beside)
        for staged in self._staged.values():
            if staged.holds_ours:
                with suppress(OSError):
                    remove(staged.place)

    def _hold(self, folder: str, path: str) -> Place:
        """Open a folder; of very many, the ones before are made durable and let go first."""
        if len(self._folders) >= _FOLDERS_HELD:
            self._confirm_held()
            self._held.close()
            self._folders.clear()
        self._folders[folder] = self._held.enter_context(place_of(self._vault.root, path, create=True))
        return self._folders[folder]

    def _confirm_held(self) -> None:
        """Make the names in the open folders durable; a failure is told at the end, as it concerns notes before."""
        for place in self._folders.values():
            try:
                confirm(place.path, place)
            except NotConfirmed as error:
                self._not_confirmed = error

    # ---- folders that are new

    def _new_folder(self, path: str) -> _NewFolder | None:
        """Give the temporary folder for the notes of one that the vault does not have; None if it has it."""
        folder = path.rpartition("/")[0]
        if folder not in self._new_folders:
            check_path(path)
            is_there = len(self._new_folders) >= _FOLDERS_HELD or os.path.lexists(f"{self._vault.root}/{folder}")
            self._new_folders[folder] = None if is_there else self._begun(folder)
        return self._new_folders[folder]

    def _begun(self, folder: str) -> _NewFolder:
        name = self._vault.temporary_name(folder)
        new = self._in_temporaries(name)
        new.file.mkdir()
        opened = self._new_held.enter_context(place_of(Path(new.folder), f"{name}/-"))
        return _NewFolder(new, opened)

    def _in_temporaries(self, name: str) -> Place:
        return Place(self._temporaries.folder, name, self._temporaries.handle, name)

    def _place_inside(self, path: str) -> Place | None:
        if path in self._beside:
            return self._beside[path]
        new = self._new_folder(path)
        return new.inside(path) if new else None

    def _stage_inside(self, new: _NewFolder, path: str, data: bytes) -> None:
        try:
            self._vault.stage(new.inside(path), path, data, sync=not CAN_SYNC_ALL, is_new=True)
        except BaseException:
            new.is_whole = False  # what may be left of it must not come along
            raise

    def _helper(self) -> Stager | None:
        """Give the process that stages the notes of new folders, once there have been many: then more will come."""
        is_worth_it = self._alone is None and len(self._inside) >= _STAGED_ALONE
        if is_worth_it and CAN_SYNC_ALL and is_possible():
            self._alone = len(self._inside)
            with suppress(OSError):  # then all is done here
                self._stager = Stager(self._temporaries.handle)
        return self._stager

    def _end_helper(self) -> None:
        stager, self._stager = self._stager, None  # and there will be no other
        if stager:
            stager.close()

    def _came_along(self, new: _NewFolder, folder: str) -> bool:
        """Say whether a new folder has its place, with all its notes; if it can't have, they go there one by one."""
        if new.is_whole and not new.is_there:
            above, _, name = folder.rpartition("/")
            held = self._folders.get(above) or self._hold(above, folder)
            new.is_whole = not hands_down(held)
            if new.is_whole:
                try:
                    rename_new(new.place, Place(held.folder, name, held.handle, folder))
                    new.is_there = True
                except FileExistsError:  # somebody has made it meanwhile
                    new.is_whole = False
        return new.is_there
