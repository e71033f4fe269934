"""How the notes link: each link resolved by the rules of the vault's profile, seen from both ends."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vault_engine.index.record import Record
from vault_engine.note import LinkResolver, Profile, Resolver, Rules
from vault_engine.note.logseq import LogseqResolver, PageNames


@dataclass(frozen=True, slots=True)
class Graph:
    """The links of a vault. Paths are sorted and distinct in every list."""

    links: Mapping[str, tuple[str, ...]]  # by source: the files it links to
    backlinks: Mapping[str, tuple[str, ...]]  # by target: the notes that link to it
    unresolved: Mapping[str, tuple[str, ...]]  # by source: targets, as written, that no file answers to


def make_resolver(records: Collection[Record], others: Iterable[str], rules: Rules) -> LinkResolver:
    """Index what links of a vault may mean: its notes and its other files."""
    if rules.profile is Profile.OBSIDIAN:
        return Resolver([*(record.path for record in records), *others])
    pages = (PageNames(record.path, record.title, record.aliases, record.blocks) for record in records)
    return LogseqResolver(pages, rules.logseq, others)


def make_graph(records: Iterable[Record], resolver: LinkResolver) -> Graph:
    """Resolve every link of every note."""
    links: dict[str, set[str]] = {}
    backlinks: dict[str, set[str]] = {}
    unresolved: dict[str, set[str]] = {}
    for record in records:
        for link in record.links:
            target = resolver.find(link, record.path)
            if target is None:
                unresolved.setdefault(record.path, set()).add(link.target or link.block or "")
                continue
            links.setdefault(record.path, set()).add(target)
            backlinks.setdefault(target, set()).add(record.path)
    return Graph(_sorted(links), _sorted(backlinks), _sorted(unresolved))


def count_ambiguous(records: Iterable[Record], resolver: LinkResolver) -> int:
    """Count the targets that several files answer to, each once a note."""
    return sum(
        len({link.target for link in record.links if resolver.candidates(link, record.path)}) for record in records
    )


def _sorted(sets: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {path: tuple(sorted(members)) for path, members in sets.items()}
