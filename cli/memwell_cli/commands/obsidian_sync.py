"""``memwell obsidian-sync``."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from memwell_cli.exits import DONE, PARTLY, advice
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, problem_line, remark, show
from vault_engine import Engine, MemwellError
from vault_engine.engine import INTERVAL_S, Extra, Format, MirrorChange, Mirrored, MirrorTerms

_MOST_S = 86_400.0


@click.command("obsidian-sync")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C, whenever either side changes.")
@click.option(
    "--select",
    "select",
    metavar="KIND:NAME",
    multiple=True,
    help="Only notes of a category:, tag:, tier:, type: or query:; repeatable.",
)
@click.option(
    "--format",
    "format",
    type=click.Choice([each.value for each in Format]),
    default=Format.OBSIDIAN.value,
    show_default=True,
    help="What reads TARGET; notion is one way only.",
)
@click.option(
    "--with",
    "extras",
    type=click.Choice([each.value for each in Extra]),
    multiple=True,
    help="Show notes in TARGET with their decay or how often they were used; repeatable.",
)
@click.option("--one-way", is_flag=True, help="Only write TARGET, and over nothing that was changed there.")
@click.option("--dry-run", is_flag=True, help="Print what would be done; change nothing.")
@click.option("--yes", is_flag=True, help="Take notes that are gone for deleted, however many.")
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(0.1, _MOST_S),
    default=INTERVAL_S,
    show_default=True,
    envvar="MEMWELL_SYNC_INTERVAL_SECS",
    show_envvar=True,
    help="With --watch: seconds from one run to the next, at least.",
)
@vault_option
@json_option
def obsidian_sync(
    target: Path,
    watch: bool,
    select: tuple[str, ...],
    format: str,
    extras: tuple[str, ...],
    one_way: bool,
    dry_run: bool,
    yes: bool,
    interval_s: float,
    vault: str | None,
    as_json: bool,
) -> int:
    """Keep the vault and a folder of Obsidian's or Logseq's in step.

    Both ways: edits on different lines are merged; where both changed the same, the text in TARGET stays and the
    vault's goes into a conflict copy beside it. Deletions and renames are carried over. Properties that link to other
    notes are shown in TARGET as a list of links below the note; with the vault itself as TARGET, that list, and what
    --with asks for, is all that is written. Nothing is printed when there is nothing to do. Exit code 3 if something
    failed.

    With --format logseq TARGET is a graph: notes are pages of blocks, daily notes journals. A page that was changed
    there a moment ago is written when it rests.
    """
    if watch and dry_run:
        raise click.UsageError("--watch and --dry-run do not go together")
    terms = MirrorTerms(Format(format), select, one_way, dry_run, yes, frozenset(map(Extra, extras)))
    with open_vault(vault) as engine:
        if watch:
            return _watch(engine, target, terms, interval_s, as_json=as_json)
        done = engine.mirror(target, terms)
    return _show(done, as_json=as_json)


def _watch(engine: Engine, target: Path, terms: MirrorTerms, interval_s: float, *, as_json: bool) -> int:
    def tell(done: Mirrored | MemwellError) -> None:
        if isinstance(done, MemwellError):
            remark(f"{done} {advice(done)}")
        elif done.changes or done.problems or as_json:
            _show(done, as_json=as_json)

    with _stopped_by_signal() as stop:
        if not as_json:
            remark(f"keeping {target} in step; Ctrl-C ends it")
        engine.watch_mirror(target, terms, interval_s=interval_s, tell=tell, stop=stop)
    return DONE


@contextmanager
def _stopped_by_signal() -> Iterator[threading.Event]:
    """Give what is set when the person, or the system, ends the program: a run that is going on is finished first."""
    stop = threading.Event()

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, set_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(done: Mirrored, *, as_json: bool) -> int:
    show(done, as_json=as_json, text=_lines)
    if not as_json:
        for problem in done.problems:
            remark(problem_line(problem))
    return PARTLY if done.problems else DONE


def _lines(done: Mirrored) -> str:
    return "\n".join(map(_line, done.changes))


def _line(change: MirrorChange) -> str:
    """Write what was done and where, such as ``folder: renamed a.md to b.md``."""
    to = f" {'to' if change.what == 'renamed' else '->'} {change.to}" if change.to else ""
    why = f" ({change.why})" if change.why else ""
    return plain(f"{change.where}: {change.what} {change.path}{to}{why}")
