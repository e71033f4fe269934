"""The commands of ``memwell note`` that say one word of a note: pinned, verified, how much it matters."""

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, show
from vault_engine.engine import Changed

_note = click.argument("ref", metavar="NOTE")


@click.command("pin")
@_note
@workspace_option
@vault_option
@json_option
def pin(ref: str, vault: str | None, as_json: bool) -> None:
    """Pin NOTE: every context begins with it, and it does not fade."""
    with open_vault(vault) as engine:
        show(engine.pin(ref, within=reach(engine)), as_json=as_json, text=_changed)


@click.command("unpin")
@_note
@workspace_option
@vault_option
@json_option
def unpin(ref: str, vault: str | None, as_json: bool) -> None:
    """Have NOTE pinned no more."""
    with open_vault(vault) as engine:
        show(engine.pin(ref, pinned=False, within=reach(engine)), as_json=as_json, text=_changed)


@click.command("verify")
@_note
@click.option("--not", "is_not", is_flag=True, help="Say that it is to be checked again.")
@workspace_option
@vault_option
@json_option
def verify(ref: str, is_not: bool, vault: str | None, as_json: bool) -> None:
    """Say that you have checked NOTE: it does not fade to nothing."""
    with open_vault(vault) as engine:
        show(engine.verify_note(ref, verified=not is_not, within=reach(engine)), as_json=as_json, text=_changed)


@click.command("score")
@_note
@click.option("--importance", type=click.FloatRange(0, 1), metavar="X", help="How much it matters, 0 to 1.")
@click.option("--confidence", type=click.FloatRange(0, 1), metavar="X", help="How sure it is, 0 to 1.")
@workspace_option
@vault_option
@json_option
def score(ref: str, importance: float | None, confidence: float | None, vault: str | None, as_json: bool) -> None:
    """Say how much NOTE matters, and how sure it is."""
    if importance is None and confidence is None:
        raise click.UsageError("give --importance, --confidence or both")
    with open_vault(vault) as engine:
        done = engine.score(ref, importance=importance, confidence=confidence, within=reach(engine))
    show(done, as_json=as_json, text=_changed)


MARKING = (pin, unpin, verify, score)
"""What belongs to the group ``note``."""


def _changed(changed: Changed) -> str:
    return f"{changed.action} {changed.path}"
