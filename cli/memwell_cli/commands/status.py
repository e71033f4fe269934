"""``memwell status``."""

import click

from memwell_cli.commands.index import state_lines
from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, problem_line, show
from vault_engine.engine import Problem, Status

_SHOWN = 20
CAN_NOT_EXCHANGE = (
    "Two files can't change places on this disk: an edit saved in the same instant as a write by an agent may be lost."
)
MISSING = (
    "{:,} notes are gone. Is a drive missing, or a sync tool logged out? Nothing was entered; if they were deleted, "
    "'memwell vault accept-gone' says so."
)


@click.command()
@workspace_option
@vault_option
@json_option
def status(vault: str | None, as_json: bool) -> None:
    """Say how the vault is, and what needs a look."""
    with open_vault(vault) as engine:
        show(engine.status(within=reach(engine)), as_json=as_json, text=_text)


def _text(status: Status) -> str:
    lines = [
        f"vault {status.vault}{'' if status.writable else ' (read-only)'}",
        state_lines(status.index),
        f"{status.archived:,} forgotten notes in the archive, {status.journal_entries:,} journal entries",
    ]
    if status.writable and not status.exchanges:  # where nothing can be written, that can't be tried
        lines.append(f"! {CAN_NOT_EXCHANGE}")
    if status.missing:
        lines.append(f"! {MISSING.format(status.missing)}")
    if status.grooming:
        lines.append(f"groomed {status.grooming}")
    if status.polled:
        lines.append(f"changes are looked for by the clock: {status.polled}")
    found = (*status.journal_problems, *file_problems(status))
    lines += [f"! {problem_line(problem)}" for problem in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"! and {len(found) - _SHOWN:,} more (--json lists all)")
    return "\n".join(lines)


def file_problems(status: Status) -> tuple[Problem, ...]:
    """List what is the matter with the vault's files."""
    copies = tuple(
        Problem(path, "conflict copy of a sync tool, not searched: see 'memwell conflicts'")
        for path in status.conflict_copies
    )
    return copies + status.problems
