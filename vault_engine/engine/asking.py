"""The part of `Engine` that answers questions: searching, what an agent should know, and how notes hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vault_engine.engine as verbs
from vault_engine.engine import recalling
from vault_engine.search.query import By, Fusion, Mode, Query
from vault_engine.search.weights import WEIGHTS, Weights

if TYPE_CHECKING:
    from collections.abc import Collection

    from vault_engine.engine import graph, graph_formats, links, parts, read  # noqa: F401 - as `verbs.…`
    from vault_engine.engine.graph import GraphView, Hubs, Neighbours, Orphans, Related, ShortestPath, Traversed
    from vault_engine.engine.graph_formats import Exported
    from vault_engine.engine.parts import NoteParts
    from vault_engine.engine.reports import Backlinks, Links
    from vault_engine.engine.results import Context, Recalled
    from vault_engine.engine.session import Session
    from vault_engine.vault.reach import Within


class Asking:
    """Answers questions about one open vault."""

    _session: Session

    def recall(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode | str = Mode.HYBRID,
        category: str | None = None,
        type: str | None = None,
        tags: tuple[str, ...] = (),
        query_syntax: bool = False,
        since: str | None = None,
        until: str | None = None,
        as_of: str | None = None,
        fusion: Fusion | str = Fusion.CONVEX,
        expand: str | None = None,
        diverse: bool = False,
        min_score: float | None = None,
        trusted: bool = False,
        budget_tokens: int | None = None,
        cursor: str | None = None,
        rerank: bool | None = None,
        explain: bool = False,
        by: By | str = By.NOTE,
        weights: Weights = WEIGHTS,
        is_use: bool = True,
        within: Within = None,
    ) -> Recalled:
        """Search; see `recalling.recall`, and `Query` and `Wish` for the arguments.

        Unless ``is_use`` is false, what is found counts as used.

        ``since``, ``until`` and ``as_of`` are points in time as `moments.FORMS` has them; ``expand`` may be ``graph``.
        """
        now = self._session.now()
        asked = Query(
            query,
            limit,
            Mode.named(mode),
            category,
            type,
            tags,
            query_syntax,
            since=None if since is None else recalling.since_us(since, now),
            until=None if until is None else recalling.until_us(until, now),
            as_of=None if as_of is None else recalling.as_of_us(as_of, now),
            fusion=Fusion.named(fusion),
            expand=recalling.is_expanded(expand),
            diverse=diverse,
            min_score=min_score,
            trusted=trusted,
            by=By.named(by),
            within=within,
        )
        answer = recalling.recall if is_use else recalling.answered
        return answer(self._session, asked, recalling.Wish(budget_tokens, cursor, rerank, explain, weights))

    def situated(self, text: str, *, limit: int = 10, within: Within = None) -> tuple[NoteParts, ...]:
        """Give the notes that matter in a situation; see `parts.situated`."""
        return verbs.parts.situated(self._session, text, limit=limit, within=within)

    def context(
        self,
        query: str | None = None,
        *,
        budget_tokens: int = 2000,
        min_score: float | None = None,
        pinned: bool = True,
        trusted: bool = False,
        categories: Collection[str] = (),
        within: Within = None,
    ) -> Context:
        """Put together what an agent should know; see `read.context`."""
        return verbs.read.context(
            self._session,
            query,
            budget_tokens=budget_tokens,
            min_score=min_score,
            pinned=pinned,
            trusted=trusted,
            categories=categories,
            within=within,
        )

    def links(self, ref: str, *, within: Within = None) -> Links:
        """Give every link of a note; see `links.links`."""
        return verbs.links.links(self._session, ref, within=within)

    def backlinks(self, ref: str, *, within: Within = None) -> Backlinks:
        """Give every link to a note; see `links.backlinks`."""
        return verbs.links.backlinks(self._session, ref, within=within)

    def neighbours(
        self, ref: str, *, direction: str = "both", relations: Collection[str] = (), within: Within = None
    ) -> Neighbours:
        """Say what a note links to and what links to it; see `graph.neighbours`."""
        return verbs.graph.neighbours(self._session, ref, direction=direction, relations=relations, within=within)

    def traverse(
        self,
        ref: str,
        *,
        depth: int = 2,
        direction: str = "both",
        relations: Collection[str] = (),
        limit: int = 100,
        within: Within = None,
    ) -> Traversed:
        """Follow links from a note; see `graph.traverse_links`."""
        return verbs.graph.traverse_links(
            self._session, ref, depth=depth, direction=direction, relations=relations, limit=limit, within=within
        )

    def shortest_path(
        self,
        ref: str,
        to: str,
        *,
        direction: str = "both",
        relations: Collection[str] = (),
        within: Within = None,
    ) -> ShortestPath:
        """Find a shortest way along links; see `graph.shortest_path`."""
        return verbs.graph.shortest_path(
            self._session, ref, to, direction=direction, relations=relations, within=within
        )

    def orphans(self, *, direction: str = "both", limit: int = 1000, within: Within = None) -> Orphans:
        """List the notes without links; see `graph.orphans`."""
        return verbs.graph.orphans(self._session, direction=direction, limit=limit, within=within)

    def hubs(self, *, limit: int = 10, within: Within = None) -> Hubs:
        """Rank the notes by what leads to them; see `graph.hubs`."""
        return verbs.graph.hubs(self._session, limit=limit, within=within)

    def related(self, ref: str, *, limit: int = 10, unlinked: bool = False, within: Within = None) -> Related:
        """Rank the notes that have links, tags or meaning in common with one; see `graph.related_notes`."""
        return verbs.graph.related_notes(self._session, ref, limit=limit, unlinked=unlinked, within=within)

    def graph(self, *, limit: int | None = None) -> GraphView:
        """Give the graph of the vault; see `graph.whole_graph`."""
        return verbs.graph.whole_graph(self._session, limit=limit)

    def export_graph(self, format: str, *, limit: int | None = None) -> Exported:
        """Write the graph as a text of some format; see `graph_formats.export`."""
        return verbs.graph_formats.export(self._session, format, limit=limit)
