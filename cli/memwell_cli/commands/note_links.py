"""``memwell note parse``, ``links`` and ``backlinks``: what a note holds and how it is linked."""

import json
import sys
from pathlib import Path

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import JSON_FORMAT, json_option, remark, show
from vault_engine.engine import (
    MAX_FILE_BYTES,
    Backlinks,
    BacklinkView,
    Links,
    LinkView,
    parse_file,
    source_of,
)
from vault_engine.errors import BadInput

_STDIN = "stdin.md"


@click.command("parse")
@click.argument("file", metavar="FILE")
@click.option("--vault", metavar="DIR", help="Any folder: its files' names say where links lead.")
@click.option("--source", metavar="PATH", help="FILE's path in DIR, if it is not there; for stdin 'stdin.md'.")
@click.option("--profile", type=click.Choice(("obsidian", "logseq")), help="Whose rules; default: those of DIR.")
@json_option
def parse_note(file: str, vault: str | None, source: str | None, profile: str | None, as_json: bool) -> None:
    """Print what FILE holds as JSON; '-' reads it from stdin.

    FILE need not be in a vault, and no other note is read. Without --json the object is indented.
    """
    data = _read(file)
    path = source or (_STDIN if file == "-" else source_of(file, vault))
    parsed = parse_file(data, source=path, vault=vault, profile=profile)
    indent = None if as_json else 2
    click.echo(json.dumps({"format": JSON_FORMAT, **parsed}, ensure_ascii=False, indent=indent))


@click.command("links")
@click.argument("ref", metavar="NOTE")
@workspace_option
@vault_option
@json_option
def links(ref: str, vault: str | None, as_json: bool) -> None:
    """List the links of NOTE and where they lead."""
    with open_vault(vault) as engine:
        found = engine.links(ref, within=reach(engine))
    show(found, as_json=as_json, text=_links)
    if found.problem and not as_json:
        remark(f"note: {found.path}: {found.problem}")
    if not found.links and not as_json:
        remark("no links")


@click.command("backlinks")
@click.argument("ref", metavar="NOTE")
@workspace_option
@vault_option
@json_option
def backlinks(ref: str, vault: str | None, as_json: bool) -> None:
    """List the links to NOTE, from notes and canvases."""
    with open_vault(vault) as engine:
        found = engine.backlinks(ref, within=reach(engine))
    show(found, as_json=as_json, text=_backlinks)
    if not found.links and not as_json:
        remark("no links to it")


def _read(file: str) -> bytes:
    """Read a file, or stdin, as far as it may be read."""
    if file == "-":
        if sys.stdin is None:
            raise BadInput("stdin is closed")
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"can't read {file}: {getattr(error, 'strerror', error)}") from None


def _links(found: Links) -> str:
    width = len(str(max((link.line for link in found.links), default=0)))
    return "\n".join(f"{link.line:>{width}}  {_written(link)}  → {_where(link)}" for link in found.links)


def _written(link: LinkView) -> str:
    if link.kind == "block":
        return f"(({link.block}))"
    block = "" if link.block is None else f"#^{link.block}"
    subpath = "".join(f"#{name}" for name in link.heading) + block
    alias = "" if link.alias is None else f"|{link.alias}"
    relation = "" if link.relation is None else f" ({link.relation})"
    return f"{'!' * link.embed}[[{link.target}{subpath}{alias}]]{relation}"


def _where(link: LinkView) -> str:
    if link.state == "ambiguous":
        place = f"one of {', '.join(link.candidates)}"
    elif link.alias_of:
        place = f"nothing (an alias of {', '.join(link.alias_of)})"
    else:
        place = link.path or "nothing"
    if link.anchor == "missing":
        place += f" (no such {'heading' if link.block is None else 'block'})"
    return place


def _backlinks(found: Backlinks) -> str:
    return "\n".join(f"{_place(link)}: {link.text}" for link in found.links)


def _place(link: BacklinkView) -> str:
    return link.path if link.line is None else f"{link.path}:{link.line}"
