"""Telling a client of the server and of its hooks, and taking that back."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from vault_engine.clients import edits, files
from vault_engine.clients.desk import Desk
from vault_engine.clients.edits import Done
from vault_engine.clients.places import Platform
from vault_engine.clients.record import BackUp, Change, Record
from vault_engine.clients.registry import Client, Hooked, Remote, Setting, Stdio
from vault_engine.clients.tree import Unfit, What, found
from vault_engine.errors import BadInput, ClientFileBusy, ClientFileUnusable, NotConfirmed
from vault_engine.vault.files import sha256_hex

_Result = TypeVar("_Result")

_TRIES = 3  # a client may write its file at that moment


@dataclass(frozen=True)
class Configured:
    """A client knows the server or has the hooks, or would after a dry run."""

    client: str
    file: str
    action: Literal["created", "added", "replaced", "unchanged"]
    backup: str | None = None  # the file as it was
    what: What = "server"


@dataclass(frozen=True)
class Taken:
    """A client's file is as it was, or as it was but for what others changed since."""

    client: str
    file: str
    action: Literal["restored", "removed", "taken out", "gone"]
    left: tuple[str, ...] = ()  # copies that are kept, as they hold what is nowhere else
    what: What = "server"


@dataclass(frozen=True)
class _Step:
    """What is to be done to a file."""

    data: bytes | None  # what it holds now; None: it is not there
    base: str  # what it would hold without us
    text: str  # what it is to hold
    done: Done
    earlier: Change | None  # what was done to it before


def tell(desk: Desk, client: Client, server: Stdio | Remote, *, dry_run: bool = False) -> Configured:
    """Put the server into a client's file, or in the place of another one of that name.

    Nothing else in the file is touched, a copy is left beside it, and what was done is recorded, so that `take_back`
    can undo it. A file that says it already stays as it is. Hooks of ours that stand in the same file are taken out of
    one that does not, and are to be told again: what was done last is taken back first.

    Raises:
        ClientFileUnusable: the file does not parse, or can't be changed safely. It stays as it is.
        BadInput: the client can't be told of such a server.
        VaultDenied, StorageFailed: the file can't be read or written. It stays as it is.
        NotConfirmed: it was written and recorded, and the disk did not confirm it.
        ConfigBroken: the record can't be understood.
    """
    entry = client.entry(server)
    if isinstance(entry, str):
        raise BadInput(f"{client.title}: {entry}")
    if not dry_run:
        _uncover(desk, client, entry)
    return _put(desk, client, client.server, entry, dry_run=dry_run)


def tell_hooks(desk: Desk, client: Client, hooked: Hooked, *, dry_run: bool = False) -> Configured:
    """Have a client run our commands at its events, beside those of others that are there, as `tell` does.

    Raises:
        BadInput: the client has no hooks that we know.
        ClientFileUnusable, VaultDenied, StorageFailed, NotConfirmed, ConfigBroken: as of `tell`.
    """
    setting = _hooks_of(client)
    return _put(desk, client, setting, client.hooks_entry(hooked, desk.around.platform), dry_run=dry_run)


def take_back(desk: Desk, change: Change, *, dry_run: bool = False) -> Taken:
    """Undo what `tell` did to one file.

    If nobody has changed it since, it is as it was, byte by byte, and the copy beside it goes. Else the entry alone is
    taken out. A file that was made for it and holds nothing else is removed, and so are folders that were.

    Raises:
        ClientFileUnusable: the file does not parse, or the entry can't be taken out safely. It stays as it is.
        VaultDenied, StorageFailed: the file can't be read or written. It stays as it is.
    """
    if dry_run:
        return _taken_back(change, dry_run=True)
    with desk.held():
        taken = _retried(lambda: _taken_back(change, dry_run=False))
        record = desk.record().without_change(change)
        desk.keep(record)
        if not record.changes and not record.vaults:
            desk.tidy()
        return taken


def entry_of(desk: Desk, client: Client) -> Any:
    """Give what a client's file says of the server; None if it says nothing.

    Raises:
        ClientFileUnusable: the file does not parse.
        VaultDenied, StorageFailed: it can't be read.
    """
    return _said(desk, client.server)


