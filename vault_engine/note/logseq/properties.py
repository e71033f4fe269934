"""What properties are called and what their values mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from vault_engine.note.logseq.inline import Inline
from vault_engine.note.model import Link, LinkKind

PAGE_KINDS = frozenset({LinkKind.WIKI, LinkKind.TAG, LinkKind.PROPERTY})  # what refers to a page by name
ALIASES = frozenset({"alias", "aliases"})
TAGS = "tags"

_MAX_INTEGER = 2**53 - 1  # the largest that Logseq itself can hold
_NAME = re.compile(r"(?![0-9]|[-+.][0-9])[^\s,;:@^`~\\\"\[\](){}]++")
_INTEGER = re.compile(r"[0-9]{1,16}")
_PIECE = re.compile(r"[^,\uff0c]++")
# Logseq's own properties: their values are kept as written, or only read as numbers and booleans.
_AS_WRITTEN = frozenset(
    {
        "title", "icon", "template", "filters", "macro", "filetags", "id", "custom-id", "background-color",
        "query-properties", "query-sort-by", "ls-type", "hl-type", "logseq.macro-name", "logseq.macro-arguments",
        "wait", "waiting", "canceled", "cancelled", "started", "in-progress",
    }
)  # fmt: skip
_WITHOUT_REFERENCES = frozenset(
    {
        "template-including-parent", "public", "exclude-from-graph-view", "heading", "collapsed", "created-at",
        "updated-at", "last-modified-at", "query-table", "query-sort-desc", "hl-page", "hl-stamp",
        "todo", "doing", "now", "later", "done",
    }
)  # fmt: skip


def property_name(written: str) -> str:
    """The name a property goes by: ``Done_at`` gives ``done-at``."""
    return written.lower().replace("_", "-").replace("/", "-").replace(" ", "-")


def is_property_name(written: str) -> bool:
    """Whether Logseq takes the text for a property's name."""
    return _NAME.fullmatch(written) is not None


def read_value(inline: Inline, key: str, span: tuple[int, int], line: int) -> tuple[Any, list[Link]]:
    """Read the value of a property from one line, and the links it holds.

    Args:
        inline: reader of the whole text.
        key: the property's name, as it goes by.
        span: start and end of the value, without blanks around it.
        line: the number of the line.

    Returns:
        A list of names where the value refers to pages, else a number, a boolean or the text; and the links, those
        of an ``alias`` included.
    """
    raw = inline.text[slice(*span)]
    if key in _AS_WRITTEN or (len(raw) > 1 and raw[0] == raw[-1] == '"'):
        return raw, []
    if key in _WITHOUT_REFERENCES:
        return _typed(raw), []
    links, _ = inline.read(*span, line)
    if key == TAGS or key in ALIASES:
        links = sorted([*links, *_separated(inline.text, links, span, line)], key=lambda link: link.start)
    names = list(dict.fromkeys(page_names(links)))
    return names or _typed(raw), links


def read_yaml_value(key: str, value: Any) -> tuple[Any, list[str]]:
    """Read a value of the frontmatter as if its texts were written behind ``key::``.

    Returns:
        The value, with a list of names for each text that refers to pages; and these names.
    """
    if isinstance(value, str):
        text = value.strip()
        flat = text.replace("\n", " ")
        read, links = read_value(Inline(flat), key, (0, len(flat)), 1)
        return (read, list(page_names(links))) if isinstance(read, list) else (value, [])
    if not isinstance(value, list):
        return value, []
    if len(value) == 1 and isinstance(value[0], list) and len(value[0]) == 1 and isinstance(value[0][0], str):
        return read_yaml_value(key, f"[[{value[0][0]}]]")  # [[name]] without quotes
    read_items = [read_yaml_value(key, item) for item in value if not isinstance(item, list)]
    names = [name for _, found in read_items for name in found]
    return [each for read, _ in read_items for each in (read if isinstance(read, list) else [read])], names


def page_names(links: Iterable[Link]) -> Iterator[str]:
    """The pages that links refer to by name."""
    return (link.target for link in links if link.kind in PAGE_KINDS)


def _typed(raw: str) -> Any:
    if raw in ("true", "false"):
        return raw == "true"
    if _INTEGER.fullmatch(raw) and int(raw) <= _MAX_INTEGER:
        return int(raw)
    return raw


def _separated(text: str, links: list[Link], span: tuple[int, int], line: int) -> Iterator[Link]:
    """The names between commas, around the links."""
    start = span[0]
    for stop, resume in [*((link.start, link.end) for link in links), (span[1], span[1])]:
        for piece in _PIECE.finditer(text, start, stop):
            name = piece[0].strip()
            if name.strip("#"):
                first = piece.start() + len(piece[0]) - len(piece[0].lstrip())
                last = first + len(name)
                yield Link(LinkKind.TAG, False, name, (), None, None, first, last, line, first, last)
        start = resume
