"""Frontmatter as most people write it, read in a third of the time a YAML parser takes.

One key a line, with a word or a quoted text behind it or a plain list below: whatever else stands there, this
reader gives up and `yaml12` decides. What it does read means exactly what `yaml12` says it means.
"""

from __future__ import annotations

import re
from typing import Any

from vault_engine.note.yaml12 import Document, Pair, QuotedText, scalar_value

_QUOTED = r"\"[^\"\\\n\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]*+\""
_WORDS = (
    r"[^\W\d_](?:[\w/.+;!?=%~*'&@$^(),-]|:(?=[\w/])|[ ](?=[\w/.(+;!?=%~$^]))*+"
    r"|[0-9](?:[\w/.-]|:(?=\w))*+"
)
_IN_FLOW = rf"(?:{_QUOTED}|\w(?:[\w/.-]|[ ](?=[\w/.]))*+)"  # between the brackets of a list
_FLOW = rf"\[(?:{_IN_FLOW}(?:,[ ]{_IN_FLOW})*+)?+\]"
_VALUE = rf"(?:{_QUOTED}|{_WORDS}|{_FLOW})"
_ITEM = re.compile(_IN_FLOW)
_LINE = re.compile(
    rf"(?:([A-Za-z][A-Za-z0-9_-]{{0,99}}+):(?:[ ]++({_VALUE}))?"
    rf"|([ ]*+)-[ ]++({_VALUE}))[ ]*+\r?\n"
)
_KEY, _OF_KEY, _OF_ITEM = 1, 2, 4  # the groups of a key, its value, and the value of an item


def read_plain_yaml(text: str) -> Document | None:
    """Read a text of the plainest form; None if it is of any other, which may still be YAML."""
    values: dict[str, Any] = {}
    pairs: list[Pair] = []
    quoted: list[QuotedText] = []
    position = 0
    items: list[Any] | None = None  # the list that an item on this line would belong to
    indent: str | None = None  # of its items, once there is one
    while line := _LINE.match(text, position):
        position = line.end()
        key, value, item_indent, item = line.groups()
        if key is not None:
            if key in values:
                return None
            start, key_end = line.span(_KEY)
            if value is None:
                values[key], end, items, indent = None, key_end + 1, [], None
            else:
                start_of_value, end = line.span(_OF_KEY)
                values[key], items = _read(value, start_of_value, key, quoted), None
            pairs.append(Pair(key, start, key_end, end, ()))
            continue
        if items is None or indent not in (None, item_indent):
            return None
        indent, key = item_indent, pairs[-1].key
        items.append(_read(item, line.start(_OF_ITEM), f"{key}.{len(items)}", quoted))
        values[key], pairs[-1] = items, pairs[-1]._replace(end=line.end(_OF_ITEM))
    return Document(values, True, tuple(pairs), tuple(quoted)) if pairs and position == len(text) else None


def _read(raw: str, start: int, path: str, quoted: list[QuotedText]) -> Any:
    """Read one value, and keep the places of the quoted texts in it that may be links."""
    if raw[0] not in '["':
        return scalar_value(raw)
    if raw[0] == '"':
        return _scalar(raw, start, path, quoted)
    items = _ITEM.finditer(raw)
    return [_scalar(item[0], start + item.start(), f"{path}.{n}", quoted) for n, item in enumerate(items)]


def _scalar(raw: str, start: int, path: str, quoted: list[QuotedText]) -> Any:
    if raw[0] != '"':
        return scalar_value(raw)
    value = raw[1:-1]
    if value.startswith("[["):
        quoted.append(QuotedText(path, value, start, start + len(raw)))
    return value
