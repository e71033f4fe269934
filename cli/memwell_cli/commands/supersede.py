"""``memwell supersede``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, show
from vault_engine.engine import Superseded


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--reason", default="", help="Why, for the journal.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@vault_option
@json_option
def supersede(old: str, new: str, reason: str, dry_run: bool, vault: str | None, as_json: bool) -> None:
    """Put NEW in the place of OLD, which stays and is marked.

    OLD gets the status 'deprecated', holds until now, and is found behind other notes; both link to each other. Only
    their properties change. 'memwell journal undo ENTRY' takes both changes back.
    """
    with open_vault(vault) as engine:
        done = engine.supersede(old, new, reason=reason, dry_run=dry_run)
    show(done, as_json=as_json, text=lambda one: _text(one, dry_run=dry_run))


def _text(done: Superseded, *, dry_run: bool) -> str:
    if dry_run:
        return done.diff.removesuffix("\n")
    if done.entry is None:
        return f"{plain(done.new)} is in the place of {plain(done.old)} already"
    return f"{plain(done.new)} is in the place of {plain(done.old)} now; entry {done.entry}"
