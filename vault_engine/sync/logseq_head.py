"""The properties of a note as the head of a Logseq page, and back. Pure.

A property that one line can hold stands there as ``key:: value``; a list is separated by commas. What no line can hold
(a mapping, a text of several lines, nothing) stays in the note, as it is.
"""

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from vault_engine.note import Link, LinkKind, Note, Refused
from vault_engine.note.edit import DELETED, set_properties
from vault_engine.note.logseq.properties import is_property_name, property_name
from vault_engine.note.yaml12 import scalar_value
from vault_engine.sync.logseq_links import Names, note_links, property_link
from vault_engine.sync.logseq_page import PAGE_ONLY, HeadLine, head_mark

ID = "memwell-id"  # the identity of a note: ``id::`` is Logseq's own

_NAMES = {"id": ID, "aliases": "alias"}
_KEYS = {shown: key for key, shown in _NAMES.items()} | {"memwell-title": "title"}
_LISTS = frozenset({"tags", "alias"})  # what Logseq takes apart at commas


class Shown(NamedTuple):
    """One property of a note as a page shows it."""

    key: str  # in the note
    name: str  # in the page, as Logseq compares it
    line: str
    mark: str


def head_lines(note: Note, names: Names) -> tuple[Shown, ...]:
    """Write the properties of a note that a page can show."""
    links = {link.key: link for link in note.links if link.kind is LinkKind.PROPERTY}
    found: dict[str, Shown] = {}
    for key, value in note.properties.items():
        name = _NAMES.get(key) or (f"memwell-{key}" if property_name(key) in PAGE_ONLY else key)
        written = _written(value, key, links, names) if is_property_name(name) else None
        if written is not None and property_name(name) not in found:
            found[property_name(name)] = Shown(
                key, property_name(name), f"{name}:: {written}", head_mark(name, written)
            )
    return tuple(found.values())


def head_changes(
    note: Note, shown: tuple[Shown, ...], head: tuple[HeadLine, ...], marks: Container[str], names: Names
) -> dict[str, Any]:
    """Say which properties of a note somebody has changed in the head of its page; `DELETED` for those that are gone.

    Args:
        note: the note as it was.
        shown: its properties as a page would have them now.
        head: the head of the page.
        marks: of the properties that the page had.
        names: which notes links mean.
    """
    before = {one.name: one for one in shown}
    links = {property_link(link, names): note.text[link.start : link.end] for link in note.links}
    were = {now: was for now, was in links.items() if was.startswith("[[")}
    now = {line.key: line for line in head if line.key not in PAGE_ONLY and line.value}
    changes: dict[str, Any] = {}
    for name, line in now.items():
        known, mark = before.get(name), head_mark(line.key, line.value)
        if known and (mark == known.mark or mark in marks):
            continue
        key = known.key if known else _key_of(line)
        old = note.properties.get(key)
        changes[key] = _value(line.value, name, old, names, were)
    return changes | {one.key: DELETED for name, one in before.items() if name not in now}


def with_changes(text: str, changes: Mapping[str, Any]) -> str | None:
    """Change properties of a note; None if that can't be done without touching something else."""
    edited = set_properties(text, changes) if changes else None
    return text if edited is None else None if isinstance(edited, Refused) else edited.text


def _key_of(line: HeadLine) -> str:
    written = line.text.partition("::")[0].strip()
    return _KEYS.get(line.key, written)


def _written(value: Any, key: str, links: Mapping[str | None, Link], names: Names) -> str | None:
    """Write a value on one line; None if no line can hold it."""
    if isinstance(value, list):
        items = [_item(one, f"{key}.{at}", links, names) for at, one in enumerate(value)]
        return ", ".join(item for item in items if item) if items and all(items) else None
    if link := links.get(key):
        return property_link(link, names)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or value != value.strip() or not value or not value.isprintable():
        return None
    return value


def _item(value: Any, key: str, links: Mapping[str | None, Link], names: Names) -> str | None:
    """Write one of a list; None if it can't be told from the others there."""
    written = None if isinstance(value, list) else _written(value, key, links, names)
    return None if written is None or "," in written else written


def _value(written: str, name: str, old: Any, names: Names, were: Mapping[str, str]) -> Any:
    """Read what stands in the line of a property, as of the kind it was before."""
    items = [note_links(item.strip(), were, names) for item in written.split(",")]
    if isinstance(old, list) or (name in _LISTS and not isinstance(old, str)):
        return [item if name in _LISTS else _scalar(item) for item in items if item]
    if len(items) > 1 and all(item.startswith("[[") and item.endswith("]]") for item in items):
        return items
    text = note_links(written, were, names)
    return text if isinstance(old, str) else _scalar(text)


def _scalar(text: str) -> Any:
    value = scalar_value(text)
    return text if value is None or isinstance(value, dict | list) else value
