"""The journal on disk: ``journal/<device>/<year>-<month>.jsonl``.

One writer per file, so that git and Syncthing never meet two versions of one. The caller holds the vault's lock
while it appends.

A change is entered before it is made. One at a time is under way, so an entry that another one follows is settled:
its change was made, unless an `ABORT` says otherwise. Of the last ones a small file of this machine tells; where it
does not, as after a crash, `catch_up` gives them back, and whoever holds the vault finds out what became of them.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from vault_engine.errors import MemwellError, NotConfirmed
from vault_engine.journal import segment
from vault_engine.journal.entry import NO_PREVIOUS, Actor, Change, Entry, Op, decode, encode, hash_of
from vault_engine.journal.ids import ulids
from vault_engine.journal.segment import (
    Listed,
    Mark,
    lines,
    list_all,
    list_device,
    month_of,
    name_of,
    only,
    read_end,
    read_mark,
    strangers,
    write_mark,
)
from vault_engine.vault.files import explained, make_folder, sha256_hex, write_atomic

First = Callable[[], None] | None
MEMWELL = Actor("system", "memwell")

_SETTLED = "settled"
_ANNOUNCED = (Op.CREATE, Op.WRITE, Op.ARCHIVE, Op.RESTORE, Op.MOVE)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z")
# What people write is short. With paths that are bounded too, a line stays below 64 KiB.
_MAX_REASON_CHARS = 2000
_MAX_ACTOR_CHARS = 200


class Damage(NamedTuple):
    """One place where the journal is not as it was written."""

    file: str  # device and month, as below the journal's folder
    line: int  # counts from 1
    problem: str


class Head(NamedTuple):
    """The last entry of one device: what proves later that nothing before it was rewritten."""

    device: str
    seq: int
    h: str

    def __str__(self) -> str:
        return f"{self.device}:{self.seq}:{self.h}"


class Appended(NamedTuple):
    """What this process has appended to one file, so that it need not be read again."""

    start: int  # size of the file before, in bytes
    listed: Listed  # the file after
    last: bytes  # the last line
    entries: tuple[Entry, ...]


class _End(NamedTuple):
    """Where this device's journal ends."""

    last: Mark
    listed: Listed | None = None  # the last file as it was seen; None: there is none
    goes_on: bool = False  # whether the next entry may go to that file
    group: tuple[Entry, ...] = ()  # what was announced last