def hooks_of(desk: Desk, client: Client) -> Mapping[str, list[Any]] | None:
    """Give what of a client's hooks runs us, by event; None if nothing does.

    Raises:
        BadInput: the client has no hooks that we know.
        ClientFileUnusable, VaultDenied, StorageFailed: as of `entry_of`.
    """
    found: Mapping[str, list[Any]] | None = _said(desk, _hooks_of(client))
    return found


def snippet(client: Client, server: Stdio | Remote) -> str:
    """Write what a client's file must say of a server.

    Raises:
        BadInput: the client can't be told of such a server.
    """
    entry = client.entry(server)
    if isinstance(entry, str):
        raise BadInput(f"{client.title}: {entry}")
    return edits.snippet(client.server.syntax, client.server.spot, entry)


def hooks_snippet(client: Client, hooked: Hooked, platform: Platform) -> str:
    """Write what a client's file must say for its events to reach us.

    Raises:
        BadInput: the client has no hooks that we know.
    """
    setting, entry = _hooks_of(client), client.hooks_entry(hooked, platform)
    done = edits.add(setting.syntax, setting.blank, setting.spot, entry)
    assert done is not None, "a blank file has no hooks"
    return done.splice.done(setting.blank)


def _hooks_of(client: Client) -> Setting:
    if client.hooks is None:
        raise BadInput(f"{client.title}: it has no hooks that Memwell knows")
    return client.hooks


def _said(desk: Desk, setting: Setting) -> Any:
    file = desk.file_at(setting.location)
    data = files.read(file)
    if data is None:
        return None
    with _explained(file):
        return found(edits.read(setting.syntax, _decoded(file, data)), setting.spot)


def _uncover(desk: Desk, client: Client, entry: Mapping[str, Any]) -> None:
    """Take hooks out of the file of the servers that is to be changed, where they stand in it."""
    file = str(desk.file_of(client))
    above = [one for one in desk.record().changes if one.is_in(client.name, file) and one.spot != client.server.spot]
    if above and _step(desk, client, client.server, entry):
        for change in above:
            take_back(desk, change)


def _retried(attempt: Callable[[], _Result]) -> _Result:
    for _ in range(_TRIES - 1):
        with suppress(ClientFileBusy):
            return attempt()
    return attempt()


def _put(desk: Desk, client: Client, setting: Setting, entry: Mapping[str, Any], *, dry_run: bool) -> Configured:
    file = desk.file_at(setting.location)
    if dry_run:
        step = _step(desk, client, setting, entry)
        if step:
            files.check_writable(file)
        return _configured(client, setting, file, step, None)
    with desk.held():
        return _retried(lambda: _tell(desk, client, setting, entry))


def _tell(desk: Desk, client: Client, setting: Setting, entry: Mapping[str, Any]) -> Configured:
    file = desk.file_at(setting.location)
    step = _step(desk, client, setting, entry)
    if step is None:
        return _configured(client, setting, file, None, None)
    files.check_writable(file)
    before = desk.record()
    folders = files.make_folders(file.parent)
    backup = _backed_up(file, step, before)
    change = _change(client, setting, file, step, folders, backup)
    desk.keep(before.with_change(change))  # first, so that a crash leaves nothing unrecorded
    try:
        files.write(file, step.data, step.text.encode())
    except NotConfirmed:
        raise
    except BaseException:
        desk.keep(before)
        _clear(backup, folders)
        raise
    return _configured(client, setting, file, step, backup)


def _step(desk: Desk, client: Client, setting: Setting, entry: Mapping[str, Any]) -> _Step | None:
    """Say what is to be done to a client's file; None if it says all already."""
    file = desk.file_at(setting.location)
    data = files.read(file)
    text = _decoded(file, data) if data is not None else setting.blank
    with _explained(file):
        if data is not None and edits.add(setting.syntax, text, setting.spot, entry) is None:
            return None
        earlier = desk.record().change_at(client.name, str(file), setting.spot)
        base = text if earlier is None or data is None else _without_ours(earlier, data, text)
        done = edits.add(setting.syntax, base, setting.spot, entry)
    assert done is not None, "no blank text and no text without our entry has it"
    return _Step(data, base, done.splice.done(base), done, earlier if data is not None else None)


