"""The links that a rename changes, as splices: only the target's characters, in the form they were written in.

A link is edited only if it would mean another file after the rename, still spells the old name, or stands there
with a bare name that a second file now has too. What cannot be written so that it is read back is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vault_engine.note.edit import Refused
from vault_engine.note.model import Link, LinkKind, Note
from vault_engine.note.names import path_key
from vault_engine.note.parser import parse
from vault_engine.note.resolve import Resolver
from vault_engine.note.rules import LinkFormat
from vault_engine.note.yaml12 import read_yaml

_EXTENSION = ".md"
_UNSAFE_BARE = re.compile(r"[\s\x00-\x1f%()<>\[\]?\\`]")
_UNSAFE_POINTED = re.compile(r"[\x00-\x1f%<>\\]")


class Splice(NamedTuple):
    """One replacement in a text."""

    start: int
    end: int
    text: str
    old: str
    line: int  # of the start, from 1


class Layout(Resolver):
    """The files of a vault: what a link means among them, and which names one file alone has."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Index the paths, as `Resolver` does."""
        paths = list(paths)
        super().__init__(paths)
        self._count = Counter(path_key(_tail(path)) for path in paths)

    def is_unique(self, path: str) -> bool:
        """Say whether no other file has the name of the one at ``path``, in whatever case."""
        return self._count[path_key(_tail(path))] == 1


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a rename does to a vault."""

    before: Layout
    after: Layout
    moved: Mapping[str, str]  # new path by old
    link_format: LinkFormat

    @classmethod
    def of(
        cls, paths: Sequence[str], moved: Mapping[str, str], link_format: LinkFormat = LinkFormat.SHORTEST
    ) -> Renaming:
        """Give the renaming of some of a vault's files, whose paths are all of ``paths``."""
        return cls(Layout(paths), Layout(moved.get(path, path) for path in paths), moved, link_format)

    def wanted(self, target: str, source: str) -> str | None:
        """Say which file, by its new path, a link has to be rewritten for; None if the link can stay.

        Args:
            target: the path part of the link.
            source: the path that the note the link stands in has before the rename.
        """
        found = self.before.resolve(target, source) if target.strip() else None
        if found is None:
            return None
        file = self.moved.get(found, found)
        misses = self.after.resolve(target, self.moved.get(source, source)) != file
        return file if misses or _spells_the_old(target, found, file) or self._is_blurred(target, found, file) else None

    def target_for(self, written: str, source: str, file: str) -> str | None:
        """Write the path part of a link anew so that it means ``file``; None if no link can.

        Blanks around it, an extension, and a leading ``./``, ``../`` or ``/`` are kept; else the format decides.
        """
        name = written.strip()
        here = self.moved.get(source, source)
        spellings = [file]
        if file.lower().endswith(_EXTENSION):
            short = file[: -len(_EXTENSION)]
            spellings = [file, short] if name.lower().endswith(_EXTENSION) else [short, file]
        for full in spellings:
            for target in self._forms(name, full, here, file):
                if self.after.resolve(target, here) == file:
                    return written.replace(name, target, 1)
        return None

    def _forms(self, name: str, full: str, here: str, file: str) -> Iterator[str]:
        relative = _relative(full, here)
        if name.startswith(("./", "../")):
            yield relative if relative.startswith("../") else f"./{relative}"
        elif name.startswith("/"):
            yield f"/{full}"
        elif self.link_format is LinkFormat.RELATIVE:
            yield from (relative, f"./{relative}")
        else:
            if self.link_format is LinkFormat.SHORTEST and self.after.is_unique(file):
                yield _tail(full)
            yield full

    def _is_blurred(self, target: str, found: str, file: str) -> bool:
        """Whether a bare name was its file's alone and is not any more, the file not being at the vault's root."""
        bare = "/" not in target and "/" in file
        return bare and self.before.is_unique(found) and not self.after.is_unique(file)


