"""Putting a finished file in the place of a note, without ever losing what somebody saves at that moment.

Looking at a note and then renaming a new file over it loses what an editor saves in between. So the two files
change places, and what comes out is looked at: if it is not what the caller had read, or a program has it open for
writing, the files change places again. Where a system can't exchange two files, the look and the rename remain.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vault_engine.errors import BadName, MemwellError, NameTaken, NotConfirmed, NoteChanged, NoteOpen, StorageFailed
from vault_engine.vault.beneath import NO_HANDLE
from vault_engine.vault.files import explained, sha256_hex
from vault_engine.vault.place import (
    Place,
    exchange,
    finish_new,
    has_writer,
    look,
    read,
    remove,
    rename_new,
    replace,
    sync_folder,
)

_WRITER_WAIT_S = 0.5  # an editor has a file open for writing for a few milliseconds, while it saves
_PAUSE_S = 0.002
_TRIES = 50  # an editor saves less often than that within one exchange
_NO_NOTE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)

Keep = Callable[[bytes], None]
"""Called with text that somebody saved and that is in no file any more: it must be kept before the call returns."""


class Staged:
    """A temporary file, and what it holds now."""

    def __init__(self, place: Place, sha256: str, target: Place | None = None) -> None:
        """Say where the file is.

        Args:
            place: the file.
            sha256: of what it is to hold.
            target: the note it is for, if its folder is there; closed by `let_go`.
        """
        self.place = place
        self.sha256 = sha256
        self.target = target
        self.handle = NO_HANDLE  # of the file, as long as it is open
        self.holds_ours = True  # else it may hold somebody's text: it is not to be removed
        self.may_be_open = False  # whether what came out of the note's place may be open in an editor, for all we know

    def sync(self, path: str) -> None:
        """Make the file durable and close it.

        Args:
            path: the note it is for, for messages.

        Raises:
            StorageFailed: the disk did not take it.
        """
        handle, self.handle = self.handle, NO_HANDLE
        with explained(path):
            finish_new(self.place, handle)

    def check_unchanged(self, path: str, before: str) -> None:
        """Check once more that the note which the file is for holds the revision ``before``.

        Raises:
            NoteChanged: it holds another.
            VaultDenied, StorageFailed: it can't be read.
        """
        with explained(path):
            found = _hash_at(self.target) if self.target else ""
        if found != before:
            raise NoteChanged(path, before, found)

    def let_go(self) -> None:
        """Close what is held open."""
        if self.handle != NO_HANDLE:
            os.close(self.handle)
        if self.target:
            self.target.close()
        self.handle, self.target = NO_HANDLE, None


def put_new(staged: Staged, target: Place, path: str) -> None:
    """Give a staged file its name, if no file has it. The name is not durable yet: that is `confirm`.

    Raises:
        NoteChanged: a file has that name.
        VaultDenied, StorageFailed: nothing was changed.
    """
    with explained(path):
        try:
            rename_new(staged.place, target)
            staged.holds_ours = False
        except FileExistsError:
            if found := _hash_at(target):
                raise NoteChanged(path, "", found) from None
            raise NameTaken(path, "something is there that is no note") from None


def put_over(staged: Staged, target: Place, path: str, before: str, keep: Keep, spare: Path | None) -> None:
    """Put a staged file in the place of a note, if that still is the revision ``before``. `confirm` makes it durable.

    Args:
        staged: the file.
        target: the note.
        path: the note's path, for messages.
        before: SHA-256 of what the note must hold.
        keep: called with what somebody saved in that moment, where it is in no file afterwards.
        spare: where the old file waits under a name that begins with ``before``, if it can't be told whether a
            program has it open; None: nowhere.

    Raises:
        NoteChanged: the note holds something else. It still does.
        NoteOpen: a program has the note open for writing.
        VaultDenied, StorageFailed: nothing was changed.
    """
    until = time.monotonic() + _WRITER_WAIT_S
    with explained(path):
        while True:
            _wait_for_writer(target, path, before)
            if not _exchanged(staged, target, path, before):
                _rename_over(staged, target, path, before, spare)
                return
            if _is_what_was_read(staged, target, path, before, keep):
                break
            if (found := _hash_at(target)) != before:
                raise NoteChanged(path, before, found)
            if time.monotonic() > until:  # one program after the other opens it and changes nothing
                raise NoteOpen(path)
        if spare is not None and staged.may_be_open:
            _set_aside(staged, before, spare)
        else:
            staged.holds_ours = True  # it holds what is among the revisions: whoever tidies up may remove it


def confirm(path: str, *places: Place) -> None:
    """Make what was done in the folders of ``places`` durable.

    Raises:
        NotConfirmed: the disk did not confirm it.
    """
    try:
        for place in places:
            sync_folder(place)
    except OSError as error:
        raise NotConfirmed(path, error.strerror or str(error)) from error


def wait_for_writer(place: Place, path: str) -> None:
    """Let an editor that is saving finish.

    Raises:
        NoteOpen: it does not within half a second.
        BadName, OSError: as `read`.
    """
    until = time.monotonic() + _WRITER_WAIT_S
    while has_writer(place):
        if time.monotonic() > until:
            raise NoteOpen(path)
        time.sleep(_PAUSE_S)


def _wait_for_writer(target: Place, path: str, before: str) -> None:
    try:
        wait_for_writer(target, path)
    except _NO_NOTE:
        raise NoteChanged(path, before, "") from None


def _exchanged(staged: Staged, target: Place, path: str, before: str) -> bool:
    """Let the staged file and the note change places; False where the system can't."""
    try:
        done = exchange(staged.place, target)
    except FileNotFoundError:
        if look(staged.place) is None:
            raise StorageFailed(path, "its temporary file was removed") from None
        raise NoteChanged(path, before, "") from None
    if done:
        staged.holds_ours = False
    return done


