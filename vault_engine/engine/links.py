"""Every link of a note and every link to it, each as it stands in the files now. Nothing is written."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple
from unicodedata import normalize

from vault_engine.engine.find import find
from vault_engine.engine.reports import Backlinks, BacklinkView, Links, LinkView
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.filters import CALLED
from vault_engine.index.record import CONFLICTED, MAX_PARSED_BYTES, Record, decode
from vault_engine.note import Heading, Link, LinkKind, LinkResolver, Note, parse, path_key
from vault_engine.note.body import typed_relations
from vault_engine.note.canvas import canvas_links, canvas_texts
from vault_engine.note.headings import simplify
from vault_engine.vault.reach import Within, is_within
from vault_engine.vault.store import CANVAS

Anchor = Literal["found", "missing"]
Chain = tuple[str, ...]

_MAX_LINE_CHARS = 200


class Place(NamedTuple):
    """What of a note a link can name besides the note itself."""

    headings: tuple[Heading, ...]
    blocks: frozenset[str]  # in lower case
    is_whole: bool  # False: a note too long to be read to its end


class CanvasLink(NamedTuple):
    """One link that stands on a canvas."""

    link: Link | None  # a wikilink in a text; None for a file that is shown
    target: str
    line: int | None  # of the canvas; None for a wikilink in a text
    text: str  # the line it stands in


def links(session: Session, ref: str, *, within: Within = None) -> Links:
    """Give every link of a note and where it leads, as if there were nothing but what is ``within`` reach.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultDenied: the file may not be read.
    """
    with session.guard:
        session.refresh()
        path = find(ref, session.index.records, within).path
        note, place, problem = _read(session, path)
        resolver = session.index.graph.within(within).resolver
        found = [resolver.find(link, path) for link in note.links]
        anchors = _anchors(session, path, place, list(zip(note.links, found, strict=True)))
        relations = typed_relations(note)
        views = []
        for link, target, anchor in zip(note.links, found, anchors, strict=True):
            candidates = resolver.candidates(link, path)
            views.append(
                LinkView(
                    kind=link.kind.value,
                    target=link.target,
                    path=target,
                    state="unresolved" if target is None else "ambiguous" if candidates else "resolved",
                    candidates=candidates,
                    heading=link.heading,
                    block=link.block,
                    anchor=anchor,
                    alias=link.alias,
                    embed=link.embed,
                    line=link.line,
                    key=link.key,
                    relation=relations.get(link.start),
                    alias_of=_having_alias(session, link.target, within) if target is None else (),
                )
            )
        return Links(path, tuple(views), problem)


def backlinks(session: Session, ref: str, *, within: Within = None) -> Backlinks:
    """Give every link to a note, from notes and from canvases. As `links`, but raises about this note only."""
    with session.guard:
        session.refresh()
        path = find(ref, session.index.records, within).path
        walk, graph = session.index.walk, session.index.graph.within(within)
        sources = [source for source in graph.backlinks_of(path) if source in walk.notes]
        canvases = [other for other in walk.others if other.lower().endswith(CANVAS) and is_within(other, within)]
        views = [view for source in sources for view in _from_note(session, source, path, graph.resolver)]
        views += [view for canvas in canvases for view in _from_canvas(session, canvas, path, graph.resolver)]
        return Backlinks(path, tuple(sorted(views, key=lambda view: view.path)))


def alias_owners(records: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    """Say which notes have an alias, by `alias_key`; their paths are sorted."""
    owners: dict[str, set[str]] = {}
    for record in records:
        for alias in record.aliases:
            owners.setdefault(alias_key(alias), set()).add(record.path)
    return {alias: tuple(sorted(paths)) for alias, paths in owners.items()}


def _having_alias(session: Session, alias: str, within: Within) -> tuple[str, ...]:
    """Give the notes that have an alias, sorted, as `alias_owners` would."""
    records, key = session.index.records, alias_key(alias)
    called = (path for path in records.having(CALLED, key) if is_within(path, within))
    return tuple(path for path in called if key in map(alias_key, records[path].aliases))


def alias_key(alias: str) -> str:
    """The form in which aliases are compared."""
    return path_key(alias.strip())


def place_of(note: Note, size: int) -> Place:
    """Give what of a note links can name, its file having ``size`` bytes."""
    return Place(note.headings, frozenset(block.id.lower() for block in note.blocks), size <= MAX_PARSED_BYTES)


def anchors_in(place: Place, links: Sequence[Link]) -> list[Anchor | None]:
    """Say of each link to one note whether the heading or block it names is there.

    None where it names neither, and where it may stand in the part of the note that was not read.
    """
    chains = found_chains(place.headings, {_chain(link) for link in links if link.heading})
    return [_anchor(place, chains, link) for link in links]


def found_chains(headings: Iterable[Heading], wanted: Collection[Chain]) -> set[Chain]:
    """Say which chains of headings, each name as `simplify` gives it, `find_heading` would find.

    One pass for all of them: a heading has at most five above it, so few chains can end in it.
    """
    found: set[Chain] = set()
    last_names = {chain[-1] for chain in wanted}
    above: list[tuple[int, str]] = []  # level and name of each heading around this one
    for heading in headings if wanted else ():
        while above and above[-1][0] >= heading.level:
            above.pop()
        name = simplify(heading.text)
        if name in last_names:
            names = [each for _, each in above]
            parts = (part for count in range(len(names) + 1) for part in combinations(names, count))
            found.update(chain for part in parts if (chain := (*part, name)) in wanted)
        above.append((heading.level, name))
    return found


def links_on_canvas(text: str) -> Iterator[CanvasLink]:
    """Give the files that a canvas shows, then the wikilinks in its texts."""
    line, position = 1, 0
    for shown in canvas_links(text):
        line += text.count("\n", position, shown.start)
        position = shown.start
        before = text[max(position - _MAX_LINE_CHARS, 0) : position].rpartition("\n")[2]
        after = text[position : position + _MAX_LINE_CHARS].partition("\n")[0]
        yield CanvasLink(None, _printable(shown.target), line, _shown(before + after))
    for note in map(parse, map(_printable, canvas_texts(text))):
        lines = note.text.split("\n")
        for link in note.links:
            if link.kind is LinkKind.WIKI and link.target:
                yield CanvasLink(link, link.target, None, _shown(lines[link.line - 1]))


def _read(session: Session, path: str) -> tuple[Note, Place, str | None]:
    """Read a note as far as the index does."""
    text, problem = decode(data := session.vault.read(path))
    note = parse(text, session.index.rules.profile)
    conflicted = CONFLICTED if note.conflicted else None
    return note, place_of(note, len(data)), conflicted or problem or note.frontmatter.problem


def _anchors(
    session: Session, source: str, own: Place, found: Sequence[tuple[Link, str | None]]
) -> list[Anchor | None]:
    """Look up the headings and blocks that a note's links name, opening each of their notes once."""
    numbers: dict[str, list[int]] = {}
    for number, (link, target) in enumerate(found):
        if target in session.index.walk.notes and (link.heading or link.block is not None):
            numbers.setdefault(target, []).append(number)
    anchors: list[Anchor | None] = [None] * len(found)
    for target, at in numbers.items():
        try:
            place = own if target == source else _read(session, target)[1]
        except MemwellError:
            continue
        for number, anchor in zip(at, anchors_in(place, [found[number][0] for number in at]), strict=True):
            anchors[number] = anchor
    return anchors


