"""TOML, changed by splices: tables of ours are put behind the rest, or in the place of the one there. Pure.

The standard library reads TOML and does not say where things stand. So a place is guessed, line by line, and the guess
is proved by reading what would come of it.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from vault_engine.clients.tree import Splice, Spot, Unfit, found, newline_of, without

_BOM = "\ufeff"
_MAX_LINES = 200  # of one entry
_MAX_GUESSES = 2_000


def parse(text: str) -> dict[str, Any]:
    """Read a text; numbers with a point as they are written, as some equal nothing, themselves included.

    Raises:
        Unfit: it is no TOML.
    """
    try:
        return tomllib.loads(text.removeprefix(_BOM), parse_float=lambda raw: ("number", raw))
    except tomllib.TOMLDecodeError as error:
        raise Unfit(str(error)) from None
    except (RecursionError, ValueError):
        raise Unfit("it is nested too deep, or has a number too long") from None


def add(text: str, value: Mapping[str, Any], spot: Spot, entry: Mapping[str, Any]) -> Splice:
    """Put an entry behind all others, or in the place of the one there."""
    if found(value, spot) is None:
        return Splice(len(text), "", _behind(text, spot, entry))
    start, end = _span(text, value, spot)
    newline = newline_of(text)
    there = Splice(start, text[start:end], _table(spot, entry, newline))
    if _says(there.done(text), value, spot, entry):
        return there
    rest = text[:start] + text[end:]
    return Splice(start, text[start:], text[end:] + _behind(rest, spot, entry))


def take_out(text: str, value: Mapping[str, Any], spot: Spot) -> Splice:
    """Take an entry out.

    Raises:
        Unfit: it can't be told where it stands.
    """
    start, end = _span(text, value, spot)
    return Splice(start, text[start:end], "")


def _behind(text: str, spot: Spot, entry: Mapping[str, Any]) -> str:
    newline = newline_of(text)
    gap = newline if text.removeprefix(_BOM) and not text.endswith("\n") else ""
    blank = newline if text.strip(_BOM + " \t\r\n") and not text.endswith((newline * 2, "\n\n")) else ""
    return gap + blank + _table(spot, entry, newline)


def _table(spot: Spot, entry: Mapping[str, Any], newline: str) -> str:
    lines = [f"[{'.'.join((*spot.keys, spot.name))}]", *(f"{key} = {_written(one)}" for key, one in entry.items())]
    return newline.join(lines) + newline


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _span(text: str, value: Mapping[str, Any], spot: Spot) -> tuple[int, int]:
    """Find the fewest whole lines without which the text says the same but the entry."""
    rest = without(value, spot)
    for guesses, (start, end) in enumerate(_guesses(text, spot.name)):
        if guesses == _MAX_GUESSES:
            break
        try:
            left = parse(text[:start] + text[end:])
        except Unfit:
            continue
        if found(left, spot) is None and without(left, spot) == rest:
            return start, end
    raise Unfit(f"it can't be told which lines say {spot.name}")


def _guesses(text: str, name: str) -> Iterator[tuple[int, int]]:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for first, line in enumerate(lines):
        if name in line:
            for last in range(first, min(first + _MAX_LINES, len(lines))):
                yield starts[first], starts[last + 1]


def _says(text: str, value: Mapping[str, Any], spot: Spot, entry: Mapping[str, Any]) -> bool:
    try:
        new = parse(text)
    except Unfit:
        return False
    return bool(found(new, spot) == entry and without(new, spot) == without(value, spot))