class Journal:
    """Appends to this device's journal, reads every device's."""

    def __init__(self, folder: Path, device: Callable[[], str], local_dir: Path) -> None:
        """Open the journal.

        Args:
            folder: holds the journals of all devices.
            device: says what this one is called; asked when there is something to append.
            local_dir: holds what only this machine needs: the mark of what is settled, and the quarantine.
        """
        self._folder = folder
        self._device = device
        self._local_dir = local_dir
        self._end: _End | None = None  # None: to be read
        self._is_durable = False  # whether the last entries are known to be
        self._settled_seq = 0  # of the last entry that this process has settled
        self._underway: set[str] = set()  # the ids of what was announced here and neither made nor aborted yet
        self._belongs_to: str | None = None  # the first of what is under way, here or since a crash
        self._others_wrote = False
        self.newest = ""  # the time of the newest entry of any device, as far as somebody has looked
        self.appended = 0  # how many times this process has appended
        self._recent: Appended | None = None

    # ---- reading

    def listed(self) -> list[Listed]:
        """List the files of all devices, each device's in the order they were written, with their sizes."""
        return list_all(self._folder)

    def files(self) -> list[Path]:
        """List the files of all devices, each device's in the order they were written."""
        return [listed.file for listed in self.listed()]

    def entries(self, *, holding: str = "") -> list[Entry]:
        """Read every device's entries whose lines hold a text, oldest first. Damaged ones are for `verify` to name."""
        found = [line.entry for file in self.files() for line in lines(only(file.read_bytes(), holding)) if line.entry]
        return sorted(found, key=lambda entry: entry.ts)

    def heads(self) -> list[Head]:
        """Give the last entry of each device."""
        marks = self._marks()
        found = [(device, read_end(files, marks.get(device, Mark()).seq)) for device, files in self._by_device()]
        return [Head(device, end.entries[-1].seq, end.entries[-1].h) for device, end in found if end.entries]

    def verify(self, against: Sequence[Head] = ()) -> list[Damage]:
        """Check every line's hash, each device's chain and numbering, and that it still holds known heads.

        Known are those given and what this machine remembers as settled. What a crash cut short is no damage: it was
        never acknowledged.
        """
        marks = self._marks()
        wanted = {(head.device, head.seq): head.h for head in against}
        wanted |= {(device, mark.seq): mark.h for device, mark in marks.items()}
        unmet = [head for head in against if wanted[head.device, head.seq] != head.h]
        damages = [Damage(name, 0, "no journal has a file of this name; it is not read") for name in self._strangers()]
        for device, files in self._by_device():
            damages += _check_device(files, marks.get(device, Mark()).seq, wanted)
        missing = [*wanted, *((head.device, head.seq) for head in unmet)]
        problem = "entry {} is not there, or not the one that was known"
        return damages + [Damage(device, 0, problem.format(seq)) for device, seq in missing]

    # ---- writing

    @contextmanager
    def announced(self, change: Change, *, at: datetime, actor: Actor, first: First = None) -> Iterator[str]:
        """Enter ``change`` durably, then let the block do it; if the block fails, enter that it did not happen.

        Args:
            change: what the block does.
            at: the time.
            actor: who does it.
            first: as in `announce`.

        Yields:
            The id of the entry.
        """
        entries = self.announce([change], at=at, actor=actor, first=first)
        try:
            yield entries[0].id
        except NotConfirmed:  # it did happen, but a power failure may take it back: it stays open
            raise
        except MemwellError:
            with suppress(MemwellError):  # the failure to report is the block's, not this one's
                self.abort(entries, at=at, actor=actor)
            raise
        self.settle()

    def announce(
        self, changes: Sequence[Change], *, at: datetime, actor: Actor, ref: str | None = None, first: First = None
    ) -> list[Entry]:
        """Enter changes that are about to be made, all in one durable step.

        Args:
            changes: what will be done, in order.
            at: the time.
            actor: who does it.
            ref: the id of the entry that the first belongs to; those that follow belong to the first.
            first: what must be done before the entries are there; called when they are ready to be written.
        """
        refs = lambda first: [ref, *([first] * (len(changes) - 1))]  # noqa: E731
        entries = self._append(changes, at=at, actor=actor, refs=refs, sync=True, first=first)
        self._underway.update(entry.id for entry in entries)
        if entries and self._belongs_to is None:
            self._belongs_to = entries[0].id
        return entries

    def note(self, changes: Sequence[Change], *, at: datetime, actor: Actor) -> list[Entry]:
        """Enter what has happened already. A power failure may take it back: it is found again by looking.

        While something is under way, what is entered names it, and so does not tell that it is settled.
        """
        return self._append(
            changes, at=at, actor=actor, refs=lambda _first: [self._belongs_to] * len(changes), sync=False
        )

    def abort(self, entries: Sequence[Entry], *, at: datetime, actor: Actor, reason: str = "") -> None:
        """Enter that announced changes did not happen; if all the others have happened, that is for `settle` to say."""
        backwards = entries[::-1]  # the first tells what became of the others, should a crash cut this short
        changes = [entry.change._replace(op=Op.ABORT, reason=reason) for entry in backwards]
        self._append(changes, at=at, actor=actor, refs=lambda _first: [entry.id for entry in backwards], sync=True)
        self._underway.difference_update(entry.id for entry in entries)
        if not self._underway:
            self.settle()

    def settle(self) -> None:
        """Remember on this machine that every change announced so far was made or aborted.

        Costs an fsync only where something was noted after the announcement: what is said must not outlive it.
        """
        self._underway.clear()
        self._belongs_to = None
        end = self._end
        if end is None or end.listed is None or not end.last.seq:
            return
        with suppress(OSError):  # then the next process looks at the last notes itself
            if not self._is_durable:
                segment.sync(end.listed.file)
                self._is_durable = True
            write_mark(self._mark_file(), end.last)
            self._settled_seq = end.last.seq

    def unsettled(self) -> list[Entry]:
        """Give the entries of which nothing tells what became of them, without mending anything."""
        files = [listed.file for listed in list_device(self._own())]
        seq = self._settled().seq
        entries = read_end(files, seq).entries if files else ()
        return [entry for entry in _last_group(entries) if entry.seq > seq]

    def take_others_wrote(self) -> bool:
        """Say whether `catch_up` has met entries of another process since this was asked last."""
        wrote, self._others_wrote = self._others_wrote, False
        return wrote

    def catch_up(self, at: datetime) -> list[Entry]:
        """Read what other processes appended, mend what a crash left, give the entries that are not settled.

        Whatever this process had announced and not settled is among them: it is for the caller to look.
        """
        with explained(self._folder):
            unsettled = self._catch_up(at)
        self._underway.clear()
        self._belongs_to = unsettled[0].id if unsettled else None
        return unsettled

    # ---- the parts

    def _own(self) -> str:
        return f"{self._folder}{os.sep}{self._device()}"

    def _catch_up(self, at: datetime) -> list[Entry]:
        listed = list_device(self._own())
        is_as_left = self._end is not None and self._end.listed == (listed[-1] if listed else None)
        if self._end and is_as_left and self._end.last.seq == self._settled_seq:
            return []
        mark = self._settled()
        if self._end and is_as_left and self._end.last.seq >= mark.seq:
            return [entry for entry in self._end.group if entry.seq > mark.seq]
        self._others_wrote = True
        self._is_durable = False  # for all that is known
        if not listed:
            self._end = _End(mark)
            return []
        end = read_end([each.file for each in listed], mark.seq)
        problem = self._mend(listed[-1], end, mark)
        newest = _mark_of(end.entries[-1]) if end.entries else Mark()
        is_behind = newest.seq < mark.seq  # somebody put an older state here: what is missing may come back
        last = mark._replace(ts=max(mark.ts, newest.ts)) if is_behind else newest
        group = tuple(_last_group(end.entries))
        if end.torn:
            listed = list_device(self._own())
        self._end = _End(last, listed[-1], not (end.damaged or is_behind), group)
        if problem:
            change = Change(Op.RECOVERED, "", "", "", reason=problem)
            self._append([change], at=at, actor=MEMWELL, refs=lambda _first: [None], sync=True)
        return [entry for entry in group if entry.seq > mark.seq]

    def _mend(self, last: Listed, end: segment.End, mark: Mark) -> str:
        """Move away what a crash cut short; say in words what was found."""
        where = f"{last.device}/{last.name}"
        if end.torn:
            name = f"journal-{last.file.stem}-{sha256_hex(end.torn)[:12]}"
            write_atomic(self._local_dir / "quarantine" / name, end.torn, self._local_dir / "tmp")
            segment.cut(last.file, end.size)
            return f"{len(end.torn)} bytes that a crash cut short were moved from {where} to {name}"
        if end.damaged:
            return f"{where} ends with a line that can't be read: {end.damaged.problem}; it was left there"
        if not end.entries or end.entries[-1].seq < mark.seq:
            return f"entries up to {mark.seq} of {last.device} are not here; this is the next one" if mark.seq else ""
        return ""

    def _append(
        self,
        changes: Sequence[Change],
        *,
        at: datetime,
        actor: Actor,
        refs: Callable[[str], Sequence[str | None]],
        sync: bool,
        first: First = None,
    ) -> list[Entry]:
        own = self._own()
        with explained(own):
            if self._end is None:
                self._catch_up(at)
            end = self._end or _End(Mark())
            last = end.last._replace(ts=max(end.last.ts, _moment_after(self.newest)))
            entries, data = _encoded(changes, last, at, actor, refs)
            if not entries:
                return []
            name = _file_for(own, end, entries[0])
            file = f"{own}{os.sep}{name}"
            if end.listed and not self._is_durable and name != end.listed.name:
                segment.sync(end.listed.file)  # the fsync of the next file does not reach it
            self._end = None  # whatever happens, the file tells
            self.appended += 1
            found = segment.append(file, data, sync=sync, first=first)
            self._is_durable = sync
            listed = Listed(file, self._device(), name, found.st_size, found.st_mtime_ns, found.st_ino)
            self._remember_appended(listed, data, entries)
            self._end = _End(_mark_of(entries[-1]), listed, True, tuple(_last_group([*end.group, *entries])))
        return entries

    def take_appended(self) -> Appended | None:
        """Give what this process has appended since this was asked last, if nothing came in between."""
        recent, self._recent = self._recent, None
        return recent

    def _remember_appended(self, listed: Listed, data: bytes, entries: Sequence[Entry]) -> None:
        start, last = listed.size - len(data), data[data.rfind(b"\n", 0, -1) + 1 :]
        recent = self._recent
        if recent and (recent.listed.path, recent.listed.size) == (listed.path, start):
            self._recent = Appended(recent.start, listed, last, (*recent.entries, *entries))
        else:
            self._recent = Appended(start, listed, last, tuple(entries)) if recent is None else None

    def _by_device(self) -> Iterator[tuple[str, list[Path]]]:
        """Give the files of each device, in order."""
        files: dict[str, list[Path]] = {}
        for listed in self.listed():
            files.setdefault(listed.device, []).append(listed.file)
        yield from files.items()

    def _strangers(self) -> list[str]:
        return strangers(self._folder)

    def _settled(self) -> Mark:
        """Read which entry of this device was the last to be settled."""
        return read_mark(self._mark_file())

    def _mark_file(self) -> str:
        return f"{self._local_dir}{os.sep}{_SETTLED}{os.sep}{self._device()}"

    def _marks(self) -> dict[str, Mark]:
        """Give the last settled entry of each name that this machine has had."""
        folder = self._local_dir / _SETTLED
        found = {file.name: read_mark(file) for file in sorted(folder.iterdir())} if folder.is_dir() else {}
        return {device: mark for device, mark in found.items() if mark.seq}


