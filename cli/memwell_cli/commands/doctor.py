"""``memwell doctor``."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote

import click

from memwell_cli.clienting import by_name, title_of
from memwell_cli.diagnosis import Diagnosis, diagnose, lines, worst
from memwell_cli.exits import DONE, FAILED, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import escaped, json_line, json_option, plain
from vault_engine.clients import CLIENTS, Client, Desk, is_vault
from vault_engine.config import find_vault
from vault_engine.doctor import Ail, ClientHealth, Health, HooksHealth, examine_clients
from vault_engine.errors import VaultMissing

_DEADLINE_S = 60.0
_LONGEST_S = 3600.0
_CODES = {Health.BROKEN: FAILED, Health.WARNING: PARTLY}


@dataclass(frozen=True)
class Row:
    """A client, and what mends it."""

    health: ClientHealth
    mend: str | None
    hooks_mend: str | None


@click.command()
@click.option("--fsck", is_flag=True, help="Read all that is kept, and hold each note against the journal: slower.")
@click.option("--client", "names", metavar="NAME", multiple=True, help="Only that client; repeatable.")
@click.option("--no-clients", is_flag=True, help="Look at the vault only: nothing is started, nothing written.")
@click.option("--offline", is_flag=True, help="Use no network: remote servers and models are not asked.")
@click.option(
    "--timeout",
    "deadline_s",
    metavar="SECONDS",
    type=click.FloatRange(0.1, _LONGEST_S),
    default=_DEADLINE_S,
    show_default=True,
    help="How long the server of one client may take.",
)
@vault_option
@json_option
def doctor(
    fsck: bool,
    names: tuple[str, ...],
    no_clients: bool,
    offline: bool,
    deadline_s: float,
    vault: str | None,
    as_json: bool,
) -> int:
    """Say what is wrong with vault and clients, and what mends it.

    Of the vault: journal, revisions, files, disk, index, lock, permissions, model. The server of each client that was
    told of one is started just as the client would, or reached by its address; there a note is written, read, found and
    forgotten again, which the journal shows. Then the command that the client has for its prompts is run, and timed.

    The exit code is 0 if all is well, 3 if something may be meant so or only waits, 1 if something is broken, 14 if
    the vault is damaged. Other things than the client's note are not changed.
    """
    if names and no_clients:
        raise click.UsageError("--client and --no-clients exclude each other")
    named = tuple(by_name(name) for name in dict.fromkeys(names))
    desk = Desk.here()
    clients = () if no_clients else named or _present(desk)
    meant = _meant(desk, vault, needed=not clients)
    diagnosis, code = _of_vault(meant, fsck=fsck, offline=offline) if meant else (None, DONE)
    found = examine_clients(desk, clients, named=bool(named), offline=offline, deadline_s=deadline_s)
    rows = [Row(one, _mend(one), _hooks_mend(one.client, one.hooks) if one.hooks else None) for one in found]
    if as_json:
        facts = {"clients": [_facts(row) for row in rows]}
        click.echo(json_line((asdict(diagnosis) if diagnosis else {"vault": None}) | facts))
    else:
        click.echo(escaped("\n".join((*(lines(diagnosis) if diagnosis else ()), *_matrix(rows)))))
    healths = (each.health for one in found for each in (one, one.hooks) if each)
    return worst((code, *(_CODES.get(health, DONE) for health in healths)))


def _facts(row: Row) -> dict[str, object]:
    facts = asdict(row.health) | {"mend": row.mend}
    return facts | {"hooks": facts["hooks"] | {"mend": row.hooks_mend}} if facts["hooks"] else facts


def _present(desk: Desk) -> tuple[Client, ...]:
    """Give the clients that are here, or that setup has told."""
    told = {change.client for change in desk.record().changes}
    return tuple(client for client in CLIENTS if client.name in told or desk.has(client))


def _meant(desk: Desk, given: str | None, *, needed: bool) -> Path | None:
    """Say which vault is meant: as for every command, else that of the last setup, else none.

    Raises:
        VaultMissing: what names one names none, or there is nothing else to look at.
    """
    try:
        return find_vault(given, os.environ, Path.cwd())
    except VaultMissing:
        if given is not None or os.environ.get("MEMWELL_VAULT"):
            raise
        earlier = [Path(one.path) for one in desk.record().vaults if is_vault(Path(one.path))]
        if needed and not earlier:
            raise
        return earlier[-1] if earlier else None


def _of_vault(vault: Path, *, fsck: bool, offline: bool) -> tuple[Diagnosis, int]:
    with open_vault(str(vault)) as engine:
        return diagnose(engine, fsck=fsck, offline=offline)


def _mend(one: ClientHealth) -> str | None:
    """Say what puts a client right; None where nothing is wrong."""
    in_vault = f" --vault {quote(one.vault)}" if one.vault else ""
    again = f"`memwell setup {one.client}{in_vault}`"
    on_its_machine = "see that it runs there, and `memwell token list` there that the token may do this"
    look = f"`memwell doctor --fsck --no-clients{in_vault}` says more of the vault"
    by_hand = on_its_machine if one.is_remote else f"`{one.server}` shows more"
    mends = {
        Ail.FILE: f"put the file in order; `memwell setup --print {one.client}` prints what belongs into it",
        Ail.ENTRY: again,
        Ail.OFF: f"turn it on, in the client or in {one.file}",
        Ail.MEANING: again,
        Ail.VARIABLE: "set it where the client is started, and here to have it tried",
        Ail.PROGRAM: again,
        Ail.VAULT: f"bring the folder back, or `memwell setup {one.client} --vault DIR`",
        Ail.START: by_hand,
        Ail.LATE: f"try a longer --timeout; else {by_hand}",
        Ail.READ_ONLY: by_hand if one.is_remote else look,
        Ail.ANSWER: look,
        Ail.NETWORK: "leave --offline out",
    }
    return mends[one.ail] if one.ail else None


def _hooks_mend(client: str, one: HooksHealth) -> str | None:
    """Say what puts the hooks of a client right; None where nothing is wrong."""
    in_vault = f" --vault {quote(one.vault)}" if one.vault else ""
    again = f"`memwell setup {client}{in_vault}`"
    log = f"{one.vault or '.'}/.memwell/local/hook.log says more"
    mends = {
        Ail.FILE: f"put the file in order; `memwell setup --print {client}` prints what belongs into it",
        Ail.ENTRY: again,
        Ail.MEANING: again,
        Ail.PROGRAM: again,
        Ail.VAULT: f"bring the folder back, or `memwell setup {client} --vault DIR`",
        Ail.LATE: f"give it more time by `--deadline 1000` behind the command in {one.file}; {log}",
        Ail.START: again,
        Ail.ANSWER: f"`memwell doctor --fsck --no-clients{in_vault}`; {log}",
    }
    return mends[one.ail] if one.ail else None


def _matrix(rows: Sequence[Row]) -> Iterator[str]:
    """Write a line for each client, with what mends it below."""
    if not rows:
        return
    yield "clients:"
    widths = [max(len(text) for text in texts) for texts in zip(*map(_names, rows), strict=True)]
    for row in rows:
        cells = (name.ljust(width) for name, width in zip(_names(row), widths, strict=True))
        yield f"  {'  '.join(cells)}  {plain(_words(row.health))}".rstrip()
        if row.mend:
            yield f"    mend: {plain(row.mend)}"
        if row.health.hooks:
            yield f"    hooks: {plain(_of_hooks(row.health.hooks))}"
        if row.hooks_mend:
            yield f"    mend: {plain(row.hooks_mend)}"


def _of_hooks(one: HooksHealth) -> str:
    if one.problem:
        return one.problem
    if one.health is Health.UNTOLD:
        return f"none in {one.file}"
    timed = f", the first {one.first_ms:.0f} ms, then {one.ms:.0f} ms" if one.first_ms and one.ms else ""
    return f"{', '.join(one.events)}{timed}"


def _names(row: Row) -> tuple[str, str]:
    return title_of(row.health.client), row.health.health.value


def _words(one: ClientHealth) -> str:
    if one.problem:
        return one.problem
    if one.health is Health.UNTOLD:
        return "is here and knows no vault"
    return ", ".join(f"{name} {ms:.0f} ms" for name, ms in (one.steps or {}).items())
