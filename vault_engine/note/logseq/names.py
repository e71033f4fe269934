"""The names of pages, from the files that hold them."""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

from vault_engine.note.logseq.config import TRIPLE_LOWBAR, LogseqConfig
from vault_engine.note.logseq.dates import read_day, write_day

_MORE = "%[89AB][0-9A-F]"
_ENCODED = re.compile(
    f"%[0-7][0-9A-F]|%[CD][0-9A-F]{_MORE}|%E[0-9A-F](?:{_MORE}){{2}}|%F[0-7](?:{_MORE}){{3}}", re.IGNORECASE
)
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNFIT = re.compile(r"%(?=[0-9A-Fa-f]{2})|[<>:\"|?*\\#\x00-\x1f\x7f]|^[. ]|[. ]$")
_LEGACY_UNFIT = re.compile(r"[%.<>:\"|?*\\#\x00-\x1f\x7f]|^ | $")
_BESIDE_SLASH = re.compile(r"^_|_$")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_KNOWN_DAYS = ("MMM do, yyyy", "yyyy-MM-dd", "yyyy_MM_dd")


def page_name(path: str, config: LogseqConfig) -> str:
    """The name of the page a file holds, unless its ``title::`` says otherwise."""
    if day := journal_day(path, config):
        return journal_title(day, config)
    return _decode(_stem(path), config)


def file_name(name: str, config: LogseqConfig) -> str:
    """Give the name of the file for a page, as Logseq would; whether `page_name` reads it back is to be checked."""
    if config.name_format != TRIPLE_LOWBAR:
        return f"{_encode(_LEGACY_UNFIT, name).replace('/', '.')}.md"
    parts = [_encode(_UNFIT, part).replace("___", "%5F%5F%5F") for part in name.split("/")]
    if len(parts) > 1:
        parts = [_BESIDE_SLASH.sub("%5F", part) for part in parts]
    stem = "___".join(parts)
    return f"{stem}{'___' if _DEVICE.fullmatch(stem) else ''}.md"


def journal_file_name(iso_day: str, config: LogseqConfig) -> str:
    """Give the name of the file for a day: ``2024-01-05`` gives ``2024_01_05.md``."""
    return f"{write_day(iso_day, config.journal_file_format)}.md"


def journal_day(path: str, config: LogseqConfig) -> str | None:
    """The day of a journal file, such as ``2024-01-05``; None for every other file."""
    if not path.startswith(f"{config.journals_folder}/"):
        return None
    stem = _stem(path)
    return read_day(stem, config.journal_file_format) or day_of_name(_decode(stem, config), config)


def day_of_name(name: str, config: LogseqConfig) -> str | None:
    """The day a page name means: written as the graph's titles are, or in a form that every graph knows."""
    if not any(mark.isdigit() for mark in name):
        return None
    patterns = (config.journal_title_format, *_KNOWN_DAYS)
    return next((day for pattern in patterns if (day := read_day(name, pattern))), None)


def journal_title(iso_day: str, config: LogseqConfig) -> str:
    """The name of the page of a day: ``2024-01-05`` gives ``Jan 5th, 2024``."""
    return write_day(iso_day, config.journal_title_format)


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _decode(stem: str, config: LogseqConfig) -> str:
    if config.name_format != TRIPLE_LOWBAR:
        return normalize("NFC", _decode_whole(stem.replace(".", "/")))
    name = _ENCODED.sub(_decode_one, stem.replace("___", "/"))
    return normalize("NFC", "/".join(part for part in name.split("/") if part))


def _encode(unfit: re.Pattern[str], text: str) -> str:
    return unfit.sub(lambda mark: f"%{ord(mark[0]):02X}", text)


def _decode_one(encoded: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(encoded[0]).decode("utf-8")
    except UnicodeDecodeError:
        return encoded[0]


def _decode_whole(text: str) -> str:
    """Decode as a browser does: one broken escape leaves the whole text as it is."""
    if _BROKEN.search(text):
        return text
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8")
    except UnicodeDecodeError:
        return text
