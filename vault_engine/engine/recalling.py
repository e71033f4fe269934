"""Searching the vault, and showing what was found and why. Changes nothing."""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np

from vault_engine.config import NO_RERANKER
from vault_engine.engine.moments import read_moment, read_start
from vault_engine.engine.results import Explained, Hit, Recalled
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, MemwellError, RerankerFailed
from vault_engine.index.record import Record, decode
from vault_engine.index.view import View
from vault_engine.note.invisible import invisible_marks
from vault_engine.note.validity import microseconds
from vault_engine.search.excerpt import excerpt
from vault_engine.search.fuse import Scored
from vault_engine.search.query import Mode, Query
from vault_engine.search.rerank import Late, Reranker, Reranking, make_reranker, reranking
from vault_engine.search.run import did_you_mean, search

EMBED_BEFORE_ANSWERING = 64  # chunks: about a second of work; a bigger backlog is the index build's or the server's
EXPAND_GRAPH = "graph"
CHARS_PER_TOKEN = 4  # about what tokenizers make of English and JSON
MAX_BUDGET_TOKENS = 100_000
_CURSOR_FORMAT = 1
_MAX_WORDS_SHOWN = 6
_NOTABLE = 0.02  # of a score: what is named as a reason beside words and meaning
_OVERHEAD_CHARS = 20  # of what is around a hit when it is shown

_REASONS = {
    "phrase": "holds the phrase",
    "conversation": "same conversation",
    "around": "turns beside it",
    "answers": "answers the turn before",
    "time": "names a time",
    "speaker": "said by whom you name",
    "reranker": "reranked",
}
_FACTOR_REASONS = {"in time": "of the time you name", "pinned": "pinned"}


class Wish(NamedTuple):
    """How a question is to be answered, beside what it asks for."""

    budget_tokens: int | None = None  # what the hits may take together, about
    cursor: str | None = None  # where an answer before ended
    rerank: bool | None = None  # None: if a reranker is set
    explain: bool = False


def recall(session: Session, query: Query, wish: Wish = Wish()) -> Recalled:  # noqa: B008  frozen
    """Search the vault as it is at this moment.

    Raises:
        BadInput: the query is empty or out of bounds, or the cursor is not one of this question.
        VaultMissing: the vault's folder is gone.
    """
    _check_budget(wish.budget_tokens)
    query = replace(query, offset=_offset_of(wish.cursor, query))
    with session.guard:
        session.bring_in()
        index = session.index
        question = index.embeddings.question(query.text) if query.mode is not Mode.KEYWORD else None
        if question is not None:
            index.embed(limit=EMBED_BEFORE_ANSWERING)
        view = index.view.within(query.within)
        judge, problem = _reranker(session, view, wish.rerank)
        answer = search(index, query, question, session.now_us(), judge)
        terms = index.analyser.counts(query.text)
        hits = [_hit(session, scored, terms, wish.explain) for scored in answer.hits]
        shown = _within(hits, wish.budget_tokens)
        has_more = answer.has_more or len(shown) < len(hits)
        return Recalled(
            mode=answer.mode,
            hits=tuple(shown),
            notes_searched=view.note_count,
            chunks_waiting=len(index.embeddings.waiting(view.distinct_keys)),
            degraded="; ".join(filter(None, (answer.degraded, problem))) or None,
            unused=answer.unused,
            did_you_mean=did_you_mean(index, query) if not answer.hits and not query.offset else None,
            cursor=_cursor(query, query.offset + len(shown)) if has_more else None,
        )


def is_expanded(how: str | None) -> bool:
    """Say whether hits are to be followed. Raises BadInput: there is no such way."""
    if how not in (None, EXPAND_GRAPH):
        raise BadInput(f"hits can't be expanded by {how!r} (there is {EXPAND_GRAPH})")
    return how is not None


def since_us(text: str, now: datetime) -> int:
    """Read from when on notes may be; a day is its beginning. Raises BadInput: it is no point in time."""
    return _us(read_start(text, now))


def until_us(text: str, now: datetime) -> int:
    """Read until when notes may be, as the first moment that is too late; a day is wholly in time. Raises as before."""
    return _us(read_moment(text, now)) + 1


def as_of_us(text: str, now: datetime) -> int:
    """Read the moment that is asked about; a day is its end. Raises as before."""
    return _us(read_moment(text, now))


def _us(written: str) -> int:
    found = microseconds(written)
    assert found is not None
    return found


# ---- reranking


def _reranker(session: Session, view: View, wanted: bool | None) -> tuple[Reranking | None, str | None]:
    """Give what ranks again, if anything does; or why it can't."""
    if wanted is False or (wanted is None and session.config.reranker == NO_RERANKER):
        return None, None
    try:
        session.reranker = session.reranker or make_reranker(session.config) or Late()
    except RerankerFailed as error:
        return None, str(error)
    return _judging(session, view, session.reranker), None


def _judging(session: Session, view: View, reranker: Reranker) -> Reranking:
    index = session.index

    def text_of(row: int) -> str:
        path, ordinal = view.owner(row)
        record = index.records[path]
        text = chunk_text(session, record, ordinal)
        is_turn = view.turns is not None and view.turns.place_of[row] >= 0
        return text if is_turn else f"{record.title}\n{text}"

    def weigh(word: str) -> float:
        keywords = view.keywords
        return sum(keywords.idf(keywords.frequency(term.encode())) for term in index.analyser.counts(word))

    return reranking(reranker, text_of, weigh)


