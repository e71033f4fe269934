"""A note as plain Markdown, such as Notion imports: for reading elsewhere, never read back. Pure.

Properties become lines ``name: value`` below the title, and links relative Markdown links to the other files. Code is
left as it is, and so is everything that is Markdown already.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from vault_engine.note import Link, LinkKind, Note, parse

FileOf = Callable[[Link], str | None]
"""Gives the path of the exported note that a link means, None if there is none."""

_SAFE = "/~!*'"  # besides letters, digits and _.-: what may stand in a link's address as it is
_BRACKETS = str.maketrans({"[": "\\[", "]": "\\]"})


def notion_text(text: str, path: str, title: str, file_of: FileOf) -> str:
    """Write a note for Notion's import.

    Args:
        text: the note.
        path: its path in the folder.
        title: what stands at its head, if it has no heading of its own there.
        file_of: finds the notes that its links mean.
    """
    note = parse(text)
    start = note.frontmatter.body_start
    first = next(iter(note.headings), None)
    if first and first.level == 1 and text[first.start] == "#" and not text[start : first.start].strip():
        end = text.find("\n", first.start) + 1 or len(text)
        heading, begin = text[first.start : end].rstrip(), end
    else:
        heading, begin = f"# {title}", start
    properties = list(_property_lines(note, path, file_of))
    body = _with_links(note, begin, path, file_of).strip("\r\n")
    parts = [heading, "\n".join(properties), body]
    return "\n\n".join(part for part in parts if part) + "\n"


def _property_lines(note: Note, path: str, file_of: FileOf) -> Iterator[str]:
    links = {link.key: link for link in note.links if link.kind is LinkKind.PROPERTY}
    for name, value in note.properties.items():
        if shown := _shown(value, name, links, path, file_of):
            yield f"{name}: {shown}"


def _shown(value: Any, key: str, links: Mapping[str | None, Link], path: str, file_of: FileOf) -> str:
    """Write a property's value on one line."""
    if key in links:
        return _markdown(links[key], path, file_of)
    if isinstance(value, list):
        return ", ".join(
            filter(None, (_shown(one, f"{key}.{at}", links, path, file_of) for at, one in enumerate(value)))
        )
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one, f'{key}.{name}', links, path, file_of)}" for name, one in value.items())
    if value is None or isinstance(value, bool):
        return {None: "", True: "Yes", False: "No"}[value]
    return " ".join(str(value).split())


def _with_links(note: Note, begin: int, path: str, file_of: FileOf) -> str:
    """Give the body with its wiki links as Markdown links; other links to notes get their address anew."""
    pieces, position = [], begin
    for link in note.links:
        if link.start < position or link.kind in (LinkKind.PROPERTY, LinkKind.REFERENCE):
            continue
        if link.kind is LinkKind.WIKI:
            pieces += [note.text[position : link.start], _markdown(link, path, file_of)]
            position = link.end
        elif file := file_of(link):
            pieces += [note.text[position : link.target_start], _address(file, path)]
            position = link.target_end
    return "".join(pieces) + note.text[position:]


def _markdown(link: Link, path: str, file_of: FileOf) -> str:
    label = link.alias if link.alias and not link.embed else f"{link.target}{link.subpath}"
    file = file_of(link)
    if file is None:
        return label
    return f"[{label.translate(_BRACKETS)}]({_address(file, path)})"


def _address(file: str, path: str) -> str:
    """Give a file as seen from the folder of another, fit for a Markdown link."""
    here, there = path.split("/")[:-1], file.split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return quote("/".join([*[".."] * (len(here) - shared), *there[shared:]]), safe=_SAFE)
