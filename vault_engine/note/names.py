"""Names of notes and folders: what every platform can store, and when two paths are one."""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import category, normalize

MAX_NAME_BYTES = 240  # of the names we give, which leaves a sync tool room for its own marks
MAX_KEY_CHARACTERS = 60
NO_NAME = "Untitled"

_MAX_STORED_BYTES = 255  # of one name, on Linux and Android
_MAX_WINDOWS_PATH = 260  # in UTF-16 units
_RESERVED = re.compile(r'[*"\\/<>:|?]')
_BREAKS_LINKS = re.compile(r"[#^\[\]]|%%")
_DROPPED = re.compile(r'[*"<>:|?#^\[\]]')
_SLASHES = str.maketrans("/\\", "--")
_PERCENTS = re.compile(r"%%+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?: *\..*)?", re.IGNORECASE | re.DOTALL)
_CONTROL = frozenset({"Cc", "Cs"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_APOSTROPHES = str.maketrans("", "", "'\u2019")
_BLANKS = " \u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def slug_problem(name: str) -> str | None:
    """Say why a single path segment, its extension included, is no name for us to give, None if it is one."""
    if normalize("NFC", name) != name:
        return "the name is not in Unicode form NFC"
    return _mark_problem(name, _INVISIBLE) or _refusal(name, MAX_NAME_BYTES) or link_problem(name)


def portable_problem(name: str) -> str | None:
    """Say why some platform refuses an existing name, its extension included, None if none does."""
    return _mark_problem(name, _CONTROL) or _refusal(name, _MAX_STORED_BYTES)


def link_problem(name: str) -> str | None:
    """Say why no link can name this note in full, None if one can."""
    found = _BREAKS_LINKS.search(name)
    return f"{found[0]} breaks links to the note" if found else None


def path_problem(path: str) -> str | None:
    """Say why a path as a whole can't be stored everywhere, None if it can."""
    units = len(path.encode("utf-16-le", "surrogatepass")) // 2
    return f"{units} characters are too long for Windows" if units > _MAX_WINDOWS_PATH else None


def _mark_problem(name: str, categories: Collection[str]) -> str | None:
    if name.isascii() and name.isprintable():  # as nearly all are
        return None
    found = next((mark for mark in name if category(mark) in categories), None)
    return f"the name holds the invisible character U+{ord(found):04X}" if found else None


def _refusal(name: str, max_bytes: int) -> str | None:
    """Say which platform's rule a name without control characters breaks."""
    if not name:
        return "the name is empty"
    if found := _RESERVED.search(name):
        return f"{found[0]} is reserved in file names"
    if name[0] == "." or name[-1] == ".":
        return "the name begins or ends with a dot"
    if name != name.strip():
        return "the name begins or ends with a blank"
    if _DEVICE.fullmatch(name):
        return f"{name.partition('.')[0].rstrip()} is a device on Windows"
    if len(name.encode()) > max_bytes:
        return f"the name is longer than {max_bytes} bytes"
    return None


def safe_name(text: str) -> str:
    """Turn any title into a name that `slug_problem` has nothing against, also with ``.md`` behind it.

    Slashes become dashes; what a platform or a link can't have is dropped. What is left of nothing is "Untitled".
    """
    kept = "".join(mark for mark in text if category(mark) not in _INVISIBLE).translate(_SLASHES)
    kept = _PERCENTS.sub("%", _DROPPED.sub("", kept))
    name = _cut(normalize("NFC", kept), MAX_NAME_BYTES - len(".md"))
    return NO_NAME if not name or _DEVICE.fullmatch(name) else name


def _cut(name: str, max_bytes: int) -> str:
    """Take the dots and blanks off both ends, and what is too much off the second, never half a character."""
    whole = name.strip("." + _BLANKS).encode()
    return whole[:max_bytes].decode(errors="ignore").rstrip("." + _BLANKS)


def path_key(path: str) -> str:
    """The identity of a path: equal for two paths that some device takes for one file."""
    if path.isascii():
        return path.lower()
    return normalize("NFC", normalize("NFC", path).casefold())


def to_key(text: str) -> str:
    """Suggest a name from the first line of a text that has words: ``"# API style!"`` gives ``api-style``.

    Letters and digits of every script stay, in lower case; at most 60 characters, cut between words.
    """
    for line in text.splitlines():
        if words := _words(line):
            key = _join(words)
            return f"{key}-note" if _DEVICE.fullmatch(key) else key
    return "note"


def _words(line: str) -> list[str]:
    plain = normalize("NFC", normalize("NFC", line).lower()).translate(_APOSTROPHES)
    return "".join(mark if category(mark)[0] in "LMN" else " " for mark in plain).split()


def _join(words: list[str]) -> str:
    key = words[0][:MAX_KEY_CHARACTERS]
    for word in words[1:]:
        if len(key) + 1 + len(word) > MAX_KEY_CHARACTERS:
            break
        key += f"-{word}"
    return key
