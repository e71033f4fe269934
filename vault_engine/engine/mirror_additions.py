"""What was added to the notes of a folder, links and properties: knowing it again there, also elsewhere than it was.

A file is known by what was written into it last. What it has besides and looks like ours was added all the same if the
file is another one's: renamed, put in the place of a deleted one, or copied. Anything else is what somebody wrote.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from vault_engine.engine.session import Session
from vault_engine.sync.exported import marks_between, without_links
from vault_engine.sync.folder import OwnText, id_of, readable
from vault_engine.sync.plan import Held
from vault_engine.sync.shown import FENCES, either, lines_like_ours, still_there, without_properties
from vault_engine.sync.state import Synced
from vault_engine.vault.files import sha256_hex

_ALIKE = 0.5  # the share of its lines that a copy has in common with what it was made of, at least


class Known(NamedTuple):
    """What a run knows before it looks at the folder."""

    base: Mapping[str, Synced]  # what both held last
    marks: Mapping[str, tuple[str, ...]]  # what the folder's notes are remembered by
    ours: Mapping[str, Held]  # what the vault holds
    related: Container[str]  # notes of the vault whose properties may link to others


class Additions:
    """Takes out of files what was added to them."""

    def __init__(
        self,
        session: Session,
        known: Known,
        *,
        has_file: Callable[[str], bool],
        links_of: Callable[[str], Collection[str]],
    ) -> None:
        """Begin.

        Args:
            session: the open vault.
            known: what the run knows.
            has_file: says whether the folder has a file of some path.
            links_of: gives the marks of the lines that belong below a note now.
        """
        self._session, self._known = session, known
        self._has_file, self._links_of = has_file, links_of

    def taken_out(self, path: str, data: bytes) -> OwnText:
        """Give what a file says itself; and what it is to be remembered by, if that is not what it was so far."""
        text = readable(data)
        if isinstance(text, OwnText):
            return text
        marks = known = self._known.marks.get(path, ())
        there = (*marks_between(text), *lines_like_ours(text))
        others = [mark for mark in there if mark not in known]
        if others and (found := self._found(path, text, others)):
            marks = either(known, found) if known else found
        own, marks = self._without(text, still_there(marks, there))
        return OwnText(data if own == text else own.encode(), id_of(own), marks=None if marks == known else marks)

    def _found(self, path: str, text: str, others: Collection[str]) -> tuple[str, ...]:
        """Say which of what a file has besides what is known of it was added to it under another path."""
        is_new = path not in self._known.base
        properties = set(lines_like_ours(text)).intersection(others)
        links: tuple[str, ...] = ()
        if is_new:
            below = self._links_of(path)
            links = tuple(mark for mark in others if mark not in properties and (mark in self._having or mark in below))
            own, added = self._without(text, (*links, *properties))
            if properties and self._is_known(own):
                return added
        for origin in self._origins(path, properties or set(others)):
            if properties <= set(self._known.marks[origin]) and self._is_of(origin, path, text):
                return tuple(dict.fromkeys((*links, *self._known.marks[origin])))
        return links

    def _without(self, text: str, marks: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Take out what a file is remembered by, and the fences too where that leaves a note that is known.

        Those are not remembered where the file is another one's, and both show the same.
        """
        bare = without_links(text, marks.__contains__)
        own, headless = (without_properties(bare, (*marks, *fences)) for fences in ((), (FENCES,)))
        is_headless = bare != own != headless and self._is_known(headless)
        return (headless, (*marks, FENCES)) if is_headless else (own, marks)

    def _origins(self, path: str, marks: Iterable[str]) -> Iterable[str]:
        """Give the other notes to which any of that was added."""
        return dict.fromkeys(one for mark in marks for one in self._having.get(mark, ()) if one != path)

    def _is_of(self, origin: str, path: str, text: str) -> bool:
        """Say whether a file is that of another note: of its identity, renamed, or with its text for the most part."""
        known = self._held(origin)
        if known and known.id and known.id == id_of(text):
            return True
        if path not in self._known.base:
            return not self._has_file(origin) or self._likeness(text, known) >= _ALIKE
        alike = self._likeness(text, known)
        return alike > _ALIKE and alike > self._likeness(text, self._held(path))

    def _held(self, path: str) -> Held | None:
        return self._known.base[path].held if path in self._known.base else self._known.ours.get(path)

    def _likeness(self, text: str, held: Held | None) -> float:
        """Give the share of their lines that a text and what was held have in common: of the one that has fewer."""
        with suppress(KeyError, UnicodeDecodeError):  # what was purged can't be compared
            before = self._session.revisions.get(held.sha256).decode() if held else ""
            ones, others = ({line for line in one.splitlines() if line.strip()} for one in (text, before))
            return len(ones & others) / max(min(len(ones), len(others)), 1)
        return 0.0

    def _is_known(self, text: str) -> bool:
        """Say whether a text is that of a note."""
        return sha256_hex(text.encode()) in self._texts

    @cached_property
    def _having(self) -> Mapping[str, list[str]]:
        """Give the notes to which something was added, by what that is remembered by."""
        having: defaultdict[str, list[str]] = defaultdict(list)
        for path, marks in self._known.marks.items():
            for mark in marks:
                having[mark].append(path)
        return dict(having)

    @cached_property
    def _texts(self) -> frozenset[str]:
        known = chain(self._known.ours.values(), (one.held for one in self._known.base.values()))
        return frozenset(one.sha256 for one in known)
