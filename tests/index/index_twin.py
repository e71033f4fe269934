"""Compares an index that followed a vault's changes with one that is made from nothing."""

from pathlib import Path

from vault_engine import Engine

QUERIES = (
    "berth", "tide tables", "lantern", "harbour office", "north wind berth", "潮位", "no such word berth",
)  # fmt: skip


def answers(engine: Engine, mode: str = "keyword") -> dict[str, list[tuple[str, float, str, str]]]:
    """Give the hits of a set of queries, with their scores to three digits."""
    return {
        query: sorted(
            (hit.path, round(hit.score, 3), hit.excerpt, hit.title)
            for hit in engine.recall(query, limit=200, mode=mode).hits
        )
        for query in QUERIES
    }


def rebuilt(vault: Path, cache: Path) -> dict[str, list[tuple[str, float, str, str]]]:
    """Give the same from an index made from nothing in another folder."""
    with Engine.open(vault, env={"MEMWELL_CACHE_DIR": str(cache), "MEMWELL_EMBEDDER": "none"}) as engine:
        engine.build_index(fresh=True)
        return answers(engine)


def links(engine: Engine) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give the links and backlinks of every note."""
    views = [engine.read(line.path) for line in engine.list().notes]
    return {view.path: (view.links, view.backlinks) for view in views}
