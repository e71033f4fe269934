"""A note as text and as values: pure functions between the two, no I/O and no clock."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vault_engine.note.model import (
    Block,
    Callout,
    Field,
    Frontmatter,
    FrontmatterState,
    Heading,
    Link,
    LinkKind,
    LinkResolver,
    Note,
    Pointer,
    Profile,
    Tag,
)
from vault_engine.note.names import path_key, slug_problem, to_key
from vault_engine.note.resolve import Resolver
from vault_engine.note.rules import LinkFormat, Rules

if TYPE_CHECKING:
    from vault_engine.note.chunker import Chunk, chunks
    from vault_engine.note.edit import DELETED, Edited, Refused, render, replace_body, set_properties
    from vault_engine.note.frontmatter import NoteHandler, read_frontmatter, read_head
    from vault_engine.note.headings import find_heading, find_headings
    from vault_engine.note.parser import parse
    from vault_engine.note.relating import relations
    from vault_engine.note.special import searchable_end
    from vault_engine.note.tags import is_tag, property_tags

# Loaded when a note is first read or written: what answers from an index does neither.
_LATER = {
    "chunker": "Chunk chunks",
    "edit": "DELETED Edited Refused render replace_body set_properties",
    "frontmatter": "NoteHandler read_frontmatter read_head",
    "headings": "find_heading find_headings",
    "parser": "parse",
    "relating": "relations",
    "special": "searchable_end",
    "tags": "is_tag property_tags",
}
_HOME = {name: module for module, names in _LATER.items() for name in names.split()}

__all__ = [
    "DELETED",
    "Block",
    "Callout",
    "Chunk",
    "Edited",
    "Field",
    "Frontmatter",
    "FrontmatterState",
    "Heading",
    "Link",
    "LinkFormat",
    "LinkKind",
    "LinkResolver",
    "Note",
    "NoteHandler",
    "Pointer",
    "Profile",
    "Refused",
    "Resolver",
    "Rules",
    "Tag",
    "chunks",
    "find_heading",
    "find_headings",
    "is_tag",
    "parse",
    "path_key",
    "property_tags",
    "read_frontmatter",
    "read_head",
    "relations",
    "render",
    "replace_body",
    "searchable_end",
    "set_properties",
    "slug_problem",
    "to_key",
]


def __getattr__(name: str) -> Any:
    """Give a name out of a module that is loaded for it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found
