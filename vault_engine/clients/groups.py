"""Commands that a client runs at its events, as values: which of them are ours. Pure.

At each event a client has a list of groups, ``{"matcher": …, "hooks": [{"command": …}]}``, or of bare commands,
``{"command": …}``. People and other programs have theirs in the same lists, and even in the same group.
"""

import re
from collections.abc import Mapping
from typing import Any

_OURS = re.compile(r"""(?:(?:^|[\s/\\"'])memwell(?:\.exe)?|-m\s+memwell_cli)["']?\s+hook\s""")


def is_ours(command: Any) -> bool:
    """Say whether a command with its options runs ``memwell hook``, wherever that is installed."""
    line = command.get("command") if isinstance(command, Mapping) else None
    return isinstance(line, str) and _OURS.search(line) is not None


def ours_in(events: Any) -> dict[str, list[Any]] | None:
    """Give what is ours of the lists by event; None if nothing is."""
    if not isinstance(events, Mapping):
        return None
    found = {event: _parts(items, ours=True) for event, items in events.items() if isinstance(items, list)}
    return {event: items for event, items in found.items() if items} or None


def others_in(events: Any) -> Any:
    """Give what is not ours of the lists by event, without lists that are empty then."""
    if not isinstance(events, Mapping):
        return events
    rest = {event: _parts(items, ours=False) if isinstance(items, list) else items for event, items in events.items()}
    return {event: items for event, items in rest.items() if items != []}


def _parts(items: list[Any], *, ours: bool) -> list[Any]:
    """Give the groups with those of their commands that are ours, or with the others."""
    parts: list[Any] = []
    for item in items:
        inner = item.get("hooks") if isinstance(item, Mapping) else None
        if not isinstance(inner, list):
            parts += [item] if is_ours(item) == ours else []
            continue
        kept = [one for one in inner if is_ours(one) == ours]
        if kept or not (inner or ours):
            parts.append({**item, "hooks": kept})
    return parts
