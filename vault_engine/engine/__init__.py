"""The only door to a vault: `Engine` and what it takes and gives."""

from vault_engine.engine.memory import Memory
from vault_engine.engine.open import Engine
from vault_engine.engine.results import (
    Built,
    Context,
    Created,
    Forgotten,
    Hit,
    IndexState,
    Listed,
    NoteLine,
    NoteView,
    Problem,
    Recalled,
    Remembered,
    Restored,
    Status,
)
from vault_engine.journal.entry import Actor
from vault_engine.search.query import Mode

__all__ = [
    "Actor",
    "Built",
    "Context",
    "Created",
    "Engine",
    "Forgotten",
    "Hit",
    "IndexState",
    "Listed",
    "Memory",
    "Mode",
    "NoteLine",
    "NoteView",
    "Problem",
    "Recalled",
    "Remembered",
    "Restored",
    "Status",
]
