"""``memwell vault …``."""

from collections import Counter
from dataclasses import dataclass, replace

import click

from memwell_cli.commands.note_history import vault_at
from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, remark, show
from vault_engine.engine import FINDING_KINDS, Checked, Finding


@dataclass(frozen=True)
class Accepted:
    """Notes were entered as deleted."""

    notes: int


@click.group()
def vault() -> None:
    """Look after the vault as a whole."""


@vault.command("check")
@click.option("--kind", "kinds", type=click.Choice(FINDING_KINDS), multiple=True, help="Only this kind; repeatable.")
@vault_option
@json_option
def check(kinds: tuple[str, ...], vault: str | None, as_json: bool) -> int:
    """Tell what is broken or in doubt; changes nothing.

    Links that lead nowhere, names that some device can't have, properties that can't be read, what sync tools left
    behind. The exit code is 3 if there is anything, else 0.
    """
    with open_vault(vault) as engine:
        checked = engine.check()
    if kinds:
        checked = replace(checked, findings=tuple(each for each in checked.findings if each.kind in kinds))
    show(checked, as_json=as_json, text=_lines)
    if not as_json:
        remark(_summary(checked))
    return PARTLY if checked.findings else DONE


@vault.command("accept-gone")
@vault_option
@json_option
def accept_gone(vault: str | None, as_json: bool) -> None:
    """Say that notes were deleted, though they are very many.

    When more than a fifth of a vault is gone at once, a drive may be missing or a sync tool logged out: the journal is
    not told until you say that it is meant. What the notes held stays in the history.
    """
    with open_vault(vault) as engine:
        accepted = engine.accept_gone()
    show(Accepted(accepted), as_json=as_json, text=lambda one: f"{one.notes:,} notes are gone for good")


def _lines(checked: Checked) -> str:
    return "\n".join(map(_line, checked.findings))


def _line(finding: Finding) -> str:
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    return f"{place}: {finding.kind}: {finding.problem}"


def _summary(checked: Checked) -> str:
    counts = Counter(finding.kind for finding in checked.findings)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in counts.most_common()) or "nothing found"
    return f"{checked.notes:,} notes, {checked.links:,} links: {kinds}"


vault.add_command(vault_at)
