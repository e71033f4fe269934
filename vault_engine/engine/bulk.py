"""Remembering many memories at once: one step of the journal, one sync, then each note in its place."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from vault_engine.engine.changing import keeper, saw, with_text, writing
from vault_engine.engine.memory import Draft, Memory, draft
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session
from vault_engine.engine.write import Planned, Terms, plan
from vault_engine.errors import MemwellError, NotConfirmed, NoteChanged
from vault_engine.index.record import stem_of
from vault_engine.journal.entry import Actor, Change, Entry
from vault_engine.note import parse, path_key
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.many import Many

Progress = Callable[[int, int], None]
"""Called with how many memories have been dealt with, and how many there are."""

MAX_AT_ONCE = 20_000  # notes that become durable together
_MAX_BYTES_AT_ONCE = 64 << 20


@dataclass(frozen=True)
class NotRemembered:
    """One memory that did not become a note, and why."""

    number: int  # of the memory, from 0
    error: MemwellError


@dataclass(frozen=True)
class RememberedMany:
    """What became of many memories, in their order."""

    notes: tuple[Remembered | NotRemembered, ...]
    confirmed: bool = True  # False: all that is said was done, but the disk did not confirm it

    def count(self, action: str) -> int:
        """Count the notes that were created, updated, or unchanged."""
        return sum(isinstance(one, Remembered) and one.action == action for one in self.notes)

    @property
    def failed(self) -> list[NotRemembered]:
        """List the memories that did not become notes."""
        return [one for one in self.notes if isinstance(one, NotRemembered)]


@dataclass(frozen=True)
class _Drafted:
    draft: Draft
    terms: Terms

    @property
    def place(self) -> str:
        """The path of its category and key, as `path_key` gives it."""
        return path_key(f"{self.draft.category}/{self.draft.key}.md")


class _Report:
    """What becomes of each memory, told as it is known."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.results: dict[int, Remembered | NotRemembered] = {}
        self.confirmed = True
        self._total, self._progress = total, progress

    def say(self, number: int, result: Remembered | MemwellError) -> None:
        self.results[number] = NotRemembered(number, result) if isinstance(result, MemwellError) else result
        if self._progress:
            self._progress(len(self.results), self._total)

    def say_failed(self, numbers: Iterable[int], error: MemwellError) -> None:
        """Say of memories of which nothing was said yet that they failed."""
        for number in numbers:
            if number not in self.results:
                self.say(number, error)


class _Batch:
    """Memories that become durable together."""

    def __init__(self) -> None:
        self.planned: dict[int, Planned] = {}  # by the memory's number
        self.taken: set[str] = set()  # names that new notes will have
        self._by_place: dict[str, Planned] = {}  # by path, and by where its category and key say
        self._bytes = 0

    def add(self, number: int, drafted: _Drafted, planned: Planned) -> None:
        self.planned[number] = planned
        self._by_place[path_key(planned.result.path)] = self._by_place[drafted.place] = planned
        self.taken.add(path_key(stem_of(planned.result.path)))
        self._bytes += len(planned.old) + len(planned.new)

    @property
    def is_full(self) -> bool:
        return len(self.planned) >= MAX_AT_ONCE or self._bytes >= _MAX_BYTES_AT_ONCE

    def meets(self, drafted: _Drafted) -> bool:
        """Say whether what becomes of a memory depends on what the batch is about to write."""
        there = self._by_place.get(drafted.place)
        if drafted.draft.key_is_given:
            return there is not None or path_key(drafted.draft.key) in self.taken
        return there is not None and (there.replaces or _body(there.new) == drafted.draft.body.strip())


