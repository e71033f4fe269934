"""What a vault's own application was told: how to write links, what to show less, whose rules the notes follow.

The files are other programs' and come with the vault. What is missing, broken or huge counts as not said.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vault_engine.note import LinkFormat, Profile, Rules, path_key
from vault_engine.note.logseq import NEW_GRAPH, LogseqConfig, read_config
from vault_engine.vault.walk import LOGSEQ_FOLDER

_OBSIDIAN_FOLDER = ".obsidian"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Habits:
    """Obsidian's settings, as far as they concern what we write and show. Regular expressions are nobody's to run."""

    link_format: LinkFormat = LinkFormat.SHORTEST
    ignored: tuple[str, ...] = ()  # beginnings of paths that are shown less; they are still part of the vault


def read_habits(root: Path) -> Habits:
    """Read ``.obsidian/app.json``. Never raises; what can't be understood has Obsidian's default."""
    said = _read_object(root / _OBSIDIAN_FOLDER / "app.json")
    link_format = said.get("newLinkFormat")
    listed = said.get("userIgnoreFilters")
    filters = [each for each in listed if isinstance(each, str) and each] if isinstance(listed, list) else []
    return Habits(
        link_format=next((known for known in LinkFormat if known == link_format), LinkFormat.SHORTEST),
        ignored=tuple(each for each in filters if not _is_expression(each)),
    )


def read_daily_folder(root: Path) -> str | None:
    """Give the folder of the daily notes, "" for the root, where Obsidian was told one; their names must be days."""
    file = root / _OBSIDIAN_FOLDER / "daily-notes.json"
    said = _read_object(file)
    folder, form = said.get("folder", ""), said.get("format", "")
    if not said or form not in ("", "YYYY-MM-DD") or not isinstance(folder, str):
        return None
    return folder.strip("/")


def is_less_visible(path: str, habits: Habits) -> bool:
    """Say whether the owner wants to see less of this path. Links to it resolve all the same."""
    key = path_key(path)
    return any(key.startswith(path_key(prefix)) for prefix in habits.ignored)


def detect_profile(root: Path) -> Profile:
    """Say whose rules the notes of a folder follow; where both applications are used, Obsidian's."""
    try:
        is_logseq = (root / LOGSEQ_FOLDER / "config.edn").is_file() and not (root / _OBSIDIAN_FOLDER).is_dir()
    except OSError:  # a folder that may not be looked into
        return Profile.OBSIDIAN
    return Profile.LOGSEQ if is_logseq else Profile.OBSIDIAN


def read_rules(root: Path, profile: str | None = None) -> Rules:
    """Say by whose rules the notes of a folder are read: those named, else those of whoever uses the folder."""
    chosen = Profile(profile) if profile else detect_profile(root)
    if chosen is not Profile.LOGSEQ:
        return Rules(chosen)
    return Rules(chosen, read_graph(root))


def read_graph(root: Path) -> LogseqConfig:
    """Give what a Logseq graph says of its names; a folder that is none yet is one like a new graph."""
    edn = read_logseq_config_text(root)
    return read_config(edn) if edn else NEW_GRAPH


def read_logseq_config_text(root: Path) -> str:
    """Give the text of ``logseq/config.edn``, "" without one."""
    return _read(root / LOGSEQ_FOLDER / "config.edn").decode("utf-8-sig", "replace")


def _read_object(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(_read(file))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _read(file: Path) -> bytes:
    """Give the bytes of a file, none if it is no plain file, may not be read or has more than a mebibyte."""
    try:
        if not file.is_file():
            return b""
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    except OSError:
        return b""
    return content if len(content) <= _MAX_BYTES else b""


def _is_expression(filter: str) -> bool:
    return len(filter) > 2 and filter.startswith("/") and filter.endswith("/")