def _without_ours(change: Change, data: bytes, text: str) -> str:
    """Give a file's text as it would be had we not changed it."""
    if sha256_hex(data) == change.after:
        return change.done.splice.undone(text)
    taken = edits.take_out(change.syntax, text, change.spot, change.done)
    return text if taken is None else taken


def _change(
    client: Client, setting: Setting, file: Path, step: _Step, folders: tuple[Path, ...], backup: Path | None
) -> Change:
    earlier = step.earlier
    backups = earlier.backups if earlier else ()
    if backup and step.data is not None:
        backups = (*backups, BackUp(str(backup), sha256_hex(step.data)))
    return Change(
        client=client.name,
        file=str(file),
        syntax=setting.syntax,
        spot=setting.spot,
        blank=setting.blank,
        created=earlier.created if earlier else step.data is None,
        before=sha256_hex(step.base.encode()),
        after=sha256_hex(step.text.encode()),
        done=step.done,
        backups=backups,
        folders=earlier.folders if earlier else tuple(map(str, folders)),
    )


def _backed_up(file: Path, step: _Step, record: Record) -> Path | None:
    """Copy the file as it is, unless it is as we wrote it and there is a copy from before that."""
    ours = {one.after for one in record.changes if one.file == str(file)}
    if step.data is None or sha256_hex(step.data) in ours:
        return None
    return files.back_up(file, step.data, int(time.time()))


def _configured(client: Client, setting: Setting, file: Path, step: _Step | None, backup: Path | None) -> Configured:
    action: Literal["created", "added", "replaced", "unchanged"] = "unchanged"
    if step:
        is_there = step.done.replaced or step.earlier
        action = "created" if step.data is None else "replaced" if is_there else "added"
    return Configured(client.name, str(file), action, str(backup) if backup else None, setting.spot.what)


def _taken_back(change: Change, *, dry_run: bool) -> Taken:
    file = Path(change.file)
    data = files.read(file)
    text = "" if data is None else _decoded(file, data)
    with _explained(file):
        rest = _rest(change, data, text)
    if data is None or rest is None:
        _clear(None, () if dry_run else tuple(map(Path, change.folders)))
        left = tuple(one.file for one in change.backups)
        return Taken(change.client, change.file, "gone", left, change.spot.what)
    is_exact = sha256_hex(rest.encode()) == change.before
    removes = change.created and edits.nothing_else(rest, change.blank, change.syntax)
    files.check_writable(file)
    if not dry_run:
        if removes:
            files.remove(file, data)
        elif rest.encode() != data:
            files.write(file, data, rest.encode())
        _clear(None, tuple(map(Path, change.folders)) if removes else ())
    left = _drop_copies(change, rest, dry_run=dry_run)
    action: Literal["removed", "restored", "taken out"] = (
        "removed" if removes else "restored" if is_exact else "taken out"
    )
    return Taken(change.client, change.file, action, left, change.spot.what)


def _rest(change: Change, data: bytes | None, text: str) -> str | None:
    """Give a file's text without what is ours; None if nothing of it is there."""
    if data is None:
        return None
    sha256 = sha256_hex(data)
    if sha256 == change.before:
        return text
    if sha256 == change.after:
        return change.done.splice.undone(text)
    return edits.take_out(change.syntax, text, change.spot, change.done)


def _drop_copies(change: Change, rest: str, *, dry_run: bool) -> tuple[str, ...]:
    """Remove the copies that hold what the file holds again; give the others."""
    left = []
    for one in change.backups:
        copy = Path(one.file)
        data = files.read(copy)
        if data is not None and data == rest.encode():
            if not dry_run:
                files.remove(copy, data)
        elif data is not None:
            left.append(one.file)
    return tuple(left)


def _clear(backup: Path | None, folders: tuple[Path, ...]) -> None:
    """Remove a copy that is not needed, and folders that were made and are empty."""
    with suppress(OSError):
        if backup:
            backup.unlink()
    with suppress(OSError):
        for folder in reversed(folders):
            folder.rmdir()


def _decoded(file: Path, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ClientFileUnusable(str(file), f"it is no UTF-8 (byte {error.start + 1:,})") from None


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say of which file it is that it can't be changed."""
    try:
        yield
    except Unfit as error:
        raise ClientFileUnusable(str(file), str(error)) from None
