"""The inside of a link: how its text splits into target, heading chain, block and display text."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BARE = re.compile(r"(?:\\[!-/:-@\[-`{-~]|[^\s\\()\x00-\x1f]|\\)++|(?P<bracket>[()])")
_PLAIN = re.compile(r"[^\s()<\\\x00-\x1f]++\)")  # what most destinations are
_POINTED = re.compile(r"<((?:\\.|[^<>\n\\])*+)>")
_TITLE = re.compile(r"""\s++(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|\((?:\\.|[^()\\])*+\))""", re.DOTALL)
_WRITTEN_HASH = re.compile(r"\\?(?:#|%23)")
_BLANK = re.compile(r"(?:[^\S\n]*+\n)?+[ \t]*+")
_DEFINITION = re.compile(r"[ \t]*+\[(?P<label>(?!\^)(?:\\.|[^\[\]\\\n])++)\]:[ \t]*+(?=\S)")
_MAX_PARENTHESES = 8  # nested in a destination; keeps reading linear, as CommonMark allows


class Reference(NamedTuple):
    """What a link points to, as written."""

    target: str
    heading: tuple[str, ...]
    block: str | None
    subpath: str  # as written, from its hash on


class Definition(NamedTuple):
    """Where the destination of reference links is written: ``[label]: destination``."""

    written: str
    start: int


def split_target(text: str) -> Reference:
    """Split ``path#heading#heading`` or ``path#^block`` at the first hash."""
    if "#" not in text:
        return Reference(text, (), None, "")
    target, hash_, subpath = text.partition("#")
    parts = [part for part in subpath.split("#") if part]
    block = parts.pop()[1:] if parts and parts[-1].startswith("^") else None
    return Reference(target, tuple(parts), block, hash_ + subpath)


def split_wikilink(inside: str) -> tuple[Reference, str | None]:
    """Split the text between the double brackets into reference and display text.

    The first bar that is not the first character separates; a backslash before it is dropped.
    """
    bar = inside.find("|", 1)
    if bar < 0:
        return split_target(inside), None
    path = inside[: bar - 1] if inside[bar - 1] == "\\" else inside[:bar]
    return split_target(path), inside[bar + 1 :]


def is_external(destination: str) -> bool:
    """Whether a Markdown destination leaves the vault: it has a scheme or starts with ``//``."""
    return _SCHEME.match(destination) is not None


def decode_destination(written: str) -> str:
    """Remove backslash escapes and percent-encoding; a broken escape stays as written."""
    return _PERCENT.sub(_decode_run, _ESCAPE.sub(r"\1", written))


def definition_label(label: str) -> str:
    """The form in which labels are compared: without case, blanks as one."""
    return " ".join(label.split()).casefold()


def read_definition(text: str, start: int, end: int) -> tuple[str, Definition] | None:
    """Read a line ``[label]: destination "title"``; give its label and destination, None if it is none.

    A label that begins with a caret is a footnote's, whose text is read like any other.
    """
    head = _DEFINITION.match(text, start, end)
    if head is None:
        return None
    first, last, after = _destination(text, head.end())
    title = _TITLE.match(text, after, end)
    if after == head.end() or text[title.end() if title else after : end].strip():
        return None
    return head["label"], Definition(text[first:last], first)


def written_path_end(written: str) -> int:
    """Where the path part of a Markdown destination ends: before the first hash, however that is written."""
    found = _WRITTEN_HASH.search(written)
    return found.start() if found else len(written)


def _decode_run(run: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(run[0]).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]


def read_destination(text: str, start: int) -> tuple[int, int, int] | None:
    """Read ``dest "title")`` after the opening parenthesis of a Markdown link.

    Returns:
        Start and end of the destination as written, without angle brackets, and the offset after the closing
        parenthesis; or None if it is no link.
    """
    if plain := _PLAIN.match(text, start):
        return plain.start(), plain.end() - 1, plain.end()
    first, last, end = _destination(text, _skip_blanks(text, start))
    title = _TITLE.match(text, end)
    close = _skip_blanks(text, title.end() if title else end)
    return (first, last, close + 1) if text.startswith(")", close) else None


def _destination(text: str, position: int) -> tuple[int, int, int]:
    """Start and end of a destination without its angle brackets, and where it ends with them."""
    if pointed := _POINTED.match(text, position):
        return *pointed.span(1), pointed.end()
    end = _bare_end(text, position)
    return position, end, end


def _skip_blanks(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _bare_end(text: str, position: int) -> int:
    """Find the end of a destination without angle brackets: parentheses balance, blanks end it."""
    depth = 0
    while piece := _BARE.match(text, position):
        if piece["bracket"] == "(":
            depth += 1
            if depth > _MAX_PARENTHESES:
                break
        elif piece["bracket"] == ")":
            if depth == 0:
                break
            depth -= 1
        position = piece.end()
    return position
