"""One line of the journal, and the chain that ties each line to the one before it. Pure.

A line is one JSON object. Its last member ``h`` is the SHA-256 of the line's bytes before ``,"h":``, so a line is
checked by slicing it and never by writing it again; ``prev`` is the ``h`` of the line before.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

FORMAT = 1
NO_PREVIOUS = ""

_SEAL = b',"h":"'
_SEALED_TAIL = len(_SEAL) + 64 + len(b'"}')
_HASH = re.compile(r"(?:[0-9a-f]{64})?")
_MOST = 10**18  # nobody counts further, and it still fits into 64 bits


class Op(StrEnum):
    """What an entry says was done to a note, or was told."""

    CREATE = "create"
    WRITE = "write"
    ARCHIVE = "archive"
    RESTORE = "restore"
    MOVE = "move"  # from ``path`` to ``to``; the notes whose links follow have entries of their own, with its id
    EXTERNAL = "external"  # somebody changed, made or deleted a note without telling: an editor, git, a sync tool
    ABORT = "abort"  # the change of the entry ``ref`` was announced and did not happen
    RECOVERED = "recovered"  # the journal itself was mended; ``reason`` says how
    EVENT = "event"  # somebody told something: ``after`` is what, ``reason`` its type, ``path`` what it is about
    PURGE = "purge"  # the revision ``before`` was erased, for good


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change."""

    kind: str  # human | agent | system | external
    name: str
    client: str = ""  # the program it came through: cli, mcp, python
    session: str = ""  # what the client calls the conversation, where it says

    @classmethod
    def named(cls, text: str, client: str) -> "Actor":
        """Read ``kind:name``; without a known kind before the colon, the whole text names an agent."""
        kind, colon, name = text.partition(":")
        if colon and kind in ("human", "agent", "system"):
            return cls(kind, name, client)
        return cls("agent", text, client)


class Expect(StrEnum):
    """How the caller made sure that it knows what it replaces."""

    GIVEN = "given"  # it named the revision it had read
    NONE = "none"  # it relied on the rules of the verb
    FORCE = "force"  # it said that it does not matter


class Change(NamedTuple):
    """What is about to be done to one note."""

    op: Op
    path: str
    before: str  # SHA-256 of the note's bytes before; "" if there was none
    after: str  # the same after; "" if there is none
    to: str | None = None  # where the note went, or came from
    reason: str = ""
    size: int = 0  # bytes of the note after
    expect: Expect = Expect.NONE


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
    clock: str | None = None  # what the clock said, where it had gone back behind the entry before: ``ts`` never does


def encode(
    change: Change,
    *,
    seq: int,
    id: str,
    ts: str,
    actor: Actor,
    prev: str,
    ref: str | None = None,
    clock: str | None = None,
) -> bytes:
    """Write one line, with its newline."""
    said_clock = f'"clock":{_shown(clock)},' if clock else ""
    text = (
        f'{{"v":{FORMAT},"seq":{seq},"id":{_shown(id)},"ts":{_shown(ts)},'
        f'"actor":{{"kind":{_shown(actor.kind)},"name":{_shown(actor.name)},'
        f'"client":{_shown(actor.client)},"session":{_shown(actor.session)}}},'
        f'"op":"{change.op.value}","path":{_shown(change.path)},"to":{_or_null(change.to)},'
        f'"before":"{change.before}","after":"{change.after}","size":{change.size},'
        f'"expect":"{change.expect.value}","reason":{_shown(change.reason)},"ref":{_or_null(ref)},'
        f'{said_clock}"prev":"{prev}"'
    )
    open_object = text.encode("utf-8", "backslashreplace")  # half a character, as in a name that is no UTF-8: \udc80
    return open_object + _SEAL + hashlib.sha256(open_object).hexdigest().encode() + b'"}\n'


def hash_of(line: bytes) -> str:
    """Give the ``h`` of a line that `encode` wrote."""
    return line[-len(b'"}\n') - 64 : -len(b'"}\n')].decode()


def decode(line: bytes) -> Entry:
    """Read one line without its newline. A journal comes by sync too: whatever stands there, members are what they say.

    Texts may hold anything, half a character included; members that this version does not know are passed over.

    Raises:
        ValueError: it is not a line that `encode` wrote, or was changed since; the text says how.
    """
    sealed, tail = line[:-_SEALED_TAIL], line[-_SEALED_TAIL:]
    if tail != _SEAL + hashlib.sha256(sealed).hexdigest().encode() + b'"}':
        raise ValueError("the line's hash does not match its bytes")
    try:
        return _entry(_JSON.decode(line.decode()))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except KeyError as error:
        raise ValueError(f"the member {error} is missing") from error
    except TypeError as error:
        raise ValueError(f"a member is of the wrong kind: {error}") from error


_shown = json.encoder.encode_basestring  # what `json.dumps` uses for a text, without asking first what it is


def _or_null(text: str | None) -> str:
    return "null" if text is None else _shown(text)


def _no_number(name: str) -> None:
    raise TypeError(f"{name} is no number")


_JSON = json.JSONDecoder(parse_constant=_no_number)


def _entry(fields: dict[str, Any]) -> Entry:
    change = Change(
        op=Op(_text(fields["op"])),
        path=_text(fields["path"]),
        before=_hash(fields["before"]),
        after=_hash(fields["after"]),
        to=_text_or_none(fields["to"]),
        reason=_text(fields["reason"]),
        size=_count(fields.get("size", 0)),
        expect=Expect(_text(fields.get("expect", Expect.NONE.value))),
    )
    return Entry(
        seq=_count(fields["seq"]),
        id=_text(fields["id"]),
        ts=_text(fields["ts"]),
        actor=_actor(fields["actor"]),
        change=change,
        ref=_text_or_none(fields["ref"]),
        prev=_hash(fields["prev"]),
        h=_text(fields["h"]),
        clock=_text_or_none(fields.get("clock")),
    )


def _actor(fields: Any) -> Actor:
    if type(fields) is not dict:
        raise TypeError("the actor is no object")
    return Actor(
        kind=_text(fields["kind"]),
        name=_text(fields["name"]),
        client=_text(fields.get("client", "")),
        session=_text(fields.get("session", "")),
    )


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise TypeError(f"{value!r:.50} is no text")


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _hash(value: Any) -> str:
    if _HASH.fullmatch(_text(value)):
        return str(value)
    raise TypeError(f"{value!r:.50} is no hash")


def _count(value: Any) -> int:
    if type(value) is int and 0 <= value <= _MOST:  # True is no number here
        return value
    raise TypeError(f"{value!r:.50} is no number")
