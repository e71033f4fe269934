"""Which revisions the owner wants kept. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from vault_engine.journal.entry import Entry, Op
from vault_engine.journal.replay import happened


def kept(entries: Iterable[Entry], *, since: str, versions: int) -> set[str]:
    """Say which revisions are to be kept: of each note the last ones, and whatever it has held since a moment.

    Args:
        entries: the whole journal, oldest first.
        since: ISO 8601 in UTC, as the entries have it; what was replaced before it may go.
        versions: how many of each path are kept however old they are; at least the last one is.

    Returns:
        SHA-256 hashes.
    """
    by_path: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in happened(entries):
        change = entry.change
        if change.op is Op.PURGE:
            continue
        if change.before and not by_path[change.path]:
            by_path[change.path].append(("", change.before))
        by_path[change.to if change.op is Op.MOVE and change.to else change.path].append((entry.ts, change.after))
    keep: set[str] = set()
    for states in by_path.values():
        held_until = [*(ts for ts, _ in states[1:]), None]
        keep.update(sha256 for _, sha256 in states[-max(1, versions) :])
        keep.update(
            sha256 for (_, sha256), until in zip(states, held_until, strict=True) if until is None or until >= since
        )
    return keep - {""}
