"""Which file a link points to, by Obsidian's rules as observed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy

from vault_engine.note.model import Pointer
from vault_engine.note.names import path_key

_SAYS_WHERE = ("./", "../", "/")
_NONE: Mapping[str, str] = {}


class Resolver:
    """Finds the file of a vault that the path part of a link means.

    Paths are POSIX and relative to the vault; what lies under a dot folder is not part of it. Aliases never
    resolve a link. Which files there are may change at any time; a path counts once, however often it was added.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Index the paths by their last segment: notes, attachments, every file a link may mean."""
        self._by_name: dict[str, dict[str, str]] = {}  # by folded last segment: path to folded path
        self._may: Callable[[str], bool] | None = None  # which of them count; None: all
        for path in paths:
            self.add(path)

    def within(self, may: Callable[[str], bool]) -> Resolver:
        """Give what resolves as if there were only those files that may be reached; it goes on to follow this one."""
        limited = copy(self)
        limited._may = may
        return limited

    def add(self, path: str) -> None:
        """Take in a file."""
        if path.startswith(".") or "/." in path:
            return
        folded = _fold(path)
        named = self._by_name.setdefault(folded.rpartition("/")[2], {})
        named[path] = path if folded == path else folded  # most are equal: one text is enough then

    def remove(self, path: str) -> None:
        """Forget a file, if it is known."""
        name = _fold(path).rpartition("/")[2]
        if named := self._by_name.get(name):
            named.pop(path, None)
            if not named:
                del self._by_name[name]

    def resolve(self, link_path: str, source: str) -> str | None:
        """Find the file.

        Args:
            link_path: the path part of a link as written; empty means the source itself.
            source: the path of the note the link stands in.

        Returns:
            The path as it was added, or None if the link is unresolved.
        """
        written = link_path.strip()
        if not written:
            return source
        if written.startswith(_SAYS_WHERE):
            return self._exact(_from_root(written, source))
        folded = _fold(written)
        name = folded.rpartition("/")[2]
        if name in self._by_name and (found := self._search(written, folded, source)):
            return found
        return self._search(f"{written}.md", f"{folded}.md", source) if f"{name}.md" in self._by_name else None

    def _exact(self, path: str | None) -> str | None:
        """The file at this very path, literally or with ``.md``."""
        if path is None:
            return None
        for full in (path, f"{path}.md"):
            folded = _fold(full)
            if found := [known for known, key in self._named(folded).items() if key == folded]:
                return _best(found, full)
        return None

    def find(self, link: Pointer, source: str) -> str | None:
        """Find the file a link means, as `resolve` does with its path part."""
        return self.resolve(link.target, source)

    def candidates(self, link: Pointer, source: str) -> tuple[str, ...]:  # noqa: ARG002 - Logseq's needs it
        """Every file a link could mean, as `ambiguous` says of its path part."""
        return self.ambiguous(link.target)

    def ambiguous(self, link_path: str) -> tuple[str, ...]:
        """Every file that a link could mean by its name alone, when these are several.

        Empty where one file answers, where none does, and where the link says which: a whole path, a relative one.
        """
        written = link_path.strip()
        if not written or written.startswith(_SAYS_WHERE):
            return ()
        for full in (written, f"{written}.md"):
            folded = _fold(full)
            found = self._ending_in(folded)
            if found:
                is_exact = folded in found.values()
                return () if is_exact or len(found) == 1 else tuple(sorted(found))
        return ()

    def depends_on_source(self, link: Pointer) -> bool:
        """Whether a link, written alike, may lead to another file from another note."""
        written = link.target.strip()
        return not written or written.startswith(_SAYS_WHERE) or bool(self.ambiguous(written))

    def keys(self, link: Pointer, source: str) -> tuple[str, ...]:
        """The names of which a file must have one for the link to mean it, whatever other files there are."""
        return self.missing_keys(self.missing(link, source))

    def names(self, path: str) -> tuple[str, ...]:
        """Every name that `keys` may give for a link to this file: with and without ``.md``."""
        bare = _bare(_fold(path).rpartition("/")[2])
        return tuple(dict.fromkeys((bare, _bare(bare))))

    def missing(self, link: Pointer, source: str) -> str:
        """One name for the note that an unresolved link means, however and wherever the link is written."""
        written = link.target.strip() or f"/{source}"
        if written.startswith(_SAYS_WHERE):
            found = _from_root(written, source)
            written = written if found is None else f"/{found}"
        return _bare(_fold(written))

    def missing_keys(self, missing: str) -> tuple[str, ...]:
        """What `keys` gives for the links that `missing` gives this name."""
        return (missing.rpartition("/")[2],)

    def _search(self, full: str, folded: str, source: str) -> str | None:
        found = self._ending_in(folded)
        if len(found) < 2:
            return next(iter(found), None)
        if exact := [path for path, key in found.items() if key == folded]:
            return _best(exact, full)
        folder = _fold(source).rpartition("/")[0]
        own = [path for path, key in found.items() if not folder or key.startswith(f"{folder}/")]
        return _best(own or list(found), full)

    def _ending_in(self, folded: str) -> Mapping[str, str]:
        """The files whose path ends in this one, at a folder's boundary, with their folded paths."""
        named = self._named(folded)
        if "/" not in folded:
            return named
        ending = f"/{folded}"
        return {path: key for path, key in named.items() if key == folded or key.endswith(ending)}

    def _named(self, folded: str) -> Mapping[str, str]:
        named = self._by_name.get(folded.rpartition("/")[2], _NONE)
        return named if self._may is None else {path: key for path, key in named.items() if self._may(path)}


def _fold(path: str) -> str:
    return path_key(path.replace("\u00a0", " "))


def _best(paths: list[str], full: str) -> str:
    """The shortest path; among equals the one in the case written, then the first in the alphabet."""
    return min(paths, key=lambda path: (len(path), not path.endswith(full), path))


def _bare(folded: str) -> str:
    return folded.removesuffix(".md")


def _from_root(written: str, source: str) -> str | None:
    """Apply a path that begins at the source's folder, or at the root; None if it leaves the vault."""
    if written.startswith("/"):
        return written[1:]
    parts = source.split("/")[:-1]
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
