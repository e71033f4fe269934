"""Tools about how notes hang together."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from vault_engine.engine import (
    Backlinks,
    Hubs,
    Links,
    Neighbours,
    Orphans,
    Related,
    ShortestPath,
    Traversed,
)
from vault_engine.server.mcp.arguments import Direction, Limit, Ref, Relations
from vault_engine.server.mcp.calling import Verbs


class GraphTools(Verbs):
    """The verbs about links. The docstrings are what the agent reads."""

    def links(self, context: Context, note: Ref) -> Links:
        """List the links of a note and where they lead."""
        within = self._free(context).within
        return self._engine.links(note, within=within)

    def backlinks(self, context: Context, note: Ref) -> Backlinks:
        """List the links to a note, each with the line it stands in."""
        within = self._free(context).within
        return self._engine.backlinks(note, within=within)

    def neighbours(
        self, context: Context, note: Ref, direction: Direction = "both", relations: Relations = None
    ) -> Neighbours:
        """List the notes that a note is linked with."""
        within = self._free(context).within
        return self._engine.neighbours(note, direction=direction, relations=relations or (), within=within)

    def traverse(
        self,
        context: Context,
        note: Ref,
        depth: Annotated[int, Field(ge=1, le=10)] = 2,
        direction: Direction = "both",
        relations: Relations = None,
        limit: Limit = 50,
    ) -> Traversed:
        """Follow links from a note, some steps far."""
        within = self._free(context).within
        return self._engine.traverse(
            note, depth=depth, direction=direction, relations=relations or (), limit=limit, within=within
        )

    def shortest_path(
        self, context: Context, note: Ref, target: Ref, direction: Direction = "both", relations: Relations = None
    ) -> ShortestPath:
        """Say how two notes hang together, over as few links as can be."""
        within = self._free(context).within
        return self._engine.shortest_path(note, target, direction=direction, relations=relations or (), within=within)

    def orphans(self, context: Context, direction: Direction = "both", limit: Limit = 50) -> Orphans:
        """List notes without links."""
        within = self._free(context).within
        return self._engine.orphans(direction=direction, limit=limit, within=within)

    def hubs(self, context: Context, limit: Limit = 10) -> Hubs:
        """List the notes that much leads to."""
        within = self._free(context).within
        return self._engine.hubs(limit=limit, within=within)

    def related(self, context: Context, note: Ref, limit: Limit = 10, unlinked: bool = False) -> Related:
        """List notes that share links, tags or meaning with a note; with unlinked those it has no link with."""
        within = self._free(context).within
        return self._engine.related(note, limit=limit, unlinked=unlinked, within=within)
