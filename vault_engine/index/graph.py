"""How the notes link: each link resolved as Obsidian would, seen from both ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vault_engine.index.record import Record
from vault_engine.note import Resolver


@dataclass(frozen=True, slots=True)
class Graph:
    """The links of a vault. Paths are sorted and distinct in every list."""

    links: Mapping[str, tuple[str, ...]]  # by source: the files it links to
    backlinks: Mapping[str, tuple[str, ...]]  # by target: the notes that link to it
    unresolved: Mapping[str, tuple[str, ...]]  # by source: targets, as written, that no file answers to


def make_graph(records: Iterable[Record], others: Iterable[str]) -> Graph:
    """Resolve every link of every note among the notes and the vault's other files."""
    records = list(records)
    resolver = Resolver([*(record.path for record in records), *others])
    links: dict[str, set[str]] = {}
    backlinks: dict[str, set[str]] = {}
    unresolved: dict[str, set[str]] = {}
    for record in records:
        for link in record.links:
            target = resolver.resolve(link.target, record.path)
            if target is None:
                unresolved.setdefault(record.path, set()).add(link.target)
            else:
                links.setdefault(record.path, set()).add(target)
                backlinks.setdefault(target, set()).add(record.path)
    return Graph(_sorted(links), _sorted(backlinks), _sorted(unresolved))


def _sorted(sets: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {path: tuple(sorted(members)) for path, members in sets.items()}
