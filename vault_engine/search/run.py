"""The whole read path: filter, ask each leg, fuse, weigh what is around, judge quality, roll up to notes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.errors import RerankerFailed
from vault_engine.index.embeddings import Question
from vault_engine.index.filters import PINNED, SITUATION, STATUS, TRUST
from vault_engine.index.graph_walk import Node, NodeKind
from vault_engine.index.keyword.columns import NO_DATE
from vault_engine.index.keyword.words import score_text, top_rows
from vault_engine.index.store import Index
from vault_engine.index.view import View
from vault_engine.search.coverage import coverage
from vault_engine.search.dialogue import by_words, turn_features
from vault_engine.search.fuse import (
    Floats,
    Scored,
    as_nearness,
    best_notes,
    by_rank,
    is_near,
    saturate,
    semantic_share,
    shares,
    total,
)
from vault_engine.search.quality import Stated, factors
from vault_engine.search.query import UNTRUSTED, By, Fusion, Mode, Query
from vault_engine.search.rerank import Reranking
from vault_engine.search.silence import CloserLook, Found, nothing_answers
from vault_engine.search.situations import is_situation
from vault_engine.search.times import Period, periods_in
from vault_engine.search.varied import varied
from vault_engine.search.weights import WEIGHTS, Weights
from vault_engine.search.whole import wholes
from vault_engine.vault.habits import is_less_visible

DEPRECATED = "deprecated"
_CANDIDATES = 200  # rows that each leg gives at least
_CANDIDATES_A_HIT = 10
_COMPARED_AT_ONCE = 4096  # turns: of more only those that some leg has found are compared by meaning
_POOL = 4  # times as many notes as are wanted are looked at for different ones
_SITUATIONS_LOOKED_AT = 50  # of the rows found of notes that name any
_MOST_PHRASES = 5  # of a question that are looked for
_PHRASE = re.compile(r'"([^"\n]+)"')

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


class Answer(NamedTuple):
    """Ranked notes, and which legs really ran."""

    mode: Mode
    hits: list[Scored]
    degraded: str | None  # why it was not the mode that was asked for, in words
    unused: tuple[str, ...] = ()  # what of a question in the query language could not be used
    has_more: bool = False  # whether there are worse hits than those given


class Leg(NamedTuple):
    """The rows that one way of searching found best, and how good it found them: shapes ``(n,)``."""

    rows: Rows
    scores: Floats


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that may be hits, and what speaks for each: shapes ``(n,)``."""

    rows: Rows  # ascending
    parts: Mapping[str, Floats]  # these add up to relevance, in [0, 1]
    factors: Mapping[str, Floats] = field(default_factory=dict)  # and these multiply it

    def at(self, place: int, path: str) -> Scored:
        """Give a row as its note's hit, with all that made its score."""
        parts = {name: float(values[place]) for name, values in self.parts.items() if values[place]}
        factors = {name: float(values[place]) for name, values in self.factors.items() if values[place] != 1}
        return Scored(path, int(self.rows[place]), float(self.scores[place]), parts, factors)

    @property
    def scores(self) -> Floats:
        """How good each row is, in [0, 1]."""
        score = total(self.parts)
        for factor in self.factors.values():
            score = score * factor
        return np.minimum(score, 1)


