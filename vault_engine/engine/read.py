"""The verbs that answer. None of them changes a byte of a note."""

from collections.abc import Callable, Collection

from vault_engine.engine.find import find
from vault_engine.engine.marked import marked
from vault_engine.engine.recalling import (
    CHARS_PER_TOKEN,
    MAX_BUDGET_TOKENS,
    answered,
    text_of,
    updated_of,
    without_heading,
)
from vault_engine.engine.reports import Listed, NoteLine, RawNote
from vault_engine.engine.results import Context, Hit, NoteView
from vault_engine.engine.session import Session
from vault_engine.engine.write import archived_paths
from vault_engine.errors import BadInput
from vault_engine.index.filters import PINNED, TIER
from vault_engine.index.record import Record, describe
from vault_engine.lifecycle.tiers import Tier, tier_of
from vault_engine.note.invisible import invisible_marks
from vault_engine.search.excerpt import excerpt
from vault_engine.search.query import Mode, Query
from vault_engine.search.situations import is_situation
from vault_engine.vault.reach import Within, is_within

_FLOOR = 0.3  # of the best hit's score: a note that answers worse is not worth an agent's attention
_CONTEXT_NOTES = 50


def read(session: Session, ref: str, *, within: Within = None) -> NoteView:
    """Give one whole note; as if there were no notes but those ``within`` reach.

    Raises:
        NoteMissing, NoteAmbiguous: ``ref`` does not mean one note.
        VaultDenied: the file may not be read.
    """
    note = _viewed(session, ref, within)
    session.count_uses(note)
    return note


def _viewed(session: Session, ref: str, within: Within) -> NoteView:
    with session.guard:
        session.bring_in()
        record = find(ref, session.index.records, within)
        data = session.vault.read(record.path)
        fresh = describe(record.path, data, session.index.rules).record
        graph = session.index.graph.within(within)
        linked = graph.links_of(record)
        text = data.decode("utf-8", "replace")
        return NoteView(
            id=fresh.id,
            path=fresh.path,
            title=fresh.title,
            sha256=fresh.sha256,
            properties=dict(fresh.properties),
            tags=fresh.tags,
            links=linked.files,
            backlinks=graph.backlinks_of(fresh.path),
            unresolved=linked.unresolved,
            problem=fresh.problem,
            invisible=invisible_marks(text),
            text=text,
        )


def raw(session: Session, ref: str, *, within: Within = None) -> RawNote:
    """Give the bytes of a note as they are. Takes and raises as `read` does."""
    with session.guard:
        session.bring_in()
        record = find(ref, session.index.records, within)
        note = RawNote(record.path, session.vault.read(record.path), record.problem)
    session.count_uses(record)
    return note


def list_notes(
    session: Session,
    *,
    category: str | None = None,
    type: str | None = None,
    tags: tuple[str, ...] = (),
    tier: str | None = None,
    pinned: bool = False,
    newest: bool = False,
    limit: int = 1000,
    archived: bool = False,
    within: Within = None,
) -> Listed:
    """List notes by path, those that may be reached and pass every filter given.

    Args:
        session: the open vault.
        category: only notes of this category or one below.
        type: only notes of this type.
        tags: only notes with all of these tags, or ones below.
        tier: only notes that state this tier, by any of its names.
        pinned: only those that are pinned.
        newest: those that were changed last come first, instead of by path.
        limit: how many at most.
        archived: those that were forgotten, instead of those that are there; by path, of any tier.
        within: what may be reached.

    Raises:
        BadInput: the limit is not positive, or there is no such tier.
    """
    if limit < 1:
        raise BadInput(f"limit {limit} is not positive")
    meant = None if tier is None else tier_of(tier)
    if tier is not None and meant is None:
        raise BadInput(f"there is no tier {tier!r} (there are: {', '.join(Tier)})")
    with session.guard:
        session.refresh()
        wanted = Query("*", category=category, type=type, tags=tags)
        if archived:
            archive = sorted(_archived_lines(session), key=lambda line: line[0].path)
            lines = [
                _line(record, name)
                for record, name in archive
                if is_within(record.path, within) and wanted.allows(record)
            ]
            return Listed(tuple(lines[:limit]), len(lines))
        records = session.index.records
        filters = [*wanted.filters, *([(PINNED, "true")] if pinned else [])]
        found = [path for path in records.selected(filters) if is_within(path, within)]
        if meant is not None:
            found = [path for path in found if tier_of(records[path].text(TIER)) is meant]
        if newest:
            rank = {path: place for place, path in enumerate(records.newest(len(records)))}
            found.sort(key=lambda path: rank[path])
        return Listed(tuple(_line(records[path], None) for path in found[:limit]), len(found))


