"""``memwell uninstall``: takes back what ``memwell setup`` did."""

from collections.abc import Sequence

import click

from memwell_cli.clienting import Failure, by_name, by_what, may_ask, taken_line, title_of, verdict
from memwell_cli.exits import advice
from memwell_cli.output import json_line, json_option, plain, remark
from vault_engine import MemwellError
from vault_engine.clients import Change, Desk, Taken, Vault, delete_vault, forget_vaults, take_back
from vault_engine.errors import BadInput


@click.command()
@click.argument("names", nargs=-1, metavar="[CLIENT]...")
@click.option("--keep-vault", is_flag=True, help="Leave the notes alone, as is done anyway.")
@click.option("--delete-vault", is_flag=True, help="Erase the vaults that setup made, with all notes; needs --yes.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@json_option
def uninstall(
    names: tuple[str, ...], keep_vault: bool, delete_vault: bool, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Take back what 'memwell setup' did to clients' files.

    A file that nobody has changed since is as it was, byte by byte. From any other only what is Memwell's is taken
    out, the entry or the hooks. Notes are never touched, but with '--delete-vault --yes', and then only in vaults that
    setup made.
    """
    _check(names, keep_vault=keep_vault, delete=delete_vault, yes=yes or dry_run)
    desk = Desk.here()
    record = desk.record()
    wanted = {by_name(name).name for name in names}
    changes = [one for one in reversed(record.changes) if not wanted or one.client in wanted]
    vaults = [one for one in record.vaults if delete_vault and one.created]
    if not dry_run and (changes or vaults):
        _ask(changes, needed=not (names or yes))
    outcomes = [_take_back(desk, one, dry_run=dry_run) for one in changes]
    if not dry_run and not names:
        _settle(desk, vaults)
    kept = [one.path for one in record.vaults if one not in vaults]
    erased = [one.path for one in vaults]
    if as_json:
        facts = {"dry_run": dry_run, **by_what(outcomes), "erased": erased, "kept": kept}
        click.echo(json_line(facts))
    else:
        _show(outcomes, erased, kept if not names else [], dry_run=dry_run)
    return verdict(outcomes)


def _check(names: Sequence[str], *, keep_vault: bool, delete: bool, yes: bool) -> None:
    if keep_vault and delete:
        raise click.UsageError("--keep-vault and --delete-vault exclude each other")
    if delete and names:
        raise click.UsageError("--delete-vault is for all clients at once")
    if delete and not yes:
        raise BadInput("--delete-vault erases notes for good: see what with --dry-run, then say --yes")


def _ask(changes: Sequence[Change], *, needed: bool) -> None:
    if not needed:
        return
    for one in changes:
        it = "the hooks" if one.spot.what == "hooks" else "the entry"
        remark(f"{title_of(one.client)}: would take {it} out of {plain(one.file)}")
    if not may_ask():
        raise BadInput("nobody is there to ask: say --yes, or name the clients")
    click.confirm("Go on?", default=True, abort=True, err=True)


def _take_back(desk: Desk, change: Change, *, dry_run: bool) -> Taken | Failure:
    try:
        return take_back(desk, change, dry_run=dry_run)
    except MemwellError as error:
        return Failure(change.client, change.file, str(error), advice(error), error.kind, what=change.spot.what)


def _settle(desk: Desk, vaults: Sequence[Vault]) -> None:
    for one in vaults:
        delete_vault(one)
    if desk.record().vaults:
        forget_vaults(desk)


def _show(outcomes: Sequence[Taken | Failure], erased: Sequence[str], kept: Sequence[str], *, dry_run: bool) -> None:
    for one in outcomes:
        if isinstance(one, Failure):
            one.remark()
        else:
            click.echo(taken_line(one, dry_run=dry_run))
    for path in erased:
        click.echo(f"{'would erase' if dry_run else 'erased'} {plain(path)} with all notes")
    if not outcomes and not erased:
        click.echo("nothing to take back")
    for path in kept:
        remark(f"The notes in {plain(path)} stay.")