def search(
    index: Index,
    query: Query,
    question: Question | None,
    now: int,
    reranker: Reranking | None = None,
    weights: Weights = WEIGHTS,
    look_closer: CloserLook | None = None,
) -> Answer:
    """Answer a query from the index as it is now.

    Args:
        index: brought up to date by the caller.
        query: what is asked.
        question: its embedding; None where there is none, or the mode asks for none.
        now: the time, in microseconds since 1970.
        reranker: looks at the best rows again, if there is one.
        weights: what counts for how much.
        look_closer: judges whether doubtful rows answer at all; None: whatever was found is an answer.
    """
    view = index.view.within(query.within)
    allowed = _allowed(view, query)
    count = max(_CANDIDATES, _CANDIDATES_A_HIT * (query.offset + query.limit))
    matched, unused = _matched(index, view, query.text) if query.syntax else (None, ())
    if matched is not None:
        allowed = matched > 0 if allowed is None else allowed & (matched > 0)
    near = _near(view, question, allowed, count) if question is not None else None
    mode, degraded = _mode_that_runs(index, query.mode, has_vectors=near is not None)
    words: Leg | None = None
    if mode is not Mode.SEMANTIC:
        by_text = score_text(query.text, view.keywords, index.analyser) if matched is None else matched
        words = _best(by_text, allowed, count)
    is_found = np.zeros(view.keywords.row_count, np.bool_)
    for leg in filter(None, (words, near)):
        is_found[leg.rows] = True
    rows = np.flatnonzero(is_found).astype(np.int64)
    cosines = _cosines(view, question, rows) if near is not None and question is not None else None
    is_question = words is not None and matched is None
    if is_question and cosines is not None:
        covered = coverage(index.analyser.counts(query.text), view.keywords, rows, weights)
        known = Found(
            rows,
            view.note_of_row[rows].astype(np.int64),
            covered,
            as_nearness(cosines),
            view.keywords.words_in("body", rows),
        )
        if look_closer is not None and nothing_answers(query.text, known, look_closer, weights):
            return Answer(mode, [], degraded)
        weights = replace(weights, semantic_share=semantic_share(covered, weights))
    found = _fused(rows, words, cosines, query.fusion, weights)
    if is_question:
        if query.fusion is Fusion.CONVEX:
            found = _with_turns(index, view, found, query.text, near, question, allowed, count, weights)
        found = _with_phrases(index, view, found, query.text, weights)
    if reranker is not None and query.fusion is Fusion.CONVEX:
        found, failed = _reranked(view, found, query.text, reranker, weights)
        degraded = "; ".join(filter(None, (degraded, failed))) or None
    if is_question and query.fusion is Fusion.CONVEX:
        found = _with_whole(index, view, found, query, allowed, weights)
    if is_question:
        found = _with_situations(index, view, found, query.text, weights)
    found = replace(found, factors=_factors(index, view, found.rows, query.text, now, weights))
    hits = _hits(index, view, found, query, question, allowed, weights)
    chosen = hits[query.offset : query.offset + query.limit]
    more = len(hits) > query.offset + query.limit
    return Answer(mode, chosen, degraded, unused, more)


# ---- the legs


def _matched(index: Index, view: View, text: str) -> tuple[Floats, tuple[str, ...]]:
    """Score all rows against a question in the query language, and say what of it could not be used."""
    from vault_engine.search.syntax import matched  # few questions need it, and all that it loads

    return matched(index, view, text)


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


def _fused(rows: Rows, words: Leg | None, cosines: Floats | None, fusion: Fusion, weights: Weights) -> Candidates:
    """Score rows by all legs."""
    keyword = saturate(words.scores[rows], weights) if words is not None else None
    combine = by_rank if fusion is Fusion.RRF else shares
    return Candidates(rows, combine(keyword, cosines, weights))


def _cosines(view: View, question: Question, rows: Rows) -> Floats:
    vectors = question.vectors.view
    return vectors.cosines(question.vector, view.vectors(vectors)[rows])


# ---- what is around


def _with_turns(
    index: Index,
    view: View,
    found: Candidates,
    text: str,
    near: Leg | None,
    question: Question | None,
    allowed: Mask | None,
    count: int,
    weights: Weights,
) -> Candidates:
    """Score the turns of conversations by what is around them as well; all else stays as it is."""
    turns = view.turns
    if turns is None:
        return found
    fits = by_words(list(index.analyser.counts(text)), view.keywords, turns, allowed, weights.turns)
    words, cosines = saturate(fits.scores, weights), None
    answers = words > 0
    if near is not None and question is not None:
        cosines = _turn_cosines(view, question, fits.scores, near.rows, count)
        answers |= is_near(np.nan_to_num(cosines), words, weights)
    answers &= fits.may
    lengths = view.keywords.words_in("body", turns.rows)
    features = turn_features(text, turns, fits, words, cosines, lengths, weights.turns).parts(weights.turns)
    best = np.array(top_rows(np.where(answers, total(features), 0), count), np.int64)
    others = np.flatnonzero(turns.place_of[found.rows] < 0)
    return _joined(
        Candidates(found.rows[others], {name: values[others] for name, values in found.parts.items()}),
        Candidates(turns.rows[best], {name: values[best] for name, values in features.items()}),
    )


def _joined(one: Candidates, other: Candidates) -> Candidates:
    """Put two lots of rows together, of which no row is in both."""
    rows = np.concatenate([one.rows, other.rows])
    order = np.argsort(rows)
    parts = {
        name: np.concatenate([lot.parts.get(name, np.zeros(len(lot.rows), np.float32)) for lot in (one, other)])[order]
        for name in dict.fromkeys((*one.parts, *other.parts))
    }
    return Candidates(rows[order], parts)


def _turn_cosines(view: View, question: Question, fits: Floats, near: Rows, count: int) -> Floats:
    """Compare turns with the question by meaning: all, or where they are many, those found and those beside them."""
    turns = view.turns
    assert turns is not None
    asked = np.ones(len(turns), np.bool_)
    if len(turns) > _COMPARED_AT_ONCE:
        asked[:] = False
        at = turns.place_of[near]
        found = np.concatenate([at[at >= 0], np.array(top_rows(fits.copy(), count), np.int64)])
        for steps in (-1, 0, 1):
            asked[np.clip(found + steps, 0, len(turns) - 1)] = True
    cosines = np.full(len(turns), np.nan, np.float32)
    cosines[asked] = _cosines(view, question, turns.rows[asked])
    return cosines


