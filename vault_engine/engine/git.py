"""Git beside Memwell: committing in the background what was changed through Memwell, in the name of who changed it.

Whether that is done is this machine's setting, ``.memwell/local/git.json``: a vault that was cloned does not begin to
commit by itself. Nothing here is on the way of a read or a write, and whatever git does, no note is touched.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from vault_engine.engine.session import Session
from vault_engine.errors import GitUnusable, MemwellError, VaultBusy
from vault_engine.journal.entry import Actor, Entry, decode
from vault_engine.sync.commits import PlannedCommit, PlannedFile, first_entry_of, plan_commits, touched_paths
from vault_engine.sync.git import Repository, Settled, commit_settled
from vault_engine.vault.files import explained, sha256_hex, write_atomic
from vault_engine.vault.lock import Lock

_SETTING = "git.json"
_FORMAT = 1
_MEMWELL = Actor("system", "memwell")
_OWN_EVERY_S = 600.0  # git keeps a whole copy of a changed file: the journal is not committed with every note
_OWN_BYTES_AT_ONCE = 64 << 20
_MAX_LEFT = 100
_WAIT_S = 1.0  # for another process that commits
WITHHELD = "journal, revisions and archive hold copies of notes that git ignores or filters"


@dataclass(frozen=True)
class LeftToYou:
    """A path that Memwell does not commit."""

    path: str
    reason: str


@dataclass(frozen=True)
class CommitMade:
    """One commit in somebody's name."""

    id: str
    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Committed:
    """What was waiting is committed, or left to the person."""

    commits: tuple[CommitMade, ...]
    left: tuple[LeftToYou, ...]
    waiting: int  # entries of the journal that will be looked at again


@dataclass(frozen=True)
class Postponed:
    """Nothing could be committed now. Nothing is lost: it is tried again."""

    reason: str


@dataclass(frozen=True)
class GitState:
    """Whether and how the vault is committed on this machine."""

    enabled: bool
    everything: bool  # edits by hand too
    repository: str | None  # its top folder
    waiting: int  # entries of the journal that were not looked at yet
    left: tuple[LeftToYou, ...]  # as of the last commit
    withheld: str | None  # why Memwell's own files are not committed
    problem: str | None  # why nothing is committed


@dataclass(frozen=True)
class _Setting:
    """What ``git.json`` holds."""

    toplevel: str  # of the repository that was agreed to: never another one
    everything: bool = False
    since: str = ""  # when it was enabled, as entries write times
    marks: dict[str, list[str]] = field(default_factory=dict)  # by device: id and time of the last entry looked at
    own: dict[str, list[int]] = field(default_factory=dict)  # our files as last committed: bytes, mtime in ns
    own_at: str = ""  # when that was
    withheld: str | None = None
    left: list[list[str]] = field(default_factory=list)
    problem: str | None = None


def enable(session: Session, *, everything: bool = False) -> GitState:
    """Commit from now on what is changed through Memwell; ``everything``: what people edit by hand, too.

    Raises:
        GitUnusable: the vault is in no repository that git can use.
        VaultBusy: another process is committing.
        VaultDenied, StorageFailed: the setting can't be written.
    """
    with lock_of(session).held():
        repository = Repository(session.config.root)
        known = load_setting(session)
        if known is None or known.toplevel != repository.toplevel:
            since = session.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
            known = _marked(session, _Setting(repository.toplevel, since=since), _own_entries(session, None))
        paths = touched_paths(session.journal.entries())
        withheld = WITHHELD if hides(repository, paths) else None
        _save(session, replace(known, everything=everything, withheld=withheld, problem=None))
    return state(session)


def disable(session: Session) -> GitState:
    """Commit nothing any more on this machine.

    Raises:
        VaultBusy: another process is committing.
        VaultDenied: the setting can't be removed.
    """
    with lock_of(session).held(), explained(_file(session)):
        _file(session).unlink(missing_ok=True)
    return state(session)


def state(session: Session) -> GitState:
    """Say whether and how the vault is committed on this machine."""
    setting = load_setting(session)
    problem = None if setting is None else setting.problem
    toplevel: str | None = None
    try:
        repository = Repository(session.config.root)
        toplevel = repository.toplevel
        if setting is not None:
            problem = _why_another(repository, setting) or repository.busy() or problem
    except GitUnusable as error:
        problem = error.reason
    if setting is None:
        return GitState(False, False, toplevel, 0, (), None, problem)
    planned = plan_commits(_own_entries(session, setting), everything=setting.everything)
    waiting = len({entry for commit in planned for file in commit.files for entry in file.entries})
    left = tuple(LeftToYou(path, reason) for path, reason in setting.left)
    shown = problem if waiting or problem != setting.problem else None  # what was the matter then is over
    return GitState(True, setting.everything, toplevel, waiting, left, setting.withheld, shown)


