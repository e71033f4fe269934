"""What a pull makes of a vault: from what both machines had, what is here, and what is there. Pure.

Who is the other side is told by `plan`; here notes are brought together, and what can't be goes into a copy beside
the file, which stays as it is here. Contents have names: those that git has for them, or their SHA-256.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from vault_engine.note import FrontmatterState
from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.sync.merge import Merged, merge
from vault_engine.sync.plan import Conflict, Create, Delete, Held, Leave, Merge, Notes, Plan, Side, Update, plan_sync
from vault_engine.vault.copies import conflict_base
from vault_engine.vault.paths import NOTE_SUFFIX

PLAIN_MODE, PROGRAM_MODE = "100644", "100755"  # of a file, as git writes them
ADDED, UPDATED, REMOVED, MERGED, RENAMED, COPIED = "added", "updated", "removed", "merged", "renamed", "conflict"

_READABLE = (FrontmatterState.OK, FrontmatterState.EMPTY, FrontmatterState.NONE)
_ROUNDS = 10  # of renames; more do not follow from each other


class Known(NamedTuple):
    """What one state of the vault holds under one path."""

    mode: str
    oid: str  # the name of the content


class Told(NamedTuple):
    """What becomes of one file, in a word."""

    what: str
    path: str
    to: str = ""  # the new name, or that of the copy


@dataclass
class Pull:
    """What the vault shall hold of the files in question."""

    files: dict[str, str]  # by path, the name of what it holds
    texts: dict[str, bytes] = field(default_factory=dict)  # what nobody had before, by name
    told: list[Told] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)  # by the name that a file has here, the one it has there


class Contents(NamedTuple):
    """What the planning asks for."""

    get: Callable[[str], bytes]  # what a name stands for
    name: Callable[[bytes], str]  # and the other way round
    digest: Callable[[bytes], str]  # that tells copies apart, a few characters


def plan_pull(
    base: Notes, here: Notes, there: Notes, contents: Contents, *, date: str, copies: Iterable[str] = ()
) -> Pull:
    """Say what the vault shall hold after a pull. Touches nothing.

    Every line that either side has added is in a note or in a copy afterwards. What was deleted on one side and
    edited on the other stays.

    Args:
        base: the files that are not the same everywhere, as both had them.
        here: the same as they are in the vault.
        there: the same as they come.
        contents: what their names stand for.
        date: for the names of copies, ``2026-11-21``.
        copies: the copies that the vault holds already.
    """
    here, there = dict(here), dict(there)
    pull = Pull({path: held.sha256 for path, held in here.items()})
    plan = _renamed(base, here, there, pull)
    for change in plan.changes:
        match change:
            case Create(Side.THEIRS, path):
                pull.files[path] = there[path].sha256
                pull.told.append(Told(ADDED, path))
            case Update(Side.THEIRS, path):
                pull.files[path] = there[path].sha256
                pull.told.append(Told(UPDATED, path))
            case Delete(Side.THEIRS, path):
                pull.files.pop(path, None)
                pull.told.append(Told(REMOVED, path))
            case Merge(path, before):
                _bring_together(pull, path, before, here[path].sha256, there[path].sha256, contents, date, copies)
            case Conflict(path):
                _copy(pull, path, there[path].sha256, contents, date, copies)
            case Leave(path) if path in there and path not in here:  # some devices take it for another one that is here
                _copy(pull, path, there[path].sha256, contents, date, copies)
    return pull


def note_id(path: str, data: bytes) -> str | None:
    """Give the identity that a note carries."""
    if not path.lower().endswith(NOTE_SUFFIX):
        return None
    id = read_frontmatter(data.decode("utf-8", "replace")).properties.get("id")
    return id if isinstance(id, str) and id else None


def has_only_grown(before: bytes, after: bytes) -> bool:
    """Say whether a journal has kept every line, and got some or none."""
    return after.startswith(before)


def copy_name(path: str, date: str, digest: str) -> str:
    """Give the name of a copy beside a file, in a form that no person chooses."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (name, "")
    return f"{folder}{slash}{stem} (conflicted copy {date} {digest}){ending}"


def _renamed(base: Notes, here: dict[str, Held], there: dict[str, Held], pull: Pull) -> Plan:
    """Carry out the renames, and give the plan for what is left.

    A note that both have under its new path now is known by that, so that nobody has to guess again who it was.
    """
    base = dict(base)
    for _ in range(_ROUNDS):
        plan = plan_sync(base, there, here)  # theirs, who are not overridden, are the people here
        if not plan.renames:
            break
        for rename in plan.renames:
            if rename.path in base:
                base[rename.to] = base.pop(rename.path)
            if rename.side is Side.OURS:
                there[rename.to] = there.pop(rename.path)
                pull.moved[rename.to] = pull.moved.pop(rename.path, rename.path)
            else:
                here[rename.to] = here.pop(rename.path)
                pull.files[rename.to] = pull.files.pop(rename.path)
                pull.told.append(Told(RENAMED, rename.path, rename.to))
    return plan


def _bring_together(
    pull: Pull, path: str, base: str, ours: str, theirs: str, contents: Contents, date: str, copies: Iterable[str]
) -> None:
    text = _merged(path, *(contents.get(name) for name in (base, ours, theirs)))
    if text is None:
        _copy(pull, path, theirs, contents, date, copies)
        return
    name = contents.name(text)
    if name != ours:
        pull.files[path] = name
        pull.texts[name] = text
        pull.told.append(Told(MERGED, path))


def _merged(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Bring two texts of a note together; None where that can't be."""
    if not path.lower().endswith(NOTE_SUFFIX):
        return None
    try:
        result = merge(base.decode(), ours.decode(), theirs.decode())
    except UnicodeDecodeError:
        return None
    if not isinstance(result, Merged):
        return None
    states = [read_frontmatter(side.decode()).state for side in (ours, theirs)]
    if read_frontmatter(result.text).state not in (*_READABLE, *states):
        return None
    return result.text.encode()


def _copy(pull: Pull, path: str, theirs: str, contents: Contents, date: str, copies: Iterable[str]) -> None:
    """Put what comes beside the file, unless it lies there already."""
    digest = contents.digest(contents.get(theirs))
    for copy in copies:
        if conflict_base(copy) == path and digest in copy:
            return
    copy = copy_name(path, date, digest)
    pull.files[copy] = theirs
    pull.told.append(Told(COPIED, path, copy))