def _with_phrases(index: Index, view: View, found: Candidates, text: str, weights: Weights) -> Candidates:
    """Let rows that hold what stands in quotation marks, word for word, come before others."""
    phrases = [phrase for phrase in _PHRASE.findall(text) if len(index.analyser.counts(phrase)) > 1][:_MOST_PHRASES]
    if not phrases:
        return found
    held = np.zeros(len(found.rows), np.float32)
    for phrase in phrases:
        held += _matched(index, view, f'"{phrase}"')[0][found.rows] > 0
    share = np.float32(weights.phrase)
    parts = {name: values * (1 - share) for name, values in found.parts.items()}
    held[total(found.parts) <= 0] = 0
    return Candidates(found.rows, {**parts, "phrase": np.asarray(share * held / len(phrases), np.float32)})


def _with_situations(index: Index, view: View, found: Candidates, text: str, weights: Weights) -> Candidates:
    """Bring forward the notes that say they matter in the situation which the question names, a few at most.

    Those that are not to be trusted stay where they are.
    """
    says = (view.keywords.having(SITUATION, "true") & ~view.keywords.having(TRUST, UNTRUSTED))[found.rows]
    if not says.any():
        return found
    relevance, asked = total(found.parts), index.analyser.counts(text).keys()
    lifted, meant = np.zeros(len(found.rows), np.float32), set[str]()
    for at in top_rows(np.where(says, relevance, 0), _SITUATIONS_LOOKED_AT):
        path = view.owner(int(found.rows[at])).path
        stated = index.records[path].properties.get("recall_when")
        if path not in meant and is_situation(stated, asked, index.analyser.counts, weights.one_word_situation):
            meant.add(path)
            lifted[at] = max(weights.situation * relevance.max() - relevance[at], weights.situation_bonus)
        if len(meant) == weights.situations:
            break
    return replace(found, parts={**found.parts, "recall_when": lifted}) if meant else found


# ---- ranking again


def _reranked(
    view: View, found: Candidates, text: str, reranker: Reranking, weights: Weights
) -> tuple[Candidates, str | None]:
    """Let the reranker judge the best rows; where it fails the order stays, and why it failed is said."""
    is_turn = np.zeros(len(found.rows), np.bool_)
    if view.turns is not None:
        is_turn = view.turns.place_of[found.rows] >= 0
    may = is_turn if reranker.only_turns else np.ones_like(is_turn)
    best = np.array(top_rows(np.where(may, total(found.parts), 0), weights.reranked), np.int64)
    try:
        judged = reranker(text, found.rows[best]) if len(best) else None
    except RerankerFailed as error:
        return found, str(error)
    if judged is None:
        return found, None
    whole = weights.rerank_turns + weights.turns_reranked.total
    share = np.where(is_turn, weights.rerank_turns / whole, weights.rerank_notes).astype(np.float32)
    parts = {}
    for name, values in found.parts.items():
        of_turns = weights.turns.again(name, weights.turns_reranked) * weights.turns.total / whole
        of_notes = 1.0 if reranker.only_turns else 1 - weights.rerank_notes
        parts[name] = values * np.where(is_turn, of_turns, of_notes).astype(np.float32)
    parts["reranker"] = np.zeros(len(found.rows), np.float32)
    parts["reranker"][best] = share[best] * judged
    return Candidates(found.rows, parts), None


# ---- from rows to hits


def _with_whole(
    index: Index, view: View, found: Candidates, query: Query, allowed: Mask | None, weights: Weights
) -> Candidates:
    """Let the whole note or folder count as well, where it is more than one row."""
    group_of = view.folder_of_row if query.by is By.FOLDER else view.note_of_row
    may = view.keywords.alive if allowed is None else allowed
    groups = group_of[found.rows]
    sizes, fits = wholes(list(index.analyser.counts(query.text)), view.keywords, group_of, may)
    answers = (sizes[groups] > 1) & (total(found.parts) > 0)
    share = np.where(answers, weights.whole, 0).astype(np.float32)
    parts = {name: values * (1 - share) for name, values in found.parts.items()}
    return Candidates(found.rows, {**parts, "whole": share * saturate(fits[groups], weights)})


