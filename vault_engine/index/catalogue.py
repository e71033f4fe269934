"""Which notes a segment of the index holds: what was seen of each file, and its record, decoded when needed. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.record import KEY_BYTES, ChunkRecord, LinkRecord, Record
from vault_engine.index.texts import Texts
from vault_engine.note import LinkKind
from vault_engine.vault.walk import Signature

_APART = ("path", "links", "chunks")  # of a record: these have arrays of their own, wholly or in part
_NAMES = tuple(field.name for field in fields(Record) if field.name not in _APART)
_TUPLES = ("aliases", "tags", "blocks")  # of these JSON makes lists
_read_json = json.JSONDecoder().raw_decode  # as `json.loads`, with less around it
_KINDS = {kind.value: kind for kind in LinkKind}
_NO_SIGNATURE = (-1, -1, -1)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The notes of one segment, numbered from 0; their chunks are the segment's rows, in order."""

    paths: Texts
    signatures: NDArray[np.int64]  # shape (n, 3): size, mtime, ctime; -1 where the file was too fresh to be sure
    first_rows: NDArray[np.int32]  # shape (n + 1,): note i has the rows first_rows[i] to first_rows[i + 1]
    keys: NDArray[np.uint8]  # shape (rows, KEY_BYTES): of the chunks' embeddings
    links_written: Texts  # those of each note, as JSON: some questions are about nothing else
    records: Texts  # the rest of each record, as JSON
    turns: Texts  # of each row, what `ChunkRecord.turn` says

    @classmethod
    def of(cls, records: Sequence[Record], signatures: Iterable[Signature | None]) -> "Catalogue":
        """Keep records, and what was seen of each one's file."""
        first_rows = np.zeros(len(records) + 1, np.int32)
        np.cumsum([len(record.chunks) for record in records], out=first_rows[1:])
        keys = bytes.fromhex("".join(chunk.key for record in records for chunk in record.chunks))
        return cls(
            Texts.of(record.path for record in records),
            as_array(signatures),
            first_rows,
            np.frombuffer(keys, np.uint8).reshape(-1, KEY_BYTES),
            Texts.of(_json(record.links) for record in records),
            Texts.of(map(_encoded, records)),
            Texts.of(chunk.turn for record in records for chunk in record.chunks),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Catalogue":
        """Take them from where `arrays` put them."""
        paths, links, records, turns = (
            Texts.from_arrays(arrays, name) for name in ("paths", "links", "records", "turns")
        )
        return cls(paths, arrays["signatures"], arrays["first_rows"], arrays["keys"], links, records, turns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays, by name."""
        return {
            **self.paths.arrays("paths"),
            "signatures": self.signatures,
            "first_rows": self.first_rows,
            "keys": self.keys,
            **self.links_written.arrays("links"),
            **self.records.arrays("records"),
            **self.turns.arrays("turns"),
        }

    @staticmethod
    def joined(parts: Sequence["Catalogue"], kept: Sequence[NDArray[np.int64]]) -> "Catalogue":
        """Put some notes of several catalogues after each other; ``kept`` are their numbers, for each part."""
        counts = [np.diff(part.first_rows)[numbers] for part, numbers in zip(parts, kept, strict=True)]
        both = list(zip(parts, kept, strict=True))
        rows = [part.rows(numbers) for part, numbers in both]
        return Catalogue(
            Texts.joined(part.paths.take(numbers) for part, numbers in both),
            np.concatenate([part.signatures[numbers] for part, numbers in both]),
            np.concatenate([np.zeros(1, np.int32), *counts]).cumsum(dtype=np.int32),
            np.concatenate([part.keys[of] for part, of in zip(parts, rows, strict=True)]),
            Texts.joined(part.links_written.take(numbers) for part, numbers in both),
            Texts.joined(part.records.take(numbers) for part, numbers in both),
            Texts.joined(part.turns.take(of) for part, of in zip(parts, rows, strict=True)),
        )

    def __len__(self) -> int:
        return len(self.paths)

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the rows of notes, in the notes' order."""
        counts = np.diff(self.first_rows)[numbers].astype(np.int64)
        ends = counts.cumsum()
        shifts: NDArray[np.int64] = np.repeat(self.first_rows[numbers] - ends + counts, counts)
        return np.arange(len(shifts)) + shifts

    def note_of_row(self) -> NDArray[np.int32]:
        """Give the number of each row's note, shape ``(rows,)``."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first_rows))

    def signature(self, number: int) -> Signature | None:
        """Give what was seen of a note's file."""
        seen = self.signatures[number].tolist()
        return Signature(*seen) if seen[0] >= 0 else None

    def seen(self) -> Iterator[Signature | None]:
        """Give what was seen of each note's file."""
        make = Signature._make
        return (make(seen) if seen[0] >= 0 else None for seen in self.signatures.tolist())

    def sha256(self, number: int) -> str:
        """Give the SHA-256 of a note, without the rest of its record: the chunks come first there, then this."""
        said = self.records[number]
        _, end = _DECODER.raw_decode(said, 1)
        return said[end + 2 : end + 66]

    def record(self, number: int) -> Record:
        """Decode the record of a note."""
        first, end = int(self.first_rows[number]), int(self.first_rows[number + 1])
        keys = self.keys[first:end].tobytes().hex()
        turns = [self.turns[row] for row in range(first, end)]
        return _decoded(self.paths[number], keys, turns, self.links_written[number], self.records[number])

    def links(self) -> Iterator[tuple[LinkRecord, ...]]:
        """Decode the links of each note."""
        return map(_links, self.links_written)


def as_array(signatures: Iterable[Signature | None]) -> NDArray[np.int64]:
    """Keep signatures, shape ``(n, 3)``."""
    return np.array([signature or _NO_SIGNATURE for signature in signatures], np.int64).reshape(-1, 3)


def _encoded(record: Record) -> str:
    chunks = [(chunk.start, chunk.end, chunk.headings) for chunk in record.chunks]
    return _json([chunks, *(getattr(record, name) for name in _NAMES)])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _decoded(path: str, keys: str, turns: Sequence[str], links: str, rest: str) -> Record:
    """Make a record of what JSON has kept of it."""
    (chunks, *said), _ = _read_json(rest)
    values = dict(zip(_NAMES, said, strict=True))
    for name in _TUPLES:
        values[name] = tuple(values[name])
    width = 2 * KEY_BYTES
    values["chunks"] = tuple(
        [
            ChunkRecord(start, end, tuple(headings), keys[at * width : (at + 1) * width], turns[at])
            for at, (start, end, headings) in enumerate(chunks)
        ]
    )
    return Record(path=path, links=_links(links), **values)


def _links(written: str) -> tuple[LinkRecord, ...]:
    said, _ = _read_json(written)
    return tuple(
        [LinkRecord(_KINDS[kind], target, embed, block, relation) for kind, target, embed, block, relation in said]
    )