# ---- what is shown


def _hit(session: Session, scored: Scored, terms: Collection[str], explain: bool) -> Hit:
    index = session.index
    record = index.records[scored.path]
    ordinal = index.view.owner(scored.row).ordinal
    chunk, text = record.chunks[ordinal], chunk_text(session, record, ordinal)
    shown = excerpt(without_heading(text), terms, index.analyser)
    return Hit(
        id=record.id,
        path=record.path,
        title=record.title,
        score=round(min(scored.score, 1.0), 4),
        excerpt=shown,
        heading=chunk.headings[-1] if chunk.headings else None,
        category=record.category,
        type=record.type,
        status=record.status,
        tags=record.tags,
        updated=updated_of(record),
        why=_why(session, scored, f"{record.title}\n{text}", tuple(terms)),
        created=record.text("created"),
        source=record.text("source"),
        trust=record.text("trust"),
        invisible=invisible_marks(f"{record.title}{shown}"),
        explain=_explained(scored) if explain else None,
    )


def _why(session: Session, scored: Scored, text: str, terms: Sequence[str]) -> tuple[str, ...]:
    """Say in a few words why a note is a hit."""
    if scored.linked:
        return (f"linked with {session.index.records[scored.linked].title}",)
    found = dict.fromkeys(text[start:end].casefold() for start, end, _ in session.index.analyser.found(text, terms))
    reasons = [f"words: {', '.join(list(found)[:_MAX_WORDS_SHOWN])}"] if found else []
    total = sum(value for value in scored.parts.values() if value > 0) or 1.0
    meaning = scored.parts.get("meaning", 0) + scored.parts.get("window", 0)
    if not found or meaning > total / 4:
        reasons += ["meaning"] if meaning > 0 else []
    reasons += [said for name, said in _REASONS.items() if scored.parts.get(name, 0) > _NOTABLE]
    reasons += [said for name, said in _FACTOR_REASONS.items() if scored.factors.get(name, 1) > 1]
    if scored.factors.get("set back", 1) < 1:
        reasons.append("set back: replaced, over, or rarely wanted")
    return tuple(reasons)


def _explained(scored: Scored) -> Explained:
    return Explained(
        parts={name: round(value, 4) for name, value in scored.parts.items()},
        factors={name: round(value, 4) for name, value in scored.factors.items()},
        linked=scored.linked,
    )


def chunk_text(session: Session, record: Record, ordinal: int) -> str:
    """Read one chunk of a note; "" if it went away since it was found."""
    chunk = record.chunks[ordinal]
    return text_of(session, record)[chunk.start : chunk.end]


def without_heading(text: str) -> str:
    """Leave out the heading a chunk begins with: a hit shows it on its own."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if first.startswith("#") and rest.strip() else text


def text_of(session: Session, record: Record) -> str:
    """Read a note for showing a part of it; "" if it went away since it was found."""
    try:
        return decode(session.vault.read(record.path))[0]
    except MemwellError:
        return ""


def updated_of(record: Record) -> str | None:
    """Say when a note was last changed, as the note itself has it."""
    return record.text("updated") or record.text("created")


# ---- a budget, and going on where it ended


def _check_budget(budget_tokens: int | None) -> None:
    if budget_tokens is not None and not 1 <= budget_tokens <= MAX_BUDGET_TOKENS:
        raise BadInput(f"a budget of {budget_tokens} tokens is not between 1 and {MAX_BUDGET_TOKENS:,}")


def _within(hits: Sequence[Hit], budget_tokens: int | None) -> list[Hit]:
    """Give the first hits that take no more than a budget, at least one: else nobody could go on."""
    if budget_tokens is None:
        return list(hits)
    sizes = [len(hit.path) + len(hit.title) + len(hit.excerpt) + _OVERHEAD_CHARS for hit in hits]
    kept = int(np.searchsorted(np.cumsum(sizes), budget_tokens * CHARS_PER_TOKEN, "right"))
    return list(hits[: max(kept, 1)])


def _cursor(query: Query, offset: int) -> str:
    """Write where an answer ends, so that only the same question can go on there."""
    said = json.dumps([_CURSOR_FORMAT, offset, _digest(query)], separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _offset_of(cursor: str | None, query: Query) -> int:
    """Read where an answer ended.

    Raises:
        BadInput: it is no cursor, or one of another question.
    """
    if cursor is None:
        return 0
    try:
        said = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        version, offset, digest = said
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise BadInput("that is no cursor: give the one an answer ended with, or none to begin again") from None
    if version != _CURSOR_FORMAT or type(offset) is not int or offset < 0 or digest != _digest(query):
        raise BadInput("the cursor belongs to another question: ask the same one again, or give none to begin again")
    return offset


def _digest(query: Query) -> str:
    # Not the times: what is relative to now is another one with every question.
    same = replace(query, offset=0, limit=1, since=None, until=None, as_of=None)
    return hashlib.sha256(repr(same).encode("utf-8", "surrogatepass")).hexdigest()[:16]
