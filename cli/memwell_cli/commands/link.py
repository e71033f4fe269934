"""``memwell link …``."""

from collections.abc import Callable
from typing import Any

import click

from memwell_cli.opening import open_vault, reach, vault_option, workspace_option
from memwell_cli.output import columns, json_option, plain, remark, show
from vault_engine.engine import (
    Hubs,
    Neighbours,
    NodeView,
    Orphans,
    Reached,
    Related,
    ShortestPath,
    Traversed,
)

_ARROWS = {"out": "→", "in": "←"}


def _direction(help: str) -> Callable[[Any], Any]:
    choice = click.Choice(("out", "in", "both"))
    return click.option("--direction", type=choice, default="both", show_default=True, help=help)


followed = _direction("Follow links that lead out of a note, that lead to it, or both.")
relations_option = click.option(
    "--relation", "relations", multiple=True, metavar="NAME", help="Only links with this relation; repeatable."
)


@click.group()
def link() -> None:
    """Follow links; find what is related, alone, or much linked.

    NOTE is a path in the vault, an id, category/key, or a name that only one note has. The relation of a link is the
    property it stands in, or the word behind it in the list under '## Links'.
    """


@link.command("neighbours")
@click.argument("ref", metavar="NOTE")
@followed
@relations_option
@workspace_option
@vault_option
@json_option
def neighbours(ref: str, direction: str, relations: tuple[str, ...], vault: str | None, as_json: bool) -> None:
    """List what NOTE links to and what links to it."""
    with open_vault(vault) as engine:
        found = engine.neighbours(ref, direction=direction, relations=relations, within=reach(engine))
    show(found, as_json=as_json, text=_neighbours)
    if not found.neighbours and not as_json:
        remark("no links")


@link.command("traverse")
@click.argument("ref", metavar="NOTE")
@click.option("--depth", default=2, show_default=True, help="How many links away at most.")
@followed
@relations_option
@click.option("--limit", default=100, show_default=True, help="How many notes and targets at most.")
@workspace_option
@vault_option
@json_option
def traverse(
    ref: str,
    depth: int,
    direction: str,
    relations: tuple[str, ...],
    limit: int,
    vault: str | None,
    as_json: bool,
) -> None:
    """List what links lead to from NOTE, the nearest first."""
    with open_vault(vault) as engine:
        found = engine.traverse(
            ref, depth=depth, direction=direction, relations=relations, limit=limit, within=reach(engine)
        )
    show(found, as_json=as_json, text=_traversed)
    if not as_json and not found.reached:
        remark("no links")
    if not as_json and found.is_cut:
        remark(f"the nearest {len(found.reached):,}; --limit shows more")


@link.command("path")
@click.argument("ref", metavar="FROM")
@click.argument("to", metavar="TO")
@followed
@relations_option
@workspace_option
@vault_option
@json_option
def path(ref: str, to: str, direction: str, relations: tuple[str, ...], vault: str | None, as_json: bool) -> None:
    """Show a shortest way along links between two notes.

    With --direction out only links in the direction in which they are written.
    """
    with open_vault(vault) as engine:
        found = engine.shortest_path(ref, to, direction=direction, relations=relations, within=reach(engine))
    show(found, as_json=as_json, text=_path)
    if found.distance is None and not as_json:
        remark("no links lead there")


@link.command("orphans")
@_direction("Notes that link to no file, that no note links to, or both of it.")
@click.option("--limit", default=1000, show_default=True, help="How many at most.")
@workspace_option
@vault_option
@json_option
def orphans(direction: str, limit: int, vault: str | None, as_json: bool) -> None:
    """List the notes that no links join to others.

    A link that leads nowhere and one on a canvas do not count.
    """
    with open_vault(vault) as engine:
        found = engine.orphans(direction=direction, limit=limit, within=reach(engine))
    show(found, as_json=as_json, text=_orphans)
    if not as_json and not found.total:
        remark("none")
    if not as_json and found.total > len(found.notes):
        remark(f"{len(found.notes):,} of {found.total:,} notes; --limit shows more")


@link.command("hubs")
@click.option("--limit", default=10, show_default=True, help="How many at most.")
@workspace_option
@vault_option
@json_option
def hubs(limit: int, vault: str | None, as_json: bool) -> None:
    """List the notes that most leads to, by PageRank.

    The rank is shown as a multiple: 1.00 is that of the average note. With --json all ranks together are 1.
    """
    with open_vault(vault) as engine:
        show(engine.hubs(limit=limit, within=reach(engine)), as_json=as_json, text=_hubs)


@link.command("related")
@click.argument("ref", metavar="NOTE")
@click.option("--limit", default=10, show_default=True, help="How many at most.")
@click.option("--unlinked", is_flag=True, help="Only notes without a link to or from NOTE.")
@workspace_option
@vault_option
@json_option
def related(ref: str, limit: int, unlinked: bool, vault: str | None, as_json: bool) -> None:
    """List the notes that share most links, tags and meaning with NOTE.

    What few notes share counts for more than what many do. Meaning counts once NOTE has vectors.
    """
    with open_vault(vault) as engine:
        found = engine.related(ref, limit=limit, unlinked=unlinked, within=reach(engine))
    show(found, as_json=as_json, text=_related)
    if not found.notes and not as_json:
        remark("no related notes")
    elif "meaning" not in found.reasons and not as_json:
        remark("by links and tags only: the note has no vectors")


def _neighbours(found: Neighbours) -> str:
    return "\n".join(f"{_ARROWS[one.direction]} {_node(one.node)}{_relation(one.relation)}" for one in found.neighbours)


def _traversed(found: Traversed) -> str:
    return "\n".join(
        f"{one.distance}  {_node(one.node)}  {_ARROWS[_turned(one)]} {_node(one.source)}{_relation(one.relation)}"
        for one in found.reached
    )


def _turned(one: Reached) -> str:
    """The direction of the last link, seen from where it led to."""
    return "in" if one.direction == "out" else "out"


def _path(found: ShortestPath) -> str:
    if found.distance is None:
        return ""
    steps = (f"{_ARROWS[one.direction]} {_node(one.node)}{_relation(one.relation)}" for one in found.steps)
    return "\n".join([plain(found.source), *steps])


def _orphans(found: Orphans) -> str:
    return "\n".join(map(_node, found.notes))


def _hubs(found: Hubs) -> str:
    rows = [
        (f"{hub.rank * found.notes:.2f}", f"{hub.backlinks:,} in", f"{hub.links:,} out", _node(hub.node))
        for hub in found.hubs
    ]
    return columns(rows) if rows else ""


def _related(found: Related) -> str:
    lines = []
    for number, one in enumerate(found.notes, 1):
        linked = ", linked" if one.is_linked else ""
        alike = [f"{one.similarity:.0%} alike"] if one.similarity else []
        shared = [*map(_node, one.shared), *(f"#{plain(tag)}" for tag in one.tags), *alike]
        lines.append(f"{number}. {plain(one.path)}  ({one.score:.2f}{linked})\n   {', '.join(shared)}")
    return "\n".join(lines)


def _node(node: NodeView) -> str:
    return plain(f"[[{node.title}]] (not there)" if node.path is None else node.path)


def _relation(relation: str) -> str:
    return f" ({plain(relation)})" if relation else ""
