"""Compares an index that followed a vault's changes with one that is made from nothing."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from vault_engine import Engine
from vault_engine.config import load_config
from vault_engine.index.store import Index
from vault_engine.journal.known import Known
from vault_engine.journal.store import Journal
from vault_engine.vault.store import Vault

NAMES = st.sampled_from(["a.md", "b.md", "north/a.md", "north/c.md", "潮.md", "north/deep/d.md"])

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


def opened(vault: Path, env: Mapping[str, str]) -> Index:
    """Give an index of one vault, as one process has it."""
    own = vault / ".memwell"
    return Index(load_config(vault, env), Vault(vault, own), Known(Journal(own / "journal", str, own / "local"), own))


class ChangingVault(RuleBasedStateMachine):
    """A vault in a folder of its own, in which a person writes, moves and deletes notes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="memwell-"))
        self.vault = self.folder / "vault"
        Engine.create(self.vault)

    def env(self, cache: str = "cache") -> dict[str, str]:
        return {"MEMWELL_CACHE_DIR": str(self.folder / cache), "MEMWELL_EMBEDDER": "none"}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def save(self, name: str, text: str) -> None:
        (self.vault / name).parent.mkdir(parents=True, exist_ok=True)
        (self.vault / name).write_text(text, "utf-8")

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        (self.vault / name).unlink(missing_ok=True)

    @rule(name=NAMES, to=NAMES)
    def move(self, name: str, to: str) -> None:
        if (self.vault / name).exists():
            (self.vault / to).parent.mkdir(parents=True, exist_ok=True)
            (self.vault / name).replace(self.vault / to)
