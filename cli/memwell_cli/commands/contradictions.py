"""``memwell contradictions``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, problem_line, remark, show
from vault_engine.engine import Contradiction, Contradictions


@click.command()
@click.option("--category", help="Only notes of this category or one below it.")
@click.option("--limit", default=50, show_default=True, help="How many at most.")
@click.option(
    "--resolve", is_flag=True, help="Supersede one note of each pair, at most 50; shows how, unless --yes is said."
)
@click.option("--yes", is_flag=True, help="With --resolve: do it.")
@vault_option
@json_option
def contradictions(
    category: str | None, limit: int, resolve: bool, yes: bool, vault: str | None, as_json: bool
) -> None:
    """List notes of one category that contradict each other.

    Two notes contradict each other where a sentence of each is about the same thing and they differ in one place: in a
    value, in a name, or in denying. A model is asked too if the setting 'contradictions' names one, but not with
    --resolve. To resolve is to put the surer note in the place of the other, else the newer one; what is pinned or
    can't be told apart is left to you. 'memwell journal undo ENTRY' takes all of it back.
    """
    if yes and not resolve:
        raise click.UsageError("--yes belongs to --resolve")
    with open_vault(vault) as engine:
        found = engine.contradictions(category, limit=limit, resolve=resolve, dry_run=not yes)
    show(found, as_json=as_json, text=lambda one: _text(one, with_diff=resolve and not yes))
    if not as_json:
        _remark(found, resolve=resolve)


def _text(found: Contradictions, *, with_diff: bool) -> str:
    blocks = [_block(one) for one in found.found]
    dismissed = [f"dismissed: {_block(one)}" for one in found.dismissed]
    return "\n".join([*blocks, *dismissed, *([found.diff.removesuffix("\n")] if with_diff and found.diff else [])])


def _block(one: Contradiction) -> str:
    left = f" (left to you: {plain(one.undecided)})" if one.undecided else ""
    judge = "" if one.judge == "rules" else f", says {plain(one.judge)}"
    return (
        f"{one.kind}{judge}: {plain(one.why)}{left}\n"
        f"  - {plain(one.old)}: {plain(one.old_says)}\n"
        f"  + {plain(one.new)}: {plain(one.new_says)}"
    )


def _remark(found: Contradictions, *, resolve: bool) -> None:
    for problem in found.left_out:
        remark(f"left out: {problem_line(problem)}")
    if found.unasked and not found.degraded:
        remark(f"{plain(found.judge)} was not asked about {found.unasked:,} pairs that are less alike")
    if found.degraded:
        remark(f"note: {plain(found.degraded)}")
    if not found.total:
        remark(f"no contradictions in {found.notes:,} notes")
    elif found.total > len(found.found):
        remark(f"{len(found.found):,} of {found.total:,}; --limit shows more")
    if found.entry:
        remark(f"{found.resolved:,} resolved; entry {found.entry}")
    elif resolve and found.total:
        remark(f"{found.resolved:,} would be resolved; say --yes to do it")
