"""Which notes a folder is to get: those of a category, with a tag, of a tier, or that answer a query."""

from collections.abc import Container, Sequence

from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.index.filters import CATEGORY, TAG, TIER, TYPE
from vault_engine.search.query import MAX_LIMIT, Mode, Query
from vault_engine.search.run import search

_COLUMNS = {"category": CATEGORY, "tag": TAG, "tier": TIER, "type": TYPE}
_QUERY = "query"
KINDS = (*_COLUMNS, _QUERY)


def selected(session: Session, wanted: Sequence[str]) -> Container[str]:
    """Give the notes that are meant, as of the last refresh: of several of one kind any will do, of each kind one.

    Args:
        session: the open vault.
        wanted: ``category:NAME``, ``tag:NAME``, ``tier:NAME``, ``type:NAME`` or ``query:WORDS``, in the query
            language; of a query the first 200 notes. Without any, all notes are meant.

    Raises:
        BadInput: that is no selection.
    """
    by_kind: dict[str, set[str]] = {}
    for one in wanted:
        kind, _, value = one.partition(":")
        value = value.strip()
        if kind not in KINDS or not value:
            raise BadInput(f"{one!r} selects nothing: say {', '.join(f'{known}:…' for known in KINDS)}")
        found = _answering(session, value) if kind == _QUERY else _having(session, kind, value)
        by_kind.setdefault(kind, set()).update(found)
    return set.intersection(*by_kind.values()) if by_kind else session.index.records.keys()


def _having(session: Session, kind: str, value: str) -> list[str]:
    return session.index.records.selected([(_COLUMNS[kind], value.strip("/#").casefold())])


def _answering(session: Session, words: str) -> list[str]:
    query = Query(words, limit=MAX_LIMIT, mode=Mode.KEYWORD, syntax=True)
    return [hit.path for hit in search(session.index, query, None, session.now_us()).hits]
