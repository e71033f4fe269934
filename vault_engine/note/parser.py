"""From the text of a file to a note."""

from __future__ import annotations

from typing import Any

from vault_engine.note.frontmatter import read_head
from vault_engine.note.links import split_wikilink
from vault_engine.note.logseq.page import read_page
from vault_engine.note.model import FrontmatterState, Link, LinkKind, Note, Profile, Tag
from vault_engine.note.scan import scan_body
from vault_engine.note.special import find_merge_markers
from vault_engine.note.tags import distinct, property_tags
from vault_engine.note.yaml12 import QuotedText


def parse(text: str, profile: Profile = Profile.OBSIDIAN) -> Note:
    """Read a note. Never raises: what cannot be read as properties is told by ``frontmatter.state``."""
    return _logseq_note(text) if profile is Profile.LOGSEQ else _obsidian_note(text)


def _logseq_note(text: str) -> Note:
    page = read_page(text)
    return Note(
        text=text,
        frontmatter=page.frontmatter,
        headings=page.headings,
        links=page.links,
        tags=page.tags,
        inline_tags=tuple(Tag(link.target, link.start) for link in page.links if link.kind is LinkKind.TAG),
        blocks=page.blocks,
        aliases=page.aliases,
        properties=page.properties,
        conflicted=find_merge_markers(text, ()),
    )


def _obsidian_note(text: str) -> Note:
    frontmatter, yaml = read_head(text)
    body = scan_body(text, frontmatter.body_start)
    named = property_tags(frontmatter.properties.get("tags"))
    quoted = yaml.quoted if yaml and frontmatter.state is FrontmatterState.OK else ()
    property_links = (_property_link(text, frontmatter.start, each) for each in quoted)
    return Note(
        text=text,
        frontmatter=frontmatter,
        headings=tuple(body.headings),
        links=(*(link for link in property_links if link), *body.links),
        tags=distinct((*named, *(tag.name for tag in body.tags))),
        inline_tags=tuple(body.tags),
        blocks=tuple(body.blocks),
        aliases=_aliases(frontmatter.properties.get("aliases")),
        properties=frontmatter.properties,
        fields=tuple(body.fields),
        callouts=tuple(body.callouts),
        conflicted=find_merge_markers(text, body.code),
    )


def _aliases(value: Any) -> tuple[str, ...]:
    """The aliases of a note: a list, or one text that is kept whole."""
    entries = value if isinstance(value, list) else [value]
    return tuple(entry for entry in entries if isinstance(entry, str) and entry)


def _property_link(text: str, base: int, quoted: QuotedText) -> Link | None:
    """The link that a quoted property value is as a whole."""
    inside = quoted.value[2:-2]
    whole = quoted.value.endswith("]]") and inside.strip() and "\n" not in inside
    if not whole or "[[" in inside or "]]" in inside:
        return None
    reference, alias = split_wikilink(inside)
    start, end = base + quoted.start, base + quoted.end
    span = start, end
    if text[start + 1 : end - 1] == quoted.value:
        start, end = start + 1, end - 1
        span = start + 2, start + 2 + len(reference.target)
    return Link(
        kind=LinkKind.PROPERTY,
        embed=False,
        target=reference.target,
        heading=reference.heading,
        block=reference.block,
        alias=alias,
        start=start,
        end=end,
        line=text.count("\n", 0, start) + 1,
        target_start=span[0],
        target_end=span[1],
        subpath=reference.subpath,
        key=quoted.path,
    )
