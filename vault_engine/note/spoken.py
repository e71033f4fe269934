"""Whether a piece of text is somebody's turn in a conversation, and what sort of turn. Pure.

A turn begins with who speaks: ``Ann: …``, ``**Ann:** …``, ``**Ann**: …``, perhaps behind a time in brackets. One label
alone proves nothing (``Note: …``): whether notes are a conversation is seen from many of them, see `index.turns`.
"""

import re
from enum import IntFlag
from typing import NamedTuple

MAX_SPEAKER_CHARS = 40
_MAX_SPEAKER_WORDS = 4
_LOOKED_AT = 2_000  # characters of a turn that say what sort it is

_LABEL = re.compile(
    r"\s*(?:[-*>]\s+)?(?:\[[^\]\n]{1,40}\]\s*)?"  # a list's mark; a time in brackets
    r"(?P<mark>\*\*|__|)(?P<name>[^\W\d_][^\n:*_\[\]#`|<>/\\]{0,39}?)(?:(?P=mark):|:(?P=mark))(?=\s)"
)
_TIME = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|recently|earlier|weekend|just|morning"
    r"|days?|weeks?|months?|years?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|march|april|may \d+|june|july|august|september|october|november|december"
    r"|(?:last|next|this|past|previous|coming) (?:night|spring|summer|fall|autumn|winter|may|few)"
    r"|(?:19|20)\d\d)\b"
    r"|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d+月|\d+日",
    re.IGNORECASE,
)


class Sign(IntFlag):
    """What sort of turn a text is."""

    ASKS = 1  # it holds a question
    IS_QUESTION = 2  # and ends with it
    NAMES_A_TIME = 4


class Spoken(NamedTuple):
    """A turn of a conversation."""

    speaker: str  # as written
    signs: Sign


def spoken(text: str) -> Spoken | None:
    """Read a text as a turn; None for one that does not begin with who speaks."""
    label = _LABEL.match(text[:_LOOKED_AT])
    if label is None or len(label["name"].split()) > _MAX_SPEAKER_WORDS:
        return None
    return Spoken(label["name"].strip(), _signs_of(text[label.end() : _LOOKED_AT]))


def names_a_time(text: str) -> bool:
    """Say whether a text tells when something is, be it a date or ``last week``. Knows English words only."""
    return _TIME.search(text) is not None


def _signs_of(said: str) -> Sign:
    signs = Sign(0)
    if "?" in said or "？" in said:
        signs |= Sign.ASKS
    lines = [line.strip() for line in said.strip().splitlines() if not line.lstrip().startswith(("[", "!["))]
    if lines and lines[-1].endswith(("?", "？")):
        signs |= Sign.IS_QUESTION
    return signs | Sign.NAMES_A_TIME if names_a_time(said) else signs
