"""``memwell timeline``."""

import click

from memwell_cli.commands.journal import row
from memwell_cli.commands.journal_events import told_rows
from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import columns, json_option, remark, show
from vault_engine.engine import Means, Timeline, TimelineFilter
from vault_engine.engine.entries import EntryLine

_SHOWN_CHARS = 200  # of what an event tells


@click.command()
@click.option("--since", metavar="WHEN", help="From then on: 2026-11-21, yesterday, 3 days ago …")
@click.option("--until", metavar="WHEN", help="Until then, that day included.")
@click.option(
    "--type", "types", multiple=True, help="Of this type: decision, write, archive, event, change …; repeatable."
)
@click.option("--category", help="Only in this folder, in any workspace.")
@click.option("--note", help="Only what became of this note and was told of it.")
@click.option("--actor", metavar="WHO", help="By a name, KIND:NAME, or human, agent, system, external.")
@click.option("--limit", default=50, show_default=True, help="How many at most.")
@click.option("--offset", default=0, help="How many of the newest to pass over.")
@workspace_option
@vault_option
@json_option
def timeline(
    since: str | None,
    until: str | None,
    types: tuple[str, ...],
    category: str | None,
    note: str | None,
    actor: str | None,
    limit: int,
    offset: int,
    vault: str | None,
    as_json: bool,
) -> None:
    """List what happened, the newest first: changes and events.

    A type is that of an event, or what was done to a note: create, write, move, archive, restore, external, purge;
    'event' stands for all of the first, 'change' for all of the others. Of benchmarks alone the means are told too.
    """
    wanted = TimelineFilter(since, until, types, category, note, actor, limit, offset)
    with open_vault(vault) as engine:
        found = engine.timeline(wanted, within=reach(engine))
    show(found, as_json=as_json, text=_lines)
    if not as_json:
        for mean in found.benchmarks:
            remark(_mean(mean))
        shown = offset + len(found.entries)
        if shown < found.total:
            remark(f"{len(found.entries):,} of {found.total:,}; --offset {shown} goes on")
        elif not found.entries:
            remark("nothing of that kind happened")


def _lines(found: Timeline) -> str:
    return columns([_row(entry) for entry in found.entries]) if found.entries else ""


def _row(entry: EntryLine) -> tuple[str, ...]:
    if entry.op != "event":
        return row(entry)
    number, at, by, _, about, type = row(entry)
    said = "; ".join(f"{name}: {text}" for name, text in told_rows(entry))
    return number, at, by, type, about or "-", said if len(said) <= _SHOWN_CHARS else said[: _SHOWN_CHARS - 1] + "…"


def _mean(mean: Means) -> str:
    return (
        f"{'with' if mean.memory_used else 'without'} memory: {mean.tasks:,} tasks, {mean.success:.0%} done, "
        f"{mean.turns:,.1f} turns, {mean.tokens:,.0f} tokens, {mean.recalls:,.1f} recalls"
    )
