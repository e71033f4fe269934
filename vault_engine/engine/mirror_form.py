"""How the notes of a vault are written in a folder that is kept in step with it: as they are, with links added."""

from collections.abc import Callable, Collection, Container, Mapping
from functools import cache, cached_property
from itertools import chain
from typing import NamedTuple, Protocol

from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.mirror_shown import Shown
from vault_engine.engine.mirrored import What
from vault_engine.engine.session import Session
from vault_engine.sync.exported import mark_of, with_links
from vault_engine.sync.folder import Form, OwnText, id_of, own_text
from vault_engine.sync.plan import Held
from vault_engine.sync.shown import lines_like_ours, property_marks, without_properties
from vault_engine.sync.state import Synced
from vault_engine.vault.files import sha256_hex


class Written(NamedTuple):
    """What the folder is to hold of a note."""

    data: bytes
    marks: tuple[str, ...]  # what it is remembered by
    what: What = "links"  # what is written anew, where it is not the note's own text


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
    """Notes as they are, with links below them to what their properties relate them to, and properties of ours."""

    def __init__(self, session: Session, prefix: str, shown: Shown, has_file: Callable[[str], bool]) -> None:
        """Begin.

        Args:
            session: the open vault.
            prefix: what stands before a note's path in a link, with a ``/`` at its end; "" for nothing.
            shown: which properties the folder's notes are given.
            has_file: says whether the folder has a file of some path.
        """
        self._session, self._prefix, self._shown, self._has_file = session, prefix, shown, has_file
        self._marks: Mapping[str, tuple[str, ...]] = {}
        self._related: Container[str] = ()
        self._knows: Callable[[str, str], bool] = lambda _path, _mark: False
        self._added = AddedProperties({}, {}, {}, has_file)
        self._lines = AddedLinks(session, prefix, ())
        self._is_writing = False

    def begin(self, known: Known) -> None:
        """Take in which lines were added, and to which notes links may lead."""
        self._marks, self._related = known.marks, known.related
        self._knows = _line_knower(known.marks, lambda: AddedLinks(self._session, self._prefix, known.ours.keys()))
        self._added = AddedProperties(dict(known.marks), known.base, known.ours, self._has_file)

    def own(self, path: str, data: bytes) -> OwnText | None:
        """Give what the file says without the links and properties that were added."""
        said = own_text(data, lambda mark: self._knows(path, mark))
        return said if said.problem else self._added.taken_out(path, said)

    def begin_writing(self, present: Container[str], _alike: Collection[str]) -> None:
        """Take in to which notes links may lead."""
        self._lines = AddedLinks(self._session, self._prefix, present)
        self._is_writing = True

    def wants(self, path: str) -> bool:
        """Say whether a note's relations have changed, or what else it shows."""
        marks = self._marks.get(path, ())
        properties = property_marks(marks)
        lines = tuple(map(mark_of, self._of(path))) if path in self._related else ()
        return marks[: len(marks) - len(properties)] != lines or self._shown.is_due(path, properties)

    def written(self, path: str, note: bytes, _there: bytes | None) -> Written:
        """Write a note with the links that belong below it, and the properties that it is to show."""
        lines = self._of(path)
        marks = tuple(map(mark_of, lines))
        try:
            text = note.decode()
        except UnicodeDecodeError:
            return Written(note, marks)
        if self._is_writing:
            shown, properties = self._shown.add(path, text)
        else:
            shown, properties = self._shown.add_again(text, self._marks.get(path, ()))
        new = with_links(shown, lines) if lines else shown
        before = property_marks(self._marks.get(path, ()))
        what: What = "links" if (*marks, *before) != self._marks.get(path, ()) else "properties"
        return Written(new.encode() if new is not text else note, (*marks, *properties), what)

    def _of(self, path: str) -> tuple[str, ...]:
        record = self._session.index.records.get(path)
        return self._lines.of_record(record) if record and AddedLinks.may_be_below(record) else ()


class AddedProperties:
    """Knows the properties that were added to the notes of a folder, and takes them out again."""

    def __init__(
        self,
        marks: Mapping[str, tuple[str, ...]],
        base: Mapping[str, Synced],
        ours: Mapping[str, Held],
        has_file: Callable[[str], bool],
    ) -> None:
        self._marks, self._base, self._ours, self._has_file = marks, base, ours, has_file

    def taken_out(self, path: str, said: OwnText) -> OwnText:
        """Leave them out of what a file says."""
        try:
            text = said.data.decode()
        except UnicodeDecodeError:
            return said
        marks = self._marks.get(path, ())
        if path not in self._base:  # its marks, if any, are only of what was about to be written
            marks += self._elsewhere(text, said.id)
        own = without_properties(text, marks) if marks else text
        return said if own == text else said._replace(data=own.encode(), id=id_of(own))

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(one.sha256 for one in chain(self._ours.values(), (one.held for one in self._base.values())))

    def _elsewhere(self, text: str, id: str | None) -> tuple[str, ...]:
        """Say what was added to a note that the folder did not have under its path.

        It is known by its text, else by what was added to a note of the same identity or one that is gone.
        """
        lines = lines_like_ours(text)
        if not lines:
            return ()
        for marks in (lines, (*lines, "---")):
            if sha256_hex(without_properties(text, marks).encode()) in self._texts:
                return marks
        for path, marks in self._marks.items():
            if set(lines) == {*lines} & set(marks):
                known = self._base.get(path)
                is_same = id is not None and known is not None and known.held.id == id
                if is_same or not self._has_file(path):
                    return marks
        return ()


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
