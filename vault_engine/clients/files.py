"""The files of clients: read whole, written in one step, and never over what somebody saved meanwhile."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_engine.errors import BadName, ClientFileBusy, ClientFileUnusable, NoteChanged, NoteOpen, VaultDenied
from vault_engine.vault.files import explained, fsync_folder, sha256_hex
from vault_engine.vault.place import Place, look, place_of, rename_new, write_new
from vault_engine.vault.place import read as read_place
from vault_engine.vault.place import remove as remove_place
from vault_engine.vault.swap import Staged, confirm, put_new, put_over

MAX_BYTES = 64 << 20

_PRIVATE = 0o600
_ANYBODY_WRITES = 0o222


def read(file: Path) -> bytes | None:
    """Give what a file holds, links followed; None if it is not there.

    Raises:
        ClientFileUnusable: it is no regular file, or too large for one of settings.
        VaultDenied, StorageFailed: it can't be read.
    """
    real = _real(file)
    with explained(file), _understood(file):
        if not real.parent.is_dir():
            return None
        with place_of(real.parent, real.name) as place:
            found = look(place)
            if found is None:
                return None
            if found.st_size > MAX_BYTES:
                raise ClientFileUnusable(str(file), f"it is larger than {MAX_BYTES >> 20} MiB")
            return read_place(place)


def check_writable(file: Path) -> None:
    """Refuse a file that its owner has made read-only, though one could be put in its place.

    Raises:
        VaultDenied: it is.
    """
    real = _real(file)
    with explained(file):
        if real.exists() and not (os.access(real, os.W_OK) and real.stat().st_mode & _ANYBODY_WRITES):
            raise VaultDenied(str(file), "it is read-only")


def write(file: Path, before: bytes | None, data: bytes) -> None:
    """Have a file hold ``data``; the folder must be there. Mode, owner and attributes stay, a link stays a link.

    Args:
        file: the file.
        before: what it must hold; None: it must not be there.
        data: what it is to hold.

    Raises:
        ClientFileBusy: it holds something else, or a program has it open for writing. It was not changed.
        VaultDenied, StorageFailed: it was not changed.
        NotConfirmed: it was, and the disk did not confirm it.
    """
    real = _real(file)
    with explained(file), _understood(file), _beside(real) as (target, aside):
        found = look(target)
        mode = _PRIVATE if found is None else stat.S_IMODE(found.st_mode)
        write_new(aside, data, mode=mode, like=target if found else None)
        staged = Staged(aside, sha256_hex(data))
        try:
            if before is None:
                put_new(staged, target, str(file))
            else:
                put_over(staged, target, str(file), sha256_hex(before), lambda text: _keep(real, text), None)
            confirm(str(file), target)
        finally:
            if staged.holds_ours:
                remove_place(aside)


def remove(file: Path, before: bytes) -> None:
    """Remove a file that holds ``before``.

    Raises:
        ClientFileBusy: it holds something else; it is still there.
        VaultDenied, StorageFailed: it is still there.
    """
    real = _real(file)
    with explained(file), _understood(file), _beside(real) as (target, aside):
        rename_new(target, aside)
        if read_place(aside) != before:
            rename_new(aside, target)
            raise ClientFileBusy(str(file))
        remove_place(aside)
        confirm(str(file), target)


def back_up(file: Path, data: bytes, now_s: int) -> Path:
    """Keep what a file holds beside it, as ``NAME.bak-SECONDS``, with its mode. Gives the copy.

    Raises:
        VaultDenied, StorageFailed: there is no copy.
    """
    with explained(file), place_of(file.parent, file.name) as like:
        mode = stat.S_IMODE(file.stat().st_mode)
        for suffix in ("", *(f"-{number}" for number in range(1, 1000))):
            name = f"{file.name}.bak-{now_s}{suffix}"
            with place_of(file.parent, name) as copy:
                if look(copy) is None:
                    write_new(copy, data, mode=mode, like=None if file.is_symlink() else like)
                    confirm(str(copy.file), copy)
                    return copy.file
        raise FileExistsError("a thousand copies were made this second")


def make_folders(folder: Path) -> tuple[Path, ...]:
    """Make a folder and those above it, and say which were made, the topmost first.

    Raises:
        VaultDenied, StorageFailed: as the system says it.
    """
    with explained(folder):
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            fsync_folder(each.parent)
        return tuple(reversed(missing))


def _real(file: Path) -> Path:
    return Path(os.path.realpath(file))


@contextmanager
def _beside(real: Path) -> Iterator[tuple[Place, Place]]:
    """Hold a file's place and one for a temporary file beside it."""
    name = f".{real.name}.{os.getpid()}-{os.urandom(4).hex()}"
    with place_of(real.parent, real.name) as target, place_of(real.parent, name) as aside:
        yield target, aside


def _keep(real: Path, text: bytes) -> None:
    """Keep beside the file what was saved in the very moment of a write and is in no file any more."""
    with place_of(real.parent, f"{real.name}.saved-{os.urandom(4).hex()}") as place:
        write_new(place, text, mode=_PRIVATE)


@contextmanager
def _understood(file: Path) -> Iterator[None]:
    try:
        yield
    except BadName:
        raise ClientFileUnusable(str(file), "it is no regular file") from None
    except (NoteChanged, NoteOpen):
        raise ClientFileBusy(str(file)) from None
