"""``memwell import …``."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from memwell_cli.exits import DONE, FAILED, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, progress, remark, show
from vault_engine.engine.recalling import since_us
from vault_engine.transfer.claude_code import ClaudeCode, default_folder
from vault_engine.transfer.run import Imported, import_from

_SHOWN_ERRORS = 20


@click.group("import")
def import_() -> None:
    """Bring in what other programs keep.

    Each thing becomes a note, once: what is in the vault or its archive already is left alone.
    """


@import_.command("claude-code")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--since", metavar="WHEN", help="Only what was said since: 2026-11-21, yesterday, 3 days ago …")
@click.option("--limit", type=click.IntRange(min=0), help="Make no more notes than that.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@vault_option
@json_option
def claude_code(
    path: Path | None, since: str | None, limit: int | None, dry_run: bool, vault: str | None, as_json: bool
) -> int:
    """Make notes of Claude Code's conversations.

    PATH is a transcript or a folder of them; without it ~/.claude/projects. Each exchange becomes a note of what was
    asked and answered. Tool calls and their results, thinking and injected text are left out, secrets are taken out,
    and each side is cut at 4,000 characters.
    """
    start = None if since is None else _moment(since)
    source = ClaudeCode(path.expanduser() if path else default_folder(os.environ))
    with open_vault(vault) as engine, progress() as advance:
        done = import_from(engine, source, since=start, limit=limit, dry_run=dry_run, progress=advance)
    show(done, as_json=as_json, text=_counts)
    if not as_json:
        for one in done.errors[:_SHOWN_ERRORS]:
            remark(plain(f"{one.where}: {one.problem}"))
    if not done.failed:
        return DONE
    return PARTLY if done.imported or done.duplicates else FAILED


def _moment(written: str) -> datetime:
    return datetime.fromtimestamp(since_us(written, datetime.now().astimezone()) / 1e6, UTC)


def _counts(done: Imported) -> str:
    doing = "would import" if done.dry_run else "imported"
    return (
        f"{doing} {done.imported:,} of {done.total:,}; there already {done.duplicates:,}, "
        f"left out {done.skipped:,}, failed {done.failed:,}"
    )
