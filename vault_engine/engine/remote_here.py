"""What a vault holds of all that travels through a bucket, as one state of files."""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from vault_engine.engine import git
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote_commit import SETTINGS, is_in, is_of_this_device
from vault_engine.engine.remote_files import AnyFiles, check_file, read_file
from vault_engine.engine.remote_incoming import OWN
from vault_engine.engine.session import Session
from vault_engine.errors import BadName, MemwellError
from vault_engine.sync.bucket_format import MAX_FILE_BYTES, Entry, entry_of
from vault_engine.vault.walk import Signature, signature_of

_SETTLED_NS = 2_000_000_000  # a file changed so short ago may change again without its signature telling
_LARGEST = f"it is larger than {MAX_FILE_BYTES >> 20} MiB"


@dataclass
class TakenUp:
    """One state of the vault."""

    tree: dict[str, Entry] = field(default_factory=dict)
    seen: dict[str, Signature] = field(default_factory=dict)  # of files that need not be read again
    left: list[LeftToYou] = field(default_factory=list)  # files that stay here, and why


def take_up(session: Session, before: Mapping[str, Entry], seen: Mapping[str, Signature]) -> TakenUp:
    """Look at every file of the vault that travels. What other devices keep is as it was before.

    Args:
        session: the open vault, as it was looked at just now.
        before: the state that it had.
        seen: how its files looked then.
    """
    found = TakenUp()
    settled_ns = time.time_ns() - _SETTLED_NS
    files = AnyFiles(session.config.root, session.config.memwell_dir)
    there: set[str] = set()
    for path, signature in _files(session):
        there.add(path)
        entry = before.get(path)
        if signature != seen.get(path) or entry is None:
            try:
                entry = _read(files, path, signature, entry)
            except BadName as error:
                found.left.append(LeftToYou(path, error.problem))
            except _TooLarge:
                found.left.append(LeftToYou(path, _LARGEST))
            except MemwellError as error:
                found.left.append(LeftToYou(path, str(error)))
        if entry is not None:
            found.tree[path] = entry
            if max(signature.mtime_ns, signature.ctime_ns) < settled_ns:
                found.seen[path] = signature
    walk = session.index.walk
    unseen = (*walk.unreadable, *(f"{path}/" for path in walk.placeholders))
    for path, entry in before.items():
        is_kept = path.startswith(OWN) and path != SETTINGS and not is_of_this_device(session, path)
        if path not in there and (is_kept or any(is_in(f"{path}/", one) for one in unseen)):
            found.tree[path] = entry
    return found


def read_whole(files: AnyFiles, path: str) -> bytes | None:
    """Read a file as it travels, None if it is not there; of a journal, without a line that is just being written.

    Raises:
        MemwellError: it can't be read.
    """
    data = read_file(files, path)
    return data[: data.rfind(b"\n") + 1] if data and _is_journal(path) else data


class _TooLarge(Exception):
    """The file is larger than what travels."""


def _files(session: Session) -> Iterator[tuple[str, Signature]]:
    """Give every file that travels from here, and its signature."""
    walk, root = session.index.walk, session.config.root
    yield from walk.notes.items()
    own = [file.relative_to(root).as_posix() for file in git.own_files(session)]
    for path in dict.fromkeys((*walk.conflict_copies, *walk.others, SETTINGS, *own)):
        with suppress(OSError):
            yield path, signature_of(root / path)


def _read(files: AnyFiles, path: str, signature: Signature, before: Entry | None) -> Entry | None:
    """Describe a file, None if it is not there any more.

    Raises:
        _TooLarge: it is.
        BadName: it has a name that other machines refuse.
        MemwellError: it can't be read.
    """
    check_file(path)
    if signature.size > MAX_FILE_BYTES:
        raise _TooLarge
    data = read_whole(files, path)
    if data is None:
        return None
    return entry_of(data, is_executable=_is_executable(files, path, before))


def _is_executable(files: AnyFiles, path: str, before: Entry | None) -> bool:
    if os.name == "nt":  # where no file says so
        return before is not None and before.is_executable
    with suppress(OSError):
        return bool((files.root / path).stat(follow_symlinks=False).st_mode & stat.S_IXUSR)
    return False


def _is_journal(path: str) -> bool:
    return path.startswith(f"{OWN}journal/")
