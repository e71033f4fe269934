"""``memwell stats``."""

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import columns, json_option, plain, show
from vault_engine.engine import Stats

_SHOWN = 20


@click.command()
@workspace_option
@vault_option
@json_option
def stats(vault: str | None, as_json: bool) -> None:
    """Count notes by category, type, tier, status and age.

    Names are counted without regard to case, categories as they are filed; those behind the first twenty are in
    --json.
    """
    with open_vault(vault) as engine:
        show(engine.stats(within=reach(engine)), as_json=as_json, text=_text)


def _text(found: Stats) -> str:
    size = f"{found.bytes:,} bytes, half of them below {found.median_bytes:,}, the largest {found.largest_bytes:,}"
    kept = f"{found.pinned:,} pinned, {found.verified:,} verified"
    lines = [f"{found.notes:,} notes: {size}", kept]
    if found.oldest:
        within = ", ".join(f"{count:,} within {days} d" for days, count in found.changed_within.items())
        lines.append(f"changed from {found.oldest} to {found.newest}: {within}")
    kinds = {
        "category": found.categories,
        "type": found.types,
        "tier": found.tiers,
        "status": found.statuses,
    }
    rows = [
        (kind, f"{count:,}", plain(name))
        for kind, counts in kinds.items()
        for name, count in list(counts.items())[:_SHOWN]
    ]
    return "\n".join([*lines, *([columns(rows)] if rows else [])])