def remember_many(
    session: Session, memories: Iterable[Memory], *, actor: Actor | None = None, progress: Progress | None = None
) -> RememberedMany:
    """Make notes of many memories, or bring the notes of their categories and keys up to date.

    Each memory is treated as `write.remember` would, in order; one that can't be kept is reported and the others
    go on. All become durable together, or in a few steps where they are very many or concern each other.

    Raises:
        VaultMissing, VaultBusy, VaultDenied, StorageFailed: the vault can't be written at all; nothing was.
    """
    drafts = [_drafted(memory) for memory in memories]
    report = _Report(len(drafts), progress)
    with writing(session, actor) as author:
        batch = _Batch()
        for number, drafted in enumerate(drafts):
            try:
                if isinstance(drafted, MemwellError):
                    raise drafted
                if batch.is_full or batch.meets(drafted) or (batch.planned and _has_namesake(session, drafted)):
                    full, batch = batch, _Batch()
                    _carry_out(session, author, full, report)
                    session.refresh(wait=False)
                    session.known.catch_up()
                batch.add(number, drafted, plan(session, drafted.draft, drafted.terms, author, batch.taken))
            except MemwellError as error:
                report.say(number, _shown(session, error))
        _carry_out(session, author, batch, report)
    return RememberedMany(tuple(report.results[number] for number in range(len(drafts))), report.confirmed)


def _drafted(memory: Memory) -> _Drafted | MemwellError:
    try:
        return _Drafted(draft(memory), Terms(memory.expected, memory.merge))
    except MemwellError as error:
        return error


def _has_namesake(session: Session, drafted: _Drafted) -> bool:
    """Say whether another note has the name of a new one: links of what the batch is about to write may mean it."""
    names = session.index.names
    return not names.at(drafted.place) and bool(names.named(drafted.draft.key))


def _body(data: bytes) -> str:
    return parse(data.decode()).body.strip()


def _carry_out(session: Session, author: Actor, batch: _Batch, report: _Report) -> None:
    """Write what was planned, and say what became of it."""
    writes: dict[int, Planned] = {}
    for number, one in batch.planned.items():
        if one.result.action == "unchanged":
            report.say(number, one.result)
        else:
            writes[number] = one
    try:
        if writes:
            _write(session, author, writes, report)
    except MemwellError as error:
        report.say_failed(writes, error)


def _write(session: Session, author: Actor, writes: Mapping[int, Planned], report: _Report) -> None:
    """Stage all, announce all, put each in its place; the text comes first, so that no announcement lacks it."""
    session.revisions.put_many(one.new for one in writes.values())
    session.revisions.sync()
    with session.vault.many() as many:
        changes = _staged(session, many, writes, report)
        if not changes:
            return
        many.sync()
        entries = session.journal.announce(list(changes.values()), at=session.now(), actor=author)
        undone: list[Entry] = []
        for (number, change), entry in zip(changes.items(), entries, strict=True):
            try:
                many.put(change.path, change.before, keeper(session, change.path))
                report.say(number, writes[number].result)
            except MemwellError as error:
                report.say(number, _shown(session, error))
                undone.append(entry)
        try:
            many.confirm()
        except NotConfirmed:
            report.confirmed = False
        if undone:
            with suppress(MemwellError):  # then they stay open, and recovery finds out
                session.journal.abort(undone, at=session.now(), actor=author)
        elif report.confirmed:
            session.journal.settle()


def _staged(session: Session, many: Many, writes: Mapping[int, Planned], report: _Report) -> dict[int, Change]:
    """Write the temporary files; give the changes that they are for. A note that can't be replaced is reported."""
    changes: dict[int, Change] = {}
    for number, one in writes.items():
        try:
            if one.replaces:
                saw(session, one.result.path, one.old)
            many.stage(one.result.path, one.new, is_new=not one.replaces)
        except MemwellError as error:
            report.say(number, error)
        else:
            before = sha256_hex(one.old) if one.replaces else ""
            changes[number] = one.change._replace(before=before, after=one.result.sha256, size=len(one.new))
    return changes


def _shown(session: Session, error: MemwellError) -> MemwellError:
    return with_text(session, error) if isinstance(error, NoteChanged) else error