def _is_what_was_read(staged: Staged, target: Place, path: str, before: str, keep: Keep) -> bool:
    """Say whether what came out of the note's place is what the caller had read, and nobody writes to it.

    If not, it is back in its place.
    """
    try:
        writer = has_writer(staged.place)  # first: the name is ours alone now, so nobody can open it any more
        displaced = sha256_hex(read(staged.place))
    except (OSError, MemwellError) as error:  # the disk fails, or what was there is no regular file
        _put_back(staged, target, "", path, keep)
        if isinstance(error, MemwellError):
            raise
        raise StorageFailed(path, str(error)) from error
    if displaced == before and not writer:
        staged.may_be_open = writer is None
        return True
    _put_back(staged, target, displaced, path, keep)
    _wait_for_writer(target, path, before)
    return False


def _put_back(staged: Staged, target: Place, displaced: str, path: str, keep: Keep) -> None:
    """Bring the newest text that somebody saved into the note's place, however often they save meanwhile.

    What comes out of that place is the older one: ours, or a text that somebody saved and that is to be kept.
    """
    there, coming = staged.sha256, displaced
    for _ in range(_TRIES):
        if not _swapped_back(staged, target, keep):
            return
        wait_for_writer(staged.place, path)  # who opened it in its moment in the note's place goes on writing to it
        out = read(staged.place)
        sha256 = sha256_hex(out)
        if sha256 == there:
            if there != staged.sha256:
                keep(out)
            staged.holds_ours = True
            return
        there, coming = coming, sha256
    keep(read(staged.place))


def _swapped_back(staged: Staged, target: Place, keep: Keep) -> bool:
    """Exchange the two once more; False if the note's place was empty, so that nothing came out of it."""
    for _ in range(_TRIES):
        try:
            if exchange(staged.place, target):
                return True
            raise OSError("files can't be exchanged any more")
        except FileNotFoundError:  # taken away meanwhile, as some editors do before they save
            with suppress(FileExistsError):
                rename_new(staged.place, target)
                staged.holds_ours = True
                return False
        except OSError:
            with suppress(OSError):
                keep(read(staged.place))
            raise
    raise OSError("the note is taken away again and again")


def _rename_over(staged: Staged, target: Place, path: str, before: str, spare: Path | None) -> None:
    """Look, then rename: what is left where files can't be exchanged."""
    link = None if spare is None else _linked(target, before, spare)
    try:
        if (found := _hash_at(target)) != before:
            raise NoteChanged(path, before, found)
        replace(staged.place, target)
    except BaseException:
        _remove_quietly(link)  # the note must not go on having two names
        raise
    with suppress(OSError):
        if link and has_writer(link) is False and sha256_hex(read(link)) == before:
            _remove_quietly(link)


def _linked(target: Place, before: str, spare: Path) -> Place | None:
    """Give the note's file a second name, where the system can: an editor that opened it in time writes into it."""
    try:
        link = _spare_place(before, spare)
        link.file.hardlink_to(target.file)
    except OSError:
        return None
    return link


def _set_aside(staged: Staged, before: str, spare: Path) -> None:
    """Keep the old file for a while: an editor that opened it in time writes into it.

    If that can't be, it stays where it is.
    """
    with suppress(OSError):
        aside = _spare_place(before, spare)
        staged.place.file.rename(aside.file)
        staged.holds_ours = True


def _spare_place(before: str, spare: Path) -> Place:
    spare.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Place(str(spare), f"{before}-{time.time_ns()}-{os.urandom(4).hex()}", NO_HANDLE)


def _remove_quietly(place: Place | None) -> None:
    if place:
        with suppress(OSError):
            remove(place)


def _hash_at(place: Place) -> str:
    """Give the SHA-256 of what is there now; "" where no note is."""
    try:
        return sha256_hex(read(place))
    except (*_NO_NOTE, BadName):
        return ""
