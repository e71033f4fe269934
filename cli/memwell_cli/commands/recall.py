"""``memwell recall``."""

from typing import Any

import click

from memwell_cli.opening import filters, open_vault, vault_option
from memwell_cli.output import json_option, remark, show
from vault_engine import Mode
from vault_engine.engine import Hit, Recalled


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=5, show_default=True, help="How many notes at most.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.HYBRID.value,
    show_default=True,
    help="By words, by meaning, or both.",
)
@click.option(
    "--query-syntax",
    is_flag=True,
    help='QUERY is in the query language: title:word tag:name created:>2026 "a phrase" this AND (that OR other) NOT'
    " word* word~.",
)
@filters
@vault_option
@json_option
def recall(query: tuple[str, ...], vault: str | None, as_json: bool, **wanted: Any) -> None:
    """Find the notes that answer QUERY, in words or in meaning."""
    with open_vault(vault) as engine:
        recalled = engine.recall(" ".join(query), **wanted)
    show(recalled, as_json=as_json, text=_text)
    if not as_json:
        for line in _remarks(recalled):
            remark(line)


def _text(recalled: Recalled) -> str:
    return "\n\n".join(_hit(number, hit) for number, hit in enumerate(recalled.hits, 1))


def _hit(number: int, hit: Hit) -> str:
    status = f" [{hit.status}]" if hit.status not in (None, "active") else ""
    place = f"{hit.path} # {hit.heading}" if hit.heading and hit.heading != hit.title else hit.path
    lines = (f"{number}. {hit.title}{status}  ({hit.score:.2f})", f"   {place}", f"   {hit.excerpt}")
    return "\n".join(line for line in lines if line.strip())


def _remarks(recalled: Recalled) -> list[str]:
    remarks = [] if recalled.hits else [f"nothing found in {recalled.notes_searched:,} notes"]
    if recalled.did_you_mean:
        remarks.append(f"did you mean: {recalled.did_you_mean}")
    remarks += [f"note: {each}" for each in recalled.unused]
    if recalled.degraded:
        remarks.append(f"note: keyword search only: {recalled.degraded}")
    if recalled.chunks_waiting and recalled.mode != Mode.KEYWORD:
        remarks.append(
            f"note: {recalled.chunks_waiting:,} parts of notes were searched by their words only;"
            " `memwell index build` lets them be found by meaning too"
        )
    return remarks
