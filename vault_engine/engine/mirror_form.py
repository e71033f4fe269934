"""How the notes of a vault are written in a folder that is kept in step with it: as they are, with links added."""

from collections.abc import Callable, Collection, Container, Mapping
from functools import cache
from typing import NamedTuple, Protocol

from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.session import Session
from vault_engine.sync.exported import mark_of, with_links
from vault_engine.sync.folder import Form, OwnText, own_text
from vault_engine.sync.plan import Held
from vault_engine.sync.state import Synced


class Written(NamedTuple):
    """What the folder is to hold of a note."""

    data: bytes
    marks: tuple[str, ...]  # what it is remembered by


class Known(NamedTuple):
    """What a run knows before it looks at the folder."""

    base: Mapping[str, Synced]  # what both held last
    marks: Mapping[str, tuple[str, ...]]  # what the folder's notes are remembered by
    ours: Mapping[str, Held]  # what the vault holds
    related: Container[str]  # notes of the vault whose properties may link to others


class MirrorForm(Form, Protocol):
    """How notes are written, for one run."""

    @property
    def names(self) -> str:
        """Give what tells the names of the vault's notes from others, if links are written by them; else ""."""

    @property
    def is_in_memory(self) -> bool:
        """Say whether the program there holds a note in memory, and writes it as a whole after an edit."""

    def begin(self, known: Known) -> None:
        """Take in what is known before the folder is looked at."""

    def begin_writing(self, present: Container[str], alike: Collection[str]) -> None:
        """Take in which notes the folder has or is about to get, and of which both hold the same."""

    def wants(self, path: str) -> bool:
        """Say whether a note of which both hold the same is to be written anew all the same."""

    def written(self, path: str, note: bytes, there: bytes | None) -> Written:
        """Write a note for the folder, which has it as ``there``.

        Raises:
            NoteDamaged: it can't be written so that it is read back.
        """


class AsTheyAre:
    """Notes in the files that they are in here, with their own text."""

    names = ""
    is_in_memory = False

    def path_of(self, file: str) -> str | None:
        """Give the file itself."""
        return file

    def file_of(self, path: str) -> str | None:
        """Give the path itself."""
        return path

    def own(self, _path: str, data: bytes) -> OwnText | None:
        """Give what the file says."""
        return own_text(data, lambda _mark: False)


class WithLinks(AsTheyAre):
    """Notes as they are, with links below them to what their properties relate them to."""

    def __init__(self, session: Session, prefix: str) -> None:
        """Begin.

        Args:
            session: the open vault.
            prefix: what stands before a note's path in a link, with a ``/`` at its end; "" for nothing.
        """
        self._session, self._prefix = session, prefix
        self._marks: Mapping[str, tuple[str, ...]] = {}
        self._related: Container[str] = ()
        self._knows: Callable[[str, str], bool] = lambda _path, _mark: False
        self._lines = AddedLinks(session, prefix, ())

    def begin(self, known: Known) -> None:
        """Take in which lines were added, and to which notes links may lead."""
        self._marks, self._related = known.marks, known.related
        self._knows = _line_knower(known.marks, lambda: AddedLinks(self._session, self._prefix, known.ours.keys()))

    def own(self, path: str, data: bytes) -> OwnText | None:
        """Give what the file says without the links that were added."""
        return own_text(data, lambda mark: self._knows(path, mark))

    def begin_writing(self, present: Container[str], _alike: Collection[str]) -> None:
        """Take in to which notes links may lead."""
        self._lines = AddedLinks(self._session, self._prefix, present)

    def wants(self, path: str) -> bool:
        """Say whether a note's relations have changed."""
        if path not in self._related:
            return bool(self._marks.get(path))
        return self._marks.get(path, ()) != tuple(map(mark_of, self._of(path)))

    def written(self, path: str, note: bytes, _there: bytes | None) -> Written:
        """Write a note with the links that belong below it."""
        lines = self._of(path)
        marks = tuple(map(mark_of, lines))
        try:
            return Written(with_links(note.decode(), lines).encode() if lines else note, marks)
        except UnicodeDecodeError:
            return Written(note, marks)

    def _of(self, path: str) -> tuple[str, ...]:
        record = self._session.index.records.get(path)
        return self._lines.of_record(record) if record and AddedLinks.may_be_below(record) else ()


def _line_knower(added: Mapping[str, tuple[str, ...]], links: Callable[[], AddedLinks]) -> Callable[[str, str], bool]:
    """Give what says whether a line was added to a note; of what was moved, whether it was to any."""
    known = {path: frozenset(marks) for path, marks in added.items()}

    @cache
    def everything() -> frozenset[str]:
        return frozenset().union(*known.values())

    @cache
    def lines() -> AddedLinks:
        return links()

    def knows(path: str, mark: str) -> bool:
        if path in known:
            return mark in known[path]
        return mark in everything() or mark in map(mark_of, lines().of(path))

    return knows
