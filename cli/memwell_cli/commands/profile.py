"""``memwell profile …``."""

from typing import get_args

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, plain, remark, show
from vault_engine import Memory
from vault_engine.engine import TraitType


@click.group()
def profile() -> None:
    """See and add to what is known of you."""


@profile.command("get")
@click.option("--budget", default=1000, show_default=True, help="How long it may be, in tokens of four characters.")
@click.option("--limit", default=50, show_default=True, help="How many notes of each kind at most.")
@workspace_option
@vault_option
@json_option
def get(budget: int, limit: int, vault: str | None, as_json: bool) -> None:
    """Print what notes say of you, as Markdown.

    These are notes of the types profile, preference and decision, the pinned first, then the newest. What was
    superseded, does not hold any more, or is untrusted is left out.
    """
    with open_vault(vault) as engine:
        found = engine.profile(budget_tokens=budget, limit=limit, within=reach(engine))
    show(found, as_json=as_json, text=lambda one: one.markdown)
    if not as_json:
        if found.left_out:
            remark(f"{found.left_out:,} more; --budget and --limit show more")
        elif not found.markdown:
            remark("nothing is known yet")


@profile.command("update")
@click.argument("text", metavar="TEXT")
@click.option("--type", "type", type=click.Choice(get_args(TraitType)), default="preference", show_default=True)
@click.option("--title", help="Put above the text as its heading.")
@click.option("--key", help="The note's name in its folder. Same key: that note is updated.")
@click.option("--supersede", is_flag=True, help="Put it in the place of the note that it contradicts.")
@workspace_option
@vault_option
@json_option
def update(
    text: str, type: TraitType, title: str | None, key: str | None, supersede: bool, vault: str | None, as_json: bool
) -> None:
    """Remember TEXT as something that is known of you.

    It becomes a note of that type, in the folder profile, preferences or decisions. Where another note there says the
    same or the contrary, that is said.
    """
    memory = Memory(text, title=title, key=key, on_similar="supersede" if supersede else "hint")
    with open_vault(vault) as engine:
        done = engine.update_profile(memory, type, within=reach(engine))
    for hint in done.hints:
        remark(f"note: {hint}")
    show(done, as_json=as_json, text=lambda one: f"{one.action} {plain(one.path)}")
