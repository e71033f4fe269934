"""The whole read path: filter, ask each leg, fuse, roll up to notes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.embeddings import Question
from vault_engine.index.filters import STATUS
from vault_engine.index.keyword.run import score_text, scores, top_rows
from vault_engine.index.keyword.suggest import corrected, suggestions, written_form
from vault_engine.index.store import Index
from vault_engine.index.view import View
from vault_engine.search.fuse import SET_BACK_FACTOR, Floats, Scored, best_notes, fuse, saturate
from vault_engine.search.query import Mode, Query
from vault_engine.vault.habits import is_less_visible

DEPRECATED = "deprecated"
_CANDIDATES = 200  # rows that each leg gives at least
_CANDIDATES_A_HIT = 10

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


class Answer(NamedTuple):
    """Ranked notes, and which legs really ran."""

    mode: Mode
    hits: list[Scored]
    degraded: str | None  # why it was not the mode that was asked for, in words
    unused: tuple[str, ...] = ()  # what of a question in the query language could not be used


class Leg(NamedTuple):
    """The rows that one way of searching found best, and how good it found them: shapes ``(n,)``."""

    rows: Rows
    scores: Floats


def search(index: Index, query: Query, question: Question | None) -> Answer:
    """Answer a query from the index as it is now.

    Args:
        index: brought up to date by the caller.
        query: what is asked.
        question: its embedding; None where there is none, or the mode asks for none.
    """
    view = index.view.within(query.within)
    allowed = _allowed(view, query)
    count = max(_CANDIDATES, _CANDIDATES_A_HIT * query.limit)
    parsed = index.language.parse(query.text) if query.syntax else None
    matched = scores(parsed.query, view.keywords, index.language.schema).scores if parsed else None
    if matched is not None:
        allowed = matched > 0 if allowed is None else allowed & (matched > 0)
    near = _near(view, question, allowed, count) if question is not None else None
    mode, degraded = _mode_that_runs(index, query.mode, has_vectors=near is not None)
    words: Leg | None = None
    if mode is not Mode.SEMANTIC:
        by_words = score_text(query.text, view.keywords, index.analyser) if matched is None else matched
        words = _best(by_words, allowed, count)
    rows, fused = _fused(view, words, near, question)
    fused[_are_set_back(index, view, rows)] *= SET_BACK_FACTOR
    hits = best_notes(rows, fused, lambda row: view.owner(row).path, query.limit)
    return Answer(mode, hits, degraded, parsed.unused if parsed else ())


def did_you_mean(index: Index, query: Query) -> str | None:
    """Write the question with other words in the place of those that no note has; None if there are none."""
    view, language = index.view.within(query.within), index.language
    found = []
    for one in suggestions(language.parse(query.text, any_word=True).query, view.keywords, language.schema):
        text = " ".join(filter(None, index.fields_of(view.owner(one.row)).values()))
        found.append((one, written_form(one.term, text, index.analyser)))
    return corrected(query.text, found) if found else None


def _best(scores: Floats, allowed: Mask | None, count: int) -> Leg:
    """Give the best rows by their words, and all rows' scores."""
    if allowed is not None:
        scores[~allowed] = 0
    return Leg(np.array(top_rows(scores, count), np.int64), scores)


def _near(view: View, question: Question, allowed: Mask | None, count: int) -> Leg | None:
    """Give the best rows by their vectors; None when no row has one."""
    vectors = question.vectors.view
    if not len(vectors) or vectors.dim != len(question.vector):
        return None
    vector_of = view.vectors(vectors)
    rows = np.flatnonzero((vector_of >= 0) & (view.keywords.alive if allowed is None else allowed))
    wanted = np.zeros(len(vectors.vectors), np.bool_)
    wanted[vector_of[rows]] = True
    found, cosines = vectors.nearest(question.vector, np.flatnonzero(wanted), count)
    place = np.full(len(wanted), -1, np.int64)  # by vector: where among those found
    place[found] = np.arange(len(found))
    at = place[vector_of[rows]]
    return Leg(rows[at >= 0], cosines[at[at >= 0]])


def _fused(view: View, words: Leg | None, near: Leg | None, question: Question | None) -> tuple[Rows, Floats]:
    """Put the legs' rows together, and score each by all legs."""
    rows = np.unique(np.concatenate([leg.rows for leg in (words, near) if leg is not None]))
    keyword = saturate(words.scores[rows]) if words is not None else None
    if near is None or question is None:
        return rows, fuse(keyword, None)
    vectors = question.vectors.view
    vector_of = view.vectors(vectors)[rows]
    return rows, fuse(keyword, vectors.cosines(question.vector, vector_of))


def _mode_that_runs(index: Index, asked: Mode, *, has_vectors: bool) -> tuple[Mode, str | None]:
    if asked is Mode.KEYWORD or has_vectors:
        return asked, None
    if index.embeddings.problem:
        return Mode.KEYWORD, index.embeddings.problem
    if index.embeddings.name is None:
        return Mode.KEYWORD, "no embedder is set"
    return Mode.KEYWORD, "no note has been embedded yet" if index.records else None


def _allowed(view: View, query: Query) -> Mask | None:
    """Say which rows may answer, shape ``(rows,)``; None: all that are there."""
    if not query.filters:
        return None
    allowed = view.keywords.alive.copy()
    for column, value in query.filters:
        allowed &= view.keywords.having(column, value)
    return allowed


def _are_set_back(index: Index, view: View, rows: Rows) -> Mask:
    """Say which rows are of notes that stand behind others: replaced ones, and those that Obsidian shows less of."""
    set_back = view.keywords.having(STATUS, DEPRECATED)[rows]
    if index.habits.ignored:
        set_back |= np.array([is_less_visible(view.owner(row).path, index.habits) for row in rows.tolist()], np.bool_)
    return set_back
