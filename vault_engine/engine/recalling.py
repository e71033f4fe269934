"""Searching the vault, and showing what was found and why. Changes nothing."""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from vault_engine.config import AUTO_RERANKER, DEFAULT_EMBEDDER, NO_RERANKER
from vault_engine.engine.moments import read_moment, read_start
from vault_engine.engine.results import Explained, Hit, Recalled
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, MemwellError, RerankerFailed
from vault_engine.index.embedder import MODEL_LANGUAGE
from vault_engine.index.record import Record, decode, embedded_text, judged_text, key_of
from vault_engine.index.store import Index
from vault_engine.index.view import View
from vault_engine.note.invisible import invisible_marks
from vault_engine.note.validity import microseconds
from vault_engine.search.excerpt import excerpt
from vault_engine.search.fuse import Scored
from vault_engine.search.judging import Judged, Reranker
from vault_engine.search.late import Late
from vault_engine.search.query import Mode, Query
from vault_engine.search.rerank import Reranking, make_reranker
from vault_engine.search.run import search
from vault_engine.search.silence import CloserLook
from vault_engine.search.weights import WEIGHTS, Weights, as_anywhere

EMBED_BEFORE_ANSWERING = 64  # chunks: about a second of work; a bigger backlog is the index build's or the server's
_SOON_MADE = 8  # texts whose token vectors are made before an answer that nobody asked to be ranked again
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
    "recall_when": "recall_when",
}
_FACTOR_REASONS = {"in time": "of the time you name", "pinned": "pinned"}

AnyHit = TypeVar("AnyHit", bound=Hit)


class Wish(NamedTuple):
    """How a question is to be answered, beside what it asks for."""

    budget_tokens: int | None = None  # what the hits may take together, about
    cursor: str | None = None  # where an answer before ended
    rerank: bool | None = None  # None: as the settings say
    explain: bool = False
    weights: Weights = WEIGHTS  # what counts for how much


def recall(session: Session, query: Query, wish: Wish = Wish()) -> Recalled:  # noqa: B008  frozen
    """Search the vault as it is at this moment.

    Raises:
        BadInput: the query is empty or out of bounds, or the cursor is not one of this question.
        VaultMissing: the vault's folder is gone.
    """
    answer = answered(session, query, wish)
    session.count_uses(*answer.hits)
    return answer


def answered(session: Session, query: Query, wish: Wish = Wish()) -> Recalled:  # noqa: B008  frozen
    """Search as `recall` does, without that counting as a use of what is found. Raises as `recall` does."""
    _check_budget(wish.budget_tokens)
    query = replace(query, offset=_offset_of(wish.cursor, query))
    with session.guard:
        session.bring_in()
        index = session.index
        question = index.embeddings.question(query.text) if query.mode is not Mode.KEYWORD else None
        if question is not None:
            index.embed(limit=EMBED_BEFORE_ANSWERING)
        view = index.view.within(query.within)
        judge, problem = _reranker(
            session, view, wish.rerank, hybrid=query.mode is Mode.HYBRID and question is not None
        )
        closer = _closer_look(session, view, query)
        weights = wish.weights if _is_measured(session, query.text) else as_anywhere(wish.weights)
        answer = search(index, query, question, session.now_us(), judge, weights, closer)
        terms = index.analyser.counts(query.text)
        hits = [_hit(session, scored, terms, wish.explain) for scored in answer.hits]
        shown = within_budget(hits, wish.budget_tokens)
        has_more = answer.has_more or len(shown) < len(hits)
        return Recalled(
            mode=answer.mode,
            hits=tuple(shown),
            notes_searched=view.note_count,
            chunks_waiting=len(index.embeddings.waiting(view.distinct_keys)),
            degraded="; ".join(filter(None, (answer.degraded, problem))) or None,
            unused=answer.unused,
            did_you_mean=_did_you_mean(index, query) if not answer.hits and not query.offset else None,
            cursor=_cursor(query, query.offset + len(shown)) if has_more else None,
        )


def _did_you_mean(index: Index, query: Query) -> str | None:
    from vault_engine.search.syntax import did_you_mean  # loaded where nothing was found

    return did_you_mean(index, query)


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


def _reranker(
    session: Session, view: View, wanted: bool | None, *, hybrid: bool
) -> tuple[Reranking | None, str | None]:
    """Give what ranks again, if anything does; or why it can't.

    Args:
        session: the open vault.
        view: its rows.
        wanted: whether that was asked for; None: as the settings say.
        hybrid: whether words and meaning both are looked at.
    """
    setting = session.config.reranker
    if wanted is False or (wanted is None and setting == NO_RERANKER):
        return None, None
    if wanted is None and setting == AUTO_RERANKER:
        may = hybrid and view.turns is not None and session.config.embedder == DEFAULT_EMBEDDER
        return _judging(session, view, Late(session.token_vectors, _SOON_MADE), only_turns=True) if may else None, None
    try:
        session.reranker = session.reranker or make_reranker(session.config, session.token_vectors)
    except RerankerFailed as error:
        return None, str(error)
    return _judging(session, view, session.reranker), None


def _is_measured(session: Session, question: str) -> bool:
    """Say whether the packaged model reads vault and question; what to do in doubt was measured with it, in English."""
    letters = [letter for letter in question if letter.isalpha()]
    is_latin = 2 * sum(map(str.isascii, letters)) >= len(letters)
    is_read = is_latin and session.index.analyser.language == MODEL_LANGUAGE
    return is_read and session.config.embedder == DEFAULT_EMBEDDER


def _closer_look(session: Session, view: View, query: Query) -> CloserLook | None:
    """Give what says whether doubtful rows answer at all; None where the caller set a limit or nothing was measured."""
    if query.min_score is not None or not _is_measured(session, query.text):
        return None
    late = Late(session.token_vectors)
    judging = _judging(session, view, late)

    def look(question: str, rows: NDArray[np.int64], notes: NDArray[np.int64]) -> NDArray[np.float32] | None:
        return late.judge_together(question, [judging.text_of(row) for row in rows.tolist()], notes, judging.weigh)

    return look


def _judging(session: Session, view: View, reranker: Reranker, *, only_turns: bool = False) -> Reranking:
    index = session.index

    def text_of(row: int) -> Judged:
        path, ordinal = view.owner(row)

        def embedded() -> str:
            record = index.records[path]
            return embedded_text(record.title, record.chunks[ordinal].headings, chunk_text(session, record, ordinal))

        key = view.keys[row].tobytes()
        return Judged(key, lambda: judged_text(embedded()), lambda: key_of(embedded()) == key.hex())

    def weigh(word: str) -> float:
        keywords = view.keywords
        return sum(keywords.idf(keywords.frequency(term.encode())) for term in index.analyser.counts(word))

    return Reranking(reranker, text_of, weigh, only_turns)


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


def within_budget(hits: Sequence[AnyHit], budget_tokens: int | None) -> list[AnyHit]:
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
