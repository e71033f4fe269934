"""``memwell workspace …``."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, reach, vault_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine import Engine
from vault_engine.engine import Federated, Shared, Workspaces
from vault_engine.errors import NotConfirmed

_to_vault = click.option("--to-vault", metavar="DIR", help="The vault that the copies go into; default: the same.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")


@click.group()
def workspace() -> None:
    """Keep several projects in one vault, and share notes between them.

    A workspace is a folder below 'workspaces'. Who works in one, by --workspace or MEMWELL_WORKSPACE, meets its notes
    and those of none; 'default' means the notes of none, 'auto' the project that the current folder belongs to, and
    '*' all notes. See docs/workspaces.md.
    """


@workspace.command("list")
@vault_option
@json_option
def list_workspaces(vault: str | None, as_json: bool) -> None:
    """List the workspaces, and which one is meant here."""
    with open_vault(vault) as engine:
        found = engine.workspaces(reach(engine))
    show(found, as_json=as_json, text=_lines)
    if not as_json:
        remark(f"here: {found.current}" if found.current else "here: all notes")


@workspace.command("share")
@click.argument("ref", metavar="NOTE")
@click.option("--to", required=True, metavar="NAME", help="The workspace; 'default' for the notes of none.")
@_to_vault
@_dry_run
@vault_option
@json_option
def share(ref: str, to: str, to_vault: str | None, dry_run: bool, vault: str | None, as_json: bool) -> None:
    """Copy NOTE into another workspace, or bring its copy up to date.

    The copy gets an id of its own, and says in 'shared_from' and 'shared_sha256' where it is from. It is not brought
    up to date once somebody has changed it. Attachments are not copied, and links stay as they are.
    """
    with open_vault(vault) as engine, _other(to_vault) as target:
        shared = engine.share(ref, to, target=target, dry_run=dry_run)
    show(shared, as_json=as_json, text=_shared)


@workspace.command("federate")
@click.argument("workspace", metavar="FROM")
@click.argument("to", metavar="TO")
@_to_vault
@_dry_run
@vault_option
@json_option
def federate(workspace: str, to: str, to_vault: str | None, dry_run: bool, vault: str | None, as_json: bool) -> int:
    """Share every note of workspace FROM with workspace TO.

    Each note is shared as 'workspace share' does it. A note that can't be shared is named and the others go on: then
    the exit code is 3.
    """
    with open_vault(vault) as engine, _other(to_vault) as target:
        done = engine.federate(workspace, to, target=target, dry_run=dry_run)
    refused = [one for one in done.notes if one.action == "refused"]
    show(done, as_json=as_json, text=_plan if dry_run else _counts)
    if not as_json:
        for one in refused:
            remark(f"not shared: {plain(one.source)}: {plain(one.problem or '')}")
        if not done.confirmed:
            remark(f"note: the disk did not confirm it. {NotConfirmed.state}")
    return PARTLY if refused or not done.confirmed else DONE


@contextmanager
def _other(vault: str | None) -> Iterator[Engine | None]:
    if vault is None:
        yield None
    else:
        with open_vault(vault) as engine:
            yield engine


def _lines(found: Workspaces) -> str:
    return columns([(one.name or "-", f"{one.notes:,}", plain(one.problem or "")) for one in found.workspaces])


def _shared(shared: Shared) -> str:
    return f"{shared.action} {plain(shared.path)} (from {plain(shared.source)})"


def _plan(done: Federated) -> str:
    return "\n".join([*map(_shared, done.notes), _counts(done)])


def _counts(done: Federated) -> str:
    counts = {action: sum(one.action == action for one in done.notes) for action in ("created", "updated", "unchanged")}
    return ", ".join(f"{action} {count:,}" for action, count in counts.items())
