"""Which commits the journal's entries ask for: whose, of what, with what words. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from vault_engine.journal.entry import Actor, Change, Entry, Op

_CHANGES = (Op.CREATE, Op.WRITE, Op.ARCHIVE, Op.RESTORE, Op.MOVE, Op.EXTERNAL)
_MAX_SUBJECT_CHARS = 120
_MAX_LISTED = 50  # lines of a message that name a change; the trailers name every entry
_LAST_TIME_S = 4_102_444_800  # the year 2100, after which git takes no time
_DOMAIN = "memwell.invalid"  # reserved: no such address can ever be reached
_CRUD = " .,:;<>\"\\'"  # what git does not take at the ends of a name

UNSETTLED = "it was changed since, and that is not settled yet"
UNREADABLE = "it can't be read now"
UNKNOWN = "git holds a version of it that Memwell does not know"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """What one file shall hold after a commit."""

    path: str
    target: str  # SHA-256; "" if the file goes
    what: str = ""  # was done, in words
    entries: tuple[str, ...] = ()  # of the journal, that ask for it
    earlier: frozenset[str] = frozenset()  # what it held before, as far as the entries tell; "" for nothing
    later: frozenset[str] = frozenset()  # what it held afterwards
    is_followed: bool = False  # by an entry that found ``target`` there, so that it was there
    holds_edits_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class PlannedCommit:
    """What one actor did to some files."""

    actor: Actor
    files: tuple[PlannedFile, ...]
    at: str = ""  # the time of its last entry, ISO 8601

    @property
    def is_by_hand(self) -> bool:
        """Whether nobody told Memwell who it was: then it was a person at this machine."""
        return self.actor.kind == "external"


class Chosen(NamedTuple):
    """A planned commit, and those of its files that are to be committed."""

    planned: PlannedCommit
    files: tuple[PlannedFile, ...]


class Left(NamedTuple):
    """A path whose change is left to the person."""

    path: str
    reason: str
    again: bool = False  # whether the reason may go away by itself


class _Step(NamedTuple):
    """What one entry did at one path."""

    path: str
    before: str
    after: str
    entry: Entry


class _Group(NamedTuple):
    actor: Actor
    steps: list[int]  # indexes of the steps that are in it
    paths: set[str]


def plan_commits(entries: Sequence[Entry], *, everything: bool = False) -> list[PlannedCommit]:
    """Say which commits would record what the entries say, one for each actor as far as their order allows.

    Args:
        entries: those not committed yet, oldest first.
        everything: whether edits by hand are committed too. Else they are their author's to commit.
    """
    steps = list(_steps(entries))
    groups: list[_Group] = []
    for number, step in enumerate(steps):
        if everything or step.entry.change.op is not Op.EXTERNAL:
            group = _group_for(step, groups)
            group.steps.append(number)
            group.paths.add(step.path)
    at_path: dict[str, list[int]] = {}
    for number, step in enumerate(steps):
        at_path.setdefault(step.path, []).append(number)
    return [_commit(group, steps, at_path, everything) for group in groups]


def touched_paths(entries: Iterable[Entry]) -> set[str]:
    """Give every path that the entries name, also of what did not happen."""
    return {path for entry in entries for path in _paths(entry.change)}


def first_entry_of(entries: Sequence[Entry], paths: Iterable[str]) -> int:
    """Give the index of the first entry that concerns one of ``paths``; how many there are if none does."""
    wanted = frozenset(paths)
    return next((i for i, entry in enumerate(entries) if wanted & set(_paths(entry.change))), len(entries))


def verdict(file: PlannedFile, head: str, now: str | None) -> Left | bool:
    """Say whether a file is committed, or has no need to be, or is left to the person.

    Nothing newer in the repository is ever replaced by something older.

    Args:
        file: what is planned.
        head: the SHA-256 of what the branch holds, "" for nothing.
        now: the same of what the vault holds; None if that can't be told.
    """
    if head == file.target:
        return False
    if now is None:
        return Left(file.path, UNREADABLE, again=True)
    if now == file.target:
        return True
    if head == now:  # the person has committed what came after
        return False
    if file.is_followed and head in file.earlier:
        return True
    if head in file.later:
        return False
    if not file.is_followed:
        return Left(file.path, UNSETTLED, again=True)
    return Left(file.path, UNKNOWN)


def message_of(chosen: Chosen) -> str:
    """Write a commit's message: a subject, what was done if it is more than one thing, and trailers for programs."""
    actor, files = chosen.planned.actor, chosen.files
    done = list(dict.fromkeys(file.what for file in files if file.what))
    what = done[0] if len(done) == 1 else f"change {len(done)} files"
    via = f" via {actor.client}" if actor.client not in ("", actor.name) else ""
    name = "by hand" if chosen.planned.is_by_hand else f"{actor.name}{via}"
    paragraphs = [f"memwell: {_plain(what, _MAX_SUBJECT_CHARS)} ({_plain(name, 60)})"]
    if len(done) > 1:
        more = [f"- and {len(done) - _MAX_LISTED} more"] if len(done) > _MAX_LISTED else []
        paragraphs.append("\n".join([*(f"- {_plain(each)}" for each in done[:_MAX_LISTED]), *more]))
    if mixed := [file.path for file in files if file.holds_edits_by_hand]:
        more = [f"- and {len(mixed) - _MAX_LISTED} more"] if len(mixed) > _MAX_LISTED else []
        listed = [f"- {_plain(path)}" for path in mixed[:_MAX_LISTED]]
        paragraphs.append("\n".join(["Includes edits by hand:", *listed, *more]))
    entries = dict.fromkeys(entry for file in files for entry in file.entries)
    trailers = [f"Memwell-Actor: {_plain(f'{actor.kind}:{actor.name}')}"]
    paragraphs.append("\n".join(trailers + [f"Memwell-Entry: {_plain(entry)}" for entry in entries]))
    return "\n\n".join(paragraphs) + "\n"