def _moment_after(ts: str) -> str:
    """Give the moment after ``ts``: an entry never stands before what its writer knew of, however clocks differ."""
    try:
        moment = datetime.fromisoformat(ts) + timedelta(microseconds=1)
        if moment.tzinfo is None:  # another program wrote it
            return ""
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _encoded(
    changes: Sequence[Change],
    last: Mark,
    at: datetime,
    actor: Actor,
    refs: Callable[[str], Sequence[str | None]],
) -> tuple[list[Entry], bytes]:
    """Write the lines of what follows the entry ``last``."""
    seq, h, before = last
    clock = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    ts = max(clock, before)
    skew = clock if clock < ts else None
    actor = _bounded(actor)
    ids = ulids(at, len(changes))
    written: list[bytes] = []
    entries: list[Entry] = []
    for whole, id, ref in zip(changes, ids, refs(ids[0]) if ids else (), strict=True):
        is_long = len(whole.reason) > _MAX_REASON_CHARS
        change = whole._replace(reason=_cut(whole.reason, _MAX_REASON_CHARS)) if is_long else whole
        seq += 1
        line = encode(change, seq=seq, id=id, ts=ts, actor=actor, prev=h, ref=ref, clock=skew)
        entries.append(Entry(seq, id, ts, actor, change, ref, prev=h, h=hash_of(line), clock=skew))
        h = entries[-1].h
        written.append(line)
    return entries, b"".join(written)


