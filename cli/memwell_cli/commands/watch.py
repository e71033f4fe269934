"""``memwell watch``."""

from contextlib import suppress
from dataclasses import asdict
from queue import Empty, SimpleQueue

import click

from memwell_cli.commands.journal import row
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_line, remark
from vault_engine.engine.entries import EntryLine

_SHOWN = 20  # of what comes at once
_WAKE_S = 1.0  # a wait without an end can't be interrupted everywhere


@click.command()
@vault_option
@click.option("--json", "as_json", is_flag=True, help='Print one JSON object an entry and line, each with "format": 1.')
def watch(vault: str | None, as_json: bool) -> None:
    """Follow the vault and print what changes, until ctrl-c.

    Edits by hand are entered in the journal, and all that is new is indexed and embedded, as 'memwell serve' does
    while it runs. A line tells the entry's number, when it was made and by whom, what was done, and the note.
    """
    told: SimpleQueue[tuple[EntryLine, ...]] = SimpleQueue()
    with open_vault(vault) as engine, suppress(KeyboardInterrupt):
        status = engine.status()
        polled = f" by the clock, as {status.polled}" if status.polled else ""
        remark(f"following {status.vault} ({status.notes:,} notes){polled}; ctrl-c ends it")
        engine.watch(told.put)
        while True:
            with suppress(Empty):
                _print(told.get(timeout=_WAKE_S), as_json=as_json)


def _print(found: tuple[EntryLine, ...], *, as_json: bool) -> None:
    if as_json:
        lines = [json_line(asdict(entry)) for entry in found]
    else:
        lines = ["  ".join(filter(None, row(entry))) for entry in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"and {len(found) - _SHOWN:,} more")
    click.echo("\n".join(lines))
