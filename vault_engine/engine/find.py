"""Which note is meant: a path, an id, ``category/key``, or a name that only one note has."""

import difflib
from collections.abc import Iterable

from vault_engine.errors import NoteAmbiguous, NoteMissing
from vault_engine.index.filters import ADDRESS, AT, CALLED, ID
from vault_engine.index.layers import Layers
from vault_engine.index.record import Record, stem_of
from vault_engine.note import path_key
from vault_engine.vault.reach import Reach, Within, is_within, workspace_of

_NEAR = 3


def find(ref: str, notes: Layers, within: Within = None) -> Record:
    """Give the note that ``ref`` means; as if there were no notes but those ``within`` reach.

    Raises:
        NoteMissing: none answers to it.
        NoteAmbiguous: several do, by their names.
    """
    wanted = ref.strip().removeprefix("[[").removesuffix("]]")
    for path in paths_meant(wanted, within):
        if path in notes and is_within(path, within):
            return notes[path]
    key = path_key(wanted)
    for asked in ([(ID, wanted)], [(ADDRESS, wanted)], [(AT, key), (AT, f"{key}.md")], [(CALLED, key)]):
        paths = sorted({path for column, value in asked for path in notes.having(column, value)})
        paths = [path for path in paths if is_within(path, within)]
        found = _nearest([notes[path] for path in paths if _is_meant(notes[path], wanted, key)], within)
        if len(found) == 1:
            return found[0]
        if found:
            raise NoteAmbiguous(ref, [record.path for record in found])
    raise NoteMissing(ref, near(wanted, (path for path in notes if is_within(path, within))))


def paths_meant(ref: str, within: Within = None) -> list[str]:
    """Give the paths that a name may be, the foremost first: in a workspace, its own before those of none."""
    home = within.home if isinstance(within, Reach) else None
    return [ref, *([f"{home}/{ref}", f"{home}/{ref}.md"] if home else []), f"{ref}.md"]


def _nearest(found: list[Record], within: Within) -> list[Record]:
    """Of several notes, prefer those of the workspace that is asked in."""
    if len(found) < 2 or not isinstance(within, Reach):
        return found
    return [record for record in found if workspace_of(record.path) == within.workspace] or found


def near(name: str, paths: Iterable[str]) -> list[str]:
    """Give up to three paths whose name looks like ``name``."""
    by_name = {path_key(stem_of(path)): path for path in paths}
    wanted = path_key(name.rpartition("/")[2].removesuffix(".md"))
    return [by_name[match] for match in difflib.get_close_matches(wanted, by_name, _NEAR)]


def _is_meant(record: Record, wanted: str, key: str) -> bool:
    """Look closer: the index compares without case."""
    names = set(map(path_key, (record.path, stem_of(record.path), record.title, *record.aliases)))
    return wanted in (record.id, f"{record.category}/{record.key}") or key in names or f"{key}.md" in names
