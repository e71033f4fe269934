"""``memwell sync``: between machines, through a git remote or a bucket."""

from functools import wraps
from typing import Any

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, progress, show
from vault_engine.engine.git import LeftToYou
from vault_engine.engine.remote import FilePulled, Pulled, Pushed, Synced, SyncState, Where

_SHOWN = 20

_unrelated = click.option("--unrelated", is_flag=True, help="Bring histories together that have no commit in common.")

_yes = click.option("--yes", is_flag=True, help="Also where more than a fifth of the notes is gone.")


def _where(command: Any) -> Any:
    """Add the options that say where machines meet, as one argument ``where``."""

    @wraps(command)
    def call(*args: Any, remote: str | None, to: str | None, endpoint_url: str | None, **rest: Any) -> Any:
        keep = rest.pop("keep", False)
        if keep and remote is None and to is None:
            raise click.UsageError("--keep goes with --to or --remote: there is nothing to keep.")
        return command(*args, where=Where(remote, to, endpoint_url, keep), **rest)

    for option in (
        click.option("--endpoint-url", metavar="URL", help="The server of the bucket, if it is not Amazon's."),
        click.option("--to", metavar="TARGET", help="s3://BUCKET/PREFIX, or git; else what was kept, else git."),
        click.option(
            "--remote", metavar="NAME", help="The git remote; without it what the branch follows, else origin."
        ),
    ):
        call = option(call)
    return call


_keep = click.option("--keep", is_flag=True, help="Sync there from now on, on this machine, where no target is named.")


@click.group(invoke_without_command=True)
@_where
@_keep
@_unrelated
@_yes
@vault_option
@json_option
@click.pass_context
def sync(context: click.Context, where: Where, unrelated: bool, yes: bool, vault: str | None, as_json: bool) -> Any:
    """Keep a vault the same on several machines, by git or a bucket.

    Without a command: pull, then push. What is here is committed first, edits by hand included. Notes that were
    changed here and there are merged line by line; where both changed the same lines, the note here stays and the
    other text becomes a conflict copy beside it. The exit code is 3 if there are new ones, or something was left.

    A bucket is any that speaks S3. Keys, region and profile come from where Amazon's own tools look for them.
    """
    if context.invoked_subcommand is not None:
        if where != Where() or unrelated or yes:
            raise click.UsageError("Options of where and how come after the command: `memwell sync push --to …`.")
        return DONE
    with open_vault(vault) as engine, progress() as advance:
        done = engine.sync(where, unrelated=unrelated, yes=yes, progress=advance)
    show(done, as_json=as_json, text=_synced)
    return _code(done.pulled)


@sync.command("pull")
@_where
@click.option("--dry-run", is_flag=True, help="Only say what would change. What the others have is fetched.")
@_unrelated
@_yes
@vault_option
@json_option
def pull(where: Where, dry_run: bool, unrelated: bool, yes: bool, vault: str | None, as_json: bool) -> int:
    """Bring in what other machines have sent.

    The exit code is 3 if there are new conflict copies, or something was left.
    """
    with open_vault(vault) as engine, progress() as advance:
        done = engine.sync_pull(where, dry_run=dry_run, unrelated=unrelated, yes=yes, progress=advance)
    show(done, as_json=as_json, text=_pulled)
    return DONE if dry_run else _code(done)


@sync.command("push")
@_where
@_yes
@vault_option
@json_option
def push(where: Where, yes: bool, vault: str | None, as_json: bool) -> int:
    """Send what is here; pull first if there is something new.

    Nothing there is ever overwritten.
    """
    with open_vault(vault) as engine, progress() as advance:
        done = engine.sync_push(where, yes=yes, progress=advance)
    show(done, as_json=as_json, text=_pushed)
    return _code(done.pulled) if done.pulled else DONE


@sync.command("status")
@_where
@vault_option
@json_option
def status(where: Where, vault: str | None, as_json: bool) -> None:
    """Say what waits to be sent, without asking anybody."""
    with open_vault(vault) as engine:
        show(engine.sync_state(where), as_json=as_json, text=_state)


def _code(pulled: Pulled) -> int:
    return PARTLY if pulled.left or any(file.what == "conflict" for file in pulled.files) else DONE


def _synced(done: Synced) -> str:
    return f"{_pulled(done.pulled)}\n{_pushed(done.pushed)}"


def _pulled(done: Pulled) -> str:
    where = _name(done)
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
    where = _name(done)
    lines = [_pulled(done.pulled)] if done.pulled else []
    if done.sent and not done.branch:
        lines.append(f"pushed {done.objects:,} objects ({done.size:,} bytes) to {where}")
    else:
        lines.append(f"pushed {done.sent:,} commits to {where}" if done.sent else f"nothing to push to {where}")
    return "\n".join(lines)


def _name(done: Pulled | Pushed) -> str:
    return plain(f"{done.remote}/{done.branch}" if done.branch else done.remote)


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
    if state.branch:
        lines = [
            f"{plain(state.remote)}/{plain(state.branch)} at {plain(state.address or '')}",
            f"{state.ahead:,} commits to push, {state.behind:,} to pull as of the last look",
            f"{state.uncommitted:,} files to commit first",
        ]
    else:
        lines = [plain(state.remote), f"{state.uncommitted:,} files changed since the last sync"]
        lines += ["what was pulled and merged waits to be pushed"] if state.ahead else []
    if state.conflicts:
        lines.append(f"{state.conflicts:,} conflict copies: see `memwell conflicts list`")
    return "\n".join([*lines, f"! {state.problem}"] if state.problem else lines)
