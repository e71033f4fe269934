"""``memwell conflicts …``: the copies that sync tools put beside notes which two devices had changed."""

from typing import cast, get_args

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine.engine.conflicts import ConflictCopy, Conflicts, ConflictShown, Resolved, Take

_copy = click.argument("ref", metavar="COPY")


@click.group()
def conflicts() -> None:
    """List, compare and resolve conflict copies of sync tools."""


@conflicts.command("list")
@vault_option
@json_option
def list_conflicts(vault: str | None, as_json: bool) -> None:
    """List the conflict copies.

    A line tells the copy, the lines that only it has and those that only its note has, and the note. '?' marks a file
    whose name people give too: it holds much the same as the note.
    """
    with open_vault(vault) as engine:
        found = engine.conflicts()
    show(found, as_json=as_json, text=_copies)
    if not found.copies and not as_json:
        remark("no conflict copies")


@conflicts.command("show")
@_copy
@vault_option
@json_option
def show_conflict(ref: str, vault: str | None, as_json: bool) -> None:
    """Show what differs between a note and COPY.

    COPY is the copy's path, or the note's if it has only one.
    """
    with open_vault(vault) as engine:
        found = engine.show_conflict(ref)
    show(found, as_json=as_json, text=lambda one: one.diff.removesuffix("\n"))
    if not as_json:
        remark(_advice(found))


@conflicts.command("resolve")
@_copy
@click.option("--take", type=click.Choice(get_args(Take)), required=True, help="Whose text the note shall have.")
@click.option("--expect", "expected", metavar="SHA256", help="Only if the note is this revision; 8 digits do.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@vault_option
@json_option
def resolve(ref: str, take: str, expected: str | None, dry_run: bool, vault: str | None, as_json: bool) -> None:
    """Choose a note's text, and archive COPY.

    'ours' leaves the note as it is, 'theirs' gives it the copy's text, 'merge' takes the changes of both where they are
    not in the same lines. What is replaced stays in the note's history, and 'memwell note restore' brings COPY back.
    """
    with open_vault(vault) as engine:
        done = engine.resolve_conflict(ref, cast(Take, take), expected=expected, dry_run=dry_run)
    show(done, as_json=as_json, text=_plan if dry_run else _resolved)


def _copies(found: Conflicts) -> str:
    return columns([_line(one) for one in found.copies]) if found.copies else ""


def _line(one: ConflictCopy) -> tuple[str, ...]:
    lines = "no text" if one.added is None else f"+{one.added:,} -{one.removed:,}"
    note = plain(one.note) if one.note_is_there else f"{plain(one.note)}, which is not there"
    return (plain(one.path) + ("" if one.certain else "?"), lines, f"of {note}")


def _advice(found: ConflictShown) -> str:
    if not found.diff:
        return "no difference: --take ours archives the copy"
    if found.overlaps is None:
        return "no version that both came from is known: --take ours or theirs"
    if found.overlaps:
        lines = ", ".join(map(str, found.overlaps[:5]))
        return f"both changed the same place (line {lines}, as it was before): --take ours or theirs"
    return "the changes do not touch: --take merge has them all"


def _plan(done: Resolved) -> str:
    return done.diff.removesuffix("\n") or f"{plain(done.note)} stays as it is"


def _resolved(done: Resolved) -> str:
    became = "updated" if done.diff else "left as it is"
    return f"{plain(done.note)} {became}, {plain(done.path)} is in the archive"
