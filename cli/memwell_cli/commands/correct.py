"""``memwell correct``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, show


@click.command()
@click.argument("wrong", metavar="WRONG")
@click.argument("right", metavar="RIGHT")
@click.option("--context", default="", help="In which task or situation it matters: it is thought of then.")
@click.option("--tag", "tags", multiple=True, help="A tag, without '#'; repeatable.")
@click.option("--source", help="Where the correction comes from.")
@vault_option
@json_option
def correct(
    wrong: str, right: str, context: str, tags: tuple[str, ...], source: str | None, vault: str | None, as_json: bool
) -> None:
    """Keep that WRONG was corrected to RIGHT.

    It becomes a note of the type 'correction' in the folder 'corrections'.
    """
    with open_vault(vault) as engine:
        done = engine.correct(wrong, right, context, tags=tags, source=source)
    show(done, as_json=as_json, text=lambda one: f"{one.action} {plain(one.path)}")
