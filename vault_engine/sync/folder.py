"""A folder in which a person edits, kept in step with a vault: what it holds, and writing into it.

Its notes are written as those of a vault are: the files change places, and what comes out is looked at. What that
needs besides lies in a hidden folder. Nothing else there is touched: no hidden file, no attachment, no conflict copy.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol
from unicodedata import normalize

from vault_engine.errors import MemwellError, NoteChanged, NoteMissing
from vault_engine.note import parse
from vault_engine.note.frontmatter import read_head
from vault_engine.note.special import may_be_read_only
from vault_engine.sync.plan import Held
from vault_engine.sync.state import Synced
from vault_engine.vault.files import sha256_hex, write_atomic
from vault_engine.vault.store import Vault, mark_of
from vault_engine.vault.swap import Keep
from vault_engine.vault.walk import Signature, Walk, signature_of

HIDDEN = ".memwell-sync"
BEING_SAVED = "it is being saved"
EVICTED = "a cloud keeps it and it is not on this device"

_SETTLED_NS = 50_000_000  # a file changed this recently may be half written, or change within one tick of its mtime
_SHRUNK_NS = 300_000_000  # the same for one that has become half as long: editors empty a file to write it
_AT_ONCE = 200  # notes that become durable together
_EMPTY = "it has become empty: delete it, or write something into it"
_HIDDEN = "its folder can't be listed"
_CONFLICTED = "it holds the conflict markers of a merge"


class There(NamedTuple):
    """One note as the folder has it."""

    held: Held  # its own text, without what was added
    shown: str  # SHA-256 of the whole file
    file: str  # the path as it is spelled there
    seen: Signature | None = None  # None: look into it again next time
    marks: tuple[str, ...] | None = None  # what it is remembered by; None: as it was
    is_sure: bool = True  # whether all that nobody touched is as the note had it


class Look(NamedTuple):
    """What a folder holds; by path, as the vault spells it."""

    notes: dict[str, There]
    waiting: dict[str, str]  # paths that are not to be touched now, and why
    unsettled_ns: int  # in how long what is being saved can be trusted


class OwnText(NamedTuple):
    """What a file of the folder says, as the vault's note has it."""

    data: bytes
    id: str | None  # the identity it carries
    problem: str = ""  # why it is not to be touched, in words
    marks: tuple[str, ...] | None = None  # what the file is remembered by, if that comes of its text
    is_sure: bool = True  # whether all that nobody touched is as the note had it


class Form(Protocol):
    """How the vault's notes are written in a folder: in files of which names, and with which text."""

    def path_of(self, file: str) -> str | None:
        """Give the path of the note that a file is; None if it is none."""

    def file_of(self, path: str) -> str | None:
        """Give the file that a new note is to be in; None if the folder can have none of that name."""

    def own(self, path: str, data: bytes) -> OwnText | None:
        """Give the note that a file says; None if it says nothing yet."""