def rewritten_links(note: Note, source: str, renaming: Renaming) -> tuple[Splice, ...] | Refused:
    """Say how the text of a note changes with a rename, in the order of the text.

    Args:
        note: the note as it is.
        source: the path it has before the rename; it may be a file that is renamed itself.
        renaming: what is renamed.

    Returns:
        Splices after which the note has the same links, each to the file it meant before; or why there are none.
    """
    files = [renaming.wanted(link.target, source) for link in note.links]
    splices: dict[tuple[int, int], Splice] = {}  # several links of one definition share a span
    for link, file in zip(note.links, files, strict=True):
        if file is None:
            continue
        target = renaming.target_for(link.target, source, file)
        if target is None:
            return Refused(f"line {link.line}: no link can name {file}")
        span = link.target_start, link.target_end
        old, new = note.text[slice(*span)], _encoded(note.text, link, target)
        if old != new:
            splices[span] = Splice(*span, new, old, link.line)
    ordered = tuple(sorted(splices.values()))
    if ordered and not _keeps_every_link(note, source, renaming, files, ordered):
        return Refused(f"line {ordered[0].line}: the new link would not be read as it is meant")
    return ordered


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """Give the text with each span replaced; the splices are in its order and do not overlap."""
    pieces, position = [], 0
    for splice in splices:
        pieces += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*pieces, text[position:]])


def _keeps_every_link(
    note: Note, source: str, renaming: Renaming, files: Sequence[str | None], splices: Sequence[Splice]
) -> bool:
    """Read the spliced text again: the same links, those edited to the files wanted, the others unchanged."""
    here = renaming.moved.get(source, source)
    again = parse(apply_splices(note.text, splices)).links
    return len(again) == len(note.links) and all(
        _manner(old) == _manner(new)
        and (new.target == old.target if file is None else renaming.after.resolve(new.target, here) == file)
        for old, new, file in zip(note.links, again, files, strict=True)
    )


def _manner(link: Link) -> tuple[object, ...]:
    """All that a rename leaves as it is; the text of a Markdown link can hold another link that changes."""
    alias = None if link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE) else link.alias
    return link.kind, link.embed, link.heading, link.block, link.subpath, link.key, alias


def _encoded(text: str, link: Link, target: str) -> str:
    """Write a target the way the place asks for."""
    if link.kind is LinkKind.PROPERTY:
        return _in_quotes(text, link, target)
    if link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE):
        pointed = text[link.target_start - 1] == "<"
        return (_UNSAFE_POINTED if pointed else _UNSAFE_BARE).sub(_percent, target)
    return target


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _in_quotes(text: str, link: Link, target: str) -> str:
    """Write the target, or where something is escaped the whole text with its quotes, in the same kind of quotes."""
    if link.target_start > link.start:
        return _escaped(target, text[link.start - 1])
    quote = text[link.start]
    value = read_yaml(text[link.start : link.end]).value
    return quote + _escaped(f"[[{target}{value[2 + len(link.target) :]}", quote) + quote


def _escaped(value: str, quote: str) -> str:
    return value.replace("'", "''") if quote == "'" else json.dumps(value, ensure_ascii=False)[1:-1]


def _spells_the_old(target: str, old: str, new: str) -> bool:
    """Whether a link names the parts of a path that changed, in another spelling than they have now."""
    written = [part for part in target.strip().split("/") if part not in ("", ".", "..")]
    now = "/".join(new.split("/")[-len(written) :])
    if "/".join(old.split("/")[-len(written) :]) == now:
        return False
    return "/".join(written) not in (now, now[: -len(_EXTENSION)])


def _tail(path: str) -> str:
    return path.rpartition("/")[2]


def _relative(path: str, source: str) -> str:
    """Give a path as seen from the folder of ``source``."""
    here, there = source.split("/")[:-1], path.split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return "/".join([*[".."] * (len(here) - shared), *there[shared:]])
