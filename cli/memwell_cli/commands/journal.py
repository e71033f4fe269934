"""``memwell journal …``."""

from dataclasses import asdict

import click

from memwell_cli.commands.journal_events import EVENTS, told_rows
from memwell_cli.commands.note_history import local_time, who
from memwell_cli.exits import DAMAGED, DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_line, json_option, plain, problem_line, remark, show
from vault_engine.engine.entries import Entries, EntryLine
from vault_engine.engine.fsck import Repaired, Verified
from vault_engine.engine.purge import Pruned

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@click.group()
def journal() -> None:
    """See who changed what; tell of events; check and mend all that."""


for _command in EVENTS:
    journal.add_command(_command)


@journal.command("tail")
@click.option("-n", "--count", default=20, show_default=True, help="How many entries at most.")
@click.option("--json", "as_json", is_flag=True, help='Print one JSON object an entry and line, each with "format": 1.')
@vault_option
def tail(count: int, as_json: bool, vault: str | None) -> None:
    """Print the newest entries, the last one at the end."""
    with open_vault(vault) as engine:
        found = engine.last_entries(count)
    if as_json:
        for entry in found.entries:
            click.echo(json_line(asdict(entry)))
    elif found.entries:
        click.echo(columns([row(entry) for entry in found.entries]))
    else:
        remark("the journal is empty")


@journal.command("show")
@click.argument("which", metavar="ENTRY", required=False)
@click.option("--path", help="Every entry that names this path, in place of ENTRY.")
@vault_option
@json_option
def show_entry(which: str | None, path: str | None, vault: str | None, as_json: bool) -> None:
    """Print ENTRY in full: its id, or its number as '#42'.

    Each device counts its entries on its own, so that several may have one number.
    """
    with open_vault(vault) as engine:
        found = engine.find_entries(which, path=path)
    show(found, as_json=as_json, text=_blocks)


@journal.command("undo")
@click.argument("entry", metavar="ENTRY")
@_dry_run
@vault_option
@json_option
def undo(entry: str, dry_run: bool, vault: str | None, as_json: bool) -> int:
    """Take back all that was changed together with ENTRY.

    ENTRY is the id of any entry of it, as 'memwell supersede', 'memwell contradictions' and 'memwell lifecycle' give
    it. Of texts, a note that was changed since refuses it: then nothing is taken back. Of notes that went into the
    archive all come back that can; the others are named, and the exit code is 3.
    """
    with open_vault(vault) as engine:
        done = engine.undo_together(entry, dry_run=dry_run)
    show(done, as_json=as_json, text=lambda one: "\n".join(map(plain, one.files)))
    if not as_json:
        by = f"; entry {done.undone_by} takes that back" if done.undone_by else ""
        remark(f"{len(done.files):,} notes {'would be' if dry_run else 'are'} as they were{by}")
        for problem in done.left:
            remark(f"left as it is: {problem_line(problem)}")
    return PARTLY if done.left else DONE


@journal.command("verify")
@click.option("--read-data", is_flag=True, help="Read all that is kept, and hold each note against the journal.")
@click.option("--against", metavar="HEAD", multiple=True, help="A head noted earlier, to be still there; repeatable.")
@vault_option
@json_option
def verify(read_data: bool, against: tuple[str, ...], vault: str | None, as_json: bool) -> int:
    """Check that the journal is as it was written; changes nothing.

    Prints what is wrong and each device's head. A head noted elsewhere proves later that nothing before it was
    rewritten. The exit code is 14 if something is damaged or missing; with --read-data it is 3 if something only
    waits to be entered or settled; else 0.
    """
    with open_vault(vault) as engine:
        verified = engine.verify(read_data=read_data, against=against)
    show(verified, as_json=as_json, text=_verified)
    if not as_json:
        remark(_summary(verified))
    return verdict(verified)


