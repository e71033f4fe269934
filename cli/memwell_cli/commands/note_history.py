"""What a note was: ``memwell note history``, ``diff`` and ``undo``; what the vault was: ``memwell vault at``."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import columns, json_line, json_option, plain, progress, remark, show, show_bytes
from vault_engine.engine import Actor, Engine, Reach
from vault_engine.engine.history import Diffed, History, VersionLine
from vault_engine.engine.past import VaultAt
from vault_engine.engine.undo import Undone

_note = click.argument("ref", metavar="NOTE")


@click.command("history")
@_note
@click.option("--limit", default=50, show_default=True, help="How many versions at most.")
@workspace_option
@vault_option
@json_option
def history(ref: str, limit: int, vault: str | None, as_json: bool) -> None:
    """List what became of NOTE, the newest version first.

    NOTE may be gone: then its path or its file's name is meant. A line tells the version, when it was made and by
    whom, what was done, and its size.
    """
    with open_vault(vault) as engine:
        found = engine.history(ref, limit=limit, within=reach(engine))
    show(found, as_json=as_json, text=_versions)
    if not as_json:
        for line in _remarks(found):
            remark(line)


@click.command("diff")
@_note
@click.option("--from", "old", metavar="VERSION", help="Default: the version before the other one.")
@click.option("--to", "new", metavar="VERSION", help="Default: the file as it is now.")
@workspace_option
@vault_option
@json_option
def diff(ref: str, old: str | None, new: str | None, vault: str | None, as_json: bool) -> None:
    """Show what differs between two versions of NOTE.

    VERSION is what the history shows, an entry's id, its number as '#42', or a time: 2026-11-21, yesterday, 14:30,
    '2026-11-21 14:30', '3 days ago', now. A day means its end; a time without a zone is local.
    """
    with open_vault(vault) as engine:
        found = engine.diff(ref, old, new, within=reach(engine))
    show(found, as_json=as_json, text=_difference)
    if not as_json and not found.diff:
        remark("no difference")


@click.command("undo")
@_note
@click.option("--entry", metavar="ID", help="The change to take back, if not the last: its entry's id, or '#42'.")
@click.option("--expect", "expected", metavar="SHA256", help="Only if the note is this revision; 8 digits do.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@workspace_option
@vault_option
@json_option
def undo(ref: str, entry: str | None, expected: str | None, dry_run: bool, vault: str | None, as_json: bool) -> None:
    """Take the last change of NOTE back.

    A deleted note is written again, a forgotten one restored, a new one archived, a moved one moved back. The undo is
    a change too: a second one takes it back. With --entry what was changed since stays; if that is in the same lines,
    nothing is done.
    """
    with open_vault(vault) as engine:
        undone = engine.undo(ref, entry=entry, expected=expected, dry_run=dry_run, within=reach(engine))
    show(undone, as_json=as_json, text=_plan if dry_run else _undone)


@click.command("at")
@click.argument("at", metavar="TIME")
@click.option("--to", "folder", metavar="DIR", required=True, help="A new or empty folder outside the vault.")
@vault_option
@json_option
def vault_at(at: str, folder: str, vault: str | None, as_json: bool) -> int:
    """Write every note as it was at TIME into a folder.

    TIME is 2026-11-21, yesterday, 14:30, '2026-11-21 14:30' or '3 days ago'. A day means its end; a time without a
    zone is local. Attachments and canvases are not written. The exit code is 3 if a note can't be had as it was.
    """
    with open_vault(vault) as engine, progress() as advance:
        found = engine.vault_at(at, Path(folder), progress=advance)
    show(found, as_json=as_json, text=_written)
    if not as_json:
        for one in found.missing:
            remark(f"missing: {plain(one.path)}: {one.problem}")
    return PARTLY if found.missing else DONE


def print_note_at(engine: Engine, ref: str, at: str, *, as_json: bool, within: Reach | None = None) -> None:
    """Print a note as it was known at a time: for ``note show --at``."""
    found = engine.show_at(ref, at, within=within)
    if as_json:
        facts = asdict(found) | {"data": None, "text": found.data.decode("utf-8", "replace")}
        del facts["data"]
        click.echo(json_line(facts))
    else:
        show_bytes(found.data)


HISTORY: tuple[click.Command, ...] = (history, diff, undo)
"""What belongs to the group ``note``."""


def local_time(moment: str) -> str:
    """Write a moment of the journal as the clock on this machine's wall shows it."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return plain(moment)


def who(actor: Actor) -> str:
    """Say who made a change, and through which program."""
    return plain(f"{actor.name} via {actor.client}" if actor.client else actor.name)


def _versions(found: History) -> str:
    return columns([_line(version) for version in found.versions]) if found.versions else ""


def _line(version: VersionLine) -> tuple[str, ...]:
    what = f"{version.what} from {plain(version.came_from)}" if version.came_from else version.what
    size = "-" if not version.sha256 else "?" if version.size is None else f"{version.size:,} bytes"
    lost = " (not kept)" if version.sha256 and not version.kept else ""
    return (
        plain(version.sha256[:8]) or "-",
        local_time(version.at),
        who(version.actor),
        what,
        size + lost,
        plain(version.reason),
    )


def _remarks(found: History) -> list[str]:
    remarks = []
    if not found.versions:
        remarks.append(f"no change of {plain(found.path)} is known")
    if len(found.versions) < found.total:
        remarks.append(f"{len(found.versions):,} of {found.total:,} versions; --limit shows more")
    if found.versions and found.unrecorded is not None:
        state = f"is now {found.unrecorded[:8]}" if found.unrecorded else "is not there now"
        remarks.append(f"{plain(found.path)} {state}, which the journal does not know of yet")
    return remarks


def _difference(found: Diffed) -> str:
    return found.diff.removesuffix("\n")


def _plan(undone: Undone) -> str:
    return undone.diff.removesuffix("\n") or _undone(undone)


def _undone(undone: Undone) -> str:
    kept = ", later changes kept" if undone.merged else ""
    of = f" (undo of {undone.entry}{kept})" if undone.entry else ""
    return f"{undone.action} {undone.path}{of}"


def _written(found: VaultAt) -> str:
    return f"{found.notes:,} notes as of {local_time(found.at)} in {found.folder}"
