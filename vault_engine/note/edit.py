"""Edits of a note as splices: what was not asked for keeps every byte.

Text comes decoded with its line endings preserved. An edit that cannot be made without touching anything
else is refused; refusal is a value, and so is the new text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault_engine.note.emit import inline_value, pair_lines, value_lines
from vault_engine.note.frontmatter import read_frontmatter
from vault_engine.note.model import Frontmatter, FrontmatterState
from vault_engine.note.yaml12 import Pair, read_yaml

_WRITABLE = frozenset({FrontmatterState.NONE, FrontmatterState.EMPTY, FrontmatterState.OK})
_LEADING_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n)*+")
_TRAILING_LINE_ENDS = re.compile(r"(?:\r?\n)*\Z")
_COLON = re.compile(r"[ \t]*+:")
_COMMENT = re.compile(r"[ \t]++#[^\r\n]*+")
_LINE_END = re.compile(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Edited:
    """The note with the change."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and why."""

    reason: str


def set_properties(text: str, changes: Mapping[str, Any]) -> Edited | Refused:
    """Set or delete top-level properties, leaving every other byte as it is.

    Args:
        text: the whole note.
        changes: JSON values by key, applied in order; None deletes the key. A new key goes last.
    """
    for key, value in changes.items():
        try:
            result = _change(text, key, value)
        except (TypeError, ValueError, RecursionError) as error:
            return Refused(f"{key!r} has a value that a property cannot hold: {error}")
        if isinstance(result, Refused):
            return result
        text = result.text
    return Edited(text)


def replace_body(text: str, body: str) -> Edited:
    """Put another body below the frontmatter.

    The blank lines after the frontmatter, the line ending and the line breaks at the end of the note stay.
    """
    frontmatter = read_frontmatter(text)
    head, old = text[: frontmatter.body_start], text[frontmatter.body_start :]
    if body == old:
        return Edited(text)
    newline = _newline(text)
    lead = ""
    if frontmatter.state is not FrontmatterState.NONE and (found := _LEADING_BLANK_LINES.match(old)):
        lead = found[0] if head.endswith("\n") else newline
    content = _LINE_END.sub(newline, body.strip("\r\n"))
    new = head + lead + content + _final_line_ends(old[len(lead) :], newline)
    if read_frontmatter(new).body_start != frontmatter.body_start:
        new = head + newline + content + _final_line_ends(old, newline)  # a body that looks like frontmatter
    return Edited(new)


def render(properties: Mapping[str, Any], body: str) -> str:
    """Write a new note: frontmatter in the order given, a blank line, the body, one line break at the end.

    Properties that are None are left out; without any there is no frontmatter.

    Raises:
        TypeError: a property is no JSON value.
        ValueError: a property is not a finite number.
    """
    present = {key: value for key, value in properties.items() if value is not None}
    lines = [line for key, value in present.items() for line in pair_lines(key, value)]
    head = "".join(f"{line}\n" for line in ["---", *lines, "---", ""]) if lines else ""
    content = body.strip("\r\n")
    return f"{head}{content}\n" if content else head.removesuffix("\n")


def _change(text: str, key: str, value: Any) -> Edited | Refused:
    """Make one change and prove that it is the only one."""
    before = read_frontmatter(text)
    if before.state not in _WRITABLE:
        return Refused(f"the frontmatter is {before.state.value.replace('_', '-')}: {before.problem}")
    expected = {name: old for name, old in before.properties.items() if name != key or value is not None}
    if value is not None:
        expected[key] = value
    if _same(expected, before.properties):
        return Edited(text)
    spliced = _splice(text, before, key, value)
    if isinstance(spliced, Refused):
        return spliced
    after = read_frontmatter(spliced.text)
    if after.state not in _WRITABLE or not _same(expected, after.properties):
        return Refused(f"{key!r} cannot be changed without touching something else")
    if spliced.text[after.body_start :] != text[before.body_start :]:
        return Refused(f"changing {key!r} would change the body")
    return spliced


def _splice(text: str, before: Frontmatter, key: str, value: Any) -> Edited | Refused:
    newline = _newline(text)
    if before.state is FrontmatterState.NONE:
        block = newline.join(["---", *pair_lines(key, value), "---", ""])
        return Edited(text[: before.body_start] + block + text[before.body_start :])
    block = text[before.start : before.end]
    document = read_yaml(block)
    if not document.editable:
        return Refused("the frontmatter is not written as one plain key per line")
    pair = next((pair for pair in document.pairs if pair.key == key), None)
    if pair is None:
        changed: str | Refused = block + "".join(line + newline for line in pair_lines(key, value))
    elif value is None:
        changed = _without(block, pair)
    else:
        changed = _with_value(block, pair, value, newline)
    if isinstance(changed, Refused):
        return changed
    return Edited(text[: before.start] + changed + text[before.end :])


def _without(block: str, pair: Pair) -> str:
    """Take out the lines of a pair, with the comment on its last line."""
    start = block.rfind("\n", 0, pair.start) + 1
    end = block.find("\n", pair.end) + 1
    return block[:start] + block[end:]


def _with_value(block: str, pair: Pair, value: Any, newline: str) -> str | Refused:
    """Replace the value of a pair; a comment on its first or last line stays."""
    colon = _COLON.match(block, pair.key_end)
    if colon is None:
        return Refused(f"{pair.key!r} is not written as a plain key")
    start, end = colon.end(), max(colon.end(), pair.end)
    comment = _COMMENT.match(block, start)
    if len(pair.comments) > (comment is not None and comment.end() < end):
        return Refused(f"the value of {pair.key!r} holds comments that would be lost")
    flow = block[start:end].lstrip().startswith("[")
    if not isinstance(value, (list, tuple, dict)) or not value or (flow and not isinstance(value, dict)):
        kept = comment[0] if comment and comment.end() < end else ""
        return f"{block[:start]} {inline_value(value)}{kept}{block[end:]}"
    if comment is None and (comment := _COMMENT.match(block, end)):
        end = comment.end()
    lines = [comment[0] if comment else "", *value_lines(value, "  ")]
    return block[:start] + newline.join(lines) + block[end:]


def _newline(text: str) -> str:
    """The line ending of a note: that of its first line."""
    return "\r\n" if text.find("\r\n") == text.find("\n") - 1 >= 0 else "\n"


def _final_line_ends(old: str, newline: str) -> str:
    """The line breaks at the end of a new body: as many as the old one had, one if it was empty."""
    if not old:
        return newline
    ends = _TRAILING_LINE_ENDS.search(old.rstrip(" "))
    return ends[0] if ends else ""


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of properties agree in values, their types and their order."""
    return json.dumps(one, allow_nan=False) == json.dumps(other, allow_nan=False)
