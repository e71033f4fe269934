"""Mimir's tool for files of this machine; it is there only where the environment names folders for it."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.server.mcp.compat.base import Lines, Word
from vault_engine.server.mcp.compat.mimir import Answer
from vault_engine.server.mcp.compat.words import as_category, as_key, as_tags, as_theirs, changed_tags
from vault_engine.server.mcp.document_tools import DocumentTools

_CATEGORY = "document"


class MimirFiles(DocumentTools):
    """Its tool for files. The docstring is what the agent reads."""

    def mimir_ingest_file(
        self,
        context: Context,
        path: Annotated[str, Field(max_length=4000, description="absolute")],
        category: Word = None,
        key: Word = None,
        tags: Lines = None,
    ) -> Answer:
        """Make an entity of the text of a file of this machine, or bring it up to date."""
        done = self.ingest_file(
            context,
            path,
            as_category(category or _CATEGORY),
            as_key(key) if key else None,
            list(as_tags(tags or ())),
        )
        note = self._engine.parts(done.path, within=self._asked(context).within)
        return {
            "id": note.name,
            "action": done.action,
            "category": as_theirs(note.category),
            "key": as_theirs(note.key),
            "chars": done.chars,
            "hints": changed_tags(tags or ()),
        }
