"""The tool that makes a note of a file of this machine; it is there only where the environment names folders for it."""

from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import Scope
from vault_engine.errors import BadInput, NotAllowed
from vault_engine.server.mcp.arguments import Name, Tags
from vault_engine.server.mcp.calling import Verbs
from vault_engine.transfer.documents import CATEGORY, IngestedFile, Terms, ingest


class DocumentTools(Verbs):
    """The verbs for files. The docstrings are what the agent reads."""

    def ingest_file(
        self,
        context: Context,
        path: Annotated[str, Field(max_length=4000, description="absolute")],
        category: Name = None,
        key: Name = None,
        tags: Tags = None,
    ) -> IngestedFile:
        """Make a note of the text of a file of this machine, or bring it up to date."""
        asked = self._free(context, Scope.WRITE)
        terms = Terms(category or CATEGORY, key or None, tuple(tags or ()))
        done = ingest(self._engine, [self._allowed(path)], terms, actor=asked.actor, within=asked.within)
        for failure in done.failed:
            raise BadInput(failure.problem)
        return done.files[0]

    def _allowed(self, path: str) -> Path:
        """Give the file that is meant, links followed, where it is in one of the folders.

        Raises:
            NotAllowed: it is not.
        """
        try:
            file = Path(path).expanduser().resolve()
            folders = [folder.resolve() for folder in self._engine.ingest_from]
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name with a NUL
            raise NotAllowed("that is no path of a file") from None
        if not any(file.is_relative_to(folder) for folder in folders):
            raise NotAllowed(f"files are read only from {', '.join(map(str, folders))} (MEMWELL_INGEST_FROM)")
        return file
