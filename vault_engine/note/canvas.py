"""The files a canvas shows. A canvas is JSON; what is rewritten is the characters of a path, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from unicodedata import normalize

from vault_engine.note.relink import Splice

_BOM = "\ufeff"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],]', re.DOTALL)

Span = tuple[int, int]


class CanvasLink(NamedTuple):
    """One file that stands on a canvas."""

    target: str  # its path in the vault
    start: int  # of what is written between the quotes
    end: int


@dataclass(slots=True)
class _Open:
    """An object or list that is being read."""

    mark: str
    key: str | None = None
    strings: dict[str, Span] = field(default_factory=dict)  # by key: where the text stands between its quotes


def canvas_links(text: str) -> tuple[CanvasLink, ...]:
    """Find the files on a canvas, in order of appearance; a text that is no canvas has none."""
    return tuple(CanvasLink(_read(text, span), *span) for span in _values(text, "file", of_type="file"))


def canvas_texts(text: str) -> tuple[str, ...]:
    """Give the texts that stand on a canvas. Links in them are read, never rewritten."""
    return tuple(_read(text, span) for span in _values(text, "text", of_type="text"))


def rewritten_canvas(text: str, moved: Mapping[str, str]) -> tuple[Splice, ...]:
    """Say how a canvas changes when files get new paths.

    Paths are compared as Obsidian does on a canvas: whole, from the vault's root, and in the case written.
    """
    new_paths = {normalize("NFC", old): new for old, new in moved.items()}
    splices: list[Splice] = []
    line, position = 1, 0
    for link in canvas_links(text):
        new = new_paths.get(normalize("NFC", link.target))
        if new is not None and new != link.target:
            old = text[link.start : link.end]
            line += text.count("\n", position, link.start)
            position = link.start
            splices.append(Splice(link.start, link.end, _escaped(new, like=old), old, line))
    return tuple(splices)


def _escaped(path: str, *, like: str) -> str:
    written = json.dumps(path, ensure_ascii="\\u" in like)[1:-1]
    return written.replace("/", "\\/") if "\\/" in like else written


def _values(text: str, key: str, *, of_type: str) -> Iterator[Span]:
    """Find the value of ``key`` in each node of a type."""
    if not _is_json(text):
        return
    for node in _nodes(text):
        if key in node and "type" in node and _read(text, node["type"]) == of_type:
            yield node[key]


def _is_json(text: str) -> bool:
    try:
        json.loads(text.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return False
    return True


def _nodes(text: str) -> Iterator[dict[str, Span]]:
    """Walk through valid JSON and give the texts of each object that the root's list ``nodes`` holds."""
    opened: list[_Open] = []
    for token in _TOKEN.finditer(text):
        top = opened[-1] if opened else None
        match token[0][0]:
            case "{" | "[" as mark:
                opened.append(_Open(mark))
            case "}" | "]":
                closed = opened.pop()
                if closed.mark == "{" and len(opened) == 2 and opened[0].key == "nodes" and opened[1].mark == "[":
                    yield closed.strings
            case ",":
                if top is not None:
                    top.key = None
            case _:
                if top is not None and top.mark == "{":
                    _take(text, top, (token.start() + 1, token.end() - 1))


def _take(text: str, inside: _Open, span: Span) -> None:
    """Take in a key of an object, or the text that is its value; of two equal keys the last one counts."""
    if inside.key is None:
        inside.key = _read(text, span)
        inside.strings.pop(inside.key, None)
    else:
        inside.strings[inside.key] = span


def _read(text: str, span: Span) -> str:
    return str(json.loads(f'"{text[slice(*span)]}"'))
