"""Which file of a Logseq graph a reference means."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from copy import copy
from dataclasses import dataclass
from posixpath import normpath

from vault_engine.note.logseq.config import LogseqConfig
from vault_engine.note.logseq.names import day_of_name, journal_title, page_name
from vault_engine.note.model import LinkKind, Pointer
from vault_engine.note.names import path_key


@dataclass(frozen=True, slots=True)
class PageNames:
    """What a resolver needs to know of one page."""

    path: str
    title: str | None  # its title:: property
    aliases: tuple[str, ...]
    blocks: tuple[str, ...]  # ids of its blocks


class LogseqResolver:
    """Finds the file that holds a page, a block or an attachment.

    Names of pages count without case and win over aliases; of several pages with one name the shortest path wins,
    then the first in the alphabet. Which files there are may change at any time.
    """

    def __init__(self, pages: Iterable[PageNames], config: LogseqConfig, others: Iterable[str] = ()) -> None:
        """Index pages by name, alias and block id, and every path of the graph."""
        self._config = config
        self._may: Callable[[str], bool] | None = None  # which files count; None: all
        self._pages: dict[str, PageNames] = {}
        self._files: set[str] = set()  # that are not pages
        self._known: dict[str, set[str]] = {}  # paths by each of the names that `names` gives
        self._named: dict[str, set[str]] = {}  # pages by the name that wins over aliases
        for page in pages:
            self.add_page(page)
        for path in others:
            self.add(path)

    def within(self, may: Callable[[str], bool]) -> LogseqResolver:
        """Give what finds as if there were only those files that may be reached; it goes on to follow this one."""
        limited = copy(self)
        limited._may = may
        return limited

    def add_page(self, page: PageNames) -> None:
        """Take in a page; what was known of the file at its path before is forgotten."""
        self.remove(page.path)
        self._pages[page.path] = page
        self._named.setdefault(self._name(page), set()).add(page.path)
        for name in self.names(page.path):
            self._known.setdefault(name, set()).add(page.path)

    def add(self, path: str) -> None:
        """Take in a file of which only the path counts, unless a page is known there."""
        if path not in self._pages:
            self._files.add(path)
            self._known.setdefault(_file_name(path), set()).add(path)

    def remove(self, path: str) -> None:
        """Forget a page or file, if it is known."""
        if path not in self._pages and path not in self._files:
            return
        for name in self.names(path):
            _discard(self._known, name, path)
        if page := self._pages.pop(path, None):
            _discard(self._named, self._name(page), path)
        self._files.discard(path)

    def find(self, link: Pointer, source: str) -> str | None:
        """Find the file a link means; None if there is none."""
        candidates = self._candidates(link, source)
        return candidates[0] if candidates else None

    def candidates(self, link: Pointer, source: str) -> tuple[str, ...]:
        """Every file a link may mean, the best first, if there is more than one."""
        candidates = self._candidates(link, source)
        return tuple(candidates) if len(candidates) > 1 else ()

    def depends_on_source(self, link: Pointer) -> bool:
        """Whether a link, written alike, may lead to another file from another note."""
        return link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE)

    def keys(self, link: Pointer, source: str) -> tuple[str, ...]:
        """The names of which a file must have one for the link to mean it, whatever other files there are."""
        if link.kind is LinkKind.BLOCK:
            return (_block_name(link.block or ""),)
        page = f"[[{self._key(link.target)}"
        if link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE):
            return _file_name(_from_root(link.target, source)), page
        return (page,)

    def names(self, path: str) -> tuple[str, ...]:
        """Every name that `keys` may give for a link to this file: its path, its names, its blocks."""
        page = self._pages.get(path)
        if page is None:
            return (_file_name(path),)
        aliases = (f"[[{self._key(alias)}" for alias in page.aliases)
        return tuple({_file_name(path), self._name(page), *aliases, *map(_block_name, page.blocks)})

    def missing(self, link: Pointer, source: str) -> str:
        """One name for the page, block or file that an unresolved link means, wherever the link is written."""
        return self.keys(link, source)[0]

    def missing_keys(self, missing: str) -> tuple[str, ...]:
        """What `keys` gives for the links that `missing` gives this name, and maybe for others."""
        return (missing,)

    def _candidates(self, link: Pointer, source: str) -> list[str]:
        found: Collection[str] = ()
        for key in self.keys(link, source):
            found = self._reached(self._named.get(key)) or self._reached(self._known.get(key))
            if found:
                break
        if link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE):
            path = _from_root(link.target, source)
            found = [path] if path in found else found
        return sorted(found, key=lambda path: (len(path), path))

    def _reached(self, paths: Collection[str] | None) -> Collection[str]:
        return (paths or ()) if self._may is None else [path for path in paths or () if self._may(path)]

    def _name(self, page: PageNames) -> str:
        return f"[[{self._key(page.title or page_name(page.path, self._config))}"

    def _key(self, name: str) -> str:
        """The identity of a name: without case, and one for all ways to write a day."""
        name = name.strip().removeprefix("/").removesuffix("/")
        if day := day_of_name(name, self._config):
            name = journal_title(day, self._config)
        return path_key(name)


# Names of three kinds, told apart by how they begin: "[[" of a page, "((" of a block, "/" of a file.


def _file_name(path: str) -> str:
    return f"/{path_key(path)}"


def _block_name(block: str) -> str:
    return f"(({block.lower()}"


def _from_root(target: str, source: str) -> str:
    folder = "" if target.startswith("/") else source.rpartition("/")[0]
    return normpath(f"{folder}/{target}".lstrip("/"))


def _discard(index: dict[str, set[str]], key: str, path: str) -> None:
    index[key].discard(path)
    if not index[key]:
        del index[key]
