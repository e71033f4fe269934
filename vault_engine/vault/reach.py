"""Which notes somebody may reach: those of a folder, those of a workspace, or of both at once. Pure.

A workspace is a folder below ``workspaces/``. What lies nowhere in there belongs to no workspace, and is for all.
"""

import re
import unicodedata
from dataclasses import dataclass

from vault_engine.errors import BadName
from vault_engine.vault.paths import is_ignored, name_problem

WORKSPACES = "workspaces"
DEFAULT_WORKSPACE = "default"  # the notes of no workspace
MAX_WORKSPACE_CHARS = 64
MAX_KEPT = 16  # reaches of which what was found out is kept: whoever asks over HTTP may name any number

_NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{MAX_WORKSPACE_CHARS - 1}}}")
_NO_NAME = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody may reach; to them it is as if there were no other notes."""

    folder: str | None = None  # only notes in it; None: anywhere
    workspace: str | None = None  # only its notes, and those of no workspace; None: of all

    def __str__(self) -> str:
        """Name it for people."""
        named = (self.folder, f"the workspace {self.workspace}" if self.workspace else "")
        return " in ".join(filter(None, named)) or "the vault"

    @property
    def home(self) -> str | None:
        """The folder that new notes go into, where that is not the vault itself."""
        return home_of(self.workspace) if self.workspace else None

    def covers(self, path: str) -> bool:
        """Say whether a note may be reached."""
        if self.workspace is not None:
            own = workspace_of(path)
            if own is not None and (own != self.workspace or own == DEFAULT_WORKSPACE):
                return False
        return self.folder is None or is_below(path, self.folder)


Within = str | Reach | None
"""What may be reached: a folder, or more closely a `Reach`; None is the whole vault."""


def is_within(path: str, within: Within) -> bool:
    """Say whether a path may be reached; of a folder what lies in it, at any depth. Case counts, on every device."""
    if within is None:
        return True
    return within.covers(path) if isinstance(within, Reach) else is_below(path, within)


def is_below(path: str, folder: str) -> bool:
    """Say whether a path lies in a folder, at any depth. Case counts, on every device."""
    if path.startswith(f"{folder}/"):
        return True
    return not path.isascii() and unicodedata.normalize("NFC", path).startswith(f"{folder}/")


def workspace_of(path: str) -> str | None:
    """Give the workspace that a path belongs to, None for none; "" for what is directly in the folder of workspaces.

    Case does not count, as two spellings are one folder on some devices.
    """
    folder, _, rest = path.partition("/")
    if folder.casefold() != WORKSPACES or not rest:
        return None
    name, slash, _ = rest.partition("/")
    return unicodedata.normalize("NFC", name).casefold() if slash else ""


def below_workspace(path: str) -> str:
    """Give a path as it is within its workspace, or beside the workspaces."""
    workspace = workspace_of(path)
    return path if workspace is None else path.split("/", 2 if workspace else 1)[-1]


def home_of(workspace: str) -> str | None:
    """Give the folder of a workspace, None for that of the notes of none."""
    return None if workspace == DEFAULT_WORKSPACE else f"{WORKSPACES}/{workspace}"


def check_workspace(name: str) -> str:
    """Give the name of a workspace as its folder has it: in lower case, each run of other marks one ``-``.

    Raises:
        BadName: it can't name a workspace: it is a path or hidden, is too long, or nothing is left of it.
    """
    cleaned = unicodedata.normalize("NFKC", name.strip()).lower()
    if problem := _name_problem(cleaned):
        raise BadName(name[:200], problem, "a workspace")
    return _NO_NAME.sub("-", cleaned).strip("-")


def _name_problem(name: str) -> str | None:
    if "/" in name or "\\" in name or not name.isprintable():
        return "it is one word, and no path"
    slug = _NO_NAME.sub("-", name).strip("-")
    if not _NAME.fullmatch(slug):
        return f"it needs 1 to {MAX_WORKSPACE_CHARS} letters, digits, '.', '_' and '-', a letter or digit first"
    if is_ignored(slug):
        return "a folder of that name is never part of a vault"
    return name_problem(slug)
