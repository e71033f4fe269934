"""``memwell graph …``."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_line, json_option, remark
from vault_engine.engine import GRAPH_FORMATS
from vault_engine.errors import BadInput

MAX_SHOWN = 5_000  # nodes of a page, unless more are asked for: a browser moves these smoothly


@click.group()
def graph() -> None:
    """See the notes and their links as one graph."""


@graph.command("export")
@click.option("--format", "format", type=click.Choice(tuple(GRAPH_FORMATS)), help="Default: json.")
@click.option("--out", metavar="FILE", help="Write it there instead of to stdout; FILE is replaced.")
@click.option("--limit", type=int, help=f"At most so many nodes, those most leads to; html {MAX_SHOWN:,} unless told.")
@vault_option
@json_option
def export(format: str | None, out: str | None, limit: int | None, vault: str | None, as_json: bool) -> None:
    """Write the graph for another program, or as a page.

    html is one file that any browser shows, without network: drag, zoom, search, click. json is in node-link form,
    graphml is for Gephi and yEd, dot for Graphviz. With --json and --out it says what was written.
    """
    if as_json and not out and format not in (None, "json"):
        raise click.UsageError(f"--json prints json; with --format {format} it goes together with --out")
    format = format or "json"
    limit = MAX_SHOWN if format == "html" and limit is None else limit
    with open_vault(vault) as engine:
        written = engine.export_graph(format, limit=limit)
    if out is None:
        click.echo(written.text, nl=False)
    else:
        _write(out, written.text)
        facts = {"path": out, **{name: value for name, value in asdict(written).items() if name != "text"}}
        if as_json:
            click.echo(json_line(facts))
        else:
            click.echo(f"wrote {out}: {written.nodes:,} nodes, {written.edges:,} links")
    if written.nodes < written.total:
        remark(f"{written.nodes:,} of {written.total:,} nodes, those most leads to; --limit shows more")


def _write(out: str, text: str) -> None:
    """Write a file whole or not at all."""
    file = Path(out)
    part = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        part.write_text(text, "utf-8", newline="")
        part.replace(file)
    except (OSError, ValueError) as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"can't write {out}: {getattr(error, 'strerror', error)}") from None
