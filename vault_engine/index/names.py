"""Which notes have a name, and which are filed under a category and key: found without looking at every note."""

from collections import defaultdict
from collections.abc import Iterable

from vault_engine.index.record import Record, stem_of
from vault_engine.note import path_key


class Names:
    """Paths by what a note is called. Spellings that some device takes for the same are the same."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_stem: defaultdict[str, set[str]] = defaultdict(set)
        self._by_path: defaultdict[str, set[str]] = defaultdict(set)
        self._filed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in a note."""
        self._by_stem[path_key(stem_of(record.path))].add(record.path)
        self._by_path[path_key(record.path)].add(record.path)
        if place := _stated_place(record):
            self._filed[place].add(record.path)

    def drop(self, record: Record) -> None:
        """Forget a note."""
        self._by_stem[path_key(stem_of(record.path))].discard(record.path)
        self._by_path[path_key(record.path)].discard(record.path)
        if place := _stated_place(record):
            self._filed[place].discard(record.path)

    def named(self, stem: str) -> list[str]:
        """List the notes whose file has that name, wherever they are."""
        return sorted(self._by_stem.get(path_key(stem), ()))

    def at(self, path: str) -> list[str]:
        """List the notes that some device finds at that path."""
        return sorted(self._by_path.get(path_key(path), ()))

    def filed_as(self, category: str, key: str) -> list[str]:
        """List the notes that say of themselves that they have this category and key."""
        return sorted(self._filed.get((category, key), ()))


def _stated_place(record: Record) -> tuple[str, str] | None:
    category, key = record.properties.get("category"), record.properties.get("key")
    return (category, key) if isinstance(category, str) and isinstance(key, str) else None
