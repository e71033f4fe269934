"""The index between two processes' lives: generations in the cache folder, of which ``CURRENT`` names the last.

A generation is written whole before ``CURRENT`` names it. Nothing in it is trusted: whatever is missing, of another
format or not as expected makes the reader start from the notes again. No pickle, nothing that executes.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.index import KeywordIndex
from vault_engine.index.keyword.postings import Segment, Vocabulary
from vault_engine.index.record import ChunkRecord, LinkRecord, Record
from vault_engine.vault.files import write_atomic
from vault_engine.vault.walk import Signature

FORMAT = 1
_CURRENT = "CURRENT"
_CATALOGUE = "catalogue.json"
_ARRAYS = "arrays.npz"
_PREFIX = "generation-"


@dataclass(slots=True)
class Snapshot:
    """What is kept of an index."""

    language: str
    records: dict[str, Record]
    first_rows: dict[str, int]  # by path: the row of the note's first chunk; the others follow
    others: tuple[str, ...]
    keywords: KeywordIndex


class SnapshotDamaged(Exception):
    """A generation can't be used. Never leaves the index: it is built again."""


def save(folder: Path, snapshot: Snapshot) -> None:
    """Write a generation and make it the current one. The caller holds the index's lock.

    Raises:
        OSError: the cache folder can't be written.
    """
    name = f"{_PREFIX}{uuid4().hex[:12]}"
    generation = folder / name
    generation.mkdir(parents=True)
    (generation / _CATALOGUE).write_text(json.dumps(_catalogue(snapshot), ensure_ascii=True), "utf-8")
    np.savez(generation / _ARRAYS, allow_pickle=False, **_arrays(snapshot.keywords))
    write_atomic(folder / _CURRENT, name.encode(), folder)
    for old in folder.glob(f"{_PREFIX}*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def current(folder: Path) -> str | None:
    """Name the current generation, None when there is none."""
    try:
        return (folder / _CURRENT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def load(folder: Path, name: str) -> Snapshot:
    """Read a generation.

    Raises:
        SnapshotDamaged: it is not there any more, of another format, or damaged.
    """
    generation = folder / name
    if not name.startswith(_PREFIX) or "/" in name:
        raise SnapshotDamaged(name)
    try:
        catalogue = json.loads((generation / _CATALOGUE).read_text("utf-8"))
        if catalogue["format"] != FORMAT:
            raise SnapshotDamaged(f"format {catalogue['format']}")
        with np.load(generation / _ARRAYS, allow_pickle=False) as arrays:
            keywords = _keywords(arrays, Analyser(catalogue["language"]))
        return _snapshot(catalogue, keywords)
    except Exception as error:
        raise SnapshotDamaged(str(error)) from error


def discard(folder: Path) -> None:
    """Forget every generation."""
    with suppress(OSError):
        (folder / _CURRENT).unlink()
    for generation in folder.glob(f"{_PREFIX}*"):
        shutil.rmtree(generation, ignore_errors=True)


def _catalogue(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "language": snapshot.language,
        "others": snapshot.others,
        "notes": [
            {"first_row": snapshot.first_rows[path], **asdict(record)} for path, record in snapshot.records.items()
        ],
    }


def _snapshot(catalogue: Mapping[str, Any], keywords: KeywordIndex) -> Snapshot:
    snapshot = Snapshot(catalogue["language"], {}, {}, tuple(catalogue["others"]), keywords)
    row_count = len(keywords.lengths)
    for fields in catalogue["notes"]:
        first_row = fields.pop("first_row")
        record = _record(fields)
        if not 0 <= first_row <= row_count - len(record.chunks):
            raise SnapshotDamaged(f"{record.path} has rows that are not there")
        snapshot.records[record.path] = record
        snapshot.first_rows[record.path] = first_row
    return snapshot


def _record(fields: dict[str, Any]) -> Record:
    signature = fields["signature"]
    return Record(
        **{
            **fields,
            "signature": Signature(*signature) if signature else None,
            "aliases": tuple(fields["aliases"]),
            "tags": tuple(fields["tags"]),
            "links": tuple(LinkRecord(**link) for link in fields["links"]),
            "chunks": tuple(
                ChunkRecord(**{**chunk, "headings": tuple(chunk["headings"])}) for chunk in fields["chunks"]
            ),
        }
    )


def _arrays(keywords: KeywordIndex) -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "vocabulary": _packed(keywords.vocabulary),
        "lengths": keywords.lengths,
        "alive": keywords.alive,
        "segments": np.int64(len(keywords.segments)),
    }
    for number, segment in enumerate(keywords.segments):
        for name in ("terms", "starts", "rows", "weights"):
            arrays[f"{name}{number}"] = getattr(segment, name)
    return arrays


def _keywords(arrays: Mapping[str, Any], analyser: Analyser) -> KeywordIndex:
    lengths, alive = arrays["lengths"], arrays["alive"]
    vocabulary = Vocabulary(_unpacked(arrays["vocabulary"]))
    segments = [
        Segment(*(arrays[f"{name}{number}"] for name in ("terms", "starts", "rows", "weights")))
        for number in range(int(arrays["segments"]))
    ]
    if len(lengths) != len(alive) or any(not _fits(segment, len(lengths)) for segment in segments):
        raise SnapshotDamaged("arrays do not fit each other")
    return KeywordIndex(analyser, vocabulary, segments, lengths, alive)


def _fits(segment: Segment, row_count: int) -> bool:
    posting_count = len(segment.rows)
    return (
        len(segment.starts) == len(segment.terms) + 1
        and len(segment.weights) == posting_count == int(segment.starts[-1])
        and bool((np.diff(segment.starts) >= 0).all())
        and (posting_count == 0 or (int(segment.rows.min()) >= 0 and int(segment.rows.max()) < row_count))
    )


def _packed(terms: Iterable[str]) -> Any:
    return np.frombuffer("\n".join(terms).encode(), np.uint8)


def _unpacked(packed: Any) -> list[str]:
    text = bytes(packed).decode()
    return text.split("\n") if text else []
