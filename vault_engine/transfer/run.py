"""Making notes of what a source yields: each thing once, however often it is read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vault_engine.engine import Engine, Memory
from vault_engine.engine.bulk import NotRemembered
from vault_engine.errors import BadInput
from vault_engine.transfer.item import Item, Passed, Source, Unreadable, id_of

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_AT_ONCE = 1000
_ALL = 1 << 40
_MAX_ERRORS = 1000  # that are told of one by one


@dataclass(frozen=True)
class Failure:
    """Something that did not become a note, and why."""

    where: str
    problem: str


@dataclass(frozen=True)
class Imported:
    """What became of all that a source has; after a dry run, what would become of it."""

    source: str
    total: int  # things that were found, whatever became of them
    imported: int
    skipped: int  # left out: too short, older than asked for, or more than asked for
    duplicates: int  # in the vault or its archive already
    failed: int
    errors: tuple[Failure, ...]  # the first thousand
    dry_run: bool
    notes: tuple[str, ...] = ()  # paths of the first few notes


@dataclass
class _Plan:
    """What is to be done with the items, and the counts of all others."""

    items: list[tuple[str, Item]] = field(default_factory=list)  # by the id that the note will have
    total: int = 0
    skipped: int = 0
    duplicates: int = 0
    failed: int = 0
    errors: list[Failure] = field(default_factory=list)

    def fail(self, where: str, problem: str) -> None:
        self.failed += 1
        if len(self.errors) < _MAX_ERRORS:
            self.errors.append(Failure(where, problem))


def import_from(
    engine: Engine,
    source: Source,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Make a note of each item that has none yet, those that were moved, edited or archived since included.

    A note that is there is never changed. What can't be kept is reported and the others go on.

    Args:
        engine: the open vault.
        source: where the items come from.
        since: only items made then or later; those without a time are taken.
        limit: how many notes to make at most.
        dry_run: write nothing, and say what would be done.
        progress: told how far it is.

    Raises:
        BadInput: the limit is negative, or the source is not there.
        VaultMissing, VaultBusy, VaultDenied, StorageFailed: the vault can't be written; what was made before is kept.
    """
    if limit is not None and limit < 0:
        raise BadInput(f"limit {limit} is negative")
    plan = _planned(_known(engine), source, since, _ALL if limit is None else limit)
    done: list[str] = [] if not dry_run else [f"{item.category}/{item.key}.md" for _, item in plan.items]
    for start in range(0, 0 if dry_run else len(plan.items), _AT_ONCE):
        done += _written(engine, source.name, plan.items[start : start + _AT_ONCE], plan)
        if progress:
            progress("importing", min(start + _AT_ONCE, len(plan.items)), len(plan.items))
    return Imported(
        source=source.name,
        total=plan.total,
        imported=len(done),
        skipped=plan.skipped,
        duplicates=plan.duplicates,
        failed=plan.failed,
        errors=tuple(plan.errors),
        dry_run=dry_run,
        notes=tuple(done[:10]),
    )


def _known(engine: Engine) -> set[str]:
    """Give the ids of all notes, archived ones included: what was forgotten is not to come back by itself."""
    lines = (*engine.list(limit=_ALL).notes, *engine.list(limit=_ALL, archived=True).notes)
    return {line.id for line in lines if line.id}


def _planned(known: set[str], source: Source, since: datetime | None, limit: int) -> _Plan:
    plan = _Plan()
    for one in source.read():
        plan.total += 1
        if isinstance(one, Unreadable):
            plan.fail(one.where, one.problem)
        elif isinstance(one, Passed) or (since and one.moment and one.moment < since):
            plan.skipped += 1
        elif (id := id_of(source.name, one.external_id)) in known:
            plan.duplicates += 1
        elif len(plan.items) >= limit:
            plan.skipped += 1
        else:
            known.add(id)
            plan.items.append((id, one))
    return plan


def _written(engine: Engine, source: str, items: Iterable[tuple[str, Item]], plan: _Plan) -> Iterator[str]:
    items = list(items)
    results = engine.remember_many(_memory(source, id, item) for id, item in items).notes
    for (_, item), result in zip(items, results, strict=True):
        if isinstance(result, NotRemembered):
            plan.fail(item.where, str(result.error))
        else:
            yield result.path


def _memory(source: str, id: str, item: Item) -> Memory:
    return Memory(
        item.text,
        category=item.category,
        key=item.key,
        tags=item.tags,
        source=source,
        id=id,
        properties=item.properties,
        expected="",  # a note that has that name already is somebody else's
    )
