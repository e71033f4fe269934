"""``memwell token …``: who may come to ``memwell serve --transport http``."""

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine.engine import Scope, TokenCreated, TokenLine, TokenList, TokenRevoked


@click.group()
def token() -> None:
    """Make, list and revoke tokens for 'serve --transport http'."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([one.value for one in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="What it may do.",
)
@click.option("--prefix", metavar="FOLDER", help="Only the notes in this folder of the vault.")
@click.option("--expires", metavar="WHEN", help="When it stops working: 2030-01-31, or 30d, 12h from now.")
@vault_option
@json_option
def create(name: str, scope: str, prefix: str | None, expires: str | None, vault: str | None, as_json: bool) -> None:
    """Make a token, and print its secret this once.

    The journal calls who comes with it NAME. Only a hash of the secret is kept, on this machine.
    """
    with open_vault(vault) as engine:
        made = engine.create_token(name, scope=scope, prefix=prefix, expires=expires)
    show(made, as_json=as_json, text=lambda one: one.token)
    if not as_json:
        remark(_made(made))


@token.command("list")
@vault_option
@json_option
def list_tokens(vault: str | None, as_json: bool) -> None:
    """List the tokens: what each may do, until when, its last use."""
    with open_vault(vault) as engine:
        found = engine.list_tokens()
    show(found, as_json=as_json, text=_lines)
    if not found.tokens and not as_json:
        remark("no tokens")


@token.command("revoke")
@click.argument("name")
@vault_option
@json_option
def revoke(name: str, vault: str | None, as_json: bool) -> None:
    """Have a token open nothing any more; a running server obeys."""
    with open_vault(vault) as engine:
        done = engine.revoke_token(name)
    show(done, as_json=as_json, text=_revoked)


def _made(made: TokenCreated) -> str:
    until = f"until {made.expires}" if made.expires else "until it is revoked"
    where = f"{made.prefix}/" if made.prefix else "the whole vault"
    return f"{made.name} may {made.scope} {where} {until}. This is the only time its secret is shown."


def _lines(found: TokenList) -> str:
    if not found.tokens:
        return ""
    head = ("NAME", "SCOPE", "PREFIX", "CREATED", "EXPIRES", "LAST USED")
    return columns([head, *map(_line, found.tokens)])


def _line(one: TokenLine) -> tuple[str, ...]:
    until = one.expires[:16] + "Z" if one.expires else "never"
    expires = f"{until}, over" if one.state == "expired" else until
    used = one.last_used or "never"
    return (plain(one.name), one.scope, plain(one.prefix or "-"), one.created[:16] + "Z", expires, plain(used))


def _revoked(done: TokenRevoked) -> str:
    left = f"{done.left:,} left" if done.left else "none is left, so nobody gets in"
    return f"revoked {done.name}; {left}"
