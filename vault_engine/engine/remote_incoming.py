"""What another machine's state brings for the files of a vault: what is taken, brought together, copied, or refused."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from vault_engine.engine import git
from vault_engine.engine.remote_files import AnyFiles, FileChange, Objects, check_file, read_file
from vault_engine.engine.session import Session
from vault_engine.errors import BadName, MemwellError, SyncBlocked
from vault_engine.sync.plan import Held
from vault_engine.sync.remote_plan import (
    PLAIN_MODE,
    PROGRAM_MODE,
    Contents,
    Known,
    Told,
    has_only_grown,
    note_id,
    plan_pull,
)
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.paths import NOTE_SUFFIX
from vault_engine.vault.store import TMP

OWN = ".memwell/"
_LOCAL, _JOURNAL, _REVISIONS = f"{OWN}local/", f"{OWN}journal/", f"{OWN}revisions/"
_CHANGED = "it holds changes that could not be committed"
_DIGEST_CHARS = 8
_FORMAT = 2
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

LINE_LOST = "another device's journal does not hold what it held before; what is here stays"
OWN_CHANGED = "the journal of this device was changed elsewhere; what is here stays"


@dataclass
class Incoming:
    """What a pull changes."""

    objects: Objects  # holds all contents that are named here
    changes: list[FileChange] = field(default_factory=list)  # of files
    tree: dict[str, Known | None] = field(default_factory=dict)  # of the state of both, by vault-relative path
    told: list[Told] = field(default_factory=list)  # what becomes of the vault's own files, in words
    refused: dict[str, str] = field(default_factory=dict)  # files that stay as they are here, and why
    new: set[str] = field(default_factory=set)  # the names of contents that no state has yet
    there: dict[str, str] = field(default_factory=dict)  # the name of what the other machine has, by path
    origins: dict[str, str] = field(default_factory=dict)  # by the name that a file has here, the one it has there


class Three(NamedTuple):
    """What one path holds in three states."""

    base: Known | None
    here: Known | None
    there: Known | None


def find_changes(
    session: Session, paths: Mapping[str, Three], objects: Objects, date: str, *, committed: bool, begun_file: Path
) -> Incoming:
    """Say what bringing in another machine's state changes. Touches nothing.

    Args:
        session: the open vault.
        paths: those that are not the same in all three states.
        objects: what their names stand for.
        date: for the names of copies, ``2026-11-21``.
        committed: whether what is here is in the state ``here``, so that a file that differs is in the way.
        begun_file: what a pull that was cut short has left, see `save_begun`.

    Raises:
        SyncBlocked: it can't be brought in.
    """
    return _Finder(session, dict(paths), objects, committed, load_begun(begun_file)).find(date)


def check_kinds(paths: Mapping[str, Three]) -> dict[str, Three]:
    """Check that what comes are plain files, and give what comes.

    Raises:
        SyncBlocked: it is something else.
    """
    coming = {path: three for path, three in paths.items() if three.there not in (three.base, three.here)}
    plain = (PLAIN_MODE, PROGRAM_MODE)
    if kinds := [path for path, three in coming.items() if any(one and one.mode not in plain for one in three)]:
        raise SyncBlocked("the other machine has changed links or submodules", kinds)
    return coming


# ---- what a crash leaves


class Begun(NamedTuple):
    """A file that a pull was about to change."""

    held: str  # the name of what it was to hold; for one that was to go, of what it held
    there: str  # of what the other machine had; "" where the file was to go
    origin: str = ""  # the path that the other machine had it under, if that is another one


def save_begun(session: Session, file: Path, incoming: Incoming) -> None:
    """Remember what is about to be changed, so that what is done of it is not merged a second time after a crash."""
    begun = load_begun(file)
    for path, held, name, _ in incoming.changes:
        origin = incoming.origins.get(path, path)
        if stage_of(path) == 1 and name is not None and origin in incoming.there:
            begun[path] = Begun(name, incoming.there[origin], "" if origin == path else origin)
        elif stage_of(path) == 1 and name is None and held is not None:
            begun[path] = Begun(held, "")
    stored = [[path, *one] for path, one in begun.items()]
    write_atomic(file, json.dumps({"format": _FORMAT, "begun": stored}).encode(), session.vault.local_dir / TMP)


def forget_begun(file: Path) -> None:
    """Say that all of it is done."""
    with explained(file):
        file.unlink(missing_ok=True)


def load_begun(file: Path) -> dict[str, Begun]:
    """Give what a pull that was cut short was about to change, by path."""
    try:
        stored = json.loads(file.read_bytes())
        if stored["format"] != _FORMAT:
            return {}
        found = {path: Begun(held, there, origin) for path, held, there, origin in stored["begun"]}
        return {path: one for path, one in found.items() if all(not name or _OID.fullmatch(name) for name in one[:2])}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def stage_of(path: str) -> int:
    """Say when a file is written: 0 for revisions, 2 for journals, 1 for all others."""
    return 0 if path.startswith(_REVISIONS) else 2 if path.startswith(_JOURNAL) else 1


class _Finder:
    """Finds out what a pull changes."""

    def __init__(
        self, session: Session, paths: dict[str, Three], objects: Objects, committed: bool, begun: dict[str, Begun]
    ) -> None:
        self._session, self._paths, self._objects, self._committed = session, paths, objects, committed
        self._begun = begun
        self._files = AnyFiles(session.config.root, session.config.memwell_dir)
        self._incoming = Incoming(objects)
        self._here: dict[str, str | None] = {}  # what the files hold now, as far as they are concerned

    def find(self, date: str) -> Incoming:
        """Say what is changed; ``date`` is for the names of copies."""
        self._take_up()
        coming = [path for path, three in self._paths.items() if three.there != three.base]
        for path in coming:
            self._look(path)
            if there := self._there(path):
                self._incoming.there[path] = there
        self._objects.fetch({one.oid for path in coming if path in self._here for one in self._paths[path] if one})
        kept = [path for path in self._paths if path.startswith((_LOCAL, _JOURNAL, _REVISIONS))]
        for path in kept:
            if self._paths[path].there != self._paths[path].base:
                self._take_kept(path)
        self._plan([path for path in self._paths if path not in kept], date)
        for path in (change.path for change in self._incoming.changes):
            try:
                check_file(path)
            except BadName as error:
                raise SyncBlocked(f"a file can't come here ({error.problem})", [path]) from error
        return self._incoming

    # ---- what is here

    def _take_up(self) -> None:
        """Take what a pull that was cut short has brought in already for known to both."""
        here = {path: three.here.oid for path, three in self._paths.items() if three.here}
        is_written = all(here.get(path) == one.held for path, one in self._begun.items() if one.there)
        for path, one in self._begun.items():
            origin = one.origin or path
            base, known, there = self._paths.get(origin, Three(None, None, None))
            if there == base or here.get(path) != one.held:
                continue
            mode = next(each.mode for each in (known, there, base) if each)
            if one.there:
                self._paths[origin] = Three(Known(mode, one.there), known, there)
            elif is_written:  # else what was to take its place may not be there
                self._paths[origin] = Three(known, known, there)

    def _look(self, path: str) -> None:
        """Find out what a file holds."""
        if path.startswith(_LOCAL):
            return
        try:
            data = read_file(self._files, path)
        except BadName as error:
            raise SyncBlocked(f"a file can't come here ({error.problem})", [path]) from error
        except MemwellError as error:
            raise SyncBlocked(f"a file can't be read ({error})", [path]) from error
        self._here[path] = None if data is None else self._objects.name(data)
        here = self._paths[path].here
        if data is None or self._here[path] == (here.oid if here else None):
            is_committed = (data is None) == (here is None)
        else:
            self._incoming.new.add(self._objects.name(data))
            is_committed = self._here[path] == self._there(path)
        if self._committed and not is_committed and not path.startswith(OWN):
            raise SyncBlocked(_CHANGED, [path])

    def _there(self, path: str) -> str | None:
        there = self._paths[path].there
        return there.oid if there else None

    # ---- Memwell's own files

    def _take_kept(self, path: str) -> None:
        """Take another device's journal if it has only grown, and revisions, which are checked when they are read."""
        base, _, there = self._paths[path]
        here = self._here.get(path)
        if path.startswith(_LOCAL) or (there is None and path.startswith(_JOURNAL)):
            return
        is_own = path.count("/") > 2 and path.split("/")[2] == git.device_of(self._session)
        if there and path.startswith(_JOURNAL):
            self._take_journal(path, there, is_own=is_own)
        elif not is_own:
            if here in (None, base.oid if base else None, there.oid if there else None):
                self._set(path, there.oid if there else None)
            else:
                self._incoming.tree[path] = there  # it came another way as well

    def _take_journal(self, path: str, there: Known, *, is_own: bool) -> None:
        content = self._objects.read
        committed, held = self._paths[path].here, self._here.get(path)
        before = content(committed.oid) if committed else b""
        now, new = content(held) if held else b"", content(there.oid)
        if is_own:
            if not has_only_grown(new, now):
                self._incoming.refused[path] = OWN_CHANGED
        elif not has_only_grown(now, new) and not has_only_grown(new, now):
            self._incoming.refused[path] = LINE_LOST
        elif len(new) > len(now):
            self._set(path, there.oid)
        elif has_only_grown(before, new):  # it came another way, and may have more
            self._incoming.tree[path] = there

    # ---- all the others

    def _plan(self, paths: Iterable[str], date: str) -> None:
        before: dict[str, Held] = {}
        ours: dict[str, Held] = {}
        theirs: dict[str, Held] = {}
        for path in paths:
            base, here, there = self._paths[path]
            if path in self._here:
                name = self._here[path]
                here = Known("", name) if name else None
            for side, known in zip((before, ours, theirs), (base, here, there), strict=True):
                if known:
                    id = self._id(path, known.oid) if None in (base, here, there) else None
                    side[path] = Held(known.oid, id, int(known.oid != self._objects.empty))
        contents = Contents(self._content, self._objects.name, lambda data: sha256_hex(data)[:_DIGEST_CHARS])
        copies = self._session.index.walk.conflict_copies
        pull = plan_pull(before, ours, theirs, contents, date=date, copies=copies)
        self._incoming.new |= pull.texts.keys()
        self._incoming.origins = pull.moved
        self._incoming.told += [told for told in pull.told if not told.path.startswith(OWN)]
        for path in sorted(ours.keys() | theirs.keys() | pull.files.keys()):
            self._set(path, pull.files.get(path))

    def _id(self, path: str, oid: str) -> str | None:
        return note_id(path, self._content(oid)) if path.lower().endswith(NOTE_SUFFIX) else None

    def _content(self, oid: str) -> bytes:
        self._objects.fetch([oid])
        return self._objects.read(oid)

    # ---- what follows

    def _set(self, path: str, name: str | None) -> None:
        """Say what a file shall hold, and the state of both for it."""
        base, here, there = self._paths.get(path, Three(None, None, None))
        held = self._here.get(path, here.oid if here else None)
        has_mode_changed = there is not None and base is not None and there.mode != base.mode
        order = (there, here) if has_mode_changed else (here, there)
        mode = next((one.mode for one in order if one), PLAIN_MODE)
        wanted = Known(mode, name) if name else None
        if wanted != here:
            self._incoming.tree[path] = wanted
        if name == held and (name is None or here is None or mode == here.mode):
            return
        self._objects.fetch(each for each in (name, held) if each is not None)
        self._incoming.changes.append(FileChange(path, held, name, mode == PROGRAM_MODE))
