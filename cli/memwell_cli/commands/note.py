"""``memwell note …``."""

from shlex import quote

import click

from memwell_cli.commands.note_edit import EDITING
from memwell_cli.commands.note_links import backlinks, links, parse_note
from memwell_cli.opening import filters, open_vault, vault_option
from memwell_cli.output import columns, json_option, remark, show, show_bytes
from vault_engine.engine import Forgotten, Listed, Restored


@click.group()
def note() -> None:
    """Look at single notes, forget them, bring them back.

    NOTE is a path in the vault, an id, category/key, or a name that only one note has.
    """


@note.command("show")
@click.argument("ref", metavar="NOTE")
@vault_option
@json_option
def show_note(ref: str, vault: str | None, as_json: bool) -> None:
    """Print NOTE as it is.

    Byte for byte; with --json its properties, links and backlinks too.
    """
    with open_vault(vault) as engine:
        if as_json:
            show(engine.read(ref), as_json=True, text=str)
            return
        raw = engine.raw(ref)
    if raw.problem:
        remark(f"note: {raw.path}: {raw.problem}")
    show_bytes(raw.data)


@note.command("list")
@filters
@click.option("--limit", default=1000, show_default=True, help="How many at most.")
@click.option("--archived", is_flag=True, help="The forgotten notes instead.")
@vault_option
@json_option
def list_notes(
    category: str | None,
    type: str | None,
    tags: tuple[str, ...],
    limit: int,
    archived: bool,
    vault: str | None,
    as_json: bool,
) -> None:
    """List notes by path."""
    with open_vault(vault) as engine:
        listed = engine.list(category=category, type=type, tags=tags, limit=limit, archived=archived)
    show(listed, as_json=as_json, text=_lines)
    if not as_json and not listed.total:
        remark("no notes")
    if not as_json and listed.total > len(listed.notes):
        remark(f"{len(listed.notes):,} of {listed.total:,} notes; --limit shows more")


@note.command("forget")
@click.argument("ref", metavar="NOTE")
@click.option("--reason", default="", help="Kept in the journal.")
@vault_option
@json_option
def forget(ref: str, reason: str, vault: str | None, as_json: bool) -> None:
    """Move NOTE into the archive; `note restore` brings it back."""
    with open_vault(vault) as engine:
        show(engine.forget(ref, reason=reason), as_json=as_json, text=_forgotten)


@note.command("restore")
@click.argument("ref", metavar="NOTE")
@vault_option
@json_option
def restore(ref: str, vault: str | None, as_json: bool) -> None:
    """Bring a forgotten NOTE back to the path it had."""
    with open_vault(vault) as engine:
        show(engine.restore(ref), as_json=as_json, text=_restored)


def _lines(listed: Listed) -> str:
    rows = [(line.archived or line.path, line.type or "-", (line.updated or "-")[:10]) for line in listed.notes]
    return columns(rows) if rows else ""


def _forgotten(forgotten: Forgotten) -> str:
    return f"forgot {forgotten.path} (`memwell note restore {quote(forgotten.path)}` brings it back)"


def _restored(restored: Restored) -> str:
    return f"restored {restored.path}"


for editing in EDITING:
    note.add_command(editing)


note.add_command(parse_note)
note.add_command(links)
note.add_command(backlinks)
