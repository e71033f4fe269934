"""Commands at a client's events, put into JSON and taken out by splices; others' stand in the same lists. Pure."""

from collections.abc import Mapping
from typing import Any

from vault_engine.clients import json_text
from vault_engine.clients.groups import is_ours
from vault_engine.clients.tree import Node, Splice, Spot, Unfit, child, containers, spliced, value_of


def add(text: str, spot: Spot, entry: Mapping[str, list[Any]]) -> Splice:
    """Put groups behind those of each event, in the place of ours that may be there."""
    after = _without_ours(text, spot, prune=False)
    if len(_way(after, spot)) <= len(spot.keys):
        after = _added(after, Spot(spot.keys[:-1], spot.keys[-1]), entry)
    else:
        for event, groups in entry.items():
            after = _with_groups(after, spot, event, groups)
    return spliced(text, after)


def take_out(text: str, spot: Spot, made: int) -> Splice:
    """Take ours out, with the lists that are empty then, and the map of the events if it was ``made`` for them."""
    after = _without_ours(text, spot, prune=True)
    way = _way(after, spot)
    if made and not way[-1].members:
        holder = next(at for at, one in enumerate(way[-2].members) if one.key == spot.keys[-1])
        after = json_text.cut(after, way[-2], holder).done(after)
    return spliced(text, after)


def _with_groups(text: str, spot: Spot, event: str, groups: list[Any]) -> str:
    items = child(_way(text, spot)[-1], event)
    if items is None:
        return _added(text, Spot(spot.keys, event), groups)
    if items.kind != "list":
        raise Unfit(f"{event} is no list")
    for group in groups:
        there = child(_way(text, spot)[-1], event)
        assert there is not None, "it was there a moment ago"
        text = json_text.append(text, json_text.parse(text), there, None, group).done(text)
    return text


def _added(text: str, spot: Spot, value: Any) -> str:
    return json_text.add(text, json_text.parse(text), spot, value).done(text)


def _without_ours(text: str, spot: Spot, *, prune: bool) -> str:
    """Cut out one of ours after the other, the last one first; ``prune``: a list of nothing else goes as a whole."""
    while place := _place_of_ours(text, spot, prune=prune):
        text = json_text.cut(text, *place).done(text)
    return text


def _place_of_ours(text: str, spot: Spot, *, prune: bool) -> tuple[Node, int] | None:
    """Give the list or map that holds one of ours, and its place in there."""
    way = _way(text, spot)
    if len(way) <= len(spot.keys):
        return None
    for at, event in reversed(list(enumerate(way[-1].members))):
        items = event.node.members if event.node.kind == "list" else ()
        for number, item in reversed(list(enumerate(items))):
            place = _place_in(event.node, number, item.node)
            if place:
                is_all = prune and place[0] is event.node and len(items) == 1
                return (way[-1], at) if is_all else place
    return None


def _place_in(items: Node, number: int, item: Node) -> tuple[Node, int] | None:
    inner = child(item, "hooks") if item.kind == "map" else None
    if inner is None or inner.kind != "list":
        return (items, number) if is_ours(value_of(item)) else None
    ours = [at for at, one in enumerate(inner.members) if is_ours(value_of(one.node))]
    if not ours:
        return None
    return (items, number) if len(ours) == len(inner.members) else (inner, ours[-1])


def _way(text: str, spot: Spot) -> list[Node]:
    return list(containers(json_text.parse(text), spot))
