"""``memwell context``."""

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, remark, show


@click.command()
@click.argument("query", nargs=-1)
@click.option("--budget", default=2000, show_default=True, help="How long it may be, in tokens of four characters.")
@click.option("--min-score", type=float, help="Leave out what answers worse (0 to 1); else: far worse.")
@workspace_option
@vault_option
@json_option
def context(query: tuple[str, ...], budget: int, min_score: float | None, vault: str | None, as_json: bool) -> None:
    """Print what an agent should know, as Markdown.

    Pinned notes come first; then the notes that answer QUERY, those before others whose recall_when names the
    situation. Without QUERY, those that changed last. Marks stand around it: what is between them is never remembered.
    """
    with open_vault(vault) as engine:
        answer = engine.context(
            " ".join(query) or None, budget_tokens=budget, min_score=min_score, within=reach(engine)
        )
    show(answer, as_json=as_json, text=lambda context: context.markdown)
    if not answer.notes and not as_json:
        remark("nothing to say within this budget")
