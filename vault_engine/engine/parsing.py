"""Reading one note that need not be part of a vault, as JSON values. Nothing is written, and no other note is read."""

import os
from pathlib import Path
from typing import Any

from vault_engine.engine.parsed import Surroundings, parsed
from vault_engine.errors import BadInput, NoteDamaged, VaultMissing
from vault_engine.note import Profile, Rules
from vault_engine.vault.habits import read_rules
from vault_engine.vault.walk import walk

MAX_FILE_BYTES = 16 << 20


def parse_file(
    data: bytes, *, source: str, vault: str | os.PathLike[str] | None = None, profile: str | None = None
) -> dict[str, Any]:
    """Read a note as `parsed` does.

    Args:
        data: the bytes of its file.
        source: its path in the vault.
        vault: any folder: the names of its files say where links lead. Without it there is only the note itself.
        profile: whose rules it follows, ``obsidian`` or ``logseq``; without it those of whoever uses the folder.

    Raises:
        BadInput: it is longer than 16 MiB, or its path is not Unicode.
        NoteDamaged: it is not UTF-8.
        VaultMissing: the vault is not a folder.
    """
    try:
        source.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{source!a} is not Unicode, so no note can have that name") from None
    if len(data) > MAX_FILE_BYTES:
        raise BadInput(f"{source} is longer than {MAX_FILE_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteDamaged(source, f"not UTF-8 (byte {error.start})") from None
    if vault is None:
        rules = Rules(Profile(profile) if profile else Profile.OBSIDIAN)
        return parsed(text, Surroundings(source, [source], rules.profile, rules.logseq))
    root = Path(vault).expanduser()
    if not root.is_dir():
        raise VaultMissing(str(root), "is not a folder")
    rules, found = read_rules(root, profile), walk(root)
    paths = sorted({*found.notes, *found.others, *found.placeholders})
    return parsed(text, Surroundings(source, paths, rules.profile, rules.logseq))


def source_of(file: str | os.PathLike[str], vault: str | os.PathLike[str] | None) -> str:
    """Give the path that a file has in a vault; only its name if it is not in there."""
    path = Path(file).expanduser()
    if vault is None:
        return path.name
    try:
        return (path.parent.resolve() / path.name).relative_to(Path(vault).expanduser().resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):  # outside, or a loop of links
        return path.name
