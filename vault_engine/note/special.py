"""Notes that nobody but their owner may edit: drawings, and what a merge left half done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vault_engine.note.model import Note

_DRAWING_HEADING = re.compile(r"^##? Drawing[ \t]*\r?$", re.MULTILINE)
_DRAWING_PROPERTY = "excalidraw-plugin"
_FIRST_MARKER = "<<<<<<<"
_MERGE_MARKER = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \t\r]|$)", re.MULTILINE)


def is_excalidraw_path(path: str) -> bool:
    """Say whether a path names a drawing of the Excalidraw plugin."""
    return path.lower().endswith(".excalidraw.md")


def why_read_only(note: Note, path: str) -> str | None:
    """Say why no tool may edit this note, whatever the state of its frontmatter; None if one may."""
    if _is_drawing(note, path):
        return "an Excalidraw drawing: only its plugin may edit it"
    if note.conflicted:
        return "it holds a merge's conflict markers: a person has to mend it first"
    return None


def may_be_read_only(text: str, path: str) -> bool:
    """Say at a glance whether a text has to be parsed for `why_read_only` to tell; most need not."""
    is_escaped = "\\" in text  # so may the name of a property be
    return is_escaped or _DRAWING_PROPERTY in text or _FIRST_MARKER in text or is_excalidraw_path(path)


def searchable_end(note: Note, path: str = "") -> int:
    """Give the offset in the text where words end and a drawing's data begins: the end, for most notes."""
    end = len(note.text)
    if not _is_drawing(note, path):
        return end
    for heading in _DRAWING_HEADING.finditer(note.text, note.frontmatter.body_start):
        end = heading.start()  # the last one: the plugin keeps its data behind every text
    before = note.text[note.frontmatter.body_start : end].rstrip()
    opens_comment = end < len(note.text) and before.rpartition("\n")[2] == "%%"
    return note.frontmatter.body_start + len(before) - len("%%") if opens_comment else end


def find_merge_markers(text: str, code: Sequence[tuple[int, int]]) -> bool:
    """Say whether a text holds the three lines of a merge's conflict, in their order.

    Args:
        text: the whole text of a note.
        code: the spans of its code, sorted by their start; a marker in one of them is quoted, not meant.
    """
    if _FIRST_MARKER not in text:
        return False
    awaited = "<=>"
    passed = 0  # number of spans that end before the marker
    for marker in _MERGE_MARKER.finditer(text):
        start = marker.start()
        while passed < len(code) and code[passed][1] <= start:
            passed += 1
        is_quoted = passed < len(code) and code[passed][0] <= start
        if awaited and text[start] == awaited[0] and not is_quoted:
            awaited = awaited[1:]
    return not awaited


def _is_drawing(note: Note, path: str) -> bool:
    return is_excalidraw_path(path) or _DRAWING_PROPERTY in note.frontmatter.properties