def commit_pending(session: Session, *, thorough: bool = True) -> Committed | Postponed:
    """Commit what was changed and is settled. Never raises.

    Args:
        session: the open vault.
        thorough: whether Memwell's own files are committed however short ago they were.
    """
    try:
        with lock_of(session).held(wait_s=_WAIT_S):
            setting = load_setting(session)
            if setting is None:
                return Postponed("not enabled on this machine")
            try:
                return commit_by(session, setting, thorough=thorough)
            except (MemwellError, OSError) as error:
                with suppress(MemwellError):
                    _save(session, replace(setting, problem=said(error)))
                return Postponed(said(error))
    except VaultBusy:
        return Postponed("another process is committing")
    except (MemwellError, OSError) as error:
        return Postponed(said(error))


# ---- committing


def commit_by(session: Session, setting: _Setting, *, thorough: bool) -> Committed:
    """Commit what was changed and is settled, by a machine's setting. The caller holds the lock.

    Raises:
        GitUnusable: nothing can be committed now.
    """
    is_due = thorough or _is_due(setting, session.now())
    entries = _own_entries(session, setting)
    if not entries and not is_due:
        return Committed((), (), 0)
    repository = Repository(session.config.root)
    if reason := _why_another(repository, setting):
        raise GitUnusable(reason)
    repository.mend()
    settled = own = Settled((), ())
    waiting = 0
    if entries:
        settled, waiting, setting = _commit_entries(session, repository, setting, entries)
        _save(session, setting)
    if is_due and setting.withheld is None:
        own = _commit_own(session, repository, setting)
    made = tuple(CommitMade(*commit) for commit in (*settled.commits, *own.commits))
    return Committed(made, tuple(LeftToYou(left.path, left.reason) for left in settled.left), waiting)


def _commit_entries(
    session: Session, repository: Repository, setting: _Setting, entries: list[Entry]
) -> tuple[Settled, int, _Setting]:
    """Commit what entries ask for; say what became of it, how many wait, and how the setting is then."""
    planned = plan_commits(entries, everything=setting.everything)
    settled = Settled((), ())
    if planned:
        now = _held_now(session, {file.path for commit in planned for file in commit.files})
        settled = commit_settled(repository, planned, now, session.revisions.get, scratch_of(session))
    done = first_entry_of(entries, (left.path for left in settled.left if left.again))
    withheld = setting.withheld or (WITHHELD if hides(repository, touched_paths(entries)) else None)
    left = [[left.path, left.reason] for left in settled.left[:_MAX_LEFT]]
    setting = replace(_marked(session, setting, entries[:done]), left=left, problem=None, withheld=withheld)
    return settled, len(entries) - done, setting


def _marked(session: Session, setting: _Setting, entries: list[Entry]) -> _Setting:
    """Remember that ``entries`` were looked at."""
    if not entries:
        return setting
    return replace(setting, marks=setting.marks | {device_of(session): [entries[-1].id, entries[-1].ts]})


def _held_now(session: Session, paths: Iterable[str]) -> dict[str, str]:
    """Give the SHA-256 of what each path holds, "" for nothing; leave out what can't be read."""
    listings: dict[str, frozenset[str]] = {}
    found: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        try:
            if folder not in listings:
                listings[folder] = frozenset(each.name for each in (session.config.root / folder).iterdir())
            # Some disks open A.md where a.md is asked for: only the listing tells.
            found[path] = sha256_hex(session.vault.read(path)) if name in listings[folder] else ""
        except (FileNotFoundError, NotADirectoryError):
            found[path] = ""
        except (OSError, MemwellError):
            continue
    return found


def hides(repository: Repository, paths: Iterable[str]) -> bool:
    """Say whether git ignores or filters one of the paths."""
    elsewhere: dict[str, bool] = {}  # by folder: there are many notes in few
    asked: list[str] = []
    for path in sorted(paths):
        folder = path.rpartition("/")[0]
        if folder not in elsewhere:
            elsewhere[folder] = repository.is_elsewhere(path)
        if not elsewhere[folder]:
            asked.append(path)
    return bool(repository.hidden(asked))


def _why_another(repository: Repository, setting: _Setting) -> str | None:
    if repository.toplevel == setting.toplevel:
        return None
    return f"the vault lies in {repository.toplevel} now, not in {setting.toplevel}: enable it again to commit there"


# ---- our own files


def _commit_own(session: Session, repository: Repository, setting: _Setting) -> Settled:
    """Commit this device's journal and revisions, and the archive, as far as they have changed."""
    found = {_relative(session, file): file for file in own_files(session)}
    signatures: dict[str, list[int]] = {}
    contents: dict[str, bytes] = {}
    now: dict[str, str] = {}
    for path, file in found.items():
        with suppress(OSError):
            looked = file.stat(follow_symlinks=False)
            signature = [looked.st_size, looked.st_mtime_ns]
            if signature != setting.own.get(path) and sum(map(len, contents.values())) < _OWN_BYTES_AT_ONCE:
                data = whole_lines(file)
                now[path] = sha256_hex(data)
                contents[now[path]] = data
                signatures[path] = signature
    gone = {path: "" for path in setting.own if path not in found}
    files = tuple(PlannedFile(path, sha256, "keep journal and revisions") for path, sha256 in (now | gone).items())
    settled = Settled((), ())
    if files:
        planned = [PlannedCommit(_MEMWELL, files)]
        settled = commit_settled(repository, planned, now | gone, contents.__getitem__, scratch_of(session))
    waiting = {left.path for left in settled.left if left.again}
    known = {path: signature for path, signature in (setting.own | signatures).items() if path not in gone}
    own = {path: signature for path, signature in known.items() if path not in waiting}
    _save(session, replace(setting, own=own, own_at=session.now().isoformat()))
    return settled


