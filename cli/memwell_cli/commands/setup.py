"""``memwell setup``: tells MCP clients of the server, and has them run our hooks."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import click

from memwell_cli.choosing import ChosenVault, choose_vault, own_command
from memwell_cli.clienting import Failure, by_name, by_what, may_ask, taken_line, verdict
from memwell_cli.exits import advice
from memwell_cli.output import json_line, json_option, plain, remark
from vault_engine import Engine, MemwellError
from vault_engine.clients import (
    CLIENTS,
    SERVER_NAME,
    Client,
    Configured,
    Desk,
    Hooked,
    Remote,
    Stdio,
    Taken,
    hooks_snippet,
    note_vault,
    snippet,
    take_back,
    tell,
    tell_hooks,
)
from vault_engine.errors import BadInput, ClientFileUnusable

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,99}")
Outcome = Configured | Taken | Failure
_SECRET = re.compile("memwell_.{30}")


@click.command()
@click.argument("names", nargs=-1, metavar="[CLIENT]...")
@click.option("--vault", metavar="DIR", help="The vault; it is made one if it is none yet.")
@click.option("--remote", metavar="URL", help="A server that runs already, instead of one that the client starts.")
@click.option("--token-env", metavar="VAR", help="The environment variable with its token; only the name is written.")
@click.option("--no-hooks", is_flag=True, help="No commands at the client's events; those of before are taken out.")
@click.option("--print", "printed", metavar="CLIENT", help="Print what belongs into the file of a client, and end.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing: every client that is found, a new vault in ~/memwell.")
@json_option
def setup(
    names: tuple[str, ...],
    vault: str | None,
    remote: str | None,
    token_env: str | None,
    no_hooks: bool,
    printed: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Tell MCP clients of this vault, in their own files.

    Without CLIENT it is every client that is found on this machine; see docs/clients for their names. Those that can
    run commands at their events are also told of 'memwell hook'. Nothing else in a file is touched, a copy is left
    beside it, and 'memwell uninstall' takes it back. A file that does not parse is left alone, and what belongs into it
    is printed.
    """
    desk = Desk.here()
    _check(vault, remote, token_env)
    where = None if remote else choose_vault(desk, vault, may_choose=not (yes or printed or dry_run))
    server = _stdio(where) if where else Remote(remote or "", token_env)
    hooked = Hooked(tuple(own_command()), str(where.path)) if where and not no_hooks else None
    if printed is not None:
        return _print(desk, by_name(printed), server, hooked, as_json=as_json)
    clients = [by_name(name) for name in names] or _found(desk)
    if not dry_run:
        _ask(desk, clients, server, hooked, where, needed=not (names or yes))
        if where and not where.exists:
            remark(f"{Engine.create(where.path).path} is a vault now.")
        if where:
            note_vault(desk, str(where.path), created=where.is_new)
    outcomes = [one for client in clients for one in _told(desk, client, server, hooked, dry_run=dry_run)]
    _show(outcomes, server, where, dry_run=dry_run, as_json=as_json)
    return verdict(outcomes)


def _check(vault: str | None, remote: str | None, token_env: str | None) -> None:
    if token_env is not None and remote is None:
        raise click.UsageError("--token-env goes with --remote")
    if vault is not None and remote is not None:
        raise click.UsageError("--vault and --remote exclude each other")
    if token_env is not None and (_SECRET.match(token_env) or not _VARIABLE.fullmatch(token_env)):
        raise BadInput("--token-env takes the name of an environment variable, not the token itself")
    if remote is not None:
        _check_url(remote)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fine = False
    if not is_fine or not url.isascii() or not url.isprintable() or " " in url:
        raise BadInput(f"--remote takes an address such as https://notes.example.org/mcp, not {url!r}")
    if parts.username is not None or parts.password is not None:
        raise BadInput("--remote takes an address without a name or password in it; see --token-env")


def _stdio(where: ChosenVault) -> Stdio:
    command, *first = own_command()
    return Stdio(command, (*first, "serve", "--vault", str(where.path)))


def _found(desk: Desk) -> list[Client]:
    found = [client for client in CLIENTS if desk.has(client)]
    if not found:
        raise BadInput(f"no client was found here; name one: {', '.join(client.name for client in CLIENTS)}")
    return found


def _ask(
    desk: Desk,
    clients: Sequence[Client],
    server: Stdio | Remote,
    hooked: Hooked | None,
    where: ChosenVault | None,
    *,
    needed: bool,
) -> None:
    """Show what is to be done and wait for a yes, where that was not given already."""
    if not needed:
        return
    if where and not where.exists:
        remark(_made(where))
    for client in clients:
        for one in _told(desk, client, server, hooked, dry_run=True):
            remark(_line(one, dry_run=True))
    if not may_ask():
        raise BadInput("nobody is there to ask: say --yes, or name the clients")
    click.confirm("Go on?", default=True, abort=True, err=True)


def _made(where: ChosenVault) -> str:
    return f"{where.path} {'will be a new vault' if where.is_new else 'will be a vault; no note in it is touched'}"


