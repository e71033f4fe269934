"""``memwell lifecycle …``: how notes fade, and what becomes of those that have."""

import click

from memwell_cli.commands.lifecycle_maintenance import maintenance
from memwell_cli.commands.lifecycle_sweep import SWEEPING
from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, problem_line, remark, show
from vault_engine.engine import DecayChange, DecayFilter, Decaying, Faded, Materialised

_HEAD = ("decay", "age", "half-life", "used", "note")


@click.group()
def lifecycle() -> None:
    """See how notes fade, and archive those that have."""


for _command in (*SWEEPING, maintenance):
    lifecycle.add_command(_command)


@lifecycle.command("decay")
@click.option("--category", help="Only notes of this category or one below.")
@click.option("--type", "type", help="Only notes of this type: decision, preference …")
@click.option("--below", type=click.FloatRange(0, 1), metavar="X", help="Only notes that have faded below X, 0 to 1.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the N weakest.")
@click.option("--materialise", is_flag=True, help="Write decay_score into notes, where it differs by 0.05 or more.")
@click.option("--dry-run", is_flag=True, help="With --materialise: print what would be written; write nothing.")
@vault_option
@json_option
def decay(
    category: str | None,
    type: str | None,
    below: float | None,
    limit: int | None,
    materialise: bool,
    dry_run: bool,
    vault: str | None,
    as_json: bool,
) -> int:
    """List notes by how far they have faded, the weakest first.

    A note that is not used is half as strong after its type's half-life, which half_lives in config.toml sets; each
    use on this machine makes that longer by a tenth, up to three times as long. What is pinned, and what is of a type
    such as decision or preference, does not fade. Nothing is deleted for being weak. A line tells decay, age and
    half-life in days, uses, and the note. Exit code 3 if a note could not be written.
    """
    if dry_run and not materialise:
        raise click.UsageError("--dry-run goes with --materialise")
    wanted = DecayFilter(category, type, below, limit)
    with open_vault(vault) as engine:
        if not materialise:
            show(engine.decay(wanted), as_json=as_json, text=_table)
            return DONE
        done = engine.materialise(wanted, dry_run=dry_run)
    show(done, as_json=as_json, text=_written)
    if not as_json:
        for problem in done.problems:
            remark(problem_line(problem))
    return PARTLY if done.problems else DONE


def _table(found: Decaying) -> str:
    return columns([_HEAD, *map(_line, found.notes)]) if found.notes else ""


def _line(one: Faded) -> tuple[str, ...]:
    half_life = "never" if one.half_life_days is None else f"{one.half_life_days:g}"
    return (f"{one.decay:.2f}", f"{one.age_days:.0f}", half_life, f"{one.access_count:,}", plain(one.path))


def _written(done: Materialised) -> str:
    return "\n".join(map(_change, done.changes))


def _change(one: DecayChange) -> str:
    before = "" if one.before is None else f"{one.before:g} -> "
    return plain(f"{one.path}: {before}{one.after:g}")
