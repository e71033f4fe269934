"""Changing a client's file without touching a byte of the rest: text in, splice out, and the proof that it is right.

Pure. Every splice is made, read again and compared: the entry is there (or gone), and all else says what it said.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vault_engine.clients import json_groups, json_text, toml_text, yaml_text
from vault_engine.clients.tree import Node, Splice, Spot, Syntax, Unfit, found, value_of, without


def read(syntax: Syntax, text: str) -> Any:
    """Give what a text says.

    Raises:
        Unfit: it does not parse.
    """
    if syntax is Syntax.TOML:
        return toml_text.parse(text)
    return value_of(_tree(syntax, text))


class Done(NamedTuple):
    """What was done to a text."""

    splice: Splice
    made: int  # how many maps or lists were made to hold the entry
    replaced: bool  # whether another entry stood there


def add(syntax: Syntax, text: str, spot: Spot, entry: Mapping[str, Any]) -> Done | None:
    """Put an entry at a spot, in the place of another that may be there; None if it stands there already.

    Raises:
        Unfit: the text does not parse, or can't be changed safely; the message says why.
    """
    before, wanted = read(syntax, text), _as_read(syntax, entry)
    if found(before, spot) == wanted:
        return None
    splice = _added(syntax, text, before, spot, entry)
    if not _is_right(syntax, splice.done(text), before, spot, lambda there: there == wanted):
        raise Unfit("the change can't be made without touching something else")
    return Done(splice, _missing(before, spot), found(before, spot) is not None)


def take_out(syntax: Syntax, text: str, spot: Spot, done: Done) -> str | None:
    """Take back what `add` did from a text that others have changed since; None if nothing of it is left.

    Raises:
        Unfit: the text does not parse, or the entry can't be taken out without touching something else.
    """
    now = read(syntax, text)
    if found(now, spot) is None:
        return None
    if text.count(done.splice.inserted) == 1:
        candidate = text.replace(done.splice.inserted, done.splice.removed)
        if _is_right(syntax, candidate, now, spot, lambda there: (there is not None) == done.replaced):
            return candidate
    if done.replaced and not spot.grouped:  # of groups what was there before was ours as well
        raise Unfit("the entry that was there before can't be put back, as the one of ours was changed since")
    return _cut_out(syntax, text, now, spot, done.made)


def nothing_else(text: str, blank: str, syntax: Syntax) -> bool:
    """Say whether a text that was made for an entry holds nothing any more."""
    return "".join(text.split()) in {"", "".join(blank.split()), "{}" if syntax is Syntax.JSON else ""}


def snippet(syntax: Syntax, spot: Spot, entry: Mapping[str, Any]) -> str:
    """Write an entry as a file would hold it that holds nothing else."""
    done = add(syntax, "", spot, entry)
    assert done is not None, "nothing is there"
    return done.splice.inserted


def _missing(value: Any, spot: Spot) -> int:
    for depth, key in enumerate(spot.keys):
        if not isinstance(value, Mapping) or key not in value:
            return len(spot.keys) - depth
        value = value[key]
    return 0


def _cut_out(syntax: Syntax, text: str, now: Any, spot: Spot, made: int) -> str:
    if syntax is Syntax.TOML:
        splice = toml_text.take_out(text, now, spot)
    elif spot.grouped:
        splice = json_groups.take_out(text, spot, made)
    else:
        root = _tree(syntax, text)
        assert root is not None, "the entry is in it"
        take_from = json_text.take_out if syntax is Syntax.JSON else yaml_text.take_out
        splice = take_from(text, root, spot, made)
    candidate = splice.done(text)
    if not _is_right(syntax, candidate, now, spot, lambda there: there is None):
        raise Unfit("the entry can't be taken out without touching something else")
    return candidate


def _is_right(syntax: Syntax, candidate: str, before: Any, spot: Spot, fits: Callable[[Any], bool]) -> bool:
    """Say whether what stands at the spot fits, and all else says what it said before."""
    try:
        after = read(syntax, candidate)
    except Unfit:
        return False
    return without(after, spot) == without(before, spot) and fits(found(after, spot))


def _added(syntax: Syntax, text: str, before: Any, spot: Spot, entry: Mapping[str, Any]) -> Splice:
    if syntax is Syntax.TOML:
        return toml_text.add(text, before, spot, entry)
    if spot.grouped:
        return json_groups.add(text, spot, entry)
    add_to = json_text.add if syntax is Syntax.JSON else yaml_text.add
    return add_to(text, _tree(syntax, text), spot, entry)


def _as_read(syntax: Syntax, entry: Mapping[str, Any]) -> Any:
    """Give an entry as it is read from a file: of JSON, numbers as they are written."""
    return read(syntax, json_text.flow(entry)) if syntax is Syntax.JSON else entry


def _tree(syntax: Syntax, text: str) -> Node | None:
    return json_text.parse(text) if syntax is Syntax.JSON else yaml_text.parse(text)