def author_of(planned: PlannedCommit) -> dict[str, str]:
    """Give the author as git's environment names it; nothing for what a person did by hand."""
    if planned.is_by_hand:
        return {}
    actor = planned.actor
    name = re.sub("[<>]", "", _plain(actor.name, 100)).strip(_CRUD) or "unnamed"
    slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"
    found = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": f"{actor.kind}.{slug}@{_DOMAIN}"}
    try:
        seconds = int(datetime.fromisoformat(planned.at).timestamp())
    except (ValueError, OverflowError, OSError):
        return found
    return found | ({"GIT_AUTHOR_DATE": f"@{seconds} +0000"} if 0 < seconds < _LAST_TIME_S else {})


def _steps(entries: Sequence[Entry]) -> Iterable[_Step]:
    aborted = {entry.ref for entry in entries if entry.change.op is Op.ABORT}
    happened = [entry for entry in entries if entry.change.op in _CHANGES and entry.id not in aborted]
    # A moved note whose own links follow has an entry under its old path, which that of the move includes.
    moved = {(entry.id, entry.change.path) for entry in happened if entry.change.op is Op.MOVE}
    for entry in happened:
        change = entry.change
        if change.op is Op.WRITE and (entry.ref, change.path) in moved:
            continue
        if change.op in (Op.MOVE, Op.EXTERNAL) and change.to and change.to != change.path:
            yield _Step(change.path, change.before, "", entry)
            yield _Step(change.to, "", change.after, entry)
        else:
            yield _Step(change.path, change.before, "" if change.op is Op.ARCHIVE else change.after, entry)


def _paths(change: Change) -> tuple[str, ...]:
    is_renamed = change.op in (Op.MOVE, Op.EXTERNAL) and change.to
    return tuple(path for path in (change.path, change.to if is_renamed else None) if path)


def _group_for(step: _Step, groups: list[_Group]) -> _Group:
    """Give the group of the step's actor that it can join without passing another change of the same file."""
    actor = step.entry.actor
    for group in reversed(groups):
        if (group.actor.kind, group.actor.name, group.actor.client) == (actor.kind, actor.name, actor.client):
            return group
        if step.path in group.paths:
            break
    groups.append(_Group(actor, [], set()))
    return groups[-1]


def _commit(group: _Group, steps: Sequence[_Step], at_path: dict[str, list[int]], everything: bool) -> PlannedCommit:
    by_path: dict[str, list[int]] = {}
    for number in group.steps:
        by_path.setdefault(steps[number].path, []).append(number)
    files = (_file(steps, at_path[path], mine, everything) for path, mine in by_path.items())
    return PlannedCommit(group.actor, tuple(files), steps[group.steps[-1]].entry.ts)


def _file(steps: Sequence[_Step], numbers: list[int], mine: list[int], everything: bool) -> PlannedFile:
    """Say what becomes of one file: ``numbers`` are all its steps, ``mine`` those of the commit."""
    last = steps[mine[-1]]
    before = [steps[number] for number in numbers if number <= mine[-1]]
    after = [steps[number] for number in numbers if number > mine[-1]]
    change = last.entry.change
    if change.op is Op.MOVE:
        what = f"move {change.path} to {change.to}"
    elif not last.after:
        what = f"{'remove' if change.op is Op.EXTERNAL else 'archive'} {last.path}"
    else:
        what = f"{'update' if steps[mine[0]].before else 'add'} {last.path}"
    return PlannedFile(
        last.path,
        last.after,
        what,
        entries=tuple(steps[number].entry.id for number in mine),
        earlier=frozenset([step.before for step in before] + [step.after for step in before[:-1]]),
        later=frozenset(step.after for step in after),
        is_followed=any(step.before == last.after for step in after),
        holds_edits_by_hand=not everything and any(step.entry.change.op is Op.EXTERNAL for step in before),
    )


def _plain(text: str, most: int = 1000) -> str:
    """Give a text that stays on its line and shows what it is."""
    shown = "".join(char if char.isprintable() else " " for char in text).strip()
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