@journal.command("repair")
@_dry_run
@vault_option
@json_option
def repair(dry_run: bool, vault: str | None, as_json: bool) -> int:
    """Mend what can be mended, and say what is left.

    Settles what a crash left open, and keeps again what notes hold and the history has lost. What is damaged is left
    as it is. No note is written, but for links that a move left. The exit code is 14 if something is left, else 0.
    """
    with open_vault(vault) as engine:
        repaired = engine.repair(dry_run=dry_run)
    show(repaired, as_json=as_json, text=_repair_plan if dry_run else _repaired)
    if not as_json and not (repaired.done or repaired.left):
        remark("nothing to mend")
    return DAMAGED if repaired.left else DONE


@journal.command("prune")
@_dry_run
@vault_option
@json_option
def prune(dry_run: bool, vault: str | None, as_json: bool) -> None:
    """Drop old revisions, as the settings say; every entry stays.

    What keep_days and keep_versions in .memwell/config.toml do not ask to keep is dropped. Without keep_days nothing
    ever is.
    """
    with open_vault(vault) as engine:
        pruned = engine.prune(dry_run=dry_run)
    show(pruned, as_json=as_json, text=_prune_plan if dry_run else _pruned)


def verdict(verified: Verified) -> int:
    """Give the exit code of what was found."""
    if not verified.is_whole:
        return DAMAGED
    waits = verified.data_was_read and (verified.loose or verified.differing)
    return PARTLY if waits else DONE


def row(entry: EntryLine) -> tuple[str, ...]:
    """Write an entry as the columns of a line."""
    to = f" -> {plain(entry.to)}" if entry.to else ""
    op = f"{entry.op} (did not happen)" if entry.aborted else entry.op
    return (f"#{entry.seq}", local_time(entry.at), who(entry.actor), op, plain(entry.path) + to, plain(entry.reason))


def _blocks(found: Entries) -> str:
    return "\n\n".join(map(_block, found.entries))


def _block(entry: EntryLine) -> str:
    facts = {
        "entry": f"{entry.id} (#{entry.seq})",
        "time": f"{local_time(entry.at)} ({entry.at})",
        "actor": f"{entry.actor.kind} {who(entry.actor)}",
        "session": entry.actor.session,
        "change": f"{entry.op}, which did not happen" if entry.aborted else entry.op,
        "path": entry.path or ("the whole vault" if entry.op == "event" else ""),
        "to": entry.to or "",
        "before": entry.before,
        "after": entry.after,
        "size": f"{entry.size:,} bytes" if entry.size else "",
        "expected": entry.expect,
        "type" if entry.op == "event" else "reason": entry.reason,
        "belongs to": entry.ref or "",
    }
    rows = [(name, plain(value)) for name, value in facts.items() if value]
    return columns([*rows, *told_rows(entry)])


def _verified(verified: Verified) -> str:
    problems = (*verified.damaged, *verified.missing, *verified.loose, *verified.differing)
    return "\n".join([*map(problem_line, problems), *(f"head: {plain(head)}" for head in verified.heads)])


def _summary(verified: Verified) -> str:
    counts = {
        "damaged": verified.damaged,
        "missing": verified.missing,
        "not settled": verified.loose,
        "not in the journal yet": verified.differing,
    }
    found = ", ".join(f"{len(problems):,} {words}" for words, problems in counts.items() if problems)
    more = "" if verified.data_was_read else "; --read-data looks at revisions and notes too"
    return f"{verified.entries:,} entries: {found or 'nothing found'}{more}"


def _repair_plan(repaired: Repaired) -> str:
    return "\n".join([*(f"would mend: {plain(text)}" for text in repaired.done), *_left(repaired)])


def _repaired(repaired: Repaired) -> str:
    return "\n".join([*(f"mended: {plain(text)}" for text in repaired.done), *_left(repaired)])


def _left(repaired: Repaired) -> list[str]:
    return [f"left: {problem_line(problem)}" for problem in repaired.left]


def _prune_plan(pruned: Pruned) -> str:
    return f"would drop {_dropped(pruned)}"


def _pruned(pruned: Pruned) -> str:
    return f"dropped {_dropped(pruned)}"


def _dropped(pruned: Pruned) -> str:
    if pruned.since is None:
        return "nothing: keep_days in .memwell/config.toml is not set"
    return f"{pruned.revisions:,} revisions replaced before {local_time(pruned.since)}: {pruned.bytes_freed:,} bytes"