def _told(desk: Desk, client: Client, server: Stdio | Remote, hooked: Hooked | None, *, dry_run: bool) -> list[Outcome]:
    """Tell a client of the server, then of its hooks, or take those of an earlier setup out."""
    told: list[Outcome] = [_tell(desk, client, server, dry_run=dry_run)]
    if client.hooks and hooked:
        told.append(_tell_hooks(desk, client, hooked, dry_run=dry_run))
    elif client.hooks:
        told += _without_hooks(desk, client, dry_run=dry_run)
    return told


def _tell(desk: Desk, client: Client, server: Stdio | Remote, *, dry_run: bool) -> Configured | Failure:
    try:
        return tell(desk, client, server, dry_run=dry_run)
    except MemwellError as error:
        wanted = snippet(client, server) if isinstance(error, ClientFileUnusable) else None
        is_remote = isinstance(error, BadInput)
        next_step = f"`memwell setup {client.name}` has it start a server itself." if is_remote else advice(error)
        return Failure(client.name, str(desk.file_of(client)), str(error), next_step, error.kind, wanted)


def _tell_hooks(desk: Desk, client: Client, hooked: Hooked, *, dry_run: bool) -> Configured | Failure:
    assert client.hooks is not None, "it was asked before"
    try:
        return tell_hooks(desk, client, hooked, dry_run=dry_run)
    except MemwellError as error:
        is_unusable = isinstance(error, ClientFileUnusable)
        wanted = hooks_snippet(client, hooked, desk.around.platform) if is_unusable else None
        file = str(desk.file_at(client.hooks.location))
        return Failure(client.name, file, str(error), advice(error), error.kind, wanted, "hooks")


def _without_hooks(desk: Desk, client: Client, *, dry_run: bool) -> list[Outcome]:
    taken: list[Outcome] = []
    for change in desk.record().changes:
        if change.client == client.name and client.hooks and change.spot == client.hooks.spot:
            try:
                taken.append(take_back(desk, change, dry_run=dry_run))
            except MemwellError as error:
                taken.append(Failure(client.name, change.file, str(error), advice(error), error.kind, what="hooks"))
    return taken


def _print(desk: Desk, client: Client, server: Stdio | Remote, hooked: Hooked | None, *, as_json: bool) -> int:
    text, file = snippet(client, server), str(desk.file_of(client))
    hooks_file = str(desk.file_at(client.hooks.location)) if client.hooks and hooked else None
    hooks = hooks_snippet(client, hooked, desk.around.platform) if client.hooks and hooked else None
    if as_json:
        facts = {"client": client.name, "file": file, "snippet": text, "hooks_file": hooks_file, "hooks": hooks}
        click.echo(json_line(facts))
        return 0
    remark(f"into {plain(file)}:")
    click.echo(text, nl=False)
    if hooks_file and hooks:
        remark(f"into {plain(hooks_file)}, for its hooks:")
        click.echo(hooks, nl=False)
    return 0


def _show(
    outcomes: Sequence[Outcome],
    server: Stdio | Remote,
    where: ChosenVault | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    if as_json:
        facts = {
            "dry_run": dry_run,
            "name": SERVER_NAME,
            "server": asdict(server),
            "vault": str(where.path) if where else None,
            **by_what(outcomes),
        }
        click.echo(json_line(facts))
        return
    for number, one in enumerate(outcomes):
        if isinstance(one, Failure):
            one.remark()
            continue
        click.echo(_line(one, dry_run=dry_run))
        is_last = all(later.client != one.client for later in outcomes[number + 1 :])
        if is_last and not dry_run and any(map(_is_new, (each for each in outcomes if each.client == one.client))):
            click.echo(f"  {by_name(one.client).then}")
    if any(map(_is_new, outcomes)) and not dry_run:
        remark("`memwell uninstall` takes all of it back.")


def _is_new(one: Outcome) -> bool:
    return isinstance(one, Configured) and one.action != "unchanged"


def _line(one: Outcome, *, dry_run: bool) -> str:
    title = by_name(one.client).title
    if isinstance(one, Failure):
        return f"{title}: {plain(one.problem)}"
    if isinstance(one, Taken):
        return taken_line(one, dry_run=dry_run)
    file, is_server = plain(one.file), one.what == "server"
    if one.action == "unchanged":
        return f"{title}: {file} {'says so already' if is_server else 'has the hooks already'}"
    use, an_entry, the_entry = ("", "an entry", "the entry") if is_server else (" for hooks", "hooks", "the hooks")
    does: dict[Literal["created", "added", "replaced", "unchanged"], tuple[str, str]] = {
        "created": (f"would make {file}{use}", f"made {file}{use}"),
        "added": (f"would add {an_entry} to {file}", f"added {an_entry} to {file}"),
        "replaced": (f"would replace {the_entry} in {file}", f"replaced {the_entry} in {file}"),
    }
    copy = f" (as it was: {plain(Path(one.backup).name)})" if one.backup else ""
    return f"{title}: {does[one.action][0 if dry_run else 1]}{copy}"
