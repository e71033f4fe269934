"""A note as text and as values: pure functions between the two, no I/O and no clock."""

from vault_engine.note.chunks import Chunk, chunks
from vault_engine.note.edit import DELETED, Edited, Refused, render, replace_body, set_properties
from vault_engine.note.frontmatter import NoteHandler, read_frontmatter
from vault_engine.note.headings import find_heading, find_headings
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
from vault_engine.note.parse import Rules, parse
from vault_engine.note.resolve import Resolver
from vault_engine.note.tags import is_tag, property_tags

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
    "render",
    "replace_body",
    "set_properties",
    "slug_problem",
    "to_key",
]