def _anchor(place: Place, chains: Collection[Chain], link: Link) -> Anchor | None:
    if link.block is None and not link.heading:
        return None
    is_there = _chain(link) in chains if link.block is None else link.block.lower() in place.blocks
    return "found" if is_there else "missing" if place.is_whole else None


def _chain(link: Link) -> Chain:
    return tuple(map(simplify, link.heading))


def _from_note(session: Session, source: str, path: str, resolver: LinkResolver) -> Iterator[BacklinkView]:
    try:
        note = _read(session, source)[0]
    except MemwellError:  # gone or locked since the index was brought up to date
        return
    lines, relations = note.text.split("\n"), typed_relations(note)
    for link in note.links:
        if resolver.find(link, source) == path:
            text = _shown(lines[link.line - 1])
            yield _backlink(source, link.line, text, link.kind.value, link, relations.get(link.start))


def _from_canvas(session: Session, canvas: str, path: str, resolver: LinkResolver) -> Iterator[BacklinkView]:
    try:
        text = session.vault.read(canvas).decode("utf-8", "replace")
    except MemwellError:
        return
    wanted = normalize("NFC", path)  # a canvas means files by their whole path, in the case written
    for one in links_on_canvas(text):
        found = resolver.find(one.link, canvas) == path if one.link else normalize("NFC", one.target) == wanted
        if found:
            yield _backlink(canvas, one.line, one.text, "canvas", one.link)


def _backlink(
    source: str, line: int | None, text: str, kind: str, link: Link | None, relation: str | None = None
) -> BacklinkView:
    heading, block, alias = (link.heading, link.block, link.alias) if link else ((), None, None)
    return BacklinkView(source, line, text, kind, heading, block, alias, relation)


def _shown(line: str) -> str:
    return line.strip()[:_MAX_LINE_CHARS]


def _printable(text: str) -> str:
    """Put a mark in the place of half characters, which JSON can hold and no output can."""
    return text.encode("utf-8", "replace").decode()
