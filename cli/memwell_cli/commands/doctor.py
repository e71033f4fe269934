"""``memwell doctor``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from memwell_cli.commands.journal import verdict
from memwell_cli.commands.status import CAN_NOT_EXCHANGE, file_problems
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, problem_line, show
from vault_engine.engine import Problem, Status
from vault_engine.engine.fsck import Verified

_SHOWN = 20
_REVISIONS = "revisions/"  # how `Engine.verify` begins the place of what is damaged there


@dataclass(frozen=True)
class Diagnosis:
    """How a vault is, part by part."""

    data_was_read: bool  # whether revisions were read and notes held against the journal
    journal: tuple[Problem, ...]
    revisions: tuple[Problem, ...]
    files: tuple[Problem, ...]
    writable: bool
    exchanges: bool  # whether the file system lets two files change places; False where it can't be tried
    next: str | None  # what to do about it


@click.command()
@click.option("--fsck", is_flag=True, help="Read all that is kept, and hold each note against the journal: slower.")
@vault_option
@json_option
def doctor(fsck: bool, vault: str | None, as_json: bool) -> int:
    """Say what is wrong with the vault, and what to do about it.

    Looks at the journal, at the revisions it keeps, at the files and at what their disk can do; changes nothing. The
    exit code is 14 if something is damaged or missing; with --fsck it is 3 if something only waits to be entered or
    settled; else 0.
    """
    with open_vault(vault) as engine:
        verified = engine.verify(read_data=fsck)
        status = engine.status()
    show(_diagnosis(verified, status), as_json=as_json, text=_text)
    return verdict(verified)


def _diagnosis(verified: Verified, status: Status) -> Diagnosis:
    in_revisions = tuple(problem for problem in verified.damaged if problem.path.startswith(_REVISIONS))
    in_journal = tuple(problem for problem in verified.damaged if problem not in in_revisions)
    return Diagnosis(
        data_was_read=verified.data_was_read,
        journal=in_journal + verified.loose,
        revisions=in_revisions + verified.missing,
        files=verified.differing + file_problems(status),
        writable=status.writable,
        exchanges=status.exchanges,
        next=_next(verified),
    )


def _next(verified: Verified) -> str | None:
    if not verified.is_whole:
        return "`memwell journal repair` mends what can be mended; what it leaves only a backup has"
    if verified.loose or verified.differing:
        return "`memwell journal repair`, or nothing: the next write through Memwell settles it"
    return None


def _text(diagnosis: Diagnosis) -> str:
    is_read = diagnosis.data_was_read
    lines = [
        *_section("journal", diagnosis.journal, "ok"),
        *_section("revisions", diagnosis.revisions, "ok" if is_read else "not read; --fsck reads them"),
        *_section("files", diagnosis.files, "ok" if is_read else "ok, and not held against the journal; --fsck does"),
        f"disk: {_disk(diagnosis)}",
    ]
    if diagnosis.next:
        lines.append(f"next: {diagnosis.next}")
    return "\n".join(lines)


def _disk(diagnosis: Diagnosis) -> str:
    if not diagnosis.writable:
        return "read-only"
    return "ok" if diagnosis.exchanges else CAN_NOT_EXCHANGE


def _section(name: str, problems: Sequence[Problem], fine: str) -> Iterator[str]:
    yield f"{name}: {f'problems {len(problems):,}' if problems else fine}"
    for problem in problems[:_SHOWN]:
        yield f"  {problem_line(problem)}"
    if len(problems) > _SHOWN:
        yield f"  and {len(problems) - _SHOWN:,} more (--json lists all)"
