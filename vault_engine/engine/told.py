"""What an event tells, read back from the revisions."""

import json
from dataclasses import dataclass
from typing import Any

from vault_engine.engine.session import Session
from vault_engine.journal.entry import Entry

FORMAT = 1
_MAX_TOLD_BYTES = 1 << 20  # three parts and what is around them are less


@dataclass(frozen=True)
class Told:
    """What was told in an event."""

    evaluated: Any
    acted: Any
    forward: Any
    category: str | None
    key: str | None
    agent: str | None


def told(session: Session, entry: Entry) -> Told | None:
    """Give what an event tells; None if that was erased, or is not to be had, or is not what that event told."""
    try:
        data = session.revisions.get(entry.change.after)
        facts = json.loads(data) if len(data) <= _MAX_TOLD_BYTES else None
    except (KeyError, ValueError, RecursionError):
        return None
    if not (isinstance(facts, dict) and facts.get("format") == FORMAT and facts.get("about") == entry.change.path):
        return None
    lines = (_line(facts.get(name)) for name in ("category", "key", "agent"))
    return Told(facts.get("evaluated"), facts.get("acted"), facts.get("forward"), *lines)


def _line(value: Any) -> str | None:
    return value if isinstance(value, str) else None
