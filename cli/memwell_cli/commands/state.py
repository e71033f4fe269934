"""``memwell state …``."""

import json
from typing import Any

import click

from memwell_cli.exits import DONE, EXIT_CODES
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine import Kind
from vault_engine.engine import StateList, StateValue, read_json

_key = click.argument("key", metavar="KEY")


@click.group()
def state() -> None:
    """Keep small values for a while, beside the notes.

    They belong to this machine: they are not synced, not searched, and have no history. A KEY has letters, digits and
    any of . _ : / @ - behind the first.
    """


@state.command("set")
@_key
@click.argument("value", metavar="VALUE")
@click.option("--ttl", metavar="TIME", help="When it is over: 90s, 10m, 2h, 7d; without it never.")
@click.option("--text", "is_text", is_flag=True, help="VALUE is a text, and not JSON.")
@vault_option
@json_option
def set_(key: str, value: str, ttl: str | None, is_text: bool, vault: str | None, as_json: bool) -> None:
    """Keep VALUE, which is JSON, under KEY."""
    read = value if is_text else read_json(value)
    with open_vault(vault) as engine:
        held = engine.state_set(key, read, ttl)
    show(held, as_json=as_json, text=lambda one: f"{one.key} is kept{_until(one)}")


@state.command("get")
@_key
@vault_option
@json_option
def get(key: str, vault: str | None, as_json: bool) -> int:
    """Print what KEY holds, as JSON.

    The exit code is 10 if it holds nothing, or nothing any more.
    """
    with open_vault(vault) as engine:
        held = engine.state_get(key)
    show(held, as_json=as_json, text=lambda one: _written(one.value) if one.found else "")
    if held.found:
        return DONE
    if not as_json:
        remark(f"{key} holds nothing")
    return EXIT_CODES[Kind.NOT_FOUND]


@state.command("delete")
@_key
@vault_option
@json_option
def delete(key: str, vault: str | None, as_json: bool) -> None:
    """Forget KEY."""
    with open_vault(vault) as engine:
        done = engine.state_delete(key)
    show(done, as_json=as_json, text=lambda one: f"{one.key} {'is deleted' if one.found else 'held nothing'}")


@state.command("list")
@click.option("--prefix", default="", help="Only keys that begin so.")
@vault_option
@json_option
def list_(prefix: str, vault: str | None, as_json: bool) -> None:
    """List the keys, what they hold and until when."""
    with open_vault(vault) as engine:
        found = engine.state_list(prefix)
    show(found, as_json=as_json, text=_lines)
    if not found.values and not as_json:
        remark("nothing is kept")


def _lines(found: StateList) -> str:
    rows = [(one.key, one.expires or "stays", plain(_written(one.value))) for one in found.values]
    return columns(rows) if rows else ""


def _until(one: StateValue) -> str:
    return f" until {one.expires}" if one.expires else ""


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
