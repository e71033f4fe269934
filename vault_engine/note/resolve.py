"""Which file a link points to, by Obsidian's rules as observed."""

from __future__ import annotations

from collections.abc import Iterable

from vault_engine.note.model import Pointer
from vault_engine.note.names import path_key


class Resolver:
    """Finds the file of a vault that the path part of a link means.

    Paths are POSIX and relative to the vault; what lies under a dot folder is not part of it. Aliases never
    resolve a link.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Index the paths by their last segment: notes, attachments, every file a link may mean."""
        self._by_name: dict[str, list[tuple[str, str]]] = {}  # folded last segment -> (folded path, path)
        for path in paths:
            if path.startswith(".") or "/." in path:
                continue
            folded = _fold(path)
            self._by_name.setdefault(folded.rpartition("/")[2], []).append((folded, path))

    def resolve(self, link_path: str, source: str) -> str | None:
        """Find the file.

        Args:
            link_path: the path part of a link as written; empty means the source itself.
            source: the path of the note the link stands in.

        Returns:
            The path as given to the constructor, or None if the link is unresolved.
        """
        written = link_path.strip()
        if not written:
            return source
        if written.startswith(("./", "../")):
            return self._exact(_from_folder(written, source))
        if written.startswith("/"):
            return self._exact(written[1:])
        return self._search(written, source) or self._search(f"{written}.md", source)

    def _exact(self, path: str | None) -> str | None:
        """The file at this very path, literally or with ``.md``."""
        if path is None:
            return None
        for full in (path, f"{path}.md"):
            folded = _fold(full)
            if found := [known for key, known in self._named(folded) if key == folded]:
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
        if not written or written.startswith(("./", "../", "/")):
            return ()
        for full in (written, f"{written}.md"):
            folded = _fold(full)
            found = self._ending_in(folded)
            if found:
                is_exact = any(key == folded for key, _ in found)
                return () if is_exact or len(found) == 1 else tuple(sorted(path for _, path in found))
        return ()

    def _search(self, full: str, source: str) -> str | None:
        folded = _fold(full)
        found = self._ending_in(folded)
        if exact := [path for key, path in found if key == folded]:
            return _best(exact, full)
        if len(found) > 1:
            folder = _fold(source).rpartition("/")[0]
            own = [(key, path) for key, path in found if not folder or key.startswith(f"{folder}/")]
            found = own or found
        return _best([path for _, path in found], full) if found else None

    def _ending_in(self, folded: str) -> list[tuple[str, str]]:
        """The files whose path ends in this one, at a folder's boundary."""
        ending = f"/{folded}"
        return [(key, path) for key, path in self._named(folded) if key == folded or key.endswith(ending)]

    def _named(self, folded: str) -> list[tuple[str, str]]:
        return self._by_name.get(folded.rpartition("/")[2], [])


def _fold(path: str) -> str:
    return path_key(path.replace("\u00a0", " "))


def _best(paths: list[str], full: str) -> str:
    """The shortest path; among equals the one in the case written, then the first in the alphabet."""
    return min(paths, key=lambda path: (len(path), not path.endswith(full), path))


def _from_folder(written: str, source: str) -> str | None:
    """Apply ``./`` and ``../`` to the folder of the source; None if that leaves the vault."""
    parts = source.split("/")[:-1]
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
