"""Which notes are like a note: in meaning, by the vectors there are, or by their words. Embeds nothing."""

import numpy as np

from vault_engine.index.filters import CATEGORY
from vault_engine.index.keyword.words import score_text, top_rows
from vault_engine.index.record import KEY_BYTES
from vault_engine.index.store import Index
from vault_engine.vault.reach import Within

MIN_ALIKE = 0.5  # a cosine: notes of one vault are often near 0.4 of each other without having anything to do
_NEAREST = 200  # chunks that are looked at


def similar_notes(index: Index, path: str, within: Within = None) -> dict[str, float] | None:
    """Give the notes that are like a note, by path, and how much: the cosine of its mean vector and their best chunk.

    None where the note has no vectors, so that nothing can be said.
    """
    index.embeddings.load_new()
    vectors, view = index.embeddings.vectors, index.view.within(within)
    if vectors is None:
        return None
    digits = "".join(chunk.key for chunk in index.records[path].chunks)
    own = vectors.rows(np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(-1, KEY_BYTES))
    own = own[own >= 0]
    mean = vectors.vectors[own[vectors.check(own)]].sum(axis=0)
    length = float(np.linalg.norm(mean))
    if not length:
        return None
    vector_of = view.vectors(vectors)
    vector_of = np.where(view.keywords.alive, vector_of, -1)
    found, cosines = vectors.nearest(mean / length, np.unique(vector_of[vector_of >= 0]), _NEAREST + len(own))
    cosine_of = np.zeros(len(vectors.vectors), np.float32)
    cosine_of[found] = cosines
    alike: dict[str, float] = {}
    for row in np.flatnonzero((vector_of >= 0) & (cosine_of[vector_of] >= MIN_ALIKE)).tolist():
        other = view.owner(row).path
        alike[other] = max(alike.get(other, 0.0), min(float(cosine_of[vector_of[row]]), 1.0))
    alike.pop(path, None)
    return alike


def with_like_words(index: Index, text: str, category: str, count: int, within: Within = None) -> list[str]:
    """Give the notes of a category, or one below it, whose words are most like a text's, the best first.

    Args:
        index: brought up to date by the caller.
        text: a sentence or two.
        category: where to look.
        count: how many at most.
        within: as if there were no notes but those in reach.
    """
    view = index.view.within(within)
    scores = score_text(text, view.keywords, index.analyser)
    scores[~view.keywords.having(CATEGORY, category.casefold())] = 0
    rows = [row for row in top_rows(scores, count) if scores[row] > 0]
    return list(dict.fromkeys(view.owner(row).path for row in rows))
