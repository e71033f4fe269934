"""The edits that can be asked for, each a value; `apply_edit` makes one as a byte-exact splice or refuses it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vault_engine.note.body import (
    add_link,
    append,
    append_to_section,
    remove_link,
    replace_once,
    replace_section,
)
from vault_engine.note.edit import DELETED, Edited, Refused, add_tag, remove_tag, rename_property, set_properties
from vault_engine.note.model import Profile
from vault_engine.note.parser import parse

_LOGSEQS_OWN = re.compile(
    r"^[ \t]*+(?:-[ \t]++)?((?:id|collapsed)::(?:[ \t].*)?|:(?:LOGBOOK|END):|CLOCK:.*)$", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Give a property a value; None leaves it empty."""

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class UnsetProperty:
    """Take a property away."""

    key: str


@dataclass(frozen=True, slots=True)
class RenameProperty:
    """Give a property another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AddTag:
    """Add a tag to the property ``tags``."""

    tag: str


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """Take a tag out of the property ``tags``."""

    tag: str


@dataclass(frozen=True, slots=True)
class Append:
    """Add text at the end of the note, or of a section."""

    text: str
    under: tuple[str, ...] = ()  # headings, from the outermost inwards


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace a text that stands in the body exactly ``count`` times."""

    old: str
    new: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class ReplaceSection:
    """Replace what stands below a heading, sub-sections included."""

    under: tuple[str, ...]
    text: str
    expected: str | None = None  # SHA-256 of the section as it was read, or its first digits


@dataclass(frozen=True, slots=True)
class AddLink:
    """Add ``- [[target|label]] (relation)`` below ``## Links``."""

    target: str
    relation: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """Take lines that `AddLink` wrote out again."""

    target: str
    relation: str | None = None


PropertyEdit = SetProperty | UnsetProperty | RenameProperty | AddTag | RemoveTag
BodyEdit = Append | Replace | ReplaceSection | AddLink | RemoveLink
Edit = PropertyEdit | BodyEdit


def apply_edit(text: str, edit: Edit, profile: Profile = Profile.OBSIDIAN) -> Edited | Refused:
    """Make one edit of a note's whole text. What was not asked for keeps every byte."""
    if profile is Profile.LOGSEQ:
        fitted = _for_logseq(text, edit)
        if isinstance(fitted, Refused):
            return fitted
        edit = fitted
    match edit:
        case SetProperty(key, value):
            return set_properties(text, {key: value})
        case UnsetProperty(key):
            return set_properties(text, {key: DELETED})
        case RenameProperty(old, new):
            return rename_property(text, old, new)
        case AddTag(tag):
            return add_tag(text, tag)
        case RemoveTag(tag):
            return remove_tag(text, tag)
        case Append(addition, under):
            return append_to_section(text, under, addition) if under else append(text, addition)
        case Replace(old, new, count):
            replaced = replace_once(text, old, new, count)
            if (
                profile is Profile.LOGSEQ
                and isinstance(replaced, Edited)
                and _own_lines(text) != _own_lines(replaced.text)
            ):
                return Refused("lines 'id::' and 'collapsed::' and logbooks are Logseq's own")
            return replaced
        case ReplaceSection(under, content, expected):
            return replace_section(text, under, content, expected)
        case AddLink(target, relation, label):
            return add_link(text, target, relation, label)
        case RemoveLink(target, relation):
            return remove_link(text, target, relation)


def _for_logseq(text: str, edit: Edit) -> Edit | Refused:
    """Fit an edit to a page that Logseq reads as an outline; what has no safe form there is refused."""
    match edit:
        case Append(addition, ()):
            return Append(_as_logseq_block(addition))
        case Replace():
            return edit
        case SetProperty() | UnsetProperty() | RenameProperty() | AddTag() | RemoveTag():
            body = parse(text, Profile.LOGSEQ).body
            if parse(body, Profile.LOGSEQ).properties:
                return Refused("its properties are lines 'key:: value', which only Logseq may edit")
            return edit
        case _:
            return Refused("sections and typed links have no form that Logseq's outline keeps; append or replace text")


def _own_lines(page: str) -> list[str]:
    """Give the lines of a page that only Logseq may write."""
    return _LOGSEQS_OWN.findall(page)


def _as_logseq_block(addition: str) -> str:
    """Make a text one block of an outline; one that begins with a bullet is an outline already."""
    text = addition.strip("\r\n")
    if not text.strip() or text.startswith("- "):
        return text
    first, *more = text.lstrip().replace("\r\n", "\n").split("\n")
    return "\n".join([f"- {first}", *(f"  {line}" if line else "" for line in more)])
