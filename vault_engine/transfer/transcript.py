"""Reading a conversation as Claude Code keeps it: one JSON object a line. Pure.

What a person typed and what the assistant said to that person is kept; tool calls and their results, thinking, side
conversations, commands of the client and what was injected into a prompt are not.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from vault_engine.engine.marked import without_contexts

MAX_LINE_BYTES = 10 << 20
MAX_SIDE_CHARS = 4000
_END_CHARS = 50_000  # of a text that is longer than two of them: its beginning and its end are looked at
CUT = "\n[...truncated]"

Role = Literal["user", "assistant"]

_NOT_SAID = (
    "<local-command",
    "<command-",
    "<bash-",
    "<task-notification",
    "Caveat: The messages below",
    "[Request interrupted",
    "This session is being continued from a previous conversation",
)
_INJECTED = re.compile(r"<(system-reminder|user-prompt-submit-hook)>(?:(?!<\1>).)*?</\1>\n?", re.DOTALL)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class NotSaid(ValueError):
    """A line can't be read."""


class Said(NamedTuple):
    """What somebody said."""

    role: Role
    text: str
    uuid: str
    session: str
    moment: datetime | None
    folder: str  # where the client worked
    branch: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person said and what came back."""

    user: Said
    answer: str
    line: int  # where it begins, counts from 1


def read_said(line: bytes) -> Said | None:
    """Read a line; None where nobody said anything in it.

    Raises:
        NotSaid: it is no JSON object of that form.
    """
    if len(line) > MAX_LINE_BYTES:
        raise NotSaid(f"the line has more than {MAX_LINE_BYTES >> 20} MiB")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotSaid(f"not JSON: {str(error)[:100]}") from None
    if not isinstance(entry, dict):
        raise NotSaid("no JSON object")
    role, message = entry.get("type"), entry.get("message")
    if role not in ("user", "assistant") or any(entry.get(mark) is True for mark in _MARKS):
        return None
    if not isinstance(message, dict):
        raise NotSaid("it has no message")
    text = cleaned(_ends(_text_of(message.get("content"), role)))
    if not text or text.startswith(_NOT_SAID):
        return None
    return Said(
        role=role,
        text=text,
        uuid=_word(entry, "uuid"),
        session=_word(entry, "sessionId"),
        moment=_moment(entry.get("timestamp")),
        folder=_word(entry, "cwd"),
        branch=_word(entry, "gitBranch"),
    )


_MARKS = ("isMeta", "isSidechain", "isCompactSummary", "isVisibleInTranscriptOnly", "isApiErrorMessage")


def cleaned(text: str) -> str:
    """Leave out of what was said what a program put in: contexts, reminders, signs that steer a terminal."""
    return _ESCAPES.sub("", _INJECTED.sub("", without_contexts(text.replace("\r\n", "\n")))).strip()


def exchanges(lines: Iterable[tuple[int, Said]]) -> Iterator[Exchange]:
    """Put what was said together; what a person said without an answer is left out."""
    asked: tuple[int, Said] | None = None
    answer: list[str] = []
    for number, said in lines:
        if said.role == "assistant":
            answer.append(said.text)
            continue
        if asked and answer:
            yield Exchange(asked[1], "\n\n".join(answer), asked[0])
        asked, answer = (number, said), []
    if asked and answer:
        yield Exchange(asked[1], "\n\n".join(answer), asked[0])


def shortened(text: str, chars: int = MAX_SIDE_CHARS) -> str:
    """Cut a text that is longer, and say so in it."""
    return text if len(text) <= chars else text[:chars].rstrip() + CUT


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _END_CHARS else f"{text[:_END_CHARS]}\n{text[-_END_CHARS:]}"


def _text_of(content: Any, role: str) -> str:
    """Give the text of a message; that of a result of a tool is none."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict)]
    if role == "user" and any(part.get("type") == "tool_result" for part in parts):
        return ""
    return "\n\n".join(
        part["text"] for part in parts if part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def _word(entry: dict[str, Any], name: str) -> str:
    """Take a short text that comes from outside, on one line."""
    value = entry.get(name)
    return "".join(char for char in value[:500] if char.isprintable()).strip() if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
