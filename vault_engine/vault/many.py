"""Writing many notes with one sync: what `Vault.many` gives."""

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from vault_engine.errors import NotConfirmed
from vault_engine.vault.files import explained, sha256_hex
from vault_engine.vault.place import CAN_SYNC_ALL, Place, place_of, remove, sync_all
from vault_engine.vault.swap import Keep, Staged, confirm, put_new, put_over

if TYPE_CHECKING:
    from vault_engine.vault.store import Vault

_FOLDERS_HELD = 200


class Many:
    """Files that are staged one by one, made durable together, and put in their places one by one.

    The order is `stage`, `sync`, `put`, `confirm`. No two are for one note.
    """

    def __init__(self, vault: "Vault", temporaries: Place, held: ExitStack) -> None:
        self._vault = vault
        self._temporaries = temporaries
        self._held = held
        self._staged: dict[str, Staged] = {}
        self._folders: dict[str, Place] = {}
        self._not_confirmed: NotConfirmed | None = None

    def stage(self, path: str, data: bytes, *, is_new: bool) -> None:
        """Write the temporary file of one note, as `Vault.staged` does."""
        name = self._vault.temporary_name(path)
        temporary = Place(self._temporaries.folder, name, self._temporaries.handle, name)
        with explained(path):
            self._vault.stage(temporary, path, data, sync=not CAN_SYNC_ALL, is_new=is_new)
        self._staged[path] = Staged(temporary, sha256_hex(data))

    def sync(self) -> None:
        """Make all that was staged durable."""
        with explained(self._temporaries.folder):
            sync_all(self._temporaries)

    def put(self, path: str, before: str, keep: Keep) -> None:
        """Put one file in its place, as `Vault.put` does, not yet durably."""
        staged = self._staged[path]
        with explained(path):
            folder, _, name = path.rpartition("/")
            held = self._folders.get(folder) or self._hold(folder, path)
            target = Place(held.folder, name, held.handle, path)
            if before:
                put_over(staged, target, path, before, keep, self._vault.spare_dir)
            else:
                put_new(staged, target, path)
                del self._staged[path]  # nothing is left of it

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
