"""Which vault-relative paths are notes, which are nobody's business, and which may be written. Pure.

Every path from outside passes `check_path` before it meets the disk.
"""

import re
import unicodedata

from vault_engine.errors import BadName
from vault_engine.note import slug_problem
from vault_engine.vault.copies import conflict_base

MAX_PATH_CHARS = 1000

_JUNK_NAMES = frozenset({"node_modules", "desktop.ini", "thumbs.db", "__pycache__"})
_JUNK_PREFIXES = (".", "~$", "~syncthing~")
_JUNK_SUFFIXES = (".tmp", ".icloud")
_PLACEHOLDER = ".icloud"


def is_note(path: str) -> bool:
    """Say whether a path names a note: Markdown by its extension, and no sync tool's conflict copy."""
    return path.lower().endswith(".md") and not is_conflict_copy(path)


def is_conflict_copy(path: str) -> bool:
    """Say whether a sync tool made this file because two devices had changed the note."""
    return conflict_base(path) is not None


def is_ignored(name: str) -> bool:
    """Say whether a file or folder of this name is never part of a vault."""
    lowered = name.lower()
    return lowered in _JUNK_NAMES or lowered.startswith(_JUNK_PREFIXES) or lowered.endswith(_JUNK_SUFFIXES)


def placeholder_of(path: str) -> str:
    """Give the path of the file that iCloud leaves where it has moved this one off the disk."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}{_PLACEHOLDER}"


def evicted_name(name: str) -> str | None:
    """Give the name of the file of the vault that a placeholder of this name stands for, None if for none."""
    if not (name.startswith(".") and name.endswith(_PLACEHOLDER)):
        return None
    evicted = name[1 : -len(_PLACEHOLDER)]
    return evicted if evicted and not is_ignored(evicted) else None


def note_path(category: str, key: str) -> str:
    """Give the path of the note ``key`` of ``category``; a category may have levels, ``ops/backup``.

    Raises:
        BadName: a segment is no name that every platform and Obsidian can hold.
    """
    segments = [*category.split("/"), key + ".md"]
    for segment, shown in zip(segments, [*category.split("/"), key], strict=True):
        if problem := slug_problem(shown) or slug_problem(segment):
            raise BadName(shown, problem)
    return "/".join(segments)


def clean_name(text: str) -> str:
    """Normalise a category or key as it came from outside: NFC, no blanks around it."""
    return unicodedata.normalize("NFC", text.strip())


def check_path(path: str) -> str:
    """Return ``path`` if it may name a note of a vault.

    Existing notes may have names that we would not give, so only what is dangerous is refused: paths that
    lead out of the vault or into hidden folders, control and invisible characters, and what is no Markdown.

    Raises:
        BadName: it says why.
    """
    if problem := _path_problem(path):
        raise BadName(path[:200], problem)
    return path


def _path_problem(path: str) -> str | None:
    if not path or len(path) > MAX_PATH_CHARS:
        return "empty" if not path else f"longer than {MAX_PATH_CHARS} characters"
    if "\\" in path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "a path is relative to the vault and has '/' between its folders"
    if any(unicodedata.category(char) in ("Cc", "Cs") or char in _INVISIBLE for char in path):
        return "it holds control or invisible characters"
    if any(segment in ("", ".", "..") or segment.startswith(".") for segment in path.split("/")):
        return "no part of a path may be empty, hidden, '.' or '..'"
    if not path.lower().endswith(".md"):
        return "a note's path ends in .md"
    return None


_INVISIBLE = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
