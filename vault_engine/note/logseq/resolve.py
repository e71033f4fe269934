"""Which file of a Logseq graph a reference means."""

from __future__ import annotations

from collections.abc import Iterable
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
    then the first in the alphabet.
    """

    def __init__(self, pages: Iterable[PageNames], config: LogseqConfig, others: Iterable[str] = ()) -> None:
        """Index pages by name, alias and block id, and every path of the graph."""
        self._config = config
        self._names: dict[str, list[str]] = {}
        self._aliases: dict[str, list[str]] = {}
        self._blocks: dict[str, list[str]] = {}
        self._paths: dict[str, list[str]] = {}
        for page in pages:
            _add(self._names, self._key(page.title or page_name(page.path, config)), page.path)
            _add(self._paths, path_key(page.path), page.path)
            for alias in page.aliases:
                _add(self._aliases, self._key(alias), page.path)
            for block in page.blocks:
                _add(self._blocks, block.lower(), page.path)
        for path in others:
            _add(self._paths, path_key(path), path)

    def find(self, link: Pointer, source: str) -> str | None:
        """Find the file a link means; None if there is none."""
        candidates = self._candidates(link, source)
        return candidates[0] if candidates else None

    def candidates(self, link: Pointer, source: str) -> tuple[str, ...]:
        """Every file a link may mean, the best first, if there is more than one."""
        candidates = self._candidates(link, source)
        return tuple(candidates) if len(candidates) > 1 else ()

    def _candidates(self, link: Pointer, source: str) -> list[str]:
        if link.kind is LinkKind.BLOCK:
            found = self._blocks.get((link.block or "").lower(), [])
        elif link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE):
            found = self._files(link.target, source) or self._pages(link.target)
        else:
            found = self._pages(link.target)
        return sorted(found, key=lambda path: (len(path), path))

    def _pages(self, name: str) -> list[str]:
        key = self._key(name)
        return self._names.get(key) or self._aliases.get(key) or []

    def _files(self, target: str, source: str) -> list[str]:
        folder = "" if target.startswith("/") else source.rpartition("/")[0]
        path = normpath(f"{folder}/{target}".lstrip("/"))
        found = self._paths.get(path_key(path), [])
        return [path] if path in found else found

    def _key(self, name: str) -> str:
        """The identity of a name: without case, and one for all ways to write a day."""
        name = name.strip().removeprefix("/").removesuffix("/")
        if day := day_of_name(name, self._config):
            name = journal_title(day, self._config)
        return path_key(name)


def _add(index: dict[str, list[str]], key: str, path: str) -> None:
    paths = index.setdefault(key, [])
    if path not in paths[-1:]:
        paths.append(path)
