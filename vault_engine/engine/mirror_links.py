"""The links that are added to notes for a reader that knows only links in the text: what their properties relate to."""

from collections.abc import Container
from pathlib import Path

from vault_engine.engine.session import Session
from vault_engine.index.record import Record
from vault_engine.note import LinkKind, Profile
from vault_engine.note.names import link_problem
from vault_engine.sync.exported import Related, link_lines

_OBSIDIAN = ".obsidian"


class AddedLinks:
    """Says which lines belong below a note, by the index as of the last refresh."""

    def __init__(self, session: Session, prefix: str, present: Container[str]) -> None:
        """Begin.

        Args:
            session: the open vault.
            prefix: what stands before a note's path in a link, with a ``/`` at its end; "" for nothing.
            present: the notes that a link may lead to.
        """
        self._records = session.index.records
        self._resolver = session.index.resolver
        self._prefix, self._present = prefix, present
        self._are_there = session.index.rules.profile is Profile.OBSIDIAN  # Logseq reads properties as links

    @staticmethod
    def may_be_below(record: Record) -> bool:
        """Say at a glance whether a note may have any."""
        return any(link.kind is LinkKind.PROPERTY and link.relation for link in record.links)

    def of(self, path: str) -> tuple[str, ...]:
        """Give the lines for one note; none for one that the vault does not have."""
        record = self._records.get(path)
        return self.of_record(record) if record else ()

    def of_record(self, record: Record) -> tuple[str, ...]:
        """Give the lines for a note as it would be."""
        if not self._are_there:
            return ()
        stated = self._found(record, LinkKind.PROPERTY)
        return link_lines(self._related(*one) for one in stated - self._found(record, LinkKind.WIKI)) if stated else ()

    def _found(self, record: Record, kind: LinkKind) -> set[tuple[str, str]]:
        """Give the relations that a note states in links of one kind, and to which notes."""
        found: set[tuple[str, str]] = set()
        for link in record.links:
            if link.kind is kind and link.relation:
                file = self._resolver.find(link, record.path)
                if file and file != record.path and file in self._records and not link_problem(file):
                    found.add((file, link.relation))
        return {one for one in found if kind is LinkKind.WIKI or one[0] in self._present}

    def _related(self, file: str, relation: str) -> Related:
        return Related(f"{self._prefix}{file[: -len('.md')]}", self._records[file].title, relation)


def prefix_for(target: Path) -> str:
    """Give what stands before the path of a folder's note in a link of the Obsidian vault that the folder is in."""
    for folder in (target, *target.parents):
        if (folder / _OBSIDIAN).is_dir():
            inside = target.relative_to(folder).as_posix()
            return "" if inside == "." or link_problem(inside) else f"{inside}/"
    return ""
