"""The index of one vault in this process: brought up to date from the notes, kept between processes' lives.

Every process has the whole index in memory and looks at the vault before each answer, so it can lag but never lead;
whoever changed something and gets the index's lock saves it for the next process.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import Config
from vault_engine.errors import MemwellError, NoteMissing, VaultBusy
from vault_engine.index import snapshot as snapshots
from vault_engine.index.embedder import Vectors
from vault_engine.index.embeddings import Embeddings, Progress
from vault_engine.index.graph import Graph
from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.index import KeywordIndex
from vault_engine.index.keyword.postings import Floats
from vault_engine.index.names import Names
from vault_engine.index.plan import Drop, plan_index
from vault_engine.index.record import CONFLICTED, KEY_BYTES, Described, Record, describe
from vault_engine.index.snapshot import Snapshot
from vault_engine.index.vector_log import Keys
from vault_engine.index.vectors import as_keys
from vault_engine.journal.known import Known
from vault_engine.note import LinkResolver
from vault_engine.vault.files import explained, sha256_hex
from vault_engine.vault.habits import read_habits, read_rules
from vault_engine.vault.lock import Lock
from vault_engine.vault.store import Vault
from vault_engine.vault.walk import Signature, Walk, signature_of

_ROWS_PER_SEGMENT = 5_000  # bounds the memory that a cold build takes
_MARK = 0.01  # of a change
_SETTLED_NS = 50_000_000  # a file changed this recently may be half written, or change within one tick of its mtime
_SHRUNK_NS = 300_000_000  # the same for one that has become empty or half as long: editors empty a file to write it


class Refreshed(NamedTuple):
    """How many notes were taken in or let go when the index was brought up to date."""

    added: int
    edited: int
    gone: int


class Row(NamedTuple):
    """Which chunk a row of the index is."""

    path: str
    ordinal: int


class Index:
    """Catalogue, postings, embeddings and graph of one vault. Not for two threads at once: the engine sees to it."""

    def __init__(self, config: Config, vault: Vault, known: Known) -> None:
        """Open the index.

        Args:
            config: the vault's settings.
            vault: its files.
            known: what the journals say of them; a note that holds what a journal says is whole.
        """
        self._folder = config.cache_dir
        self._known = known
        self._known_as_of = 0
        self._touched: set[str] | None = None  # notes that may hold what no journal knows; None: any may
        self._unsettled: dict[str, int] = {}  # files that may be half written, and when they can be trusted
        self.unsettled_ns = 0  # in how long they all can be, if nobody touches them
        self._language = config.language
        self.rules = read_rules(config.root, config.profile)
        self.habits = read_habits(config.root)
        self._vault = vault
        self._lock = Lock(self._folder / "lock")
        self.embeddings = Embeddings(config, self._lock)
        self.walk = Walk({}, (), (), ())
        self.unread: dict[str, str] = {}  # notes that may not be read, and why
        self.cache_problem: str | None = None  # why the index can't be kept, in words
        self._evicted: tuple[str, ...] = ()  # notes that are elsewhere for now, as of the last refresh
        self._graph: Graph | None = None
        self._unsaved = 0.0  # changes since the last save; a file that only looks different counts for little
        self._kept = self._load() or self._empty()
        self._owners: list[str] = []  # by row: the path of its note
        self._keys: list[str] = []  # by row: the key of its embedding
        self._number_rows()
        self._names: Names | None = None

    # ---- what there is

    @property
    def records(self) -> Mapping[str, Record]:
        """Every note, by path."""
        return self._kept.records

    @property
    def analyser(self) -> Analyser:
        """What turns text into terms here."""
        return self._kept.keywords.analyser

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which rows are of notes that are there, shape ``(rows,)``."""
        return self._kept.keywords.alive

    @property
    def graph(self) -> Graph:
        """The links of the vault as of the last refresh."""
        if self._graph is None:
            self._graph = Graph(self._kept.records, self._linkable(), self.rules)
        return self._graph

    @property
    def resolver(self) -> LinkResolver:
        """What finds the file of a link, as of the last refresh."""
        return self.graph.resolver

    @property
    def names(self) -> Names:
        """What finds notes by their names."""
        if self._names is None:
            self._names = Names(self._kept.records.values())
        return self._names

    def rows_of(self, path: str) -> range:
        """Give the rows of a note's chunks."""
        first = self._kept.first_rows[path]
        return range(first, first + len(self._kept.records[path].chunks))

    def row(self, number: int) -> Row:
        """Say which chunk a living row is."""
        path = self._owners[number]
        return Row(path, number - self._kept.first_rows[path])

    def waiting(self) -> int:
        """Count the distinct chunks that should have a vector and have none."""
        return len(self.embeddings.waiting(self.chunks().keys()))

    def chunks(self, guard: AbstractContextManager[object] | None = None) -> "IndexChunks":
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
        self.walk = self._vault.walk()
        changes = plan_index(self.walk.notes, {path: r.signature for path, r in self._kept.records.items()})
        drops = {change.path for change in changes if isinstance(change, Drop)}
        gone = [path for path in sorted(drops.difference(self.walk.placeholders)) if not self._is_hidden(path)]
        self._unsettled = {}
        added, edited = self._read_all([c.path for c in changes if not isinstance(c, Drop)], now_ns, progress)
        self.unsettled_ns = max((at - now_ns for at in self._unsettled.values()), default=0)
        for path in gone:
            self._forget(path)
        self.touch(gone)
        self.unread = {path: reason for path, reason in self.unread.items() if path in self.walk.notes}
        if added or edited or gone or (self.walk.others, self.walk.placeholders) != (self._kept.others, self._evicted):
            self._kept.others, self._evicted = self.walk.others, self.walk.placeholders
            if self._graph is not None:
                self._graph.set_others(self._linkable())
            self._unsaved += added + edited + len(gone)
        if self._kept.keywords.needs_compaction():
            self._compact()
        return Refreshed(added, edited, len(gone))

    def look_at(self, path: str, now_ns: int) -> None:
        """Take in one note, without a look at the others. One that is gone stays known until the next refresh."""
        if any(self._read_all([path], now_ns, None)):
            self._unsaved += 1

    def look_again(self, now_ns: int, before: Refreshed) -> Refreshed:
        """Read the files that were being saved at the last refresh; give the sum of both looks.

        What still is being saved stays as it was known until the next refresh.
        """
        paths, self._unsettled, self.unsettled_ns = sorted(self._unsettled), {}, 0
        added, edited = self._read_all(paths, now_ns, None)
        if added or edited:
            self._unsaved += added + edited
        return Refreshed(before.added + added, before.edited + edited, before.gone)

    def touch(self, paths: Iterable[str]) -> None:
        """Remember that notes may hold what no journal knows."""
        if self._touched is not None:
            self._touched.update(paths)

    def take_touched(self) -> set[str] | None:
        """Give the notes that may hold what no journal knows, and forget them; None: any may."""
        touched, self._touched = self._touched, set()
        return touched

    def embed(self, *, limit: int | None = None, progress: Progress | None = None) -> int:
        """Embed the chunks that wait, at most ``limit``; return how many were embedded."""
        if limit is not None:
            return self.embeddings.embed_few(self.chunks(), limit)
        return self.embeddings.fill(self.chunks(), progress=progress)

    def save(self, *, at_least: int = 1) -> None:
        """Keep the index for the next process, if enough has changed and no other process is saving its own.

        What was not kept is read again by the next process. The whole index is written, so that is often cheaper.
        """
        if self._unsaved < at_least:
            return
        try:
            with self._lock.held(wait_s=0), explained(self._folder):
                snapshots.save(self._folder, self._kept)
        except VaultBusy:
            return
        except MemwellError as error:
            self.cache_problem = str(error)
        else:
            self._unsaved, self.cache_problem = 0.0, None

    def discard(self) -> None:
        """Forget catalogue and postings, here and on disk; the embeddings stay, being kept by content."""
        snapshots.discard(self._folder)
        self._kept, self._names, self._graph = self._empty(), None, None
        self._number_rows()

    def drop_strays(self) -> None:
        """Forget the embeddings of what is in no note, and keep the index as it is now, whatever has changed.

        Raises:
            VaultBusy, VaultDenied, StorageFailed: the embeddings could not be removed from their file.
        """
        self.embeddings.keep_only(self.chunks().keys())
        self._unsaved = max(self._unsaved, 1.0)
        self.save()

    # ---- asking it

    def keyword_scores(self, query: str) -> Floats:
        """Score every row against the query's terms, shape ``(rows,)``."""
        return self._kept.keywords.score(query)

    def cosines(self, question: Question) -> Vectors | None:
        """Give the cosine of a question and each row, shape ``(rows,)``, as `Embeddings.cosines` does."""
        return self.embeddings.cosines(question, as_keys(self._keys))

    # ---- the parts

    def _empty(self) -> Snapshot:
        return Snapshot(self._language, self.rules, {}, {}, (), KeywordIndex(Analyser(self._language)))

    def _load(self) -> Snapshot | None:
        """Read what the last process kept, if it is whole and of the same settings."""
        try:
            kept = snapshots.load(self._folder)
        except snapshots.SnapshotDamaged:
            return None
        return kept if (kept.language, kept.rules) == (self._language, self.rules) else None

    def _number_rows(self) -> None:
        """Say of each row whose it is, from the records."""
        row_count = len(self._kept.keywords.lengths)
        self._owners, self._keys = [""] * row_count, ["0" * 32] * row_count
        for path, record in self._kept.records.items():
            for row, chunk in zip(self.rows_of(path), record.chunks, strict=True):
                self._owners[row], self._keys[row] = path, chunk.key

    def _linkable(self) -> tuple[str, ...]:
        """The files that links may mean besides the notes."""
        return (*self._kept.others, *self.walk.placeholders)

    def _is_hidden(self, path: str) -> bool:
        """Say whether a note is in a folder that could not be listed: it is not gone, then."""
        return any(path.startswith(f"{folder}/") or folder == "." for folder in map(_bare, self.walk.unreadable))

    def _read_all(self, paths: Sequence[str], now_ns: int, progress: Progress | None) -> tuple[int, int]:
        """Read the notes at ``paths``, take in those that are new or differ, and count both kinds."""
        added = edited = rows = 0
        fresh: list[Described] = []
        for done, path in enumerate(paths, 1):
            described = self._read(path, now_ns)
            if described is not None:
                added, edited = added + (path not in self._kept.records), edited + (path in self._kept.records)
                fresh.append(described)
                rows += len(described.fields)
            if rows >= _ROWS_PER_SEGMENT or (done == len(paths) and fresh):
                self._take(fresh)
                fresh, rows = [], 0
            if progress:
                progress(done, len(paths))
        return added, edited

    def _read(self, path: str, now_ns: int) -> Described | None:
        """Read one note, unless it is gone, may not be read, or has the content that is indexed already."""
        try:
            before = signature_of(self._vault.root / path)
            data = self._vault.read(path)
            settled = before == signature_of(self._vault.root / path)
        except (FileNotFoundError, NoteMissing):
            return None
        except (OSError, MemwellError) as error:
            self.unread[path] = str(error)
            return None
        self.unread.pop(path, None)
        known, sha256 = self._kept.records.get(path), sha256_hex(data)
        signature = before if settled and now_ns - before.mtime_ns > _SETTLED_NS else None
        if known and known.sha256 == sha256:
            self.touch([path])  # it may have been something else meanwhile, which only the journal knows
            self._mark(known, signature)
            return None
        if not self._is_whole(path, before, sha256, now_ns, settled=settled):
            return None
        self.touch([path])
        described = describe(path, data, signature, self.rules)
        if known and described.record.problem == CONFLICTED:  # nothing new is taken in, what was known stays
            if known.sha256 != described.record.sha256:
                self._mark(replace(known, sha256=described.record.sha256, problem=CONFLICTED), signature)
            return None
        return described

    def _is_whole(self, path: str, found: Signature, sha256: str, now_ns: int, *, settled: bool) -> bool:
        """Say whether what was read of a note is what somebody saved, and not the first half of it."""
        known = self._kept.records.get(path)
        has_shrunk = known is not None and (found.size == 0 or 2 * found.size < known.size)
        whole_at = found.mtime_ns + (_SHRUNK_NS if has_shrunk else _SETTLED_NS)
        if settled and (now_ns >= whole_at or found.mtime_ns > now_ns + _SHRUNK_NS):  # the latter: an odd clock
            return True
        if self._known_as_of != now_ns:  # once a look
            self._known.catch_up()
            self._known_as_of = now_ns
        head = self._known.get(path)
        if head is not None and head.sha256 == sha256:
            return True
        self._unsettled[path] = max(whole_at, now_ns + _SETTLED_NS if not settled else 0)
        return False

    def _mark(self, known: Record, signature: Signature | None) -> None:
        """Note that a file looks different and holds the same bytes."""
        if known.signature != signature:
            self._kept.records[known.path] = replace(known, signature=signature)
            self._unsaved += _MARK

    def _take(self, described: Sequence[Described]) -> None:
        row = self._kept.keywords.add([fields for one in described for fields in one.fields])
        for one in described:
            record = one.record
            if known := self._kept.records.get(record.path):
                self._kept.keywords.drop(self.rows_of(record.path))
                self.names.drop(known)
            self.names.add(record)
            self._kept.records[record.path], self._kept.first_rows[record.path] = record, row
            if self._graph is not None:
                self._graph.put(record)
            self._owners += [record.path] * len(record.chunks)
            self._keys += [chunk.key for chunk in record.chunks]
            row += len(record.chunks)

    def _forget(self, path: str) -> None:
        self._kept.keywords.drop(self.rows_of(path))
        self.names.drop(self._kept.records[path])
        del self._kept.records[path], self._kept.first_rows[path]
        if self._graph is not None:
            self._graph.drop(path)

    def _compact(self) -> None:
        new_row = self._kept.keywords.compact()
        self._kept.first_rows = {path: int(new_row[first]) for path, first in self._kept.first_rows.items()}
        self._number_rows()

    def texts_of(self, path: str) -> Iterable[tuple[bytes, str]]:
        """Read a note again for what of it is to be embedded, by key; nothing if it has changed meanwhile."""
        record = self._kept.records.get(path)
        with suppress(MemwellError):
            described = describe(path, self._vault.read(path), None, self.rules)
            if record and described.record.sha256 == record.sha256:
                keys = (bytes.fromhex(chunk.key) for chunk in record.chunks)
                yield from zip(keys, described.embedded_texts, strict=True)


class IndexChunks:
    """The chunks of an index, for those who embed them; see `Chunks`."""

    def __init__(self, index: Index, guard: AbstractContextManager[object]) -> None:
        self._index, self._guard = index, guard
        self._paths: dict[bytes, str] = {}  # of a note that has the chunk

    def keys(self) -> Keys:
        """See `Chunks.keys`."""
        with self._guard:
            records = self._index.records.values()
            self._paths = {bytes.fromhex(chunk.key): record.path for record in records for chunk in record.chunks}
        return np.frombuffer(b"".join(self._paths), np.uint8).reshape(-1, KEY_BYTES)

    def texts(self, keys: Keys) -> dict[bytes, str]:
        """See `Chunks.texts`."""
        wanted = [key.tobytes() for key in keys]
        texts: dict[bytes, str] = {}
        with self._guard:
            for path in dict.fromkeys(self._paths[key] for key in wanted if key in self._paths):
                texts |= self._index.texts_of(path)
        return {key: texts[key] for key in wanted if key in texts}


def _bare(folder: str) -> str:
    return folder.rstrip("/")
