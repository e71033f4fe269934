"""``memwell health``."""

import click

from memwell_cli.exits import DONE, FAILED
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, show
from vault_engine.engine import Health


@click.command()
@vault_option
@json_option
def health(vault: str | None, as_json: bool) -> int:
    """Try whether the vault can be read and written.

    A note is made, changed, archived and brought back in a vault of its own below .memwell/local, in the way that every
    note is, and all of that is deleted. The lock, the journal and the index are looked at. The exit code is 1 if
    something does not work; 'memwell doctor' says more.
    """
    with open_vault(vault) as engine:
        found = engine.health()
    show(found, as_json=as_json, text=_text)
    return DONE if found.is_healthy else FAILED


def _text(found: Health) -> str:
    return columns([(one.name, f"{one.took_ms:.1f} ms", plain(one.problem or "works")) for one in found.checks])
