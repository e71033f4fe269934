"""``memwell context``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, remark, show


@click.command()
@click.argument("query", nargs=-1)
@click.option("--budget", default=2000, show_default=True, help="How long it may be, in tokens of four characters.")
@vault_option
@json_option
def context(query: tuple[str, ...], budget: int, vault: str | None, as_json: bool) -> None:
    """Print what an agent should know, as Markdown.

    Pinned notes come first; then the notes that answer QUERY or, without one, those that changed last.
    """
    with open_vault(vault) as engine:
        answer = engine.context(" ".join(query) or None, budget_tokens=budget)
    show(answer, as_json=as_json, text=lambda context: context.markdown)
    if not answer.notes and not as_json:
        remark("nothing to say within this budget")
