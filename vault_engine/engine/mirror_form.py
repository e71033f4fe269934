"""How the notes of a vault are written in a folder that is kept in step with it: as they are, with links added."""

from collections.abc import Callable, Collection, Container, Mapping
from typing import NamedTuple, Protocol

from vault_engine.engine.mirror_additions import Additions, Known
from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.mirror_shown import Shown
from vault_engine.engine.mirrored import What
from vault_engine.engine.session import Session
from vault_engine.sync.exported import mark_of, with_links
from vault_engine.sync.folder import Form, OwnText, id_of, readable
from vault_engine.sync.shown import link_marks, property_marks


class Written(NamedTuple):
    """What the folder is to hold of a note."""

    data: bytes
    marks: tuple[str, ...]  # what it is remembered by
    what: What = "links"  # what is written anew, where it is not the note's own text


class MirrorForm(Form, Protocol):
    """How notes are written, for one run."""

    @property
    def names(self) -> str:
        """Give what tells the names of the vault's notes from others, if links are written by them; else ""."""

    @property
    def has_additions(self) -> bool:
        """Say whether notes are added to, so that what is about to be written must be known again."""

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
    has_additions = False
    is_in_memory = False

    def path_of(self, file: str) -> str | None:
        """Give the file itself."""
        return file

    def file_of(self, path: str) -> str | None:
        """Give the path itself."""
        return path

    def own(self, _path: str, data: bytes) -> OwnText | None:
        """Give what the file says."""
        text = readable(data)
        return text if isinstance(text, OwnText) else OwnText(data, id_of(text))


class WithLinks(AsTheyAre):
    """Notes as they are, with links below them to what their properties relate them to, and properties of ours."""

    has_additions = True

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
        self._is_writing = False
        self.begin(Known({}, {}, {}, ()))

    def begin(self, known: Known) -> None:
        """Take in which lines were added, and to which notes links may lead."""
        self._marks, self._related = known.marks, known.related
        self._lines = lines = AddedLinks(self._session, self._prefix, known.ours.keys())
        self._additions = Additions(
            self._session, known, has_file=self._has_file, links_of=lambda path: tuple(map(mark_of, lines.of(path)))
        )

    def own(self, path: str, data: bytes) -> OwnText | None:
        """Give what the file says without the links and properties that were added."""
        return self._additions.taken_out(path, data)

    def begin_writing(self, present: Container[str], _alike: Collection[str]) -> None:
        """Take in to which notes links may lead."""
        self._lines = AddedLinks(self._session, self._prefix, present)
        self._is_writing = True

    def wants(self, path: str) -> bool:
        """Say whether a note's relations have changed, or what else it shows."""
        marks = self._marks.get(path, ())
        lines = tuple(map(mark_of, self._of(path))) if path in self._related else ()
        return link_marks(marks) != lines or self._shown.is_due(path, marks)

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