def _bounded(actor: Actor) -> Actor:
    return Actor(*(_cut(each, _MAX_ACTOR_CHARS) for each in (actor.kind, actor.name, actor.client, actor.session)))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _file_for(own: str, end: _End, first: Entry) -> str:
    """Name the file that the next entry goes to: the last one, unless it is full, damaged, or of another month."""
    month = max(first.ts[:7], month_of(end.listed.name) if end.listed else "")
    is_of_month = end.listed is not None and month_of(end.listed.name) == month
    if end.listed and end.goes_on and is_of_month and end.listed.size < segment.MAX_BYTES:
        return end.listed.name
    make_folder(Path(own))
    is_plain = not end.last.seq if end.listed is None else end.goes_on and not is_of_month
    return name_of(month, None if is_plain else first.seq)


def _mark_of(entry: Entry) -> Mark:
    """Say what is remembered of an entry; a time that is none would not do to name a file."""
    return Mark(entry.seq, entry.h, entry.ts if _TIME.fullmatch(entry.ts) else "")


def _last_group(entries: Sequence[Entry]) -> list[Entry]:
    """Give what was announced together last and not aborted; whoever announced it found all before it settled.

    Aborts, and what was noted in the meantime, may follow it. An entry that belongs to nothing tells that it is done.
    """
    aborted: set[str | None] = set()
    for number in range(len(entries) - 1, -1, -1):
        entry = entries[number]
        if entry.change.op in _ANNOUNCED:
            first = _first_of_group(entries, number)
            return [one for one in entries[first : number + 1] if one.id not in aborted]
        if entry.change.op is Op.ABORT:
            aborted.add(entry.ref)
        elif entry.change.op is not Op.RECOVERED and not (entry.change.op is Op.EXTERNAL and entry.ref):
            break
    return []


