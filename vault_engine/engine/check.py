"""Looking a whole vault through for what its owner may want to mend. Nothing is written."""

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import normalize

from vault_engine.engine.links import (
    Place,
    alias_key,
    alias_owners,
    anchors_in,
    links_on_canvas,
    place_of,
)
from vault_engine.engine.reports import Checked, Finding, FindingKind
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError, NoteMissing
from vault_engine.index.graph import make_resolver
from vault_engine.index.record import LinkRecord, decode, stem_of
from vault_engine.note import FrontmatterState, Link, LinkKind, Note, Profile, parse, path_key
from vault_engine.note.names import link_problem, path_problem, portable_problem, safe_name
from vault_engine.vault.copies import conflict_base, is_similar, possible_base
from vault_engine.vault.store import CANVAS
from vault_engine.vault.walk import Walk

_MAX_SHOWN_CHARS = 120
_MAX_NAMED = 10  # of many paths in the words of one finding, and of the suggestions for one link
_HEAD_PROBLEM = re.compile(r"line ([0-9]+): (.*)", re.DOTALL)
_TAGS_KEY = re.compile(r"^[\"']?tags[\"']?[ \t]*+:", re.MULTILINE)
_SEPARATORS = re.compile(r"[,\s]+")


def check(session: Session) -> Checked:
    """Read every note and canvas once and tell what is broken or in doubt, sorted by path and line.

    Links are judged by the rules of the vault's profile, whatever Obsidian was told to show less. In a Logseq graph
    a page exists by being referred to, so there only references to blocks and files that are not there are broken.
    Of a note with a merge's markers nothing else is told, and of one over 1 MiB only the first 1 MiB is read.

    Raises:
        VaultMissing: the vault's folder is gone.
    """
    with session.guard:
        session.refresh()
        look = _Look(session)
        walk = session.index.walk
        for path in sorted(walk.notes):
            look.read_note(path)
        for path in walk.others:
            if path.lower().endswith(CANVAS):
                look.read_canvas(path)
        found = {
            *look.findings,
            *look.missing_anchors(),
            *look.likely_copies(),
            *_sync_findings(walk),
            *_name_findings(walk),
            *(_duplicates(walk.notes) if look.profile is Profile.OBSIDIAN else ()),
        }
        return Checked(len(walk.notes), look.links, tuple(sorted(found, key=_order)))


