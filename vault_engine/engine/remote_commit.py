"""Committing what a vault holds before it is synced: notes, canvases, copies, and what Memwell keeps of them.

What was changed through Memwell is committed in the name of who changed it, where that is switched on (`git`). What is
left, edits by hand above all, follows here: only what git holds can be merged.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from vault_engine.config import CONFIG_FILE, MEMWELL_DIR
from vault_engine.engine import git
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote_files import AnyFiles, read_file
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.journal.entry import Actor
from vault_engine.sync.commits import PlannedCommit, PlannedFile, touched_paths
from vault_engine.sync.git import IGNORED, Repository, commit_settled
from vault_engine.sync.remote_git import blob_name, tree_of
from vault_engine.sync.remote_plan import PLAIN_MODE, PROGRAM_MODE, Known
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.paths import NOTE_SUFFIX, is_conflict_copy
from vault_engine.vault.store import CANVAS

_SOMEBODY = Actor("external", "somebody")
_MEMWELL = Actor("system", "memwell")
SETTINGS = f"{MEMWELL_DIR}/{CONFIG_FILE}"
_BYTES_AT_ONCE = 64 << 20
_PLAIN = (PLAIN_MODE, PROGRAM_MODE)


@dataclass
class Differing:
    """Files that are not as the branch has them."""

    files: dict[str, str] = field(default_factory=dict)  # by path, the SHA-256 of what each holds; "" if it is gone
    contents: dict[str, bytes] = field(default_factory=dict)  # by SHA-256
    words: dict[str, str] = field(default_factory=dict)  # what was done, by path


def commit_here(session: Session, repository: Repository, also: Iterable[str] = ()) -> tuple[int, list[LeftToYou]]:
    """Commit what the vault holds; give how many commits that took, and what had to be left.

    The caller holds the vault, and the lock of git.

    Args:
        session: the open vault.
        repository: around it.
        also: files that are no notes, to be committed too.

    Raises:
        GitUnusable: nothing can be committed now.
    """
    made = 0
    if setting := git.load_setting(session):
        made += len(git.commit_by(session, setting, thorough=True).commits)
    left: dict[str, str] = {}
    for actor, differing in _batches(session, repository, also):
        files = tuple(PlannedFile(path, sha256, differing.words[path]) for path, sha256 in differing.files.items())
        settled = commit_settled(
            repository,
            [PlannedCommit(actor, files)],
            differing.files,
            differing.contents.__getitem__,
            git.scratch_of(session),
        )
        made += len(settled.commits)
        left |= {one.path: one.reason for one in settled.left if one.reason != IGNORED}  # which is meant to stay here
    return made, [LeftToYou(path, reason) for path, reason in sorted(left.items())]


def changes_here(session: Session, repository: Repository) -> Differing:
    """Say which files differ from the branch, without their contents."""
    found = Differing()
    for _, differing in _batches(session, repository, ()):
        found.files |= differing.files
    return found


def own_changes(session: Session, repository: Repository) -> Differing:
    """Say which of the files that Memwell keeps about the vault differ from the branch."""
    found = Differing()
    for differing in _of_memwell(session, repository, _tree_here(repository)):
        found.files |= differing.files
        found.contents |= differing.contents
    return found


def _batches(session: Session, repository: Repository, also: Iterable[str]) -> Iterator[tuple[Actor, Differing]]:
    """Give what differs from the branch, so much at a time as fits into memory."""
    tree = _tree_here(repository)
    yield from ((_SOMEBODY, one) for one in _of_vault(session, tree, also))
    yield from ((_MEMWELL, one) for one in _of_memwell(session, repository, tree))


def _of_vault(session: Session, tree: dict[str, Known], also: Iterable[str]) -> Iterator[Differing]:
    files = AnyFiles(session.config.root, session.config.memwell_dir)
    walk = session.index.walk
    there = [*walk.notes, *walk.conflict_copies, *(path for path in walk.others if _is_canvas(path)), SETTINGS, *also]
    gone = [path for path in tree if _is_ours_to_commit(path) and not path.startswith(".")]
    unseen = {*walk.placeholders, *(path for path in tree if any(is_in(path, one) for one in walk.unreadable))}
    wanted = [path for path in dict.fromkeys((*there, *gone)) if path not in unseen]
    return _differing(tree, _read(files, wanted))


def _of_memwell(session: Session, repository: Repository, tree: dict[str, Known]) -> Iterator[Differing]:
    if _withheld(session, repository):
        return
    own = {file.relative_to(session.config.root).as_posix(): file for file in git.own_files(session)}
    lost = [path for path in tree if is_of_this_device(session, path) and path not in own]
    found = ((path, git.whole_lines(file)) for path, file in own.items())
    for one in _differing(tree, (*found, *((path, None) for path in lost))):
        hides = repository.hidden(list(one.files))
        one.files = {path: sha256 for path, sha256 in one.files.items() if path not in hides}
        one.words = dict.fromkeys(one.files, "keep journal and revisions")
        yield one


def _tree_here(repository: Repository) -> dict[str, Known]:
    return vault_tree(repository, tree_of(repository, repository.head()))


def vault_tree(repository: Repository, tree: dict[str, Known]) -> dict[str, Known]:
    """Give of what a commit holds that which lies in the vault, by vault-relative path."""
    length = len(repository.prefix)
    return {path[length:]: known for path, known in tree.items() if path.startswith(repository.prefix)}


def _differing(tree: dict[str, Known], held: Iterable[tuple[str, bytes | None]]) -> Iterator[Differing]:
    found = Differing()
    size = 0
    for path, data in held:
        known = tree.get(path)
        if data is None:
            if known is None or known.mode not in _PLAIN:
                continue
            found.files[path], found.words[path] = "", f"remove {path}"
            continue
        if known is not None and known.oid == blob_name(data, known.oid):
            continue
        sha256 = sha256_hex(data)
        found.files[path], found.contents[sha256] = sha256, data
        found.words[path] = f"{'update' if known else 'add'} {path}"
        size += len(data)
        if size >= _BYTES_AT_ONCE:
            yield found
            found, size = Differing(), 0
    if found.files:
        yield found


def _read(files: AnyFiles, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Read files, None for one that is gone; leave out what can't be read."""
    for path in paths:
        with suppress(MemwellError):
            yield path, read_file(files, path)


def _withheld(session: Session, repository: Repository) -> bool:
    """Say whether git ignores or filters some of the notes: then what Memwell keeps of them stays here as well."""
    if (setting := git.load_setting(session)) and setting.withheld:
        return True
    return git.hides(repository, touched_paths(session.journal.entries()))


def is_of_this_device(session: Session, path: str) -> bool:
    """Say whether a file of Memwell's is one that this device may remove: its revisions, and what is archived."""
    device = git.device_of(session)
    return bool(device) and path.startswith((f".memwell/revisions/{device}/", ".memwell/archive/"))


def _is_ours_to_commit(path: str) -> bool:
    return path.lower().endswith(NOTE_SUFFIX) or is_conflict_copy(path) or _is_canvas(path)


def _is_canvas(path: str) -> bool:
    return path.lower().endswith(CANVAS)


def is_in(path: str, folder: str) -> bool:
    """Say whether a file lies in a folder, ``.`` for the vault itself."""
    return folder == "." or path.startswith(f"{folder.rstrip('/')}/")
