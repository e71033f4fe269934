"""Logseq's file graphs: how their pages are named, what a page holds, and which file a reference means."""

from vault_engine.note.logseq.config import NEW_GRAPH, LogseqConfig, read_config
from vault_engine.note.logseq.names import file_name, journal_day, journal_file_name, journal_title, page_name
from vault_engine.note.logseq.page import LogseqPage, block_refs, page_refs, property_of_line, read_page
from vault_engine.note.logseq.resolve import LogseqResolver, PageNames

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
