"""The whole read path: filter, ask each leg, fuse, roll up to notes."""

from typing import NamedTuple

import numpy as np

from vault_engine.index.embeddings import Question
from vault_engine.index.store import Index
from vault_engine.search.fuse import SET_BACK_FACTOR, Scored, best_notes, fuse, saturate
from vault_engine.search.query import Mode, Query
from vault_engine.vault.habits import is_less_visible

DEPRECATED = "deprecated"


class Answer(NamedTuple):
    """Ranked notes, and which legs really ran."""

    mode: Mode
    hits: list[Scored]
    degraded: str | None  # why it was not the mode that was asked for, in words


def search(index: Index, query: Query, question: Question | None) -> Answer:
    """Answer a query from the index as it is now.

    Args:
        index: brought up to date by the caller.
        query: what is asked.
        question: its embedding; None where there is none, or the mode asks for none.
    """
    cosines = index.cosines(question) if question is not None else None
    mode, degraded = _mode_that_runs(index, query.mode, has_vectors=cosines is not None)
    keyword = saturate(index.keyword_scores(query.text)) if mode is not Mode.SEMANTIC else None
    scores = np.where(_allowed(index, query), fuse(keyword, cosines), 0.0).astype(np.float32)
    for path in _set_back(index):
        rows = index.rows_of(path)
        scores[rows.start : rows.stop] *= SET_BACK_FACTOR
    hits = best_notes(scores, lambda row: index.row(row).path, query.limit)
    return Answer(mode, hits, degraded)


def _mode_that_runs(index: Index, asked: Mode, *, has_vectors: bool) -> tuple[Mode, str | None]:
    if asked is Mode.KEYWORD or has_vectors:
        return asked, None
    if index.embeddings.problem:
        return Mode.KEYWORD, index.embeddings.problem
    if index.embeddings.name is None:
        return Mode.KEYWORD, "no embedder is set"
    return Mode.KEYWORD, "no note has been embedded yet" if index.records else None


def _allowed(index: Index, query: Query) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which rows may answer, shape ``(rows,)``."""
    if not query.is_filtered:
        return index.alive
    allowed = np.zeros(len(index.alive), np.bool_)
    for path, record in index.records.items():
        if query.allows(record):
            rows = index.rows_of(path)
            allowed[rows.start : rows.stop] = True
    return allowed


def _set_back(index: Index) -> list[str]:
    """List the notes that stand behind others: replaced ones, and those the owner wants to see less of in Obsidian."""
    replaced = [path for path, record in index.records.items() if record.status == DEPRECATED]
    if not index.habits.ignored:
        return replaced
    less_visible = (path for path in index.records if is_less_visible(path, index.habits))
    return list({*replaced, *less_visible})
