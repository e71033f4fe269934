"""The vault that clients are to be told of, and the command by which they start its server."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from memwell_cli.clienting import may_ask
from memwell_cli.output import plain, remark
from vault_engine.clients import Desk, is_vault, obsidian_vaults
from vault_engine.config import find_vault
from vault_engine.errors import BadInput, VaultMissing

_DEFAULT_VAULT = "memwell"  # in the home folder


@dataclass(frozen=True)
class ChosenVault:
    """The vault that clients are told of."""

    path: Path
    exists: bool  # whether it is a vault already
    is_new: bool  # whether its folder is to be made


def choose_vault(desk: Desk, given: str | None, *, may_choose: bool) -> ChosenVault:
    """Say which vault is meant: as for every command, else the one of an earlier setup, else ~/memwell, else ask.

    Raises:
        BadInput: there is none yet, and nobody to ask.
        VaultMissing: MEMWELL_VAULT names none.
    """
    if given is not None:
        return _vault_at(given)
    try:
        return _vault_at(str(find_vault(None, os.environ, Path.cwd())))
    except VaultMissing:
        if os.environ.get("MEMWELL_VAULT"):
            raise
    earlier = [Path(one.path) for one in desk.record().vaults if is_vault(Path(one.path))]
    default = Path.home() / _DEFAULT_VAULT
    if earlier or is_vault(default):
        return _vault_at(str(earlier[-1] if earlier else default))
    return _choose(desk, default) if may_choose else _vault_at(str(default))


def _vault_at(given: str) -> ChosenVault:
    if not given:
        raise BadInput("the folder's name is empty")
    try:
        folder = Path(given).expanduser().resolve()
        str(folder).encode()
        chosen = ChosenVault(folder, is_vault(folder), is_new=not folder.exists())
    except UnicodeEncodeError:
        raise BadInput(f"{given!r} can't be written into a client's file: its name is no Unicode") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"{given!r} can't be a vault: {error}") from None
    if not chosen.is_new and not folder.is_dir():
        raise BadInput(f"{folder} is a file; a vault is a folder")
    return chosen


def _choose(desk: Desk, default: Path) -> ChosenVault:
    """Offer a new vault, or one of Obsidian's.

    Raises:
        BadInput: there is no terminal to ask at.
    """
    others = [path for path in obsidian_vaults(desk.around) if path != str(default)]
    if not may_ask():
        known = f", such as your Obsidian vault {plain(others[0])}" if others else ""
        raise BadInput(f"there is no vault yet: say --vault DIR{known}, or --yes for a new one in {default}")
    if not others:
        return _vault_at(str(default))
    remark(f"Where shall the notes be?\n  1  {default} (new)")
    for number, path in enumerate(others, 2):
        remark(f"  {number}  {plain(path)} (Obsidian; no note in it is touched)")
    chosen = click.prompt("Number", default=1, type=click.IntRange(1, len(others) + 1), err=True)
    return _vault_at([str(default), *others][chosen - 1])


def own_command() -> list[str]:
    """Give the whole path by which a client can start this program, whatever its PATH is."""
    name = "memwell.exe" if os.name == "nt" else "memwell"
    called = Path(sys.argv[0])
    beside = Path(sys.executable).parent / name
    on_path = shutil.which("memwell")
    for candidate in (called if called.name in ("memwell", name) else None, beside, on_path and Path(on_path)):
        if candidate and candidate.is_file() and os.access(candidate, os.X_OK):
            return [str(candidate.absolute())]
    return [
        str(Path(sys.executable).absolute()),
        "-P",
        "-m",
        "memwell_cli",
    ]  # nothing of the folder that the client is in
