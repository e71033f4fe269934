"""The notes of a vault as pages of a Logseq graph; see `sync.logseq`. What was held last is read from the revisions."""

import hashlib
from collections.abc import Collection, Container
from contextlib import suppress
from typing import NamedTuple

from vault_engine.engine.mirror_additions import Known
from vault_engine.engine.mirror_form import Written
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError, NoteDamaged
from vault_engine.note import Link, LinkKind, path_key
from vault_engine.note.names import link_problem
from vault_engine.sync.folder import OwnText, id_of, readable
from vault_engine.sync.logseq import Base, marks_of, note_text, page_text
from vault_engine.sync.logseq_head import ID
from vault_engine.sync.logseq_page import read_page
from vault_engine.sync.logseq_paths import PagePaths
from vault_engine.sync.state import State
from vault_engine.vault.files import sha256_hex

_SUFFIX = ".md"
_NO_PAGE = "no page of Logseq can show it and be read back as it is"


class _Target(NamedTuple):
    """What a link says."""

    target: str
    kind: LinkKind = LinkKind.WIKI
    block: str | None = None


class AsPages:
    """Notes as pages and journals of a graph."""

    has_additions = False  # what a page is remembered by comes of the page
    is_in_memory = True

    def __init__(self, session: Session, state: State, paths: PagePaths) -> None:
        """Begin; ``state`` tells by which names links were written last."""
        self._session, self._paths = session, paths
        self._named = state.names
        self._known = Known({}, {}, {}, ())
        self._by_shown: dict[str, str] = {}
        self._by_id: dict[str, str] = {}
        self._pages: dict[str, str] = {}  # notes by the names of their pages
        self._written_by: set[str] | None = None  # the notes by whose names links were written last in this run
        self._stale: set[str] = set()  # notes whose links may be to be written anew

    @property
    def names(self) -> str:
        """Give what tells the names of the vault's notes from others."""
        config = self._paths.config
        digest = hashlib.sha256(repr((config, sorted(self._pages))).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def path_of(self, file: str) -> str | None:
        """Give the note that a file of the graph is."""
        return self._paths.path_of(file)

    def file_of(self, path: str) -> str | None:
        """Give the file for the page of a note."""
        return self._paths.file_of(path)

    def begin(self, known: Known) -> None:
        """Take in what both held and what the vault holds."""
        self._known = known
        self._by_shown = {one.shown: path for path, one in known.base.items()}
        self._by_id = {one.held.id: path for path, one in known.base.items() if one.held.id}
        self._pages = {path_key(self._paths.page_of(path)): path for path in known.ours}

    def own(self, path: str, data: bytes) -> OwnText | None:
        """Give the note that a page shows; None for a page of Logseq's that says nothing."""
        page = readable(data)
        if isinstance(page, OwnText):
            return page
        base = self._base_of(path, page, data)
        said = note_text(page, base, _Names(self, path))
        if base is None and not said.text.strip():
            return None
        return OwnText(said.text.encode(), id_of(said.text), "", marks_of(page), said.is_sure)

    def begin_writing(self, _present: Container[str], alike: Collection[str]) -> None:
        """Find the notes whose links lead elsewhere since notes have come, gone or been renamed."""
        self._pages = {path_key(self._paths.page_of(path)): path for path in self._known.ours}
        known = self._written_by if self._written_by is not None else set(self._known.base)
        if self.names != self._named:
            naming = self._session.index.graph.naming(known ^ self._known.ours.keys()) if self._named else alike
            self._stale = (self._stale | set(naming)) & set(alike)
        self._named, self._written_by = self.names, set(self._known.ours)

    def wants(self, path: str) -> bool:
        """Say whether the links of a note may lead elsewhere."""
        return path in self._stale

    def written(self, path: str, note: bytes, there: bytes | None) -> Written:
        """Write the page of a note; of a page that is there, what only Logseq knows stays.

        Raises:
            NoteDamaged: no page can show it.
        """
        names = _Names(self, path)
        page = own = None
        if there is not None and (said := self.own(path, there)):
            with suppress(UnicodeDecodeError):
                page, own = there.decode(), said.data.decode()
        try:
            text = note.decode()
        except UnicodeDecodeError:
            raise NoteDamaged(path, "not UTF-8, so no page can show it") from None
        written = page_text(text, page, names, own or "")
        if written is None:
            raise NoteDamaged(path, _NO_PAGE)
        marks = marks_of(written)
        if note_text(written, Base(text, marks), names).text != text:
            raise NoteDamaged(path, _NO_PAGE)
        return Written(written.encode(), marks)

    def _base_of(self, path: str, page: str, data: bytes) -> Base | None:
        """Give the note that a page showed: under its own name, or under the one that it had before."""
        known = self._known.base.get(path)
        if known is None:
            if former := self._former(page, data):
                known = self._known.base[former]
            elif path not in self._known.ours:
                return None
        with suppress(MemwellError, KeyError, UnicodeDecodeError):
            if known is None:
                return Base(self._session.vault.read(path).decode())
            return Base(self._text(path, known.held.sha256), known.added)
        return None

    def _former(self, page: str, data: bytes) -> str | None:
        """Give the path that a page had, which somebody has renamed."""
        if former := self._by_shown.get(sha256_hex(data)):
            return former
        stated = (line.value for line in read_page(page).head if line.key == ID)
        return next((self._by_id[id] for id in stated if id in self._by_id), None)

    def _text(self, path: str, sha256: str) -> str:
        try:
            return self._session.revisions.get(sha256).decode()
        except KeyError:
            data = self._session.vault.read(path)
            if sha256_hex(data) != sha256:
                raise
            return data.decode()


class _Names:
    """What links of one note mean."""

    def __init__(self, form: AsPages, path: str) -> None:
        self._form, self._path = form, path
        self._resolver = form._session.index.resolver

    def page_of(self, link: Link) -> str | None:
        """Give the name of the page that is the note a link means."""
        file = self._resolver.find(link, self._path)
        if file and file.lower().endswith(_SUFFIX):
            return self._form._paths.page_of(file)
        return None if file else self._form._paths.page_of_day(link.target)

    def target_of(self, name: str) -> str | None:
        """Give what a link must say to mean the note of a page."""
        file = self._form._pages.get(path_key(name))
        if file is None:
            return self._form._paths.day_of_page(name)
        if link_problem(file):
            return None
        whole = file[: -len(_SUFFIX)]
        for target in (whole.rpartition("/")[2], name):
            if self._resolver.find(_Target(target), self._path) == file:
                return target
        return whole