def _first_of_group(entries: Sequence[Entry], last: int) -> int:
    """Say where the group begins that ends with entry ``last``: all the others name the first, if that still stands."""
    ref, first = entries[last].ref, last
    while ref and first and entries[first - 1].change.op in _ANNOUNCED and entries[first - 1].ref == ref:
        first -= 1
    if ref and first and entries[first - 1].change.op in _ANNOUNCED and entries[first - 1].id == ref:
        first -= 1
    return first


def _check_device(files: Sequence[Path], settled_seq: int, wanted: dict[tuple[str, int], str]) -> list[Damage]:
    """Check the files of one device; take what was wanted and is there from ``wanted``."""
    damages: list[Damage] = []
    end = read_end(files, settled_seq)
    previous: Entry | None = None
    for file in files:
        is_last = file == files[-1]
        data = file.read_bytes()
        previous = _check(file, data[: end.size] if is_last else data, previous, wanted, damages)
        if is_last and end.torn.count(b"\n") == 0 and _is_entry(end.torn[:-1]):
            number = data.count(b"\n", 0, end.size) + 1
            damages.append(Damage(f"{file.parent.name}/{file.name}", number, "the line's end was changed"))
    return damages


def _check(
    file: Path, data: bytes, previous: Entry | None, wanted: dict[tuple[str, int], str], damages: list[Damage]
) -> Entry | None:
    """Check one file after ``previous``; give its last readable entry."""
    device = file.parent.name
    name = f"{device}/{file.name}"
    for number, line in enumerate(lines(data), 1):
        entry = line.entry
        if entry is None:
            damages.append(Damage(name, number, line.problem))
            continue
        if wanted.get((device, entry.seq)) == entry.h:
            del wanted[device, entry.seq]
        expected = (previous.seq + 1, previous.h) if previous else (1, NO_PREVIOUS)
        if (entry.seq, entry.prev) != expected:
            damages.append(Damage(name, number, "a line before this one is missing or changed"))
        previous = entry
    return previous


def _is_entry(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True
