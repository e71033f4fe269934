"""The index of one vault in this process: brought up to date from the notes, shared with the other processes.

It looks at the vault before each answer, so it can lag but never lead. What it has read it publishes for the others.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vault_engine.config import DETECTED_LANGUAGE, Config
from vault_engine.errors import MemwellError, VaultBusy
from vault_engine.garbage import collecting_later
from vault_engine.index.batch import Batch
from vault_engine.index.catalogue import Catalogue
from vault_engine.index.chunks import IndexChunks
from vault_engine.index.comparing import differing_arrays, differing_notes
from vault_engine.index.embeddings import Embeddings, Progress
from vault_engine.index.filters import LINK, filters_of
from vault_engine.index.generation import read_current
from vault_engine.index.graph import Graph, HeldNames
from vault_engine.index.keyword.analyse import Analyser, detect_language
from vault_engine.index.keyword.columns import make_columns
from vault_engine.index.keyword.postings import FIELD_WEIGHTS
from vault_engine.index.layers import Layer, Layers
from vault_engine.index.names import Names
from vault_engine.index.plan import Drop, plan_index
from vault_engine.index.reading import Fresh, Reader, Same
from vault_engine.index.record import CONFLICTED, KEY_BYTES, Described, Record, decode, describe
from vault_engine.index.segment import Segment, join, with_signatures
from vault_engine.index.shared import Shared, fold_own
from vault_engine.index.vector_log import Keys
from vault_engine.index.view import Row, View
from vault_engine.journal.known import Known
from vault_engine.note import LinkResolver
from vault_engine.vault.files import explained
from vault_engine.vault.habits import read_habits, read_rules
from vault_engine.vault.lock import Lock
from vault_engine.vault.store import Vault
from vault_engine.vault.walk import Signature, Walk

if TYPE_CHECKING:
    from vault_engine.index.keyword.language import Language

FORMAT = 11  # higher when anything is kept otherwise, or text is analysed otherwise
_ROWS_AT_ONCE = 30_000  # bounds the memory that a cold build takes
_MUCH = 64  # notes to read: so many are read by one process, and the others wait for what it publishes
_PATIENCE_S = 0.05
_SAMPLES = 200  # notes that say in which language all are
_QUICKLY = 2_000  # notes that are copied while somebody waits for an answer
_SOON = 20_000  # and while somebody waits for the end


class Counted(NamedTuple):
    """How many notes were taken in."""

    added: int
    edited: int

    def plus(self, other: "Counted") -> "Counted":
        """Add up."""
        return Counted(self.added + other.added, self.edited + other.edited)


class Refreshed(NamedTuple):
    """How many notes were taken in or let go when the index was brought up to date."""

    added: int
    edited: int
    gone: int

    def plus(self, other: "Refreshed") -> "Refreshed":
        """Add up."""
        return Refreshed(self.added + other.added, self.edited + other.edited, self.gone + other.gone)


class Differences(NamedTuple):
    """In what an index is not what the notes say."""

    damaged: tuple[str, ...]  # files that are not as they were written
    notes: tuple[str, ...]  # of which it knows something else
    arrays: tuple[str, ...]  # of postings and filters, where all notes seem right
    vectors: int  # that were damaged, and are to be made again


class Index:
    """Catalogue, postings, embeddings and graph of one vault. Not for two threads at once: the engine sees to it."""

    def __init__(self, config: Config, vault: Vault, known: Known) -> None:
        """Open the index.

        Args:
            config: the vault's settings.
            vault: its files.
            known: what the journals say of them; a note that holds what a journal says is whole.
        """
        self._config, self._vault, self._known = config, vault, known
        self._touched: set[str] | None = None  # notes that may hold what no journal knows; None: any may
        self.unsettled_ns = 0  # in how long every file can be trusted, if nobody touches them
        self.rules = read_rules(config.root, config.profile)
        self.habits = read_habits(config.root)
        self._folder = config.cache_dir / f"index-{FORMAT}"
        language = config.language if config.language != DETECTED_LANGUAGE else self._language_so_far()
        self.analyser = Analyser(language)
        self._reader = Reader(vault, known, self.rules)
        self._boosts = {**FIELD_WEIGHTS, **config.boosts}
        self._lock = Lock(self._folder / "lock")
        self._shared = self._shared_in(language)
        self.embeddings = Embeddings(config, Lock(config.cache_dir / "lock"))
        self.walk = Walk({}, (), (), ())
        self.records = Layers()  # every note, by path
        self._seen: set[str] = set()  # notes whose file looks different from what is kept, and holds the same
        self._arrived: dict[str, str] = {}  # notes of this look that were not known before, by their SHA-256
        self._held_names = HeldNames(self.rules)
        with collecting_later():
            self._shared.follow(self.records)
        self._view: View | None = None
        self._graph: Graph | None = None

    # ---- what there is

    @property
    def unread(self) -> Mapping[str, str]:
        """Notes that may not be read, and why."""
        return self._reader.unread

    @property
    def cache_problem(self) -> str | None:
        """Why the index can't be kept, in words."""
        return self._shared.problem

    @property
    def rebuilt(self) -> list[str]:
        """Files of the index that were found damaged; what was in them was read from the notes again."""
        return self._shared.damaged

    @property
    def view(self) -> View:
        """The rows of all notes as they are now, for one search."""
        if self._view is None or self._view.version != self.records.version:
            self._view = View(self.records)
        return self._view

    @cached_property
    def language(self) -> "Language":
        """What understands questions in the query language; loaded when there is one."""
        from vault_engine.index.keyword.language import Language

        return Language(self.analyser)

    def fields_of(self, row: Row) -> Mapping[str, str]:
        """Read a note again for the texts of one of its chunks, by field; nothing if it has changed meanwhile."""
        described = self._read_again(row.path)
        return described.fields[row.ordinal] if described else {}

    @property
    def graph(self) -> Graph:
        """The links of the vault as of the last refresh."""
        changed = self.records.take_changed()
        if self._graph is None:
            holders = partial(self.records.having, LINK)
            self._graph = Graph(self.records, self._linkable(), self.rules, holders, self.records.links)
            return self._graph
        for path in changed:
            if path in self.records:
                self._graph.put(self.records[path])
            else:
                self._graph.drop(path)
        self._graph.set_others(self._linkable())
        return self._graph

    @property
    def resolver(self) -> LinkResolver:
        """What finds the file of a link, as of the last refresh."""
        return self.graph.resolver

    @property
    def names(self) -> Names:
        """What finds notes by their names."""
        return Names(self.records)

    def waiting(self) -> int:
        """Count the distinct chunks that should have a vector and have none."""
        return len(self.embeddings.waiting(self.view.distinct_keys))

    def chunks(self, guard: AbstractContextManager[object] | None = None) -> IndexChunks:
        """Give what is to be embedded; ``guard`` keeps other threads from the index meanwhile."""
        return IndexChunks(self, guard or nullcontext())

    # ---- bringing it up to date

    def refresh(self, now_ns: int, progress: Progress | None = None) -> Refreshed:
        """Make catalogue and postings match the vault. New chunks wait for `embed`.

        Args:
            now_ns: the wall clock, in nanoseconds since 1970.
            progress: called as notes are read.

        Raises:
            VaultMissing: the vault's folder is gone.
        """
        with collecting_later():
            self._shared.follow(self.records)
            self.walk = self._vault.walk()
            changes = plan_index(self.walk.notes, self.records.signatures)
            self.records.share(self.walk.notes)
        self._reader.unsettled = {}
        paths = [change.path for change in changes if not isinstance(change, Drop)]
        if len(paths) < _MUCH:
            added, edited = self._read_all(paths, now_ns, progress)
        else:
            added, edited = self._read_in_turn(paths, now_ns, progress)
        self._wait_for(now_ns)
        drops = {change.path for change in changes if isinstance(change, Drop)} & self.records.keys()
        gone = [path for path in sorted(drops) if self._is_gone(path)]
        self._let_go(gone)
        self._reader.unread = {path: why for path, why in self.unread.items() if path in self.walk.notes}
        return Refreshed(added, edited, len(gone))

    def look_at(self, paths: Iterable[str], now_ns: int) -> Refreshed:
        """Take in some notes as they are, or that they are gone, without a look at the others."""
        listed = sorted(paths)
        counted = self._read_all(listed, now_ns, None)
        self._wait_for(now_ns)
        gone = [path for path in listed if path in self.records and self._is_gone(path)]
        self._let_go(gone)
        return Refreshed(*counted, len(gone))

    def look_below(self, folders: Collection[str], now_ns: int) -> Refreshed:
        """Take in what is in some folders and below them, or that they are gone, without a look at the others.

        Raises:
            VaultMissing: the vault's folder is gone.
        """
        self._shared.follow(self.records)
        for folder in sorted(folders):
            self.walk = self.walk.with_below(folder, self._vault.walk(folder))
        prefixes = tuple(f"{folder}/" for folder in folders)
        there = {path: seen for path, seen in self.walk.notes.items() if path.startswith(prefixes)}
        differing = {path for path, seen in there.items() if self.records.signatures.get(path) != seen}
        differing |= {path for path in self.records if path.startswith(prefixes)} - there.keys()
        return self.look_at(differing, now_ns) if len(differing) < _MUCH else self.refresh(now_ns)

    def look_again(self, now_ns: int, before: Refreshed) -> Refreshed:
        """Read the files that were being saved at the last refresh; give the sum of both looks.

        What still is being saved stays as it was known until the next refresh.
        """
        paths, self._reader.unsettled, self.unsettled_ns = sorted(self._reader.unsettled), {}, 0
        added, edited = self._read_all(paths, now_ns, None)
        return before.plus(Refreshed(added, edited, 0))

    def touch(self, paths: Iterable[str]) -> None:
        """Remember that notes may hold what no journal knows."""
        if self._touched is not None:
            self._touched.update(paths)

    def take_touched(self) -> set[str] | None:
        """Give the notes that may hold what no journal knows, and forget them; None: any may."""
        touched, self._touched = self._touched, set()
        lost, self.records.lost = self.records.lost, set()
        return touched if touched is None else touched | lost

    def embed(self, *, limit: int | None = None, progress: Progress | None = None) -> int:
        """Embed the chunks that wait, at most ``limit``; return how many were embedded."""
        if limit is not None:
            return self.embeddings.embed_few(self.chunks(), limit)
        return self.embeddings.fill(self.chunks(), progress=progress)

    def save(self, *, at_least: int = 1) -> None:
        """Publish what only this process has, if so many notes have changed and nobody else is publishing."""
        if self._unpublished() >= at_least:
            self._keep_signatures()
            self._shared.publish(self.records, most=_SOON)

    def fold(self, guard: AbstractContextManager[object]) -> None:
        """Put large segments together in the background; ``guard`` keeps other threads from the index meanwhile."""
        self._shared.fold(lambda: self.records, guard)

    def check(self, now_ns: int, progress: Progress | None = None) -> Differences:
        """Compare with an index that is made anew from the notes, in a folder of its own.

        Raises:
            VaultDenied, StorageFailed: there is no room for another one.
        """
        damaged = self._shared.check()
        cache_dir = self._config.cache_dir
        with explained(cache_dir), TemporaryDirectory(dir=cache_dir, ignore_cleanup_errors=True) as folder:
            twin = Index(replace(self._config, cache_dir=Path(folder), embedder="none"), self._vault, self._known)
            twin.refresh(now_ns, progress)
            differing = differing_notes(self.records, twin.records)
            arrays = [] if differing else differing_arrays(self.records, twin.records)
        return Differences(tuple(damaged), tuple(differing), tuple(arrays), self.embeddings.check())

    def discard(self) -> None:
        """Forget catalogue and postings, here and on disk; the embeddings stay, being kept by content.

        Where the language is to be detected, that is done again: the notes may have become others.
        """
        if self._config.language == DETECTED_LANGUAGE:
            language = detect_language(self._samples())
            self.analyser, self._shared = Analyser(language), self._shared_in(language)
            self.__dict__.pop("language", None)  # of questions: made anew when next asked for
        self._shared.discard()
        self.records, self._view = Layers(), None
        self._graph = None

    def drop_strays(self) -> None:
        """Forget the embeddings of what is in no note, and keep the index as it is now, whatever has changed.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: the embeddings could not be removed from their file.
        """
        self.embeddings.keep_only(self.view.distinct_keys)
        self._shared.publish(self.records, whole=True)

    # ---- the parts

    def _shared_in(self, language: str) -> Shared:
        settings = {"language": language, "boosts": self._boosts, "rules": asdict(self.rules)}
        return Shared(self._folder, self._lock, settings)

    def _language_so_far(self) -> str:
        """Say in which language the index is that there is, else in which most of the notes are."""
        kept = read_current(self._folder)
        return str(kept.settings["language"]) if kept else detect_language(self._samples())

    def _samples(self) -> Iterator[str]:
        """Read some notes from all over the vault."""
        paths = sorted(self._vault.walk().notes)
        for path in paths[:: 1 + len(paths) // _SAMPLES]:
            with suppress(MemwellError):
                yield decode(self._vault.read(path))[0]

    def _batch(self) -> Batch:
        return Batch(self.analyser, self._boosts, self._held_names)

    def _linkable(self) -> tuple[str, ...]:
        """The files that links may mean besides the notes."""
        return (*self.walk.others, *self.walk.placeholders)

    def _lay(self, segment: Segment) -> None:
        """Lay a segment over the others, and put those together that only this process has."""
        self.records.push(Layer(segment))
        fold_own(self.records, most=_QUICKLY)

    def _let_go(self, gone: Sequence[str]) -> None:
        """Forget notes that are gone."""
        arrived, self._arrived = self._arrived, {}
        if gone:
            self._carry_over(gone, arrived)
            self._lay(self._batch().finish(tuple(gone)))
            self.touch(gone)

    def _carry_over(self, gone: Sequence[str], arrived: Mapping[str, str]) -> None:
        """Let notes that were renamed keep their vectors, also where the name is part of what was embedded.

        Args:
            gone: notes that are not there any more.
            arrived: notes that were not known before, by the SHA-256 of their bytes.
        """
        old, new = [], []
        for path in gone if arrived else ():
            before = self.records[path]
            after = self.records.get(arrived.get(before.sha256, ""))
            if after is not None and len(before.chunks) == len(after.chunks):
                old += [chunk.key for chunk in before.chunks]
                new += [chunk.key for chunk in after.chunks]
        if old != new:
            self.embeddings.carry_over(_as_keys(old), _as_keys(new))

    def _wait_for(self, now_ns: int) -> None:
        """Say in how long all that was read can be trusted."""
        self.unsettled_ns = max((at - now_ns for at in self._reader.unsettled.values()), default=0)

    def _is_gone(self, path: str) -> bool:
        """Say whether a note that is known is not there, nor anywhere else from where it may come back."""
        if path in self.walk.placeholders or self._is_hidden(path):
            return False
        try:
            return not self._vault.has(path)
        except MemwellError:
            return False

    def _is_hidden(self, path: str) -> bool:
        """Say whether a note is in a folder that could not be listed: it is not gone, then."""
        folders = [folder.rstrip("/") for folder in self.walk.unreadable]
        return any(path.startswith(f"{folder}/") or folder == "." for folder in folders)

    def _read_in_turn(self, paths: Sequence[str], now_ns: int, progress: Progress | None) -> Counted:
        """Read many notes as the only process that does, and publish them bit by bit.

        Who finds another one at it takes over what that one publishes, and goes on himself should it die.
        """
        left, counted = list(paths), Counted(0, 0)
        while left:
            try:
                with self._lock.held(wait_s=_PATIENCE_S):
                    left, taken = self._without_published(left)
                    return counted.plus(taken).plus(self._read_all(left, now_ns, progress, in_turn=True))
            except VaultBusy:
                left, taken = self._without_published(left)
                counted = counted.plus(taken)
                if progress:
                    progress(len(paths) - len(left), len(paths))
            except MemwellError:  # nothing can be kept here: then it is for this process alone
                return counted.plus(self._read_all(left, now_ns, progress))
        return counted

    def _without_published(self, paths: Sequence[str]) -> tuple[list[str], Counted]:
        """Take over what another process has published; give the notes that are still to be read."""
        known = {path for path in paths if path in self.records}
        self._shared.follow(self.records)
        left = [path for path in paths if self.records.signatures.get(path) != self.walk.notes[path]]
        taken = set(paths).difference(left)
        self.touch(taken)
        return left, Counted(len(taken - known), len(taken & known))

    def _read_all(
        self, paths: Sequence[str], now_ns: int, progress: Progress | None, *, in_turn: bool = False
    ) -> Counted:
        """Read notes, take in those that are new or differ, and count both kinds."""
        counted, batch = Counted(0, 0), self._batch()
        for done, path in enumerate(paths, 1):
            known = self.records.get(path)
            found = self._reader.read(path, known, now_ns)
            if found is not None:
                self.touch([path])  # even one that holds what it held: meanwhile it may have held something else
            if isinstance(found, Same):
                self._see(path, found.signature)
            elif found is not None and known and found.described.record.problem == CONFLICTED:
                self._keep_conflicted(replace(known, sha256=found.described.record.sha256, problem=CONFLICTED), found)
            elif found is not None:
                counted = counted.plus(Counted(0, 1) if known else Counted(1, 0))
                if known is None:
                    self._arrived[found.described.record.sha256] = path
                batch.add(found.described, found.signature)
            if batch.row_count >= _ROWS_AT_ONCE or (done == len(paths) and len(batch)):
                self._lay(batch.finish())
                batch = self._batch()
                if in_turn:
                    self._shared.publish(self.records, most=0)
            if progress:
                progress(done, len(paths))
        return counted

    def _see(self, path: str, signature: Signature | None) -> None:
        """Note that a file looks different and holds the same bytes."""
        if self.records.signatures[path] != signature:
            self.records.see(path, signature)
            self._seen.add(path)

    def _keep_conflicted(self, record: Record, found: Fresh) -> None:
        """Keep of a note with the markers of a merge what was known of it: nothing new is taken in."""
        layer, number = self.records.place(record.path)
        known = join([layer.segment], [np.array([number])])
        catalogue = Catalogue.of([record], [found.signature])
        columns = make_columns([filters_of(record, self._held_names.of(record))])
        self.records.push(Layer(replace(known, catalogue=catalogue, columns=columns)))

    def _keep_signatures(self) -> None:
        """Lay what was seen of files since over what is kept, so that the next process need not read them again."""
        by_layer: dict[Layer, list[int]] = {}
        for path in sorted(self._seen & self.records.keys()):
            layer, number = self.records.place(path)
            by_layer.setdefault(layer, []).append(number)
        self._seen.clear()
        if by_layer:
            kept = [np.array(sorted(numbers)) for numbers in by_layer.values()]
            again = join([layer.segment for layer in by_layer], kept)
            signatures = self.records.signatures_of(again.catalogue.paths)
            self.records.push(Layer(with_signatures(again, signatures)))

    def _unpublished(self) -> int:
        """Count the notes of which only this process knows how they are."""
        own = (layer for layer in self.records.layers if layer.entry is None)
        return len(self._seen) + sum(len(layer.segment) + len(layer.segment.gone) for layer in own)

    def texts_of(self, path: str) -> Iterable[tuple[bytes, str]]:
        """Read a note again for what of it is to be embedded, by key; nothing if it has changed meanwhile."""
        if described := self._read_again(path):
            keys = (bytes.fromhex(chunk.key) for chunk in described.record.chunks)
            yield from zip(keys, described.embedded_texts, strict=True)

    def _read_again(self, path: str) -> Described | None:
        record = self.records.get(path)
        with suppress(MemwellError):
            described = describe(path, self._vault.read(path), self.rules)
            return described if record and described.record.sha256 == record.sha256 else None
        return None


def _as_keys(written: Sequence[str]) -> Keys:
    return np.frombuffer(bytes.fromhex("".join(written)), np.uint8).reshape(-1, KEY_BYTES)