class _Look:
    """One look at all files: what was found so far, and what of each note is needed when all are read."""

    def __init__(self, session: Session) -> None:
        index = session.index
        unread = index.walk.notes.keys() - index.records.keys()  # the index can't read them, but they are there
        others = (*index.walk.others, *index.walk.placeholders, *unread)
        self.vault = session.vault
        self.profile = index.rules.profile
        self.resolver = make_resolver(index.records, others, index.rules)
        self.aliases = alias_owners(index.records.values())
        self.files = {normalize("NFC", path) for path in (*index.records, *others)}
        self.bases = {path: base for path in index.walk.notes if (base := possible_base(path)) in index.walk.notes}
        self.compared = {*self.bases, *self.bases.values()}
        self.texts: dict[str | None, str] = {}  # of the notes that may be copies of one another
        self.places: dict[str, Place] = {}
        self.anchored: dict[str, list[tuple[str, Link]]] = {}  # by target: the links to a heading or block of it
        self.links = 0
        self.findings: list[Finding] = []

    def read_note(self, path: str) -> None:
        data = self._read(path)
        if data is None:
            return
        text, _ = decode(data)
        note = parse(text, self.profile)
        self.places[path] = place_of(note, len(data))
        if path in self.compared:
            self.texts[path] = text
        if note.conflicted:
            self._find("merge markers", path, None, "a merge was left half done: mend it by hand")
            return
        self.findings += _property_findings(path, note, self.profile)
        self.links += len(note.links)
        for link in note.links:
            self._judge(path, link, link.line, note.text[link.start : link.end])

    def read_canvas(self, path: str) -> None:
        data = self._read(path)
        for one in links_on_canvas(data.decode("utf-8", "replace")) if data is not None else ():
            self.links += 1
            if one.link:
                self._judge(path, one.link, None, f"[[{one.target}{one.link.subpath}]]")
            elif normalize("NFC", one.target) not in self.files:
                self._find("broken link", path, one.line, f"{_short(one.target)} is not there", one.target)

    def missing_anchors(self) -> Iterator[Finding]:
        """Give the links to headings and blocks that their notes do not have."""
        for target, sources in self.anchored.items():
            place = self.places.get(target)
            states = anchors_in(place, [link for _, link in sources]) if place else ()
            for (source, link), state in zip(sources, states, strict=bool(place)):
                if state == "missing":
                    named = f"{target}{link.subpath}"
                    is_block = link.block is not None
                    what = f"block ^{link.block}" if is_block else f"heading {' > '.join(link.heading)}"
                    kind: FindingKind = "missing block" if is_block else "missing heading"
                    yield Finding(kind, source, link.line, f"{target} has no {_short(what)}", named)

    def likely_copies(self) -> Iterator[Finding]:
        """Give the notes that a sync tool may have made: by their name and by what they hold."""
        for path, base in self.bases.items():
            if path in self.texts and base in self.texts and is_similar(self.texts[path], self.texts[base]):
                yield Finding("likely conflict copy", path, None, f"holds much the same as {base}", base)

    def _read(self, path: str) -> bytes | None:
        try:
            data = self.vault.read(path)
        except NoteMissing:  # gone since the vault was listed
            return None
        except MemwellError as error:
            self._find("unreadable", path, None, str(error))
            return None
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._find("not UTF-8", path, line, f"byte {error.start} of the file is no text")
        return data

    def _judge(self, path: str, link: Link, line: int | None, written: str) -> None:
        """Say what is wrong with one link, as far as its target's name tells."""
        target = self.resolver.find(link, path)
        if target is None:
            self._judge_unresolved(path, link, line, _short(written))
            return
        if several := self.resolver.candidates(link, path):
            problem = f"{_short(written)} could mean {_listed(several)}"
            self._find("ambiguous link", path, line, problem, link.target or link.block, several[:_MAX_NAMED])
        if self.profile is Profile.OBSIDIAN and (link.heading or link.block is not None):
            self.anchored.setdefault(target, []).append((path, link))

    def _judge_unresolved(self, path: str, link: Link, line: int | None, written: str) -> None:
        is_page = link.kind not in (LinkKind.BLOCK, LinkKind.MARKDOWN, LinkKind.REFERENCE)
        if self.profile is Profile.LOGSEQ and is_page:
            return
        owners = self.aliases.get(alias_key(link.target), ()) if is_page else ()
        if owners:
            better = tuple(self._by_alias(link, owner, path) for owner in owners[:_MAX_NAMED])
            problem = f"{written} names a note by its alias, which leads nowhere: write {_listed(better)}"
            self._find("alias-only link", path, line, problem, link.target, better)
        elif is_page and link.looks_like_url:
            better = (f"<{link.target}{link.subpath}>",)
            problem = f"{written} leads nowhere: in double brackets an address is a note's name"
            self._find("broken link", path, line, problem, link.target, better)
        else:
            self._find("broken link", path, line, f"{written} leads nowhere", link.target or link.block)

    def _by_alias(self, link: Link, owner: str, source: str) -> str:
        """Write a link so that it leads to the note that has its target for an alias."""
        name = LinkRecord(LinkKind.WIKI, stem_of(owner), False, None)
        is_clear = self.resolver.find(name, source) == owner and not self.resolver.candidates(name, source)
        target = name.target if is_clear else owner.removesuffix(".md")
        return f"{'!' * link.embed}[[{target}{link.subpath}|{link.alias or link.target}]]"

    def _find(
        self,
        kind: FindingKind,
        path: str,
        line: int | None,
        problem: str,
        target: str | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> None:
        self.findings.append(Finding(kind, path, line, problem, target, suggestions))


def _property_findings(path: str, note: Note, profile: Profile) -> Iterator[Finding]:
    """Say what is wrong with a note's frontmatter; in Logseq commas between tags are meant."""
    head = note.frontmatter
    if head.state in (FrontmatterState.INVALID, FrontmatterState.NON_MAPPING):
        located = _HEAD_PROBLEM.fullmatch(head.problem or "")
        line, problem = (int(located[1]), located[2]) if located else (1, head.problem or "no properties")
        yield Finding("bad properties", path, line, problem)
    tags = head.properties.get("tags")
    if profile is Profile.OBSIDIAN and isinstance(tags, str) and _SEPARATORS.search(tags.strip()):
        names = [name.removeprefix("#") for name in _SEPARATORS.split(tags) if name]
        key = _TAGS_KEY.search(note.text, head.start, head.end)
        place = note.text.count("\n", 0, key.start()) + 1 if key else None
        problem = "several tags in one text are no tags any more: write them as a list"
        yield Finding("old tags", path, place, problem, _short(tags), (f"tags: [{', '.join(names)}]",))


def _sync_findings(walk: Walk) -> Iterator[Finding]:
    """Say what sync tools and the system have left behind or keep back."""
    for path in walk.conflict_copies:
        base = conflict_base(path)
        is_there = base in walk.notes or base in walk.others
        problem = f"a sync tool's copy of {base}" + ("" if is_there else ", which is not there")
        yield Finding("conflict copy", path, None, problem, base)
    for path in walk.placeholders:
        yield Finding("not on this device", path, None, "a cloud keeps it, so it was not looked at")
    for path in walk.unreadable:
        yield Finding("unreadable", path, None, "can't be listed")


def _name_findings(walk: Walk) -> Iterator[Finding]:
    """Say which files and folders have a name that some device, or a link, can't have."""
    files = {*walk.notes, *walk.others, *walk.conflict_copies, *walk.placeholders}
    by_key: dict[str, list[str]] = {}
    for path in sorted(files | _folders(files)):
        name = path.rpartition("/")[2]
        if path in files and (problem := path_problem(path)):
            yield Finding("name", path, None, problem)
        for problem in filter(None, (portable_problem(name), link_problem(name))):
            yield Finding("name", path, None, problem, None, (_better_path(path),))
        by_key.setdefault(path_key(path), []).append(path)
    for paths in by_key.values():
        if len(paths) > 1:
            problem = f"some devices take it for the same as {_listed(paths[1:])}"
            yield Finding("twin name", paths[0], None, problem, None, tuple(paths))


def _better_path(path: str) -> str:
    """Give the path with a name that every device and every link can have."""
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, dot + extension) if stem else (name, "")
    return f"{folder}{slash}{safe_name(stem)}{extension}"


def _folders(files: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for path in files:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return folders


def _duplicates(notes: Iterable[str]) -> Iterator[Finding]:
    """Give the names that several notes have, in different folders: one finding a name."""
    by_name: dict[str, list[str]] = {}
    for path in sorted(notes):
        by_name.setdefault(path_key(path.rpartition("/")[2]), []).append(path)
    for paths in by_name.values():
        if len(set(map(path_key, paths))) > 1:
            problem = f"has the same name as {_listed(paths[1:])}"
            yield Finding("duplicate name", paths[0], None, problem, stem_of(paths[0]), tuple(paths))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_SHOWN_CHARS else f"{line[:_MAX_SHOWN_CHARS]}…"


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    return finding.path, finding.line or 0, finding.kind, finding.target or "", finding.problem
