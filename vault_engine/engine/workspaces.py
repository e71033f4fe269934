"""Which workspace is meant, and which there are. Reads a repository's settings, and never runs git."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vault_engine.engine.session import Session
from vault_engine.errors import BadName
from vault_engine.vault.reach import DEFAULT_WORKSPACE, Reach, Within, check_workspace, is_within, workspace_of

AUTO = "auto"  # the project that the working folder belongs to
EVERY = "*"  # all notes, whatever the settings say

_MAX_SETTINGS_BYTES = 1 << 20
_REMOTE = re.compile(r'\s*\[\s*remote\s+"(.*)"\s*\]')
_SECTION = re.compile(r"\s*\[")
_URL = re.compile(r"\s*url\s*=\s*(.*?)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class WorkspaceLine:
    """One workspace of a vault."""

    name: str
    notes: int
    problem: str | None  # why nobody can name it


@dataclass(frozen=True)
class Workspaces:
    """The workspaces of a vault, by name; `DEFAULT_WORKSPACE` stands for the notes of none."""

    current: str | None  # the one that is meant where none is named; None: all notes
    workspaces: tuple[WorkspaceLine, ...]


def reach(session: Session, given: str | None, folder: str | None, working: Path | None) -> Reach | None:
    """Say what is reached by who names a workspace, or names none; None is the whole vault.

    Args:
        session: the open vault.
        given: a name, `AUTO`, or `EVERY`; without it ``MEMWELL_WORKSPACE``, else the vault's setting.
        folder: the folder that who asks is confined to, if any.
        working: where `AUTO` looks for a project; None: there is no such folder.

    Raises:
        BadName: that can't name a workspace.
    """
    named = (given or session.config.workspace or EVERY).strip()
    workspace: str | None = None
    if named.lower() == AUTO:
        workspace = project_of(working) if working else DEFAULT_WORKSPACE
    elif named != EVERY:
        workspace = check_workspace(named)
    return None if workspace is None and folder is None else Reach(folder, workspace)


def workspaces(session: Session, current: Reach | None, within: Within = None) -> Workspaces:
    """List the workspaces that may be reached, and the notes of none."""
    with session.guard:
        session.refresh()
        counts = Counter(workspace_of(path) for path in session.index.records if is_within(path, within))
    named = [WorkspaceLine(DEFAULT_WORKSPACE, counts[None], None)]
    found = sorted(name for name in counts if name is not None)
    named += [WorkspaceLine(name, counts[name], _problem(name)) for name in found]
    return Workspaces(current.workspace if current else None, tuple(named))


def project_of(folder: Path) -> str:
    """Name the project that a folder belongs to: by its git remote, else the repository's folder, else its own name."""
    for name in _names(folder):
        try:
            return check_workspace(name)
        except BadName:
            continue
    return DEFAULT_WORKSPACE


def _problem(name: str) -> str | None:
    if name == DEFAULT_WORKSPACE:
        return "that is what the notes of no workspace are called"
    if not name:
        return "these lie beside the folders of workspaces"
    try:
        return None if check_workspace(name) == name else "as the name of a workspace it is written otherwise"
    except BadName as error:
        return error.problem


def _names(folder: Path) -> Iterator[str]:
    for top in (folder, *folder.parents):
        if os.path.lexists(top / ".git"):
            url = _remote_url(_settings_of(top / ".git"))
            yield re.split(r"[/:\\]", url.rstrip("/"))[-1].removesuffix(".git")
            yield top.name
            break
    yield folder.name


def _remote_url(settings: str) -> str:
    """Give the address of the remote ``origin``, else of the first one; "" for none."""
    urls: dict[str, str] = {}
    remote: str | None = None
    for line in settings.splitlines():
        if _SECTION.match(line):
            found = _REMOTE.match(line)
            remote = found[1] if found else None
        elif remote is not None and (url := _URL.fullmatch(line)):
            urls.setdefault(remote, url[1].strip('"'))
    return urls.get("origin") or next(iter(urls.values()), "")


def _settings_of(git: Path) -> str:
    """Read the settings of a repository, whose ``.git`` may be a file that names its folder; "" for none."""
    if named := _read(git).removeprefix("gitdir:").strip():  # of a worktree or a submodule
        git = git.parent / named
        git /= _read(git / "commondir").strip()
    return _read(git / "config")


def _read(file: Path) -> str:
    """Read a file as far as that makes sense; "" for none, and for what is no file."""
    try:
        if not file.is_file():  # a pipe would keep us waiting
            return ""
        with file.open("rb") as opened:
            return opened.read(_MAX_SETTINGS_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
