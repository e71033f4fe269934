"""The part of `Engine` that answers questions: searching, and putting together what an agent should know."""

from vault_engine.engine import read, recalling
from vault_engine.engine.results import Context, Recalled
from vault_engine.engine.session import Session
from vault_engine.search.query import Fusion, Mode, Query


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
        min_score: float = 0.0,
        trusted: bool = False,
        budget_tokens: int | None = None,
        cursor: str | None = None,
        rerank: bool | None = None,
        explain: bool = False,
        within: str | None = None,
    ) -> Recalled:
        """Search; see `recalling.recall`, and `Query` and `Wish` for the arguments.

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
            within=within,
        )
        return recalling.recall(self._session, asked, recalling.Wish(budget_tokens, cursor, rerank, explain))

    def context(
        self,
        query: str | None = None,
        *,
        budget_tokens: int = 2000,
        min_score: float | None = None,
        pinned: bool = True,
        trusted: bool = False,
        within: str | None = None,
    ) -> Context:
        """Put together what an agent should know; see `read.context`."""
        return read.context(
            self._session,
            query,
            budget_tokens=budget_tokens,
            min_score=min_score,
            pinned=pinned,
            trusted=trusted,
            within=within,
        )
