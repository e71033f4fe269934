"""How we write YAML: values another tool, of YAML 1.1 or 1.2, reads as exactly the same."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.()+;!?&=@%~*',:# -]*")
_PLAIN_IN_FLOW = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.()+;!?=@%~* -]*")
_TRAP = re.compile(r": | #|[: ]$")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_WORDS_WITH_MEANING = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPES = {
    ord(character): escape
    for character, escape in {
        '"': '\\"',
        "\\": "\\\\",
        "\0": "\\0",
        "\t": "\\t",
        "\n": "\\n",
        "\r": "\\r",
        "\x85": "\\N",
        "\u2028": "\\L",
        "\u2029": "\\P",
        "\ufeff": "\\uFEFF",
        "\ufffe": "\\uFFFE",
        "\uffff": "\\uFFFF",
    }.items()
}
_ESCAPES = {code: f"\\x{code:02X}" for code in (*range(32), *range(0x7F, 0xA0))} | _ESCAPES


def pair_lines(key: str, value: Any) -> list[str]:
    """The lines, without line ends, that give a key a JSON value in a block mapping.

    Raises:
        TypeError: the value or a key in it has no place in JSON.
        ValueError: a number in it is not finite.
    """
    if isinstance(value, str):
        return [text_line(_text(key), value)]
    name = _quoted(_text(key), False)
    if isinstance(value, (dict, list, tuple)) and value:
        return [f"{name}:", *value_lines(value, "  ")]
    return [f"{name}:" if value is None else f"{name}: {inline_value(value)}"]


def text_line(key: str, text: str) -> str:
    """The line that gives a key, which is a text, a text; most are of this kind."""
    return f"{_quoted(key, False)}: {_quoted(text, False)}"


def value_lines(value: Any, indent: str) -> list[str]:
    """The lines of a list or mapping that is not empty, in block style."""
    if isinstance(value, dict):
        return [f"{indent}{line}" for key, item in value.items() for line in pair_lines(key, item)]
    lines = []
    for item in value:
        if isinstance(item, str):
            lines.append(f"{indent}- {_quoted(item, False)}")
        elif isinstance(item, (dict, list, tuple)) and item:
            own = value_lines(item, "")
            lines += [f"{indent}{'  ' if index else '- '}{line}" for index, line in enumerate(own)]
        else:
            lines.append(f"{indent}- {inline_value(item)}")
    return lines


def inline_value(value: Any, *, flow: bool = False) -> str:
    """A value on one line; ``flow`` says that it stands between brackets."""
    match value:
        case str():
            return _quoted(value, flow)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case dict():
            pairs = (
                f"{inline_value(_text(key), flow=True)}: {inline_value(item, flow=True)}" for key, item in value.items()
            )
            return "{" + ", ".join(pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(inline_value(item, flow=True) for item in value) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} is no JSON value")


def _text(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} is no text")
    return key


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    digits = repr(value)
    return digits if "." in digits else digits.replace("e", ".0e")


@lru_cache(maxsize=1024)  # the same few names, types and tags stand in note after note
def _quoted(text: str, flow: bool) -> str:
    """The text, in double quotes unless every YAML reads it as the same text without."""
    plain = _PLAIN_IN_FLOW if flow else _PLAIN
    safe = plain.fullmatch(text) and not _TRAP.search(text) and text.lower() not in _WORDS_WITH_MEANING
    if safe or _DATE.fullmatch(text):
        return text
    if text.isprintable() and '"' not in text and "\\" not in text:  # then nothing is to be escaped
        return f'"{text}"'
    return f'"{text.translate(_ESCAPES)}"'
