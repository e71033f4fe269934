"""The commands of ``memwell lifecycle`` that archive notes, or give them another tier."""

import click

from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, problem_line, remark, show
from vault_engine.engine import Cohered, Problem, Promoted, SweepFilter, Swept
from vault_engine.engine.states import read_ttl

_DAY_S = 86_400
_yes = click.option("--yes", is_flag=True, help="Do it.")
_dry_run = click.option("--dry-run", is_flag=True, help="Only show what would be done, as without --yes.")

_max_share = click.option(
    "--max-share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.1,
    show_default=True,
    metavar="X",
    help="Archive no more than this share of all notes.",
)


@click.command("sweep")
@click.option("--category", help="Only notes of this category or one below.")
@click.option("--type", "type", help="Only notes of this type: decision, preference …")
@click.option("--tier", help="Only notes of this tier: working, episodic, semantic, procedural.")
@click.option("--below", type=click.FloatRange(0, 1), metavar="X", help="Only what has faded below X, 0 to 1.")
@click.option("--older-than", metavar="AGE", help="Only what nobody has changed for so long: 90d, 26w.")
@_max_share
@_dry_run
@_yes
@vault_option
@json_option
def sweep(
    category: str | None,
    type: str | None,
    tier: str | None,
    below: float | None,
    older_than: str | None,
    max_share: float,
    dry_run: bool,
    yes: bool,
    vault: str | None,
    as_json: bool,
) -> int:
    """Archive what has expired, faded or aged; shows it unless --yes.

    Without --below and --older-than that is what has expired: by its property expires, or as long unused as its tier
    lasts. With them it is what passes both. The weakest go first, a thousand at once at most. What is pinned, verified
    or damaged and the tier core stay. Nothing is erased: 'memwell journal undo ENTRY' brings all of it back, 'memwell
    note restore' one note. Exit code 3 if a note could not be moved.
    """
    _check(dry_run=dry_run, yes=yes)
    seconds = read_ttl(older_than)
    days = None if seconds is None else seconds / _DAY_S
    with open_vault(vault) as engine:
        done = engine.sweep(SweepFilter(category, type, tier, below, days, max_share), dry_run=not yes)
    show(done, as_json=as_json, text=_swept)
    if not as_json:
        _remark_swept(done)
    return _left(done.left, as_json=as_json)


@click.command("promote")
@_dry_run
@_yes
@vault_option
@json_option
def promote(dry_run: bool, yes: bool, vault: str | None, as_json: bool) -> int:
    """Move notes between tiers by their use; shows it unless --yes.

    Only notes that state a tier are moved. By uses on this machine, working becomes episodic after 3, episodic semantic
    after 5, semantic core after 20; core that was not used for 90 days and has faded below 0.5 becomes semantic. A
    hundred at once at most, all of them or none. 'memwell journal undo ENTRY' takes it back. Exit code 3 if a note
    can't be changed.
    """
    _check(dry_run=dry_run, yes=yes)
    with open_vault(vault) as engine:
        done = engine.promote(dry_run=not yes)
    show(done, as_json=as_json, text=_promoted)
    if not as_json:
        _remark_promoted(done)
    return _left(done.left, as_json=as_json)


@click.command("cohere")
@click.option(
    "--max-links", type=click.IntRange(0, 50), default=20, show_default=True, metavar="N", help="Make so many at most."
)
@_max_share
@_dry_run
@_yes
@vault_option
@json_option
def cohere(max_links: int, max_share: float, dry_run: bool, yes: bool, vault: str | None, as_json: bool) -> int:
    """Move tiers, link and archive in one go; shows it unless --yes.

    Notes that state a tier get the one that fits their use, as by promote. Notes without any link get one, '- [[other]]
    (related)' under '## Links', to a note of their category that shares a subject and does not contradict them. What
    has expired goes into the archive, as by sweep. All of it is one change: 'memwell journal undo ENTRY' takes it back.
    How strong the notes are is said, and not written. Exit code 3 if a note could not be changed or moved.
    """
    _check(dry_run=dry_run, yes=yes)
    with open_vault(vault) as engine:
        done = engine.cohere(max_links=max_links, max_share=max_share, dry_run=not yes)
    show(done, as_json=as_json, text=_cohered)
    if not as_json:
        _remark_cohered(done)
    return _left(done.left, as_json=as_json)


SWEEPING = (sweep, promote, cohere)
"""What belongs to the group ``lifecycle``."""


def _check(*, dry_run: bool, yes: bool) -> None:
    if dry_run and yes:
        raise click.UsageError("--dry-run and --yes exclude each other")


def _swept(done: Swept) -> str:
    rows = [(f"{one.decay:.2f}", f"{one.age_days:.0f} d", plain(one.path), one.why) for one in done.archived]
    return columns(rows) if rows else ""


def _cohered(done: Cohered) -> str:
    rows = [("tier", plain(one.path), f"{one.before} -> {one.after}") for one in done.moved]
    rows += [("link", plain(one.path), plain(f"-> {one.to}, {one.similarity:.0%} alike")) for one in done.links]
    rows += [("archive", plain(one.path), one.why) for one in done.archived]
    return columns(rows) if rows else ""


def _remark_cohered(done: Cohered) -> None:
    verb = "would get" if done.dry_run else "got"
    gone = "would go into the archive" if done.dry_run else "are in the archive"
    spared = f" ({done.spared:,} spared)" if done.spared else ""
    changed = f"{len(done.moved):,} notes {verb} another tier, {len(done.links):,} a link"
    remark(f"{changed}; {len(done.archived):,} {gone}{spared}")
    if done.notes:
        weakest, *_, strongest = done.fading.quartiles
        below = ", ".join(f"{count:,} below {limit}" for limit, count in done.fading.below.items())
        remark(f"strength of {done.notes:,} notes: {weakest:.2f} to {strongest:.2f}; {below}")
    if done.waiting:
        remark(f"{done.waiting:,} more wait for another run")
    if done.dry_run and (done.moved or done.links or done.archived):
        remark("say --yes to do it")
    _remark_entry(done.entry)


def _remark_swept(done: Swept) -> None:
    words = "would go into the archive; say --yes to do it" if done.dry_run else "are in the archive"
    spared = f"; {done.spared:,} spared: pinned, verified, core or damaged" if done.spared else ""
    remark(f"{len(done.archived):,} of {done.notes:,} notes {words}{spared}")
    if waiting := done.found - len(done.archived) - len(done.left):
        remark(f"{waiting:,} more wait for another run: see --max-share")
    _remark_entry(done.entry)


def _promoted(done: Promoted) -> str:
    rows = [(one.before, "->", one.after, f"{one.uses:,} uses", plain(one.path)) for one in done.changes]
    return columns([tuple(map(plain, row)) for row in rows]) if rows else ""


def _remark_promoted(done: Promoted) -> None:
    words = "would have another tier; say --yes to do it" if done.dry_run else "have another tier"
    remark(f"{len(done.changes):,} notes {words}")
    if waiting := done.total - len(done.changes) - len(done.left):
        remark(f"{waiting:,} more wait for another run")
    _remark_entry(done.entry)


def _remark_entry(entry: str | None) -> None:
    if entry:
        remark(f"'memwell journal undo {entry}' takes that back")


def _left(left: tuple[Problem, ...], *, as_json: bool) -> int:
    if not as_json:
        for problem in left:
            remark(f"left as it is: {problem_line(problem)}")
    return PARTLY if left else DONE
