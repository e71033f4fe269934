"""A note for the next session: what was asked, and where it stands. Pure, by rules."""

from collections.abc import Iterable
from typing import NamedTuple

from vault_engine.security.scrub import scrub
from vault_engine.transfer.transcript import Said, shortened

_MIN_FIRST_CHARS = 15  # a session that begins with less is no work to be handed on
_TITLE_CHARS, _ASKED_CHARS, _STANDS_CHARS = 60, 300, 800


class Summary(NamedTuple):
    """What the next session should know."""

    title: str
    text: str


def handoff(said: Iterable[Said]) -> Summary | None:
    """Say what a session was about and where it ended; None where there was nothing to hand on."""
    first = last = answer = None
    asked = answered = 0
    for one in said:
        if one.role == "user":
            first, last, asked = first or one, one, asked + 1
        else:
            answer, answered = one, answered + 1
    if first is None or last is None or answer is None or asked < 2 or len(first.text) < _MIN_FIRST_CHARS:
        return None
    parts = [f"Asked first: {_line(first.text)}"]
    if last is not first:
        parts.append(f"Asked last: {_line(last.text)}")
    parts.append(f"Where it stood, in the assistant's words:\n\n{_quoted(answer.text)}")
    where = f"{first.folder.replace(chr(92), '/').rstrip('/').rpartition('/')[2]} " if first.folder else ""
    day = f"{first.moment:%Y-%m-%d}: " if first.moment else ""
    title = f"Session {where}{day}{_short(scrub(first.text).text, _TITLE_CHARS)}"
    return Summary(title, "\n\n".join(parts))


def _line(text: str) -> str:
    return _short(scrub(text).text, _ASKED_CHARS)


def _short(text: str, chars: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= chars else f"{text[:chars].rstrip()}…"


def _quoted(text: str) -> str:
    """Set a text apart, so that nothing in it is taken for a heading, a property or code of the note."""
    return "\n".join(f"> {line}" for line in shortened(scrub(text).text, _STANDS_CHARS).splitlines())
