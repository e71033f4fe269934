"""The copies that sync tools put beside a note which two devices had changed, known by name and by content. Pure."""

import re
from collections import Counter

_SIMILAR = 0.5  # of the lines of the shorter text
_HIDDEN = (".", "~syncthing~")  # a tool's own temporary file, whatever else its name says
# Only the forms that no person would choose as a name: Syncthing, Obsidian Sync, Dropbox and Nextcloud.
_CERTAIN = re.compile(
    r"(?:\.sync-conflict-\d{8}-\d{6}(?:-[A-Z0-9]{7})?|"
    r" \(Conflicted copy [^()]{1,100}\)|"
    r" \((?:[^()]{1,60}'s )?conflicted copy \d{4}-\d\d-\d\d[^()]{0,20}\))(?=\.)",
    re.IGNORECASE,
)
# iCloud's "name 2", Google Drive's "name (1)", OneDrive's "name-DESKTOP-AB12CD" with at most 15 characters of computer.
_POSSIBLE = re.compile(r"(?: [2-9]| \([1-9][0-9]?\)|-[A-Z][A-Z0-9-]{2,13}[A-Z0-9])(?=\.[mM][dD]\Z)")


def conflict_base(path: str) -> str | None:
    """Give the path of the file whose conflict copy this name can only be, None if a person may have chosen it.

    A copy of a copy belongs to the same file as the first.
    """
    if "conflict" not in path.lower():
        return None
    folder, slash, name = path.rpartition("/")
    if name.startswith(_HIDDEN):
        return None
    base = _CERTAIN.sub("", name)
    return None if base == name or base.startswith(".") else folder + slash + base


def possible_base(path: str) -> str | None:
    """Give the path of the note whose copy this one may be, None if the name does not look like one.

    People choose such names too: it is a copy only if the base is there and `is_similar`.
    """
    folder, slash, name = path.rpartition("/")
    found = _POSSIBLE.search(name)
    return folder + slash + name[: found.start()] + name[found.end() :] if found and found.start() else None


def is_similar(one: str, other: str) -> bool:
    """Say whether at least half of the shorter text's lines are lines of the other; blank lines do not count."""
    lines, others = _lines(one), _lines(other)
    shorter = min(lines.total(), others.total())
    return shorter > 0 and (lines & others).total() >= _SIMILAR * shorter


def _lines(text: str) -> Counter[str]:
    return Counter(line for line in map(str.strip, text.splitlines()) if line)
