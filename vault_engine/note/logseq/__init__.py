"""Logseq's file graphs: how their pages are named, what a page holds, and which file a reference means."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vault_engine.note.logseq.config import NEW_GRAPH, LogseqConfig, read_config
from vault_engine.note.logseq.names import file_name, journal_day, journal_file_name, journal_title, page_name
from vault_engine.note.logseq.resolve import LogseqResolver, PageNames

if TYPE_CHECKING:
    from vault_engine.note.logseq.page import LogseqPage, block_refs, page_refs, property_of_line, read_page

_OF_PAGES = {"LogseqPage", "block_refs", "page_refs", "property_of_line", "read_page"}

__all__ = [
    "NEW_GRAPH",
    "LogseqConfig",
    "LogseqPage",
    "LogseqResolver",
    "PageNames",
    "block_refs",
    "file_name",
    "journal_day",
    "journal_file_name",
    "journal_title",
    "page_name",
    "page_refs",
    "property_of_line",
    "read_config",
    "read_page",
]


def __getattr__(name: str) -> Any:
    """Load what reads pages when something of it is asked for."""
    if name not in _OF_PAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.page"), name)
    return found
