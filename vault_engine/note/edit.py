"""Edits of a note as splices: what was not asked for keeps every byte.

Text comes decoded with its line endings preserved. An edit that cannot be made without touching anything
else is refused; refusal is a value, and so is the new text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vault_engine.note.emit import inline_value, pair_lines, text_line, value_lines
from vault_engine.note.frontmatter import block_span, body_start, read_frontmatter, read_head
from vault_engine.note.model import Frontmatter, FrontmatterState
from vault_engine.note.tags import is_tag, property_tags
from vault_engine.note.yaml12 import Document, Pair

_WRITABLE = frozenset({FrontmatterState.NONE, FrontmatterState.EMPTY, FrontmatterState.OK})
_LEADING_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n)*+")
_TRAILING_LINE_ENDS = re.compile(r"(?:\r?\n)*\Z")
_COLON = re.compile(r"[ \t]*+:")
_COMMENT = re.compile(r"[ \t]++#[^\r\n]*+")
_LINE_END = re.compile(r"\r?\n")
_BLOCK_ITEM = re.compile(r"^([ \t]*+)-[ \t]++", re.MULTILINE)
_FLOW_ITEM = re.compile(r"""(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|[^,"'\[\]{}])++""", re.DOTALL)

DELETED: Final = object()  # stands for the value of a property that is to go


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
        changes: JSON values by key, applied in order; `DELETED` takes the key away. A new key goes last.
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


def rename_property(text: str, old: str, new: str) -> Edited | Refused:
    """Give a top-level property another name; its value, its place and every other byte stay."""
    before, document = read_head(text)
    if before.state not in _WRITABLE:
        return _unwritable(before)
    if old not in before.properties:
        return Refused(f"there is no property {old!r}")
    if old == new:
        return Edited(text)
    if new in before.properties:
        return Refused(f"there is a property {new!r} already")
    block = text[before.start : before.end]
    pair = _editable_pair(document, old)
    if pair is None or block[pair.start] in "&*" or not _COLON.match(block, pair.key_end):
        return Refused(f"{old!r} is not written as a plain key")
    changed = block[: pair.start] + inline_value(new) + block[pair.key_end :]
    expected = {new if name == old else name: value for name, value in before.properties.items()}
    return _proved(text, before, text[: before.start] + changed + text[before.end :], expected, old)


def add_tag(text: str, tag: str) -> Edited | Refused:
    """Put a tag last in the property ``tags``; a list keeps its style and every other byte.

    A single text becomes a list. A tag that is there already, in whatever case, changes nothing.
    """
    if not is_tag(tag):
        return Refused(f"{tag!r} is no tag")
    before, document = read_head(text)
    value = before.properties.get("tags")
    if isinstance(value, dict):
        return Refused("the property 'tags' is no list")
    if tag.casefold() in (name.casefold() for name in property_tags(value)):
        return Edited(text)
    entries = value if isinstance(value, list) else [] if value is None else [value]
    spliced = _with_item(text, _list_items(text, before, document, "tags"), tag) if entries is value else None
    return _with_list(text, before, "tags", [*entries, tag], spliced)


def remove_tag(text: str, tag: str) -> Edited | Refused:
    """Take a tag, in whatever case, out of the property ``tags``, with the comment on its line.

    Without anything left the property goes too.
    """
    before, document = read_head(text)
    value = before.properties.get("tags")
    entries = value if isinstance(value, list) else [value]
    gone = [isinstance(entry, str) and entry.removeprefix("#").casefold() == tag.casefold() for entry in entries]
    if not any(gone):
        return Refused(f"the property 'tags' does not hold {tag!r}")
    kept = [entry for entry, goes in zip(entries, gone, strict=True) if not goes]
    spliced = _without_items(text, _list_items(text, before, document, "tags"), gone) if kept else None
    return _with_list(text, before, "tags", kept, spliced)


def replace_body(text: str, body: str) -> Edited:
    """Put another body below the frontmatter.

    The blank lines after the frontmatter, the line ending and the line breaks at the end of the note stay.
    """
    start = body_start(text)
    head, old = text[:start], text[start:]
    if body == old:
        return Edited(text)
    newline = newline_of(text)
    lead = ""
    if block_span(text) and (found := _LEADING_BLANK_LINES.match(old)):
        lead = found[0] if head.endswith("\n") else newline
    content = _LINE_END.sub(newline, body.strip("\r\n"))
    new = head + lead + content + _final_line_ends(old[len(lead) :], newline)
    if body_start(new) != start:
        new = head + newline + content + _final_line_ends(old, newline)  # a body that looks like frontmatter
    return Edited(new)


def render(properties: Mapping[str, Any], body: str) -> str:
    """Write a new note: frontmatter in the order given, a blank line, the body, one line break at the end.

    Properties that are None are left out; without any there is no frontmatter.

    Raises:
        TypeError: a property is no JSON value.
        ValueError: a property is not a finite number.
    """
    lines: list[str] = []
    for key, value in properties.items():
        if isinstance(value, str):
            lines.append(text_line(key, value))
        elif value is not None:
            lines += pair_lines(key, value)
    head = "\n".join(["---", *lines, "---", "", ""]) if lines else ""
    content = body.strip("\r\n")
    return f"{head}{content}\n" if content else head.removesuffix("\n")


def _change(text: str, key: str, value: Any) -> Edited | Refused:
    """Make one change and prove that it is the only one."""
    before, document = read_head(text)
    if before.state not in _WRITABLE:
        return _unwritable(before)
    expected = {name: old for name, old in before.properties.items() if name != key or value is not DELETED}
    if value is not DELETED:
        expected[key] = value
    if _same(expected, before.properties):
        return Edited(text)
    spliced = _splice(text, before, document, key, value)
    if isinstance(spliced, Refused):
        return spliced
    return _proved(text, before, spliced.text, expected, key)


def _unwritable(before: Frontmatter) -> Refused:
    return Refused(f"the frontmatter is {before.state.value.replace('_', '-')}: {before.problem}")


def _proved(text: str, before: Frontmatter, spliced: str, expected: Mapping[str, Any], key: str) -> Edited | Refused:
    """Accept a new text only if it reads as the properties wanted above the same body."""
    after = read_frontmatter(spliced)
    if after.state not in _WRITABLE or not _same(expected, after.properties):
        return Refused(f"{key!r} cannot be changed without touching something else")
    if spliced[after.body_start :] != text[before.body_start :]:
        return Refused(f"changing {key!r} would change the body")
    return Edited(spliced)


def _splice(text: str, before: Frontmatter, document: Document | None, key: str, value: Any) -> Edited | Refused:
    newline = newline_of(text)
    if document is None:
        block = newline.join(["---", *pair_lines(key, value), "---", ""])
        return Edited(text[: before.body_start] + block + text[before.body_start :])
    if not document.editable:
        return Refused("the frontmatter is not written as one plain key per line")
    block, pair = text[before.start : before.end], _editable_pair(document, key)
    if pair is None:
        changed: str | Refused = block + "".join(line + newline for line in pair_lines(key, value))
    elif value is DELETED:
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
        written = "" if value is None else f" {inline_value(value)}"
        return f"{block[:start]}{written}{kept}{block[end:]}"
    if comment is None and (comment := _COMMENT.match(block, end)):
        end = comment.end()
    lines = [comment[0] if comment else "", *value_lines(value, "  ")]
    return block[:start] + newline.join(lines) + block[end:]


@dataclass(frozen=True, slots=True)
class _Items:
    """Where the items of a list stand, in characters of the note."""

    spans: list[tuple[int, int]]  # block style: whole lines; flow style: without blanks and commas
    end: int  # of the list
    flow: bool


def _editable_pair(document: Document | None, key: str) -> Pair | None:
    pairs = document.pairs if document and document.editable else ()
    return next((pair for pair in pairs if pair.key == key), None)


def _list_items(text: str, before: Frontmatter, document: Document | None, key: str) -> _Items | None:
    """Look for the items of a list that is simply written; only a proof shows that they are what they seem."""
    pair = _editable_pair(document, key)
    if pair is None:
        return None
    start, end = before.start + pair.key_end, before.start + pair.end
    opening = text.find("[", start, end)
    if opening < 0 or text[start:opening].strip(" \t:"):
        found = list(_BLOCK_ITEM.finditer(text, start, end))
        lines = [item.start() for item in found if item[1] == found[0][1]]
        return _Items([(line, text.index("\n", line) + 1) for line in lines], end, flow=False)
    if pair.comments:
        return None
    items = [item for item in _FLOW_ITEM.finditer(text, opening + 1, end - 1) if item[0].strip()]
    spans = [(item.end() - len(item[0].lstrip()), item.start() + len(item[0].rstrip())) for item in items]
    return _Items(spans, end, flow=True)


def _with_item(text: str, items: _Items | None, value: str) -> str | None:
    """Write one more item behind the last, as that one is written."""
    if items is None or not items.spans:
        return None
    if items.flow:
        end = items.spans[-1][1]
        return f"{text[:end]}, {inline_value(value, flow=True)}{text[end:]}"
    mark = _BLOCK_ITEM.match(text, items.spans[-1][0])
    end = text.index("\n", items.end) + 1
    return f"{text[:end]}{mark[0] if mark else ''}{inline_value(value)}{newline_of(text)}{text[end:]}"


def _without_items(text: str, items: _Items | None, gone: Sequence[bool]) -> str | None:
    """Leave items out, in flow style each with the comma before it or, at the beginning, after it."""
    if items is None or len(items.spans) != len(gone):
        return None
    first = gone.index(False)
    pieces, position = [], 0
    for index, (start, end) in enumerate(items.spans):
        if not gone[index]:
            continue
        if items.flow and index < first:
            end = items.spans[index + 1][0]
        elif items.flow:
            start = items.spans[index - 1][1]
        pieces.append(text[position:start])
        position = end
    return "".join(pieces) + text[position:]


def _with_list(text: str, before: Frontmatter, key: str, entries: list[Any], spliced: str | None) -> Edited | Refused:
    """Take the splice if it proves right, else write the whole list, or delete it when empty."""
    if spliced is not None:
        proved = _proved(text, before, spliced, {**before.properties, key: entries}, key)
        if isinstance(proved, Edited):
            return proved
    return set_properties(text, {key: entries or DELETED})


def newline_of(text: str) -> str:
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