def _hits(
    index: Index,
    view: View,
    found: Candidates,
    query: Query,
    question: Question | None,
    allowed: Mask | None,
    weights: Weights,
) -> list[Scored]:
    """Roll rows up to notes, take in what is linked, and put those that say the same behind; at least one too many."""
    wanted = query.offset + query.limit + 1
    pool = wanted * _POOL if query.diverse else wanted
    place_of = {int(row): place for place, row in enumerate(found.rows.tolist())}
    best = best_notes(found.rows, found.scores, lambda row: _stands_for(view.owner(row).path, query.by), pool)
    hits = [found.at(place_of[hit.row], view.owner(hit.row).path) for hit in best]
    if query.expand:
        hits = _with_linked(index, view, hits, allowed, weights)
    hits = [hit for hit in hits if hit.score >= (query.min_score or 0)]
    if query.diverse and question is not None:
        vectors = question.vectors.view
        rows = view.vectors(vectors)[[hit.row for hit in hits]]
        order = varied(
            [hit.score for hit in hits], _likeness(vectors.vectors, rows, weights.unlike), wanted, weights.diversity
        )
        hits = [hits[at] for at in order]
    return hits


def _stands_for(path: str, by: By) -> str:
    return path.rpartition("/")[0] if by is By.FOLDER else path


def _with_linked(index: Index, view: View, hits: list[Scored], allowed: Mask | None, weights: Weights) -> list[Scored]:
    """Take in the notes that the best hits link to, and those that link to them."""
    by_path = {hit.path: hit for hit in hits}
    graph = index.graph.within(view.reach)
    for hit in hits[: weights.linked_hits]:
        for edge in graph.edges(Node(NodeKind.NOTE, hit.path)):
            row = view.first_row(edge.node.name) if edge.node.kind is NodeKind.NOTE else None
            if row is None or not view.keywords.alive[row] or (allowed is not None and not allowed[row]):
                continue
            score = hit.score * weights.linked
            known = by_path.get(edge.node.name)
            if known is None or (known.linked and known.score < score):
                by_path[edge.node.name] = Scored(edge.node.name, row, score, {"linked": score}, {}, hit.path)
    return sorted(by_path.values(), key=lambda hit: (-hit.score, hit.path))


def _likeness(vectors: Floats, rows: Rows, unlike: float) -> Floats:
    """Compare rows with each other by meaning, in [0, 1], shape ``(n, n)``; those without a vector are like none."""
    chosen = np.where((rows >= 0)[:, np.newaxis], vectors[np.maximum(rows, 0)], 0)
    return np.asarray(np.clip((chosen @ chosen.T - unlike) / (1 - unlike), 0, 1), np.float32)


# ---- quality and filters


def _factors(index: Index, view: View, rows: Rows, text: str, now: int, weights: Weights) -> dict[str, Floats]:
    keywords = view.keywords
    stated = Stated(
        dates=view.stated_dates(rows),
        times=view.told_dates(rows),
        valid_to=keywords.dates("valid_to", rows),
        expires=keywords.dates("expires", rows),
        importance=keywords.numbers("importance", rows),
        confidence=keywords.numbers("confidence", rows),
        pinned=keywords.having(PINNED, "true")[rows],
        set_back=_are_set_back(index, view, rows),
        no_date=NO_DATE,
    )
    return factors(stated, now, asked_periods(text, now), weights)


def asked_periods(text: str, now: int) -> tuple[Period, ...]:
    """Give the periods that a question names, in UTC."""
    return periods_in(text, now, _first_moment)


def _first_moment(year: int, month: int, day: int) -> int | None:
    """Give the first moment of a day, in microseconds since 1970; None where there is no such day."""
    try:
        return int(np.datetime64(f"{year:04}-{month:02}-{day:02}", "us").astype(np.int64))
    except ValueError:
        return None


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
    unlimited = query.since is None and query.until is None and query.as_of is None and not query.trusted
    if unlimited and not query.filters:
        return None
    allowed = view.keywords.alive.copy()
    for column, value in query.filters:
        allowed &= view.keywords.having(column, value)
    if query.trusted:
        allowed &= ~view.keywords.having(TRUST, UNTRUSTED)
    if query.since is not None:
        allowed &= view.changed >= query.since
    if query.until is not None:
        allowed &= view.changed < query.until
    if query.as_of is not None:
        allowed &= _held_at(view, query.as_of)
    return allowed


def _held_at(view: View, moment: int) -> Mask:
    """Say which rows are of notes that there were at a moment, as far as they say, and that held then."""
    rows = np.arange(len(view))
    began, start, end = (view.keywords.dates(name, rows) for name in ("created", "valid_from", "valid_to"))
    return np.asarray((began <= moment) & (start <= moment) & ((end == NO_DATE) | (end > moment)))


def _are_set_back(index: Index, view: View, rows: Rows) -> Mask:
    """Say which rows are of notes that stand behind others: replaced ones, and those that Obsidian shows less of."""
    set_back = view.keywords.having(STATUS, DEPRECATED)[rows]
    if index.habits.ignored:
        set_back |= np.array([is_less_visible(view.owner(row).path, index.habits) for row in rows.tolist()], np.bool_)
    return set_back
