"""One note's text as values that JSON can hold: what was read, and where its links lead in a given vault."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vault_engine.note import (
    FrontmatterState,
    Link,
    LinkKind,
    Note,
    Profile,
    Resolver,
    find_heading,
    parse,
    property_tags,
)
from vault_engine.note.logseq import (
    NEW_GRAPH,
    LogseqConfig,
    LogseqPage,
    LogseqResolver,
    PageNames,
    block_refs,
    journal_day,
    journal_title,
    page_name,
    page_refs,
    read_page,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a note's meaning depends on besides its text."""

    source: str  # the note's path in its vault
    paths: Sequence[str]  # every file of the vault
    profile: Profile = Profile.OBSIDIAN
    logseq: LogseqConfig = NEW_GRAPH
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of other notes, by path


def parsed(text: str, around: Surroundings) -> dict[str, Any]:
    """Read a note. Of other notes only what the surroundings say is known: none is opened."""
    if around.profile is Profile.LOGSEQ:
        return _page(read_page(text), around)
    return _note(parse(text), around)


def _note(note: Note, around: Surroundings) -> dict[str, Any]:
    resolver = Resolver(around.paths)
    links = [_link(link, resolver.resolve(link.target, around.source)) for link in note.links]
    return {
        "links": links,
        "tags": [tag.name for tag in note.inline_tags],
        **_head(note.frontmatter.state, note.frontmatter.properties),
        "headings": [[heading.level, heading.text] for heading in note.headings],
        "heading_match": _headings_match(note, links, around.source),
        "blocks": [block.id for block in note.blocks],
        "aliases": list(note.aliases),
        "fields": _fields(note),
        "callouts": [{"type": callout.type, "fold": callout.fold, "title": callout.title} for callout in note.callouts],
        "conflicted": note.conflicted,
    }


def _head(state: FrontmatterState, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "fm_state": state.value,
        "frontmatter": dict(properties) if state is FrontmatterState.OK else None,
        "fm_tags": list(property_tags(properties.get("tags"))),
    }


def _link(link: Link, path: str | None) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "kind": link.kind.value,
        "embed": link.embed,
        "target": link.target,
        "path": path,
        "heading": list(link.heading) or None,
        "block": link.block,
        "alias": link.alias,
    }
    if link.key is not None:
        shape["key"] = link.key
    if link.subpath and not link.heading and link.block is None:
        shape["subpath"] = link.subpath
    if link.looks_like_url:
        shape["looks_like_url"] = True
    return shape


def _headings_match(note: Note, links: Iterable[Mapping[str, Any]], source: str) -> bool:
    """Whether every link to a heading of this very note finds it."""
    own = (link["heading"] for link in links if link["path"] == source and link["heading"])
    return all(find_heading(note.headings, chain) is not None for chain in own)


def _fields(note: Note) -> dict[str, str | list[str]]:
    """Inline fields by key; one that is stated several times has a list."""
    values: dict[str, list[str]] = {}
    for each in note.fields:
        values.setdefault(each.key, []).append(each.value)
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def _page(page: LogseqPage, around: Surroundings) -> dict[str, Any]:
    resolver = LogseqResolver(_page_names(page, around), around.logseq, around.paths)
    found = [(link, resolver.find(link, around.source)) for link in page.links]
    day = journal_day(around.source, around.logseq)
    return {
        "page_name": _title(page) or page_name(around.source, around.logseq),
        "page_name_default": page_name(around.source, around.logseq),
        "name_format": around.logseq.name_format,
        "journal_day": day,
        "journal_title": journal_title(day, around.logseq) if day else None,
        "page_properties": page.properties,
        "block_properties": list(page.block_properties),
        "normalised_keys": list(page.keys),
        "page_refs": list(page_refs(page)),
        "block_refs": list(block_refs(page)),
        "resolved": {link.target: path for link, path in found if link.kind is not LinkKind.BLOCK},
        "links": [_link(link, path) for link, path in found],
        "tags": list(page.tags),
        **_head(page.frontmatter.state, page.frontmatter.properties),
        "headings": [[heading.level, heading.text] for heading in page.headings],
        "block_ids": [block.id for block in page.blocks],
        "aliases": list(page.aliases),
    }


def _page_names(page: LogseqPage, around: Surroundings) -> Iterable[PageNames]:
    """The pages of the graph by their files' names; of this one also what it says of itself."""
    for path in {*around.paths, around.source}:
        if path == around.source:
            yield PageNames(path, _title(page), page.aliases, tuple(block.id for block in page.blocks))
        elif path.lower().endswith(".md"):
            yield PageNames(path, None, tuple(around.aliases.get(path, ())), ())


def _title(page: LogseqPage) -> str | None:
    title = page.properties.get("title")
    return title if isinstance(title, str) else None