class Folder:
    """One folder. Whoever writes holds it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._vault = Vault(root, root / HIDDEN)

    def walk(self) -> Walk:
        """List what the folder holds. Raises VaultMissing: it is gone."""
        return self._vault.walk()

    def look(self, known: Mapping[str, Synced], ours: Collection[str], form: Form, now_ns: int) -> Look:
        """Say what the folder holds now; a file that looks as it did when it was read is not read again.

        Args:
            known: what both held last.
            ours: the paths of the vault.
            form: how notes are written there.
            now_ns: the wall clock, in nanoseconds since 1970.

        Raises:
            VaultMissing: the folder is gone. One of which nothing is known counts as empty.
        """
        walk = self._vault.walk() if known or self.root.is_dir() else Walk({}, (), (), ())
        spelled = {normalize("NFC", path): path for path in (*ours, *known)}
        notes: dict[str, There] = {}
        waiting: dict[str, str] = {}
        unsettled_ns = 0
        for file, signature in sorted(walk.notes.items()):
            path = form.path_of(file)
            if path is None:
                continue
            if path not in known and path not in ours:
                path = spelled.get(normalize("NFC", path), path)
            if path in notes:
                waiting[path] = f"{notes[path].file} and {file} are one name to some devices"
                continue
            synced = known.get(path)
            if synced and synced.seen == signature:
                notes[path] = There(synced.held, synced.shown, file, signature)
                continue
            found, why, wait_ns = self._read(path, file, synced, form, now_ns)
            unsettled_ns = max(unsettled_ns, wait_ns)
            if why:
                waiting[path] = why
            if found := found or (There(synced.held, synced.shown, file) if synced else None):
                notes[path] = found
        hidden = tuple("" if folder == "." else folder.rstrip("/") + "/" for folder in walk.unreadable)
        evicted = {path for file in walk.placeholders if (path := form.path_of(file))}
        for path, synced in known.items():
            file = form.file_of(path) or path
            why = EVICTED if path in evicted else _HIDDEN if hidden and file.startswith(hidden) else ""
            if why and path not in notes:
                notes[path], waiting[path] = There(synced.held, synced.shown, file), why
        waiting |= {path: EVICTED for path in evicted if path not in notes}
        return Look(notes, waiting, unsettled_ns)

    def _read(
        self, path: str, file: str, synced: Synced | None, form: Form, now_ns: int
    ) -> tuple[There | None, str, int]:
        """Read one file; give it, or why it is not to be touched, and in how long it can be trusted."""
        try:
            before = signature_of(self.root / file)
            data = self._vault.read(file)
            is_settled = before == signature_of(self.root / file)
        except (FileNotFoundError, NoteMissing):
            return None, BEING_SAVED, _SETTLED_NS
        except (OSError, MemwellError) as error:
            return None, str(error), 0
        shown = sha256_hex(data)
        if synced and shown == synced.shown:
            is_old = is_settled and now_ns - before.mtime_ns > _SETTLED_NS
            return There(synced.held, shown, file, before if is_old else None), "", 0
        has_shrunk = synced is not None and 2 * len(data) < synced.held.size
        whole_at = before.mtime_ns + (_SHRUNK_NS if has_shrunk else _SETTLED_NS)
        if not is_settled or now_ns < whole_at <= now_ns + _SHRUNK_NS:
            return None, BEING_SAVED, max(whole_at - now_ns, _SETTLED_NS)
        own = form.own(path, data)
        if synced and synced.held.size and not (own and own.data):
            return None, _EMPTY, 0
        if own is None or own.problem:
            return None, own.problem if own else "", 0
        held = Held(sha256_hex(own.data), own.id, len(own.data))
        return There(held, shown, file, before, own.marks, own.is_sure), "", 0

    def read(self, there: There) -> bytes:
        """Give the bytes of a note's file, as they were when it was looked at.

        Raises:
            NoteChanged: the file holds something else by now.
            VaultDenied, StorageFailed: it can't be read.
        """
        data = self._vault.read(there.file)
        if sha256_hex(data) != there.shown:
            raise NoteChanged(there.file, there.shown, sha256_hex(data))
        return data

    def bytes_of(self, file: str) -> bytes | None:
        """Give what a file holds now; None if there is none.

        Raises:
            VaultDenied, StorageFailed: it can't be read.
        """
        try:
            return self._vault.read(file)
        except NoteMissing:
            return None

    def unrested_ns(self, file: str, rest_ns: int, now_ns: int) -> int:
        """Say how long a file is still to be left alone that somebody may be writing in; 0 if it has rested."""
        try:
            changed_ns = signature_of(self.root / file).mtime_ns
        except OSError:
            return 0
        return rest_ns - (now_ns - changed_ns) if changed_ns <= now_ns < changed_ns + rest_ns else 0

    def has(self, file: str) -> bool:
        """Say whether there is such a file."""
        return self._vault.has(file)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of ours from writing into the folder.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: it can't be had.
        """
        ignore = self.root / HIDDEN / ".gitignore"
        if not ignore.exists():
            write_atomic(ignore, b"*\n", self._vault.local_dir / "tmp")
        with self._vault.lock.held():
            yield

    def write(
        self, files: Mapping[str, tuple[str, bytes]], keep: Callable[[str], Keep]
    ) -> dict[str, MemwellError | None]:
        """Write notes: by file, the SHA-256 of what it holds now, "" for none, and what it shall hold.

        Args:
            files: what to write.
            keep: gives for a file what keeps the text that somebody saved in that very moment.

        Returns:
            Why it could not be done, by file; None where it was.
        """
        done: dict[str, MemwellError | None] = {}
        names = sorted(files)
        for start in range(0, len(names), _AT_ONCE):
            done |= self._write_some({name: files[name] for name in names[start : start + _AT_ONCE]}, keep)
        return done

    def _write_some(
        self, files: Mapping[str, tuple[str, bytes]], keep: Callable[[str], Keep]
    ) -> dict[str, MemwellError | None]:
        done: dict[str, MemwellError | None] = dict.fromkeys(files)
        with self._vault.many() as many:
            for file, (before, data) in files.items():
                try:
                    if not before:
                        self._vault.check_free(file, file)
                    many.stage(file, data, sha256_hex(data), is_new=not before)
                except MemwellError as error:
                    done[file] = error
            many.sync()
            for file, (before, _) in files.items():
                if done[file] is None:
                    try:
                        many.put(file, before, keep(file))
                    except MemwellError as error:
                        done[file] = error
            many.confirm()
        return done

    def rename(self, there: There, to: str) -> There:
        """Give a note's file another name. Raises as `Vault.move` does."""
        self._vault.move(there.file, to)
        return there._replace(file=to, seen=None)

    def remove(self, there: There) -> None:
        """Delete a note, if it holds what it held when it was looked at.

        Raises:
            NoteChanged, NoteOpen: it holds something else, or a program has it open. It is still there.
            VaultDenied, StorageFailed: it is still there.
        """
        aside = self._vault.free_archive_name(there.file)
        self._vault.archive(there.file, aside, there.shown)
        self._vault.erase_archived(aside)

    def put_beside(self, path: str, data: bytes, day: str) -> str:
        """Write a conflict copy next to a note, unless it is there already; give its path. Sync tools know such names.

        Args:
            path: the note.
            data: what the copy shall hold.
            day: the date, in its name.
        """
        return self._vault.put_beside(path, data, f"Memwell's conflicted copy {day}")

    def tidy(self, home_of: Callable[[str, bytes], str | None], day: str) -> list[str]:
        """Look at what a crash has left; give the conflict copies that were made of it. The folder is held.

        A file that was being exchanged may be all that is left of what a person saved at that moment.

        Args:
            home_of: says of a temporary file, by the end of its name (see `mark_of`) and its bytes, beside which note
                it is to be kept; None if all of it is kept elsewhere.
            day: the date, for the copies' names.
        """
        made: list[str] = []
        for name in self._vault.archived():
            with suppress(MemwellError):
                data = self._vault.read_archived(name)
                if home_of(mark_of(name), data):
                    made.append(self.put_beside(name, data, day))
                self._vault.erase_archived(name)
        spare = self._vault.spare_dir
        for file in [*self._vault.temporaries(), *(sorted(spare.iterdir()) if spare.is_dir() else ())]:
            with suppress(OSError, MemwellError):
                if file.is_dir():  # notes of a new folder that did not get its place: they are all ours
                    shutil.rmtree(file)
                    continue
                data = file.read_bytes()
                if home := home_of(file.name.rpartition("-")[2], data):
                    made.append(self.put_beside(home, data, day))
                file.unlink()
        return made


def readable(data: bytes) -> str | OwnText:
    """Give the text of a file; of one that is none, or is nobody's to read now, all there is to say of it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return OwnText(data, None)
    is_conflicted = may_be_read_only(text, "") and parse(text).conflicted
    return OwnText(data, None, _CONFLICTED) if is_conflicted else text


def id_of(note: str | bytes) -> str | None:
    """Give the identity that a note carries; None also for what is no text."""
    try:
        id = read_head(note if isinstance(note, str) else note.decode("utf-8"))[0].properties.get("id")
    except UnicodeDecodeError:
        return None
    return id if isinstance(id, str) and id else None
