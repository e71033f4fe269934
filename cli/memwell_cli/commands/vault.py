"""``memwell vault …``."""

from collections import Counter
from dataclasses import replace

import click

from memwell_cli.commands.note_history import vault_at
from memwell_cli.exits import DONE, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, remark, show
from vault_engine.engine import FINDING_KINDS, Checked, Finding


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
