"""Remembering many memories at once: one step of the journal, one sync, then each note in its place."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import NamedTuple

import vault_engine.engine as verbs
from vault_engine.engine.changing import keeper, saw, with_text, writing
from vault_engine.engine.memory import Draft, Memory, draft
from vault_engine.engine.recover import settle
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session, timestamp
from vault_engine.engine.write import Planned, Terms, creation, path_for, plan, stating
from vault_engine.errors import MemwellError, NotConfirmed, NoteChanged
from vault_engine.garbage import collecting_later
from vault_engine.index.record import stem_of
from vault_engine.journal.appending import NewPack
from vault_engine.journal.entry import Actor, Change, Entry
from vault_engine.journal.ids import ulids
from vault_engine.journal.revisions import FULL_PACK_BYTES
from vault_engine.note import parse, path_key
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.many import Many
from vault_engine.vault.paths import placeholder_of
from vault_engine.vault.place import Place
from vault_engine.vault.reach import Within

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


class WrittenMany(NamedTuple):
    """What became of what was planned."""

    results: dict[int, Remembered | NotRemembered]  # by the number of the plan
    confirmed: bool


class _Drafted(NamedTuple):
    draft: Draft
    terms: Terms
    path: str  # of its category and key
    place: str  # the same, as `path_key` gives it
    name: str  # of its key, as `path_key` gives it


class _Report:
    """What becomes of each memory, told as it is known."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.results: dict[int, Remembered | NotRemembered] = {}
        self.confirmed = True
        self.failure: MemwellError | None = None  # because of which nothing more can be written
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
    """Memories that become durable together.

    The new notes among them are staged while the next ones are planned, and so are packs with their revisions: nothing
    tells of either before the whole batch is announced.
    """

    def __init__(self, session: Session, author: Actor, ids: Iterator[str]) -> None:
        self.planned: dict[int, Planned] = {}  # by the memory's number
        self.refused: dict[str, MemwellError] = {}  # by path: notes that could not be staged
        self._held = ExitStack()
        self._many: Many | None = None
        self._pack = NewPack()  # of new notes, not staged yet
        self._packs: list[tuple[Place, Mapping[str, int]]] = []  # those that are
        self._failure: MemwellError | None = None  # of the batch as a whole
        self._session, self._author = session, author
        self._ids, self._moment = ids, timestamp(session.now())
        self._taken: set[str] = set()  # names that new notes will have
        self._by_place: dict[str, Planned] = {}  # by path, and by where its category and key say
        self._listed: dict[str, set[str] | None] = {}  # what each folder holds, None: unknown
        self._namesakes: dict[str, list[str]] = {}  # what notes have a name, by that
        self._bytes = 0

    def add(self, number: int, drafted: _Drafted) -> None:
        """Plan what becomes of a memory. Raises as `plan` does."""
        if self._is_plainly_new(drafted):
            found = verbs.inferring.inferred(drafted.draft) if self._session.config.infer else {}
            planned = creation(
                stating(self._session, drafted.draft, found),
                drafted.path,
                id=drafted.draft.id or next(self._ids),
                moment=self._moment,
                author=self._author,
                expected=drafted.terms.expected,
                inferred=found,
            )
            self._taken.add(drafted.name)
        else:
            planned = plan(self._session, drafted.draft, drafted.terms, self._author, self._taken)
            self._by_place[path_key(planned.result.path)] = planned
            self._taken.add(path_key(stem_of(planned.result.path)))
        self._by_place[drafted.place] = planned
        self.take(number, planned)

    def take(self, number: int, planned: Planned) -> None:
        """Take in what becomes of a memory."""
        self.planned[number] = planned
        self._bytes += len(planned.old) + len(planned.new)
        if not planned.replaces and not self._failure:
            try:
                self._stage(planned)
            except MemwellError as error:  # which concerns all of them, and is raised by `staged`
                self._failure = error

    def staged(self) -> Many:
        """Give what holds the new notes, all of them staged but for those that were refused.

        Raises:
            VaultDenied, StorageFailed: the batch can't be written.
        """
        if self._packs and self._pack.size:
            self._stage_pack()
        many = self._opened()
        self.refused |= many.finish()
        self._packs = [(place, offsets) for place, offsets in self._packs if many.is_beside(place)]
        kept = set().union(*(offsets for _, offsets in self._packs))
        new = ((one.result.sha256, one.new) for one in self.planned.values() if not one.replaces)
        self._session.revisions.put_hashed(one for one in new if one[0] not in kept)
        return many

    def keep(self) -> None:
        """Make the revisions of the new notes durable, once all that is staged is.

        Raises:
            VaultDenied, StorageFailed: they are not.
        """
        self._session.revisions.sync()
        if self._packs:
            self._session.revisions.take_in(self._packs)

    def close(self) -> None:
        """Remove what was staged and did not get its place."""
        self._held.close()

    def _opened(self) -> Many:
        if self._failure:
            raise self._failure
        self._many = self._many or self._held.enter_context(self._session.vault.many())
        return self._many

    def _stage(self, planned: Planned) -> None:
        path, sha256 = planned.result.path, planned.result.sha256
        many = self._opened()
        try:
            many.stage(path, planned.new, sha256, is_new=True)
        except MemwellError as error:
            self.refused[path] = error
        self._pack.add(sha256, planned.new)
        if self._pack.size >= FULL_PACK_BYTES:
            self._stage_pack()

    def _stage_pack(self) -> None:
        pack, self._pack = self._pack, NewPack()
        self._packs.append((self._opened().stage_beside(pack.take()), pack.offsets))

    @property
    def is_full(self) -> bool:
        return len(self.planned) >= MAX_AT_ONCE or self._bytes >= _MAX_BYTES_AT_ONCE

    def meets(self, drafted: _Drafted) -> bool:
        """Say whether what becomes of a memory depends on what the batch is about to write."""
        if not self.planned:
            return False
        there = self._by_place.get(drafted.place)
        if drafted.draft.key_is_given:
            if there is not None or drafted.name in self._taken:
                return True
        elif there is not None and (there.replaces or _body(there.new) == drafted.draft.body.strip()):
            return True
        return self._has_namesake(drafted)

    def _has_namesake(self, drafted: _Drafted) -> bool:
        """Say whether another note has the name of a new one: links of what is about to be written may mean it."""
        return bool(self._named(drafted)) and not self._session.index.names.at(drafted.path)

    def _named(self, drafted: _Drafted) -> list[str]:
        """List the notes that have the name of a memory's key; asked twice of each."""
        if drafted.name not in self._namesakes:
            self._namesakes[drafted.name] = self._session.index.names.named(drafted.draft.key)
        return self._namesakes[drafted.name]

    def _is_plainly_new(self, drafted: _Drafted) -> bool:
        """Say whether nothing has the path or the name of a memory, so that `plan` has nothing to find out."""
        draft, names = drafted.draft, self._session.index.names
        return (
            draft.key_is_given
            and not drafted.terms.expected
            and not self._named(drafted)
            and not names.filed_as(draft.category, draft.key)
            and drafted.name not in self._session.behind.values()
            and self._is_free(drafted.path)
        )

    def _is_free(self, path: str) -> bool:
        """Say whether certainly no file has a path, by its folder as it was when it was first met."""
        folder, _, name = path.rpartition("/")
        if folder not in self._listed:
            self._listed[folder] = _names_in(f"{self._session.vault.root}/{folder}")
        listed = self._listed[folder]
        if not listed:
            return listed is not None
        return path_key(name) not in listed and path_key(placeholder_of(name)) not in listed


