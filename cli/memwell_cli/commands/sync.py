"""``memwell sync``: between machines, through a git remote."""

from typing import Any

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, show
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote import FilePulled, Pulled, Pushed, Synced, SyncState

_SHOWN = 20

_remote = click.option(
    "--remote", metavar="NAME", help="The git remote; without it what the branch follows, else origin."
)
_unrelated = click.option("--unrelated", is_flag=True, help="Bring histories together that have no commit in common.")

_yes = click.option("--yes", is_flag=True, help="Also where more than a fifth of the notes is gone.")


@click.group(invoke_without_command=True)
@_remote
@_unrelated
@_yes
@vault_option
@json_option
@click.pass_context
def sync(
    context: click.Context, remote: str | None, unrelated: bool, yes: bool, vault: str | None, as_json: bool
) -> Any:
    """Keep this vault the same on several machines, through git.

    Without a command: pull, then push. What is here is committed first, edits by hand included. Notes that were
    changed here and there are merged line by line; where both changed the same lines, the note here stays and the
    other text becomes a conflict copy beside it. The exit code is 3 if there are new ones, or something was left.
    """
    if context.invoked_subcommand is not None:
        return DONE
    with open_vault(vault) as engine:
        done = engine.sync(remote_name=remote, unrelated=unrelated, yes=yes)
    show(done, as_json=as_json, text=_synced)
    return _code(done.pulled)


@sync.command("pull")
@_remote
@click.option("--dry-run", is_flag=True, help="Only say what would change. What the remote has is fetched.")
@_unrelated
@_yes
@vault_option
@json_option
def pull(remote: str | None, dry_run: bool, unrelated: bool, yes: bool, vault: str | None, as_json: bool) -> int:
    """Bring in what another machine has pushed.

    The exit code is 3 if there are new conflict copies, or something was left.
    """
    with open_vault(vault) as engine:
        done = engine.sync_pull(remote_name=remote, dry_run=dry_run, unrelated=unrelated, yes=yes)
    show(done, as_json=as_json, text=_pulled)
    return DONE if dry_run else _code(done)


@sync.command("push")
@_remote
@_yes
@vault_option
@json_option
def push(remote: str | None, yes: bool, vault: str | None, as_json: bool) -> int:
    """Send what is here; pull first if there is something new.

    Nothing there is ever overwritten.
    """
    with open_vault(vault) as engine:
        done = engine.sync_push(remote_name=remote, yes=yes)
    show(done, as_json=as_json, text=_pushed)
    return _code(done.pulled) if done.pulled else DONE


@sync.command("status")
@_remote
@vault_option
@json_option
def status(remote: str | None, vault: str | None, as_json: bool) -> None:
    """Say what waits to be sent, without asking the remote."""
    with open_vault(vault) as engine:
        show(engine.sync_state(remote_name=remote), as_json=as_json, text=_state)


def _code(pulled: Pulled) -> int:
    return PARTLY if pulled.left or any(file.what == "conflict" for file in pulled.files) else DONE


def _synced(done: Synced) -> str:
    return f"{_pulled(done.pulled)}\n{_pushed(done.pushed)}"


def _pulled(done: Pulled) -> str:
    where = plain(f"{done.remote}/{done.branch}")
    lines = [_file(file) for file in done.files[:_SHOWN]]
    if len(done.files) > _SHOWN:
        lines.append(f"and {len(done.files) - _SHOWN:,} more (--json lists all)")
    verb = "would pull" if done.dry_run else "pulled"
    lines.append(f"{verb} {len(done.files):,} changes from {where}" if done.files else f"nothing new from {where}")
    copies = sum(file.what == "conflict" for file in done.files)
    if copies and not done.dry_run:
        lines.append(f"! {copies:,} conflict copies: see `memwell conflicts list`")
    return "\n".join(lines + _left(done.left))


def _pushed(done: Pushed) -> str:
    where = plain(f"{done.remote}/{done.branch}")
    lines = [_pulled(done.pulled)] if done.pulled else []
    return "\n".join(
        [*lines, f"pushed {done.sent:,} commits to {where}" if done.sent else f"nothing to push to {where}"]
    )


def _file(file: FilePulled) -> str:
    if file.what == "renamed":
        return f"renamed   {plain(file.path)} -> {plain(file.to)}"
    return f"{file.what:<9} {plain(file.to or file.path)}"


def _left(left: tuple[LeftToYou, ...]) -> list[str]:
    lines = [f"left to you: {plain(one.path)}: {one.reason}" for one in left[:_SHOWN]]
    return lines + ([f"and {len(left) - _SHOWN:,} more (--json lists all)"] if len(left) > _SHOWN else [])


def _state(state: SyncState) -> str:
    if state.remote is None:
        return f"not ready: {state.problem}"
    lines = [
        f"{plain(state.remote)}/{plain(state.branch or '')} at {plain(state.address or '')}",
        f"{state.ahead:,} commits to push, {state.behind:,} to pull as of the last look",
        f"{state.uncommitted:,} files to commit first",
    ]
    if state.conflicts:
        lines.append(f"{state.conflicts:,} conflict copies: see `memwell conflicts list`")
    return "\n".join([*lines, f"! {state.problem}"] if state.problem else lines)
