"""``memwell init``."""

import click

from memwell_cli.output import json_option, remark, show
from vault_engine import Engine
from vault_engine.engine import Created

_WHOSE = {"plain": "", "obsidian": "Obsidian vault ", "logseq": "Logseq graph "}


@click.command()
@click.argument("folder", metavar="[DIR]", default=".")
@json_option
def init(folder: str, as_json: bool) -> None:
    """Make DIR (default: here) a vault.

    A folder full of notes, an Obsidian vault and a Logseq graph are adopted as they are: only the folder .memwell
    is added, no note is touched.
    """
    created = Engine.create(folder)
    if created.inside:
        remark(f"note: it lies inside the vault {created.inside}")
    show(created, as_json=as_json, text=_text)


def _text(created: Created) -> str:
    if created.action == "unchanged":
        return f"{created.path} is a vault already ({_notes(created.notes)})."
    adopted = f"{_WHOSE[created.kind]}with {_notes(created.notes)}, none of them touched" if created.notes else "empty"
    return f"{created.path} is a vault now ({adopted})."


def _notes(count: int) -> str:
    return "1 note" if count == 1 else f"{count:,} notes"
