"""``memwell extract``."""

import sys
from pathlib import Path

import click

from memwell_cli.exits import DONE, FAILED, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine.engine import Extracted, ItemKind, extract_items
from vault_engine.errors import BadInput


@click.command()
@click.argument("file", required=False, default="-", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in ItemKind]),
    help="Only what is of this kind; repeatable.",
)
@click.option("--remember", "is_kept", is_flag=True, help="Make a note of each thing that was found.")
@click.option("--category", help="With --remember: the folder for all; without it each kind has its own.")
@click.option("--source", help="With --remember: where the text comes from; without it the name of FILE.")
@click.option("--dry-run", is_flag=True, help="With --remember: only show where the notes would go.")
@vault_option
@json_option
def extract(
    file: str,
    kinds: tuple[str, ...],
    is_kept: bool,
    category: str | None,
    source: str | None,
    dry_run: bool,
    vault: str | None,
    as_json: bool,
) -> int:
    """List what FILE says: facts, preferences, events, decisions.

    Without FILE, or with '-', the text is read from stdin. No model is asked: rules judge each sentence alone. A
    sentence that denies something is marked with 'not'. With --remember each thing becomes a note that has its kind for
    a type; without it no vault is needed.
    """
    if not is_kept and (category or source or dry_run):
        raise click.UsageError("--category, --source and --dry-run belong to --remember")
    text = _read(file)
    if is_kept:
        source = source or (None if file == "-" else Path(file).name)
        with open_vault(vault) as engine:
            found = engine.remember_extracted(text, kinds, category=category, source=source, dry_run=dry_run)
    else:
        found = extract_items(text, kinds)
    show(found, as_json=as_json, text=_lines)
    if not found.items and not as_json:
        remark("nothing was found")
    failed = [one for one in found.notes if one.problem]
    for one in failed:
        remark(f"not kept: {plain(one.problem or '')}")
    if not failed:
        return DONE
    return FAILED if len(failed) == len(found.notes) else PARTLY


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {file}: {error.strerror}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{'stdin' if file == '-' else file} is not UTF-8 (byte {error.start})") from None


def _lines(found: Extracted) -> str:
    places = [[plain(note.path or note.action)] for note in found.notes] or [[]] * len(found.items)
    rows = [
        (item.kind.value, f"{item.confidence:.0%}", "not" if item.negated else "", *place, plain(item.text))
        for item, place in zip(found.items, places, strict=True)
    ]
    return columns(rows) if rows else ""
