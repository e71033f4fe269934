"""``memwell import …``."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from memwell_cli.exits import DONE, FAILED, PARTLY
from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import json_option, plain, progress, remark, show
from vault_engine.engine.recalling import since_us
from vault_engine.transfer.claude_code import ClaudeCode, default_folder
from vault_engine.transfer.documents import Ingested, Terms, ingest
from vault_engine.transfer.run import Imported, import_from

_SHOWN_ERRORS = 20


@click.group("import")
def import_() -> None:
    """Bring in what other programs keep, and files.

    Each thing becomes a note, once. Of what other programs keep, what is in the vault or its archive is left alone.
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


@import_.command("file")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--category", default="documents", show_default=True, help="The folder the notes go into.")
@click.option("--key", help="The note's name, of a single FILE; without it made of the file's.")
@click.option("--tag", "tags", multiple=True, help="A tag, without '#'; repeatable.")
@click.option("--trusted", is_flag=True, help="What it says is as good as what you say; else: trust: untrusted.")
@click.option("--replace", is_flag=True, help="Also where the note of that name is of another file.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@workspace_option
@vault_option
@json_option
def file(
    files: tuple[Path, ...],
    category: str,
    key: str | None,
    tags: tuple[str, ...],
    trusted: bool,
    replace: bool,
    dry_run: bool,
    vault: str | None,
    as_json: bool,
) -> int:
    """Make a note of the text of each FILE, or bring it up to date.

    FILE is Markdown, text, JSON, HTML, PDF or a Word document (.docx) of at most 50 MiB; PDF needs the extra
    'memwell[documents]'. The note has the type 'document' and states the file's path and SHA-256: a file that has not
    changed is left alone. A file that can't be read is named and the others go on: then the exit code is 3, or 1 if
    none was read.
    """
    terms = Terms(category, key, tags, trusted, replace, dry_run)
    with open_vault(vault) as engine, progress() as advance:
        done = ingest(engine, files, terms, progress=advance, within=reach(engine))
    show(done, as_json=as_json, text=_ingested)
    if not as_json:
        for one in done.failed:
            remark(plain(f"{one.where}: {one.problem}"))
    if not done.failed:
        return DONE
    return PARTLY if done.files else FAILED


def _ingested(done: Ingested) -> str:
    would = "would be " if done.dry_run else ""
    return "\n".join(
        plain(f"{'' if one.action == 'unchanged' else would}{one.action} {one.path} ({one.chars:,} characters)")
        for one in done.files
    )


def _moment(written: str) -> datetime:
    return datetime.fromtimestamp(since_us(written, datetime.now().astimezone()) / 1e6, UTC)


def _counts(done: Imported) -> str:
    doing = "would import" if done.dry_run else "imported"
    return (
        f"{doing} {done.imported:,} of {done.total:,}; there already {done.duplicates:,}, "
        f"left out {done.skipped:,}, failed {done.failed:,}"
    )