def own_files(session: Session) -> list[Path]:
    """List this device's journal, the revisions that it may have written, the archive, and what keeps local files out.

    The journal comes first: what its entries name is then among the revisions.
    """
    folder, device = session.config.memwell_dir, device_of(session)
    revisions = folder / "revisions"
    loose = revisions.glob("[0-9a-f][0-9a-f]/*")
    found = [*(folder / "journal" / device).glob("*.jsonl"), *(revisions / device).glob("*"), *loose] if device else []
    archived = (folder / "archive").rglob("*")
    own = (*found, *archived, folder / ".gitignore")  # without the last, a clone would not know what is local
    return [file for file in own if file.is_file() and not file.is_symlink()]


def whole_lines(file: Path) -> bytes:
    """Read a file; of a journal, without a line that is just being written."""
    data = file.read_bytes()
    return data[: data.rfind(b"\n") + 1] if file.suffix == ".jsonl" else data


def _is_due(setting: _Setting, now: datetime) -> bool:
    try:
        since_s = (now - datetime.fromisoformat(setting.own_at)).total_seconds()
    except (ValueError, TypeError):
        return True
    return not 0 <= since_s < _OWN_EVERY_S


# ---- this device's entries


def _own_entries(session: Session, setting: _Setting | None) -> list[Entry]:
    """Read this device's entries, after the one that was committed last. Other devices commit their own."""
    device = device_of(session)
    files = [file for file in session.journal.files() if device and file.parent.name == device]
    id, after = setting.marks.get(device, ["", setting.since]) if setting else ("", "")
    mark = b'"id":"%b"' % id.encode() if id else None
    newer: list[list[Entry]] = []
    for file in reversed(files):
        data = file.read_bytes()
        at = data.rfind(mark) if mark else -1  # a quote inside a text is escaped, so this is no text
        start = data.find(b"\n", at) + 1 if at >= 0 else 0
        newer.append(_decoded(data[start:]))
        if at >= 0:
            return [entry for entries in reversed(newer) for entry in entries]
    # The journal was rolled back or rewritten, and the entry is not in it: then its time tells.
    return [entry for entries in reversed(newer) for entry in entries if entry.ts > after]


def _decoded(data: bytes) -> list[Entry]:
    found: list[Entry] = []
    for line in data.split(b"\n")[:-1]:
        with suppress(ValueError):
            found.append(decode(line))
    return found


def device_of(session: Session) -> str:
    """Give this machine's name in the journal, "" if it has not written there yet."""
    if session.config.device:
        return session.config.device
    try:
        name = (session.vault.local_dir / "device").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "/" in name or name.startswith(".") else name


# ---- the setting


def _file(session: Session) -> Path:
    return session.vault.local_dir / _SETTING


def scratch_of(session: Session) -> Path:
    """Give the file that holds the private index. Only for who holds the lock."""
    return session.vault.local_dir / "git-index"


def lock_of(session: Session) -> Lock:
    """Give the lock that keeps two processes from committing at once. No reader or writer of notes takes it."""
    return Lock(session.vault.local_dir / "git.lock")


def _relative(session: Session, file: Path) -> str:
    return file.relative_to(session.config.root).as_posix()


def load_setting(session: Session) -> _Setting | None:
    """Read the setting; None where nothing is to be committed, or the file can't be understood."""
    try:
        stored = json.loads(_file(session).read_bytes())
        if stored.pop("format") != _FORMAT:
            return None
        setting = _Setting(**stored)
        _check(setting)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return setting


def _check(setting: _Setting) -> None:
    """Check what was read from a file.

    Raises:
        TypeError, ValueError, AttributeError: it is not what `_save` writes.
    """
    if not isinstance(setting.everything, bool):
        raise TypeError("a truth value is of another kind")
    pairs = [*setting.marks.values(), *setting.left]
    if any(
        [*map(type, pair)] != [str, str]
        for pair in (*pairs, [setting.toplevel, setting.since], [setting.own_at, setting.own_at])
    ):
        raise TypeError("a text is of another kind")
    if any([*map(type, signature)] != [int, int] for signature in setting.own.values()):
        raise TypeError("a signature has two numbers")


def _save(session: Session, setting: _Setting) -> None:
    data = json.dumps({"format": _FORMAT, **asdict(setting)}, indent=1).encode()
    write_atomic(_file(session), data, session.vault.local_dir / "tmp")


def said(error: Exception) -> str:
    """Say in words what went wrong."""
    return error.reason if isinstance(error, GitUnusable) else str(error)
