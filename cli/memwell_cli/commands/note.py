"""``memwell note …``."""

from shlex import quote

import click

from memwell_cli.commands.note_edit import EDITING
from memwell_cli.commands.note_history import HISTORY, print_note_at
from memwell_cli.commands.note_links import backlinks, links, parse_note
from memwell_cli.commands.note_mark import MARKING
from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import filters, open_vault, reach, vault_option, workspace_option
from memwell_cli.output import columns, json_option, plain, remark, show, show_bytes
from vault_engine.engine import Forgotten, Listed, Restored
from vault_engine.engine.past import ListedAt
from vault_engine.engine.purge import Purged


@click.group()
def note() -> None:
    """Look at single notes, change them, forget them, bring them back.

    NOTE is a path in the vault, an id, category/key, or a name that only one note has.
    """


@note.command("show")
@click.argument("ref", metavar="NOTE")
@click.option("--at", metavar="TIME", help="As it was then.")
@workspace_option
@vault_option
@json_option
def show_note(ref: str, at: str | None, vault: str | None, as_json: bool) -> None:
    """Print NOTE as it is.

    Byte for byte; with --json its properties, links and backlinks too.
    """
    with open_vault(vault) as engine:
        if at is not None:
            print_note_at(engine, ref, at, as_json=as_json, within=reach(engine))
            return
        if as_json:
            show(engine.read(ref, within=reach(engine)), as_json=True, text=str)
            return
        raw = engine.raw(ref, within=reach(engine))
    if raw.problem:
        remark(f"note: {raw.path}: {raw.problem}")
    show_bytes(raw.data)


@note.command("list")
@filters
@click.option("--limit", default=1000, show_default=True, help="How many at most.")
@click.option("--archived", is_flag=True, help="The forgotten notes instead.")
@click.option("--as-of", metavar="TIME", help="As they were known then.")
@click.option("--valid-at", metavar="TIME", help="Only what was true then, by valid_from and valid_to.")
@workspace_option
@vault_option
@json_option
def list_notes(
    category: str | None,
    type: str | None,
    tags: tuple[str, ...],
    limit: int,
    archived: bool,
    as_of: str | None,
    valid_at: str | None,
    vault: str | None,
    as_json: bool,
) -> int:
    """List notes by path.

    With --as-of or --valid-at all of them, in the past; the exit code is 3 if some of it is not known any more.
    """
    if as_of or valid_at:
        if archived:
            raise click.UsageError(
                "--archived lists what is forgotten now; it goes with neither --as-of nor --valid-at"
            )
        with open_vault(vault) as engine:
            found = engine.list_at(as_of, valid_at, category=category, type=type, tags=tags, within=reach(engine))
        show(found, as_json=as_json, text=_past_lines)
        for one in () if as_json else found.missing:
            remark(f"note: {plain(one.path)}: {one.problem}")
        return PARTLY if found.missing else DONE
    with open_vault(vault) as engine:
        listed = engine.list(
            category=category, type=type, tags=tags, limit=limit, archived=archived, within=reach(engine)
        )
    show(listed, as_json=as_json, text=_lines)
    if not as_json and not listed.total:
        remark("no notes")
    if not as_json and listed.total > len(listed.notes):
        remark(f"{len(listed.notes):,} of {listed.total:,} notes; --limit shows more")
    return DONE


@note.command("forget")
@click.argument("ref", metavar="NOTE")
@click.option("--reason", default="", help="Kept in the journal.")
@workspace_option
@vault_option
@json_option
def forget(ref: str, reason: str, vault: str | None, as_json: bool) -> None:
    """Move NOTE into the archive; `note restore` brings it back."""
    with open_vault(vault) as engine:
        show(engine.forget(ref, reason=reason, within=reach(engine)), as_json=as_json, text=_forgotten)


@note.command("restore")
@click.argument("ref", metavar="NOTE")
@workspace_option
@vault_option
@json_option
def restore(ref: str, vault: str | None, as_json: bool) -> None:
    """Bring a forgotten NOTE back to the path it had."""
    with open_vault(vault) as engine:
        show(engine.restore(ref, within=reach(engine)), as_json=as_json, text=_restored)


@note.command("purge")
@click.argument("ref", metavar="NOTE")
@click.option("--yes", is_flag=True, help="Do it: it can't be taken back.")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
@click.option("--reason", default="", help="Kept in the journal.")
@vault_option
@json_option
def purge(ref: str, yes: bool, dry_run: bool, reason: str, vault: str | None, as_json: bool) -> None:
    """Erase NOTE and all it ever held, for good.

    The file goes, its copies in the archive and every revision of it that no other note has had. The journal keeps
    that there was a note of that name. What git or a backup has kept is not reached.
    """
    with open_vault(vault) as engine:
        purged = engine.purge(ref, yes=yes, dry_run=dry_run, reason=reason)
    show(purged, as_json=as_json, text=_purge_plan if dry_run else _purged)


def _lines(listed: Listed) -> str:
    rows = [(line.archived or line.path, line.type or "-", (line.updated or "-")[:10]) for line in listed.notes]
    return columns(rows) if rows else ""


def _past_lines(found: ListedAt) -> str:
    rows = [
        (line.path, line.type or "-", f"{line.valid_from or ''}..{line.valid_to or ''}", line.problem or "")
        for line in found.notes
    ]
    return columns(rows) if rows else ""


def _forgotten(forgotten: Forgotten) -> str:
    return f"forgot {forgotten.path} (`memwell note restore {quote(forgotten.path)}` brings it back)"


def _purge_plan(purged: Purged) -> str:
    return "\n".join([f"would purge {plain(purged.path)}: revisions {purged.revisions:,}", *_purge_facts(purged)])


def _purged(purged: Purged) -> str:
    return "\n".join([f"purged {plain(purged.path)}: revisions {purged.revisions:,}", *_purge_facts(purged)])


def _purge_facts(purged: Purged) -> list[str]:
    facts = [f"from the archive too: {plain(name)}" for name in purged.archived]
    if purged.shared:
        facts.append(f"kept, as another note has or had the same: {purged.shared:,}")
    if elsewhere := sum(purged.elsewhere.values()):
        facts.append(f"left to other devices, which erase it when they next open the vault: {elsewhere:,}")
    return facts


def _restored(restored: Restored) -> str:
    return f"restored {restored.path}"


for command in (*EDITING, *HISTORY, *MARKING):
    note.add_command(command)


note.add_command(parse_note)
note.add_command(links)
note.add_command(backlinks)
