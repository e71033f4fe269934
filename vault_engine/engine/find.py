"""Which note is meant: a path, an id, ``category/key``, or a name that only one note has."""

import difflib
from collections.abc import Iterable, Mapping

from vault_engine.errors import NoteAmbiguous, NoteMissing
from vault_engine.index.record import Record, stem_of
from vault_engine.note import path_key

_NEAR = 3


def find(ref: str, records: Mapping[str, Record]) -> Record:
    """Give the note that ``ref`` means.

    Raises:
        NoteMissing: none answers to it.
        NoteAmbiguous: several do, by their names.
    """
    wanted = ref.strip().removeprefix("[[").removesuffix("]]")
    for path in (wanted, f"{wanted}.md"):
        if path in records:
            return records[path]
    key = path_key(wanted)
    for is_meant in (_has_id, _is_filed_as, _has_path, _is_named):
        found = [record for record in records.values() if is_meant(record, wanted, key)]
        if len(found) == 1:
            return found[0]
        if found:
            raise NoteAmbiguous(ref, sorted(record.path for record in found))
    raise NoteMissing(ref, near(wanted, records))


def near(name: str, paths: Iterable[str]) -> list[str]:
    """Give up to three paths whose name looks like ``name``."""
    by_name = {path_key(stem_of(path)): path for path in paths}
    wanted = path_key(name.rpartition("/")[2].removesuffix(".md"))
    return [by_name[match] for match in difflib.get_close_matches(wanted, by_name, _NEAR)]


def _has_id(record: Record, wanted: str, _key: str) -> bool:
    return record.id is not None and record.id == wanted


def _is_filed_as(record: Record, wanted: str, _key: str) -> bool:
    return f"{record.category}/{record.key}" == wanted


def _has_path(record: Record, _wanted: str, key: str) -> bool:
    return path_key(record.path) in (key, f"{key}.md")


def _is_named(record: Record, _wanted: str, key: str) -> bool:
    return key in map(path_key, (stem_of(record.path), record.title, *record.aliases))
