"""``memwell recall``."""

from typing import Any

import click

from memwell_cli.opening import filters, open_vault, vault_option
from memwell_cli.output import json_option, remark, show
from vault_engine import Mode
from vault_engine.engine import Explained, Fusion, Hit, Recalled


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
@click.option("--since", metavar="WHEN", help="Only notes changed since: 2026-11-21, yesterday, 3 days ago …")
@click.option("--until", metavar="WHEN", help="Only notes changed until then, that day included.")
@click.option("--as-of", metavar="WHEN", help="Only notes that there were then, and that held then.")
@click.option("--expand", type=click.Choice(["graph"]), help="Take in what the best hits link to, or are linked from.")
@click.option("--diverse", is_flag=True, help="Put what says the same as a better hit behind what differs.")
@click.option("--min-score", type=float, default=0.0, help="Leave out worse hits, from 0 to 1; rather say nothing.")
@click.option("--trusted", is_flag=True, help="Leave out notes whose trust is untrusted.")
@click.option("--budget", "budget_tokens", type=int, help="How long the answer may be, in tokens of four characters.")
@click.option("--cursor", help="Go on where the answer ended that gave this cursor.")
@click.option(
    "--fusion",
    type=click.Choice([one.value for one in Fusion]),
    default=Fusion.CONVEX.value,
    show_default=True,
    help="How words and meaning are put together.",
)
@click.option("--rerank/--no-rerank", default=None, help="Look at the best again more closely, or do not.")
@click.option("--explain", is_flag=True, help="Show all that made each score.")
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
        if recalled.cursor and (wanted["budget_tokens"] or wanted["cursor"]):
            remark(f"more: --cursor {recalled.cursor}")


def _text(recalled: Recalled) -> str:
    return "\n\n".join(_hit(number, hit) for number, hit in enumerate(recalled.hits, 1))


def _hit(number: int, hit: Hit) -> str:
    status = f" [{hit.status}]" if hit.status not in (None, "active") else ""
    place = f"{hit.path} # {hit.heading}" if hit.heading and hit.heading != hit.title else hit.path
    trust = f" [{hit.trust}]" if hit.trust else ""
    lines = [f"{number}. {hit.title}{status}{trust}  ({hit.score:.2f})", f"   {place}", f"   {hit.excerpt}"]
    if hit.invisible:
        lines.append(f"   holds marks that nobody sees: {', '.join(hit.invisible)}")
    if hit.explain:
        lines += _explained(hit, hit.explain)
    return "\n".join(line for line in lines if line.strip())


def _explained(hit: Hit, made_of: Explained) -> list[str]:
    """Write the sum and the product that gave the score, and in words why."""
    total = " + ".join(f"{value:.3f} {name}" for name, value in made_of.parts.items())
    times = "".join(f" x {value:.2f} {name}" for name, value in made_of.factors.items())
    return [f"   = ({total}){times}", f"   why: {'; '.join(hit.why)}"]


def _remarks(recalled: Recalled) -> list[str]:
    remarks = [] if recalled.hits else [f"nothing found in {recalled.notes_searched:,} notes"]
    if recalled.did_you_mean:
        remarks.append(f"did you mean: {recalled.did_you_mean}")
    remarks += [f"note: {each}" for each in recalled.unused]
    if recalled.degraded:
        what = "keyword search only: " if recalled.mode is Mode.KEYWORD else ""
        remarks.append(f"note: {what}{recalled.degraded}")
    if recalled.chunks_waiting and recalled.mode != Mode.KEYWORD:
        remarks.append(
            f"note: {recalled.chunks_waiting:,} parts of notes were searched by their words only;"
            " `memwell index build` lets them be found by meaning too"
        )
    return remarks
