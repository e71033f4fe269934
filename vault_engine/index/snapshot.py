"""The index between two processes' lives: generations in the cache folder, of which ``CURRENT`` names the last.

A generation is named by the hash of what it holds, and written whole before ``CURRENT`` names it. Whatever is missing,
changed or of another format makes the reader start from the notes again. No pickle, nothing that executes.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.index import KeywordIndex
from vault_engine.index.keyword.segments import Segment, Vocabulary
from vault_engine.index.record import ChunkRecord, LinkRecord, Record
from vault_engine.note import LinkKind, Profile, Rules
from vault_engine.note.logseq import LogseqConfig
from vault_engine.vault.files import write_atomic
from vault_engine.vault.walk import Signature

FORMAT = 3  # higher when anything below is kept otherwise, or text is analysed otherwise
_CURRENT = "CURRENT"
_CATALOGUE = "catalogue.json"
_ARRAYS = "arrays.npz"
_PREFIX = "generation-"
_RECORD_FIELDS = tuple(field.name for field in fields(Record))
_SEGMENT_ARRAYS = ("terms", "starts", "rows", "weights")


@dataclass(slots=True)
class Snapshot:
    """What is kept of an index."""

    language: str
    rules: Rules
    records: dict[str, Record]
    first_rows: dict[str, int]  # by path: the row of the note's first chunk; the others follow
    others: tuple[str, ...]
    keywords: KeywordIndex


class SnapshotDamaged(Exception):
    """A generation can't be used. Never leaves the index: it is built again."""


def save(folder: Path, snapshot: Snapshot) -> None:
    """Write a generation and make it the current one. The caller holds the index's lock.

    Raises:
        OSError, MemwellError: the cache folder can't be written.
    """
    catalogue = json.dumps(_catalogue(snapshot)).encode()
    arrays = _packed_arrays(snapshot.keywords)
    name = _name(catalogue, arrays)
    generation = folder / name
    generation.mkdir(parents=True, exist_ok=True)
    (generation / _CATALOGUE).write_bytes(catalogue)
    (generation / _ARRAYS).write_bytes(arrays)
    write_atomic(folder / _CURRENT, name.encode(), folder)
    for old in folder.glob(f"{_PREFIX}*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> Snapshot:
    """Read the current generation.

    Raises:
        SnapshotDamaged: there is none, it is not as it was written, or of another format.
    """
    try:
        name = (folder / _CURRENT).read_text("utf-8").strip()
        catalogue = (folder / name / _CATALOGUE).read_bytes()
        arrays = (folder / name / _ARRAYS).read_bytes()
    except (OSError, ValueError) as error:
        raise SnapshotDamaged(str(error)) from error
    if name != _name(catalogue, arrays):
        raise SnapshotDamaged(f"{name} is not what was written")
    try:
        return _snapshot(json.loads(catalogue), arrays)
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
        "rules": asdict(snapshot.rules),
        "others": snapshot.others,
        "notes": [
            [snapshot.first_rows[path], *(getattr(record, name) for name in _RECORD_FIELDS)]
            for path, record in snapshot.records.items()
        ],
    }


def _snapshot(catalogue: Mapping[str, Any], arrays: bytes) -> Snapshot:
    if catalogue["format"] != FORMAT:
        raise SnapshotDamaged(f"format {catalogue['format']}")
    language = catalogue["language"]
    with np.load(BytesIO(arrays), allow_pickle=False) as unpacked:
        keywords = _keywords(unpacked, Analyser(language))
    said = catalogue["rules"]
    rules = Rules(Profile(said["profile"]), LogseqConfig(**said["logseq"]))
    snapshot = Snapshot(language, rules, {}, {}, tuple(catalogue["others"]), keywords)
    for first_row, *values in catalogue["notes"]:
        record = _record(dict(zip(_RECORD_FIELDS, values, strict=True)))
        snapshot.records[record.path] = record
        snapshot.first_rows[record.path] = first_row
    return snapshot


def _record(fields: dict[str, Any]) -> Record:
    """Make a record of what JSON has kept of it: lists where there were tuples."""
    if signature := fields["signature"]:
        fields["signature"] = Signature(*signature)
    fields["aliases"], fields["tags"] = tuple(fields["aliases"]), tuple(fields["tags"])
    fields["links"] = tuple(LinkRecord(LinkKind(kind), *rest) for kind, *rest in fields["links"])
    fields["blocks"] = tuple(fields["blocks"])
    fields["chunks"] = tuple(
        ChunkRecord(start, end, tuple(headings), key) for start, end, headings, key in fields["chunks"]
    )
    return Record(**fields)


def _name(catalogue: bytes, arrays: bytes) -> str:
    """Name a generation by what it holds, so that a changed byte is noticed."""
    return f"{_PREFIX}{hashlib.sha256(catalogue + arrays).hexdigest()[:32]}"


def _packed_arrays(keywords: KeywordIndex) -> bytes:
    arrays: dict[str, Any] = {
        "vocabulary": _packed(keywords.vocabulary),
        "lengths": keywords.lengths,
        "alive": keywords.alive,
        "segments": np.int64(len(keywords.segments)),
    }
    for number, segment in enumerate(keywords.segments):
        for name in _SEGMENT_ARRAYS:
            arrays[f"{name}{number}"] = getattr(segment, name)
    packed = BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def _keywords(arrays: Mapping[str, Any], analyser: Analyser) -> KeywordIndex:
    segments = [
        Segment(*(arrays[f"{name}{number}"] for name in _SEGMENT_ARRAYS)) for number in range(int(arrays["segments"]))
    ]
    vocabulary = Vocabulary(_unpacked(arrays["vocabulary"]))
    return KeywordIndex(analyser, vocabulary, segments, arrays["lengths"], arrays["alive"])


def _packed(terms: Iterable[str]) -> Any:
    return np.frombuffer("\n".join(terms).encode(), np.uint8)


def _unpacked(packed: Any) -> list[str]:
    text = bytes(packed).decode()
    return text.split("\n") if text else []
