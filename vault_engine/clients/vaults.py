"""The vaults that clients are told of: which there are already, and what setup has made."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

from vault_engine.clients.desk import Desk
from vault_engine.clients.places import Surroundings
from vault_engine.clients.record import Vault
from vault_engine.config import MEMWELL_DIR
from vault_engine.errors import BadInput
from vault_engine.vault.files import explained

_OBSIDIAN = (
    "$app/obsidian/obsidian.json",
    "~/.var/app/md.obsidian.Obsidian/config/obsidian/obsidian.json",
    "~/snap/obsidian/current/.config/obsidian/obsidian.json",
)
_MAX_BYTES = 1 << 20
_MAX_FOUND = 20


def obsidian_vaults(around: Surroundings) -> tuple[str, ...]:
    """Give the vaults that Obsidian lists and that are there, the one opened last first; none where it lists none."""
    opened: dict[str, float] = {}
    for template in _OBSIDIAN:
        with suppress(OSError, ValueError, RecursionError):  # it is another program's file: it may be anything
            file = Path(around.path(template))
            if file.is_file() and file.stat().st_size <= _MAX_BYTES:
                opened |= _listed(json.loads(file.read_bytes()))
    there = (path for path in sorted(opened, key=lambda path: -opened[path]) if _is_obsidian(path))
    return tuple(there)[:_MAX_FOUND]


def is_vault(folder: Path) -> bool:
    """Say whether a folder is a vault of ours already."""
    return (folder / MEMWELL_DIR).is_dir()


def note_vault(desk: Desk, path: str, *, created: bool) -> None:
    """Record that clients were told of a vault, and whether its folder was made for it.

    Raises:
        ConfigBroken, VaultDenied, StorageFailed: it can't be recorded.
    """
    with desk.held():
        record = desk.record()
        with_it = record.with_vault(Vault(path, created))
        if with_it != record:
            desk.keep(with_it)


def forget_vaults(desk: Desk) -> None:
    """Leave the vaults out of the record, which is removed if nothing else is in it. Their notes stay.

    Raises:
        ConfigBroken, VaultDenied, StorageFailed: it can't be changed.
    """
    with desk.held():
        record = desk.record()
        if record.changes:
            desk.keep(type(record)(record.changes))
        else:
            desk.tidy()


def delete_vault(vault: Vault) -> None:
    """Erase a vault whose folder setup has made, with all notes in it.

    Raises:
        BadInput: setup has not made it, or it is no vault any more. Nothing was erased.
        VaultDenied, StorageFailed: part of it may be left.
    """
    folder = Path(vault.path)
    if not vault.created:
        raise BadInput(f"{folder} was not made by setup: its notes are somebody's, and are erased by hand only")
    if not folder.is_absolute() or folder.is_symlink() or not is_vault(folder):
        raise BadInput(f"{folder} is no vault any more")
    with explained(folder):
        shutil.rmtree(folder)


def _listed(facts: object) -> dict[str, float]:
    vaults = facts.get("vaults") if isinstance(facts, dict) else None
    entries = [one for one in vaults.values() if isinstance(one, dict)] if isinstance(vaults, dict) else []
    times = {one.get("path"): one.get("ts") for one in entries}
    return {path: ts if isinstance(ts, int | float) else 0 for path, ts in times.items() if isinstance(path, str)}


def _is_obsidian(path: str) -> bool:
    with suppress(OSError, ValueError):
        return Path(path).is_absolute() and (Path(path) / ".obsidian").is_dir()
    return False
