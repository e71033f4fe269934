"""Maintenance of a vault in one go: duplicates, what no link joins to anything, the index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vault_engine.engine.changing import writing
from vault_engine.engine.duplicates import Duplicate, duplicates
from vault_engine.engine.maintain import build_index, index_state
from vault_engine.engine.reports import Built
from vault_engine.engine.resting import when_rested
from vault_engine.engine.results import IndexState, Problem
from vault_engine.engine.session import Session
from vault_engine.engine.sweeping import archivals
from vault_engine.engine.together import carry_together
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor

MAX_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Chores:
    """What is looked at; without any, all but the index."""

    duplicates: bool = False
    orphans: bool = False
    reindex: bool = False  # make the index anew from the notes
    compact: bool = False  # put the files of the index together

    @property
    def meant(self) -> "Chores":
        """What is really looked at."""
        is_any = self.duplicates or self.orphans or self.reindex or self.compact
        return self if is_any else replace(self, duplicates=True, orphans=True)


@dataclass(frozen=True)
class LinkToNothing:
    """A link of a note that no file answers to."""

    path: str
    target: str  # as written


@dataclass(frozen=True)
class Maintained:
    """A vault was looked after, or would be by a dry run."""

    dry_run: bool
    duplicates: tuple[Duplicate, ...]  # exact ones first, then the most alike
    duplicates_total: int
    archived: tuple[str, ...]  # exact copies that went into the archive
    orphans: tuple[str, ...]  # notes that link to none, and none to them
    orphans_total: int
    broken_links: tuple[LinkToNothing, ...]
    broken_links_total: int
    index: IndexState  # as it is now
    built: Built | None  # what was done to the index; None: nothing
    left: tuple[Problem, ...]  # what could not be looked at or moved, and why
    entry: str | None  # of the journal, to bring the copies back by; None where none went


def maintain(
    session: Session,
    chores: Chores,
    progress: Callable[[str, int, int], None],
    *,
    limit: int = 100,
    dry_run: bool = True,
    actor: Actor | None = None,
) -> Maintained:
    """Look a vault over: what says the same, what is joined to nothing, the index.

    Exact copies of a note of the same category go into the archive, but for those that are pinned, verified, core,
    linked to, or state something else; at most as many as are shown. What is only much alike is shown. Notes without
    links, and links to nothing, are shown. The index is derived from the notes: to make it anew loses nothing.

    Args:
        session: the open vault.
        chores: what to look at.
        progress: called as notes are read, where the index is made anew.
        limit: how many of each to give.
        dry_run: only say what there is, and what would be done.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: the limit is out of bounds.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed.
    """
    if not 1 <= limit <= MAX_LISTED:
        raise BadInput(f"limit {limit} is not between 1 and {MAX_LISTED:,}")
    chores = chores.meant
    with session.guard:
        session.refresh()
        found = _found(session, chores, limit)
        going = {one.path: one.of for one in found.duplicates if one.exact and not one.said}
        seen = {path: session.indexed(path) for path in (*going, *going.values())}
    found = replace(found, archived=tuple(going))
    if dry_run:
        return found
    if going:
        found = when_rested(lambda: _without_copies(session, found, going, seen, actor))
    built = None
    if chores.reindex or chores.compact:
        built = build_index(session, progress, fresh=chores.reindex)
    with session.guard:
        return replace(found, dry_run=False, built=built, index=built.index if built else index_state(session))


def _without_copies(
    session: Session, found: Maintained, going: Mapping[str, str], seen: Mapping[str, str], actor: Actor | None
) -> Maintained:
    """Archive copies, by the notes that they are copies of; where one of the two has changed since, it stays."""
    with writing(session, actor) as author:
        still = [path for path, of in going.items() if all(session.indexed(one) == seen[one] for one in (path, of))]
        ready, left = archivals(session, still)
        if not ready:
            return replace(found, archived=(), left=(*found.left, *left))
        reasons = {path: f"maintenance: a copy of {going[path]}" for path in still}
        done = carry_together(session, author, ready, reasons)
        stayed = {problem.path for problem in (*left, *done.left)}
        archived = tuple(path for path in still if path not in stayed)
        return replace(found, archived=archived, left=(*found.left, *left, *done.left), entry=done.entry)


def _found(session: Session, chores: Chores, limit: int) -> Maintained:
    index = session.index
    alike = duplicates(session, limit) if chores.duplicates else None
    lonely: list[str] = []
    broken: list[LinkToNothing] = []
    if chores.orphans:
        arrays = index.graph.arrays
        lonely = sorted(arrays.node(number).name for number in arrays.orphans().tolist())
        for path, record in index.records.items():
            broken += [LinkToNothing(path, target) for target in index.graph.links_of(record).unresolved]
    return Maintained(
        dry_run=True,
        duplicates=alike.found if alike else (),
        duplicates_total=alike.total if alike else 0,
        archived=(),
        orphans=tuple(lonely[:limit]),
        orphans_total=len(lonely),
        broken_links=tuple(sorted(broken, key=lambda one: (one.path, one.target))[:limit]),
        broken_links_total=len(broken),
        index=index_state(session),
        built=None,
        left=alike.left_out if alike else (),
        entry=None,
    )
