"""What a remote's branch brings for the files of a vault: what is taken, brought together, copied, or refused."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from vault_engine.engine import git
from vault_engine.engine.remote_commit import vault_tree
from vault_engine.engine.remote_files import AnyFiles, FileChange, check_file, read_file
from vault_engine.engine.session import Session
from vault_engine.errors import BadName, MemwellError, SyncBlocked
from vault_engine.sync.git import FILTERED, NOT_A_FILE, OVERLOOKED, STAGED, Repository
from vault_engine.sync.plan import Held
from vault_engine.sync.remote_git import Known, Remote, blob_name, contents_of, date_of, merge_base, tree_of
from vault_engine.sync.remote_plan import Contents, Told, has_only_grown, note_id, plan_pull
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.store import TMP

_PLAIN = ("100644", "100755")
_OWN = ".memwell/"
_LOCAL, _JOURNAL, _REVISIONS = f"{_OWN}local/", f"{_OWN}journal/", f"{_OWN}revisions/"
_ATTRIBUTES = ".gitattributes"
_IN_THE_WAY = (FILTERED, NOT_A_FILE, OVERLOOKED, STAGED)
_CHANGED = "it holds changes that could not be committed"
_DIGEST_CHARS = 8
_FORMAT = 1
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

LINE_LOST = "another device's journal does not hold what it held before; what is here stays"
OWN_CHANGED = "the journal of this device was changed elsewhere; what is here stays"


@dataclass
class Incoming:
    """What a pull changes."""

    changes: list[FileChange] = field(default_factory=list)  # of files
    tree: dict[str, Known | None] = field(default_factory=dict)  # of the branch, by vault-relative path
    told: list[Told] = field(default_factory=list)  # what becomes of the vault's own files, in words
    refused: dict[str, str] = field(default_factory=dict)  # files that stay as they are here, and why
    texts: dict[str, bytes] = field(default_factory=dict)  # contents that no commit has yet, by git's name for them
    known: dict[str, bytes] = field(default_factory=dict)  # all contents, by the same
    there: dict[str, str] = field(default_factory=dict)  # git's name for what the other machine has, by path

    def content(self, name: str) -> bytes:
        """Give what a name stands for."""
        return self.known[name]


class _Three(NamedTuple):
    """What one path holds in three commits."""

    base: Known | None
    here: Known | None
    there: Known | None


def find_incoming(
    session: Session, repository: Repository, remote: Remote, tip: str, *, unrelated: bool, committed: bool
) -> Incoming | None:
    """Say what bringing in the commit ``tip`` changes; None if it brings nothing. Touches nothing.

    Args:
        session: the open vault.
        repository: around it.
        remote: where the commit comes from.
        tip: the commit; "" for none.
        unrelated: whether histories without a common commit may be brought together.
        committed: whether what is here is committed already, so that a file that differs from its commit is in the way.

    Raises:
        SyncBlocked: it can't be brought in.
    """
    head = repository.head()
    base = merge_base(repository, head, tip) if head and tip else ""
    if not tip or base == tip:
        return None
    if head and not base and not unrelated:
        where = f"{remote.name}/{remote.branch}"
        raise SyncBlocked(f"{where} and the branch here have no commit in common: --unrelated brings them together")
    paths = _differing(repository, base, head, tip)
    _check_kinds(paths)
    return _Finder(session, repository, paths, committed).find(date_of(repository, tip))


class Begun(NamedTuple):
    """A file that a pull was about to change."""

    held: str  # git's name for what it was to hold; for one that was to go, for what it held
    there: str  # for what the other machine had; "" where the file was to go


def save_begun(session: Session, incoming: Incoming) -> None:
    """Remember what is about to be changed, so that what is done of it is not merged a second time after a crash."""
    begun = load_begun(session)
    for path, held, name, _ in incoming.changes:
        if stage_of(path) == 1 and name is not None and path in incoming.there:
            begun[path] = Begun(name, incoming.there[path])
        elif stage_of(path) == 1 and name is None and held is not None:
            begun[path] = Begun(held, "")
    stored = [[path, *one] for path, one in begun.items()]
    data = json.dumps({"format": _FORMAT, "begun": stored}).encode()
    write_atomic(_begun_file(session), data, session.vault.local_dir / TMP)


def forget_begun(session: Session) -> None:
    """Say that all of it is done."""
    with explained(_begun_file(session)):
        _begun_file(session).unlink(missing_ok=True)


def load_begun(session: Session) -> dict[str, Begun]:
    """Give what a pull that was cut short was about to change, by path."""
    try:
        stored = json.loads(_begun_file(session).read_bytes())
        if stored["format"] != _FORMAT:
            return {}
        found = {path: Begun(held, there) for path, held, there in stored["begun"]}
        return {path: one for path, one in found.items() if all(not name or _OID.fullmatch(name) for name in one)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _begun_file(session: Session) -> Path:
    return session.vault.local_dir / "sync.json"


def stage_of(path: str) -> int:
    """Say when a file is written: 0 for revisions, 2 for journals, 1 for all others."""
    return 0 if path.startswith(_REVISIONS) else 2 if path.startswith(_JOURNAL) else 1


def touched_there(repository: Repository, tip: str) -> list[str]:
    """List the vault's files that are not as they were when the branch parted from ``tip``."""
    head = repository.head()
    base = merge_base(repository, head, tip) if head and tip else ""
    if not tip or base == tip:
        return []
    before, after = (vault_tree(repository, tree_of(repository, commit)) for commit in (base, tip))
    paths = (path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return sorted(path for path in paths if not path.startswith(_OWN))


def _differing(repository: Repository, base: str, head: str, tip: str) -> dict[str, _Three]:
    """Give the paths of the vault that are not the same in all three commits.

    Raises:
        SyncBlocked: files outside of the vault would have to change.
    """
    trees = [tree_of(repository, commit) for commit in (base, head, tip)]
    found: dict[str, _Three] = {}
    outside: list[str] = []
    for path in sorted(set().union(*trees)):
        three = _Three(*(tree.get(path) for tree in trees))
        if three.base == three.here == three.there:
            continue
        if path.startswith(repository.prefix):
            found[path[len(repository.prefix) :]] = three
        elif three.there not in (three.base, three.here):
            outside.append(path)
    if outside:
        raise SyncBlocked("the other machine has changed files outside of the vault", outside)
    return found


def _check_kinds(paths: Mapping[str, _Three]) -> None:
    """Check that what comes are plain files.

    Raises:
        SyncBlocked: it is something else, or would tell git to change what files hold.
    """
    coming = {path: three for path, three in paths.items() if three.there not in (three.base, three.here)}
    if kinds := [path for path, three in coming.items() if any(one and one.mode not in _PLAIN for one in three)]:
        raise SyncBlocked("the other machine has changed links or submodules", kinds)
    if rules := [path for path in coming if path.rpartition("/")[2] == _ATTRIBUTES]:
        raise SyncBlocked("the other machine has changed what git does with files", rules)


class _Finder:
    """Finds out what a pull changes."""

    def __init__(self, session: Session, repository: Repository, paths: dict[str, _Three], committed: bool) -> None:
        self._session, self._repository, self._paths, self._committed = session, repository, paths, committed
        self._files = AnyFiles(session.config.root, session.config.memwell_dir)
        self._empty = blob_name(b"", next(one.oid for three in paths.values() for one in three if one)) if paths else ""
        self._incoming = Incoming()
        self._here: dict[str, str | None] = {}  # what the files hold now, as far as they are concerned

    def find(self, date: str) -> Incoming:
        """Say what is changed; ``date`` is for the names of copies."""
        coming = [path for path, three in self._paths.items() if three.there != three.base]
        self._take_up(coming)
        names = {one.oid for path in coming for one in self._paths[path] if one}
        self._incoming.known |= contents_of(self._repository, sorted(names))
        for path in coming:
            self._look(path)
            if there := self._there(path):
                self._incoming.there[path] = there
        kept = [path for path in self._paths if path.startswith((_LOCAL, _JOURNAL, _REVISIONS))]
        for path in kept:
            if self._paths[path].there != self._paths[path].base:
                self._take_kept(path)
        self._plan([path for path in self._paths if path not in kept], date)
        self._check_free()
        return self._incoming

    # ---- what is here

    def _take_up(self, coming: Iterable[str]) -> None:
        """Take what a pull that was cut short has brought in already for known to both."""
        begun = load_begun(self._session)
        here = {path: three.here.oid for path, three in self._paths.items() if three.here}
        is_written = all(here.get(path) == one.held for path, one in begun.items() if one.there)
        for path in coming:
            base, known, there = self._paths[path]
            if path not in begun or known is None or known.oid != begun[path].held:
                continue
            if begun[path].there:
                base = Known(known.mode, begun[path].there)
            elif is_written:  # else what was to take its place may not be there
                base = known
            self._paths[path] = _Three(base, known, there)

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
        self._here[path] = None if data is None else self._name(data)
        here = self._paths[path].here
        if data is None or self._here[path] == (here.oid if here else None):
            is_committed = (data is None) == (here is None)
        else:
            self._incoming.texts[self._name(data)] = data
            is_committed = self._here[path] == self._there(path)
        if self._committed and not is_committed and not path.startswith(_OWN):
            raise SyncBlocked(_CHANGED, [path])

    def _name(self, data: bytes) -> str:
        name = blob_name(data, self._empty)
        self._incoming.known[name] = data
        return name

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
        content = self._incoming.content
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
                    side[path] = Held(known.oid, id, int(known.oid != self._empty))
        contents = Contents(self._content, self._name, lambda data: sha256_hex(data)[:_DIGEST_CHARS])
        copies = self._session.index.walk.conflict_copies
        pull = plan_pull(before, ours, theirs, contents, date=date, copies=copies)
        self._incoming.texts |= pull.texts
        self._incoming.told += [told for told in pull.told if not told.path.startswith(_OWN)]
        for path in sorted(ours.keys() | theirs.keys() | pull.files.keys()):
            self._set(path, pull.files.get(path))

    def _id(self, path: str, oid: str) -> str | None:
        return note_id(path, self._content(oid))

    def _content(self, oid: str) -> bytes:
        if oid not in self._incoming.known:
            self._incoming.known |= contents_of(self._repository, [oid])
        return self._incoming.known[oid]

    # ---- what follows

    def _set(self, path: str, name: str | None) -> None:
        """Say what a file shall hold, and the branch for it."""
        base, here, there = self._paths.get(path, _Three(None, None, None))
        held = self._here.get(path, here.oid if here else None)
        has_mode_changed = there is not None and base is not None and there.mode != base.mode
        order = (there, here) if has_mode_changed else (here, there)
        mode = next((one.mode for one in order if one), _PLAIN[0])
        wanted = Known(mode, name) if name else None
        if wanted != here:
            self._incoming.tree[path] = wanted
        if name == held and (name is None or here is None or mode == here.mode):
            return
        if name is not None:
            self._content(name)
        if held is not None:
            self._content(held)
        self._incoming.changes.append(FileChange(path, held, name, mode == _PLAIN[1]))

    def _check_free(self) -> None:
        """Check that each file to be changed may have its name, and is one that git leaves as it is.

        Raises:
            SyncBlocked: one is not.
        """
        changed = [change.path for change in self._incoming.changes]
        for path in changed:
            try:
                check_file(path)
            except BadName as error:
                raise SyncBlocked(f"a file can't come here ({error.problem})", [path]) from error
        scratch = git.scratch_of(self._session)
        tree = self._repository.read_tree(self._repository.head(), scratch)
        found = self._repository.obstacles(changed, tree)
        for reason in _IN_THE_WAY:
            if paths := [path for path, left in found.items() if left.reason == reason]:
                raise SyncBlocked(reason, paths)