def remember_many(
    session: Session,
    memories: Iterable[Memory],
    *,
    actor: Actor | None = None,
    progress: Progress | None = None,
    within: Within = None,
) -> RememberedMany:
    """Make notes of many memories, or bring the notes of their categories and keys up to date.

    Each memory is treated as `write.remember` would, in order; one that can't be kept is reported and the others
    go on. All become durable together, or in a few steps where they are very many or concern each other.

    Raises:
        VaultMissing, VaultBusy, VaultDenied, StorageFailed: the vault can't be written at all; nothing was.
    """
    memories = list(memories)
    report = _Report(len(memories), progress)
    with collecting_later(), writing(session, actor) as author:
        _remember_each(session, author, memories, report, within)
    done = [one for one in report.results.values() if isinstance(one, Remembered)]
    session.count_uses(*(one for one in done if one.action == "updated"))
    return RememberedMany(tuple(report.results[number] for number in range(len(memories))), report.confirmed)


def _remember_each(
    session: Session, author: Actor, memories: Sequence[Memory], report: _Report, within: Within
) -> None:
    """Make notes of memories, batch by batch; what was planned is let go of before garbage is searched for again."""
    ids = iter(ulids(session.now(), len(memories)))
    batch = _Batch(session, author, ids)
    try:
        for number, memory in enumerate(memories):
            try:
                drafted = _drafted(memory, within)
                if batch.is_full or batch.meets(drafted):
                    full, batch = batch, _Batch(session, author, ids)
                    _carry_out(session, author, full, report)
                    session.refresh(wait=False)
                    session.known.catch_up()
                batch.add(number, drafted)
            except MemwellError as error:
                report.say(number, _shown(session, error))
        _carry_out(session, author, batch, report)
    finally:
        batch.close()


