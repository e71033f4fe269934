"""The only door to a vault: `Engine` and what it takes and gives."""

from vault_engine.engine.memory import MAX_FIELD_CHARS, MAX_LIST_ITEMS, MAX_TEXT_BYTES, Memory
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
    RawNote,
    Recalled,
    Remembered,
    Restored,
    Status,
)
from vault_engine.journal.entry import Actor
from vault_engine.search.query import MAX_QUERY_CHARS, Mode

__all__ = [
    "MAX_FIELD_CHARS",
    "MAX_LIST_ITEMS",
    "MAX_QUERY_CHARS",
    "MAX_TEXT_BYTES",
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
    "RawNote",
    "Recalled",
    "Remembered",
    "Restored",
    "Status",
]
