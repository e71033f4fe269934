"""Names of notes and folders: what every platform can store, and when two paths are one."""

from __future__ import annotations

import re
from unicodedata import category, normalize

MAX_NAME_BYTES = 240
MAX_KEY_CHARACTERS = 60

_RESERVED = re.compile(r'[*"\\/<>:|?]')
_BREAKS_LINKS = re.compile(r"[#^\[\]]|%%")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_APOSTROPHES = str.maketrans("", "", "'\u2019")


def slug_problem(name: str) -> str | None:
    """Say why a single path segment cannot name a note or folder everywhere, None if it can."""
    if not name:
        return "the name is empty"
    if normalize("NFC", name) != name:
        return "the name is not in Unicode form NFC"
    if invisible := next((mark for mark in name if category(mark) in _INVISIBLE), None):
        return f"the name holds the invisible character U+{ord(invisible):04X}"
    if found := _RESERVED.search(name):
        return f"{found[0]} is reserved in file names"
    if found := _BREAKS_LINKS.search(name):
        return f"{found[0]} breaks links to the note"
    if name[0] == "." or name[-1] == ".":
        return "the name begins or ends with a dot"
    if name != name.strip():
        return "the name begins or ends with a blank"
    if _DEVICE.fullmatch(name):
        return f"{name.partition('.')[0]} is a device on Windows"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"the name is longer than {MAX_NAME_BYTES} bytes"
    return None


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