def context(
    session: Session,
    query: str | None,
    *,
    budget_tokens: int = 2000,
    min_score: float | None = None,
    pinned: bool = True,
    trusted: bool = False,
    categories: Collection[str] = (),
    within: Within = None,
) -> Context:
    """Put together what an agent should know: pinned notes, then what answers the query or changed last.

    Of the notes that answer, those come first whose ``recall_when`` names the situation; those that answer worse than
    ``min_score``, or without one far worse than the best, are left out. Without ``pinned`` only what answers is told;
    with ``trusted`` nothing of notes that state ``trust: untrusted``; with ``categories`` nothing of any other. It is
    as if there were no notes but those ``within`` reach.

    Raises:
        BadInput: the budget is not between 1 and 100,000 tokens, or the score not between 0 and 1.
    """
    if not 1 <= budget_tokens <= MAX_BUDGET_TOKENS:
        raise BadInput(f"a budget of {budget_tokens} tokens is not between 1 and {MAX_BUDGET_TOKENS}")
    with session.guard:
        session.bring_in()
        records = session.index.records
        reached = [Query("*", category=one, trusted=trusted) for one in categories or (None,)]

        def is_meant(path: str) -> bool:
            return is_within(path, within) and any(one.allows(records[path]) for one in reached)

        always = records.having(PINNED, "true") if pinned else []
        shown = {path: opening(session, records[path]) for path in always if is_meant(path)}
        mode: Mode | None = None
        if query is None:
            for path in _newest(session, is_meant):
                shown.setdefault(path, opening(session, records[path]))
        else:
            asked_for = Query(query, _CONTEXT_NOTES, min_score=min_score, trusted=trusted, within=within)
            answer = answered(session, asked_for)
            mode = answer.mode
            floor = answer.hits[0].score * _FLOOR if answer.hits and min_score is None else 0.0
            asked = session.index.analyser.counts(query).keys()
            terms_of = session.index.analyser.counts

            def is_for_now(hit: Hit) -> bool:
                return is_situation(records[hit.path].properties.get("recall_when"), asked, terms_of)

            for hit in sorted(answer.hits, key=lambda hit: not is_for_now(hit)):
                if hit.score >= floor and is_meant(hit.path):
                    shown.setdefault(hit.path, hit.excerpt)
        lines, paths = _within_budget(session, shown, budget_tokens)
        markdown = marked("\n".join(lines))
        return Context(markdown, paths, -(-len(markdown) // CHARS_PER_TOKEN), mode)


def _newest(session: Session, is_meant: Callable[[str], bool]) -> list[str]:
    records, count = session.index.records, _CONTEXT_NOTES
    while True:
        found = [path for path in records.newest(count) if is_meant(path)]
        if len(found) >= _CONTEXT_NOTES or count >= len(records):
            return found[:_CONTEXT_NOTES]
        count *= 8


def opening(session: Session, record: Record) -> str:
    """Give the beginning of a note's body."""
    start = record.chunks[0].start if record.chunks else 0
    text = without_heading(text_of(session, record)[start : start + 2000])
    return excerpt(text, (), session.index.analyser)


def _line(record: Record, archived: str | None) -> NoteLine:
    return NoteLine(
        id=record.id,
        path=record.path,
        title=record.title,
        category=record.category,
        type=record.type,
        status=record.status,
        tags=record.tags,
        updated=updated_of(record),
        size=record.size,
        archived=archived,
    )


def _archived_lines(session: Session) -> list[tuple[Record, str | None]]:
    return [
        (describe(path, session.vault.read_archived(name), session.index.rules).record, name)
        for name, path in archived_paths(session).items()
    ]


def _within_budget(session: Session, shown: dict[str, str], budget_tokens: int) -> tuple[list[str], tuple[str, ...]]:
    """Write a line a note until the budget is spent."""
    left = budget_tokens * CHARS_PER_TOKEN - len(marked(" "))
    lines: list[str] = []
    paths: list[str] = []
    for path, text in shown.items():
        title = session.index.records[path].title
        line = f"- [[{path.removesuffix('.md')}|{title}]]: {text}"
        if len(line) + 1 > left:
            break
        left -= len(line) + 1
        lines.append(line)
        paths.append(path)
    return lines, tuple(paths)
