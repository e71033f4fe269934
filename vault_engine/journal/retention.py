"""Which revisions the owner wants kept, and which are gone on purpose. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from vault_engine.journal.entry import Change, Entry, Op
from vault_engine.journal.replay import events, happened, heads, standing


class _State(NamedTuple):
    """What a path held from a moment on."""

    since: str  # ISO 8601 without the zone, which is UTC; "" for before the journal began
    sha256: str  # "" for nothing


def kept(entries: Iterable[Entry], *, since: str, versions: int) -> set[str]:
    """Say which revisions are to be kept.

    What a note holds, what an archived one held last, the last versions of each path, whatever a path has held since a
    moment, and all that was told.

    Args:
        entries: the whole journal, oldest first.
        since: ISO 8601 in UTC, as the entries have it; what was replaced before it may go.
        versions: how many of each path are kept however old they are; at least the last one is.

    Returns:
        SHA-256 hashes.
    """
    entries = list(entries)
    done = [entry for entry in happened(entries) if entry.change.op is not Op.PURGE]
    keep = {*heads(done).values(), *_archived(done), *(event.change.after for event in events(entries))}
    for states in _states(done).values():
        held = [state.sha256 for state in states if state.sha256]
        keep.update(held[-max(1, versions) :])
        for state, following in zip(states, [*states[1:], None], strict=True):
            if following is None or following.since >= _moment(since):
                keep.add(state.sha256)
    return keep - {""}


def purged(entries: Iterable[Entry]) -> set[str]:
    """Say which contents were erased for good, and have not come to any note, nor been told, since.

    Args:
        entries: the whole journal, oldest first.
    """
    gone: set[str] = set()
    for entry in standing(entries):
        change = entry.change
        if change.op is Op.PURGE:
            gone.add(change.before)
        else:
            gone.discard(change.before if change.op is Op.ARCHIVE else change.after)
    return gone


def _states(entries: Iterable[Entry]) -> dict[str, list[_State]]:
    """List what each path has held, in order; a moved note goes on at its new path."""
    states: defaultdict[str, list[_State]] = defaultdict(list)
    for entry in entries:
        change, moment = entry.change, _moment(entry.ts)
        here = states[change.path]
        if change.before and (not here or here[-1].sha256 != change.before):  # what no entry has told of
            here.append(_State(here[-1].since if here else "", change.before))
        if _renames(change) and change.to:
            here.append(_State(moment, ""))
            here = states[change.to]
        here.append(_State(moment, change.after))
    return states


def _renames(change: Change) -> bool:
    return change.op in (Op.MOVE, Op.EXTERNAL) and change.to not in (None, change.path)


def _archived(entries: Iterable[Entry]) -> set[str]:
    """Give what the notes held that were archived and not brought back."""
    held: dict[str | None, str] = {}
    for entry in entries:
        if entry.change.op is Op.ARCHIVE:
            held[entry.change.to] = entry.change.before
        elif entry.change.op is Op.RESTORE:
            held.pop(entry.change.to, None)
    return set(held.values())


def _moment(ts: str) -> str:
    """Give a time as text that sorts as the times do, with however many decimals they are written."""
    return ts.removesuffix("Z").removesuffix("+00:00")