def write_planned(session: Session, author: Actor, planned: Iterable[tuple[int, Planned]], total: int) -> WrittenMany:
    """Do what is planned, durable together; the vault is held, and no two plans concern one path.

    Args:
        session: the open vault.
        author: who does it.
        planned: each with its number.
        total: how many these are at most.
    """
    report, batch = _Report(total, None), _Batch(session, author, iter(()))
    try:
        for number, one in planned:
            if batch.is_full:
                full, batch = batch, _Batch(session, author, iter(()))
                _carry_out(session, author, full, report)
            batch.take(number, one)
        _carry_out(session, author, batch, report)
    finally:
        batch.close()
    return WrittenMany(report.results, report.confirmed)


def _drafted(memory: Memory, within: Within) -> _Drafted:
    """Check a memory, and its names. Raises as `draft` and `path_for` do."""
    checked = draft(memory, within)
    path, terms = path_for(checked, within), Terms(memory.expected, memory.merge, within)
    return _Drafted(checked, terms, path, path_key(path), path_key(checked.key))


def _names_in(folder: str) -> set[str] | None:
    """List what a folder holds, as `path_key` gives it; None where that can't be told."""
    try:
        return {path_key(entry.name) for entry in os.scandir(folder)}
    except FileNotFoundError:
        return set()
    except OSError:
        return None


def _body(data: bytes) -> str:
    return parse(data.decode()).body.strip()


def _carry_out(session: Session, author: Actor, batch: _Batch, report: _Report) -> None:
    """Write what was planned, and say what became of it.

    What is left open is settled at once: by another announcement it would count as done.
    """
    writes: dict[int, Planned] = {}
    for number, one in batch.planned.items():
        if one.result.action == "unchanged":
            report.say(number, one.result)
        else:
            writes[number] = one
    is_settled = not writes
    with closing(batch):
        try:
            if report.failure:
                raise report.failure
            if writes:
                is_settled = _write(session, author, batch, writes, report)
        except MemwellError as error:
            report.say_failed(writes, error)
    if not is_settled and not report.failure:
        try:
            settle(session)
        except MemwellError as error:
            report.failure = error


def _write(session: Session, author: Actor, batch: _Batch, writes: Mapping[int, Planned], report: _Report) -> bool:
    """Announce all that is staged, put each in its place; the text is durable first, so no announcement lacks it.

    Returns:
        Whether it is known of each what became of it.
    """
    many = batch.staged()
    changes = _staged(session, many, writes, batch.refused, report)
    if not changes:
        return True
    with ThreadPoolExecutor(1) as disk:  # which is at work while the entries are written out
        synced = disk.submit(many.sync)

        def make_durable() -> None:
            synced.result()
            batch.keep()

        entries = session.journal.announce(list(changes.values()), at=session.now(), actor=author, first=make_durable)
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
            return True
    elif report.confirmed:
        session.journal.settle()
        return True
    return False


def _staged(
    session: Session,
    many: Many,
    writes: Mapping[int, Planned],
    refused: Mapping[str, MemwellError],
    report: _Report,
) -> dict[int, Change]:
    """Stage what replaces notes; give the changes of all that is staged. What is refused is reported."""
    if replacing := [(one.result.sha256, one.new) for one in writes.values() if one.replaces]:
        session.revisions.sync()  # before anything is written behind it, lest a crash leave a hole
        session.revisions.put_hashed(replacing)
        session.revisions.sync()  # from here on no failure takes back what is kept already
    changes: dict[int, Change] = {}
    for number, one in writes.items():
        change = one.change
        try:
            if one.replaces:
                saw(session, change.path, one.old)
                many.stage(change.path, one.new, one.result.sha256, is_new=False)
                change = change._replace(before=sha256_hex(one.old), after=one.result.sha256, size=len(one.new))
            elif change.path in refused:
                raise refused[change.path]
        except MemwellError as error:
            report.say(number, error)
        else:
            changes[number] = change
    return changes


def _shown(session: Session, error: MemwellError) -> MemwellError:
    return with_text(session, error) if isinstance(error, NoteChanged) else error
