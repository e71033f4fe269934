"""``memwell lifecycle maintenance``."""

import click

from memwell_cli.commands.index import state_lines
from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, problem_line, progress, remark, show
from vault_engine.engine import Chores, Maintained


@click.command("maintenance")
@click.option("--duplicates", is_flag=True, help="Notes of one category that say the same.")
@click.option("--orphans", is_flag=True, help="Notes without any link, and links to nothing.")
@click.option("--reindex", is_flag=True, help="Make the index anew.")
@click.option("--compact", is_flag=True, help="Bring the index up to date and put its files together.")
@click.option("--all", "every", is_flag=True, help="All of these.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, metavar="N", help="Show N of each at most."
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done, as without --yes.")
@click.option("--yes", is_flag=True, help="Do it.")
@vault_option
@json_option
def maintenance(
    duplicates: bool,
    orphans: bool,
    reindex: bool,
    compact: bool,
    every: bool,
    limit: int,
    dry_run: bool,
    yes: bool,
    vault: str | None,
    as_json: bool,
) -> int:
    """Look for copies and loose ends; shows what to do unless --yes.

    Without an option it looks for duplicates and orphans. With --yes exact copies of a note of the same category go
    into the archive, unless they are pinned, verified, core, linked to, or state something else: one change, which
    'memwell journal undo ENTRY' takes back. What is only much alike is never touched. Exit code 3 if something could
    not be looked at or moved.
    """
    if dry_run and yes:
        raise click.UsageError("--dry-run and --yes exclude each other")
    chores = Chores(duplicates or every, orphans or every, reindex or every, compact or every)
    with open_vault(vault) as engine, progress() as advance:
        done = engine.maintain(chores, advance, limit=limit, dry_run=not yes)
    show(done, as_json=as_json, text=_text)
    if not as_json:
        _remark(done, chores.meant)
    return PARTLY if done.left else DONE


def _text(done: Maintained) -> str:
    rows = [
        ("copy" if one.exact else "alike", f"{one.similarity:.0%}", plain(one.path), plain(one.of), plain(one.said))
        for one in done.duplicates
    ]
    rows += [("no links", "", plain(path), "", "") for path in done.orphans]
    rows += [("to nothing", "", plain(one.path), plain(f"[[{one.target}]]"), "") for one in done.broken_links]
    return columns(rows) if rows else ""


def _remark(done: Maintained, chores: Chores) -> None:
    if chores.duplicates:
        words = "would go into the archive" if done.dry_run else "are in the archive"
        remark(f"{done.duplicates_total:,} notes say what others say; {len(done.archived):,} exact copies {words}")
    if chores.orphans:
        remark(f"{done.orphans_total:,} notes without links, {done.broken_links_total:,} links to nothing")
    if done.built:
        remark(f"the index is {'made anew' if chores.reindex else 'put together'}: {state_lines(done.built.index)}")
    elif chores.reindex or chores.compact:
        remark(f"the index would be {'made anew' if chores.reindex else 'put together'}")
    if done.dry_run and (done.archived or chores.reindex or chores.compact):
        remark("say --yes to do it")
    if done.entry:
        remark(f"'memwell journal undo {done.entry}' takes that back")
    for problem in done.left:
        remark(f"left as it is: {problem_line(problem)}")
