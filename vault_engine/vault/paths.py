"""Which vault-relative paths are notes, which are nobody's business, and which may be written. Pure.

Every path from outside passes `check_path` before it meets the disk.
"""

import re
import sys
import unicodedata

from vault_engine.errors import BadName
from vault_engine.note import slug_problem
from vault_engine.vault.copies import conflict_base

MAX_PATH_CHARS = 1000

# Names that nothing can be said against, as nearly all are; the devices of Windows are shorter.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{4,99}")

_JUNK_NAMES = frozenset({"node_modules", "desktop.ini", "thumbs.db", "__pycache__"})
_JUNK_PREFIXES = (".", "~$", "~syncthing~")
_JUNK_SUFFIXES = (".tmp", ".icloud")
_PLACEHOLDER = ".icloud"

# Control characters, halves of pairs, marks that turn the writing direction, and what has no width at all. Soft
# hyphens, variation selectors and the two joiners are not among them: names that people gave hold them.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_JOINER = re.compile("[\u200c\u200d]")
# The flags of England, Scotland, Texas …: a black flag, three to six letters or digits as tags, a last tag.
_REGION_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_VIRAMA = 9  # the combining class of the signs that take the vowel off a letter of an Indic script

NOTE_SUFFIX = ".md"

_NO_WINDOWS_NAME = re.compile(r'[\\:*?"<>|]|[. ]\Z')
_WINDOWS_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\..*)?", re.IGNORECASE | re.DOTALL
)


def is_note(path: str) -> bool:
    """Say whether a path names a note: Markdown by its extension, and no sync tool's conflict copy."""
    return path.lower().endswith(NOTE_SUFFIX) and not is_conflict_copy(path)


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
        if _PLAIN_NAME.fullmatch(shown):
            continue
        if problem := slug_problem(shown) or name_problem(segment):
            raise BadName(shown, problem)
    return "/".join(segments)


def name_problem(name: str) -> str | None:
    """Say why some platform or Obsidian can't hold a file or folder of this name, None if they all can."""
    return slug_problem(name) or _windows_problem(name)


def clean_name(text: str) -> str:
    """Normalise a category or key as it came from outside: NFC, no blanks around it."""
    return unicodedata.normalize("NFC", text.strip())


def check_folder(folder: str) -> str:
    """Return the folder of a vault that is meant, without a ``/`` at its end and in NFC.

    Raises:
        BadName: no folder of a vault can have that name.
    """
    cleaned = clean_name(folder).rstrip("/")
    if problem := _path_problem(f"{cleaned}/a.md", windows=False):
        raise BadName(folder[:200], problem)
    return cleaned


def check_path(path: str, *, windows: bool = sys.platform == "win32") -> str:
    """Return ``path`` if it may name a note of a vault.

    Existing notes may have names that we would not give, so only what is dangerous is refused: paths that
    lead out of the vault or into hidden folders, control and invisible characters, and what is no Markdown.
    Where the vault is on ``windows``, also what opens another file there than it says: a device, a stream of a
    file (``note.md:stream``), a name that loses its last dot or blank.

    Raises:
        BadName: it says why.
    """
    if problem := _path_problem(path, windows):
        raise BadName(path[:200], problem)
    return path


def _path_problem(path: str, windows: bool) -> str | None:
    if not path or len(path) > MAX_PATH_CHARS:
        return "empty" if not path else f"longer than {MAX_PATH_CHARS} characters"
    if path.startswith("/"):
        return "a path is relative to the vault and has '/' between its folders"
    if not path.isprintable() and (problem := _mark_problem(path)):  # all that is printable can be seen
        return problem
    if path.startswith(".") or path.endswith("/") or "//" in path or "/." in path:
        return "no part of a path may be empty, hidden, '.' or '..'"
    if not path.lower().endswith(".md"):
        return "a note's path ends in .md"
    return next(filter(None, map(_windows_problem, path.split("/"))), None) if windows else None


def _mark_problem(path: str) -> str | None:
    """Say which character of a path can't be seen, None if each can or has a work to do."""
    if found := _UNSEEN.search(_REGION_FLAG.sub("", path)):
        return f"it holds the control or invisible character U+{ord(found[0]):04X}"
    for joiner in _JOINER.finditer(path):
        if not _joins(path[: joiner.start()], path[joiner.end() :]):
            return f"it holds the invisible character U+{ord(joiner[0]):04X}, which joins nothing there"
    return None


def _joins(before: str, after: str) -> bool:
    """Say whether a joiner between these shapes a letter or an emoji: after a virama, or with no ASCII beside it.

    Two joiners in a row shape nothing, and many could hide a message.
    """
    if unicodedata.combining(before[-1:] or " ") == _VIRAMA:
        return True
    return not any(mark.isascii() or _JOINER.match(mark) for mark in (before[-1:], after[:1]))


def _windows_problem(segment: str) -> str | None:
    """Say what Windows would take this part of a path for, None if for a name."""
    if found := _NO_WINDOWS_NAME.search(segment):
        return "it ends with a dot or blank" if found[0] in ". " else f"{found[0]} is reserved in file names"
    return "it is a device on Windows" if _WINDOWS_DEVICE.fullmatch(segment) else None
