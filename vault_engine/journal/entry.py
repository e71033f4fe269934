"""One line of the journal, and the chain that ties each line to the one before it. Pure.

A line is one JSON object. Its last member ``h`` is the SHA-256 of the line's bytes before ``,"h":``, so a line is
checked by slicing it and never by writing it again; ``prev`` is the ``h`` of the line before.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

FORMAT = 1
NO_PREVIOUS = ""

_SEAL = b',"h":"'
_SEALED_TAIL = len(_SEAL) + 64 + len(b'"}')


class Op(StrEnum):
    """What an entry says was done to a note."""

    CREATE = "create"
    WRITE = "write"
    ARCHIVE = "archive"
    RESTORE = "restore"
    MOVE = "move"  # from ``path`` to ``to``; the notes whose links follow have entries of their own, with its id
    ABORT = "abort"  # the change of the entry ``ref`` was announced and did not happen


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change."""

    kind: str  # human | agent | system
    name: str
    client: str = ""  # the program it came through: cli, mcp, python

    @classmethod
    def named(cls, text: str, client: str) -> "Actor":
        """Read ``kind:name``; without a known kind before the colon, the whole text names an agent."""
        kind, colon, name = text.partition(":")
        if colon and kind in ("human", "agent", "system"):
            return cls(kind, name, client)
        return cls("agent", text, client)


class Change(NamedTuple):
    """What is about to be done to one note."""

    op: Op
    path: str
    before: str  # SHA-256 of the note's bytes before; "" if there was none
    after: str  # the same after; "" if there is none
    to: str | None = None  # where the note went, or came from
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal, as read."""

    seq: int  # counts from 1 in the journal of one device
    id: str
    ts: str  # ISO 8601, UTC
    actor: Actor
    change: Change
    ref: str | None
    prev: str
    h: str


def encode(change: Change, *, seq: int, id: str, ts: str, actor: Actor, prev: str, ref: str | None = None) -> bytes:
    """Write one line, with its newline."""
    fields: dict[str, Any] = {
        "v": FORMAT,
        "seq": seq,
        "id": id,
        "ts": ts,
        "actor": {"kind": actor.kind, "name": actor.name, "client": actor.client},
        "op": change.op.value,
        "path": change.path,
        "to": change.to,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "ref": ref,
        "prev": prev,
    }
    open_object = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
    return open_object + _SEAL + hashlib.sha256(open_object).hexdigest().encode() + b'"}\n'


def decode(line: bytes) -> Entry:
    """Read one line without its newline.

    Raises:
        ValueError: it is not a line that `encode` wrote, or was changed since; the text says how.
    """
    sealed, tail = line[:-_SEALED_TAIL], line[-_SEALED_TAIL:]
    h = tail[len(_SEAL) : -2].decode("ascii", "replace")
    if not tail.startswith(_SEAL) or hashlib.sha256(sealed).hexdigest() != h:
        raise ValueError("the line's hash does not match its bytes")
    fields = json.loads(line)
    try:
        return _entry(fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"a member is missing or of the wrong kind: {error}") from error


def _entry(fields: dict[str, Any]) -> Entry:
    change = Change(Op(fields["op"]), fields["path"], fields["before"], fields["after"], fields["to"], fields["reason"])
    return Entry(
        seq=int(fields["seq"]),
        id=fields["id"],
        ts=fields["ts"],
        actor=Actor(**fields["actor"]),
        change=change,
        ref=fields["ref"],
        prev=fields["prev"],
        h=fields["h"],
    )
